//! Random numbers from named streams, so that one use of chance never moves another.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The random numbers of one use of chance: `name` (its first 24 bytes) keeps uses apart that share a seed, `number`
/// the repetitions of one use.
pub(crate) fn stream(seed: u64, name: &str, number: usize) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (byte, letter) in key[..24].iter_mut().zip(name.bytes()) {
        *byte = letter;
    }
    key[24..].copy_from_slice(&seed.to_le_bytes());
    let mut stream = ChaCha8Rng::from_seed(key);
    stream.set_stream(number as u64);
    stream
}

/// An index below `count`: multiply and shift maps 64 random bits to it, with a bias below count / 2⁶⁴.
pub(crate) fn below(stream: &mut ChaCha8Rng, count: usize) -> usize {
    ((u128::from(stream.next_u64()) * count as u128) >> 64) as usize
}

/// A number in `[0, 1)`.
pub(crate) fn uniform(stream: &mut ChaCha8Rng) -> f64 {
    (stream.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// 0, 1, … below `count` in random order (Fisher and Yates).
pub(crate) fn shuffled(count: usize, stream: &mut ChaCha8Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, below(stream, last + 1));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_seed_name_and_number() {
        let first = |seed, name, number| stream(seed, name, number).next_u64();
        assert_eq!(first(1, "one", 2), first(1, "one", 2));
        for other in [first(2, "one", 2), first(1, "other", 2), first(1, "one", 3)] {
            assert_ne!(first(1, "one", 2), other);
        }
    }

    #[test]
    fn a_shuffle_is_a_permutation() {
        let mut order = shuffled(50, &mut stream(1, "test", 0));
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
