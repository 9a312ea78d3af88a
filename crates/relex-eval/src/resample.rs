//! Chance for procedures that are fitted anew in every resample: weights of one resample at a time,
//! from as many independent sets of rows as are needed, and folds that no group straddles.

use std::collections::HashMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use crate::bootstrap::BootstrapConfig;
use crate::error::EvalError;
use crate::interval::{Score, percentile_interval};

/// Draws the groups of one set of rows with replacement.
pub(crate) struct Resampler {
    /// Group of each row, numbered in order of appearance. `[rows]`
    dense: Vec<usize>,
    groups: usize,
    seed: u64,
    name: &'static str,
}

impl Resampler {
    /// `name` keeps the draws of one set apart from those of another under the same seed.
    pub(crate) fn new(groups: &[usize], seed: u64, name: &'static str) -> Self {
        let (dense, groups) = dense(groups);
        Self {
            dense,
            groups,
            seed,
            name,
        }
    }

    /// How often each row was drawn in resample number `resample`. `[rows]`
    pub(crate) fn weights(&self, resample: usize) -> Vec<f64> {
        let mut stream = stream(self.seed, self.name, resample);
        let mut drawn = vec![0.0; self.groups];
        for _ in 0..self.groups {
            drawn[below(&mut stream, self.groups)] += 1.0;
        }
        self.dense.iter().map(|&group| drawn[group]).collect()
    }
}

/// What `procedure` gives in each resample, in order, whatever the number of threads.
pub(crate) fn in_each<T: Send>(resamples: usize, procedure: impl Fn(usize) -> T + Sync) -> Vec<T> {
    (0..resamples).into_par_iter().map(&procedure).collect()
}

/// `value` with the percentile interval of what it was in the resamples. A resample in which it was
/// not defined (NaN) is left out.
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

/// A fold below `folds` for each row, rows of one group in the same one; whole groups are dealt in
/// random order, so that folds hold about as many groups each. `[rows]`
pub(crate) fn grouped_folds(groups: &[usize], folds: usize, seed: u64) -> Vec<usize> {
    let (dense, count) = dense(groups);
    let order = shuffled(count, &mut stream(seed, "folds", 0));
    let mut fold = vec![0; count];
    for (position, group) in order.into_iter().enumerate() {
        fold[group] = position % folds.max(1);
    }
    dense.into_iter().map(|group| fold[group]).collect()
}

/// 0, 1, … below `count` in random order (Fisher and Yates).
pub(crate) fn shuffled(count: usize, stream: &mut ChaCha8Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, below(stream, last + 1));
    }
    order
}

/// The random numbers of one use of chance.
pub(crate) fn stream(seed: u64, name: &str, number: usize) -> ChaCha8Rng {
    let mut key = [0; 32];
    let name = name.as_bytes();
    let length = name.len().min(24);
    key[..length].copy_from_slice(&name[..length]);
    key[24..].copy_from_slice(&seed.to_le_bytes());
    let mut stream = ChaCha8Rng::from_seed(key);
    stream.set_stream(number as u64);
    stream
}

/// An index below `count`: multiply and shift maps 64 random bits to it, with a bias below count / 2^64.
pub(crate) fn below(stream: &mut ChaCha8Rng, count: usize) -> usize {
    ((u128::from(stream.next_u64()) * count as u128) >> 64) as usize
}

/// A number in `[0, 1)`.
pub(crate) fn uniform(stream: &mut ChaCha8Rng) -> f64 {
    (stream.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Groups numbered by appearance, so that their names do not steer the draws, and their count.
pub(crate) fn dense(groups: &[usize]) -> (Vec<usize>, usize) {
    let mut numbers = HashMap::new();
    let dense = groups
        .iter()
        .map(|&group| {
            let next = numbers.len();
            *numbers.entry(group).or_insert(next)
        })
        .collect();
    (dense, numbers.len())
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

    #[test]
    fn folds_are_even_and_no_group_straddles_them() {
        let groups: Vec<usize> = (0..100).map(|row| row / 2).collect();
        let folds = grouped_folds(&groups, 5, 7);
        for pair in folds.chunks(2) {
            assert_eq!(pair[0], pair[1]);
        }
        for fold in 0..5 {
            assert_eq!(folds.iter().filter(|&&found| found == fold).count(), 20);
        }
        assert_ne!(folds, grouped_folds(&groups, 5, 8));
    }

    #[test]
    fn a_shuffle_is_a_permutation() {
        let mut order = shuffled(50, &mut stream(1, "test", 0));
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
