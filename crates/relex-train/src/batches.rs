//! Which rows go into which batch: rows of like length together, so that little is padding.

use rand::seq::SliceRandom;

/// Batches' worth of rows that are sorted by length together: enough to find rows of like length,
/// few enough that a batch stays a fair draw.
const WINDOW: usize = 50;

/// How large a batch may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// Rows at most; at least 1 is taken.
    pub rows: usize,
    /// Tokens at most, padding counted: rows times the tokens of the longest. A row that is longer than this by itself
    /// is a batch by itself. Without it only rows count.
    pub tokens: Option<usize>,
}

/// So many rows, however long.
impl From<usize> for BatchLimits {
    fn from(rows: usize) -> Self {
        Self { rows, tokens: None }
    }
}

/// Batches for one epoch of training: rows shuffled, sorted by length within windows, cut into
/// batches, and the batches shuffled. Every row is in exactly one batch.
///
/// ```
/// use rand::SeedableRng;
/// use relex_train::{BatchLimits, training_batches};
///
/// let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let lengths = [3, 9, 4, 8, 5];
/// assert_eq!(training_batches(&lengths, BatchLimits::from(2), &mut random).len(), 3);
/// let limits = BatchLimits { rows: 3, tokens: Some(16) };
/// // 3 × 5 tokens; then 8 and 9 by themselves, because together they would be 2 × 9.
/// assert_eq!(training_batches(&lengths, limits, &mut random).len(), 3);
/// ```
pub fn training_batches(lengths: &[usize], limits: BatchLimits, random: &mut impl rand::Rng) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.shuffle(random);
    let mut batches = Vec::new();
    for window in order.chunks_mut(limits.rows.max(1) * WINDOW) {
        window.sort_by_key(|&row| lengths[row]);
        batches.extend(cut(window, lengths, limits));
    }
    batches.shuffle(random);
    batches
}

/// Batches for prediction: all rows by falling length, so that the largest batch comes first and
/// memory runs out at once or never.
pub fn prediction_batches(lengths: &[usize], limits: BatchLimits) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&row| std::cmp::Reverse(lengths[row]));
    cut(&order, lengths, limits)
}

/// Fills one batch after the other, in order.
fn cut(rows: &[usize], lengths: &[usize], limits: BatchLimits) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut longest = 0;
    for &row in rows {
        longest = longest.max(lengths[row]);
        let fits = |batch: &Vec<usize>| {
            batch.len() < limits.rows && limits.tokens.is_none_or(|tokens| (batch.len() + 1) * longest <= tokens)
        };
        match batches.last_mut().filter(|batch| fits(batch)) {
            Some(batch) => batch.push(row),
            None => {
                batches.push(vec![row]);
                longest = lengths[row];
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn draw(lengths: &[usize], limits: BatchLimits, seed: u64) -> Vec<Vec<usize>> {
        training_batches(lengths, limits, &mut ChaCha8Rng::seed_from_u64(seed))
    }

    fn longest(batch: &[usize], lengths: &[usize]) -> usize {
        batch.iter().map(|&row| lengths[row]).max().unwrap()
    }

    proptest! {
        #[test]
        fn every_row_is_in_exactly_one_batch_within_the_limits(
            lengths in proptest::collection::vec(1usize..300, 0..400),
            rows in 1usize..40,
            tokens in proptest::option::of(1usize..4000),
            seed: u64,
        ) {
            let limits = BatchLimits { rows, tokens };
            for batches in [draw(&lengths, limits, seed), prediction_batches(&lengths, limits)] {
                for batch in &batches {
                    prop_assert!((1..=rows).contains(&batch.len()));
                    let padded = batch.len() * longest(batch, &lengths);
                    prop_assert!(batch.len() == 1 || tokens.is_none_or(|tokens| padded <= tokens));
                }
                let mut all = batches.concat();
                all.sort_unstable();
                prop_assert!(all.iter().copied().eq(0..lengths.len()));
            }
            prop_assert_eq!(draw(&lengths, limits, seed), draw(&lengths, limits, seed));
        }

        /// Runs that were recorded before there was a token budget had these batches.
        #[test]
        fn without_a_token_budget_batches_are_even_pieces(
            lengths in proptest::collection::vec(1usize..300, 0..400),
            rows in 1usize..8,
            seed: u64,
        ) {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut order: Vec<usize> = (0..lengths.len()).collect();
            order.shuffle(&mut random);
            for window in order.chunks_mut(rows * 50) {
                window.sort_by_key(|&row| lengths[row]);
            }
            let mut expected: Vec<Vec<usize>> = order.chunks(rows).map(<[usize]>::to_vec).collect();
            expected.shuffle(&mut random);
            prop_assert_eq!(draw(&lengths, rows.into(), seed), expected);

            order.sort_unstable();
            order.sort_by_key(|&row| std::cmp::Reverse(lengths[row]));
            let expected: Vec<Vec<usize>> = order.chunks(rows).map(<[usize]>::to_vec).collect();
            prop_assert_eq!(prediction_batches(&lengths, rows.into()), expected);
        }

        /// A budget that every batch keeps anyway changes nothing.
        #[test]
        fn a_wide_budget_is_none(lengths in proptest::collection::vec(1usize..300, 0..400), rows in 1usize..40, seed: u64) {
            let limits = BatchLimits { rows, tokens: Some(300 * rows) };
            prop_assert_eq!(draw(&lengths, limits, seed), draw(&lengths, rows.into(), seed));
        }
    }

    #[test]
    fn the_budget_counts_padding() {
        let lengths = [10, 4, 9, 3, 30];
        let limits = BatchLimits {
            rows: 3,
            tokens: Some(20),
        };
        // By falling length: 30 alone is too long; 2 × 10; 2 × 4.
        assert_eq!(prediction_batches(&lengths, limits), [vec![4], vec![0, 2], vec![1, 3]]);
    }

    #[test]
    fn sorting_leaves_little_padding() {
        let lengths: Vec<usize> = (0..3200).map(|row| 20 + (row * 7919) % 200).collect();
        let tokens: usize = lengths.iter().sum();
        for limits in [
            BatchLimits::from(32),
            BatchLimits {
                rows: 64,
                tokens: Some(4096),
            },
        ] {
            let batches = draw(&lengths, limits, 3);
            let padded: usize = batches.iter().map(|batch| batch.len() * longest(batch, &lengths)).sum();
            // unsorted, the longest of 32 lengths from 20..220 is near 214, against a mean of 120
            assert!((padded as f64) < 1.05 * tokens as f64, "{padded} for {tokens}");
        }
    }

    #[test]
    fn epochs_differ_and_seeds_repeat() {
        let lengths = vec![5; 100];
        assert_eq!(
            draw(&lengths, BatchLimits::from(8), 1),
            draw(&lengths, BatchLimits::from(8), 1)
        );
        assert_ne!(
            draw(&lengths, BatchLimits::from(8), 1),
            draw(&lengths, BatchLimits::from(8), 2)
        );
    }
}
