//! Shares of labels from unlabelled predictions, by maximum likelihood.

use serde::Serialize;

use super::prior::Prior;
use crate::error::EvalError;
use crate::metric::check_length;
use crate::probabilities::ProbabilityTable;

/// Iterations after which no more are made.
const MOST_ITERATIONS: usize = 10_000;
/// The change of all shares together at which iteration ends.
pub(super) const TOLERANCE: f64 = 1e-9;

/// What expectation-maximisation found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmEstimate {
    /// The shares.
    pub prior: Prior,
    /// Iterations made.
    pub iterations: usize,
    /// Whether the shares had stopped changing: by less than 1e-9, all of them together.
    pub converged: bool,
}

/// The shares of labels under which the predictions on `target` rows are most likely (Saerens, Latinne
/// & Decaestecker 2002, equation 3.4), where the probabilities stand for the shares `source`.
///
/// It trusts the probabilities: they must be calibrated, and only the shares of labels may have
/// changed. With a model that is too sure, or too unsure, it runs away, to shares of 0 in the worst
/// case: [`diagnose_shift`](super::diagnose_shift) looks. A label whose share in `source` is 0 keeps it.
///
/// # Errors
/// [`EvalError::Length`] if `source` is for other labels.
pub fn estimate_prior_em(target: &ProbabilityTable, source: &Prior) -> Result<EmEstimate, EvalError> {
    check_length("source shares", target.classes(), source.shares().len())?;
    Ok(weighted_em(target, &vec![1.0; target.len()], source, source, TOLERANCE))
}

/// The same with each row counted `weights[row]` times, from shares to `start` at.
pub(super) fn weighted_em(
    target: &ProbabilityTable,
    weights: &[f64],
    source: &Prior,
    start: &Prior,
    tolerance: f64,
) -> EmEstimate {
    let mut shares = start.shares().to_vec();
    let mut next = vec![0.0; shares.len()];
    let mut ratios = vec![0.0; shares.len()];
    let (mut iterations, mut converged) = (0, false);
    while iterations < MOST_ITERATIONS && !converged {
        iterations += 1;
        for ((ratio, share), source) in ratios.iter_mut().zip(&shares).zip(source.shares()) {
            *ratio = if *source > 0.0 { share / source } else { 0.0 };
        }
        next.fill(0.0);
        for (row, weight) in target.rows().zip(weights) {
            let total = super::linear::dot(row, &ratios);
            if total > 0.0 && *weight > 0.0 {
                let scale = weight / total;
                for ((next, share), ratio) in next.iter_mut().zip(row).zip(&ratios) {
                    *next += share * ratio * scale;
                }
            }
        }
        let sum: f64 = next.iter().sum();
        if sum <= 0.0 {
            break; // no row allows any of the labels; the start is as good as anything
        }
        let mut change = 0.0;
        for (share, next) in shares.iter_mut().zip(&next) {
            change += (next / sum - *share).abs();
            *share = next / sum;
        }
        converged = change < tolerance;
    }
    let prior = Prior::new(shares).unwrap_or_else(|_| start.clone());
    EmEstimate {
        prior,
        iterations,
        converged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_predictions_are_counted() {
        let table = ProbabilityTable::new([1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0].to_vec(), 2).unwrap();
        let found = estimate_prior_em(&table, &Prior::new(vec![0.5, 0.5]).unwrap()).unwrap();
        approx::assert_abs_diff_eq!(found.prior.shares()[0], 1.0 / 4.0, epsilon = 1e-12);
        assert!(found.converged);
    }

    #[test]
    fn predictions_that_say_nothing_leave_the_shares_as_they_were() {
        let table = ProbabilityTable::new([0.3, 0.7].repeat(5), 2).unwrap();
        let source = Prior::new(vec![0.3, 0.7]).unwrap();
        let found = estimate_prior_em(&table, &source).unwrap();
        approx::assert_abs_diff_eq!(found.prior.shares()[0], 0.3, epsilon = 1e-12);
        assert_eq!(found.iterations, 1);
    }

    #[test]
    fn a_label_that_was_never_learnt_is_never_found() {
        let table = ProbabilityTable::new(vec![0.5, 0.2, 0.3, 0.1, 0.6, 0.3, 0.0, 0.0, 1.0], 3).unwrap();
        let found = estimate_prior_em(&table, &Prior::new(vec![0.5, 0.5, 0.0]).unwrap()).unwrap();
        assert_eq!(found.prior.shares()[2], 0.0);
    }
}
