//! Rows of probabilities that can be trusted to be such.

use crate::error::EvalError;
use crate::lint::SUM_TOLERANCE;
use crate::metric::check_length;
use crate::predictions::argmax;

/// A probability below this counts as this wherever its logarithm is needed. Files from elsewhere
/// hold exact zeros that are only rounded ones; an infinite logarithm would let one of them outweigh
/// every other row and every other member.
pub const PROBABILITY_FLOOR: f64 = 1e-12;

/// One distribution over the labels for each row: finite, not negative, summing to 1 within
/// [`SUM_TOLERANCE`]. Row-major `[rows, classes]`, at least one row.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbabilityTable {
    classes: usize,
    values: Vec<f64>,
}

impl ProbabilityTable {
    /// Takes `values`, row-major `[rows, classes]`, as they are.
    ///
    /// # Errors
    /// [`EvalError::NoRows`], [`EvalError::Length`] or [`EvalError::NotFinite`] where they are not a
    /// table of numbers, [`EvalError::NotADistribution`] where a row is not one.
    pub fn new(values: Vec<f64>, classes: usize) -> Result<Self, EvalError> {
        check_table(&values, classes)?;
        check_distributions(&values, classes, SUM_TOLERANCE)?;
        Ok(Self { classes, values })
    }

    /// Divides each row of scores, none of them negative, by its sum.
    ///
    /// # Errors
    /// As [`ProbabilityTable::new`]; a row of zeros is no distribution either.
    pub fn from_scores(mut values: Vec<f64>, classes: usize) -> Result<Self, EvalError> {
        check_table(&values, classes)?;
        for (row, scores) in values.chunks_exact_mut(classes).enumerate() {
            let sum: f64 = scores.iter().sum();
            let outside = scores.iter().copied().find(|&score| score < 0.0);
            if outside.is_some() || sum <= 0.0 || !sum.is_finite() {
                return Err(EvalError::NotADistribution { row, sum, outside });
            }
            scores.iter_mut().for_each(|score| *score /= sum);
        }
        Ok(Self { classes, values })
    }

    /// The softmax of each row of logits; logarithms of probabilities give the probabilities.
    ///
    /// # Errors
    /// [`EvalError::NoRows`], [`EvalError::Length`] or [`EvalError::NotFinite`] where they are not a
    /// table of numbers.
    pub fn from_logits(mut values: Vec<f64>, classes: usize) -> Result<Self, EvalError> {
        check_table(&values, classes)?;
        values.chunks_exact_mut(classes).for_each(softmax);
        Ok(Self { classes, values })
    }

    /// How many labels there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many rows there are, at least one.
    pub fn len(&self) -> usize {
        self.values.len() / self.classes
    }

    /// Never: a table without rows cannot be made.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The rows in order, `[classes]` each.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.classes)
    }

    /// All values, row-major `[rows, classes]`.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The values without the table.
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }

    /// The most probable label of each row, of equal ones the first. `[rows]`
    pub fn predicted(&self) -> Vec<usize> {
        self.rows().map(argmax).collect()
    }

    /// Refuses gold labels that are not one existing label a row.
    pub(crate) fn check_gold(&self, gold: &[usize]) -> Result<(), EvalError> {
        check_length("gold", self.len(), gold.len())?;
        crate::metric::check_labels("gold", gold, self.classes)
    }

    /// The table with each row rewritten by `change`, which gets its index and must leave something
    /// above 0 there, and divided by its sum.
    pub(crate) fn rewritten(&self, mut change: impl FnMut(usize, &mut [f64])) -> Self {
        let mut values = self.values.clone();
        for (row, shares) in values.chunks_exact_mut(self.classes).enumerate() {
            change(row, shares);
            let sum: f64 = shares.iter().sum();
            shares.iter_mut().for_each(|share| *share /= sum);
        }
        Self {
            classes: self.classes,
            values,
        }
    }

    /// Only these rows, in this order.
    pub(crate) fn subset(&self, rows: &[usize]) -> Self {
        let row = |&row: &usize| &self.values[row * self.classes..(row + 1) * self.classes];
        Self {
            classes: self.classes,
            values: rows.iter().flat_map(row).copied().collect(),
        }
    }
}

/// Turns logits into probabilities in place, without overflow for any finite logits.
pub(crate) fn softmax(logits: &mut [f64]) {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logits.iter_mut().for_each(|logit| *logit = (*logit - largest).exp());
    let sum: f64 = logits.iter().sum();
    logits.iter_mut().for_each(|share| *share /= sum);
}

/// The logarithm of a probability, finite for 0 too.
pub(crate) fn floored_ln(probability: f64) -> f64 {
    probability.max(PROBABILITY_FLOOR).ln()
}

/// Refuses rows of `[rows, classes]` with a value outside `[0, 1]`, or a sum that misses 1 by more than `tolerance`.
pub(crate) fn check_distributions(values: &[f64], classes: usize, tolerance: f64) -> Result<(), EvalError> {
    for (row, shares) in values.chunks_exact(classes.max(1)).enumerate() {
        let sum: f64 = shares.iter().sum();
        let outside = shares.iter().copied().find(|share| !(0.0..=1.0).contains(share));
        if outside.is_some() || (sum - 1.0).abs() > tolerance {
            return Err(EvalError::NotADistribution { row, sum, outside });
        }
    }
    Ok(())
}

fn check_table(values: &[f64], classes: usize) -> Result<(), EvalError> {
    if values.is_empty() || classes == 0 {
        return Err(EvalError::NoRows);
    }
    check_length("probabilities", values.len().div_ceil(classes) * classes, values.len())?;
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(EvalError::NotFinite {
            row: at / classes,
            class: at % classes,
            value: values[at],
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_distribution_is_refused_by_row() {
        let check = |row: [f64; 2]| {
            let values = [[0.5, 0.5], row].concat();
            let found = ProbabilityTable::new(values, 2);
            assert!(
                matches!(found, Err(EvalError::NotADistribution { row: 1, .. })),
                "{found:?}"
            );
        };
        check([0.5, 0.6]);
        check([1.5, -0.5]);
        check([0.0, 0.0]);
        assert!(matches!(ProbabilityTable::new(vec![], 2), Err(EvalError::NoRows)));
        assert!(matches!(ProbabilityTable::new(vec![1.0], 0), Err(EvalError::NoRows)));
        let odd = ProbabilityTable::new(vec![1.0, 0.0, 1.0], 2);
        assert!(matches!(
            odd,
            Err(EvalError::Length {
                expected: 4,
                found: 3,
                ..
            })
        ));
        let broken = ProbabilityTable::new(vec![1.0, f64::NAN], 2);
        assert!(matches!(broken, Err(EvalError::NotFinite { row: 0, class: 1, .. })));
        for scores in [vec![0.0, 0.0], vec![2.0, -1.0], vec![f64::MAX, f64::MAX]] {
            let found = ProbabilityTable::from_scores(scores, 2);
            assert!(
                matches!(found, Err(EvalError::NotADistribution { row: 0, .. })),
                "{found:?}"
            );
        }
    }

    #[test]
    fn scores_and_logits_become_probabilities() {
        let thirds = ProbabilityTable::from_scores(vec![2.0, 4.0], 2).unwrap();
        approx::assert_abs_diff_eq!(thirds.values()[0], 2.0 / 6.0, epsilon = 1e-15);
        let odds = ProbabilityTable::from_logits(vec![1000.0, 1000.0 + 3_f64.ln()], 2).unwrap();
        approx::assert_abs_diff_eq!(odds.values()[1], 3.0 / 4.0, epsilon = 1e-12);
        let certain = ProbabilityTable::from_logits(vec![f64::MAX, f64::MIN], 2).unwrap();
        assert_eq!(certain.values(), [1.0, 0.0]);
    }

    proptest! {
        #[test]
        fn logits_of_any_size_give_rows_that_sum_to_one(
            logits in prop::collection::vec(-1e300..1e300_f64, 4..40)
        ) {
            let rows = logits.len() / 4;
            let table = ProbabilityTable::from_logits(logits[..rows * 4].to_vec(), 4).unwrap();
            prop_assert!(ProbabilityTable::new(table.into_values(), 4).is_ok());
        }

        #[test]
        fn the_logarithms_of_probabilities_give_them_back(
            scores in prop::collection::vec(1e-9..1.0_f64, 3..30)
        ) {
            let rows = scores.len() / 3;
            let table = ProbabilityTable::from_scores(scores[..rows * 3].to_vec(), 3).unwrap();
            let logarithms = table.values().iter().map(|value| value.ln()).collect();
            let back = ProbabilityTable::from_logits(logarithms, 3).unwrap();
            for (found, expected) in back.values().iter().zip(table.values()) {
                prop_assert!((found - expected).abs() < 1e-12);
            }
        }
    }
}
