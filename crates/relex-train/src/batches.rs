//! Which rows go into which batch: rows of like length together, so that little is padding.

use rand::seq::SliceRandom;

/// Batches' worth of rows that are sorted by length together: enough to find rows of like length,
/// few enough that a batch stays a fair draw.
const WINDOW: usize = 50;

/// Batches for one epoch of training: rows shuffled, sorted by length within windows, cut into
/// batches, and the batches shuffled. Every row is in exactly one batch.
///
/// ```
/// use rand::SeedableRng;
/// let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let batches = relex_train::training_batches(&[3, 9, 4, 8, 5], 2, &mut random);
/// assert_eq!(batches.len(), 3);
/// ```
pub fn training_batches(lengths: &[usize], batch_size: usize, random: &mut impl rand::Rng) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.shuffle(random);
    for window in order.chunks_mut(batch_size.max(1) * WINDOW) {
        window.sort_by_key(|&row| lengths[row]);
    }
    let mut batches: Vec<Vec<usize>> = order.chunks(batch_size.max(1)).map(<[usize]>::to_vec).collect();
    batches.shuffle(random);
    batches
}

/// Batches for prediction: all rows by falling length, so that the largest batch comes first and
/// memory runs out at once or never.
pub fn prediction_batches(lengths: &[usize], batch_size: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&row| std::cmp::Reverse(lengths[row]));
    order.chunks(batch_size.max(1)).map(<[usize]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    proptest! {
        #[test]
        fn every_row_is_in_exactly_one_batch(
            lengths in proptest::collection::vec(1usize..300, 0..400),
            batch_size in 1usize..40,
            seed: u64,
        ) {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let training = training_batches(&lengths, batch_size, &mut random);
            for batches in [training, prediction_batches(&lengths, batch_size)] {
                prop_assert_eq!(batches.len(), lengths.len().div_ceil(batch_size));
                prop_assert!(batches.iter().all(|batch| !batch.is_empty() && batch.len() <= batch_size));
                let mut rows = batches.concat();
                rows.sort_unstable();
                prop_assert!(rows.iter().copied().eq(0..lengths.len()));
            }
        }
    }

    #[test]
    fn sorting_leaves_little_padding() {
        let lengths: Vec<usize> = (0..3200).map(|row| 20 + (row * 7919) % 200).collect();
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let batches = training_batches(&lengths, 32, &mut random);
        let padded: usize = batches
            .iter()
            .map(|batch| batch.len() * batch.iter().map(|&row| lengths[row]).max().unwrap())
            .sum();
        let tokens: usize = lengths.iter().sum();
        // unsorted, the longest of 32 lengths from 20..220 is near 214, against a mean of 120
        assert!((padded as f64) < 1.05 * tokens as f64, "{padded} for {tokens}");
    }

    #[test]
    fn epochs_differ_and_seeds_repeat() {
        let lengths = vec![5; 100];
        let draw = |seed| training_batches(&lengths, 8, &mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
