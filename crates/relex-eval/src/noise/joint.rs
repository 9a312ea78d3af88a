//! How given labels and likely true labels go together.

use serde::Serialize;

use crate::error::EvalError;
use crate::probabilities::ProbabilityTable;

/// Counts of rows by the label that they were given and the one that a model, which did not learn from them,
/// is confident of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConfidentJoint {
    /// For each label the mean probability that its own rows have for it: what a row must reach to count as
    /// confidently of it. `None` without a row. `[classes]`
    pub thresholds: Vec<Option<f64>>,
    /// `counts[given][confident]`: rows that reach the threshold of at least one label count once, at the
    /// most probable of those labels. `[classes, classes]`
    pub counts: Vec<Vec<usize>>,
    /// The most probable label among those whose threshold the row reaches. `[rows]`
    #[serde(skip)]
    pub confident: Vec<Option<usize>>,
}

/// Counts the confident joint (Northcutt et al. 2021, equations 1 and 2). `given` is `[rows]`; the
/// probabilities must be out of fold.
///
/// # Errors
/// [`EvalError::Length`] or [`EvalError::LabelIndex`] if `given` does not fit.
///
/// ```
/// use relex_eval::{ProbabilityTable, confident_joint};
///
/// let table = ProbabilityTable::new(vec![0.9, 0.1, 0.7, 0.3, 0.1, 0.9, 0.95, 0.05], 2)?;
/// // The last row was given label 1, but looks like label 0: thresholds are (0.9 + 0.7) / 2 for label 0
/// // and (0.9 + 0.05) / 2 for label 1.
/// let joint = confident_joint(&table, &[0, 0, 1, 1])?;
/// assert_eq!(joint.counts, [[1, 0], [1, 1]]);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn confident_joint(table: &ProbabilityTable, given: &[usize]) -> Result<ConfidentJoint, EvalError> {
    table.check_gold(given)?;
    let classes = table.classes();
    let mut sums = vec![0.0; classes];
    let mut rows = vec![0_usize; classes];
    for (shares, &given) in table.rows().zip(given) {
        sums[given] += shares[given];
        rows[given] += 1;
    }
    let thresholds: Vec<Option<f64>> = sums
        .iter()
        .zip(&rows)
        .map(|(sum, &rows)| (rows > 0).then(|| sum / rows as f64))
        .collect();
    let confident: Vec<Option<usize>> = table
        .rows()
        .map(|shares| confident_label(shares, &thresholds))
        .collect();
    let mut counts = vec![vec![0; classes]; classes];
    for (&given, confident) in given.iter().zip(&confident) {
        if let Some(confident) = *confident {
            counts[given][confident] += 1;
        }
    }
    Ok(ConfidentJoint {
        thresholds,
        counts,
        confident,
    })
}

fn confident_label(shares: &[f64], thresholds: &[Option<f64>]) -> Option<usize> {
    // A row that reaches a mean exactly may miss it by the rounding of the sum.
    const ROUNDING: f64 = 1e-9;
    let mut best: Option<usize> = None;
    for (label, (share, threshold)) in shares.iter().zip(thresholds).enumerate() {
        let reaches = threshold.is_some_and(|threshold| *share >= threshold - ROUNDING);
        if reaches && best.is_none_or(|best| *share > shares[best]) {
            best = Some(label);
        }
    }
    best
}

impl ConfidentJoint {
    /// The estimated share of rows by given and true label: each row of `counts` scaled to the number of rows
    /// with that given label, all of it summing to 1 (equation 3). A label of which no row is confident counts
    /// as given rightly. `given` is what the joint was counted from. `[classes, classes]`
    pub fn joint_shares(&self, given: &[usize]) -> Vec<Vec<f64>> {
        let classes = self.counts.len();
        let mut rows = vec![0.0; classes];
        given
            .iter()
            .filter(|&&label| label < classes)
            .for_each(|&label| rows[label] += 1.0);
        let total: f64 = rows.iter().sum();
        self.counts
            .iter()
            .enumerate()
            .map(|(label, counts)| {
                let sum: usize = counts.iter().sum();
                let share = |at: usize| match sum {
                    0 => f64::from(u8::from(at == label)),
                    _ => counts[at] as f64 / sum as f64,
                };
                (0..classes).map(|at| share(at) * rows[label] / total).collect()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_by_hand() {
        let table = ProbabilityTable::new(vec![0.9, 0.1, 0.7, 0.3, 0.1, 0.9, 0.95, 0.05], 2).unwrap();
        let given = [0, 0, 1, 1];
        let joint = confident_joint(&table, &given).unwrap();
        assert_eq!(joint.confident, [Some(0), None, Some(1), Some(0)]);
        // Two rows were given each label: [[1, 0], [1, 1]] scaled to rows of 2, over 4.
        assert_eq!(joint.joint_shares(&given), [[0.5, 0.0], [0.25, 0.25]]);
    }

    #[test]
    fn labels_without_rows_attract_nobody() {
        let table = ProbabilityTable::new(vec![0.1, 0.2, 0.7], 3).unwrap();
        let joint = confident_joint(&table, &[0]).unwrap();
        assert_eq!(joint.thresholds[2], None);
        assert_eq!(joint.counts[0], [1, 0, 0]);
    }
}
