//! Rows and entities as their file has them: names found, nothing checked.

use std::ops::Range;

/// A row.
pub(super) struct RawRow {
    /// Nothing where the row number stands for it.
    pub(super) id: Option<String>,
    pub(super) sentence: Sentence,
    pub(super) subject: RawEntity,
    pub(super) object: RawEntity,
    pub(super) label: Option<String>,
    pub(super) source: Option<String>,
}

/// An entity; which parts there are is for the description to say.
#[derive(Default)]
pub(super) struct RawEntity {
    pub(super) word: Option<String>,
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) entity_type: Option<String>,
}

/// A sentence, and the characters of each token where the file has it as a list of them.
pub(super) struct Sentence {
    pub(super) text: String,
    tokens: Option<Vec<Range<usize>>>,
}

impl Sentence {
    pub(super) fn of_text(text: String) -> Self {
        Self { text, tokens: None }
    }

    /// Tokens joined by spaces.
    pub(super) fn of_tokens<'a>(tokens: impl Iterator<Item = &'a str>) -> Self {
        let (mut text, mut ranges, mut end) = (String::new(), Vec::new(), 0);
        for token in tokens {
            if !ranges.is_empty() {
                text.push(' ');
                end += 1;
            }
            let start = end;
            end += token.chars().count();
            text.push_str(token);
            ranges.push(start..end);
        }
        Self {
            text,
            tokens: Some(ranges),
        }
    }

    /// The characters of each token; those of a text are the pieces between white space.
    pub(super) fn tokens(&self) -> Vec<Range<usize>> {
        if let Some(tokens) = &self.tokens {
            return tokens.clone();
        }
        let mut tokens: Vec<Range<usize>> = Vec::new();
        let mut follows = false;
        for (index, character) in self.text.chars().enumerate() {
            let is_part = !character.is_whitespace();
            match tokens.last_mut() {
                Some(token) if is_part && follows => token.end = index + 1,
                _ if is_part => tokens.push(index..index + 1),
                _ => {}
            }
            follows = is_part;
        }
        tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_count_characters() {
        let check = |sentence: &Sentence, text: &str, expected: &[Range<usize>]| {
            assert_eq!((sentence.text.as_str(), sentence.tokens().as_slice()), (text, expected));
        };
        check(
            &Sentence::of_tokens(["가나", "😀", "a b", "."].into_iter()),
            "가나 😀 a b .",
            &[0..2, 3..4, 5..8, 9..10],
        );
        check(
            &Sentence::of_text(" 가나  😀.\u{a0}x".to_owned()),
            " 가나  😀.\u{a0}x",
            &[1..3, 5..7, 8..9],
        );
        check(&Sentence::of_tokens(["", "a"].into_iter()), " a", &[0..0, 1..2]);
        check(&Sentence::of_text(String::new()), "", &[]);
    }
}
