//! What one table of probabilities scores above another on the same rows, with a paired interval.

use serde::{Deserialize, Serialize};

use crate::bootstrap::{BootstrapConfig, bootstrap};
use crate::error::EvalError;
use crate::interval::{Score, percentile_interval};
use crate::metric::{RankedScores, auprc, check_labels, check_length, micro_f1, weighted_micro_f1};
use crate::probabilities::ProbabilityTable;

/// The score that is to be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// [`micro_f1`](crate::micro_f1).
    #[default]
    MicroF1,
    /// The mean of [`auprc`](crate::auprc).
    Auprc,
}

/// A score before and after, in percent, and the difference with an interval from resampled sentences,
/// the same for both sides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// The score before.
    pub before: f64,
    /// The score after.
    pub after: f64,
    /// `after - before`, in points.
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

    pub(crate) fn score(&self, table: &ProbabilityTable, objective: Objective) -> Result<f64, EvalError> {
        match objective {
            Objective::MicroF1 => micro_f1(self.gold, &table.predicted(), self.negative),
            Objective::Auprc => Ok(auprc(self.gold, table.values(), table.classes())?.mean),
        }
    }

    /// The score of `after` against that of `before`.
    pub(crate) fn gain(
        &self,
        before: &ProbabilityTable,
        after: &ProbabilityTable,
        objective: Objective,
        config: &BootstrapConfig,
    ) -> Result<Gain, EvalError> {
        self.check(before)?;
        self.check(after)?;
        let differences = match objective {
            Objective::MicroF1 => {
                let [old, new] = [before, after].map(ProbabilityTable::predicted);
                let score =
                    |predicted: &[usize], weights: &_| weighted_micro_f1(self.gold, predicted, self.negative, weights);
                let [old, new] = bootstrap(self.groups, config, |weights| {
                    [score(&old, weights), score(&new, weights)]
                })?;
                differences(&old, &new)
            }
            Objective::Auprc => {
                let ranked = |table: &ProbabilityTable| RankedScores::new(self.gold, table.values(), table.classes());
                let (old, new) = (ranked(before)?, ranked(after)?);
                let [old, new] = bootstrap(self.groups, config, |weights| {
                    [old.weighted_mean(weights), new.weighted_mean(weights)]
                })?;
                differences(&old, &new)
            }
        };
        let (before, after) = (self.score(before, objective)?, self.score(after, objective)?);
        Ok(Gain {
            before,
            after,
            difference: Score {
                value: after - before,
                interval: percentile_interval(&differences, config.level)?,
            },
        })
    }
}

fn differences(before: &[f64], after: &[f64]) -> Vec<f64> {
    before.iter().zip(after).map(|(before, after)| after - before).collect()
}
