//! Shares of labels from what a black box predicts and how it errs.

use serde::Serialize;

use super::linear::{Columns, condition_number, dot, least_squares_on_simplex};
use super::prior::Prior;
use crate::error::EvalError;
use crate::metric::{check_labels, check_length};

/// What black-box shift estimation found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BbseEstimate {
    /// The shares.
    pub prior: Prior,
    /// The condition number of the confusion matrix: how many times an error in the shares of
    /// predictions may grow in the shares of labels. Infinite where it is singular.
    pub condition: f64,
    /// The length of what is left of the target's shares of predictions that no shares of labels explain.
    pub residual: f64,
    /// Labels without a validation row. Nothing is known of how they are predicted; their share is 0.
    pub unseen: Vec<usize>,
}

/// The shares of labels that explain how often each label is predicted on the target (Lipton, Wang &
/// Smola 2018): the `q`, not negative and summing to 1, with the smallest `|A q - μ|`, where `A[i][j]`
/// is the share of validation rows of label j that are predicted as i, and `μ[i]` the share of target
/// rows that are.
///
/// (The paper solves `C w = μ` for the ratios `w = q / p` with the joint matrix `C = A · diag(p)`; the
/// unconstrained solutions are the same, and here the condition number does not mix the rarity of a label
/// with how well it is told apart.) It needs no calibrated probabilities, only label shift.
///
/// # Errors
/// [`EvalError::NoRows`], [`EvalError::Length`] or [`EvalError::LabelIndex`] where the slices do not fit.
pub fn estimate_prior_bbse(
    predicted: &[usize],
    gold: &[usize],
    target_predicted: &[usize],
    classes: usize,
) -> Result<BbseEstimate, EvalError> {
    check_length("predicted", gold.len(), predicted.len())?;
    check_labels("gold", gold, classes)?;
    check_labels("predicted", predicted, classes)?;
    check_labels("predicted on the target", target_predicted, classes)?;
    if gold.is_empty() || target_predicted.is_empty() {
        return Err(EvalError::NoRows);
    }
    let rates = confusion_rates(predicted, gold, &vec![1.0; gold.len()], classes);
    let goal = shares_of(target_predicted, &vec![1.0; target_predicted.len()], classes);
    let seen: Columns = rates.iter().flatten().cloned().collect();
    let prior = solve(&rates, &goal);
    let explained: Vec<f64> = (0..classes)
        .map(|label| {
            rates
                .iter()
                .zip(&prior)
                .map(|(rates, share)| rates.as_ref().map_or(0.0, |rates| rates[label] * share))
                .sum()
        })
        .collect();
    let rest: Vec<f64> = goal
        .iter()
        .zip(&explained)
        .map(|(goal, explained)| goal - explained)
        .collect();
    Ok(BbseEstimate {
        prior: Prior::new(prior)?,
        condition: condition_number(&seen),
        residual: dot(&rest, &rest).sqrt(),
        unseen: (0..classes).filter(|&label| rates[label].is_none()).collect(),
    })
}

/// For each gold label the shares of its rows by predicted label; `None` without a row of weight.
pub(super) fn confusion_rates(
    predicted: &[usize],
    gold: &[usize],
    weights: &[f64],
    classes: usize,
) -> Vec<Option<Vec<f64>>> {
    let mut counts = vec![vec![0.0; classes]; classes];
    for ((&predicted, &gold), weight) in predicted.iter().zip(gold).zip(weights) {
        counts[gold][predicted] += weight;
    }
    counts
        .into_iter()
        .map(|counts| {
            let sum: f64 = counts.iter().sum();
            (sum > 0.0).then(|| counts.into_iter().map(|count| count / sum).collect())
        })
        .collect()
}

/// The shares of labels for shares of predictions; 0 for labels without rates.
pub(super) fn solve(rates: &[Option<Vec<f64>>], goal: &[f64]) -> Vec<f64> {
    let seen: Vec<usize> = (0..rates.len()).filter(|&label| rates[label].is_some()).collect();
    let columns: Columns = rates.iter().flatten().cloned().collect();
    let mut shares = vec![0.0; rates.len()];
    for (label, share) in seen.into_iter().zip(least_squares_on_simplex(&columns, goal)) {
        shares[label] = share;
    }
    shares
}

/// The share of each value among rows of these weights.
pub(super) fn shares_of(labels: &[usize], weights: &[f64], classes: usize) -> Vec<f64> {
    Prior::of_weighted(labels, weights, classes).shares().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_labels_by_hand() {
        // 3 of 4 rows of label 0 and 1 of 4 of label 1 are predicted 0. On the target 4 of 10 are: with a
        // share q of label 0 that is 0.75 q + 0.25 (1 - q), so q = 0.3.
        let gold = [0, 0, 0, 0, 1, 1, 1, 1];
        let predicted = [0, 0, 0, 1, 0, 1, 1, 1];
        let target = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
        let found = estimate_prior_bbse(&predicted, &gold, &target, 2).unwrap();
        approx::assert_abs_diff_eq!(found.prior.shares()[0], 0.3, epsilon = 1e-9);
        approx::assert_abs_diff_eq!(found.condition, 2.0, epsilon = 1e-9);
        approx::assert_abs_diff_eq!(found.residual, 0.0, epsilon = 1e-9);
    }

    #[test]
    fn what_no_shares_explain_is_told() {
        // Label 0 is always and label 1 half of the time predicted 0; a target without any predicted 0 is
        // nearest to one of label 1 alone: (0, 1) - (1/2, 1/2).
        let found = estimate_prior_bbse(&[0, 0, 0, 1], &[0, 0, 1, 1], &[1, 1], 2).unwrap();
        approx::assert_abs_diff_eq!(found.prior.shares()[1], 1.0, epsilon = 1e-9);
        approx::assert_abs_diff_eq!(found.residual, 0.5_f64.sqrt(), epsilon = 1e-9);
    }

    #[test]
    fn labels_without_rows_and_a_model_that_tells_nothing_apart_are_told() {
        let found = estimate_prior_bbse(&[0, 1], &[0, 1], &[0, 0], 3).unwrap();
        assert_eq!(found.unseen, [2]);
        assert_eq!(found.prior.shares()[2], 0.0);
        let found = estimate_prior_bbse(&[0, 0, 0], &[0, 1, 1], &[0, 0], 2).unwrap();
        assert!(found.condition.is_infinite());
    }
}
