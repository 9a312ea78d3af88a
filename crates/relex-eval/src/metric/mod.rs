//! The scores: functions over slices with one value a row, every result in percent.
//!
//! A label is its index in the label order. No metric accepts zero rows, and none divides by zero:
//! each file states its convention.

mod accuracy;
mod auprc;
mod confusion;
mod micro_f1;
mod per_label;

pub use accuracy::accuracy;
pub(crate) use accuracy::weighted_accuracy;
pub(crate) use auprc::RankedScores;
pub use auprc::{Auprc, auprc};
pub use confusion::{ConfusedPair, ConfusionMatrix, confusion_matrix};
pub use micro_f1::micro_f1;
pub(crate) use micro_f1::weighted_micro_f1;
pub use per_label::{LabelScore, per_label};

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
