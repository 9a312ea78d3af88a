//! No bytes make a reader panic, and every refusal says where.
//!
//! Each law runs a few hundred cases. `RELEX_FUZZ_CASES=1000000 cargo test --release -p relex-data --test fuzz` runs a
//! million of each.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use relex_data::{
    AugmentConfig, ConflictPolicy, DataError, DatasetSpec, Example, FileSpec, Format, Manifest, OnBadRow, ReadReport,
    Role, SplitConfig, Tier, TrainingRows, augment, parse_examples_with, read_augmented, read_paraphrases, split,
    write_augmented,
};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn config() -> ProptestConfig {
    let cases = std::env::var("RELEX_FUZZ_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(256),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A description and one of its files, with the file's bytes as the start of a search.
struct Target {
    spec: DatasetSpec,
    file: FileSpec,
    seed: Vec<u8>,
}

fn target(description: &str, path: &str) -> Target {
    let spec = DatasetSpec::from_file(&fixtures().join(description)).unwrap();
    let file = spec
        .files
        .iter()
        .find(|file| file.path == Path::new(path))
        .unwrap()
        .clone();
    let folder = fixtures().join(description).parent().unwrap().to_path_buf();
    let seed = std::fs::read(folder.join(path)).unwrap();
    Target { spec, file, seed }
}

/// Reads in every way, and checks what each promises.
fn read(target: &Target, bytes: &[u8]) -> Result<(), TestCaseError> {
    for role in [Role::Train, Role::Test] {
        let file = FileSpec {
            role,
            ..target.file.clone()
        };
        let path = Path::new("data.x");
        let read = |on_bad_row| parse_examples_with(bytes, path, &file, &target.spec, on_bad_row);
        let located = |message: String| {
            prop_assert!(message.starts_with("data.x"), "{}", message);
            Ok(())
        };
        let skipped = read(OnBadRow::Skip);
        match (read(OnBadRow::Fail), &skipped) {
            (Ok(strict), Ok(skipped)) => prop_assert!(strict == *skipped && strict.1.is_clean()),
            (Ok(_), Err(error)) => return Err(TestCaseError::fail(format!("only skipping fails: {error}"))),
            (Err(error), _) => located(error.to_string())?,
        }
        for outcome in [&skipped, &read(OnBadRow::Repair)] {
            match outcome {
                Ok((examples, report)) => check(examples, report)?,
                Err(error) => located(error.to_string())?,
            }
        }
    }
    Ok(())
}

fn check(examples: &[Example], report: &ReadReport) -> Result<(), TestCaseError> {
    prop_assert!(!examples.is_empty());
    prop_assert_eq!(examples.len() + report.refused, report.rows);
    let mut rows: HashMap<usize, bool> = HashMap::new();
    for bad in &report.bad_rows {
        let row = bad.fault.place.row.unwrap_or_default();
        prop_assert!((1..=report.rows).contains(&row) && bad.fault.place.line.is_some());
        prop_assert!(!bad.fault.found.is_empty() && !bad.fault.remedy.is_empty());
        *rows.entry(row).or_default() |= bad.repair.is_none();
    }
    let refused = rows.values().filter(|is_refused| **is_refused).count();
    prop_assert_eq!((report.refused, report.repaired), (refused, rows.len() - refused));
    for example in examples {
        prop_assert!(!example.subject_word().is_empty() && !example.object_word().is_empty());
        prop_assert!(!example.id.trim().is_empty() && !example.sentence.trim().is_empty());
    }
    Ok(())
}

/// A change of a file: these bytes for that many others at this place.
type Edit = (prop::sample::Index, usize, Vec<u8>);

/// Pieces that mean something in one format or another, and bytes that mean nothing.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 40] = [
        "{",
        "}",
        "[",
        "]",
        "'",
        "\"",
        "\"\"",
        ",",
        ":",
        "\\",
        "\\x",
        "\\ud800",
        "\\U0010ffff",
        "u'",
        "\n",
        "\r\n",
        "\n\n",
        "\t",
        " ",
        "<e1>",
        "</e1>",
        "<e2>",
        "</e2>",
        "1 \"",
        "Comment:",
        "Other",
        "null",
        "true",
        "-1",
        "0",
        "1.0",
        "9223372036854775807",
        "1e400",
        "가",
        "😀",
        "e\u{301}",
        "\u{feff}",
        "\u{2028}",
        "word",
        "100",
    ];
    prop_oneof![
        3 => prop::sample::select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ]
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let length = prop_oneof![3 => 0..4_usize, 1 => 0..64_usize];
    prop::collection::vec((any::<prop::sample::Index>(), length, piece()), 1..4)
}

fn edited(seed: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for (place, length, piece) in edits {
        let start = place.index(bytes.len() + 1);
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, piece.iter().copied());
    }
    bytes
}

/// One law a file: however it is edited, reading it keeps its promises.
macro_rules! survives {
    ($($name:ident: $description:literal, $file:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let target = target($description, $file);
                proptest!(config(), |(edits in edits())| read(&target, &edited(&target.seed, &edits))?);
            }
        )*
    };
}

survives! {
    edited_competition_csv: "dataset.toml", "train.csv";
    edited_klue_json: "dataset.toml", "train.json";
    edited_semeval_text: "formats/semeval.toml", "train.txt";
    edited_semeval_test_text: "formats/semeval.toml", "test.txt";
    edited_tacred_json: "formats/tacred.toml", "tacred.json";
    edited_flat_csv: "formats/flat.toml", "flat.csv";
    edited_nested_jsonl: "formats/nested.toml", "nested.jsonl";
    edited_words_csv: "formats/words.toml", "words.csv";
}

#[test]
fn any_bytes_in_any_format() {
    let target = target("dataset.toml", "train.csv");
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat()),
    ];
    proptest!(config(), |(bytes in bytes)| {
        let tables = [Format::Csv, Format::CsvSemicolon, Format::Tsv];
        for format in tables.into_iter().chain([Format::Json, Format::Jsonl, Format::Semeval, Format::Tacred]) {
            let mut target = Target { spec: target.spec.clone(), file: target.file.clone(), seed: Vec::new() };
            target.file.format = format;
            read(&target, &bytes)?;
        }
    });
}

#[test]
fn edited_descriptions() {
    let names = [
        "dataset.toml",
        "formats/flat.toml",
        "formats/nested.toml",
        "formats/tacred.toml",
    ];
    let seeds = names.map(|name| std::fs::read(fixtures().join(name)).unwrap());
    proptest!(config(), |(seed in prop::sample::select(seeds.to_vec()), edits in edits())| {
        let text = String::from_utf8_lossy(&edited(&seed, &edits)).into_owned();
        match DatasetSpec::parse(&text, Path::new("data.x")) {
            Ok(spec) => prop_assert_eq!(DatasetSpec::parse(&spec.to_toml().unwrap(), Path::new("data.x")).unwrap(), spec),
            Err(error) => prop_assert!(error.to_string().starts_with("data.x"), "{}", error),
        }
    });
}

/// A split of the fixture and what a recipe made of its training rows, with their files.
struct Frozen {
    folder: tempfile::TempDir,
    spec: DatasetSpec,
    examples: Vec<Example>,
    manifest: Manifest,
}

impl Frozen {
    fn new() -> Self {
        let spec = DatasetSpec::from_file(&fixtures().join("dataset.toml")).unwrap();
        let examples = spec.read(&fixtures(), Role::Train).unwrap();
        let config = SplitConfig {
            strategy: relex_data::Strategy::GroupedHoldOut { valid_fraction: 0.25 },
            seed: 42,
            tier: Tier::Identical,
            conflicts: ConflictPolicy::Keep,
        };
        let manifest = split(&examples, &spec.labels, &config).unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self {
            folder,
            spec,
            examples,
            manifest,
        }
    }

    fn rows(&self) -> TrainingRows<'_> {
        TrainingRows::of(&self.manifest, &self.examples, &self.spec, 0).unwrap()
    }

    /// Writes an edited file, reads it, and checks that a refusal names it.
    fn survives<T>(
        &self,
        name: &str,
        bytes: &[u8],
        read: impl FnOnce(&Path) -> Result<T, DataError>,
    ) -> Result<Option<T>, TestCaseError> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        match read(&path) {
            Ok(read) => Ok(Some(read)),
            Err(error) => {
                prop_assert!(error.to_string().contains(name), "{}", error);
                Ok(None)
            }
        }
    }
}

#[test]
fn edited_manifests() {
    let frozen = Frozen::new();
    let path = frozen.folder.path().join("split.json");
    frozen.manifest.write(&path).unwrap();
    let seed = std::fs::read(&path).unwrap();
    proptest!(config(), |(edits in edits())| {
        if let Some(read) = frozen.survives("split.json", &edited(&seed, &edits), Manifest::read)? {
            prop_assert_eq!(&read, &frozen.manifest);
        }
    });
}

#[test]
fn edited_augmented_rows() {
    let frozen = Frozen::new();
    let rows = frozen.rows();
    let recipes = vec![
        "word-deletion=0.3".parse().unwrap(),
        "punctuation-insertion".parse().unwrap(),
    ];
    let config_of_rows = AugmentConfig {
        recipes,
        ..AugmentConfig::default()
    };
    let augmentation = augment(&rows, &config_of_rows).unwrap();
    let path = frozen.folder.path().join("more.jsonl");
    write_augmented(&path, &augmentation, &rows, &config_of_rows).unwrap();
    let seed = std::fs::read(&path).unwrap();
    proptest!(config(), |(edits in edits())| {
        let children = frozen.survives("more.jsonl", &edited(&seed, &edits), |path| read_augmented(path, &rows))?;
        for child in children.unwrap_or_default() {
            prop_assert!(rows.by_id(child.parent()).is_some());
            prop_assert!(!child.example().subject_word().is_empty() && !child.example().object_word().is_empty());
        }
    });
}

#[test]
fn edited_paraphrases() {
    let frozen = Frozen::new();
    let csv = "parent,sentence\n0,\"가, 나\"\n1,다\n";
    let jsonl = "{\"parent\": 0, \"sentence\": \"가\"}\n{\"parent\": \"1\", \"sentence\": \"나\"}\n";
    proptest!(config(), |(edits in edits())| {
        for (name, seed) in [("said.csv", csv), ("said.jsonl", jsonl)] {
            frozen.survives(name, &edited(seed.as_bytes(), &edits), read_paraphrases)?;
        }
    });
}

#[test]
fn any_entity_cell() {
    const HEADER: &str = "id,sentence,subject_entity,object_entity,label,source";
    let object = "\"{'word': '라', 'start_idx': 3, 'end_idx': 3, 'type': 'ORG'}\"";
    let target = target("dataset.toml", "train.csv");
    proptest!(config(), |(cell in "[{}'\":,\\\\a가x0-9ruU\\[\\] -]{0,40}")| {
        let quoted = cell.replace('"', "\"\"");
        let text = format!("{HEADER}\n0,가나 라.,\"{quoted}\",{object},no_relation,wiki\n");
        read(&target, text.as_bytes())?;
    });
}
