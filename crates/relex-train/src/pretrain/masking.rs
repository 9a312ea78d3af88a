//! Which tokens are masked, and by what.

use rand::{Rng, RngExt, seq::SliceRandom};
use relex_model::{EncodedSentence, MaskTokens};

use crate::{MaskUnit, MaskingConfig};

/// A sentence with something to guess in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedSentence {
    /// What the model sees, as long as the sentence.
    pub ids: Vec<u32>,
    /// The places in it whose tokens are to be guessed, rising.
    pub places: Vec<usize>,
    /// The tokens that belong there.
    pub targets: Vec<u32>,
}

/// Masks a sentence: units are chosen, and the fate of each is drawn once, so that a unit's tokens are all masked, all random, or
/// all as they are.
///
/// Every token or word is chosen with the probability `masking.share`; of `n` of them, `share · n` are, rounded up or down
/// (systematic sampling in a random order: as little chance as possible in how many). Under [`MaskUnit::EntitySpan`] each entity
/// is chosen with its own probability, and the words outside of the entities with the one that brings the expected number of
/// tokens to `share` of the sentence's, 0 if the entities alone are more. If nothing is chosen, one unit is.
///
/// Only tokens with a word are chosen: never a special token, a marker or the query. A sentence without any stays as it is.
pub fn mask_sentence(
    sentence: &EncodedSentence,
    masking: &MaskingConfig,
    tokens: &MaskTokens,
    random: &mut impl Rng,
) -> MaskedSentence {
    let mut ids = sentence.encoded.ids.clone();
    let chosen = choose(sentence, masking, random);
    for unit in &chosen {
        let fate: f64 = random.random();
        for &token in unit {
            if fate < masking.mask {
                ids[token] = tokens.mask;
            } else if fate < masking.mask + masking.random {
                ids[token] = tokens.ordinary[random.random_range(0..tokens.ordinary.len())];
            }
        }
    }
    let mut places = chosen.concat();
    places.sort_unstable();
    MaskedSentence {
        targets: places.iter().map(|&place| sentence.encoded.ids[place]).collect(),
        ids,
        places,
    }
}

/// The tokens of each unit that is chosen.
fn choose(sentence: &EncodedSentence, masking: &MaskingConfig, random: &mut impl Rng) -> Vec<Vec<usize>> {
    let (entities, mut words) = units(sentence, masking.unit);
    let own = sentence.words.iter().flatten().count();
    let (mut chosen, mut passed): (Vec<_>, Vec<_>) = entities
        .into_iter()
        .partition(|_| random.random::<f64>() < masking.entity_share());
    let left: usize = words.iter().map(Vec::len).sum();
    let masked: usize = chosen.iter().map(Vec::len).sum();
    let share = if masking.unit == MaskUnit::EntitySpan {
        ((masking.share * own as f64 - masked as f64) / left.max(1) as f64).clamp(0.0, 1.0)
    } else {
        masking.share
    };
    words.shuffle(random);
    let offset: f64 = random.random();
    let crosses = |at: usize| (share * (at + 1) as f64 + offset).floor() > (share * at as f64 + offset).floor();
    for (at, word) in words.into_iter().enumerate() {
        if crosses(at) {
            chosen.push(word);
        } else {
            passed.push(word);
        }
    }
    if chosen.is_empty() && !passed.is_empty() {
        chosen.push(passed.swap_remove(random.random_range(0..passed.len())));
    }
    chosen
}

/// The sentence's entities, if they are units, and its other units: the tokens of each.
fn units(sentence: &EncodedSentence, unit: MaskUnit) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let own = |token: &usize| sentence.words[*token].is_some();
    let tokens = (0..sentence.words.len()).filter(own);
    if unit == MaskUnit::Token {
        return (Vec::new(), tokens.map(|token| vec![token]).collect());
    }
    let mut entities: Vec<Vec<usize>> = Vec::new();
    if unit == MaskUnit::EntitySpan {
        for span in &sentence.encoded.entity_spans {
            // Entities may share tokens: these are the first one's.
            let of_another = |token: &usize| entities.iter().any(|other| other.contains(token));
            let entity: Vec<usize> = span.clone().filter(|token| own(token) && !of_another(token)).collect();
            if !entity.is_empty() {
                entities.push(entity);
            }
        }
    }
    let mut words: Vec<(Option<u32>, Vec<usize>)> = Vec::new();
    for token in tokens.filter(|token| !entities.iter().any(|entity| entity.contains(token))) {
        let word = sentence.words[token];
        match words.last_mut() {
            Some((last, so_far)) if *last == word => so_far.push(token),
            _ => words.push((word, vec![token])),
        }
    }
    (entities, words.into_iter().map(|(_, tokens)| tokens).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use relex_model::EncodedExample;

    use super::*;

    const TOKENS: u32 = 1000;

    fn tokens() -> MaskTokens {
        MaskTokens {
            mask: TOKENS,
            ordinary: (10..TOKENS).collect(),
        }
    }

    /// A sentence between two special tokens whose words have these lengths; 0 is a marker.
    fn sentence(lengths: &[usize], spans: [(usize, usize); 2]) -> EncodedSentence {
        let mut words = vec![None];
        for (number, &length) in lengths.iter().enumerate() {
            match length {
                0 => words.push(None),
                length => words.extend(vec![Some(number as u32); length]),
            }
        }
        words.push(None);
        let count = words.len();
        let spans = spans.map(|(start, length)| {
            let start = 1 + start % (count - 2);
            start..(start + 1 + length).min(count - 1)
        });
        EncodedSentence {
            encoded: EncodedExample {
                ids: (0..count).map(|token| 10 + (token * 37 % 900) as u32).collect(),
                token_types: Vec::new(),
                entity_starts: spans.clone().map(|span| span.start),
                entity_spans: spans,
                entity_types: [0, 0],
                truncated: 0,
            },
            words,
        }
    }

    fn masking(unit: MaskUnit) -> MaskingConfig {
        MaskingConfig {
            unit,
            ..MaskingConfig::default()
        }
    }

    fn mask(sentence: &EncodedSentence, masking: &MaskingConfig, seed: u64) -> MaskedSentence {
        mask_sentence(sentence, masking, &tokens(), &mut ChaCha8Rng::seed_from_u64(seed))
    }

    const UNITS: [MaskUnit; 3] = [MaskUnit::Token, MaskUnit::WholeWord, MaskUnit::EntitySpan];

    prop_compose! {
        fn sentences()(
            lengths in proptest::collection::vec(0usize..5, 1..40),
            spans in [(0usize..60, 0usize..6), (0usize..60, 0usize..6)],
        ) -> EncodedSentence {
            sentence(&lengths, spans)
        }
    }

    proptest! {
        #[test]
        fn special_tokens_and_markers_are_never_masked(
            sentence in sentences(), seed: u64, share in 0.01..=1.0f64, unit in 0usize..3,
        ) {
            let masking = MaskingConfig { share, ..masking(UNITS[unit]) };
            let masked = mask(&sentence, &masking, seed);
            let ids = &sentence.encoded.ids;
            prop_assert_eq!(masked.ids.len(), ids.len());
            prop_assert!(masked.places.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(masked.places.iter().all(|&place| sentence.words[place].is_some()));
            for (place, (seen, own)) in masked.ids.iter().zip(ids).enumerate() {
                prop_assert!(masked.places.contains(&place) || seen == own);
            }
            let targets: Vec<u32> = masked.places.iter().map(|&place| ids[place]).collect();
            prop_assert_eq!(&masked.targets, &targets);
            prop_assert!(masked.ids.iter().all(|id| *id == TOKENS || tokens().ordinary.contains(id)));
            prop_assert_eq!(masked.places.is_empty(), sentence.words.iter().all(Option::is_none));
            prop_assert_eq!(mask(&sentence, &masking, seed), masked);
        }

        /// Of n units share · n are chosen, rounded either way, and at least one.
        #[test]
        fn as_many_units_are_masked_as_the_share_says(
            sentence in sentences(), seed: u64, share in 0.01..=1.0f64, whole_words: bool,
        ) {
            let unit = if whole_words { MaskUnit::WholeWord } else { MaskUnit::Token };
            let masked = mask(&sentence, &MaskingConfig { share, ..masking(unit) }, seed);
            let count = |places: &[usize]| {
                let mut words: Vec<u32> = places.iter().filter_map(|&place| sentence.words[place]).collect();
                if whole_words {
                    words.dedup();
                }
                words.len()
            };
            let all: Vec<usize> = (0..sentence.words.len()).collect();
            let (units, chosen) = (count(&all), count(&masked.places));
            let wanted = share * units as f64;
            let lowest = if units == 0 { 0 } else { (wanted - 1e-9).floor().max(1.0) as usize };
            prop_assert!((lowest..=((wanted + 1e-9).ceil() as usize).max(lowest)).contains(&chosen), "{chosen} of {units}");
        }

        #[test]
        fn words_are_masked_whole_and_share_a_fate(sentence in sentences(), seed: u64, share in 0.01..=1.0f64) {
            let masked = mask(&sentence, &MaskingConfig { share, ..masking(MaskUnit::WholeWord) }, seed);
            for &place in &masked.places {
                let whole: Vec<usize> =
                    (0..sentence.words.len()).filter(|&other| sentence.words[other] == sentence.words[place]).collect();
                prop_assert!(whole.iter().all(|token| masked.places.contains(token)));
                let masks = whole.iter().filter(|&&token| masked.ids[token] == TOKENS).count();
                prop_assert!(masks == 0 || masks == whole.len());
            }
        }

        #[test]
        fn entities_are_masked_whole_or_not_at_all(
            lengths in proptest::collection::vec(0usize..5, 6..40),
            first in 0usize..4, wide in 0usize..4, gap in 0usize..4,
            seed: u64, entity_share in 0.0..=1.0f64,
        ) {
            let second = first + wide + 1 + gap;
            let sentence = sentence(&lengths, [(first, wide), (second, wide)]);
            prop_assume!(second + 1 < sentence.words.len() - 1);
            let masking = MaskingConfig { entity_share: Some(entity_share), ..masking(MaskUnit::EntitySpan) };
            let masked = mask(&sentence, &masking, seed);
            for span in &sentence.encoded.entity_spans {
                let own: Vec<usize> = span.clone().filter(|&token| sentence.words[token].is_some()).collect();
                let hit = own.iter().filter(|token| masked.places.contains(token)).count();
                prop_assert!(hit == 0 || hit == own.len(), "{hit} of {}", own.len());
                let masks = own.iter().filter(|&&token| masked.ids[token] == TOKENS).count();
                prop_assert!(masks == 0 || masks == own.len());
            }
            let all = MaskingConfig { entity_share: Some(1.0), ..masking };
            let masked = mask(&sentence, &all, seed);
            for token in sentence.encoded.entity_spans.iter().cloned().flatten() {
                prop_assert_eq!(masked.places.contains(&token), sentence.words[token].is_some());
            }
        }
    }

    /// Over many draws; the deviation of a share is under 0.5 / √draws.
    #[test]
    fn shares_are_those_of_the_configuration() {
        let draws = 4000u32;
        let within = 4.0 * 0.5 / f64::from(draws).sqrt();
        let lengths = [1, 1, 4, 1, 2, 0, 3, 1, 1, 2, 1, 5, 1, 2, 1];
        let sentence = sentence(&lengths, [(0, 1), (11, 2)]);
        let own: usize = lengths.iter().sum();
        for unit in UNITS {
            let masking = MaskingConfig {
                entity_share: (unit == MaskUnit::EntitySpan).then_some(0.3),
                ..masking(unit)
            };
            let mut by_token = vec![0usize; sentence.words.len()];
            let (mut units, mut masks, mut kept) = (0.0, 0.0, 0.0);
            for seed in 0..draws {
                let masked = mask(&sentence, &masking, u64::from(seed));
                for &place in &masked.places {
                    by_token[place] += 1;
                    // A unit's share of its own fate, so that each unit counts once.
                    units += 1.0;
                    masks += f64::from(u8::from(masked.ids[place] == TOKENS));
                    kept += f64::from(u8::from(masked.ids[place] == sentence.encoded.ids[place]));
                }
            }
            let share = |count: usize| count as f64 / f64::from(draws);
            if unit == MaskUnit::EntitySpan {
                // Entities come with their own share; of their 5 tokens 1.5 are masked, of all 26 3.9 should be, so that the
                // words outside make up the rest where the entities leave room.
                for token in sentence.encoded.entity_spans.iter().cloned().flatten() {
                    let expected = if sentence.words[token].is_some() { 0.3 } else { 0.0 };
                    assert!((share(by_token[token]) - expected).abs() < within, "{by_token:?}");
                }
            } else {
                // Every token alike, however long its word is.
                for (token, &count) in by_token.iter().enumerate() {
                    let expected = if sentence.words[token].is_some() { 0.15 } else { 0.0 };
                    assert!((share(count) - expected).abs() < within, "{unit:?}: {by_token:?}");
                }
            }
            let mean = by_token.iter().sum::<usize>() as f64 / f64::from(draws) / own as f64;
            assert!((0.14..0.19).contains(&mean), "{unit:?}: {mean}");
            assert!((masks / units - 0.8).abs() < 0.03, "{unit:?}: {}", masks / units);
            assert!((kept / units - 0.1).abs() < 0.03, "{unit:?}: {}", kept / units);
        }
    }

    #[test]
    fn another_stream_gives_other_masks() {
        let sentence = sentence(&[1; 40], [(0, 0), (5, 0)]);
        let masking = masking(MaskUnit::Token);
        assert_ne!(mask(&sentence, &masking, 1), mask(&sentence, &masking, 2));
    }
}
