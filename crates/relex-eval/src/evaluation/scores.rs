//! Scores with both of their intervals.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::bca::bca_of_sorted;
use crate::bootstrap::{BootstrapConfig, resample};
use crate::error::EvalError;
use crate::groups::RowGroups;
use crate::interval::{Interval, Score, percentile_of_sorted, sorted_values};
use crate::metric::{Metric, Scorer};

/// One score of a set of predictions, with two intervals from the same resamples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MetricScore {
    /// Which score.
    pub metric: Metric,
    /// Its value, in the metric's unit.
    pub value: f64,
    /// The [BCa interval](crate::bca_interval): the one to quote.
    pub interval: Interval,
    /// The [percentile interval](crate::percentile_interval), beside what others report.
    pub percentile: Interval,
}

impl MetricScore {
    /// The value with the interval to quote.
    pub fn score(&self) -> Score {
        Score {
            value: self.value,
            interval: self.interval,
        }
    }
}

/// A value with both intervals.
pub(super) struct Measured {
    pub(super) value: f64,
    pub(super) bca: Interval,
    pub(super) percentile: Interval,
}

impl Measured {
    pub(super) fn of(self, metric: Metric) -> MetricScore {
        MetricScore {
            metric,
            value: self.value,
            interval: self.bca,
            percentile: self.percentile,
        }
    }
}

/// Each of the scorer's scores with its intervals; groups of rows are what is resampled and left out.
pub(super) fn measure(
    scorer: &Scorer,
    groups: &RowGroups,
    config: &BootstrapConfig,
) -> Result<Vec<Measured>, EvalError> {
    let resampled = resample(groups, config, scorer.scores(), |weights, scores| {
        scorer.score(weights, scores);
    })?;
    let left_out = scorer.leave_one_out(groups);
    let values = scorer.values();
    values
        .into_par_iter()
        .zip(resampled)
        .zip(left_out)
        .map(|((value, resampled), left_out)| {
            let sorted = sorted_values(&resampled, config.level)?;
            Ok(Measured {
                value,
                bca: bca_of_sorted(value, &sorted, &left_out, config.level),
                percentile: percentile_of_sorted(&sorted, config.level),
            })
        })
        .collect()
}
