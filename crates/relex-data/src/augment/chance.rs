//! Draws from a random stream.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

/// A number below `bound`, each as likely as the others to within 2⁻⁶⁴ · `bound`; 0 for a bound of 0.
pub(super) fn below(chance: &mut ChaCha8Rng, bound: usize) -> usize {
    // The high half of the product (Lemire 2019, "Fast random integer generation in an interval", without its rejection step).
    let product = u128::from(chance.next_u64()) * bound as u128;
    usize::try_from(product >> 64).unwrap_or_default()
}

/// Yes with the probability given.
pub(super) fn happens(chance: &mut ChaCha8Rng, probability: f64) -> bool {
    // The 53 bits that a double holds exactly.
    #[expect(clippy::cast_precision_loss, reason = "below 2⁵³")]
    let uniform = (chance.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    uniform < probability
}

/// `count` different elements, in the order of `items`; all of them if there are fewer.
pub(super) fn choose<T: Copy + Ord>(chance: &mut ChaCha8Rng, items: &[T], count: usize) -> Vec<T> {
    let mut left = items.to_vec();
    let mut chosen: Vec<T> = (0..count.min(items.len()))
        .map(|_| left.swap_remove(below(chance, left.len())))
        .collect();
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;

    #[test]
    fn every_number_comes_up_about_as_often() {
        let mut chance = stream(3, "test");
        let mut counts = [0; 5];
        for _ in 0..5000 {
            counts[below(&mut chance, 5)] += 1;
        }
        // 1000 expected; four standard deviations of a binomial are 4 · √(5000 · 0.2 · 0.8) = 113.
        assert!(counts.iter().all(|count| (887..=1113).contains(count)), "{counts:?}");
        assert_eq!(below(&mut chance, 0), 0);
        let yes = (0..5000).filter(|_| happens(&mut chance, 0.2)).count();
        assert!((887..=1113).contains(&yes), "{yes}");
    }

    #[test]
    fn chosen_elements_differ_and_keep_their_order() {
        let mut chance = stream(4, "test");
        let chosen = choose(&mut chance, &[1, 2, 3, 4, 5, 6], 3);
        assert!(
            chosen.len() == 3 && chosen.windows(2).all(|pair| pair[0] < pair[1]),
            "{chosen:?}"
        );
        assert_eq!(choose(&mut chance, &[2, 1], 9), [1, 2]);
    }
}
