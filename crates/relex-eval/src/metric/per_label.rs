//! Precision, recall and F1 of each label against the rest.

use serde::{Deserialize, Serialize};

use super::{check_labels, check_pair, percent};
use crate::error::EvalError;

/// How one label fared; precision, recall and F1 in percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LabelScore {
    /// Share of the rows predicted as the label that are of it; 0 if none was predicted.
    pub precision: f64,
    /// Share of the label's gold rows that were predicted as it; 0 if there is no gold row.
    pub recall: f64,
    /// Harmonic mean of precision and recall; 0 if both are.
    pub f1: f64,
    /// Gold rows of the label.
    pub support: usize,
    /// Rows predicted as the label.
    pub predicted: usize,
}

/// Precision, recall and F1 of every label (scikit-learn's `precision_recall_fscore_support` with
/// `zero_division=0`, × 100). Both slices are `[rows]`; the result is `[classes]`.
///
/// # Errors
/// [`EvalError::NoRows`], [`EvalError::Length`] or [`EvalError::LabelIndex`] where the slices
/// cannot be scored.
///
/// ```
/// # use relex_eval::per_label;
/// let scores = per_label(&[0, 1, 1], &[0, 1, 0], 2)?;
/// assert_eq!((scores[1].precision, scores[1].recall, scores[1].support), (100.0, 50.0, 2));
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn per_label(gold: &[usize], predicted: &[usize], classes: usize) -> Result<Vec<LabelScore>, EvalError> {
    check_pair(gold, predicted)?;
    check_labels("gold", gold, classes)?;
    check_labels("predicted", predicted, classes)?;
    let mut hits = vec![0_usize; classes];
    let mut supports = vec![0_usize; classes];
    let mut claims = vec![0_usize; classes];
    for (&gold, &predicted) in gold.iter().zip(predicted) {
        supports[gold] += 1;
        claims[predicted] += 1;
        hits[gold] += usize::from(gold == predicted);
    }
    let score = |class: usize| {
        let (hit, support, claim) = (hits[class] as f64, supports[class] as f64, claims[class] as f64);
        LabelScore {
            precision: percent(hit, claim),
            recall: percent(hit, support),
            f1: percent(2.0 * hit, support + claim),
            support: supports[class],
            predicted: claims[class],
        }
    };
    Ok((0..classes).map(score).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_shares() {
        let scores = per_label(&[1, 1, 1, 0, 2], &[1, 1, 0, 1, 0], 4).unwrap();
        let one = scores[1];
        approx::assert_abs_diff_eq!(one.precision, 2.0 / 3.0 * 100.0, epsilon = 1e-12);
        approx::assert_abs_diff_eq!(one.recall, 2.0 / 3.0 * 100.0, epsilon = 1e-12);
        assert_eq!((one.support, one.predicted), (3, 3));
    }

    #[test]
    fn absent_and_never_predicted_labels_score_zero() {
        let scores = per_label(&[1, 2], &[1, 1], 4).unwrap();
        // Label 2 has gold rows but is never predicted, label 3 is neither.
        for class in [2, 3] {
            assert_eq!(
                (scores[class].precision, scores[class].recall, scores[class].f1),
                (0.0, 0.0, 0.0)
            );
        }
        assert_eq!((scores[2].support, scores[3].support), (1, 0));
    }

    #[test]
    fn refuses_labels_outside_the_order() {
        let error = per_label(&[0, 1], &[0, 4], 2).unwrap_err();
        assert_eq!(
            error.to_string(),
            "predicted of row index 1 is 4, but there are 2 classes; use indices below that"
        );
    }
}
