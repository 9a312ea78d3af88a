//! Approximate randomisation: is the difference larger than swapping the two systems at random would make it?

use rand_chacha::rand_core::Rng;
use rayon::prelude::*;

use super::ComparisonInput;
use crate::bootstrap::{LANES, RowWeights};
use crate::chance::stream;
use crate::error::EvalError;
use crate::groups::RowGroups;
use crate::metric::Scorer;

/// Two-sided p-value of "the two systems are the same to their score" (Noreen 1989, "Computer-intensive methods for testing hypotheses", 2.1;
/// Yeh 2000): the share of shuffles with a difference at least as large as the one seen, the one seen included.
///
/// A shuffle swaps the two systems' predictions on each sentence or not, as a fair coin falls. Rows of one sentence are swapped
/// together.
pub(super) fn approximate_randomisation(
    first: &[f64],
    second: &[f64],
    groups: &RowGroups,
    input: &ComparisonInput<'_>,
) -> Result<f64, EvalError> {
    // Both systems' rows in one table, of which each shuffled system takes half: a row's weight says whether.
    let gold = [input.gold, input.gold].concat();
    let probabilities = [first, second].concat();
    let scorer = Scorer::new(input.scored(&gold, &probabilities), &[input.metric])?;
    let difference = |kept: &[RowWeights], taken: &[RowWeights]| -> [f64; LANES] {
        let mut scores = [[[0.0; LANES]]; 2];
        for (weights, score) in [kept, taken].into_iter().zip(&mut scores) {
            scorer.score(weights, score);
        }
        std::array::from_fn(|lane| (scores[1][0][lane] - scores[0][0][lane]).abs())
    };
    let rows = input.gold.len();
    let halves = |swapped: &[RowWeights]| -> [Vec<RowWeights>; 2] {
        let kept = |weights: &RowWeights| weights.map(|weight| 1 - weight);
        let (own, other) = (swapped.iter().map(kept), swapped.iter().copied());
        [own.clone().chain(other.clone()).collect(), other.chain(own).collect()]
    };
    let [own, other] = halves(&vec![[0; LANES]; rows]);
    // Equal differences may be unequal in the last digits.
    let seen = difference(&own, &other)[0] - 1e-9;

    let shuffles = input.bootstrap.resamples;
    let extreme: usize = (0..shuffles.div_ceil(LANES))
        .into_par_iter()
        .map(|block| {
            let coins = toss(groups.count(), block, input.bootstrap.seed);
            let swapped: Vec<RowWeights> = groups.of_rows().iter().map(|&group| coins[group as usize]).collect();
            let [first, second] = halves(&swapped);
            let lanes = difference(&first, &second);
            let counted = (shuffles - block * LANES).min(LANES);
            lanes[..counted]
                .iter()
                .filter(|&&difference| difference >= seen)
                .count()
        })
        .sum();
    Ok((extreme + 1) as f64 / (shuffles + 1) as f64)
}

/// A fair coin for each group in each lane of the block, 0 or 1; each shuffle has a stream of its own.
fn toss(groups: usize, block: usize, seed: u64) -> Vec<RowWeights> {
    let mut coins = vec![[0; LANES]; groups];
    for lane in 0..LANES {
        let mut stream = stream(seed, "relex-eval randomisation", block * LANES + lane);
        for group in coins.chunks_mut(64) {
            let mut bits = stream.next_u64();
            for coin in group {
                coin[lane] = (bits & 1) as u32;
                bits >>= 1;
            }
        }
    }
    coins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_are_fair_and_independent() {
        let groups = 200;
        let tosses: Vec<Vec<RowWeights>> = (0..50).map(|block| toss(groups, block, 3)).collect();
        let heads: u32 = tosses.iter().flatten().flatten().sum();
        // 80,000 coins: 40,000 heads, standard deviation sqrt(80000 / 4) = 141; four of them.
        assert!(heads.abs_diff(40_000) < 566, "{heads}");
        // Neighbouring groups agree as often as not.
        let agree: usize = tosses
            .iter()
            .map(|coins| {
                coins
                    .windows(2)
                    .map(|pair| (0..LANES).filter(|&lane| pair[0][lane] == pair[1][lane]).count())
                    .sum::<usize>()
            })
            .sum();
        assert!(agree.abs_diff(39_800) < 566, "{agree}");
        assert_eq!(tosses[0], toss(groups, 0, 3));
        assert_ne!(tosses[0], toss(groups, 0, 4));
    }
}
