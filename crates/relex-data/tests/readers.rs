//! Files in, examples or one clear message out.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::path::{Path, PathBuf};

use relex_data::{DatasetSpec, Example, Format, Role, parse_examples};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn spec() -> DatasetSpec {
    DatasetSpec::from_file(&fixtures().join("dataset.toml")).unwrap()
}

fn read(bytes: &[u8], role: Role, format: Format) -> Result<Vec<Example>, String> {
    let spec = spec();
    let path = Path::new("data.x");
    parse_examples(bytes, path, &spec.describe(path, role, format), &spec).map_err(|error| error.to_string())
}

const HEADER: &str = "id,sentence,subject_entity,object_entity,label,source";
const SUBJECT: &str = "\"{'word': '가나', 'start_idx': 0, 'end_idx': 1, 'type': 'PER'}\"";
const OBJECT: &str = "\"{'word': '라', 'start_idx': 3, 'end_idx': 3, 'type': 'ORG'}\"";

/// A CSV of one good row `0` and the given row.
fn table(row: &str) -> String {
    format!("{HEADER}\n0,가나 라.,{SUBJECT},{OBJECT},no_relation,wiki\n{row}\n")
}

fn refuses(text: &str, format: Format, parts: &[&str]) {
    let message = read(text.as_bytes(), Role::Train, format).unwrap_err();
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    assert!(message.starts_with("data.x"), "{message}");
}

#[test]
fn csv_and_json_of_one_set_agree() {
    let spec = spec();
    let from_csv = spec.read(&fixtures(), Role::Train).unwrap();
    let json = spec.files_for(Role::Train).nth(1).unwrap();
    let from_json = relex_data::read_examples(&fixtures().join(&json.path), json, &spec).unwrap();
    assert_eq!(from_csv.len(), 8);
    for (left, right) in from_csv.iter().zip(&from_json) {
        assert_eq!(right.id, format!("tiny-{}", left.id));
        assert_eq!(
            (&left.subject, &left.object, left.label),
            (&right.subject, &right.object, right.label)
        );
        assert_eq!(left.content_hash(&spec.labels), right.content_hash(&spec.labels));
    }
    let quoted = &from_csv[4];
    assert_eq!(quoted.object_word(), "\"달의 뒤편\", '별의 앞면'");
    assert_eq!(
        (quoted.subject_word(), quoted.source.as_deref()),
        ("이솔", Some("wiki"))
    );
    let test = spec.read(&fixtures(), Role::Test).unwrap();
    assert!(test.iter().all(|example| example.label.is_none()));
}

#[test]
fn columns_may_be_separated_by_semicolons_and_by_tabs() {
    let commas = std::fs::read(fixtures().join("train.csv")).unwrap();
    let expected = read(&commas, Role::Train, Format::Csv).unwrap();
    for (format, separator) in [(Format::CsvSemicolon, b';'), (Format::Tsv, b'\t')] {
        let mut table = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
        for record in csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(&commas[..])
            .records()
        {
            table.write_record(&record.unwrap()).unwrap();
        }
        let text = String::from_utf8(table.into_inner().unwrap()).unwrap();
        assert_eq!(read(text.as_bytes(), Role::Train, format).unwrap(), expected);

        let separator = char::from(separator);
        let open = format!("{text}9{separator}b{separator}c{separator}d{separator}no_relation{separator}\"open");
        refuses(&open, format, &["row 9", "never closed"]);
        let holds = ["holds a semicolon", "holds a tab"][usize::from(format == Format::Tsv)];
        refuses(
            &format!("{text}9{separator}b\n"),
            format,
            &["the row has 2 fields", holds],
        );
    }
    assert_eq!(Format::from_path(Path::new("a.TSV")), Some(Format::Tsv));
}

#[test]
fn byte_order_mark_and_windows_line_ends_are_nothing_special() {
    let plain = std::fs::read_to_string(fixtures().join("train.csv")).unwrap();
    let windows = format!("\u{feff}{}", plain.replace('\n', "\r\n"));
    let read = |text: &str| read(text.as_bytes(), Role::Train, Format::Csv).unwrap();
    assert_eq!(read(&windows), read(&plain));
}

#[test]
fn a_message_names_the_line_that_an_editor_shows_whatever_ends_it() {
    let two_lines = format!("1,\"가나 라.\n\",{SUBJECT},{OBJECT},no_relation,wiki\n");
    for bad in ["2,too short", "2,b,c,d,no_relation,\"open"] {
        let text = table(&format!("{two_lines}{bad}"));
        for text in [text.clone(), text.replace('\n', "\r\n")] {
            refuses(&text, Format::Csv, &["row 3 (line 5)"]);
        }
    }
}

#[test]
fn a_header_that_is_no_header_leads_to_the_cure() {
    let csv = |header: &str, parts: &[&str]| refuses(&format!("{header}\n1\n"), Format::Csv, parts);
    let semicolons = HEADER.replace(',', ";");
    let single = "line 1: the header has no comma and is a single column, `id;sentence;";
    csv(&semicolons, &[single, "by semicolons: write it again with commas"]);
    csv(
        &HEADER.replace(',', "\t"),
        &["by tabs: give it a name that ends in .tsv"],
    );
    csv(&HEADER.replace(',', "|"), &["by vertical bars, which are not read"]);
    refuses(
        &format!("{HEADER}\n1\n"),
        Format::Tsv,
        &["has no tab", "by commas: give it a name that ends in .csv"],
    );
    // A file of the data set's own may be what it is.
    let spec = spec();
    let path = Path::new("folder/train.csv");
    let file = spec.describe(path, Role::Train, Format::Csv);
    let listed = parse_examples(semicolons.as_bytes(), path, &file, &spec)
        .unwrap_err()
        .to_string();
    assert!(listed.contains("`format = \"csv-semicolon\"` of [[files]]"), "{listed}");
    // Quoted as a whole, which is not another separator.
    csv(&format!("\"{HEADER}\""), &["column `id`: the column is missing"]);
    csv("a", &["column `id`: the column is missing"]);
    csv(
        &HEADER.replace("sentence", "a;b"),
        &["column `sentence`: the column is missing"],
    );

    let without_id = "under [fields] in dataset.toml, or leave `id` out there: a row is then called by its number";
    csv(&HEADER.replace("id,", "nr,"), &["column `id`", without_id]);
    csv(
        &HEADER.replace(",source", ""),
        &["column `source`", "or leave `source` out there"],
    );
    refuses(
        "[{\"nr\": 1, \"label\": \"x\", \"source\": \"y\"}]",
        Format::Json,
        &["column `guid`", without_id],
    );
    let message = read(HEADER.replace("label", "gold").as_bytes(), Role::Train, Format::Csv).unwrap_err();
    assert!(message.ends_with("under [fields] in dataset.toml"), "{message}");
}

#[test]
fn a_test_file_may_lack_its_labels() {
    let text = "id,sentence,subject_entity,object_entity,source\n".to_owned()
        + &format!("0,가나 라.,{SUBJECT},{OBJECT},wiki\n");
    assert_eq!(read(text.as_bytes(), Role::Test, Format::Csv).unwrap()[0].label, None);
    refuses(&text, Format::Csv, &["column `label`: the column is missing"]);
}

#[test]
fn files_that_are_no_table() {
    let csv = |text: &str, parts: &[&str]| refuses(text, Format::Csv, parts);
    csv("", &["no data row"]);
    csv(" \n", &["no data row"]);
    csv(HEADER, &["no data row"]);
    csv(
        &HEADER.replace("sentence", "sentense"),
        &["column `sentence`", "did you mean `sentense`?", "[fields]"],
    );
    csv(
        &table("1,가나 라.,x"),
        &["row 2 (line 3)", "3 fields", "names 6", "quotes"],
    );
    let open = format!("1,가나 라.,{SUBJECT},{OBJECT},no_relation,\"wiki\n2,a,b,c,d,e\n3");
    csv(&table(&open), &["row 2 (line 3)", "never closed"]);
    let utf16: Vec<u8> = [0xff, 0xfe, b'i', 0].to_vec();
    assert!(read(&utf16, Role::Train, Format::Csv).unwrap_err().contains("UTF-16"));
    let message = read(b"id\n\xb0\xa1", Role::Train, Format::Csv).unwrap_err();
    assert!(
        message.contains("line 2") && message.contains("0xb0") && message.contains("UTF-8"),
        "{message}"
    );
}

#[test]
fn files_that_are_no_json_rows() {
    let json = |text: &str, parts: &[&str]| refuses(text, Format::Json, parts);
    json("[]", &["no data row"]);
    json("[\n{]", &["line 2", "JSON"]);
    json("{}", &["array of JSON objects"]);
    json("[3]", &["row 1", "an object is needed, not a number"]);
    json(
        "[{\"guid\": 1, \"sentense\": \"\"}]",
        &["row 1", "column `label`", "`guid`, `sentense`"],
    );
    let with_subject = |subject: &str| {
        format!(
            "[{{\"guid\": 1, \"sentence\": \"가나 라.\", \"subject_entity\": {subject}, \"object_entity\": {{}}, \
             \"label\": \"no_relation\", \"source\": null}}]"
        )
    };
    json(
        &with_subject("[1]"),
        &["column `subject_entity`", "an array stands where an entity object"],
    );
    json(&with_subject("\"{'word': 1\""), &["column `subject_entity`", "dict"]);
    json(
        &with_subject("{\"word\": [1]}"),
        &["no key `start_idx`", "it has `word`"],
    );
    json(&"[".repeat(100_000), &["JSON"]);
}

#[test]
fn broken_entities() {
    let with_subject = |subject: &str, parts: &[&str]| {
        let mut expected = vec!["data.x, row 2 (line 3), column `subject_entity"];
        expected.extend(parts);
        let cell = format!("\"{}\"", subject.replace('"', "\"\""));
        refuses(
            &table(&format!("1,가나 라.,{cell},{OBJECT},no_relation,wiki")),
            Format::Csv,
            &expected,
        );
    };
    with_subject(
        "{'word': '가나', 'start_idx' 0}",
        &["`:` is expected, not `0`", "character 28", "'word': '…'"],
    );
    with_subject("가나", &["`{` is expected, not `가`", "character 1"]);
    with_subject(
        "{'word': '가나', 'start_idx': 0, 'endidx': 1, 'type': 'PER'}",
        &["no key `end_idx`", "did you mean `endidx`?", "[entity]"],
    );
    with_subject(
        "{'word': '가나', 'start_idx': 'x', 'end_idx': 1, 'type': 'PER'}",
        &["subject_entity.start_idx`", "`x` stands where a whole number is needed"],
    );
    with_subject(
        "{'word': '가나', 'start_idx': 0, 'end_idx': 6, 'type': 'PER'}",
        &["end_idx = 6 is out of range", "5 characters"],
    );
    with_subject(
        "{'word': '가나', 'start_idx': -1, 'end_idx': 1, 'type': 'PER'}",
        &["start_idx = -1 is out of range"],
    );
    with_subject(
        "{'word': '가나', 'start_idx': 0, 'end_idx': 9223372036854775807, 'type': 'PER'}",
        &["end_idx = 9223372036854775807 is out of range"],
    );
    with_subject(
        "{'word': '가나', 'start_idx': 3, 'end_idx': 1, 'type': 'PER'}",
        &["end_idx = 1 is out of range", "begins at 3"],
    );
    with_subject(
        "{'word': '라', 'start_idx': 0, 'end_idx': 1, 'type': 'PER'}",
        &[
            "0..1 point at `가나`",
            "word is `라`",
            "stands at start_idx = 3, end_idx = 3",
        ],
    );
    with_subject(
        "{'word': '가', 'start_idx': 0, 'end_idx': 1, 'type': 'PER'}",
        &["point at `가나`", "offsets = \"exclusive\""],
    );
    with_subject(
        "{'word': '마바', 'start_idx': 0, 'end_idx': 1, 'type': 'PER'}",
        &["point at `가나`", "stands nowhere"],
    );
    with_subject(
        "{'word': '가나', 'start_idx': 0, 'end_idx': 1, 'type': 'PRE'}",
        &[
            "unknown entity type `PRE`",
            "did you mean `PER`?",
            "`LOC`",
            "[type_words]",
        ],
    );
}

#[test]
fn offsets_and_words_may_come_as_the_other_kind() {
    let subject = "\"{'word': 12, 'start_idx': '0', 'end_idx': '1', 'type': 'DAT'}\"";
    let text = format!("{HEADER}\n0,12 라.,{subject},{OBJECT},no_relation,wiki\n");
    assert_eq!(
        read(text.as_bytes(), Role::Train, Format::Csv).unwrap()[0].subject_word(),
        "12"
    );
}

#[test]
fn bad_labels_and_ids() {
    let row = |id: &str, label: &str| table(&format!("{id},가나 라.,{SUBJECT},{OBJECT},{label},wiki"));
    let csv = |text: &str, parts: &[&str]| refuses(text, Format::Csv, parts);
    csv(
        &row("1", "per:titel"),
        &[
            "row 2 (line 3), column `label`",
            "unknown label `per:titel`",
            "did you mean `per:title`?",
        ],
    );
    csv(&row("1", ""), &["unknown label ``"]);
    csv(
        &row("0", "per:title"),
        &["row 2 (line 3), column `id`", "`0` was already used by row 1"],
    );
    csv(
        &row(" ", "per:title"),
        &["column `id`", "nothing stands where a text is needed"],
    );
}

#[test]
fn a_missing_file_says_what_to_put_where() {
    let empty = tempfile::tempdir().unwrap();
    let message = spec().read(empty.path(), Role::Train).unwrap_err().to_string();
    assert!(
        message.contains("no file with role `train` of data set `tiny`; put `train.csv` or `train.json` there"),
        "{message}"
    );
}
