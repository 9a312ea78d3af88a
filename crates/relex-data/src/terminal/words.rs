//! Numbers as people read them.

use crate::error::clip;
use crate::text::grouped_digits as number;

/// How many ids or groups a line of findings shows before it only counts.
pub(crate) const SHOWN: usize = 8;

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
    fn things_are_counted() {
        let check = |value, expected: &str| assert_eq!(count(value, "row"), expected);
        check(0, "0 rows");
        check(1, "1 row");
        check(2_345, "2,345 rows");
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
