//! What one set of predictions scores above another on the same rows, with a paired interval.

use serde::{Deserialize, Serialize};

use crate::bca::bca_of_sorted;
use crate::bootstrap::{BootstrapConfig, resample};
use crate::error::EvalError;
use crate::groups::RowGroups;
use crate::interval::{Score, sorted_values};
use crate::metric::{Scorer, check_labels, check_length};
use crate::probabilities::ProbabilityTable;

/// A score before and after, in its metric's unit, and the difference with an interval from resampled sentences, the
/// same for both sides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// The score before.
    pub before: f64,
    /// The score after.
    pub after: f64,
    /// `after - before`.
    pub difference: Score,
}

/// The rows on which tables are scored, and how.
#[derive(Debug, Clone, Copy)]
pub struct Truth<'a> {
    /// Index of each row's gold label. `[rows]`
    pub gold: &'a [usize],
    /// Index of the label that micro-F1 leaves out.
    pub negative: usize,
    /// Group of each row: rows that share a sentence have the same number. `[rows]`
    pub groups: &'a [usize],
}

impl Truth<'_> {
    pub(crate) fn check(&self, table: &ProbabilityTable) -> Result<(), EvalError> {
        table.check_gold(self.gold)?;
        check_labels("negative", &[self.negative], table.classes())?;
        check_length("groups", self.gold.len(), self.groups.len())
    }
}

/// One side of a difference: a score on the rows, in each resample of them, and without each group.
pub(crate) struct Side<'a> {
    pub(crate) value: f64,
    /// `[resamples]`
    pub(crate) resampled: &'a [f64],
    /// `[groups]`
    pub(crate) left_out: &'a [f64],
}

/// What `after` is above `before`, with its BCa interval; and the same in each resample, ascending. Both sides must come
/// from the same resamples of the same groups.
pub(crate) fn paired_difference(
    before: &Side<'_>,
    after: &Side<'_>,
    level: f64,
) -> Result<(Score, Vec<f64>), EvalError> {
    let less = |after: &[f64], before: &[f64]| -> Vec<f64> { after.iter().zip(before).map(|(a, b)| a - b).collect() };
    let value = after.value - before.value;
    let differences = sorted_values(&less(after.resampled, before.resampled), level)?;
    let left_out = less(after.left_out, before.left_out);
    let interval = bca_of_sorted(value, &differences, &left_out, level);
    Ok((Score { value, interval }, differences))
}

/// The first score of `after` against that of `before`.
pub(crate) fn gain(
    before: &Scorer,
    after: &Scorer,
    groups: &RowGroups,
    config: &BootstrapConfig,
) -> Result<Gain, EvalError> {
    let resampled = resample(groups, config, 2, |weights, scores| {
        let (first, second) = scores.split_at_mut(1);
        before.score(weights, first);
        after.score(weights, second);
    })?;
    let left_out = [before, after].map(|scorer| scorer.leave_one_out(groups));
    let side = |index: usize, scorer: &Scorer| Side {
        value: scorer.values()[0],
        resampled: &resampled[index],
        left_out: &left_out[index][0],
    };
    let (before, after) = (side(0, before), side(1, after));
    Ok(Gain {
        before: before.value,
        after: after.value,
        difference: paired_difference(&before, &after, config.level)?.0,
    })
}
