//! One estimation problem: with every label, or with the negative one against the rest.

use serde::{Deserialize, Serialize};

use super::bbse::{confusion_rates, shares_of, solve};
use super::diagnose::ShiftInput;
use super::em::{TOLERANCE, weighted_em};
use super::prior::Prior;
use crate::error::EvalError;
use crate::predictions::argmax;
use crate::probabilities::ProbabilityTable;

/// Which shares are estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriorScope {
    /// The share of the negative label; the others keep their shares among each other. Two numbers are
    /// estimated well from rows that are too few for thirty.
    #[default]
    NegativeAgainstRest,
    /// The share of every label.
    EveryLabel,
}

/// Predictions and labels as the estimators see them.
pub(super) struct Problem {
    pub(super) classes: usize,
    /// Which class the negative label is.
    pub(super) negative: usize,
    pub(super) gold: Vec<usize>,
    pub(super) valid: Side,
    pub(super) target: Side,
}

/// Predictions for one set of rows.
pub(super) struct Side {
    pub(super) table: ProbabilityTable,
    pub(super) predicted: Vec<usize>,
}

impl Problem {
    pub(super) fn new(input: &ShiftInput<'_>) -> Result<Self, EvalError> {
        let negative = input.truth.negative;
        Ok(match input.scope {
            PriorScope::EveryLabel => {
                let side = |table: &ProbabilityTable| Side {
                    predicted: table.predicted(),
                    table: table.clone(),
                };
                Self {
                    classes: input.valid.classes(),
                    negative,
                    gold: input.truth.gold.to_vec(),
                    valid: side(input.valid),
                    target: side(input.target),
                }
            }
            PriorScope::NegativeAgainstRest => {
                let is_rest = |label: usize| usize::from(label != negative);
                let side = |table: &ProbabilityTable| -> Result<Side, EvalError> {
                    let values = table.rows().flat_map(|row| {
                        let share = row[negative].clamp(0.0, 1.0);
                        [share, 1.0 - share]
                    });
                    Ok(Side {
                        table: ProbabilityTable::new(values.collect(), 2)?,
                        predicted: table.rows().map(|row| is_rest(argmax(row))).collect(),
                    })
                };
                Self {
                    classes: 2,
                    negative: 0,
                    gold: input.truth.gold.iter().copied().map(is_rest).collect(),
                    valid: side(input.valid)?,
                    target: side(input.target)?,
                }
            }
        })
    }

    /// The shares of gold labels among validation rows of these weights.
    pub(super) fn source(&self, weights: &[f64]) -> Prior {
        Prior::of_weighted(&self.gold, weights, self.classes)
    }

    /// The estimate of [`estimate_prior_em`](super::estimate_prior_em) for weighted rows.
    pub(super) fn em(&self, source: &Prior, weights: &[f64], start: &Prior) -> Prior {
        weighted_em(&self.target.table, weights, source, start, TOLERANCE).prior
    }

    /// The estimate of [`estimate_prior_bbse`](super::estimate_prior_bbse) for weighted rows.
    pub(super) fn bbse(&self, valid_weights: &[f64], target_weights: &[f64]) -> Vec<f64> {
        let rates = confusion_rates(&self.valid.predicted, &self.gold, valid_weights, self.classes);
        solve(&rates, &shares_of(&self.target.predicted, target_weights, self.classes))
    }
}

impl PriorScope {
    /// Shares of all labels from those of the problem's classes, where labels that were not told apart
    /// divide theirs as in `source`.
    pub(super) fn expand(self, shares: &[f64], source: &Prior, negative: usize) -> Result<Prior, EvalError> {
        match self {
            Self::EveryLabel => Prior::new(shares.to_vec()),
            Self::NegativeAgainstRest => source.with_known(&[(negative, shares[0].clamp(0.0, 1.0))]),
        }
    }
}
