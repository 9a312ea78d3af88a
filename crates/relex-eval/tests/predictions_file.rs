//! Predictions files: what is written reads back, and what is broken is named.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use relex_eval::{EvalError, PREDICTIONS_FORMAT_VERSION, Predictions, PredictionsMeta};

fn labels() -> Vec<String> {
    ["no_relation", "org:members", "per:title"].map(String::from).to_vec()
}

fn sample() -> Predictions {
    Predictions {
        ids: vec!["7".into(), "a,\"b\"".into()],
        labels: labels(),
        probabilities: vec![0.7, 0.2, 0.1, 1e-300, 1.0 / 3.0, 0.5],
    }
}

fn meta() -> PredictionsMeta {
    PredictionsMeta {
        format_version: PREDICTIONS_FORMAT_VERSION,
        labels: labels(),
        negative_label: "no_relation".into(),
        run: "quickstart".into(),
        data_hash: "d0".into(),
        split_hash: Some("5a".into()),
        fold: Some(2),
        rows: 2,
    }
}

/// Reads `text` with the sample labels and returns the error's message without the folder.
fn message(text: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("p.csv");
    fs::write(&path, text).expect("a writable folder");
    let error = Predictions::read(&path, Some(&labels())).expect_err("the file is broken");
    error.to_string().replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn written_predictions_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    sample().write(&path, Some(&meta())).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().next(), Some("id,pred_label,probs"));
    assert_eq!(text.lines().nth(1), Some("7,no_relation,\"[0.7, 0.2, 0.1]\""));
    assert_eq!(Predictions::read(&path, None).unwrap(), sample());
    assert_eq!(Predictions::read(&path, Some(&labels())).unwrap(), sample());
    assert_eq!(PredictionsMeta::read_beside(&path).unwrap(), Some(meta()));
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "no temporary file is left: {names:?}");
}

#[test]
fn a_stale_description_does_not_survive_a_write_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    sample().write(&path, Some(&meta())).unwrap();
    sample().write(&path, None).unwrap();
    assert_eq!(PredictionsMeta::read_beside(&path).unwrap(), None);
    assert!(matches!(
        Predictions::read(&path, None),
        Err(EvalError::LabelOrderUnknown { .. })
    ));
}

#[test]
fn foreign_files_are_read_by_column_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    fs::write(
        &path,
        "\u{feff},probs,id,pred_label\r\n0,\"[-1, 2.5, 2]\",9,org:members\r\n",
    )
    .unwrap();
    let read = Predictions::read(&path, Some(&labels())).unwrap();
    assert_eq!(
        (read.ids[0].as_str(), read.row(0), read.predicted(0)),
        ("9", &[-1.0, 2.5, 2.0][..], 1)
    );
}

#[test]
fn of_equal_probabilities_the_first_wins_and_any_may_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    fs::write(&path, "id,pred_label,probs\n1,per:title,\"[0.2, 0.4, 0.4]\"\n").unwrap();
    assert_eq!(Predictions::read(&path, Some(&labels())).unwrap().predicted(0), 1);
}

#[test]
fn broken_files_are_named_by_row_column_and_remedy() {
    let good = "id,pred_label,probs\n1,no_relation,\"[0.5, 0.3, 0.2]\"\n";
    let check = |row: &str, expected: &str| {
        let found = message(&format!("{good}{row}\n"));
        assert!(found.starts_with("p.csv: row 2"), "{found}");
        assert!(found.contains(expected) && found.contains("; "), "{found}");
    };
    check(
        "2,no_relation",
        "(line 3), column \"probs\": the field is missing, found 2 fields",
    );
    check(
        "2,no_relation,0.5",
        "column \"probs\": not a list in square brackets, found \"0.5\"",
    );
    check(
        "2,no_relation,\"[0.5, x, 0.2]\"",
        "column \"probs\": an item is not a number, found \"x\"",
    );
    check(
        "2,no_relation,\"[0.5, nan, 0.2]\"",
        "not a finite number, found \"nan\"",
    );
    check(
        "2,no_relation,\"[0.5, 0.5]\"",
        "3 probabilities are needed, one a label, found 2",
    );
    check(
        "2,per:age,\"[0.5, 0.3, 0.2]\"",
        "column \"pred_label\": not a label of the label order, found \"per:age\"",
    );
    check(
        "2,per:title,\"[0.5, 0.3, 0.2]\"",
        "the most probable label is \"no_relation\", found \"per:title\"",
    );
    check(" ,no_relation,\"[0.5, 0.3, 0.2]\"", "column \"id\": the id is empty");
    check(
        "1,no_relation,\"[0.5, 0.3, 0.2]\"",
        "column \"id\": id 1 is already in row 1",
    );
}

#[test]
fn lines_are_counted_whatever_ends_them() {
    let broken = "id,pred_label,probs\n1,no_relation,\"[0.5,\n 0.3, 0.2]\"\n2,per:title,\"[0.5, 0.3, 0.2]\"\n";
    // The first row takes up two lines.
    for text in [broken.to_owned(), broken.replace('\n', "\r\n")] {
        let found = message(&text);
        assert!(found.starts_with("p.csv: row 2 (line 4)"), "{found}");
    }
}

#[test]
fn broken_headers_and_empty_files_are_named() {
    assert!(message("id,label,probs\n").contains("column \"pred_label\" is missing (found: \"id,label,probs\")"));
    assert!(message("").contains("column \"id\" is missing"));
    assert!(message("id,pred_label,probs\n").contains("p.csv: no data rows"));
    let error = Predictions::read(Path::new("/nowhere/p.csv"), None).unwrap_err();
    assert!(matches!(error, EvalError::Read { .. }));
}

#[test]
fn a_file_that_is_not_utf8_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    for line_end in [&b"\n"[..], b"\r\n"] {
        let lines = [
            &b"id,pred_label,probs"[..],
            b"1,no_relation,\"[0.5, 0.3, 0.2]\"",
            b"2,\xb0\xa1,x",
        ];
        fs::write(&path, lines.join(line_end)).unwrap();
        let error = Predictions::read(&path, Some(&labels())).unwrap_err();
        assert!(matches!(error, EvalError::Csv { line: 3, .. }), "{error}");
        let message = error.to_string();
        assert!(
            message.contains("line 3: not readable as CSV: invalid utf-8"),
            "{message}"
        );
    }
}

#[test]
fn descriptions_that_contradict_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    let wrong_rows = PredictionsMeta { rows: 3, ..meta() };
    assert!(matches!(
        sample().write(&path, Some(&wrong_rows)),
        Err(EvalError::MetaMismatch { field: "rows", .. })
    ));
    assert!(!path.exists(), "nothing is written");
    sample().write(&path, Some(&meta())).unwrap();
    let mut other = labels();
    other.swap(1, 2);
    assert!(matches!(
        Predictions::read(&path, Some(&other)),
        Err(EvalError::LabelOrderConflict { position: 1, .. })
    ));
    let meta_path = PredictionsMeta::path_beside(&path);
    let text = fs::read_to_string(&meta_path).unwrap();
    fs::write(&meta_path, text.replace("\"rows\": 2", "\"rows\": 5")).unwrap();
    assert!(matches!(
        Predictions::read(&path, None),
        Err(EvalError::MetaMismatch { field: "rows", .. })
    ));
    fs::write(&meta_path, "{\"format_version\": 99}").unwrap();
    assert!(matches!(
        Predictions::read(&path, None),
        Err(EvalError::FormatVersion { found: 99, .. })
    ));
    fs::write(&meta_path, "{}").unwrap();
    assert!(matches!(Predictions::read(&path, None), Err(EvalError::Json { .. })));
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.csv");
    let mut broken = sample();
    broken.probabilities[4] = f64::NAN;
    assert!(matches!(
        broken.write(&path, None),
        Err(EvalError::NotFinite { row: 1, class: 1, .. })
    ));
    let mut broken = sample();
    broken.probabilities.pop();
    assert!(matches!(broken.write(&path, None), Err(EvalError::Length { .. })));
    let mut broken = sample();
    broken.ids[1] = "7".into();
    assert!(matches!(
        broken.write(&path, None),
        Err(EvalError::RepeatedId {
            row: 2,
            first_row: 1,
            ..
        })
    ));
    let mut broken = sample();
    broken.labels[1] = "per:title".into();
    assert!(matches!(
        broken.write(&path, None),
        Err(EvalError::RepeatedLabel {
            first: 1,
            second: 2,
            ..
        })
    ));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = sample().write(file.join("p.csv"), None).unwrap_err();
    assert!(matches!(error, EvalError::Write { .. }));
}

proptest! {
    #[test]
    fn every_probability_survives_the_file(values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO, 3..30)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.csv");
        let rows = values.len() / 3;
        let predictions = Predictions {
            ids: (0..rows).map(|row| row.to_string()).collect(),
            labels: labels(),
            probabilities: values[..rows * 3].to_vec(),
        };
        predictions.write(&path, None).unwrap();
        let read = Predictions::read(&path, Some(&labels())).unwrap();
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&read.probabilities), bits(&predictions.probabilities));
    }
}
