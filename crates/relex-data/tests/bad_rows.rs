//! Bad rows left out or put right, and the account of them.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::path::Path;

use relex_data::{
    DataError, DatasetSpec, Example, FaultKind, Format, OnBadRow, ReadReport, Role, parse_examples, parse_examples_with,
};

const HEADER: &str = "id,sentence,subject_entity,object_entity,label,source";

fn spec() -> DatasetSpec {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dataset.toml");
    let text = std::fs::read_to_string(fixture).unwrap();
    // A table for the key, in front of the first one.
    let text = text.replacen("[type_words]", "[type_aliases]\nPERSON = \"PER\"\n[type_words]", 1);
    DatasetSpec::parse(&text, Path::new("dataset.toml")).unwrap()
}

/// A row on the sentence "가나 라, 라.", whose object is the second 라.
fn row(id: &str, subject: &str, label: &str) -> String {
    let object = "\"{'word': '라', 'start_idx': 6, 'end_idx': 6, 'type': 'ORG'}\"";
    format!("{id},\"가나 라, 라.\",\"{{{subject}}}\",{object},{label},\n")
}

fn entity(word: &str, start: i64, end: i64, entity_type: &str) -> String {
    format!("'word': '{word}', 'start_idx': {start}, 'end_idx': {end}, 'type': '{entity_type}'")
}

fn good(id: &str) -> String {
    row(id, &entity("가나", 0, 1, "PER"), "no_relation")
}

fn read(rows: &str, on_bad_row: OnBadRow) -> Result<(Vec<Example>, ReadReport), DataError> {
    let spec = spec();
    let path = Path::new("data.csv");
    let file = spec.describe(path, Role::Train, Format::Csv);
    parse_examples_with(format!("{HEADER}\n{rows}").as_bytes(), path, &file, &spec, on_bad_row)
}

#[test]
fn skipping_leaves_out_and_lists() {
    let broken = row("b", "'word'", "no_relation");
    let short = "c,too short\n";
    let label = row("d", &entity("가나", 0, 1, "PER"), "per:titel");
    let rows = [&good("a"), &broken, short, &label, &good("a"), &good("e")]
        .map(ToOwned::to_owned)
        .concat();
    let error = read(&rows, OnBadRow::Fail).unwrap_err();
    let (examples, report) = read(&rows, OnBadRow::Skip).unwrap();
    let ids: Vec<&str> = examples.iter().map(|example| example.id.as_str()).collect();
    assert_eq!(ids, ["a", "e"]);
    assert_eq!((report.rows, report.repaired, report.refused), (6, 0, 4));
    let kinds: Vec<_> = report
        .bad_rows
        .iter()
        .map(|bad| {
            let place = &bad.fault.place;
            (bad.fault.kind, place.row, place.line, place.column.as_deref())
        })
        .collect();
    assert_eq!(
        kinds,
        [
            (FaultKind::BrokenEntity, Some(2), Some(3), Some("subject_entity")),
            (FaultKind::Malformed, Some(3), Some(4), None),
            (FaultKind::UnknownLabel, Some(4), Some(5), Some("label")),
            (FaultKind::DuplicateId, Some(5), Some(6), Some("id")),
        ]
    );
    // The error of the strict reading is the first of the list.
    assert_eq!(error.to_string(), report.bad_rows[0].fault.to_string());

    let json = serde_json::to_value(&report).unwrap();
    let third = &json["bad_rows"][2];
    assert_eq!(
        (
            third["row"].as_u64(),
            third["line"].as_u64(),
            third["column"].as_str(),
            third["kind"].as_str()
        ),
        (Some(4), Some(5), Some("label"), Some("unknown-label"))
    );
    assert!(third["found"].as_str().unwrap().contains("`per:titel`"));
    assert!(third["remedy"].as_str().unwrap().contains("dataset.toml"));
    assert_eq!(
        (&third["repair"], &third["file"]),
        (&serde_json::Value::Null, &"data.csv".into())
    );
    assert_eq!(json["kinds"]["unknown-label"]["refused"], 1);

    let text = report.render_text(2);
    for part in [
        "6 rows, 0 repaired, 4 left out",
        "unknown-label        1 left out",
        "row 3 (line 4)",
        "and 2 more",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("row 4"), "{text}");
}

/// What repairing makes of one row: the subject's characters and the label, or the kind of the mistake it stays.
fn check(bad: &str, expected: Result<(&str, (usize, usize), &str), FaultKind>) {
    let rows = format!("{}{bad}", good("0"));
    let (_, skipped) = read(&rows, OnBadRow::Skip).unwrap();
    assert_eq!((skipped.repaired, skipped.refused), (0, 1), "{bad}");
    let (examples, report) = read(&rows, OnBadRow::Repair).unwrap();
    let labels = spec().labels;
    let found = match examples.get(1) {
        Some(example) => {
            assert_eq!((report.repaired, report.refused), (1, 0), "{bad}");
            assert!(report.bad_rows.iter().all(|bad| bad.repair.is_some()));
            let span = example.subject.span;
            let label = example.label.map_or("", |label| labels.name(label));
            Ok((example.subject_word(), (span.start(), span.end()), label))
        }
        None => Err(report.bad_rows[0].fault.kind),
    };
    assert_eq!(found, expected, "{bad}");
}

#[test]
fn what_has_one_reading_is_put_right() {
    let subject = |word: &str, start: i64, end: i64| row("1", &entity(word, start, end, "PER"), "no_relation");
    let is = |word: &'static str, start: usize, end: usize| Ok((word, (start, end), "no_relation"));
    // An exclusive end, offsets of elsewhere, offsets beyond the sentence, a negative one.
    check(&subject("가나", 0, 2), is("가나", 0, 2));
    check(&subject("가나", 3, 4), is("가나", 0, 2));
    check(&subject("가나", 70, 71), is("가나", 0, 2));
    check(&subject("가나", -5, -4), is("가나", 0, 2));
    // 라 stands twice: only a right start tells which.
    check(&subject("라", 6, 7), is("라", 6, 7));
    check(&subject("라", 3, 7), is("라", 3, 4));
    check(&subject("라", 4, 5), Err(FaultKind::WordMismatch));
    check(&subject("라", 40, 50), Err(FaultKind::OffsetOutOfRange));
    check(&subject("마", 0, 1), Err(FaultKind::WordMismatch));
    // White space around the word.
    check(&subject(" 가나 ", 0, 1), is("가나", 0, 2));

    let label = |label: &str| row("1", &entity("가나", 0, 1, "PER"), label);
    check(&label(" Per:Title"), Ok(("가나", (0, 2), "per:title")));
    check(&label("per:titel"), Err(FaultKind::UnknownLabel));
    check(&label(" 100 "), Ok(("가나", (0, 2), "")));
    let typed = |entity_type: &str| row("1", &entity("가나", 0, 1, entity_type), "no_relation");
    check(&typed("per "), is("가나", 0, 2));
    check(&typed("PERSON"), is("가나", 0, 2));
    check(&typed("PRE"), Err(FaultKind::UnknownType));
    check(
        &row("0", &entity("가나", 0, 1, "PER"), "no_relation"),
        Err(FaultKind::DuplicateId),
    );
}

#[test]
fn a_row_may_need_more_than_one_repair_and_a_bad_one_counts_once() {
    let twice = row("1", &entity("가나", 5, 5, "person"), "PER:TITLE");
    let twice = twice.replace("person", "PERSON");
    let repaired_twin = row("0", &entity("가나", 1, 2, "PER"), "no_relation");
    let (examples, report) = read(&format!("{}{twice}{repaired_twin}", good("0")), OnBadRow::Repair).unwrap();
    assert_eq!(examples.len(), 2);
    assert_eq!((report.rows, report.repaired, report.refused), (3, 1, 1));
    let repairs: Vec<bool> = report.bad_rows.iter().map(|bad| bad.repair.is_some()).collect();
    assert_eq!(repairs, [true, true, true, true, false]);
    let rows: Vec<Option<usize>> = report.bad_rows.iter().map(|bad| bad.fault.place.row).collect();
    assert_eq!(rows, [Some(2), Some(2), Some(2), Some(3), Some(3)]);
}

#[test]
fn clean_rows_are_read_the_same_way_by_all() {
    let rows = format!("{}{}", good("0"), good("1"));
    let strict = read(&rows, OnBadRow::Fail).unwrap();
    assert!(strict.1.is_clean());
    for on_bad_row in [OnBadRow::Skip, OnBadRow::Repair] {
        assert_eq!(read(&rows, on_bad_row).unwrap(), strict);
    }
}

#[test]
fn what_is_no_row_stays_an_error() {
    for on_bad_row in [OnBadRow::Skip, OnBadRow::Repair] {
        let refuses = |rows: &str, part: &str| {
            let message = read(rows, on_bad_row).unwrap_err().to_string();
            assert!(message.starts_with("data.csv") && message.contains(part), "{message}");
        };
        refuses("", "no data row");
        refuses(
            "1,2\n3,4\n",
            "none of its 2 rows can be read; the first bad one: data.csv, row 1 (line 2)",
        );
        // All that follows an open quote would be left out as one row.
        refuses(
            &format!("{}1,a,b,c,d,\"open\n2,a\n3,b\n", good("0")),
            "row 2 (line 3): a field that begins",
        );
    }
}

#[test]
fn the_first_bad_row_of_many_is_the_error() {
    let mut rows: String = (0..20_000).map(|id| good(&id.to_string())).collect();
    rows.push_str(&row("x", "'word'", "no_relation"));
    rows.push_str("y,short\n");
    let message = read(&rows, OnBadRow::Fail).unwrap_err().to_string();
    assert!(message.starts_with("data.csv, row 20001 (line 20002)"), "{message}");
    let (examples, report) = read(&rows, OnBadRow::Skip).unwrap();
    assert_eq!((examples.len(), report.rows, report.refused), (20_000, 20_002, 2));
}

/// Twice the length may take twice the time, not four times: what takes quadratic time on these takes minutes.
#[test]
fn long_rows_take_no_longer_than_their_length() {
    let spec = spec();
    let long = "가".repeat(1 << 20);
    let quotes = "'".repeat(1 << 20);
    let columns = (0..100_000).map(|column| format!("c{column},")).collect::<String>();
    let cells = [
        entity(&long, 0, 1, "PER"),
        entity("가", 5, 9, "PER"),
        entity("가나", 0, 1, &long),
        quotes,
        "'a': 1, ".repeat(1 << 17),
        "\\\\".repeat(1 << 19),
    ];
    for cell in cells {
        let rows = format!("{HEADER}\n0,{long},\"{{{cell}}}\",{{}},x,\n");
        for on_bad_row in [OnBadRow::Fail, OnBadRow::Repair] {
            let path = Path::new("data.csv");
            let file = spec.describe(path, Role::Train, Format::Csv);
            assert!(parse_examples_with(rows.as_bytes(), path, &file, &spec, on_bad_row).is_err());
        }
    }
    let path = Path::new("data.x");
    let refused = |format: Format, text: &str| {
        assert!(parse_examples(text.as_bytes(), path, &spec.describe(path, Role::Train, format), &spec).is_err());
    };
    refused(Format::Csv, &format!("{columns}\n"));
    refused(Format::Csv, &format!("{HEADER}\n{}", "\"".repeat(1 << 21)));
    refused(Format::Csv, &format!("{HEADER}\n{}", ",".repeat(1 << 21)));
    refused(Format::Json, &"[".repeat(1 << 21));
    refused(Format::Json, &format!("[{}{{}}]", "{},".repeat(1 << 18)));
    refused(Format::Jsonl, &"{\"".repeat(1 << 20));
    refused(Format::Semeval, &format!("1 \"{}\"", "<e1>".repeat(1 << 19)));
    refused(Format::Semeval, &format!("1 \"{}\"", "<".repeat(1 << 21)));
    refused(Format::Semeval, &"1\n".repeat(1 << 19));
}
