//! Which rows an epoch is made of.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// How often each label's rows come in an epoch; `training.sampler` of a configuration. An epoch has as many rows as there
/// are to learn from, whatever the sampler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampler {
    /// Every row once.
    #[default]
    Uniform,
    /// Every label equally often.
    Balanced,
    /// A label by the square root of its rows, between the two (Mahajan et al. 2018, *Exploring the Limits of Weakly Supervised
    /// Pretraining*, §2.2).
    SquareRoot,
}

impl Sampler {
    /// The rows of one epoch, as indices into `labels`: as many as there are labels, in no order that means anything.
    ///
    /// Nothing is left to chance that need not be: a label has its share of the epoch to within one row, and of two rows of one
    /// label neither comes more than once more often than the other. The generator draws which rows are the extra ones.
    ///
    /// ```
    /// use rand::SeedableRng;
    /// use relex_train::Sampler;
    /// let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    /// // Three rows of label 0 and one of label 1: two of the three, and the one twice.
    /// let rows = Sampler::Balanced.epoch(&[0, 0, 0, 1], &mut random);
    /// assert_eq!(rows.len(), 4);
    /// assert_eq!(rows.iter().filter(|&&row| row == 3).count(), 2);
    /// ```
    pub fn epoch(self, labels: &[usize], random: &mut impl rand::Rng) -> Vec<usize> {
        let weight: fn(usize) -> f64 = match self {
            Self::Uniform => return (0..labels.len()).collect(),
            Self::Balanced => |_| 1.0,
            Self::SquareRoot => |count| (count as f64).sqrt(),
        };
        let mut rows_of: Vec<Vec<usize>> = vec![Vec::new(); labels.iter().map(|label| label + 1).max().unwrap_or(0)];
        for (row, &label) in labels.iter().enumerate() {
            rows_of[label].push(row);
        }
        rows_of.retain(|rows| !rows.is_empty());
        let weights: Vec<f64> = rows_of.iter().map(|rows| weight(rows.len())).collect();
        let mut epoch = Vec::with_capacity(labels.len());
        for (rows, count) in rows_of.iter_mut().zip(shares(labels.len(), &weights)) {
            for _ in 0..count / rows.len() {
                epoch.extend_from_slice(rows);
            }
            let extra = count % rows.len();
            let (drawn, _) = rows.partial_shuffle(random, extra);
            epoch.extend_from_slice(drawn);
        }
        epoch
    }
}

/// Cuts `total` into whole parts in proportion to `weights`, by largest remainders, of equal ones the first.
fn shares(total: usize, weights: &[f64]) -> Vec<usize> {
    let sum: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights.iter().map(|weight| total as f64 * weight / sum).collect();
    let mut parts: Vec<usize> = exact.iter().map(|share| share.floor() as usize).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&left, &right| exact[right].fract().total_cmp(&exact[left].fract()));
    let missing = total.saturating_sub(parts.iter().sum());
    for &part in order.iter().take(missing) {
        parts[part] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn counts(of: impl Iterator<Item = usize>, among: usize) -> Vec<usize> {
        let mut counts = vec![0; among];
        of.for_each(|index| counts[index] += 1);
        counts
    }

    #[test]
    fn square_roots_lie_between() {
        // 81 rows and 9 of them: roots 9 and 3, so 3/4 and 1/4 of 90 rows are 67.5 and 22.5
        let labels: Vec<usize> = (0..90).map(|row| usize::from(row >= 81)).collect();
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let epoch = Sampler::SquareRoot.epoch(&labels, &mut random);
        assert_eq!(counts(epoch.iter().map(|&row| labels[row]), 2), [68, 22]);
    }

    proptest! {
        #[test]
        fn an_epoch_is_as_long_as_the_rows_and_as_even_as_can_be(
            labels in proptest::collection::vec(0usize..6, 0..120),
            seed: u64,
        ) {
            let of_label = counts(labels.iter().copied(), 6);
            for sampler in [Sampler::Uniform, Sampler::Balanced, Sampler::SquareRoot] {
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                let epoch = sampler.epoch(&labels, &mut random);
                prop_assert_eq!(epoch.len(), labels.len());
                let of_row = counts(epoch.iter().copied(), labels.len());
                let drawn = counts(epoch.iter().map(|&row| labels[row]), 6);
                for label in 0..6 {
                    let times = || (0..labels.len()).filter(|&row| labels[row] == label).map(|row| of_row[row]);
                    prop_assert!(times().max().unwrap_or(0) - times().min().unwrap_or(0) <= 1);
                }
                let present = || (0..6).filter(|&label| of_label[label] > 0);
                match sampler {
                    Sampler::Uniform => prop_assert_eq!(&drawn, &of_label),
                    Sampler::Balanced => {
                        let most = present().map(|label| drawn[label]).max().unwrap_or(0);
                        prop_assert!(present().all(|label| drawn[label] + 1 >= most));
                    }
                    Sampler::SquareRoot => {
                        let sum: f64 = present().map(|label| (of_label[label] as f64).sqrt()).sum();
                        for label in present() {
                            let share = labels.len() as f64 * (of_label[label] as f64).sqrt() / sum;
                            prop_assert!((drawn[label] as f64 - share).abs() < 1.0 + 1e-9);
                        }
                    }
                }
            }
        }

        #[test]
        fn one_seed_gives_one_epoch(labels in proptest::collection::vec(0usize..6, 0..120), seed: u64) {
            let draw = || Sampler::Balanced.epoch(&labels, &mut ChaCha8Rng::seed_from_u64(seed));
            prop_assert_eq!(draw(), draw());
        }
    }
}
