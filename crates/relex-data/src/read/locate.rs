//! Offsets and words → spans.

use super::raw::{RawEntity, Sentence};
use super::report::{FaultKind, RowFault, RowPlace};
use crate::error::clip;
use crate::example::Span;
use crate::spec::{EntityNames, Offsets, Part};

/// How many places of a word a message lists.
const PLACES_SHOWN: usize = 20;

/// The characters at which `word` begins in `text`, overlapping ones included, at most `limit` of them.
pub(super) fn places(text: &str, word: &str, limit: usize) -> Vec<usize> {
    let mut places = Vec::new();
    let (mut byte, mut character) = (0, 0);
    while places.len() < limit
        && !word.is_empty()
        && let Some(found) = text[byte..].find(word)
    {
        character += text[byte..byte + found].chars().count();
        places.push(character);
        // On to the next character: in "하하하" the word "하하" stands twice.
        byte += found + text[byte + found..].chars().next().map_or(1, char::len_utf8);
        character += 1;
    }
    places
}

/// The only place of a word that comes without offsets.
pub(super) fn find_word(word: &str, sentence: &str, names: &EntityNames, row: RowPlace<'_>) -> Result<Span, RowFault> {
    let column = names.place(Part::Word);
    let length = word.chars().count();
    let places = places(sentence, word, PLACES_SHOWN + 1);
    let (kind, found, remedy) = match places.as_slice() {
        _ if word.is_empty() => return Err(row.wrong_kind(&column, "nothing", "a word")),
        [start] => return Span::new(*start, start + length).map_err(|_| row.wrong_kind(&column, "nothing", "a word")),
        [] => (
            FaultKind::WordAbsent,
            format!("the word `{}` stands nowhere in the sentence", clip(word)),
            "correct the word or the sentence",
        ),
        _ => (
            FaultKind::WordAmbiguous,
            format!(
                "the word `{}` stands in the sentence more than once, at the characters {}",
                clip(word),
                listed(&places, ", ", |start| format!("{start}..{}", start + length))
            ),
            "give its offsets, or a longer word that stands there only once",
        ),
    };
    Err(row.fault(kind, Some(&column), found, remedy))
}

/// The characters that an entity's offsets stand for.
pub(super) fn claimed_span(
    raw: &RawEntity,
    sentence: &Sentence,
    offsets: Offsets,
    names: &EntityNames,
    row: RowPlace<'_>,
) -> Result<Span, RowFault> {
    let (start, end) = (raw.start.unwrap_or(-1), raw.end.unwrap_or(-1));
    let out = |part: Part, value: i64, reason: String| {
        let column = match &names.column {
            Some(column) => column.as_str(),
            None => names.offset_name(part),
        };
        let found = format!("{} = {value} is out of range, {reason}", names.offset_name(part));
        let remedy = "correct the offset (they count from 0)";
        row.fault(FaultKind::OffsetOutOfRange, Some(column), found, remedy)
    };
    let tokens = match offsets {
        Offsets::Tokens | Offsets::TokensExclusive => Some(sentence.tokens()),
        _ => None,
    };
    let (length, unit) = match &tokens {
        Some(tokens) => (tokens.len(), "tokens"),
        None => (sentence.text.chars().count(), "characters"),
    };
    let bound = || format!("the sentence has {length} {unit}");
    let after_last = match offsets {
        Offsets::Inclusive | Offsets::Tokens => end.checked_add(1),
        _ => Some(end),
    };
    let first = usize::try_from(start)
        .ok()
        .filter(|first| *first < length)
        .ok_or_else(|| out(Part::Start, start, bound()))?;
    let past = after_last
        .and_then(|past| usize::try_from(past).ok())
        .filter(|past| *past <= length)
        .ok_or_else(|| out(Part::End, end, bound()))?;
    let empty = || {
        out(
            Part::End,
            end,
            format!("the entity begins at {start} and would be empty"),
        )
    };
    if past <= first {
        return Err(empty());
    }
    let (first, past) = match &tokens {
        Some(tokens) => (tokens[first].start, tokens[past - 1].end),
        None => (first, past),
    };
    Span::new(first, past).map_err(|_| empty())
}

/// Offsets that point at other characters than the entity's word.
pub(super) fn mismatch(
    raw: &RawEntity,
    word: &str,
    span: Span,
    sentence: &Sentence,
    offsets: Offsets,
    names: &EntityNames,
    row: RowPlace<'_>,
) -> RowFault {
    let found = format!(
        "the offsets {}..{} point at `{}`, but the entity's word is `{}`",
        raw.start.unwrap_or_default(),
        raw.end.unwrap_or_default(),
        clip(span.of(&sentence.text).unwrap_or_default()),
        clip(word),
    );
    let remedy = remedy(word, span, &sentence.text, offsets, names);
    row.fault(FaultKind::WordMismatch, Some(names.title()), found, remedy)
}

/// Where the word really stands, and what to do about it.
fn remedy(word: &str, span: Span, sentence: &str, offsets: Offsets, names: &EntityNames) -> String {
    let (start, end) = (names.offset_name(Part::Start), names.offset_name(Part::End));
    let (other_end, other_name) = match offsets {
        Offsets::Inclusive => (span.end().checked_sub(1), "exclusive"),
        Offsets::Exclusive => (span.end().checked_add(1), "inclusive"),
        _ => (None, ""),
    };
    let under_other = other_end
        .and_then(|end| Span::new(span.start(), end).ok())
        .and_then(|span| span.of(sentence));
    if under_other == Some(word) {
        return format!(
            "it would be right with offsets = \"{other_name}\" under [entity] in dataset.toml: set that if all rows are so, \
             else correct {end}"
        );
    }
    let length = word.chars().count();
    let places = places(sentence, word, PLACES_SHOWN + 1);
    if places.is_empty() {
        return "the word stands nowhere in the sentence: correct the word or the sentence".to_owned();
    }
    let written = |first: usize| match offsets {
        Offsets::Inclusive => format!("{start} = {first}, {end} = {}", first + length - 1),
        Offsets::Exclusive => format!("{start} = {first}, {end} = {}", first + length),
        _ => format!("the characters {first}..{}", first + length),
    };
    format!(
        "the word stands at {}: correct the offsets",
        listed(&places, " or at ", written)
    )
}

fn listed(places: &[usize], between: &str, write: impl Fn(usize) -> String) -> String {
    let shown: Vec<String> = places.iter().take(PLACES_SHOWN).map(|start| write(*start)).collect();
    let more = if places.len() > PLACES_SHOWN { " and more" } else { "" };
    format!("{}{more}", shown.join(between))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_overlap_and_end_in_time() {
        assert_eq!(places("하하하 하", "하하", 9), [0, 1]);
        assert_eq!(places("a😀b😀", "😀", 9), [1, 3]);
        assert_eq!(places("aaaa", "a", 2), [0, 1]);
        assert!(places("aaaa", "", 9).is_empty() && places("", "a", 9).is_empty());
    }

    proptest! {
        #[test]
        fn places_are_where_the_word_stands(text in "[ab가]{0,12}", word in "[ab가]{1,3}") {
            let characters: Vec<char> = text.chars().collect();
            let letters: Vec<char> = word.chars().collect();
            let expected: Vec<usize> =
                (0..characters.len()).filter(|start| characters[*start..].starts_with(&letters)).collect();
            prop_assert_eq!(places(&text, &word, 99), expected);
        }
    }
}
