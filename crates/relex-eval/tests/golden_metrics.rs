//! Every score equals scikit-learn's on the reference cases, to 1e-9.

use relex_eval::{
    Binning, accuracy, auprc, brier_score, calibration_error, confusion_matrix, log_loss, macro_average, micro_average,
    micro_f1, per_label,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    classes: usize,
    gold: Vec<usize>,
    probabilities: Vec<Vec<f64>>,
    prediction: Vec<usize>,
    micro_f1_without_class_0: f64,
    macro_f1_without_class_0: f64,
    accuracy: f64,
    auprc_per_class: Vec<Option<f64>>,
    auprc_mean_of_defined: f64,
    auprc_mean_undefined_as_zero: f64,
    per_class: Vec<Label>,
    confusion: Vec<Vec<usize>>,
    ece_15_equal_width_bins: f64,
}

/// What `metrics.json` does not have, by scikit-learn 1.9 and `NumPy` on the same cases.
#[derive(Deserialize)]
struct More {
    name: String,
    micro_precision: f64,
    micro_recall: f64,
    macro_precision_of_present: f64,
    macro_recall_of_present: f64,
    macro_f1_of_present: f64,
    calibration_error_10_equal_mass_bins: Option<f64>,
    brier_score: f64,
    log_loss: f64,
}

fn cases_with_more() -> impl Iterator<Item = (Case, More)> {
    let more: Vec<More> =
        serde_json::from_str(include_str!("fixtures/more_metrics.json")).expect("the fixture is JSON");
    cases()
        .into_iter()
        .zip(more)
        .inspect(|(case, more)| assert_eq!(case.name, more.name))
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

#[test]
fn averages() {
    for (case, more) in cases_with_more() {
        let micro = micro_average(&case.gold, &case.prediction, 0).unwrap();
        check(&case.name, "micro precision", micro.precision, more.micro_precision);
        check(&case.name, "micro recall", micro.recall, more.micro_recall);
        check(&case.name, "micro F1", micro.f1, case.micro_f1_without_class_0);
        let mean = macro_average(&case.gold, &case.prediction, case.classes, 0).unwrap();
        check(
            &case.name,
            "macro precision",
            mean.precision,
            more.macro_precision_of_present,
        );
        check(&case.name, "macro recall", mean.recall, more.macro_recall_of_present);
        check(&case.name, "macro F1", mean.f1, more.macro_f1_of_present);
        let with_absent = mean.absent_as_zero(case.classes - 1);
        check(
            &case.name,
            "macro F1 with absent labels",
            with_absent,
            case.macro_f1_without_class_0,
        );
    }
}

#[test]
fn calibration_and_proper_scores() {
    for (case, more) in cases_with_more() {
        let probabilities = case.probabilities.concat();
        let error = |binning| calibration_error(&case.gold, &probabilities, case.classes, binning).unwrap() / 100.0;
        let equal_width = error(Binning::EqualWidth(15));
        check(
            &case.name,
            "bins of equal width",
            equal_width,
            case.ece_15_equal_width_bins,
        );
        if let Some(expected) = more.calibration_error_10_equal_mass_bins {
            check(
                &case.name,
                "bins of equal mass",
                error(Binning::EqualMass(10)),
                expected,
            );
        }
        let brier = brier_score(&case.gold, &probabilities, case.classes).unwrap();
        check(&case.name, "Brier score", brier, more.brier_score);
        let loss = log_loss(&case.gold, &probabilities, case.classes).unwrap();
        check(&case.name, "log loss", loss, more.log_loss);
    }
}
