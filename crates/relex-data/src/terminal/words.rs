//! Numbers as people read them.

use crate::error::clip;

/// How many ids or groups a line of findings shows before it only counts.
pub(crate) const SHOWN: usize = 8;

/// A count with groups of three: `32,470`.
pub(crate) fn number(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `2,345 rows`.
pub(crate) fn count(value: usize, thing: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", number(value))
}

/// A share from 0 to 1 in per cent: `29.4 %`, and `< 0.1 %` for what would look like nothing.
pub(crate) fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.0005 {
        "< 0.1 %".to_owned()
    } else {
        format!("{:.1} %", share * 100.0)
    }
}

/// Columns that a text takes on a terminal: two for each character of the East Asian scripts, none for combining marks.
pub(crate) fn width(text: &str) -> usize {
    let columns = |c: char| match c {
        c if unicode_normalization::char::is_combining_mark(c) => 0,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' => 2,
        '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' => 2,
        '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    };
    text.chars().map(columns).sum()
}

/// A title without line breaks or other control characters, which would move a terminal's cursor.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The first ids, and how many more there are.
pub(crate) fn some_ids(ids: &[String]) -> String {
    some_of(ids.iter().map(|id| clip(id)))
}

/// The first of some words, and how many more there are.
pub(crate) fn some_of(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(SHOWN);
    let shown = items.take(SHOWN).collect::<Vec<_>>().join(", ");
    match more {
        0 => shown,
        more => format!("{shown} and {} more", number(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_things_counted() {
        assert_eq!((number(999), number(1_000)), ("999".to_owned(), "1,000".to_owned()));
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(
            (count(1, "row"), count(0, "row")),
            ("1 row".to_owned(), "0 rows".to_owned())
        );
    }

    #[test]
    fn a_share_that_is_something_never_looks_like_nothing() {
        assert_eq!(
            (percent(0.0), percent(0.0004)),
            ("0.0 %".to_owned(), "< 0.1 %".to_owned())
        );
        assert_eq!(
            (percent(0.0005), percent(0.294)),
            ("0.1 %".to_owned(), "29.4 %".to_owned())
        );
    }

    #[test]
    fn east_asian_characters_take_two_columns() {
        assert_eq!((width("per:title"), width("사람 PER"), width("한")), (9, 8, 2));
        assert_eq!((width("e\u{301}"), width("、人😀")), (1, 6));
    }

    #[test]
    fn titles_stay_on_their_line() {
        assert_eq!(one_line("가\n나\u{1b}[2J"), "가 나 [2J");
    }

    #[test]
    fn many_ids_are_counted() {
        let ids: Vec<String> = (0..10).map(|id| id.to_string()).collect();
        assert_eq!(some_ids(&ids), "0, 1, 2, 3, 4, 5, 6, 7 and 2 more");
        assert_eq!(some_ids(&ids[..2]), "0, 1");
    }
}
