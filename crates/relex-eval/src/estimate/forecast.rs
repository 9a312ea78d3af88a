//! Three ways to predict a score, side by side.

use serde::Serialize;

use super::confidence::{Confidence, RELATION, SideShares};
use crate::error::EvalError;
use crate::interval::Score;
use crate::resample::{Resampler, in_each, with_interval};
use crate::shift::{PriorEstimate, ShiftInput, TargetPrior, target_mix};

/// How a score was predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForecastMethod {
    /// Average thresholded confidence (Garg et al. 2022).
    ThresholdedConfidence,
    /// Difference of confidences (Guillory et al. 2021).
    ConfidenceDifference,
    /// Labelled rows weighted by their gold label's share on the target.
    PriorReweighting,
}

/// A predicted score on the target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Forecast {
    /// How it was predicted.
    pub method: ForecastMethod,
    /// Accuracy, in percent.
    pub accuracy: Score,
    /// Micro-F1, in percent.
    pub micro_f1: Score,
}

impl ForecastMethod {
    /// A short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ThresholdedConfidence => "average thresholded confidence",
            Self::ConfidenceDifference => "difference of confidences",
            Self::PriorReweighting => "prior re-weighting",
        }
    }

    /// What must hold for the prediction to be right, in words.
    pub fn assumption(self) -> &'static str {
        match self {
            Self::ThresholdedConfidence => {
                "assumes that rows of the same confidence are right as often on the target, for rows predicted \
                 negative and for others; under label shift that does not hold exactly"
            }
            Self::ConfidenceDifference => {
                "assumes that accuracy changes by as much as mean confidence does, on either side; under label \
                 shift that does not hold exactly"
            }
            Self::PriorReweighting => {
                "assumes label shift: the target's rows of each label are of the same kind as the labelled ones"
            }
        }
    }
}

/// Predicts accuracy and micro-F1 on the target: by both confidence methods, and, if shares of labels are
/// given, by re-weighting. The bootstrap must be that of `prior`.
///
/// The confidence methods give the share of right predictions among rows predicted negative and among the
/// others, each from its own labelled rows. Micro-F1 needs the number of gold relations besides: the right
/// ones among those predicted, wrong ones in the proportion that is a relation after all on the labelled
/// rows, and the rows wrongly predicted negative.
///
/// The system's predictions are the most probable labels; the interval resamples sentences of both sides.
///
/// # Errors
/// [`EvalError::Length`], [`EvalError::LabelIndex`] or [`EvalError::NoRows`] where the input does not fit, or if
/// the labelled rows hold none predicted negative, or as a relation, and the target does.
pub fn forecast(input: &ShiftInput<'_>, prior: Option<&PriorEstimate>) -> Result<Vec<Forecast>, EvalError> {
    let truth = input.truth;
    truth.check(input.valid)?;
    let (predicted, target_predicted) = (input.valid.predicted(), input.target.predicted());
    let right: Vec<bool> = predicted
        .iter()
        .zip(truth.gold)
        .map(|(predicted, gold)| predicted == gold)
        .collect();
    let valid = Confidence::new(input.valid, &predicted, truth.negative);
    let target = Confidence::new(input.target, &target_predicted, truth.negative);
    let measure = |weights: &[f64], target_weights: &[f64]| -> [f64; 4] {
        let relations = relations_among_wrong(truth.gold, &predicted, truth.negative, weights);
        let [thresholded, difference] = [Confidence::thresholded, Confidence::difference].map(|method| {
            let side = |side| method(&valid, &target, side, &right, weights, target_weights);
            scores(side(1 - RELATION), side(RELATION), relations)
        });
        [thresholded.0, thresholded.1, difference.0, difference.1]
    };
    let now = measure(&vec![1.0; input.valid.len()], &vec![1.0; input.target.len()]);
    let seed = input.bootstrap.seed;
    let valid_draws = Resampler::new(truth.groups, seed, "forecast-valid");
    let target_draws = Resampler::new(input.target_groups, seed, "forecast-target");
    let resampled = in_each(input.bootstrap.resamples, |resample| {
        measure(&valid_draws.weights(resample), &target_draws.weights(resample))
    });
    let score = |which: usize| {
        with_interval(
            now[which],
            resampled.iter().map(|scores| scores[which]),
            &input.bootstrap,
        )
    };
    if now.iter().any(|score| score.is_nan()) {
        return Err(EvalError::Setting {
            name: "number of labelled rows predicted negative, or as a relation",
            value: "0".to_owned(),
            allowed: "at least 1 where the target has such predictions",
        });
    }
    let mut forecasts = vec![
        Forecast {
            method: ForecastMethod::ThresholdedConfidence,
            accuracy: score(0)?,
            micro_f1: score(1)?,
        },
        Forecast {
            method: ForecastMethod::ConfidenceDifference,
            accuracy: score(2)?,
            micro_f1: score(3)?,
        },
    ];
    if let Some(prior) = prior {
        let mix = target_mix(input.valid, &truth, TargetPrior::Estimated(prior), &input.bootstrap)?;
        forecasts.push(Forecast {
            method: ForecastMethod::PriorReweighting,
            accuracy: mix.target_accuracy,
            micro_f1: mix.target_micro_f1,
        });
    }
    Ok(forecasts)
}

/// The share of wrong predictions of a relation whose gold label is another relation; 0 if none is wrong.
fn relations_among_wrong(gold: &[usize], predicted: &[usize], negative: usize, weights: &[f64]) -> f64 {
    let (mut wrong, mut relations) = (0.0, 0.0);
    for ((&gold, &predicted), weight) in gold.iter().zip(predicted).zip(weights) {
        if predicted != negative && predicted != gold {
            wrong += weight;
            if gold != negative {
                relations += weight;
            }
        }
    }
    if wrong > 0.0 { relations / wrong } else { 0.0 }
}

/// Accuracy and micro-F1 in percent.
fn scores(negative: SideShares, relation: SideShares, relations_among_wrong: f64) -> (f64, f64) {
    let hits = relation.accuracy * relation.rows;
    let accuracy = (hits + negative.accuracy * negative.rows) / (relation.rows + negative.rows);
    let gold = hits
        + relations_among_wrong * (1.0 - relation.accuracy) * relation.rows
        + (1.0 - negative.accuracy) * negative.rows;
    let claims = relation.rows + gold;
    let f1 = if claims == 0.0 { 0.0 } else { 2.0 * hits / claims };
    (accuracy * 100.0, f1 * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_by_hand() {
        // 6 of 10 relations right; of the 4 wrong ones half are other relations; 2 of 20 negatives wrong.
        let side = |rows, accuracy| SideShares { rows, accuracy };
        let (accuracy, f1) = scores(side(20.0, 0.9), side(10.0, 0.6), 0.5);
        approx::assert_abs_diff_eq!(accuracy, (18.0 + 6.0) / 30.0 * 100.0, epsilon = 1e-9);
        approx::assert_abs_diff_eq!(f1, 2.0 * 6.0 / (10.0 + 6.0 + 2.0 + 2.0) * 100.0, epsilon = 1e-9);
    }
}
