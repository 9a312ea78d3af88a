//! Text that people read: numbers in groups, the width of words on a terminal, and words inside HTML.

/// A count with groups of three digits.
///
/// ```
/// use relex_data::text::grouped_digits;
///
/// assert_eq!((grouped_digits(999), grouped_digits(32_470)), ("999".to_owned(), "32,470".to_owned()));
/// ```
#[must_use]
pub fn grouped_digits(value: usize) -> String {
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

/// Columns that a text takes on a terminal: two for each character of the East Asian scripts, full-width form and emoji, none for
/// combining marks.
///
/// ```
/// assert_eq!(relex_data::text::display_width("사람 PER"), 2 + 2 + 4);
/// ```
#[must_use]
pub fn display_width(text: &str) -> usize {
    let columns = |c: char| match c {
        c if unicode_normalization::char::is_combining_mark(c) => 0,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{a4cf}' | '\u{a960}'..='\u{a97f}' => 2,
        '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff01}'..='\u{ff60}' => 2,
        '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    };
    text.chars().map(columns).sum()
}

/// A text for HTML content and for attribute values in double quotes.
///
/// A control character has no place in HTML, and a direction mark would turn the text around it: each becomes `U+FFFD`.
///
/// ```
/// use relex_data::text::escape_html;
///
/// assert_eq!(escape_html("<b>\u{202e}"), "&lt;b&gt;\u{fffd}");
/// ```
#[must_use]
pub fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                escaped.push('\u{fffd}');
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_are_grouped_from_the_right() {
        let check = |number, expected: &str| assert_eq!(grouped_digits(number), expected);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_234_567, "1,234,567");
    }

    #[test]
    fn east_asian_characters_take_two_columns() {
        let check = |text, expected| assert_eq!(display_width(text), expected, "{text:?}");
        check("per:title", 9);
        check("사람 PER", 8);
        check("e\u{301}", 1);
        check("、人😀", 6);
        check("\u{a960}！", 4);
    }

    #[test]
    fn what_steers_a_page_is_gone() {
        assert_eq!(
            escape_html("<b a='1' c=\"2\">&"),
            "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;"
        );
        assert_eq!(escape_html("가\u{0}나\n\u{202e}다"), "가\u{fffd}나\u{fffd}\u{fffd}다");
    }

    proptest! {
        #[test]
        fn escaped_text_has_no_markup(text in "([<>&\"']|\\PC)*") {
            let escaped = escape_html(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
        }
    }
}
