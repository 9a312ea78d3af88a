//! Small helpers for text that people read.

pub(crate) use relex_data::text::{display_width, grouped_digits as thousands};

use crate::interval::Score;

/// Character cells of the widest line of sentences.
pub(crate) const WIDTH: usize = 100;

/// `text` without control characters, which could move a terminal's cursor.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect()
}

/// `text` filled with spaces to `width` character cells.
pub(crate) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(display_width(text))))
}

/// A number with `digits` behind the point, and a true minus unless it is shown as 0.
fn plain(value: f64, digits: usize) -> String {
    let minus = if sign(value, digits) == "−" { "−" } else { "" };
    format!("{minus}{:.digits$}", value.abs())
}

/// A score and its interval, each times `scale`, such as `12.34 (11.20 – 13.50)`.
pub(crate) fn with_interval(score: &Score, scale: f64) -> String {
    let [value, low, high] =
        [score.value, score.interval.low, score.interval.high].map(|value| plain(scale * value, 2));
    format!("{value} ({low} – {high})")
}

/// A difference with its sign, as [`sign`] has it: `+0.42`, `−0.10`, `±0.00`.
pub(crate) fn signed(value: f64, digits: usize) -> String {
    format!("{}{:.digits$}", sign(value, digits), value.abs())
}

/// A difference and its interval, each times `scale` and with its sign: `+0.42 (−0.10 – +0.93)`.
pub(crate) fn signed_with_interval(score: &Score, scale: f64, digits: usize) -> String {
    let [value, low, high] =
        [score.value, score.interval.low, score.interval.high].map(|value| signed(scale * value, digits));
    format!("{value} ({low} – {high})")
}

/// The sign of a difference, a true minus, `±` for one that `digits` behind the point show as 0.
pub(crate) fn sign(value: f64, digits: usize) -> &'static str {
    let shown_as_zero = 0.5 * 0.1_f64.powi(digits as i32);
    match value {
        value if value.abs() < shown_as_zero => "±",
        value if value < 0.0 => "−",
        _ => "+",
    }
}

/// `p = 0.031`, or `p < 0.001`.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 {
        "p < 0.001".to_owned()
    } else {
        format!("p = {p:.3}")
    }
}

/// `text` broken between words into lines of at most `width` character cells, `indent` included, each behind `indent`.
pub(crate) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    // `p = 0.03` is one word; the separator is none that text from files can hold once it is printable.
    let glued = [" = ", " < "].iter().fold(text.to_owned(), |text, sign| {
        text.replace(sign, &format!("\u{1f}{}\u{1f}", sign.trim()))
    });
    let mut lines: Vec<String> = Vec::new();
    for word in glued.split_whitespace() {
        match lines.last_mut() {
            Some(line) if display_width(line) + 1 + display_width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines.join("\n").replace('\u{1f}', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_made_visible() {
        assert_eq!(printable("a\u{1b}[31mb"), "a\u{fffd}[31mb");
    }

    #[test]
    fn padding_counts_cells_not_characters() {
        assert_eq!(pad("관계", 6), "관계  ");
        assert_eq!(pad("long", 2), "long");
    }

    #[test]
    fn differences_have_a_sign_unless_they_are_shown_as_zero() {
        let check = |value, digits, expected: &str| assert_eq!(signed(value, digits), expected);
        check(0.416, 2, "+0.42");
        check(-0.416, 2, "−0.42");
        check(-0.004, 2, "±0.00");
        check(-0.006, 2, "−0.01");
        check(0.0, 4, "±0.0000");
        assert_eq!(
            (p_value(0.0004), p_value(0.0312)),
            ("p < 0.001".into(), "p = 0.031".into())
        );
    }

    #[test]
    fn a_rounded_zero_has_no_sign() {
        let interval = crate::interval::Interval {
            low: -0.000_04,
            high: -0.0,
            level: 0.95,
        };
        let score = Score {
            value: -0.0123,
            interval,
        };
        assert_eq!(with_interval(&score, 100.0), "−1.23 (0.00 – 0.00)");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two  three", 9, "  "), "  one two\n  three");
        assert_eq!(wrapped("관계 관계", 9, ""), "관계 관계");
        assert_eq!(wrapped("관계 관계", 8, ""), "관계\n관계");
        assert_eq!(wrapped("", 8, "  "), "");
        assert_eq!(wrapped("so p = 0.5", 9, ""), "so\np = 0.5");
    }
}
