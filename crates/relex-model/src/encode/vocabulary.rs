//! Tokens that a tokenizer did not come with.

use std::collections::HashSet;

use relex_data::SpecialToken;
use sha2::{Digest, Sha256};
use tokenizers::AddedToken;

use super::TextEncoder;
use crate::ModelError;

/// A token that the encoder has no embedding for yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The token.
    pub text: String,
    /// Its id.
    pub id: u32,
    /// The older tokens that describe it, from whose embeddings its own begins.
    pub pieces: Vec<u32>,
}

impl TextEncoder {
    /// Makes the tokenizer keep these tokens whole, wherever they stand in a text. The answer names those
    /// that the vocabulary did not hold, for [`crate::Encoder::add_tokens`]; ids follow one another in the
    /// order of `tokens`, from the first that is free.
    ///
    /// # Errors
    ///
    /// When the tokenizer cannot take a token in, or gives it an id that it already uses.
    pub fn add_tokens(&mut self, tokens: &[SpecialToken]) -> Result<Vec<NewToken>, ModelError> {
        let path = self.path().to_path_buf();
        let refuse = |reason: String| ModelError::Misfit {
            path: path.clone(),
            reason,
        };
        let mut new = Vec::new();
        for token in tokens {
            if self.tokenizer.token_to_id(&token.text).is_none() {
                let description = self.tokenizer.encode(token.description.as_str(), false);
                new.push(NewToken {
                    text: token.text.clone(),
                    id: 0,
                    pieces: description
                        .map_err(|error| refuse(error.to_string()))?
                        .get_ids()
                        .to_vec(),
                });
            }
        }
        let is_whole = |token: &&SpecialToken| self.tokenizer.get_added_vocabulary().is_special_token(&token.text);
        let missing: Vec<AddedToken> = tokens
            .iter()
            .filter(|token| !is_whole(token))
            .map(|token| AddedToken::from(token.text.as_str(), true))
            .collect();
        if missing.is_empty() {
            return Ok(new);
        }
        let known: HashSet<u32> = self.tokenizer.get_vocab(true).into_values().collect();
        self.is_as_in_file = false;
        let mut hash = Sha256::new_with_prefix(self.fingerprint);
        for token in &missing {
            hash.update((token.content.len() as u64).to_le_bytes());
            hash.update(&token.content);
        }
        self.fingerprint = hash.finalize().into();
        self.tokenizer
            .add_special_tokens(missing)
            .map_err(|error| refuse(error.to_string()))?;
        for token in &mut new {
            let id = self.tokenizer.token_to_id(&token.text);
            token.id = id.filter(|id| !known.contains(id)).ok_or_else(|| {
                refuse(format!(
                    "it has no free id for the token {:?}; number its vocabulary without gaps",
                    token.text
                ))
            })?;
        }
        Ok(new)
    }

    /// `tokenizer.json` as this tokenizer is now; the file that it came from, byte for byte, if that was one and no
    /// token was added.
    ///
    /// # Errors
    ///
    /// When the file cannot be read again, or the tokenizer cannot be written.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, ModelError> {
        if self.is_as_in_file {
            return std::fs::read(self.path()).map_err(ModelError::io(self.path()));
        }
        let refuse = |error: tokenizers::Error| ModelError::Tokenizer {
            context: self.path().display().to_string(),
            reason: error.to_string(),
        };
        let mut tokenizer = self.tokenizer.clone();
        tokenizer.with_padding(self.padding.clone());
        tokenizer.with_truncation(self.truncation.clone()).map_err(refuse)?;
        Ok(tokenizer.to_string(true).map_err(refuse)?.into_bytes())
    }
}
