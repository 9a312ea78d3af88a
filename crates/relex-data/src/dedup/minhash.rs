//! Near-duplicates among distinct texts: MinHash, bands, exact confirmation.

use rayon::prelude::*;

use super::NEAR_DUPLICATE_JACCARD;
use super::groups::{DisjointSets, Groups};

/// Characters in a shingle. Three code points of 21 bits fill a 64-bit number, which makes shingles exact.
const SHINGLE: usize = 3;
/// Bands of a signature, and the hashes in each. A pair of Jaccard similarity s becomes a candidate with probability
/// 1 − (1 − s^ROWS)^BANDS: for s = 0.8 that is 1 − (1 − 0.8⁴)²⁴ = 0.999997, for s = 0.3 it is 0.18.
const BANDS: usize = 24;
const ROWS: usize = 4;
/// With how many of its bucket's following members a text is compared. Up to this size every pair of a bucket is looked
/// at; what is larger holds one boilerplate sentence in many variants, whose pairs nobody could look at one by one.
const WINDOW: usize = 64;
/// Texts that one thread takes at a time.
const STRETCH: usize = 4096;

/// One key a band: a hash of the least values of its hash functions over the set.
type Signature = [u64; BANDS];

/// The groups of texts that a chain of near-duplicates joins. The texts are distinct.
pub(super) fn near_duplicates(texts: &[String]) -> Groups {
    let shingles: Vec<Vec<u64>> = texts.par_iter().map(|text| shingle_set(text)).collect();
    let coefficients = coefficients();
    let signatures: Vec<Signature> = shingles.par_iter().map(|set| signature(set, &coefficients)).collect();

    let mut sets = DisjointSets::new(texts.len());
    for band in 0..BANDS {
        let order = in_buckets(&signatures, band, texts);
        // Texts that an earlier band joined need no second look.
        let roots = sets.roots();
        let near: Vec<(usize, usize)> = (0..order.len())
            .into_par_iter()
            .step_by(STRETCH)
            .flat_map_iter(|start| {
                let end = order.len().min(start + STRETCH + WINDOW);
                near_pairs(&order[start..end], &shingles, &roots)
            })
            .collect();
        for (text, other) in near {
            sets.join(text, other);
        }
    }
    sets.into_groups()
}

/// Near-duplicates among a stretch of the order, the window after it included: enough pairs to join all that belong
/// together, for only the connected parts matter.
fn near_pairs(stretch: &[(u64, usize)], shingles: &[Vec<u64>], roots: &[usize]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let roots: Vec<usize> = stretch.iter().map(|(_, text)| roots[*text]).collect();
    let mut joined = DisjointSets::new(stretch.len());
    for (at, (key, text)) in stretch.iter().enumerate().take(STRETCH) {
        let following = stretch.iter().enumerate().skip(at + 1).take(WINDOW);
        for (next, (_, other)) in following.take_while(|(_, (other_key, _))| other_key == key) {
            if roots[at] != roots[next]
                && joined.root(at) != joined.root(next)
                && is_near(&shingles[*text], &shingles[*other])
            {
                joined.join(at, next);
                pairs.push((*text, *other));
            }
        }
    }
    pairs
}

/// Every text under its key in the band, equal keys (a bucket) side by side.
///
/// The members of a bucket that is larger than the window are sorted by their further keys, so that those that agree in
/// most bands stand nearest to each other (the trees of LSH Forest, Bawa, Condie & Ganesan 2005), in each band by
/// another key first. The text breaks ties, for the order of rows must not matter.
fn in_buckets(signatures: &[Signature], band: usize, texts: &[String]) -> Vec<(u64, usize)> {
    let mut order: Vec<(u64, usize)> = signatures
        .par_iter()
        .enumerate()
        .map(|(text, keys)| (keys[band], text))
        .collect();
    order.par_sort_unstable();
    let rotated = |text: usize| signatures[text][band + 1..].iter().chain(&signatures[text][..band]);
    for bucket in order.chunk_by_mut(|left, right| left.0 == right.0) {
        if bucket.len() > WINDOW + 1 {
            bucket.par_sort_unstable_by(|(_, left), (_, right)| {
                rotated(*left)
                    .cmp(rotated(*right))
                    .then_with(|| texts[*left].cmp(&texts[*right]))
            });
        }
    }
    order
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

/// Whether two ascending sets have Jaccard similarity of at least [`NEAR_DUPLICATE_JACCARD`].
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sentence has far fewer than 2^52 shingles"
)]
fn is_near(left: &[u64], right: &[u64]) -> bool {
    let total = left.len() + right.len();
    // |A ∩ B| / |A ∪ B| ≥ t is |A ∩ B| ≥ t / (1 + t) · (|A| + |B|). 4/5 is not a binary fraction, and 4 shingles of 5
    // must count as 0.8.
    let needed = (NEAR_DUPLICATE_JACCARD / (1.0 + NEAR_DUPLICATE_JACCARD) * total as f64 - 1e-9).ceil() as usize;
    let least = left.len().min(right.len());
    if least < needed {
        return false;
    }
    // How many shingles of each set may be missing from the other; most candidates run out of them early.
    let (left_spare, right_spare) = (left.len() - needed, right.len() - needed);
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < left.len() && j < right.len() {
        let (a, b) = (left[i], right[j]);
        i += usize::from(a <= b);
        j += usize::from(b <= a);
        common += usize::from(a == b);
        if i - common > left_spare || j - common > right_spare {
            return false;
        }
    }
    common >= needed
}

fn signature(set: &[u64], coefficients: &[(u64, u64); BANDS * ROWS]) -> Signature {
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

    #[test]
    fn one_large_cluster_is_found_whole_and_nothing_else_with_it() {
        // 2,000 variants of one sentence in two characters far apart, and as many of another, all in buckets far larger
        // than the window. A text has 78 shingles, 3 of them around each changed character: two texts share 72 of 84 (0.86).
        let sentence = |first: char| -> Vec<char> { (first..).step_by(7).take(80).collect() };
        let variants = |first: char| {
            (0..2_000_u32).map(move |number| {
                let mut text = sentence(first);
                text[20] = char::from_u32(0x4e00 + number % 50).unwrap();
                text[60] = char::from_u32(0x4e00 + number / 50).unwrap();
                text.into_iter().collect::<String>()
            })
        };
        let mut texts: Vec<String> = variants('가').chain(variants('나')).collect();
        let groups = near_duplicates(&texts);
        assert_eq!(groups.count(), 2);
        assert!((0..4_000).all(|text| groups.of(text) == text / 2_000));
        texts.reverse();
        assert!(near_duplicates(&texts).iter().eq(groups.iter()));
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
