//! The score that labelled rows would have if their labels were mixed as the target's.

use serde::{Deserialize, Serialize};

use super::diagnose::{PriorEstimate, VALID_DRAWS};
use super::prior::Prior;
use crate::bootstrap::BootstrapConfig;
use crate::error::EvalError;
use crate::gain::Truth;
use crate::interval::Score;
use crate::metric::{check_length, weighted_accuracy, weighted_f1};
use crate::probabilities::ProbabilityTable;
use crate::resample::{Resampler, in_each, with_interval};

/// Where the target's shares of labels come from.
#[derive(Debug, Clone, Copy)]
pub enum TargetPrior<'a> {
    /// They are known.
    Known(&'a Prior),
    /// They were estimated, from these labelled rows and the target's predictions: the interval of the score
    /// then holds their uncertainty too. The bootstrap must be that of the estimate.
    Estimated(&'a PriorEstimate),
}

/// Scores at the natural mix of labels and at the target's, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetMix {
    /// The target's shares of labels.
    pub prior: Prior,
    /// Micro-F1 of the rows as they are, in percent.
    pub natural_micro_f1: Score,
    /// Micro-F1 with each row weighted by its gold label's share in the target over that among the rows.
    pub target_micro_f1: Score,
    /// Accuracy of the rows as they are, in percent.
    pub natural_accuracy: Score,
    /// Accuracy with the same weights.
    pub target_accuracy: Score,
    /// Number of rows.
    pub rows: usize,
    /// How many equally weighted rows would tell as much: (Σ w)² / Σ w² (Kish 1965).
    pub effective_rows: f64,
    /// The target's share of labels that no row has; they are left out.
    pub missing_share: f64,
}

/// Scores labelled rows at the target's mix of labels (importance weighting by gold label).
///
/// It assumes label shift: the rows of each label are of the same kind on both sides. In each resample the
/// weights are made anew, so that the mix is always the target's.
///
/// # Errors
/// [`EvalError::Length`] or [`EvalError::LabelIndex`] where the input does not fit, [`EvalError::Setting`] if
/// the target has no share of any label that a row has.
pub fn target_mix(
    table: &ProbabilityTable,
    truth: &Truth<'_>,
    target: TargetPrior<'_>,
    bootstrap: &BootstrapConfig,
) -> Result<TargetMix, EvalError> {
    truth.check(table)?;
    let prior = match target {
        TargetPrior::Known(prior) => prior,
        TargetPrior::Estimated(estimate) => {
            check_length("resampled priors", bootstrap.resamples, estimate.resampled.len())?;
            &estimate.prior
        }
    };
    check_length("target shares", table.classes(), prior.shares().len())?;
    let missing_share = missing_share(truth.gold, prior);
    if missing_share > 1.0 - 1e-12 {
        return Err(EvalError::Setting {
            name: "target share of the labels that the rows have",
            value: "0".to_owned(),
            allowed: "above 0",
        });
    }
    let predicted = table.predicted();
    let score = |weights: &[f64], prior: &Prior| -> [f64; 4] {
        let mixed = mix_weights(truth.gold, weights, prior);
        let both = |weights: &[f64]| {
            [
                weighted_f1(truth.gold, &predicted, truth.negative, weights),
                weighted_accuracy(truth.gold, &predicted, weights),
            ]
        };
        let ([natural_f1, natural_accuracy], [target_f1, target_accuracy]) = (both(weights), both(&mixed));
        [natural_f1, target_f1, natural_accuracy, target_accuracy]
    };
    let resampler = Resampler::new(truth.groups, bootstrap.seed, VALID_DRAWS);
    let resampled = in_each(bootstrap.resamples, |resample| {
        let prior = match target {
            TargetPrior::Known(prior) => prior,
            TargetPrior::Estimated(estimate) => &estimate.resampled[resample],
        };
        score(&resampler.weights(resample), prior)
    });
    let ones = vec![1.0; table.len()];
    let now = score(&ones, prior);
    let with = |which: usize| with_interval(now[which], resampled.iter().map(|scores| scores[which]), bootstrap);
    let weights = mix_weights(truth.gold, &ones, prior);
    let (sum, squares) = weights
        .iter()
        .fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
    Ok(TargetMix {
        prior: prior.clone(),
        natural_micro_f1: with(0)?,
        target_micro_f1: with(1)?,
        natural_accuracy: with(2)?,
        target_accuracy: with(3)?,
        rows: table.len(),
        effective_rows: sum * sum / squares,
        missing_share,
    })
}

/// `weights` times the ratio of each row's gold label's share in `target` to that among the weighted rows.
pub(crate) fn mix_weights(gold: &[usize], weights: &[f64], target: &Prior) -> Vec<f64> {
    let source = Prior::of_weighted(gold, weights, target.shares().len());
    gold.iter()
        .zip(weights)
        .map(|(&gold, &weight)| {
            if weight > 0.0 {
                weight * target.shares()[gold] / source.shares()[gold]
            } else {
                0.0
            }
        })
        .collect()
}

fn missing_share(gold: &[usize], prior: &Prior) -> f64 {
    let mut present = vec![false; prior.shares().len()];
    gold.iter().for_each(|&label| present[label] = true);
    prior
        .shares()
        .iter()
        .zip(present)
        .filter(|(_, present)| !present)
        .map(|(share, _)| share)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_at_another_mix_by_hand() {
        // Two negative rows, one of them taken for a relation, and two rows of the relation, both right.
        let table = ProbabilityTable::new([[0.9, 0.1], [0.4, 0.6], [0.1, 0.9], [0.2, 0.8]].concat(), 2).unwrap();
        let truth = Truth {
            gold: &[0, 0, 1, 1],
            negative: 0,
            groups: &[0, 1, 2, 3],
        };
        let prior = Prior::new(vec![0.8, 0.2]).unwrap();
        let config = BootstrapConfig {
            resamples: 200,
            ..BootstrapConfig::default()
        };
        let found = target_mix(&table, &truth, TargetPrior::Known(&prior), &config).unwrap();
        let check = |score: Score, expected: f64| {
            approx::assert_abs_diff_eq!(score.value, expected, epsilon = 1e-9);
            assert!(score.interval.low <= expected && expected <= score.interval.high);
        };
        check(found.natural_micro_f1, 2.0 * 2.0 / (3.0 + 2.0) * 100.0);
        // Weights 1.6 and 0.4: true positives 0.8, predicted 1.6 + 0.8, gold 0.8.
        check(found.target_micro_f1, 2.0 * 0.8 / (2.4 + 0.8) * 100.0);
        check(found.natural_accuracy, 75.0);
        check(found.target_accuracy, (1.6 + 0.8) / 4.0 * 100.0);
        approx::assert_abs_diff_eq!(
            found.effective_rows,
            16.0 / (2.0 * 1.6 * 1.6 + 2.0 * 0.4 * 0.4),
            epsilon = 1e-9
        );
    }

    #[test]
    fn labels_without_rows_are_told() {
        let table = ProbabilityTable::new([0.5, 0.5].repeat(2), 2).unwrap();
        let truth = Truth {
            gold: &[0, 0],
            negative: 0,
            groups: &[0, 1],
        };
        let mixed = |prior: &Prior| target_mix(&table, &truth, TargetPrior::Known(prior), &BootstrapConfig::default());
        let found = mixed(&Prior::new(vec![0.7, 0.3]).unwrap()).unwrap();
        approx::assert_abs_diff_eq!(found.missing_share, 0.3, epsilon = 1e-12);
        let none = mixed(&Prior::new(vec![0.0, 1.0]).unwrap());
        assert!(matches!(none, Err(EvalError::Setting { .. })));
    }
}
