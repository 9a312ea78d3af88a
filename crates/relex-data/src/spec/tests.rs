//! Descriptions that are read, and those that are refused.

use super::*;

const TOML: &str = include_str!("../../tests/fixtures/dataset.toml");

fn refused(change: (&str, &str), line: usize, part: &str) {
    assert!(TOML.contains(change.0), "{} is not in the fixture", change.0);
    let text = TOML.replacen(change.0, change.1, 1);
    let message = DatasetSpec::parse(&text, Path::new("d.toml")).unwrap_err().to_string();
    assert!(
        message.starts_with(&format!("d.toml, line {line}")) && message.contains(part),
        "{message}"
    );
}

#[test]
fn a_file_may_have_field_names_of_its_own() {
    let spec = DatasetSpec::parse(TOML, Path::new("d.toml")).unwrap();
    assert_eq!(spec.labels.names().len(), 4);
    assert_eq!(spec.type_word("DAT"), Some("날짜"));
    assert_eq!(spec.type_word("XYZ"), None);
    let files: Vec<&FileSpec> = spec.files_for(Role::Train).collect();
    let id = |file: &FileSpec| file.fields.id.clone().unwrap();
    assert_eq!((id(files[0]), id(files[1])), ("id".to_owned(), "guid".to_owned()));
    assert_eq!(files[1].fields.sentence, "sentence");
    assert_eq!(id(&spec.describe(Path::new("x"), Role::Test, Format::Json)), "guid");
    // A form that the set does not list has the names of the first one that it does.
    assert_eq!(id(&spec.describe(Path::new("x"), Role::Test, Format::Jsonl)), "id");
    let named = |name: &str| spec.describe_named(Path::new(name), Role::Test).map(|file| file.format);
    assert_eq!(named("x.JSON"), Some(Format::Json));
    assert_eq!(
        (named("x.jsonl"), named("x.txt")),
        (Some(Format::Jsonl), Some(Format::Semeval))
    );
    assert_eq!((named("x.parquet"), named("x")), (None, None));
}

#[test]
fn mistakes_are_named_with_their_line() {
    refused(("licence =", "license ="), 4, "unknown field `license`");
    refused(("licence =", "license ="), 4, "did you mean `licence`?");
    refused(("end = \"end_idx\"", "ende = \"end_idx\""), 28, "did you mean `end`?");
    refused(
        ("offsets = \"inclusive\"", "offsets = \"inclusiv\""),
        30,
        "did you mean `inclusive`?",
    );
    refused(
        ("negative_label = \"no_relation\"", "negative_label = \"no_relatoin\""),
        6,
        "did you mean `no_relation`?",
    );
    refused(("\"per:title\"", "\"no_relation\""), 6, "`no_relation` is listed twice");
    refused(("[\"100\"]", "[\"per:title\"]"), 6, "also listed as unlabelled");
    refused(("path = \"train.csv\"", "path = \"\""), 34, "path is empty");
    for path in ["../train.csv", "/train.csv", "a/../train.csv"] {
        let change = format!("path = \"{path}\"");
        refused(("path = \"train.csv\"", &change), 34, "leads out of the data folder");
    }
    refused(("name = \"tiny\"", "name = \"../klue\""), 2, "the name holds a path");
    refused(
        (
            "[type_words]",
            "[inverse_relations]\n\"per:titel\" = \"per:title\"\n\n[type_words]",
        ),
        10,
        "did you mean `per:title`?",
    );
    refused(
        ("format = \"csv\"", "format = \"csv\"\nsha256 = \"ABC\""),
        36,
        "`ABC` is no SHA-256",
    );
    refused(("name = \"tiny\"", "name = tiny"), 2, "");
    refused(
        ("negative_label", "default_type = \"PRE\"\nnegative_label"),
        7,
        "`PRE` is not in [type_words]",
    );
    refused(
        (
            "subject = \"subject_entity\"",
            "subject = { word = \"w\", ende = \"e\" }",
        ),
        20,
        "unknown field `ende`",
    );
    refused(
        ("subject = \"subject_entity\"", "subject = 3"),
        20,
        "a column's name, or a table of columns",
    );
    refused(("[entity]", "[entity]\nlabel = \"x\""), 26, "unknown field `label`");
}

#[test]
fn what_a_file_lacks_is_named() {
    let lacks = |change: (&str, &str), part: &str| refused(change, 34, part);
    lacks(
        ("sentence = \"sentence\"", ""),
        "nothing says which column or key holds the sentence",
    );
    lacks(
        ("object = \"object_entity\"", ""),
        "nothing says where the object stands",
    );
    lacks(
        ("offsets = \"inclusive\"", ""),
        "nothing says what an end offset points at",
    );
    lacks(("start = \"start_idx\"", ""), "the subject has no `start`");
    lacks(("\nend = \"end_idx\"", "\n"), "the subject has no `end`");
    lacks(("type = \"type\"", ""), "the subject has no `type`");
    let wordless = TOML.replacen("\nword = \"word\"", "\n", 1);
    DatasetSpec::parse(&wordless, Path::new("d.toml")).unwrap();
    let message = DatasetSpec::parse(&wordless.replacen("\"inclusive\"", "\"none\"", 1), Path::new("d.toml"));
    assert!(message.unwrap_err().to_string().contains("the subject has no `word`"));
}

#[test]
fn labels_come_from_one_place() {
    let labels = "labels = [\"no_relation\", \"per:employee_of\", \"per:title\", \"org:founded\"]";
    let parse = |line: &str| {
        assert!(TOML.contains(labels));
        DatasetSpec::parse(&TOML.replacen(labels, line, 1), Path::new("tests/fixtures/d.toml"))
    };
    let message = |line: &str| parse(line).unwrap_err().to_string();
    assert!(message("").contains("no label is listed"));
    let both = format!("{labels}\nlabels_file = \"x\"");
    assert!(message(&both).contains("d.toml, line 7, column `labels_file`: the labels are listed here and in"));
    assert!(message("labels_file = \"nowhere.txt\"").contains("cannot read tests/fixtures/nowhere.txt"));
    assert!(
        message("labels_file = \"train.json\"").contains("line 6, column `labels_file`: tests/fixtures/train.json")
    );
    let message = message("labels_file = \"formats/labels.txt\"");
    assert!(
        message.contains("line 6, column `labels_file`: the negative label `no_relation` is not in"),
        "{message}"
    );
}

#[test]
fn the_first_file_that_exists_wins() {
    let spec = DatasetSpec::parse(TOML, Path::new("d.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(spec.find_file(folder.path(), Role::Train), None);
    std::fs::write(folder.path().join("train.json"), "[]").unwrap();
    assert_eq!(spec.find_file(folder.path(), Role::Train).unwrap().format, Format::Json);
    std::fs::write(folder.path().join("train.csv"), "").unwrap();
    assert_eq!(spec.find_file(folder.path(), Role::Train).unwrap().format, Format::Csv);
}

#[test]
fn a_changed_download_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("abc");
    std::fs::write(&path, "abc").unwrap();
    let spec = DatasetSpec::parse(TOML, Path::new("d.toml")).unwrap();
    let mut file = spec.files[0].clone();
    file.check_sha256(&path).unwrap();
    file.sha256 = Some("0".repeat(64));
    assert!(
        file.check_sha256(&path)
            .unwrap_err()
            .to_string()
            .contains("has SHA-256 ba7816bf")
    );
}
