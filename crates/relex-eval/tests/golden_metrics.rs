//! Every score equals scikit-learn's on the reference cases, to 1e-9.

use relex_eval::{accuracy, auprc, confusion_matrix, micro_f1, per_label};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    classes: usize,
    gold: Vec<usize>,
    probabilities: Vec<Vec<f64>>,
    prediction: Vec<usize>,
    micro_f1_without_class_0: f64,
    accuracy: f64,
    auprc_per_class: Vec<Option<f64>>,
    auprc_mean_of_defined: f64,
    auprc_mean_undefined_as_zero: f64,
    per_class: Vec<Label>,
    confusion: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
struct Label {
    precision: f64,
    recall: f64,
    f1: f64,
    support: usize,
}

fn cases() -> Vec<Case> {
    let cases: Vec<Case> = serde_json::from_str(include_str!("fixtures/metrics.json")).expect("the fixture is JSON");
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(
        names,
        ["klue_like", "skewed_with_absent_classes", "ties", "one_row", "binary"]
    );
    cases
}

fn check(case: &str, what: &str, found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < 1e-9,
        "{case}, {what}: {found}, expected {expected}"
    );
}

#[test]
fn micro_f1_and_accuracy() {
    for case in cases() {
        let f1 = micro_f1(&case.gold, &case.prediction, 0).unwrap();
        check(&case.name, "micro F1", f1, case.micro_f1_without_class_0);
        check(
            &case.name,
            "accuracy",
            accuracy(&case.gold, &case.prediction).unwrap(),
            case.accuracy,
        );
    }
}

#[test]
fn area_under_the_precision_recall_curves() {
    for case in cases() {
        let area = auprc(&case.gold, &case.probabilities.concat(), case.classes).unwrap();
        for (class, (found, expected)) in area.per_class.iter().zip(&case.auprc_per_class).enumerate() {
            assert_eq!(found.is_some(), expected.is_some(), "{}, class {class}", case.name);
            check(
                &case.name,
                &format!("class {class}"),
                found.unwrap_or(0.0),
                expected.unwrap_or(0.0),
            );
        }
        check(&case.name, "mean", area.mean, case.auprc_mean_of_defined);
        check(
            &case.name,
            "mean with zeros",
            area.mean_undefined_as_zero(),
            case.auprc_mean_undefined_as_zero,
        );
        assert_eq!(
            area.defined(),
            case.auprc_per_class.iter().flatten().count(),
            "{}",
            case.name
        );
    }
}

#[test]
fn every_label() {
    for case in cases() {
        let scores = per_label(&case.gold, &case.prediction, case.classes).unwrap();
        assert_eq!(scores.len(), case.per_class.len());
        for (class, (found, expected)) in scores.iter().zip(&case.per_class).enumerate() {
            check(
                &case.name,
                &format!("precision of {class}"),
                found.precision / 100.0,
                expected.precision,
            );
            check(
                &case.name,
                &format!("recall of {class}"),
                found.recall / 100.0,
                expected.recall,
            );
            check(&case.name, &format!("F1 of {class}"), found.f1 / 100.0, expected.f1);
            assert_eq!(found.support, expected.support, "{}, support of {class}", case.name);
        }
    }
}

#[test]
fn confusion() {
    for case in cases() {
        let matrix = confusion_matrix(&case.gold, &case.prediction, case.classes).unwrap();
        assert_eq!(matrix.counts, case.confusion, "{}", case.name);
    }
}
