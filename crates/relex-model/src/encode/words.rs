//! Which word of its sentence each token is of, for masking words whole.

use std::collections::HashSet;

use rayon::prelude::*;
use relex_data::{Marked, SpecialToken};
use tokenizers::Encoding;

use super::{EncodedExample, NewToken, TextEncoder};
use crate::ModelError;

/// What a tokenizer is given for a mask if it has none.
const MASK: &str = "[MASK]";

/// A sentence as the encoder reads it, with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedSentence {
    /// Tokens and entities.
    pub encoded: EncodedExample,
    /// The word that each token is of, by its number in the sentence; none for what is not the sentence's own or says nothing:
    /// special tokens, markers, the query, and the token of what the vocabulary lacks.
    pub words: Vec<Option<u32>>,
}

/// What masking needs to know of a vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskTokens {
    /// What stands for a masked token.
    pub mask: u32,
    /// All tokens that are not special, by rising id.
    pub ordinary: Vec<u32>,
}

impl TextEncoder {
    /// Encodes one marked sentence and tells its words; `id` is for messages.
    ///
    /// A word is what stands between spaces, and every punctuation character is a word by itself (so BERT cuts words before it
    /// cuts them into pieces). In Korean a word is therefore a noun or verb with its particles and endings, 어절 (eojeol): no
    /// morphological analysis is made. A token that is of two words counts to its first character's.
    ///
    /// # Errors
    ///
    /// As [`Self::encode`].
    pub fn encode_sentence(&self, id: &str, marked: &Marked) -> Result<EncodedSentence, ModelError> {
        let (encoding, kept, encoded) = self.encode_window(id, marked)?;
        let words = words(&encoding, marked);
        let special = self.special_ids();
        let own = |(&token, id): (&usize, &u32)| words[token].filter(|_| !special.contains(id));
        Ok(EncodedSentence {
            words: kept.iter().zip(&encoded.ids).map(own).collect(),
            encoded,
        })
    }

    /// Encodes many sentences in parallel, in order; pairs are (id, marked sentence).
    ///
    /// # Errors
    ///
    /// As [`Self::encode`], for the first sentence in order that fails.
    pub fn encode_sentences(&self, marked: &[(&str, Marked)]) -> Result<Vec<EncodedSentence>, ModelError> {
        let encoded = marked.par_iter().map(|(id, marked)| self.encode_sentence(id, marked));
        // Collected in two steps: the first error in time would be another each time.
        encoded.collect::<Vec<_>>().into_iter().collect()
    }

    /// The tokenizer's mask token, `[MASK]` or `<mask>`, which it is given if it has none, and its ordinary tokens. A mask token
    /// that is new is for [`crate::MaskedModel::add_tokens`].
    ///
    /// # Errors
    ///
    /// As [`Self::add_tokens`]; when there are no ordinary tokens.
    pub fn mask_tokens(&mut self) -> Result<(MaskTokens, Vec<NewToken>), ModelError> {
        let known = || {
            [MASK, "<mask>"]
                .into_iter()
                .find_map(|token| self.tokenizer.token_to_id(token))
        };
        let (mask, new) = match known() {
            Some(mask) => (mask, Vec::new()),
            None => {
                let token = SpecialToken {
                    text: MASK.into(),
                    description: String::new(),
                };
                let new = self.add_tokens(&[token])?;
                (new.first().map_or(0, |token| token.id), new)
            }
        };
        let special = self.special_ids();
        let mut ordinary: Vec<u32> = self.tokenizer.get_vocab(true).into_values().collect();
        ordinary.retain(|id| *id != mask && !special.contains(id));
        ordinary.sort_unstable();
        if ordinary.is_empty() {
            return Err(ModelError::Misfit {
                path: self.path().into(),
                reason: "all of its tokens are special, so there is nothing to mask; use the encoder's own".into(),
            });
        }
        Ok((MaskTokens { mask, ordinary }, new))
    }

    /// Tokens that are no part of any text: those that are marked as special, and that of what the vocabulary lacks.
    fn special_ids(&self) -> HashSet<u32> {
        let added = self.tokenizer.get_added_tokens_decoder().into_iter();
        let special = added.filter(|(_, token)| token.special).map(|(id, _)| id);
        let unknown = ["[UNK]", "<unk>"]
            .iter()
            .filter_map(|token| self.tokenizer.token_to_id(token));
        special.chain(unknown).collect()
    }
}

/// The word of every token of the text; none for special tokens, the second segment, the query and markers.
fn words(encoding: &Encoding, marked: &Marked) -> Vec<Option<u32>> {
    let places = word_of_each_byte(marked);
    let (special, segments) = (encoding.get_special_tokens_mask(), encoding.get_sequence_ids());
    let offsets = encoding.get_offsets();
    (0..offsets.len())
        .map(|token| {
            let (start, end) = offsets[token];
            if special[token] == 1 || segments[token] == Some(1) || start >= end {
                return None;
            }
            // Spaces in front of a word are part of its first token in some vocabularies, and a token by themselves in others:
            // that one is of the word behind it.
            let rest = places.get(start..)?;
            match rest.iter().find(|place| **place != Place::Space)? {
                Place::Word(number) => Some(*number),
                _ => None,
            }
        })
        .collect()
}

/// What a byte of a marked text is part of.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Space,
    /// A marker, or the query.
    Mark,
    Word(u32),
}

fn word_of_each_byte(marked: &Marked) -> Vec<Place> {
    let edits = marked.edits.iter().map(|edit| edit.span);
    let marks: Vec<_> = edits.chain(marked.query).map(|span| span.start()..span.end()).collect();
    let mut places = Vec::with_capacity(marked.text.len());
    let (mut number, mut is_open) = (0, false);
    for (index, character) in marked.text.chars().enumerate() {
        let is_mark = marks.iter().any(|mark| mark.contains(&index));
        let goes_on = character.is_alphanumeric() || is_inside_words(character);
        let place = if character.is_whitespace() {
            Place::Space
        } else if is_mark {
            Place::Mark
        } else {
            // A word begins after a space or a mark, and with each character that is punctuation or follows it.
            if !(is_open && goes_on) {
                number += 1;
            }
            Place::Word(number - 1)
        };
        is_open = matches!(place, Place::Word(_)) && goes_on;
        places.extend(std::iter::repeat_n(place, character.len_utf8()));
    }
    places
}

/// What is neither a letter nor a digit, and yet no punctuation: marks on letters, joiners, symbols beyond ASCII.
fn is_inside_words(character: char) -> bool {
    !character.is_ascii() && !is_punctuation(character)
}

/// The blocks of Unicode that hold punctuation beyond ASCII: Latin-1's, General Punctuation's, CJK's, and the wide forms.
fn is_punctuation(character: char) -> bool {
    matches!(
        character,
        '\u{a1}'..='\u{bf}' | '\u{d7}' | '\u{f7}' | '\u{2010}'..='\u{205e}' | '\u{2190}'..='\u{2bff}'
            | '\u{3001}'..='\u{303f}' | '\u{30fb}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff01}'..='\u{ff0f}'
            | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}'
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use relex_data::{Entity, Example, Markers, Query, QueryPlace, Span, mark, mark_with_query};

    use super::*;

    fn encoder(file: &str) -> TextEncoder {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        TextEncoder::from_file(&root.join(file), 128).unwrap()
    }

    fn tiny() -> TextEncoder {
        encoder("crates/relex-cli/tests/fixtures/tiny-encoder/tokenizer.json")
    }

    fn spec() -> relex_data::DatasetSpec {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        relex_data::DatasetSpec::from_file(&root.join("datasets/sample/dataset.toml")).unwrap()
    }

    /// 이순신 is the subject and 장군 the object.
    fn example() -> Example {
        let sentence = "이순신(李舜臣)은 조선의 장군이다.";
        let entity = |word: &str, entity_type: &str| {
            let start = sentence.chars().collect::<String>().find(word).unwrap();
            let start = sentence[..start].chars().count();
            Entity {
                span: Span::new(start, start + word.chars().count()).unwrap(),
                entity_type: entity_type.into(),
            }
        };
        Example {
            id: "1".into(),
            sentence: sentence.into(),
            subject: entity("이순신", "PER"),
            object: entity("장군", "POH"),
            label: None,
            source: None,
        }
    }

    /// The texts of each word's tokens, one after the other.
    fn check(encoder: &TextEncoder, marked: &Marked, expected: &[&str]) {
        let sentence = encoder.encode_sentence("1", marked).unwrap();
        let ids = &sentence.encoded.ids;
        assert_eq!(sentence.words.len(), ids.len());
        let mut words: Vec<(u32, String)> = Vec::new();
        for (&id, &word) in ids.iter().zip(&sentence.words) {
            let Some(word) = word else { continue };
            let text = encoder.tokenizer.id_to_token(id).unwrap();
            let text = text.trim_start_matches("##").replace('▁', "");
            match words.last_mut() {
                Some((last, so_far)) if *last == word => so_far.push_str(&text),
                _ => words.push((word, text)),
            }
        }
        assert!(words.windows(2).all(|pair| pair[0].0 < pair[1].0), "{words:?}");
        let found: Vec<String> = words.into_iter().map(|(_, text)| compose(&text)).collect();
        assert_eq!(found, expected);
    }

    /// Hangul letters put together, as the tiny tokenizer takes them apart.
    fn compose(text: &str) -> String {
        let mut composed: Vec<u32> = Vec::new();
        for letter in text.chars().map(u32::from) {
            match (composed.last().copied(), letter) {
                (Some(first @ 0x1100..=0x1112), 0x1161..=0x1175) => {
                    composed.pop();
                    composed.push(0xac00 + ((first - 0x1100) * 21 + (letter - 0x1161)) * 28);
                }
                (Some(open @ 0xac00..=0xd7a3), 0x11a8..=0x11c2) if (open - 0xac00) % 28 == 0 => {
                    composed.pop();
                    composed.push(open + letter - 0x11a7);
                }
                _ => composed.push(letter),
            }
        }
        composed.into_iter().filter_map(char::from_u32).collect()
    }

    /// The tiny vocabulary has no Hanja: its token for them is of no word.
    #[test]
    fn words_stand_between_spaces_and_punctuation_is_apart() {
        let marked = mark(&example(), Markers::None, &spec()).unwrap();
        check(&tiny(), &marked, &["이순신", "(", ")", "은", "조선의", "장군이다", "."]);
    }

    #[test]
    fn markers_and_queries_are_of_no_word() {
        let words = ["이순신", "(", ")", "은", "조선의", "장군", "이다", "."];
        for markers in [Markers::Punctuation, Markers::TypedPunctuation] {
            check(&tiny(), &mark(&example(), markers, &spec()).unwrap(), &words);
        }
        let mut grown = tiny();
        grown
            .add_tokens(&Markers::Entity.special_tokens(&spec()).unwrap())
            .unwrap();
        check(&grown, &mark(&example(), Markers::Entity, &spec()).unwrap(), &words);
        for place in [QueryPlace::Before, QueryPlace::SecondSegment] {
            let query = Query {
                template: "{subject}, {object}?".parse().unwrap(),
                place,
            };
            let marked = mark_with_query(&example(), Markers::Punctuation, &query, &spec()).unwrap();
            check(&tiny(), &marked, &words);
        }
    }

    /// `▁` is a space of the text, which belongs to the word behind it.
    #[test]
    fn spaces_belong_to_the_word_behind_them() {
        let shipped = encoder("datasets/encoders/e5-small-ko-en/tokenizer.json");
        let marked = mark(&example(), Markers::None, &spec()).unwrap();
        let sentence = shipped.encode_sentence("1", &marked).unwrap();
        let words = sentence.words.iter().flatten().collect::<Vec<_>>();
        // 이순신 ( 李舜臣 ) 은 조선의 장군이다 .
        assert!(words.len() >= 8 && **words.last().unwrap() == 7, "{:?}", sentence.words);
        assert!(
            words
                .windows(2)
                .all(|pair| pair[0] <= pair[1] && pair[1] - pair[0] <= 1)
        );
        let mut with_space = example();
        with_space.sentence = with_space.sentence.replace("장군", " 장군");
        with_space.object.span =
            Span::new(with_space.object.span.start() + 1, with_space.object.span.end() + 1).unwrap();
        let marked = mark(&with_space, Markers::None, &spec()).unwrap();
        let words = shipped.encode_sentence("1", &marked).unwrap().words;
        assert_eq!(words.iter().flatten().max(), Some(&7), "{words:?}");
    }

    #[test]
    fn a_tokenizer_without_a_mask_gets_one() {
        let mut shipped = encoder("datasets/encoders/e5-small-ko-en/tokenizer.json");
        let (tokens, new) = shipped.mask_tokens().unwrap();
        // all but <s> <pad> </s> <unk>, and <mask>, which is the last of 37,901
        assert_eq!(
            tokens,
            MaskTokens {
                mask: 37_900,
                ordinary: (4..37_900).collect()
            }
        );
        assert!(new.is_empty());
        let mut tiny = tiny();
        let (tokens, new) = tiny.mask_tokens().unwrap();
        assert_eq!((tokens.mask, new.len(), new[0].text.as_str()), (245, 1, "[MASK]"));
        assert_eq!(tokens.ordinary, (4..245).collect::<Vec<u32>>());
        assert_eq!(tiny.mask_tokens().unwrap(), (tokens, Vec::new()));
    }
}
