//! A submission's faults are found, counted and shown by row.

use std::fs;

use relex_eval::{EvalError, LintCheck, LintReport, lint_submission};

const HEADER: &str = "id,pred_label,probs\n";

fn labels() -> Vec<String> {
    ["no_relation", "per:title", "org:members"].map(String::from).to_vec()
}

fn ids() -> Vec<String> {
    ["0", "1", "2"].map(String::from).to_vec()
}

fn lint(text: &str) -> LintReport {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("submission.csv");
    fs::write(&path, text).expect("a writable folder");
    lint_submission(&path, &labels(), Some(&ids())).expect("the file is readable")
}

/// A submission of three good rows with row 2 replaced.
fn with_row(row: &str) -> LintReport {
    lint(&format!(
        "{HEADER}0,no_relation,\"[0.5, 0.3, 0.2]\"\n{row}\n2,org:members,\"[0.1, 0.2, 0.7]\"\n"
    ))
}

/// The one problem of `report` is `check`, in row 2 and nowhere else.
fn check(report: &LintReport, check: LintCheck, detail: &str) {
    assert_eq!(report.problems.len(), 1, "{report}");
    let problem = &report.problems[0];
    assert_eq!((problem.check, problem.count), (check, 1), "{report}");
    let example = &problem.examples[0];
    assert_eq!((example.row, example.line), (Some(2), Some(3)), "{report}");
    assert!(example.detail.contains(detail), "{report}");
}

#[test]
fn a_good_submission_is_clean() {
    let report = with_row("1,per:title,\"[0.2, 0.6, 0.2]\"");
    assert!(report.is_clean(), "{report}");
    assert!(report.to_string().ends_with("submission.csv: 3 rows, nothing wrong"));
    assert!(
        with_row("1,per:title,\"[0.4, 0.4, 0.2]\"").is_clean(),
        "any of equal probabilities may be named"
    );
    assert!(
        with_row("1,per:title,\"[0.2, 0.6, 0.2000009]\"").is_clean(),
        "within the tolerance"
    );
}

#[test]
fn every_fault_of_a_row_is_named() {
    check(
        &with_row("1,per:title,\"[0.2, 0.6, 0.200002]\""),
        LintCheck::ProbabilitySum,
        "the sum is 1.000002",
    );
    check(
        &with_row("1,per:title,\"[-0.2, 0.9, 0.3]\""),
        LintCheck::ProbabilityRange,
        "probability 1 of the list is -0.2",
    );
    check(
        &with_row("1,per:title,\"[0.4, 0.6]\""),
        LintCheck::ProbabilityCount,
        "2 of 3",
    );
    check(
        &with_row("1,per:title,0.4"),
        LintCheck::ProbabilityList,
        "not a list in square brackets",
    );
    check(
        &with_row("1,per:title,\"[0.4, inf, 0.6]\""),
        LintCheck::ProbabilityList,
        "found \"inf\"",
    );
    check(
        &with_row("1,per:age,\"[0.2, 0.6, 0.2]\""),
        LintCheck::UnknownLabel,
        "found \"per:age\"",
    );
    check(
        &with_row("1,no_relation,\"[0.2, 0.6, 0.2]\""),
        LintCheck::LabelNotMostProbable,
        "no_relation has 0.2, but per:title has 0.6",
    );
    check(
        &with_row("1,per:title,\"[0.2, 0.6, 0.2]\",x"),
        LintCheck::FieldCount,
        "4 fields, the header has 3",
    );
}

#[test]
fn ids_are_compared_with_the_expected_ones() {
    let problems = |rows: [&str; 3]| -> Vec<(LintCheck, usize)> {
        let rows = rows
            .map(|id| format!("{id},no_relation,\"[0.5, 0.3, 0.2]\"\n"))
            .concat();
        lint(&format!("{HEADER}{rows}"))
            .problems
            .iter()
            .map(|problem| (problem.check, problem.count))
            .collect()
    };
    assert_eq!(problems(["0", "1", "2"]), []);
    assert_eq!(problems(["0", "2", "1"]), [(LintCheck::IdOrder, 1)]);
    assert_eq!(
        problems(["0", "1", "1"]),
        [(LintCheck::RepeatedId, 1), (LintCheck::MissingId, 1)]
    );
    assert_eq!(
        problems(["0", "1", "x"]),
        [(LintCheck::UnexpectedId, 1), (LintCheck::MissingId, 1)]
    );
}

#[test]
fn the_header_is_exact() {
    let row = "\"[0.5, 0.3, 0.2]\",0,no_relation,9\n";
    let report = lint(&format!("probs,id,pred_label,index\n{row}"));
    assert_eq!(report.problems[0].check, LintCheck::Header);
    assert_eq!(report.problems[1].check, LintCheck::MissingId);
    assert_eq!(
        report.problems.len(),
        2,
        "the columns are still found by name: {report}"
    );
    let report = lint("id,probs\n");
    assert!(
        report.problems[0].examples[0]
            .detail
            .contains("column \"pred_label\" is missing"),
        "{report}"
    );
    assert_eq!(lint(HEADER).problems[0].check, LintCheck::NoRows);
}

#[test]
fn many_offending_rows_are_counted_and_the_first_shown() {
    let rows: String = (0..2_000)
        .map(|id| format!("{id},no_relation,\"[0.1, 0.1, 0.1]\"\n"))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("submission.csv");
    fs::write(&path, format!("{HEADER}{rows}")).unwrap();
    let report = lint_submission(&path, &labels(), None).unwrap();
    assert_eq!(
        (report.problems[0].count, report.problems[0].examples.len()),
        (2_000, 5)
    );
    let text = report.to_string();
    assert!(text.contains("2,000 rows, checks failed: 1"), "{text}");
    assert!(
        text.contains("rows whose probabilities do not sum to 1: 2,000\n    row 1 (line 2): the sum is 0.3"),
        "{text}"
    );
    assert!(text.ends_with("and 1,995 more"), "{text}");
}

#[test]
fn what_cannot_be_read_or_has_no_label_order_is_an_error() {
    assert!(matches!(
        lint_submission("/nowhere/s.csv", &labels(), None),
        Err(EvalError::Read { .. })
    ));
    assert!(matches!(
        lint_submission("/nowhere/s.csv", &[], None),
        Err(EvalError::Setting { .. })
    ));
}
