//! Scores of the probabilities themselves that only the true ones make best: Brier's and the logarithmic.

use super::calibration_error::check_probabilities;
use crate::error::EvalError;

/// Brier's score: the mean over rows of the squared distance between the probabilities and the gold label's indicator
/// (Brier 1950), from 0 (certain and right) to 2 (certain and wrong). Lower is better.
///
/// `gold` is `[rows]`, `probabilities` row-major `[rows, classes]`. For two classes it is twice what scikit-learn's
/// `brier_score_loss` gives by default; with `scale_by_half=False` it is the same.
///
/// # Errors
/// As [`calibration_error`](crate::calibration_error).
///
/// ```
/// # use relex_eval::brier_score;
/// assert!((brier_score(&[1], &[0.2, 0.7, 0.1], 3)? - (0.2_f64.powi(2) + 0.3_f64.powi(2) + 0.1_f64.powi(2))).abs() < 1e-12);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn brier_score(gold: &[usize], probabilities: &[f64], classes: usize) -> Result<f64, EvalError> {
    check_probabilities(gold, probabilities, classes)?;
    Ok(mean(&brier_rows(gold, probabilities, classes)))
}

/// Mean negative logarithm of the gold label's probability, in nats (scikit-learn's `log_loss`). Lower is better.
///
/// A probability below 2⁻⁵² counts as 2⁻⁵² (36.04 nats), so that one row cannot make the mean infinite. `gold` is `[rows]`,
/// `probabilities` row-major `[rows, classes]`.
///
/// # Errors
/// As [`calibration_error`](crate::calibration_error).
///
/// ```
/// # use relex_eval::log_loss;
/// assert_eq!(log_loss(&[0, 1], &[0.5, 0.5, 0.0, 1.0], 2)?, (-0.5_f64.ln() + 0.0) / 2.0);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn log_loss(gold: &[usize], probabilities: &[f64], classes: usize) -> Result<f64, EvalError> {
    check_probabilities(gold, probabilities, classes)?;
    Ok(mean(&log_loss_rows(gold, probabilities, classes)))
}

/// Each row's Brier score, of checked input. `[rows]`
pub(super) fn brier_rows(gold: &[usize], probabilities: &[f64], classes: usize) -> Vec<f64> {
    let row = |(row, &gold): (&[f64], &usize)| {
        let squares: f64 = row.iter().map(|value| value * value).sum();
        // (1 - p)² in place of p² for the gold label.
        squares + 1.0 - 2.0 * row[gold]
    };
    probabilities.chunks(classes).zip(gold).map(row).collect()
}

/// Each row's log loss, of checked input. `[rows]`
pub(crate) fn log_loss_rows(gold: &[usize], probabilities: &[f64], classes: usize) -> Vec<f64> {
    // `0.0 -` keeps certainty from being -0.
    let row = |(row, &gold): (&[f64], &usize)| 0.0 - row[gold].max(f64::EPSILON).ln();
    probabilities.chunks(classes).zip(gold).map(row).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certainty_is_best_or_worst() {
        assert_eq!(brier_score(&[0], &[1.0, 0.0], 2).unwrap(), 0.0);
        assert_eq!(brier_score(&[1], &[1.0, 0.0], 2).unwrap(), 2.0);
        assert_eq!(log_loss(&[0], &[1.0, 0.0], 2).unwrap(), 0.0);
        assert_eq!(log_loss(&[1], &[1.0, 0.0], 2).unwrap(), 52.0 * 2.0_f64.ln());
    }

    #[test]
    fn logits_and_no_rows_are_refused() {
        assert!(matches!(
            brier_score(&[0], &[4.0, -1.0], 2),
            Err(EvalError::NotADistribution { row: 0, .. })
        ));
        assert!(matches!(log_loss(&[], &[], 2), Err(EvalError::NoRows)));
    }
}
