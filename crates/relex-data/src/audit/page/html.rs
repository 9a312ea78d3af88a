//! Pieces of HTML that the sections share.

use crate::terminal::{SHOWN, number};
use crate::text::escape_html as escape;

/// What stands in a column.
#[derive(Clone, Copy)]
pub(super) enum Column {
    /// Text, on the left.
    Text,
    /// Numbers, on the right.
    Number,
    /// A plot, which takes the room that is left.
    Plot,
}

impl Column {
    fn class(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::Number => " class=\"n\"",
            Self::Plot => " class=\"plot\"",
        }
    }
}

/// A table that scrolls sideways where it is too wide. Cells are HTML; the first of a row is its header.
pub(super) fn table(name: &str, columns: &[(&str, Column)], rows: &[Vec<String>]) -> String {
    let head: String = columns
        .iter()
        .map(|(name, column)| format!("<th scope=\"col\"{}>{name}</th>", column.class()))
        .collect();
    let body: String = rows
        .iter()
        .map(|row| {
            let mut cells = row.iter().zip(columns);
            let first = cells.next().map(|(cell, _)| format!("<th scope=\"row\">{cell}</th>"));
            let rest: String = cells
                .map(|(cell, (_, column))| format!("<td{}>{cell}</td>", column.class()))
                .collect();
            format!("<tr>{}{rest}</tr>\n", first.unwrap_or_default())
        })
        .collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{name}\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
    )
}

/// Something to open when wanted.
pub(super) fn details(summary: &str, content: &str) -> String {
    format!("<details><summary>{summary}</summary>\n{content}</details>\n")
}

/// The first ids as code, and how many more there are.
pub(super) fn ids(ids: &[String]) -> String {
    let mut text = ids
        .iter()
        .take(SHOWN)
        .map(|id| format!("<code>{}</code>", escape(&clip(id))))
        .collect::<Vec<_>>()
        .join(", ");
    if ids.len() > SHOWN {
        text.push_str(&format!(" and {} more", number(ids.len() - SHOWN)));
    }
    text
}

/// A sentence of the data, cut where nobody would read on.
pub(super) fn sentence(text: &str) -> String {
    const LONGEST: usize = 600;
    let mut shown: String = text.chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("<p class=\"sentence\">{}</p>", escape(&shown))
}

/// A name of the data, short enough for a table.
pub(super) fn name(text: &str) -> String {
    escape(&clip(text))
}

/// Plain text as a sentence, with what stands in backticks as code.
pub(super) fn sentence_case(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    for (at, piece) in text.split('`').enumerate() {
        let (open, close) = if at % 2 == 1 { ("<code>", "</code>") } else { ("", "") };
        let escaped = escape(piece);
        let mut characters = escaped.chars();
        match characters.next() {
            Some(first) if at == 0 => shown.extend(first.to_uppercase().chain(characters)),
            _ => shown.push_str(&format!("{open}{escaped}{close}")),
        }
    }
    shown.push('.');
    shown
}

fn clip(text: &str) -> String {
    crate::error::clip(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_reads_as_a_sentence() {
        assert_eq!(
            sentence_case("split on groups: `relex split <x>`"),
            "Split on groups: <code>relex split &lt;x&gt;</code>."
        );
        assert_eq!(sentence_case("`a` b"), "<code>a</code> b.");
    }

    #[test]
    fn long_sentences_are_cut() {
        let shown = sentence(&"가".repeat(601));
        assert_eq!(shown.matches('가').count(), 600);
        assert!(shown.contains('…'));
    }
}
