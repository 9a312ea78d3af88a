//! What the numbers of a predictions file from elsewhere are: recognised, named, never used in silence.

use std::fmt;
use std::path::Path;

use super::Predictions;
use crate::error::EvalError;
use crate::lint::SUM_TOLERANCE;
use crate::probabilities::ProbabilityTable;

/// How far a row's sum may be from 1 for its values to be rounded probabilities: 30 values cut to
/// three digits miss it by at most 0.015.
pub const ROUNDING_TOLERANCE: f64 = 0.02;

/// What the values of a file turn out to be.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ValueKind {
    /// Every row sums to 1 within [`SUM_TOLERANCE`].
    Probabilities,
    /// Not negative, and every row sums to 1 within [`ROUNDING_TOLERANCE`].
    Rounded {
        /// The largest distance of a row's sum from 1.
        gap: f64,
    },
    /// Not negative, with other sums: votes, sums over models, one sigmoid a label.
    Scores {
        /// The smallest sum of a row.
        smallest_sum: f64,
        /// The largest sum of a row.
        largest_sum: f64,
    },
    /// No value is positive, and every row's exponentials sum to 1 within [`ROUNDING_TOLERANCE`].
    LogProbabilities,
    /// Some value is negative: what a network gives before its softmax.
    Logits,
}

/// What the values of a file are said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeclaredValues {
    /// Probabilities, perhaps rounded.
    #[default]
    Probabilities,
    /// Scores that are not negative, whose share in the row's sum counts.
    Scores,
    /// Logits or logarithms of probabilities, which a softmax turns into probabilities.
    Logits,
}

impl ValueKind {
    /// Recognises finite `values`, row-major `[rows, classes]`.
    pub fn recognise(values: &[f64], classes: usize) -> Self {
        let rows = || values.chunks_exact(classes.max(1));
        if values.iter().any(|&value| value < 0.0) {
            let sums = rows().map(|row| row.iter().map(|value| value.exp()).sum::<f64>());
            let positive = values.iter().any(|&value| value > 0.0);
            return if !positive && largest_gap(sums) <= ROUNDING_TOLERANCE {
                Self::LogProbabilities
            } else {
                Self::Logits
            };
        }
        let sums = || rows().map(|row| row.iter().sum::<f64>());
        let gap = largest_gap(sums());
        if gap <= SUM_TOLERANCE {
            Self::Probabilities
        } else if gap <= ROUNDING_TOLERANCE {
            Self::Rounded { gap }
        } else {
            Self::Scores {
                smallest_sum: sums().fold(f64::INFINITY, f64::min),
                largest_sum: sums().fold(f64::NEG_INFINITY, f64::max),
            }
        }
    }
}

impl Predictions {
    /// The predictions as a table of probabilities, and what their values were recognised as.
    ///
    /// `declared` is what the values are said to be; where they are something else the file is
    /// refused with a sentence that says what they look like. Rounded probabilities need no
    /// declaration: each row is divided by its sum, and the caller should say so. `path` is named
    /// in errors only.
    ///
    /// # Errors
    /// [`EvalError::UnexpectedValues`] where declaration and values contradict each other, and those
    /// of [`ProbabilityTable`].
    pub fn table(
        &self,
        path: impl AsRef<Path>,
        declared: DeclaredValues,
    ) -> Result<(ProbabilityTable, ValueKind), EvalError> {
        let classes = self.labels.len();
        let values = self.probabilities.clone();
        let kind = ValueKind::recognise(&values, classes);
        let refuse = |remedy| {
            Err(EvalError::UnexpectedValues {
                path: path.as_ref().to_owned(),
                found: kind.to_string(),
                remedy,
            })
        };
        let table = match (declared, kind) {
            (DeclaredValues::Probabilities, ValueKind::Probabilities) => ProbabilityTable::new(values, classes)?,
            (DeclaredValues::Probabilities, ValueKind::Rounded { .. })
            | (DeclaredValues::Scores, ValueKind::Scores { .. }) => ProbabilityTable::from_scores(values, classes)?,
            (DeclaredValues::Logits, ValueKind::Logits | ValueKind::LogProbabilities | ValueKind::Scores { .. }) => {
                ProbabilityTable::from_logits(values, classes)?
            }
            (DeclaredValues::Probabilities, ValueKind::Scores { .. }) => {
                return refuse("declare them as scores, if a share of the row's sum is what they mean, or as logits");
            }
            (DeclaredValues::Probabilities, ValueKind::LogProbabilities | ValueKind::Logits) => {
                return refuse("declare them as logits to take their softmax");
            }
            (DeclaredValues::Scores, ValueKind::LogProbabilities | ValueKind::Logits) => {
                return refuse("scores are never negative; declare them as logits");
            }
            (_, ValueKind::Probabilities | ValueKind::Rounded { .. }) => {
                return refuse("leave the declaration out: a second softmax would only flatten them");
            }
        };
        Ok((table, kind))
    }
}

fn largest_gap(sums: impl Iterator<Item = f64>) -> f64 {
    sums.map(|sum| (sum - 1.0).abs()).fold(0.0, f64::max)
}

impl fmt::Display for ValueKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Probabilities => write!(formatter, "probabilities"),
            Self::Rounded { gap } => write!(formatter, "rounded probabilities (sums miss 1 by up to {gap:.2e})"),
            Self::Scores {
                smallest_sum,
                largest_sum,
            } => write!(
                formatter,
                "scores that are no probabilities (rows sum to {smallest_sum:.4} to {largest_sum:.4})"
            ),
            Self::LogProbabilities => write!(formatter, "logarithms of probabilities"),
            Self::Logits => write!(formatter, "logits (some are negative)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions(probabilities: &[f64]) -> Predictions {
        Predictions {
            ids: (0..probabilities.len() / 2).map(|row| row.to_string()).collect(),
            labels: ["a", "b"].map(String::from).to_vec(),
            probabilities: probabilities.to_vec(),
        }
    }

    #[test]
    fn every_kind_is_recognised() {
        let check = |values: &[f64], expected: &str| {
            let found = ValueKind::recognise(values, 2).to_string();
            assert!(found.starts_with(expected), "{values:?}: {found}");
        };
        check(&[0.25, 0.75, 1.0, 0.0], "probabilities");
        check(
            &[0.25, 0.75, 0.66, 0.33],
            "rounded probabilities (sums miss 1 by up to 1.00e-2)",
        );
        check(
            &[0.1, 0.1, 0.9, 0.9],
            "scores that are no probabilities (rows sum to 0.2000 to 1.8000)",
        );
        check(&[40.0, 60.0], "scores");
        check(&[0.25_f64.ln(), 0.75_f64.ln()], "logarithms of probabilities");
        check(&[-1.5, 0.5], "logits");
        check(&[-1.5, -0.5], "logits");
    }

    #[test]
    fn a_declaration_must_fit_what_is_there() {
        use DeclaredValues::{Logits, Probabilities, Scores};
        let check = |values: &[f64], declared: DeclaredValues, expected: Option<f64>| {
            let found = predictions(values).table("p.csv", declared);
            match (found, expected) {
                (Ok((table, _)), Some(first)) => approx::assert_abs_diff_eq!(table.values()[0], first, epsilon = 1e-12),
                (Err(EvalError::UnexpectedValues { .. }), None) => {}
                (found, expected) => panic!("{values:?} as {declared:?}: {found:?}, not {expected:?}"),
            }
        };
        check(&[0.25, 0.75], Probabilities, Some(0.25));
        check(&[0.33, 0.66], Probabilities, Some(0.33 / 0.99));
        check(&[1.0, 3.0], Probabilities, None);
        check(&[1.0, 3.0], Scores, Some(1.0 / 4.0));
        check(&[0.0, 3_f64.ln()], Logits, Some(1.0 / 4.0)); // logits may happen to be positive
        check(&[-1.0, -1.0], Probabilities, None);
        check(&[-1.0, -1.0], Scores, None);
        check(&[-1.0, -1.0], Logits, Some(0.5));
        check(&[0.25, 0.75], Logits, None);
        check(&[0.25, 0.75], Scores, None);
    }
}
