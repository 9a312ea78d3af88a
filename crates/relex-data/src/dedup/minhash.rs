//! Near-duplicates among distinct texts: MinHash, bands, exact confirmation.

use std::collections::HashMap;

use rayon::prelude::*;

use super::NEAR_DUPLICATE_JACCARD;
use super::groups::{DisjointSets, Groups};

/// Characters in a shingle. Three code points of 21 bits fill a 64-bit number, which makes shingles exact.
const SHINGLE: usize = 3;
/// Bands of a signature, and the hashes in each. A pair of Jaccard similarity s becomes a candidate with probability
/// 1 − (1 − s^ROWS)^BANDS: for s = 0.8 that is 1 − (1 − 0.8⁴)²⁴ = 0.999997, for s = 0.3 it is 0.18.
const BANDS: usize = 24;
const ROWS: usize = 4;

/// The groups of texts that a chain of near-duplicates joins.
pub(super) fn near_duplicates(texts: &[String]) -> Groups {
    let shingles: Vec<Vec<u64>> = texts.par_iter().map(|text| shingle_set(text)).collect();
    let coefficients = coefficients();
    let bands: Vec<[u64; BANDS]> = shingles.par_iter().map(|set| band_keys(set, &coefficients)).collect();

    let mut sets = DisjointSets::new(texts.len());
    for band in 0..BANDS {
        let pairs: Vec<(usize, usize)> = buckets(&bands, band)
            .par_iter()
            .flat_map_iter(|bucket| confirmed_pairs(bucket, &shingles, &sets))
            .collect();
        for (left, right) in pairs {
            sets.join(left, right);
        }
    }
    sets.into_groups()
}

/// The distinct shingles of a text, ascending. A text shorter than a shingle is one shingle, padded with zeros.
fn shingle_set(text: &str) -> Vec<u64> {
    let codes: Vec<u64> = text.chars().map(u64::from).collect();
    let pack = |window: &[u64]| {
        (0..SHINGLE).fold(0, |packed, at| {
            packed << 21 | window.get(at).copied().unwrap_or_default()
        })
    };
    let mut set: Vec<u64> = if codes.len() < SHINGLE {
        vec![pack(&codes)]
    } else {
        codes.windows(SHINGLE).map(pack).collect()
    };
    set.sort_unstable();
    set.dedup();
    set
}

/// Texts that agree in one band, for every key that at least two texts share.
fn buckets(bands: &[[u64; BANDS]], band: usize) -> Vec<Vec<usize>> {
    let mut by_key: HashMap<u64, Vec<usize>> = HashMap::with_capacity(bands.len());
    for (text, keys) in bands.iter().enumerate() {
        by_key.entry(keys[band]).or_default().push(text);
    }
    by_key.into_values().filter(|bucket| bucket.len() > 1).collect()
}

/// Pairs of a bucket that are similar and not yet joined, enough of them to join all that belong together.
fn confirmed_pairs(bucket: &[usize], shingles: &[Vec<u64>], sets: &DisjointSets) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    // Members that are already joined, before this band or by a pair found here, need no second look:
    // only the connected parts matter, and those do not depend on which of their pairs were looked at.
    let mut local = DisjointSets::new(bucket.len());
    let roots: Vec<usize> = bucket.iter().map(|text| sets.root_of(*text)).collect();
    let mut first_with_root = HashMap::new();
    for (at, root) in roots.iter().enumerate() {
        let first = *first_with_root.entry(*root).or_insert(at);
        local.join(first, at);
    }
    for (right, text) in bucket.iter().enumerate() {
        for (left, other) in bucket[..right].iter().enumerate() {
            if local.root_of(left) != local.root_of(right) && is_near(&shingles[*other], &shingles[*text]) {
                local.join(left, right);
                pairs.push((*other, *text));
            }
        }
    }
    pairs
}

/// Whether two ascending sets have Jaccard similarity of at least [`NEAR_DUPLICATE_JACCARD`].
#[expect(clippy::cast_precision_loss, reason = "a sentence has far fewer than 2^52 shingles")]
fn is_near(left: &[u64], right: &[u64]) -> bool {
    let (small, large) = (left.len().min(right.len()), left.len().max(right.len()));
    // The intersection is at most the smaller set and the union at least the larger.
    if (small as f64) < NEAR_DUPLICATE_JACCARD * large as f64 {
        return false;
    }
    let (mut i, mut j, mut common) = (0, 0, 0);
    while let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
        i += usize::from(a <= b);
        j += usize::from(b <= a);
        common += usize::from(a == b);
    }
    let union = left.len() + right.len() - common;
    // 4/5 is not a binary fraction: 4 of 5 shingles must count as 0.8.
    common as f64 >= NEAR_DUPLICATE_JACCARD * union as f64 - 1e-9
}

/// One key a band: a hash of the least values of its hash functions over the set.
fn band_keys(set: &[u64], coefficients: &[(u64, u64); BANDS * ROWS]) -> [u64; BANDS] {
    let mut least = [u32::MAX; BANDS * ROWS];
    for shingle in set {
        let mixed = mix(*shingle);
        for (value, (factor, offset)) in least.iter_mut().zip(coefficients) {
            let hash = (mixed.wrapping_mul(*factor).wrapping_add(*offset) >> 32) as u32;
            *value = (*value).min(hash);
        }
    }
    let mut keys = [0; BANDS];
    for (key, values) in keys.iter_mut().zip(least.chunks_exact(ROWS)) {
        *key = values.iter().fold(0, |key, value| mix(key ^ u64::from(*value)));
    }
    keys
}

/// Multiply-shift hash functions (Dietzfelbinger et al. 1997): a random odd factor and a random offset each.
/// They are fixed: which near-duplicates are found is no matter of a seed.
fn coefficients() -> [(u64, u64); BANDS * ROWS] {
    let mut state = 0_u64;
    std::array::from_fn(|_| {
        let mut draw = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            mix(state)
        };
        (draw() | 1, draw())
    })
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014), which spreads every input bit over the word.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shingles_of_short_texts() {
        assert_eq!(shingle_set("가나다라").len(), 2);
        assert_eq!(shingle_set("aaaaaa").len(), 1);
        assert_eq!(shingle_set("가").len(), 1);
        assert_ne!(shingle_set("가"), shingle_set("나"));
    }

    #[test]
    fn four_of_five_is_near_and_less_is_not() {
        assert!(is_near(&[1, 2, 3, 4], &[1, 2, 3, 4, 5])); // 4 / 5
        assert!(!is_near(&[1, 2, 3], &[1, 2, 3, 4])); // 3 / 4
        assert!(!is_near(&[1, 2, 3, 4, 5, 6, 7], &[2, 3, 4, 5, 6, 7, 8])); // 6 / 8
        assert!(is_near(&[1, 2, 3, 4, 5, 6, 7, 8, 9], &[2, 3, 4, 5, 6, 7, 8, 9, 10])); // 8 / 10
    }

    #[test]
    fn one_changed_character_in_a_long_text_is_near() {
        // 60 characters: 58 shingles, one changed character touches 3 of them, so 55 / 61 = 0.90.
        let text: String = ('가'..).step_by(28).take(60).collect();
        let changed: String = text
            .chars()
            .enumerate()
            .map(|(at, c)| if at == 30 { 'x' } else { c })
            .collect();
        let other: String = text.chars().rev().collect();
        let groups = near_duplicates(&[text, other, changed]);
        assert_eq!(groups.members(), [vec![0, 2], vec![1]]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn stands_between_comparing_every_pair_at_two_thresholds(texts in prop::collection::vec("[ab]{8,24}", 1..40)) {
            // Exact confirmation forbids a group that 0.8 does not join; a pair at 0.95 goes unnoticed with
            // probability (1 − 0.95⁴)²⁴ = 4e-18, so what that joins is always found.
            let sets: Vec<_> = texts.iter().map(|text| shingle_set(text)).collect();
            let joined_at = |wanted: f64| {
                let mut joined = DisjointSets::new(texts.len());
                for right in 0..texts.len() {
                    for left in 0..right {
                        let common = sets[left].iter().filter(|shingle| sets[right].contains(shingle)).count();
                        let union = sets[left].len() + sets[right].len() - common;
                        if common as f64 >= wanted * union as f64 - 1e-9 {
                            joined.join(left, right);
                        }
                    }
                }
                joined.into_groups()
            };
            let (loose, strict, found) = (joined_at(0.8), joined_at(0.95), near_duplicates(&texts));
            for right in 0..texts.len() {
                for left in 0..right {
                    let together = |groups: &Groups| groups.of(left) == groups.of(right);
                    prop_assert!(!together(&found) || together(&loose));
                    prop_assert!(!together(&strict) || together(&found));
                }
            }
        }
    }
}
