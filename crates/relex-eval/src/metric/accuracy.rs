//! The share of rows whose predicted label is the gold label.

use super::{check_pair, percent};
use crate::error::EvalError;

/// Accuracy in percent. Both slices are `[rows]` label indices.
///
/// # Errors
/// [`EvalError::Length`] if the slices differ in length, [`EvalError::NoRows`] if they are empty.
///
/// ```
/// # use relex_eval::accuracy;
/// assert_eq!(accuracy(&[0, 1, 2, 1], &[0, 1, 2, 0])?, 3.0 / 4.0 * 100.0);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn accuracy(gold: &[usize], predicted: &[usize]) -> Result<f64, EvalError> {
    check_pair(gold, predicted)?;
    let correct = gold
        .iter()
        .zip(predicted)
        .filter(|(gold, predicted)| gold == predicted)
        .count();
    Ok(percent(correct as f64, gold.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_right_all_wrong_and_nothing() {
        assert_eq!(accuracy(&[3, 1], &[3, 1]).unwrap(), 100.0);
        assert_eq!(accuracy(&[3, 1], &[1, 3]).unwrap(), 0.0);
        assert!(matches!(accuracy(&[], &[]), Err(EvalError::NoRows)));
        assert!(matches!(
            accuracy(&[1], &[1, 2]),
            Err(EvalError::Length {
                expected: 1,
                found: 2,
                ..
            })
        ));
    }
}
