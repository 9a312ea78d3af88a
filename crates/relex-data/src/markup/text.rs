//! A marked sentence in the making.

use super::kind::{Mark, SpecialToken};
use super::{Edit, split_at};
use crate::error::DataError;
use crate::example::Span;

/// What is written so far, and the `rest` of the sentence from character `at` on.
pub(super) struct Text<'a> {
    text: String,
    length: usize,
    edits: Vec<Edit>,
    rest: &'a str,
    at: usize,
    tokens: &'a [SpecialToken],
}

/// Where an entity came to stand: the beginning of its opening marker, and its characters.
pub(super) struct Placed {
    pub(super) start: usize,
    pub(super) span: Span,
}

impl<'a> Text<'a> {
    /// Nothing of `sentence` is written yet; `tokens` must not be read out of it.
    pub(super) fn new(sentence: &'a str, tokens: &'a [SpecialToken]) -> Self {
        Self {
            text: String::with_capacity(sentence.len() + 64),
            length: 0,
            edits: Vec::new(),
            rest: sentence,
            at: 0,
            tokens,
        }
    }

    /// Puts a query before the sentence; where it stands.
    pub(super) fn put_query(&mut self, words: &str) -> Result<Span, DataError> {
        self.insert(&format!("{words} "), "")?;
        Span::new(0, self.length - 1)
    }

    /// Copies up to the end of an entity, with its marker.
    pub(super) fn mark(&mut self, entity: Span, mark: &Mark) -> Result<Placed, DataError> {
        self.copy_until(entity.start())?;
        let start = self.length;
        let span = match mark {
            Mark::Around { opening, closing } => {
                self.insert(opening, "")?;
                let word = self.length;
                self.copy_until(entity.end())?;
                let span = Span::new(word, self.length)?;
                self.insert(closing, "")?;
                span
            }
            Mark::Instead(token) => {
                let (word, rest) = split_at(self.rest, entity.len());
                self.insert(token, word)?;
                (self.rest, self.at) = (rest, entity.end());
                Span::new(start, self.length)?
            }
        };
        Ok(Placed { start, span })
    }

    /// Where an unmarked entity of the rest will stand once the rest is written.
    pub(super) fn place(&self, entity: Span) -> Result<Placed, DataError> {
        let start = self.length + entity.start() - self.at;
        let span = Span::new(start, start + entity.len())?;
        Ok(Placed { start, span })
    }

    /// Copies the rest.
    pub(super) fn finish(mut self) -> Result<(String, Vec<Edit>), DataError> {
        self.copy(self.rest)?;
        Ok((self.text, self.edits))
    }

    fn copy_until(&mut self, end: usize) -> Result<(), DataError> {
        let (piece, rest) = split_at(self.rest, end - self.at);
        (self.rest, self.at) = (rest, end);
        self.copy(piece)
    }

    fn copy(&mut self, piece: &str) -> Result<(), DataError> {
        let mut from = 0;
        for bracket in tokens_in(piece, self.tokens) {
            self.push(&piece[from..=bracket]);
            self.insert(" ", "")?;
            from = bracket + 1;
        }
        self.push(&piece[from..]);
        Ok(())
    }

    fn insert(&mut self, piece: &str, original: &str) -> Result<(), DataError> {
        let start = self.length;
        self.push(piece);
        self.edits.push(Edit {
            span: Span::new(start, self.length)?,
            original: original.to_owned(),
        });
        Ok(())
    }

    fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.length += piece.chars().count();
    }
}

/// `piece` with a space behind the bracket of every token in it.
pub(super) fn escaped(piece: &str, tokens: &[SpecialToken]) -> String {
    let mut text = String::with_capacity(piece.len());
    let mut from = 0;
    for bracket in tokens_in(piece, tokens) {
        text.push_str(&piece[from..=bracket]);
        text.push(' ');
        from = bracket + 1;
    }
    text + &piece[from..]
}

/// The bytes at which tokens begin, always with a bracket.
fn tokens_in(piece: &str, tokens: &[SpecialToken]) -> impl Iterator<Item = usize> {
    let brackets = piece.match_indices('[').map(|(at, _)| at);
    brackets.filter(|at| tokens.iter().any(|token| piece[*at..].starts_with(&token.text)))
}
