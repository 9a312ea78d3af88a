//! One resample at a time, for procedures that are fitted anew in each and for rows of any weight. Scores that need
//! nothing but the rows' weights are computed several resamples at once by [`bootstrap`](crate::bootstrap).

use rayon::prelude::*;

use crate::bootstrap::BootstrapConfig;
use crate::chance::stream;
use crate::error::EvalError;
use crate::groups::RowGroups;
use crate::interval::{Score, percentile_interval};

/// Draws the groups of one set of rows with replacement.
pub(crate) struct Resampler {
    groups: RowGroups,
    seed: u64,
    name: &'static str,
}

impl Resampler {
    /// `name` keeps the draws of one set apart from those of another under the same seed.
    pub(crate) fn new(groups: &[usize], seed: u64, name: &'static str) -> Self {
        Self {
            groups: RowGroups::new(groups),
            seed,
            name,
        }
    }

    /// How often each row was drawn in resample number `resample`. `[rows]`
    pub(crate) fn weights(&self, resample: usize) -> Vec<f64> {
        let mut drawn = vec![0.0; self.groups.count()];
        self.groups
            .draw(&mut stream(self.seed, self.name, resample), |group| drawn[group] += 1.0);
        self.groups
            .of_rows()
            .iter()
            .map(|&group| drawn[group as usize])
            .collect()
    }
}

/// What `procedure` gives in each resample, in order, whatever the number of threads.
pub(crate) fn in_each<T: Send>(resamples: usize, procedure: impl Fn(usize) -> T + Sync) -> Vec<T> {
    (0..resamples).into_par_iter().map(&procedure).collect()
}

/// `value` with the percentile interval of what it was in the resamples. A resample in which it was not defined (NaN)
/// is left out.
pub(crate) fn with_interval(
    value: f64,
    resampled: impl Iterator<Item = f64>,
    config: &BootstrapConfig,
) -> Result<Score, EvalError> {
    let defined: Vec<f64> = resampled.filter(|value| !value.is_nan()).collect();
    Ok(Score {
        value,
        interval: percentile_interval(&defined, config.level)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_keep_groups_whole_and_differ_by_name_and_number() {
        let groups = [5, 5, 9, 9, 9, 1];
        let one = Resampler::new(&groups, 3, "one");
        for resample in 0..50 {
            let weights = one.weights(resample);
            assert_eq!(weights[0] + weights[2] + weights[5], 3.0);
            assert_eq!((weights[0], weights[2]), (weights[1], weights[4]));
        }
        let rows: Vec<usize> = (0..100).collect();
        let (one, other) = (Resampler::new(&rows, 3, "one"), Resampler::new(&rows, 3, "other"));
        assert_ne!(one.weights(0), other.weights(0));
        assert_ne!(one.weights(0), one.weights(1));
        assert_eq!(one.weights(1), one.weights(1));
    }
}
