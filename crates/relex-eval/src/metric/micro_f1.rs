//! Micro-averaged F1 over the labels other than the negative one: KLUE-RE's first score.

use super::{check_pair, percent};
use crate::error::EvalError;

/// Micro-F1 in percent over every label except `negative`, as KLUE-RE defines it
/// (Park et al. 2021; scikit-learn's `f1_score(gold, predicted, average="micro", labels=<all but negative>) * 100`).
///
/// `gold` and `predicted` are `[rows]` label indices. A row counts as a true positive if both are
/// the same label other than `negative`; F1 is `2 TP / (rows predicted non-negative + rows gold
/// non-negative)`. If no row is non-negative on either side, the score is 0 (scikit-learn's
/// `zero_division=0`). A `negative` that no row has leaves no label out, and the score is the accuracy.
///
/// # Errors
/// [`EvalError::Length`] if the slices differ in length, [`EvalError::NoRows`] if they are empty.
///
/// ```
/// # use relex_eval::micro_f1;
/// // One true positive (row 1); three rows predicted and two rows gold non-negative.
/// let score = micro_f1(&[0, 1, 2, 0], &[0, 1, 1, 2], 0)?;
/// assert_eq!(score, 2.0 * 1.0 / (3.0 + 2.0) * 100.0);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn micro_f1(gold: &[usize], predicted: &[usize], negative: usize) -> Result<f64, EvalError> {
    check_pair(gold, predicted)?;
    let mut twice_hits = 0_usize;
    let mut claims = 0_usize;
    for (&gold, &predicted) in gold.iter().zip(predicted) {
        twice_hits += 2 * usize::from(gold == predicted && gold != negative);
        claims += usize::from(gold != negative) + usize::from(predicted != negative);
    }
    Ok(percent(twice_hits as f64, claims as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(gold: &[usize], predicted: &[usize], expected: f64) {
        approx::assert_abs_diff_eq!(micro_f1(gold, predicted, 0).unwrap(), expected, epsilon = 1e-12);
    }

    #[test]
    fn edge_conventions() {
        check(&[0, 0], &[0, 0], 0.0); // nothing positive anywhere
        check(&[0, 1], &[0, 0], 0.0); // nothing predicted positive
        check(&[0, 0], &[0, 1], 0.0); // nothing gold positive
        check(&[1], &[1], 100.0); // one row
        check(&[1, 2], &[2, 1], 0.0); // positive but never the right one
    }

    #[test]
    fn right_negatives_do_not_count() {
        // TP = 1, predicted positive = 2, gold positive = 2, whatever the number of right negatives.
        check(&[1, 2, 0], &[1, 0, 3], 2.0 / (2.0 + 2.0) * 100.0);
        check(&[1, 2, 0, 0, 0, 0], &[1, 0, 3, 0, 0, 0], 2.0 / (2.0 + 2.0) * 100.0);
    }

    #[test]
    fn without_a_negative_it_is_the_accuracy() {
        let (gold, predicted) = ([0, 1, 2, 1, 0], [0, 1, 1, 1, 2]);
        assert_eq!(
            micro_f1(&gold, &predicted, 9).unwrap(),
            crate::accuracy(&gold, &predicted).unwrap()
        );
    }

    #[test]
    fn refuses_slices_that_do_not_fit() {
        assert!(matches!(micro_f1(&[], &[], 0), Err(EvalError::NoRows)));
        assert!(matches!(micro_f1(&[1], &[], 0), Err(EvalError::Length { .. })));
    }
}
