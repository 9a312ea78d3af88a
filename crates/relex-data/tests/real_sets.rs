//! Known facts about real data sets, where they are at hand: in `$RELEX_SHARED` or beside the workspace.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use relex_data::{DatasetSpec, Example, FaultKind, OnBadRow, ReadReport, Role, WrittenForm, write_examples};

/// Where a set is, or a loud line on standard error.
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
            "skipped: {} is not there; set RELEX_SHARED to check what is known of it",
            folder.display()
        );
    }
    None
}

fn spec(name: &str) -> DatasetSpec {
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    DatasetSpec::from_file(&datasets.join(name).join("dataset.toml")).unwrap()
}

/// Rows of each label.
fn labels(spec: &DatasetSpec, examples: &[Example]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for label in examples.iter().filter_map(|example| example.label) {
        *counts.entry(spec.labels.name(label).to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn semeval_2010_task_8() {
    let Some(folder) = corpus("semeval-2010-task8") else {
        return;
    };
    let spec = spec("semeval-2010-task8");
    let train = spec.read(&folder, Role::Train).unwrap();
    let test = spec.read(&folder, Role::Test).unwrap();
    assert_eq!((train.len(), test.len()), (8_000, 2_717));
    assert_eq!(
        (train[0].id.as_str(), test[0].id.as_str(), test[2_716].id.as_str()),
        ("1", "8001", "10717")
    );
    assert!(test.iter().all(|example| example.label.is_none()));
    let file = spec.find_file(&folder, Role::Train).unwrap();
    file.check_sha256(&folder.join(&file.path)).unwrap();

    let counts = labels(&spec, &train);
    assert_eq!(counts.len(), 19);
    assert_eq!(
        (counts["Entity-Destination(e1,e2)"], counts["Entity-Destination(e2,e1)"]),
        (844, 1)
    );
    // `         Cause-Effect :  1003 (12.54%)` in the release's own table, its first of three.
    let table = std::fs::read_to_string(folder.join("TRAIN_DISTRIB.TXT")).unwrap();
    let lines = table.lines().skip(2).take_while(|line| !line.trim().is_empty());
    let mut relations = 0;
    for line in lines {
        let (name, count) = line.split_once(':').unwrap();
        let count: usize = count.split_whitespace().next().unwrap().parse().unwrap();
        let of_relation = counts
            .iter()
            .filter(|(label, _)| label.split('(').next() == Some(name.trim()));
        assert_eq!(of_relation.map(|(_, count)| count).sum::<usize>(), count, "{name}");
        relations += 1;
    }
    assert_eq!(relations, 10);

    let row = &train[0];
    assert_eq!(
        (row.subject_word(), row.object_word(), row.subject.entity_type.as_str()),
        ("configuration", "elements", "NOMINAL")
    );
    let expected =
        "The system as described above has its greatest application in an arrayed configuration of antenna elements.";
    assert_eq!(row.sentence, expected);
    assert_eq!((test[11].subject_word(), test[11].object_word()), ("kimchi", "maker"));
}

/// Rows, repaired and refused ones of a set's three files.
fn counts(spec: &DatasetSpec, folder: &Path, on_bad_row: OnBadRow) -> (Vec<Example>, Vec<[usize; 3]>) {
    let mut examples = Vec::new();
    let mut counts = Vec::new();
    for role in [Role::Train, Role::Valid, Role::Test] {
        let file = spec.find_file(folder, role).unwrap();
        file.check_sha256(&folder.join(&file.path)).unwrap();
        let (read, report): (Vec<Example>, ReadReport) = spec.read_with(folder, role, on_bad_row).unwrap();
        let kinds: Vec<FaultKind> = report.kinds.keys().copied().collect();
        assert!(kinds.is_empty() || kinds == [FaultKind::WordMismatch], "{kinds:?}");
        counts.push([report.rows, report.repaired, report.refused]);
        examples.extend(read);
    }
    (examples, counts)
}

// The counts of bad rows and labels are those of a Python script over the same files (csv, ast.literal_eval, slices).

#[test]
fn ko_law() {
    let Some(folder) = corpus("ko-annotation/law") else {
        return;
    };
    let spec = spec("ko-law");
    let message = spec.read(&folder, Role::Train).unwrap_err().to_string();
    assert!(
        message.contains("row 810") && message.contains("41..49 point at `국가의 통치 기구`"),
        "{message}"
    );
    let (examples, repaired) = counts(&spec, &folder, OnBadRow::Repair);
    assert_eq!(repaired, [[813, 1, 0], [174, 1, 0], [175, 3, 0]]);
    assert_eq!(examples.len(), 1_162);
    let labels = labels(&spec, &examples);
    assert_eq!(
        (labels["no_relation"], labels["date:event"], labels["law:definition"]),
        (334, 310, 23)
    );
    let row = &examples[0];
    assert_eq!(
        (row.id.as_str(), row.subject_word(), row.object_word()),
        ("323", "4월 26일", "하야")
    );
    // The end 35 is one too many.
    let row = examples.iter().find(|example| example.id == "1122").unwrap();
    assert_eq!((row.subject_word(), row.subject.span.start()), ("1988", 31));
    let (examples, skipped) = counts(&spec, &folder, OnBadRow::Skip);
    assert_eq!(
        (examples.len(), skipped),
        (1_157, vec![[813, 0, 1], [174, 0, 1], [175, 0, 3]])
    );
}

#[test]
fn ko_olympic() {
    let Some(folder) = corpus("ko-annotation/olympic") else {
        return;
    };
    let spec = spec("ko-olympic");
    let (examples, repaired) = counts(&spec, &folder, OnBadRow::Repair);
    assert_eq!(repaired, [[882, 18, 3], [99, 1, 0], [110, 4, 0]]);
    assert_eq!(examples.len(), 1_088);
    let row = &examples[0];
    assert_eq!(
        (row.id.as_str(), row.subject_word(), row.object_word()),
        ("214", "알렉산드르 디트야틴만", "모스크바 1980년 하계 올림픽")
    );
    // Its offsets are three characters late; the words stand in the sentence once.
    let row = examples.iter().find(|example| example.id == "1072").unwrap();
    assert_eq!(
        (row.subject_word(), row.subject.span.start(), row.object.span.start()),
        ("도란도 피에트리", 24, 0)
    );
    let (examples, skipped) = counts(&spec, &folder, OnBadRow::Skip);
    assert_eq!(skipped, [[882, 0, 21], [99, 0, 1], [110, 0, 4]]);
    assert_eq!(labels(&spec, &examples).len(), 9);

    // The nameless column as the id.
    let text = spec.to_toml().unwrap().replace("id = \"id\"", "id = \"\"");
    let by_index = DatasetSpec::parse(&text, Path::new("dataset.toml")).unwrap();
    let (examples, _) = by_index.read_with(&folder, Role::Train, OnBadRow::Repair).unwrap();
    assert_eq!((examples[0].id.as_str(), examples[860].id.as_str()), ("0", "863"));
}

#[test]
fn the_competition_s_label_dictionary_is_the_description_s_order() {
    let Some(folder) = corpus("boostcamp-klue-re") else {
        return;
    };
    let spec = spec("klue-re");
    let toml = spec.to_toml().unwrap();
    let start = toml.find("labels = [").unwrap();
    let end = start + toml[start..].find(']').unwrap() + 1;
    for name in [
        "dict_label_to_num.pkl",
        "dict_num_to_label.pkl",
        "dict_label_to_num.json",
    ] {
        let path = folder.join(name);
        let text = format!(
            "{}labels_file = {:?}{}",
            &toml[..start],
            path.to_str().unwrap(),
            &toml[end..]
        );
        let from_file = DatasetSpec::parse(&text, Path::new("dataset.toml")).unwrap();
        assert_eq!(from_file.labels, spec.labels, "{name}");
    }
}

#[test]
fn every_set_survives_every_form() {
    let sets = [
        ("klue-re", "klue-re"),
        ("klue-re", "boostcamp-klue-re"),
        ("semeval-2010-task8", "semeval-2010-task8"),
        ("ko-law", "ko-annotation/law"),
        ("ko-olympic", "ko-annotation/olympic"),
    ];
    let target = tempfile::tempdir().unwrap();
    for (description, name) in sets {
        let Some(folder) = corpus(name) else { continue };
        let spec = spec(description);
        for role in [Role::Train, Role::Valid, Role::Test] {
            if spec.find_file(&folder, role).is_none() {
                continue;
            }
            let (examples, _) = spec.read_with(&folder, role, OnBadRow::Repair).unwrap();
            for form in [WrittenForm::KlueJson, WrittenForm::CompetitionCsv, WrittenForm::Jsonl] {
                write_examples(&target.path().join("rows"), &examples, form, &spec).unwrap();
                let described = form.describe(&spec, Path::new("rows"), role);
                let again = described.read(target.path(), role).unwrap();
                assert!(again == examples, "{name}, {role}, {form:?}");
            }
        }
    }
}
