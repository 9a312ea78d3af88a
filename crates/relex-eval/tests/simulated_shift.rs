//! Known shifts: shares and lost scores are recovered, and what is no label shift is refused. Every tolerance
//! is four standard errors unless it says otherwise; seeds are fixed.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

mod common;

use common::{CLASSES, Chance, SHIFTED, SOURCE, Sample, bootstrap, labels, out_of_fold, shift_input, truth};
use relex_eval::{
    CalibrationConfig, CalibrationStep, EvalError, ForecastMethod, Interval, Prior, PriorMethod, PriorScope,
    ProbabilityTable, Score, ShiftInput, ShiftRefusal, TargetPrior, calibrate, diagnose_shift, fit_temperature,
    forecast, micro_f1, target_mix,
};

/// The standard error behind a 95 % interval.
fn standard_error(interval: Interval) -> f64 {
    interval.width() / (2.0 * 1.96)
}

fn near(what: &str, score: Score, expected: f64, more: f64) {
    let tolerance = 4.0 * standard_error(score.interval) + more;
    assert!(
        (score.value - expected).abs() < tolerance,
        "{what}: {score:?}, not {expected} ± {tolerance}"
    );
}

/// Labelled rows of the source's mix and target rows of another.
struct Case {
    valid: Sample,
    target: Sample,
    rows: Vec<usize>,
    target_rows: Vec<usize>,
    labels: Vec<String>,
}

impl Case {
    fn draw(rows: usize, target_rows: usize, mix: &[f64], seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let valid = Sample::draw(rows, &SOURCE, &mut chance);
        let target = Sample::draw(target_rows, mix, &mut chance);
        Self {
            rows: valid.rows(),
            target_rows: target.rows(),
            valid,
            target,
            labels: labels(),
        }
    }

    fn tables(&self, sharpness: f64) -> [ProbabilityTable; 2] {
        [&self.valid, &self.target].map(|sample| sample.posterior(&SOURCE, sharpness))
    }

    fn input<'a>(&'a self, tables: &'a [ProbabilityTable; 2], resamples: usize, seed: u64) -> ShiftInput<'a> {
        shift_input(
            &self.labels,
            &tables[0],
            truth(&self.valid.gold, &self.rows),
            &tables[1],
            &self.target_rows,
            bootstrap(resamples, seed),
        )
    }

    fn target_f1(&self, table: &ProbabilityTable) -> f64 {
        micro_f1(&self.target.gold, &table.predicted(), 0).unwrap()
    }
}

#[test]
fn a_doubled_negative_label_is_found_and_so_is_the_lost_f1() {
    let case = Case::draw(4_000, 4_000, &SHIFTED, 11);
    let tables = case.tables(1.0);
    let actual = Prior::of_labels(&case.target.gold, CLASSES).unwrap();
    for scope in [PriorScope::NegativeAgainstRest, PriorScope::EveryLabel] {
        let input = ShiftInput {
            scope,
            ..case.input(&tables, 200, 1)
        };
        let report = diagnose_shift(&input).unwrap();
        assert!(report.any_shift.p_value < 0.01, "{report:?}");
        assert!(report.label_shift.p_value > 0.01, "{report:?}");
        for estimate in [&report.em, &report.bbse] {
            assert_eq!(estimate.refusals, [], "{scope:?}");
            for (share, actual) in estimate.shares.iter().zip(actual.shares()) {
                // The target's own shares are known exactly, up to half a row.
                near("share", *share, *actual, 0.5 / 4_000.0);
            }
        }
        assert_eq!(report.recommended().unwrap().method, PriorMethod::Em);

        let forecasts = forecast(&input, report.recommended().ok()).unwrap();
        let found = forecasts
            .iter()
            .find(|found| found.method == ForecastMethod::PriorReweighting)
            .unwrap();
        let natural = micro_f1(&case.valid.gold, &tables[0].predicted(), 0).unwrap();
        let actual_f1 = case.target_f1(&tables[1]);
        // The actual score is one of 4,000 rows, too: its standard error is about that of the forecast.
        near(
            "F1",
            found.micro_f1,
            actual_f1,
            4.0 * standard_error(found.micro_f1.interval),
        );
        assert!(natural - actual_f1 > 5.0, "nothing was lost: {natural} {actual_f1}");
        assert!(
            found.micro_f1.interval.high < natural,
            "{found:?} does not see the loss from {natural}"
        );
    }
}

/// With a known mix, 95 % intervals of the score at it hold the true one as often as they say.
#[test]
fn intervals_of_shares_and_of_the_score_at_the_target_mix_cover_the_truth() {
    let large = Sample::draw(400_000, &SHIFTED, &mut Chance::new(5));
    let true_f1 = micro_f1(&large.gold, &large.posterior(&SOURCE, 1.0).predicted(), 0).unwrap();
    let known = Prior::new(SHIFTED.to_vec()).unwrap();
    let repetitions = 150;
    let (mut em, mut bbse, mut f1) = (0, 0, 0);
    for seed in 0..repetitions {
        let case = Case::draw(500, 500, &SHIFTED, 1_000 + seed);
        let tables = case.tables(1.0);
        let input = case.input(&tables, 150, seed);
        let report = diagnose_shift(&input).unwrap();
        let holds = |interval: Interval, value: f64| u32::from(interval.low <= value && value <= interval.high);
        em += holds(report.em.shares[0].interval, SHIFTED[0]);
        bbse += holds(report.bbse.shares[0].interval, SHIFTED[0]);
        let mix = target_mix(input.valid, &input.truth, TargetPrior::Known(&known), &input.bootstrap).unwrap();
        f1 += holds(mix.target_micro_f1.interval, true_f1);
    }
    // So few resamples of so few rows cover about 0.94; sqrt(0.94 · 0.06 / 150) = 0.019, four of them.
    for covered in [em, bbse, f1] {
        let share = f64::from(covered) / repetitions as f64;
        assert!((share - 0.94).abs() < 4.0 * 0.0194, "{em} {bbse} {f1} of {repetitions}");
    }
}

/// The p-values are ones: under label shift small ones are as rare as they say.
#[test]
fn label_shift_is_seldom_taken_for_something_else() {
    let repetitions = 200;
    let (mut refused, mut shifted) = (0, 0);
    for seed in 0..repetitions {
        let case = Case::draw(600, 600, &SHIFTED, 20_000 + seed);
        let tables = case.tables(1.0);
        refused += u32::from(
            diagnose_shift(&case.input(&tables, 99, seed))
                .unwrap()
                .label_shift
                .p_value
                <= 0.05,
        );
        let same = Case::draw(600, 600, &SOURCE, 30_000 + seed);
        let tables = same.tables(1.0);
        shifted += u32::from(
            diagnose_shift(&same.input(&tables, 99, seed))
                .unwrap()
                .any_shift
                .p_value
                <= 0.05,
        );
    }
    // 0.05 and four of sqrt(0.05 · 0.95 / 200) = 0.0154.
    for found in [refused, shifted] {
        let share = f64::from(found) / repetitions as f64;
        assert!(share < 0.05 + 4.0 * 0.0154, "{refused} and {shifted} of {repetitions}");
    }
}

#[test]
fn an_overconfident_model_misleads_em_but_not_bbse_and_a_temperature_mends_it() {
    let case = Case::draw(6_000, 6_000, &SHIFTED, 3);
    let tables = case.tables(3.0);
    let report = diagnose_shift(&case.input(&tables, 200, 3)).unwrap();
    assert!(!report.em.refusals.is_empty(), "{report:?}");
    assert!(
        report
            .em
            .refusals
            .iter()
            .any(|refusal| matches!(refusal, ShiftRefusal::Uncalibrated { .. }))
    );
    assert_eq!(report.recommended().unwrap().method, PriorMethod::Bbse);
    let actual = Prior::of_labels(&case.target.gold, CLASSES).unwrap().shares()[0];
    near("BBSE", report.bbse.shares[0], actual, 0.0);

    let temperature = fit_temperature(&tables[0], &case.valid.gold).unwrap();
    // The standard error of a temperature near 3 from 6,000 rows is about 0.05.
    assert!((temperature.value - 3.0).abs() < 0.2, "{temperature:?}");
    let tempered = tables.each_ref().map(|table| temperature.apply(table));
    let report = diagnose_shift(&case.input(&tempered, 200, 3)).unwrap();
    assert_eq!(report.em.refusals, []);
    near("EM", report.em.shares[0], actual, 0.0);
}

/// A model that is too unsure drives EM to a share of 0, or near it, where BBSE is right.
#[test]
fn em_that_runs_to_the_boundary_is_refused() {
    let mix = [0.05, 0.35, 0.30, 0.20, 0.10];
    let case = Case::draw(3_000, 3_000, &mix, 8);
    let tables = case.tables(0.3);
    let report = diagnose_shift(&case.input(&tables, 100, 8)).unwrap();
    assert!(
        report
            .em
            .refusals
            .iter()
            .any(|refusal| matches!(refusal, ShiftRefusal::AtBoundary { .. })),
        "{:?}",
        report.em
    );
}

#[test]
fn what_is_no_label_shift_is_refused_with_the_reason() {
    let mut case = Case::draw(3_000, 3_000, &SHIFTED, 4);
    // The target's rows lie elsewhere: other sentences, not only another mix.
    for point in &mut case.target.points {
        point[0] -= 0.7;
        point[2] += 1.0;
    }
    let tables = case.tables(1.0);
    let report = diagnose_shift(&case.input(&tables, 200, 4)).unwrap();
    assert!(report.label_shift.p_value < 0.01, "{:?}", report.label_shift);
    let error = report.recommended().unwrap_err();
    assert!(matches!(&error, EvalError::ShiftRefused { reasons } if !reasons.is_empty()));
    assert!(error.to_string().contains("it is not label shift alone"), "{error}");
}

#[test]
fn a_model_that_tells_nothing_apart_is_refused() {
    let case = Case::draw(500, 500, &SHIFTED, 6);
    let tables = [500, 500].map(|rows| ProbabilityTable::new(SOURCE.repeat(rows), CLASSES).unwrap());
    let report = diagnose_shift(&case.input(&tables, 100, 6)).unwrap();
    assert!(
        report
            .bbse
            .refusals
            .iter()
            .any(|refusal| matches!(refusal, ShiftRefusal::IllConditioned { .. }))
    );
}

/// Rows get harder, but rows of the same kind keep their labels: confidence tells what is lost.
#[test]
fn confidence_tells_the_loss_where_rows_get_harder() {
    let case = Case::draw(4_000, 40_000, &SOURCE, 9);
    let posterior = case.target.posterior(&SOURCE, 1.0);
    let hard: Vec<usize> = posterior
        .rows()
        .enumerate()
        .filter(|(_, row)| row.iter().copied().fold(0.0, f64::max) < 0.75)
        .map(|(row, _)| row)
        .collect();
    let easy = (0..case.target.gold.len())
        .filter(|row| !hard.contains(row))
        .take(1_500);
    let kept: Vec<usize> = hard.iter().copied().take(3_000).chain(easy).collect();
    let values = kept.iter().flat_map(|&row| posterior.rows().nth(row).unwrap().to_vec());
    let target = ProbabilityTable::new(values.collect(), CLASSES).unwrap();
    let gold: Vec<usize> = kept.iter().map(|&row| case.target.gold[row]).collect();
    let right = target
        .predicted()
        .iter()
        .zip(&gold)
        .filter(|(predicted, gold)| predicted == gold)
        .count();
    let actual = right as f64 / gold.len() as f64 * 100.0;
    let actual_f1 = micro_f1(&gold, &target.predicted(), 0).unwrap();

    let valid = case.valid.posterior(&SOURCE, 1.0);
    let groups: Vec<usize> = (0..target.len()).collect();
    let input = shift_input(
        &case.labels,
        &valid,
        truth(&case.valid.gold, &case.rows),
        &target,
        &groups,
        bootstrap(200, 9),
    );
    let natural = micro_f1(&case.valid.gold, &valid.predicted(), 0).unwrap();
    assert!(natural - actual_f1 > 8.0, "nothing was lost: {natural} {actual_f1}");
    for found in forecast(&input, None).unwrap() {
        // Difference of confidences is exact for a calibrated model. A threshold that fits one mix of
        // easy and hard rows is off by some points on another.
        let more = match found.method {
            ForecastMethod::ConfidenceDifference => 0.0,
            _ => 6.0,
        };
        let own = 4.0 * (0.25_f64 / gold.len() as f64).sqrt() * 100.0;
        near("accuracy", found.accuracy, actual, own + more);
        near("F1", found.micro_f1, actual_f1, own + more);
        assert!(
            found.micro_f1.interval.high < natural,
            "{found:?} does not see the loss from {natural}"
        );
    }
}

#[test]
fn corrections_are_worth_what_the_cross_fitting_says() {
    let case = Case::draw(3_000, 10_000, &SHIFTED, 12);
    let [valid, target] = case.tables(2.5);
    let (source, known) = (
        Prior::new(SOURCE.to_vec()).unwrap(),
        Prior::new(SHIFTED.to_vec()).unwrap(),
    );
    let config = CalibrationConfig {
        steps: vec![
            CalibrationStep::Temperature,
            CalibrationStep::TargetPrior {
                source: &source,
                target: &known,
            },
        ],
        types: &[],
        target: Some(&known),
        folds: 5,
        bootstrap: bootstrap(300, 12),
    };
    let report = calibrate(
        &out_of_fold("valid", valid),
        &truth(&case.valid.gold, &case.rows),
        &config,
    )
    .unwrap();
    let [temperature, prior] = &report.steps[..] else {
        panic!("two steps")
    };
    assert!(report.calibration_error.value > report.calibrated_error + 3.0);
    assert!(temperature.log_loss.difference.interval.high < 0.0);
    assert!(temperature.calibration_error.after < report.calibrated_error + 1.0);
    assert_eq!(
        temperature.micro_f1.difference.value, 0.0,
        "a temperature changes no decision"
    );
    // A known mix makes the target's probabilities likelier, and its micro-F1 what the validation rows say.
    let fitted: Vec<_> = report.steps.iter().map(|step| step.fitted.clone()).collect();
    let after = relex_eval::apply_steps(&fitted, &target, None, &[]).unwrap();
    let loss = |table: &ProbabilityTable| -> f64 {
        let rows = table.rows().zip(&case.target.gold);
        rows.map(|(row, &gold)| -row[gold].ln()).sum::<f64>() / table.len() as f64
    };
    let only_tempered = relex_eval::apply_steps(&fitted[..1], &target, None, &[]).unwrap();
    assert!(loss(&after) < loss(&only_tempered) && loss(&only_tempered) < loss(&target));
    let gained = case.target_f1(&after) - case.target_f1(&target);
    let claimed = prior.target_micro_f1.unwrap().difference;
    // The gain on the target's own 10,000 rows has a standard error, too: about half of that on 3,000.
    near(
        "gain at the target mix",
        claimed,
        gained,
        2.0 * standard_error(claimed.interval),
    );
}
