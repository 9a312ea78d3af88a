use std::fmt;

use super::EncodedExample;

/// How many sentences were cut to fit, and how many tokens that left out.
///
/// ```
/// use relex_model::{EncodedExample, Truncation};
///
/// let row = |truncated| EncodedExample {
///     ids: vec![0, 7, 2],
///     token_types: vec![],
///     entity_starts: [1, 1],
///     entity_spans: [1..2, 1..2],
///     entity_types: [0, 0],
///     truncated,
/// };
/// let truncation = Truncation::of(&[row(0), row(5), row(2)]);
/// assert_eq!(truncation.to_string(), "2 of 3 sentences were cut, 7 tokens left out");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Truncation {
    /// Sentences in all.
    pub sentences: usize,
    /// Sentences that were cut.
    pub cut: usize,
    /// Tokens that were left out of them.
    pub tokens: usize,
}

impl Truncation {
    /// Counts over encoded sentences.
    pub fn of<'a>(encoded: impl IntoIterator<Item = &'a EncodedExample>) -> Self {
        encoded.into_iter().fold(Self::default(), |total, example| Self {
            sentences: total.sentences + 1,
            cut: total.cut + usize::from(example.truncated > 0),
            tokens: total.tokens + example.truncated,
        })
    }
}

impl fmt::Display for Truncation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} of {} sentences were cut, {} tokens left out",
            self.cut, self.sentences, self.tokens
        )
    }
}
