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
mod weighted;

pub use accuracy::accuracy;
pub use auprc::{Auprc, CurvePoint, auprc, precision_recall_curve};
pub(crate) use auprc::{RankedScores, check_scores, curve_area};
pub use average::{MacroAverage, MicroAverage, macro_average, micro_average};
pub use calibration_error::{Binning, calibration_error};
pub(crate) use calibration_error::{ConfidenceBins, ReliabilityBin};
pub(crate) use cells::Cells;
pub use confusion::{ConfusedPair, ConfusionMatrix, confusion_matrix};
pub use micro_f1::micro_f1;
pub use name::Metric;
pub use per_label::{LabelScore, per_label};
pub(crate) use proper_score::log_loss_rows;
pub use proper_score::{brier_score, log_loss};
pub(crate) use scorer::{BINS, ScoredRows, Scorer};
pub(crate) use semeval_f1::RelationPairs;
pub use semeval_f1::semeval_f1;
pub(crate) use weighted::{weighted_accuracy, weighted_f1, weighted_mean};

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

/// `part / whole` in percent, 0 where `whole` is 0.
fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole * 100.0 } else { 0.0 }
}
