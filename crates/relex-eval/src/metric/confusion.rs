//! Which label was taken for which.

use serde::{Deserialize, Serialize};

use super::{check_labels, check_pair};
use crate::error::EvalError;

/// Counts of rows by gold and predicted label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConfusionMatrix {
    /// `counts[gold][predicted]`, `[classes, classes]`.
    pub counts: Vec<Vec<usize>>,
}

/// A gold label, what it was taken for, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfusedPair {
    /// Index of the gold label.
    pub gold: usize,
    /// Index of the label predicted in its place.
    pub predicted: usize,
    /// Rows, at least 1.
    pub count: usize,
}

impl ConfusionMatrix {
    /// The pairs of different labels with at least one row, the most frequent first, at most
    /// `top` of them. Equal counts stand in label order, gold first.
    pub fn most_confused(&self, top: usize) -> Vec<ConfusedPair> {
        let mut pairs: Vec<ConfusedPair> = self
            .counts
            .iter()
            .enumerate()
            .flat_map(|(gold, row)| {
                row.iter()
                    .enumerate()
                    .map(move |(predicted, &count)| ConfusedPair { gold, predicted, count })
            })
            .filter(|pair| pair.gold != pair.predicted && pair.count > 0)
            .collect();
        pairs.sort_by_key(|pair| (std::cmp::Reverse(pair.count), pair.gold, pair.predicted));
        pairs.truncate(top);
        pairs
    }
}

/// Counts rows by gold and predicted label (scikit-learn's `confusion_matrix`). Both slices are `[rows]`.
///
/// # Errors
/// [`EvalError::NoRows`], [`EvalError::Length`] or [`EvalError::LabelIndex`] where the slices
/// cannot be counted.
///
/// ```
/// # use relex_eval::confusion_matrix;
/// let confusion = confusion_matrix(&[0, 1, 1], &[0, 1, 0], 2)?;
/// assert_eq!(confusion.counts, [[1, 0], [1, 1]]);
/// assert_eq!(confusion.most_confused(5)[0].gold, 1);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn confusion_matrix(gold: &[usize], predicted: &[usize], classes: usize) -> Result<ConfusionMatrix, EvalError> {
    check_pair(gold, predicted)?;
    check_labels("gold", gold, classes)?;
    check_labels("predicted", predicted, classes)?;
    let mut counts = vec![vec![0; classes]; classes];
    for (&gold, &predicted) in gold.iter().zip(predicted) {
        counts[gold][predicted] += 1;
    }
    Ok(ConfusionMatrix { counts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_ordered_by_count_then_label() {
        let confusion = ConfusionMatrix {
            counts: vec![vec![9, 2, 1], vec![3, 9, 2], vec![0, 2, 9]],
        };
        let pairs: Vec<_> = confusion
            .most_confused(4)
            .iter()
            .map(|pair| (pair.gold, pair.predicted, pair.count))
            .collect();
        assert_eq!(pairs, [(1, 0, 3), (0, 1, 2), (1, 2, 2), (2, 1, 2)]);
    }

    #[test]
    fn a_perfect_system_confuses_nothing() {
        let confusion = confusion_matrix(&[0, 1, 2], &[0, 1, 2], 3).unwrap();
        assert_eq!(confusion.most_confused(10), []);
    }
}
