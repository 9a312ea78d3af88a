//! What corrections are worth: each fitted on some folds and measured on the others.

use serde::Serialize;

use super::steps::{CalibrationStep, FitRows, FittedStep};
use super::type_pair::TypePairPriors;
use crate::bootstrap::BootstrapConfig;
use crate::error::EvalError;
use crate::gain::{Gain, Truth};
use crate::groups::RowGroups;
use crate::interval::Score;
use crate::member::Member;
use crate::metric::{BINS, Binning, ConfidenceBins, log_loss_rows, weighted_f1, weighted_mean};
use crate::out_of_fold::OutOfFold;
use crate::probabilities::ProbabilityTable;
use crate::resample::{Resampler, in_each, with_interval};
use crate::shift::{Prior, mix_weights};

/// What is fitted, and how it is measured.
#[derive(Debug, Clone)]
pub struct CalibrationConfig<'a> {
    /// The steps, in order.
    pub steps: Vec<CalibrationStep<'a>>,
    /// Types of each row's subject and object, if a step needs them; else empty. `[rows]`
    pub types: &'a [(String, String)],
    /// The mix of labels to be corrected for, if any: thresholds are fitted to it, and each step is
    /// measured on it too.
    pub target: Option<&'a Prior>,
    /// Folds of the cross-fitting, at least 2.
    pub folds: usize,
    /// How the intervals are made; its seed also deals the folds.
    pub bootstrap: BootstrapConfig,
}

/// The steps as fitted on all rows, each with what it is worth on rows that it was not fitted on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationReport {
    /// Number of rows.
    pub rows: usize,
    /// Number of folds of the cross-fitting.
    pub folds: usize,
    /// Expected calibration error before any step: 15 bins of equally many rows, in percent.
    pub calibration_error: Score,
    /// What a calibrated model would show on these rows at most (99 of 100 times), in percent.
    pub calibrated_error: f64,
    /// The steps, in order.
    pub steps: Vec<StepFit>,
}

/// A step, and the scores with it against those without it, the steps before it made in both.
/// Cross-fitted: a fold's rows are corrected by what was fitted on the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepFit {
    /// The step as fitted on all rows, to be applied to new ones.
    pub fitted: FittedStep,
    /// Log loss, in nats. Lower is better.
    pub log_loss: Gain,
    /// Expected calibration error, in percent. Lower is better.
    pub calibration_error: Gain,
    /// Micro-F1, in percent.
    pub micro_f1: Gain,
    /// Micro-F1 at the target mix, in percent; `None` without one.
    pub target_micro_f1: Option<Gain>,
}

/// Fits the steps on predictions that are out of fold and measures each by cross-fitting: rows are
/// dealt to folds by group, and each fold's are corrected by what the others taught.
///
/// # Errors
/// [`EvalError::Setting`] if there are fewer groups than folds or fewer than 2 folds, and what the
/// steps refuse.
pub fn calibrate(
    predictions: &OutOfFold,
    truth: &Truth<'_>,
    config: &CalibrationConfig<'_>,
) -> Result<CalibrationReport, EvalError> {
    let Member { table, .. } = predictions.member();
    truth.check(table)?;
    let priors = config.steps.iter().find_map(|step| match step {
        CalibrationStep::TypePairs(priors) => Some(*priors),
        _ => None,
    });
    let all: Vec<usize> = (0..table.len()).collect();
    let fitted = fit_chain(table, &all, truth, config, priors)?;

    let folds = folds(truth, config)?;
    let mut stages: Vec<Vec<f64>> = vec![table.values().to_vec(); config.steps.len() + 1];
    for fold in 0..config.folds {
        let (held, rest): (Vec<usize>, Vec<usize>) = all.iter().partition(|&&row| folds[row] == fold);
        let steps = fit_chain(table, &rest, truth, config, priors)?;
        let types = pick_types(config.types, &held);
        let mut part = table.subset(&held);
        for (step, stage) in steps.iter().zip(&mut stages[1..]) {
            part = step.apply(&part, priors, &types)?;
            for (&row, shares) in held.iter().zip(part.rows()) {
                stage[row * table.classes()..(row + 1) * table.classes()].copy_from_slice(shares);
            }
        }
    }
    let stages: Vec<Stage> = stages
        .into_iter()
        .map(|values| Ok(Stage::new(&ProbabilityTable::new(values, table.classes())?, truth.gold)))
        .collect::<Result<_, EvalError>>()?;

    let ones = vec![1.0; table.len()];
    let measure = |weights: &[f64]| -> Vec<[f64; 4]> {
        stages
            .iter()
            .map(|stage| stage.measure(truth, config.target, weights))
            .collect()
    };
    let now = measure(&ones);
    let resampler = Resampler::new(truth.groups, config.bootstrap.seed, "calibrate");
    let resampled = in_each(config.bootstrap.resamples, |resample| {
        measure(&resampler.weights(resample))
    });
    let gain = |step: usize, which: usize| -> Result<Gain, EvalError> {
        let difference = |measures: &Vec<[f64; 4]>| measures[step + 1][which] - measures[step][which];
        Ok(Gain {
            before: now[step][which],
            after: now[step + 1][which],
            difference: with_interval(difference(&now), resampled.iter().map(difference), &config.bootstrap)?,
        })
    };
    let steps = fitted
        .into_iter()
        .enumerate()
        .map(|(step, fitted)| {
            Ok(StepFit {
                fitted,
                log_loss: gain(step, 0)?,
                calibration_error: gain(step, 1)?,
                micro_f1: gain(step, 2)?,
                target_micro_f1: config.target.map(|_| gain(step, 3)).transpose()?,
            })
        })
        .collect::<Result<_, EvalError>>()?;
    Ok(CalibrationReport {
        rows: table.len(),
        folds: config.folds,
        calibration_error: with_interval(now[0][1], resampled.iter().map(|of| of[0][1]), &config.bootstrap)?,
        calibrated_error: stages[0].bins.calibrated_error(500, config.bootstrap.seed),
        steps,
    })
}

/// Every step fitted on `rows`, each on what the ones before it leave.
fn fit_chain(
    table: &ProbabilityTable,
    rows: &[usize],
    truth: &Truth<'_>,
    config: &CalibrationConfig<'_>,
    priors: Option<&TypePairPriors>,
) -> Result<Vec<FittedStep>, EvalError> {
    let gold: Vec<usize> = rows.iter().map(|&row| truth.gold[row]).collect();
    let types = pick_types(config.types, rows);
    let weights = config
        .target
        .map(|target| mix_weights(&gold, &vec![1.0; gold.len()], target));
    let mut part = table.subset(rows);
    let mut fitted = Vec::with_capacity(config.steps.len());
    for step in &config.steps {
        let step = step.fit(&FitRows {
            table: &part,
            gold: &gold,
            negative: truth.negative,
            types: &types,
            weights: weights.as_deref(),
        })?;
        part = step.apply(&part, priors, &types)?;
        fitted.push(step);
    }
    Ok(fitted)
}

fn pick_types(types: &[(String, String)], rows: &[usize]) -> Vec<(String, String)> {
    rows.iter().filter_map(|&row| types.get(row).cloned()).collect()
}

fn folds(truth: &Truth<'_>, config: &CalibrationConfig<'_>) -> Result<Vec<usize>, EvalError> {
    let folds = RowGroups::new(truth.groups).folds(config.folds, config.bootstrap.seed);
    if config.folds < 2 || (0..config.folds).any(|fold| !folds.contains(&fold)) {
        return Err(EvalError::Setting {
            name: "folds",
            value: config.folds.to_string(),
            allowed: "from 2 to the number of sentences",
        });
    }
    Ok(folds)
}

/// What is measured of the probabilities after a step.
struct Stage {
    losses: Vec<f64>,
    bins: ConfidenceBins,
    predicted: Vec<usize>,
}

impl Stage {
    fn new(table: &ProbabilityTable, gold: &[usize]) -> Self {
        Self {
            losses: log_loss_rows(gold, table.values(), table.classes()),
            bins: ConfidenceBins::new(gold, table.values(), table.classes(), Binning::EqualMass(BINS)),
            predicted: table.predicted(),
        }
    }

    /// Log loss, calibration error, micro-F1, and micro-F1 at the target mix (NaN without one).
    fn measure(&self, truth: &Truth<'_>, target: Option<&Prior>, weights: &[f64]) -> [f64; 4] {
        let f1 = |weights: &[f64]| weighted_f1(truth.gold, &self.predicted, truth.negative, weights);
        [
            weighted_mean(self.losses.iter().copied(), weights),
            self.bins.error(weights),
            f1(weights),
            target.map_or(f64::NAN, |target| f1(&mix_weights(truth.gold, weights, target))),
        ]
    }
}
