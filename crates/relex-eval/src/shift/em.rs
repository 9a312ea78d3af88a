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

/// The change of the share at which Newton's method ends: shares of resamples need not be finer than their interval.
const RESAMPLE_TOLERANCE: f64 = TOLERANCE * 1e3;

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
        for (row, weight) in target.rows().zip(weights).filter(|(_, weight)| **weight > 0.0) {
            let total = super::linear::dot(row, &ratios);
            if total > 0.0 {
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

/// The shares that [`weighted_em`] tends to, to 1e-6. With two labels the likelihood is concave in the one share, and
/// Newton's method finds its maximum in a few steps; this is what resampling calls.
pub(super) fn most_likely_shares(target: &ProbabilityTable, weights: &[f64], source: &Prior, start: &Prior) -> Prior {
    match *source.shares() {
        [first, second] if first > 0.0 && second > 0.0 => {
            let share = by_newton(target, weights, [first, second], start.shares()[0]);
            Prior::new(vec![share, 1.0 - share]).unwrap_or_else(|_| start.clone())
        }
        _ => weighted_em(target, weights, source, start, RESAMPLE_TOLERANCE).prior,
    }
}

/// The first label's share at which Σ weight · ln(one · share + other · (1 − share)) is largest, where `one` and `other` are a
/// row's probabilities over the shares `source`.
fn by_newton(target: &ProbabilityTable, weights: &[f64], source: [f64; 2], start: f64) -> f64 {
    const MOST_STEPS: usize = 100;
    let (mut low, mut high) = (0.0, 1.0);
    let mut share = if 0.0 < start && start < 1.0 { start } else { source[0] };
    for _ in 0..MOST_STEPS {
        let (mut slope, mut bend) = (0.0, 0.0);
        for (row, &weight) in target.rows().zip(weights) {
            let (one, other) = (row[0] / source[0], row[1] / source[1]);
            let total = one * share + other * (1.0 - share);
            if weight > 0.0 && total > 0.0 {
                let ratio = (one - other) / total;
                slope += weight * ratio;
                bend += weight * ratio * ratio;
            }
        }
        if slope == 0.0 {
            break; // at the maximum, or the rows say nothing
        }
        // The maximum is on the side that the slope points to; a step beyond what is known of it is halved instead.
        if slope > 0.0 {
            low = share;
        } else {
            high = share;
        }
        let step = share + slope / bend;
        let next = if low < step && step < high {
            step
        } else {
            f64::midpoint(low, high)
        };
        let change = (next - share).abs();
        share = next;
        if change < RESAMPLE_TOLERANCE / 2.0 {
            break;
        }
    }
    share
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn two_labels_by_newton_are_those_by_expectation_maximisation(
            rows in prop::collection::vec((0.01_f64..0.99, 0_u8..4), 20..60),
            source in 0.1_f64..0.9,
        ) {
            let table = ProbabilityTable::new(rows.iter().flat_map(|(share, _)| [*share, 1.0 - share]).collect(), 2).unwrap();
            let weights: Vec<f64> = rows.iter().map(|(_, weight)| f64::from(*weight)).collect();
            let source = Prior::new(vec![source, 1.0 - source]).unwrap();
            let slow = weighted_em(&table, &weights, &source, &source, 1e-12).prior.shares()[0];
            let fast = most_likely_shares(&table, &weights, &source, &source).shares()[0];
            // Where the maximum is at an end of the range, expectation-maximisation only creeps towards it.
            let tolerance = if (0.01..0.99).contains(&slow) { 1e-6 } else { 1e-3 };
            prop_assert!((slow - fast).abs() < tolerance, "{slow} {fast}");
        }
    }

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
