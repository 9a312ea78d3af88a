//! The known facts about KLUE-RE, where the corpus is at hand: in `$RELEX_SHARED` or beside the workspace.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use relex_data::dedup::Tier;
use relex_data::{
    ConflictCounts, ConflictPolicy, DatasetSpec, Example, Manifest, Markers, Role, SplitConfig, Strategy, audit,
    compare, mark, read_examples, resolve_conflicts, sha256_hex, split,
};

/// Where the corpus is, or a loud line on standard error.
fn corpus(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("RELEX_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = root.join("datasets").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
    {
        eprintln!(
            "skipped: {} is not there; set RELEX_SHARED to check the facts about KLUE-RE",
            folder.display()
        );
    }
    None
}

fn spec() -> DatasetSpec {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/klue-re/dataset.toml");
    DatasetSpec::from_file(&path).unwrap()
}

fn train_csv() -> Option<(DatasetSpec, Vec<Example>)> {
    let folder = corpus("boostcamp-klue-re")?;
    let spec = spec();
    let examples = spec.read(&folder, Role::Train).unwrap();
    Some((spec, examples))
}

#[test]
fn json_and_csv_hold_the_same_rows() {
    let (Some((spec, from_csv)), Some(folder)) = (train_csv(), corpus("klue-re")) else {
        return;
    };
    let file = spec.find_file(&folder, Role::Train).unwrap();
    file.check_sha256(&folder.join(&file.path)).unwrap();
    let from_json = read_examples(&folder.join(&file.path), file, &spec).unwrap();
    assert_eq!(from_json.len(), 32_470);
    assert_eq!(from_json[0].id, "klue-re-v1_train_00000");
    for (left, right) in from_csv.iter().zip(&from_json) {
        assert_eq!(left.content_hash(&spec.labels), right.content_hash(&spec.labels));
        assert_eq!(left.source, right.source);
    }
    // A split follows the content, not the ids.
    let config = SplitConfig {
        strategy: Strategy::GroupedHoldOut { valid_fraction: 0.1 },
        seed: 1,
        tier: Tier::Identical,
        conflicts: ConflictPolicy::Keep,
    };
    let valid = |examples: &[Example]| {
        split(examples, &spec.labels, &config)
            .unwrap()
            .partition(examples, 0)
            .unwrap()
            .valid
    };
    assert_eq!(valid(&from_csv), valid(&from_json));
}

#[test]
fn the_test_file_has_no_labels() {
    let Some(folder) = corpus("boostcamp-klue-re") else {
        return;
    };
    let spec = spec();
    let test = spec.read(&folder, Role::Test).unwrap();
    assert_eq!(test.len(), 7_765);
    assert!(test.iter().all(|example| example.label.is_none()));
    let train = spec.read(&folder, Role::Train).unwrap();
    let sentences =
        |examples: &[Example]| -> HashSet<String> { examples.iter().map(|example| example.sentence.clone()).collect() };
    assert_eq!(sentences(&train).intersection(&sentences(&test)).count(), 132);
}

#[test]
fn the_audit_finds_the_known_facts() {
    let Some((spec, examples)) = train_csv() else { return };
    let found = audit(&examples, &spec.labels);
    assert_eq!(
        (found.rows, found.unique_sentences, found.unlabelled),
        (32_470, 28_803, 0)
    );
    assert_eq!(
        (found.labels[0].name.as_str(), found.labels[0].rows),
        ("no_relation", 9_534)
    );
    assert!((found.labels[0].share - 9_534.0 / 32_470.0).abs() < 1e-12);
    assert_eq!((found.labels.len(), found.labels[29].rows), (30, 40));
    assert_eq!(found.duplicates[0].repeated_groups, 3_423);
    assert_eq!(found.sentences_with_several_labels, 1_936);
    assert_eq!(
        (found.duplicates[3].tier, found.duplicates[3].repeated_groups),
        (Tier::SamePair, 46)
    );
    // All pairs compared exactly, by a prefix filter in Python over the same folded text and shingles.
    assert_eq!(
        (found.duplicates[1].groups, found.duplicates[2].groups),
        (28_790, 28_701)
    );
    let swapped: usize = found.role_swapped_labels.iter().map(|labels| labels.pairs).sum();
    assert_eq!(swapped, 816);
    let conflicts: Vec<String> = found.conflicts.iter().map(|conflict| conflict.ids.join("/")).collect();
    assert_eq!(
        conflicts,
        [
            "277/3296/10202",
            "4212/25094",
            "6749/12829",
            "8364/32299",
            "11511/22258"
        ]
    );
    assert!(found.overlapping.is_empty() && found.marker_like.is_empty());
    // From Python's sorted lengths at ⌊q · (n − 1)⌋.
    let lengths = found.lengths;
    assert_eq!((lengths.least, lengths.median, lengths.greatest), (14, 87, 455));
    assert_eq!(
        (lengths.quarter, lengths.three_quarters, lengths.p95, lengths.p99),
        (64, 118, 188, 264)
    );
    assert_eq!(
        (found.sources[0].name.as_str(), found.sources[0].rows),
        ("wikipedia", 21_620)
    );
    assert_eq!((found.type_pairs[0].rows, found.type_pairs.len()), (5_100, 12));
}

#[test]
fn every_policy_settles_the_known_conflicts() {
    let Some((spec, examples)) = train_csv() else { return };
    // Labels of the five groups: no_relation twice and per:title; two relations; three times no_relation and a relation.
    for (policy, dropped, relabelled, unresolved) in [
        (ConflictPolicy::Keep, 0, 0, 5),
        (ConflictPolicy::Majority, 0, 5, 0),
        (ConflictPolicy::First, 0, 5, 0),
        (ConflictPolicy::Drop, 3 + 2 + 2 + 2 + 2, 0, 0),
        (ConflictPolicy::DropNegative, 2 + 1 + 1 + 1, 0, 1),
    ] {
        let expected = ConflictCounts {
            policy,
            groups: 5,
            dropped,
            relabelled,
            unresolved,
        };
        assert_eq!(resolve_conflicts(&examples, &spec.labels, policy).counts, expected);
    }
}

#[test]
fn the_comparison_finds_what_the_test_shares() {
    let (Some((spec, train)), Some(folder)) = (train_csv(), corpus("boostcamp-klue-re")) else {
        return;
    };
    let test = spec.read(&folder, Role::Test).unwrap();
    let comparison = compare(&train, &spec.labels, &test, &spec.labels);
    let counts: Vec<_> = comparison
        .leaks
        .iter()
        .map(|leak| {
            (
                leak.groups,
                leak.rows.here,
                leak.rows.there,
                leak.sentences.here,
                leak.sentences.there,
            )
        })
        .collect();
    // From docs/benchmarks/audit.py's functions over both files at once.
    let expected = [
        (132, 165, 132, 132, 132),
        (132, 165, 132, 132, 132),
        (137, 181, 137, 145, 137),
        (2, 2, 2, 2, 2),
    ];
    assert_eq!(counts, expected);
    assert_eq!(comparison.leaks[0].ids_there.len(), 132);
    assert!(comparison.label_mix.is_none());
}

#[test]
fn every_row_can_be_marked() {
    let Some((spec, examples)) = train_csv() else { return };
    for example in &examples {
        for markers in Markers::ALL {
            let marked = mark(example, markers, &spec).unwrap();
            assert_eq!(marked.sentence(), example.sentence);
        }
    }
}

/// SHA-256 by Python's hashlib over the marked sentences, each with a line feed, made there by cutting and joining
/// strings: measured results rest on these texts, so no change to markers may move a byte of them.
#[test]
fn typed_punctuation_never_changes() {
    let Some((spec, examples)) = train_csv() else { return };
    let mut texts = String::new();
    for example in &examples {
        texts += &mark(example, Markers::TypedPunctuation, &spec).unwrap().text;
        texts.push('\n');
    }
    assert_eq!(
        sha256_hex(texts.as_bytes()),
        "5805ed34577d05e0c1422f150cf96f8d72dadbb331efe12bf361221491b2c902"
    );
}

#[test]
fn a_hold_out_freezes_and_verifies() {
    let Some((spec, mut examples)) = train_csv() else {
        return;
    };
    let strategy = Strategy::GroupedHoldOut { valid_fraction: 0.1 };
    let config = SplitConfig {
        strategy,
        seed: 42,
        tier: Tier::NearDuplicate,
        conflicts: ConflictPolicy::Keep,
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("split.json");
    split(&examples, &spec.labels, &config)
        .unwrap()
        .named("klue-re")
        .write(&path)
        .unwrap();
    let manifest = Manifest::read(&path).unwrap();
    manifest.verify(&examples, &spec.labels).unwrap();
    let partition = manifest.partition(&examples, 0).unwrap();
    assert_eq!(partition.train.len() + partition.valid.len(), 32_470);
    assert!(partition.valid.len().abs_diff(3_247) <= 2, "{}", partition.valid.len());
    // The rows that were drawn when scores were first recorded; another draw would part from all of them.
    let mut drawn: Vec<u32> = partition
        .valid
        .iter()
        .map(|row| examples[*row].id.parse().unwrap())
        .collect();
    drawn.sort_unstable();
    let drawn: Vec<String> = drawn.iter().map(u32::to_string).collect();
    assert_eq!(
        sha256_hex(drawn.join("\n").as_bytes()),
        "96141e8154bdbba836121fce02145991b05cf9af5b32780fe65cc3b771969a9b"
    );
    let sentences =
        |rows: &[usize]| -> HashSet<&str> { rows.iter().map(|row| examples[*row].sentence.as_str()).collect() };
    assert!(sentences(&partition.train).is_disjoint(&sentences(&partition.valid)));
    examples[17].sentence.push('!');
    let message = manifest.verify(&examples, &spec.labels).unwrap_err().to_string();
    assert!(message.contains("row `17` was edited (its sentence"), "{message}");
}
