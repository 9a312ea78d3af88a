//! From marked text to token ids, and from token ids to batches.

mod batch;
mod byte_pair;
mod cache;
#[cfg(test)]
mod golden_tests;
mod open;
mod special;
mod tokenizer_config;
mod truncation;
mod vocabulary;
mod window;
mod word_piece;
mod words;

use std::{ops::Range, path::PathBuf};

use rayon::prelude::*;
use relex_data::{Marked, Span};
use tokenizers::{EncodeInput, Encoding, PaddingParams, Tokenizer, TruncationParams};

pub use batch::{Batch, BatchTensors};
pub use truncation::Truncation;
pub use vocabulary::NewToken;
pub use words::{EncodedSentence, MaskTokens};

use crate::{EncoderConfig, ModelError};

/// A tokenizer, set up for marked sentences.
#[derive(Debug, Clone)]
pub struct TextEncoder {
    /// The files that it came from; messages name the first.
    files: Vec<PathBuf>,
    tokenizer: Tokenizer,
    max_tokens: usize,
    /// What the file says about padding and truncation, which batches and windows do here.
    padding: Option<PaddingParams>,
    truncation: Option<TruncationParams>,
    /// Whether the first file is a `tokenizer.json` that says all about it.
    is_as_in_file: bool,
    /// SHA-256 of what decides which tokens a text becomes.
    fingerprint: [u8; 32],
    cache: Option<PathBuf>,
}

/// One sentence as the encoder reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedExample {
    /// Token ids, special tokens included.
    pub ids: Vec<u32>,
    /// The segment of each token, 0 or 1, as the tokenizer numbers them; empty if all are 0.
    pub token_types: Vec<u32>,
    /// Positions in `ids` of the subject's and the object's opening marker.
    pub entity_starts: [usize; 2],
    /// The subject's and the object's own tokens in `ids`, between their markers; the opening marker where none is left of
    /// an entity.
    pub entity_spans: [Range<usize>; 2],
    /// The subject's and the object's type as the row of a type embedding, counted from 1; 0 for none. A tokenizer knows no
    /// types: see [`crate::ClassifierConfig::entity_types`].
    pub entity_types: [u32; 2],
    /// How many tokens were cut off to fit; 0 for nearly all sentences.
    pub truncated: usize,
}

impl TextEncoder {
    /// Checks that every token has an embedding and every text a position.
    ///
    /// # Errors
    ///
    /// When the tokenizer has an id beyond the encoder's vocabulary, or `max_tokens` is more than
    /// the encoder has positions.
    pub fn check_fits(&self, encoder: &EncoderConfig) -> Result<(), ModelError> {
        let refuse = |reason: String| ModelError::Misfit {
            path: self.path().into(),
            reason,
        };
        let largest = self.tokenizer.get_vocab(true).into_values().max().unwrap_or(0);
        if largest as usize >= encoder.vocab_size {
            return Err(refuse(format!(
                "it has a token with id {largest}, but the encoder has embeddings for {} only; are they from different models?",
                encoder.vocab_size
            )));
        }
        if self.max_tokens > encoder.max_tokens() {
            return Err(refuse(format!(
                "model.max_tokens = {}, but the encoder has only {} positions; lower it",
                self.max_tokens,
                encoder.max_tokens()
            )));
        }
        Ok(())
    }

    /// Encodes one marked sentence, with its query; `id` is for messages.
    ///
    /// # Errors
    ///
    /// When a marker has no token of its own in the result, which a normaliser that deletes
    /// characters can cause; no window of `max_tokens` can hold the query and both markers; or the
    /// tokenizer puts nothing between two segments.
    pub fn encode(&self, id: &str, marked: &Marked) -> Result<EncodedExample, ModelError> {
        Ok(self.encode_window(id, marked)?.2)
    }

    /// As [`Self::encode`], with all that the tokenizer says of the text, and which of its tokens are kept.
    fn encode_window(&self, id: &str, marked: &Marked) -> Result<(Encoding, Vec<usize>, EncodedExample), ModelError> {
        let refuse = |reason: String| ModelError::Encode { id: id.into(), reason };
        let text = marked.text.as_str();
        let input: EncodeInput<'_> = match &marked.second_segment {
            None => text.into(),
            Some(second) => (text, second.as_str()).into(),
        };
        let encoding = self
            .tokenizer
            .encode(input, true)
            .map_err(|error| refuse(error.to_string()))?;
        let token_of = |character: usize| encoding.char_to_token(byte_of(text, character), 0);
        let token_at = |character: usize, what: &str| {
            token_of(character).ok_or_else(|| {
                refuse(format!(
                    "the tokenizer leaves no token for the {what}, character {character} of {text:?}"
                ))
            })
        };
        let starts = [
            token_at(marked.subject_start, "subject's marker")?,
            token_at(marked.object_start, "object's marker")?,
        ];
        let last_of =
            |entity: Span, start: usize| last_before(byte_of(text, closing_end(marked, entity)), start, &encoding);
        let ends = [
            last_of(marked.subject_span, starts[0]),
            last_of(marked.object_span, starts[1]),
        ];
        let ids = encoding.get_ids();
        let fixed = fixed_tokens(&encoding, marked.query.map_or(0, |query| byte_of(text, query.end())));
        let last_of_sentence = fixed.iter().rposition(|stays| !stays).unwrap_or(0);
        if encoding.token_to_sequence(last_of_sentence + 1) == Some(1) {
            return Err(refuse(format!(
                "{} puts no token between two segments; use model.query.place = \"before\"",
                self.path().display()
            )));
        }
        let kept = window::keep(&fixed, starts, ends, self.max_tokens).ok_or_else(|| {
            refuse(format!(
                "no window of {} tokens holds {}; raise model.max_tokens",
                self.max_tokens,
                if marked.query.is_some() || marked.second_segment.is_some() {
                    "the query and both entity markers"
                } else {
                    "both entity markers"
                }
            ))
        })?;
        let place = |start: usize| kept.iter().position(|&token| token == start);
        let (Some(subject), Some(object)) = (place(starts[0]), place(starts[1])) else {
            return Err(refuse("an entity marker fell out of the window".into()));
        };
        let example = EncodedExample {
            ids: kept.iter().map(|&token| ids[token]).collect(),
            token_types: token_types(&encoding, &kept),
            entity_starts: [subject, object],
            entity_spans: [
                entity_span(&kept, marked.subject_span, token_of).unwrap_or(subject..subject + 1),
                entity_span(&kept, marked.object_span, token_of).unwrap_or(object..object + 1),
            ],
            entity_types: [0, 0],
            truncated: ids.len() - kept.len(),
        };
        Ok((encoding, kept, example))
    }

    /// Encodes many sentences in parallel, in order; pairs are (id, marked sentence). What the cache holds
    /// is not encoded again.
    ///
    /// # Errors
    ///
    /// As [`Self::encode`], for the first sentence in order that fails.
    pub fn encode_all(&self, marked: &[(&str, Marked)]) -> Result<Vec<EncodedExample>, ModelError> {
        match &self.cache {
            Some(folder) if cache::is_worthwhile(marked.len()) => cache::encode_all(self, marked, folder),
            _ => {
                let encoded = marked.par_iter().map(|(id, marked)| self.encode(id, marked));
                // Collected in two steps: the first error in time would be another each time.
                encoded.collect::<Vec<_>>().into_iter().collect()
            }
        }
    }
}

/// Where an entity's tokens stand among those that are kept; none if none of them is.
fn entity_span(kept: &[usize], entity: Span, token_of: impl Fn(usize) -> Option<usize>) -> Option<Range<usize>> {
    let first = (entity.start()..entity.end()).find_map(&token_of)?;
    let last = (entity.start()..entity.end()).rev().find_map(&token_of)?;
    let start = kept.partition_point(|&token| token < first);
    let end = kept.partition_point(|&token| token <= last);
    (start < end).then_some(start..end)
}

/// The tokens that are not the sentence's: special tokens, the second segment, and the query before
/// the sentence, which ends at byte `query_end`.
fn fixed_tokens(encoding: &Encoding, query_end: usize) -> Vec<bool> {
    let special = encoding.get_special_tokens_mask();
    let offsets = encoding.get_offsets();
    let segments = encoding.get_sequence_ids();
    (0..special.len())
        .map(|token| special[token] == 1 || segments[token] == Some(1) || offsets[token].0 < query_end)
        .collect()
}

/// The byte at which a character begins; the text's end for the one behind the last.
fn byte_of(text: &str, character: usize) -> usize {
    text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte)
}

/// Where an entity's closing marker ends; the entity itself if it has none.
fn closing_end(marked: &Marked, entity: Span) -> usize {
    let closing = marked.edits.iter().find(|edit| edit.span.start() == entity.end());
    closing.map_or(entity.end(), |edit| edit.span.end())
}

/// The last token of the sentence, from `start` on, that begins before a byte.
fn last_before(byte: usize, start: usize, encoding: &Encoding) -> usize {
    let (special, offsets) = (encoding.get_special_tokens_mask(), encoding.get_offsets());
    let reached = |token: &usize| special[*token] == 0 && offsets[*token].0 < byte;
    (start..offsets.len()).take_while(reached).last().unwrap_or(start)
}

/// The kept tokens' types; none if all are 0. Encoders here know two.
fn token_types(encoding: &Encoding, kept: &[usize]) -> Vec<u32> {
    let types = encoding.get_type_ids();
    let types: Vec<u32> = kept.iter().map(|&token| types[token].min(1)).collect();
    if types.contains(&1) { types } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_entity_keeps_what_is_left_of_it() {
        // Two characters make a token, but for the first two, which make none.
        let token_of = |character: usize| (character / 2).checked_sub(1);
        let span = |start, end| entity_span(&[0, 2, 3, 15, 16, 19], Span::new(start, end).unwrap(), token_of);
        // tokens 3 to 5, of which only the first is kept; 15 and 16; 17; what begins with no token; what is none
        assert_eq!(span(8, 14), Some(2..3));
        assert_eq!(span(32, 35), Some(3..5));
        assert_eq!(span(36, 38), None);
        assert_eq!(span(0, 3), Some(0..1));
        assert_eq!(span(0, 2), None);
    }
}
