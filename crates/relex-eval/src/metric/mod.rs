//! The scores: functions over slices with one value a row, every result in percent.
//!
//! A label is its index in the label order. No metric accepts zero rows, and none divides by zero:
//! each file states its convention.

mod accuracy;
mod auprc;
mod average;
mod calibration_error;
mod cells;
mod confusion;
mod micro_f1;
mod name;
mod per_label;
mod proper_score;
mod scorer;
mod semeval_f1;

pub use accuracy::accuracy;
pub(crate) use auprc::{RankedScores, check_scores};
pub use auprc::{Auprc, auprc};
pub use average::{MacroAverage, MicroAverage, macro_average, micro_average};
pub use calibration_error::{Binning, calibration_error};
pub(crate) use cells::Cells;
pub use confusion::{ConfusedPair, ConfusionMatrix, confusion_matrix};
pub use micro_f1::micro_f1;
pub use name::Metric;
pub use per_label::{LabelScore, per_label};
pub use proper_score::{brier_score, log_loss};
pub(crate) use scorer::{ScoredRows, Scorer};
pub(crate) use semeval_f1::RelationPairs;
pub use semeval_f1::semeval_f1;

use crate::error::EvalError;

pub(crate) fn check_length(what: &'static str, expected: usize, found: usize) -> Result<(), EvalError> {
    if expected == found {
        Ok(())
    } else {
        Err(EvalError::Length { what, expected, found })
    }
}

pub(crate) fn check_labels(what: &'static str, labels: &[usize], classes: usize) -> Result<(), EvalError> {
    match labels.iter().position(|&label| label >= classes) {
        Some(row) => Err(EvalError::LabelIndex {
            what,
            row,
            value: labels[row],
            classes,
        }),
        None => Ok(()),
    }
}

fn check_pair(gold: &[usize], predicted: &[usize]) -> Result<(), EvalError> {
    check_length("predicted", gold.len(), predicted.len())?;
    if gold.is_empty() {
        Err(EvalError::NoRows)
    } else {
        Ok(())
    }
}

/// Whether every row of `[rows, classes]` is a distribution: no value outside `[0, 1]`, a sum within a hundredth of 1.
pub(crate) fn are_distributions(probabilities: &[f64], classes: usize) -> bool {
    probabilities.chunks(classes.max(1)).all(|row| {
        row.iter().all(|value| (0.0..=1.0).contains(value)) && (row.iter().sum::<f64>() - 1.0).abs() <= 0.01
    })
}

/// `part / whole` in percent, 0 where `whole` is 0.
fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole * 100.0 } else { 0.0 }
}
