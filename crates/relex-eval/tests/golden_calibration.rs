//! Ensembles, calibration, shift and label noise equal numpy's, scipy's, scikit-learn's and cleanlab's values
//! on the reference case (`fixtures/make_calibration.py`).

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

mod common;

use common::{bootstrap, out_of_fold, shift_input, truth};
use relex_eval::{
    Blend, CalibrationConfig, CalibrationStep, ForecastMethod, GreedyConfig, MemberWeights, NoiseRanking, Prior,
    ProbabilityTable, blend, calibrate, confident_joint, estimate_prior_bbse, estimate_prior_em, find_label_errors,
    fit_negative_threshold, fit_temperature, forecast, micro_f1, reweight, select_members,
};
use serde::Deserialize;

const CLASSES: usize = 4;

#[derive(Deserialize)]
struct Reference {
    gold: Vec<usize>,
    given: Vec<usize>,
    valid: Vec<f64>,
    target: Vec<f64>,
    temperature: f64,
    log_loss_before: f64,
    calibration_error: f64,
    em: Vec<f64>,
    bbse: Vec<f64>,
    bbse_bound_target: Vec<usize>,
    bbse_bound: Vec<f64>,
    condition: f64,
    reweighted: Vec<f64>,
    members: Vec<Vec<f64>>,
    soft: Vec<f64>,
    log_probability: Vec<f64>,
    rank: Vec<f64>,
    greedy: Vec<usize>,
    greedy_score: f64,
    threshold_f1: f64,
    usual_f1: f64,
    thresholded_confidence: [f64; 2],
    confidence_difference: [f64; 2],
    thresholds: Vec<f64>,
    confident_joint: Vec<Vec<usize>>,
    normalized_margin: Vec<f64>,
    self_confidence: Vec<f64>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("fixtures/calibration.json")).expect("the fixture is JSON")
}

fn table(values: &[f64]) -> ProbabilityTable {
    ProbabilityTable::new(values.to_vec(), CLASSES).unwrap()
}

fn close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() < tolerance,
            "{what}, {at}: {found}, not {expected}"
        );
    }
}

#[test]
fn temperature_and_calibration_error() {
    let case = reference();
    let valid = table(&case.valid);
    let found = fit_temperature(&valid, &case.gold).unwrap();
    // The reference minimises over the logarithm to 1e-10; a minimum is flat, so it is good to 1e-5 or so.
    close("temperature", &[found.value], &[case.temperature], 1e-5);
    let groups: Vec<usize> = (0..case.gold.len()).collect();
    let report = calibrate(
        &out_of_fold("valid", valid),
        &truth(&case.gold, &groups),
        &CalibrationConfig {
            steps: vec![CalibrationStep::Temperature],
            types: &[],
            target: None,
            folds: 5,
            bootstrap: bootstrap(50, 0),
        },
    )
    .unwrap();
    close(
        "log loss",
        &[report.steps[0].log_loss.before],
        &[case.log_loss_before],
        1e-9,
    );
    close(
        "calibration error",
        &[report.calibration_error.value],
        &[case.calibration_error],
        1e-9,
    );
}

#[test]
fn shares_of_labels() {
    let case = reference();
    let (valid, target) = (table(&case.valid), table(&case.target));
    let source = Prior::of_labels(&case.gold, CLASSES).unwrap();
    let em = estimate_prior_em(&target, &source).unwrap();
    assert!(em.converged);
    close("EM", em.prior.shares(), &case.em, 1e-6);
    let bbse = estimate_prior_bbse(&valid.predicted(), &case.gold, &target.predicted(), CLASSES).unwrap();
    close("BBSE", bbse.prior.shares(), &case.bbse, 1e-8);
    close("condition", &[bbse.condition], &[case.condition], 1e-9);
    let bound = estimate_prior_bbse(&valid.predicted(), &case.gold, &case.bbse_bound_target, CLASSES).unwrap();
    close("BBSE at its bound", bound.prior.shares(), &case.bbse_bound, 1e-8);
    let prior = Prior::new(vec![0.6, 0.2, 0.1, 0.1]).unwrap();
    let found = reweight(&valid, &source, &prior).unwrap();
    close("re-weighting", found.values(), &case.reweighted, 1e-12);
}

#[test]
fn blends_and_selection() {
    let case = reference();
    let members: Vec<ProbabilityTable> = case.members.iter().map(|values| table(values)).collect();
    let parts: Vec<&ProbabilityTable> = members.iter().collect();
    let equal = MemberWeights::equal(3).unwrap();
    for (kind, expected) in [
        (Blend::Soft, &case.soft),
        (Blend::LogProbability, &case.log_probability),
        (Blend::Rank, &case.rank),
    ] {
        close(
            &format!("{kind:?}"),
            blend(&parts, &equal, kind).unwrap().values(),
            expected,
            1e-12,
        );
    }
    let members: Vec<_> = members
        .into_iter()
        .map(|member| out_of_fold("member", member))
        .collect();
    let groups: Vec<usize> = (0..case.gold.len()).collect();
    let config = GreedyConfig {
        bootstrap: bootstrap(50, 0),
        ..GreedyConfig::default()
    };
    let selection = select_members(&members, &truth(&case.gold, &groups), &config).unwrap();
    let steps: Vec<usize> = selection.steps.iter().map(|step| step.member).collect();
    assert_eq!(steps, case.greedy);
    close(
        "greedy score",
        &[selection.steps.last().unwrap().score],
        &[case.greedy_score],
        1e-9,
    );
}

#[test]
fn threshold_of_the_negative_label() {
    let case = reference();
    let valid = table(&case.valid);
    let threshold = fit_negative_threshold(&valid, &case.gold, 0, None).unwrap();
    let f1 = |table: &ProbabilityTable| micro_f1(&case.gold, &table.predicted(), 0).unwrap();
    close(
        "best",
        &[f1(&threshold.apply(&valid)), f1(&valid)],
        &[case.threshold_f1, case.usual_f1],
        1e-9,
    );
}

#[test]
fn forecasts_from_confidence() {
    let case = reference();
    let (valid, target) = (table(&case.valid), table(&case.target));
    let labels: Vec<String> = (0..CLASSES).map(|label| label.to_string()).collect();
    let groups: Vec<usize> = (0..valid.len()).collect();
    let target_groups: Vec<usize> = (0..target.len()).collect();
    let input = shift_input(
        &labels,
        &valid,
        truth(&case.gold, &groups),
        &target,
        &target_groups,
        bootstrap(50, 0),
    );
    for found in forecast(&input, None).unwrap() {
        let expected = match found.method {
            ForecastMethod::ThresholdedConfidence => case.thresholded_confidence,
            _ => case.confidence_difference,
        };
        close(
            found.method.name(),
            &[found.accuracy.value, found.micro_f1.value],
            &expected,
            1e-9,
        );
    }
}

#[test]
fn confident_learning() {
    let case = reference();
    let valid = table(&case.valid);
    let joint = confident_joint(&valid, &case.given).unwrap();
    let thresholds: Vec<f64> = joint.thresholds.iter().flatten().copied().collect();
    close("thresholds", &thresholds, &case.thresholds, 1e-9);
    assert_eq!(joint.counts, case.confident_joint);
    let groups: Vec<usize> = (0..case.given.len()).collect();
    for (ranking, quality) in [
        (NoiseRanking::NormalisedMargin, &case.normalized_margin),
        (NoiseRanking::SelfConfidence, &case.self_confidence),
    ] {
        let predictions = out_of_fold("valid", valid.clone());
        let (suspects, _) = find_label_errors(&predictions, &truth(&case.given, &groups), ranking).unwrap();
        let found: Vec<f64> = suspects.iter().map(|suspect| 1.0 - suspect.score).collect();
        let expected: Vec<f64> = suspects.iter().map(|suspect| quality[suspect.row]).collect();
        close("label quality", &found, &expected, 1e-9);
        assert!(found.is_sorted());
    }
}
