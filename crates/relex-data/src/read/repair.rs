//! The one sensible reading of a mistake, where there is exactly one.

use unicode_normalization::UnicodeNormalization;

use super::locate::places;
use super::raw::{RawEntity, Sentence};
use crate::example::Span;
use crate::labels::LabelSet;
use crate::spec::{DatasetSpec, Offsets};

/// The span of a word whose offsets do not fit it. `claimed` is where they point, if they point anywhere.
pub(super) fn span(
    raw: &RawEntity,
    word: &str,
    claimed: Option<Span>,
    sentence: &Sentence,
    offsets: Offsets,
) -> Option<(Span, String)> {
    let text = sentence.text.as_str();
    let length = word.chars().count();
    let whole = |start: usize| Span::new(start, start + length).ok();

    let alike = claimed.filter(|span| {
        span.of(text)
            .is_some_and(|stands| folded(stands) == folded(word.trim()))
    });
    let only = match places(text, word, 2).as_slice() {
        [start] => whole(*start),
        _ => None,
    };
    let given = raw.start.and_then(|start| usize::try_from(start).ok());
    let given = match offsets {
        Offsets::Tokens | Offsets::TokensExclusive => given.and_then(|at| Some(sentence.tokens().get(at)?.start)),
        _ => given,
    };
    let at_start = given.and_then(whole).filter(|span| span.of(text) == Some(word));

    let mut readings = [alike, only, at_start].into_iter().flatten();
    let reading = readings.next()?;
    if readings.any(|other| other != reading) {
        return None;
    }
    let stands = reading.of(text)?;
    let how = if Some(reading) == alike {
        format!("taken as `{stands}`, as it stands there")
    } else {
        format!("moved to the characters {}..{}", reading.start(), reading.end())
    };
    Some((reading, how))
}

/// The label that a value is but for case and white space.
pub(super) fn label(value: &str, labels: &LabelSet) -> Option<(String, String)> {
    let name = alike(value, labels.names().iter().map(String::as_str))?;
    Some((name.to_owned(), format!("read as `{name}`")))
}

/// The type that a value is but for case and white space, or is an alias of.
pub(super) fn entity_type(value: &str, spec: &DatasetSpec) -> Option<(String, String)> {
    let alias = spec.type_aliases.get(value).map(String::as_str);
    let name = alias.or_else(|| alike(value, spec.type_words.keys().map(String::as_str)))?;
    Some((name.to_owned(), format!("read as `{name}`")))
}

/// The only candidate that equals the value once case and white space are gone.
fn alike<'a>(value: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let bare = |text: &str| -> String {
        let visible = text.chars().filter(|c| !c.is_whitespace());
        visible.flat_map(char::to_lowercase).collect()
    };
    let wanted = bare(value);
    let mut found = candidates.filter(|candidate| bare(candidate) == wanted);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// A word without its case and Unicode normal form.
fn folded(word: &str) -> String {
    word.nfc().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `word` at `start..end` (exclusive) in `text`.
    fn check(text: &str, word: &str, (start, end): (i64, i64), expected: Option<(usize, usize)>) {
        let raw = RawEntity {
            word: Some(word.to_owned()),
            start: Some(start),
            end: Some(end),
            entity_type: None,
        };
        let claimed = (start >= 0 && end >= 0)
            .then(|| Span::new(start as usize, end as usize).ok())
            .flatten()
            .filter(|span| span.of(text).is_some());
        let sentence = Sentence::of_text(text.to_owned());
        let found = span(&raw, word, claimed, &sentence, Offsets::Exclusive);
        assert_eq!(
            found.map(|(span, _)| (span.start(), span.end())),
            expected,
            "{word} in {text}"
        );
    }

    #[test]
    fn a_word_has_one_reading_or_none() {
        // The word's only place, however wrong the offsets.
        check("가나 다라", "다라", (0, 2), Some((3, 5)));
        check("가나 다라", "다라", (7, 9), Some((3, 5)));
        check("가나 다라", "마바", (0, 2), None);
        // Of two places, the one at the given start.
        check("1988년, 1988", "1988", (0, 5), Some((0, 4)));
        check("1988년, 1988", "1988", (1, 5), None);
        // The same word in other letters.
        check("Ada met Bob", "ada ", (0, 3), Some((0, 3)));
        check("Ada met Bob", "Ada", (0, 4), Some((0, 3)));
        check("cafe\u{301}", "café", (0, 5), Some((0, 5)));
        // Two readings that disagree: the letters say there, the offsets say here.
        check("Ada met ada", "ada", (0, 3), None);
    }

    #[test]
    fn labels_differ_by_more_than_case() {
        let labels = LabelSet::new(["none", "Cause-Effect(e1,e2)", "x y", "X Y"], "none").unwrap();
        let check = |value: &str, expected: Option<&str>| {
            let found = label(value, &labels).map(|(name, _)| name);
            assert_eq!(found.as_deref(), expected, "{value}");
        };
        check(" None ", Some("none"));
        check("cause-effect(e1, e2)", Some("Cause-Effect(e1,e2)"));
        check("xy", None);
        check("effect", None);
    }
}
