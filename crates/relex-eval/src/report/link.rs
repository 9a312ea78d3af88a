//! Links from a label or a count to its rows, where the report has them.

use std::collections::HashSet;

use super::ReportRow;
use super::escape::escape;

/// The gold and predicted labels that rows of the report have.
pub(super) struct Linked<'a> {
    pairs: HashSet<(&'a str, &'a str)>,
    gold: HashSet<&'a str>,
}

impl<'a> Linked<'a> {
    pub(super) fn new(rows: &'a [ReportRow]) -> Self {
        Self {
            pairs: rows
                .iter()
                .map(|row| (row.gold.as_str(), row.predicted.as_str()))
                .collect(),
            gold: rows.iter().map(|row| row.gold.as_str()).collect(),
        }
    }

    /// `content`, which is HTML, as a link to the rows of a gold label.
    pub(super) fn gold(&self, gold: &str, content: &str) -> String {
        if self.gold.contains(gold) {
            format!("<a href=\"#gold={}\">{content}</a>", fragment_value(gold))
        } else {
            format!("<span>{content}</span>")
        }
    }

    /// `content`, which is HTML, as a link to the rows of a gold and a predicted label.
    pub(super) fn pair(&self, gold: &str, predicted: &str, content: &str) -> String {
        if self.pairs.contains(&(gold, predicted)) {
            let (gold, predicted) = (fragment_value(gold), fragment_value(predicted));
            format!(
                "<a href=\"{}\">{content}</a>",
                escape(&format!("#gold={gold}&predicted={predicted}"))
            )
        } else {
            format!("<span>{content}</span>")
        }
    }
}

/// `text` percent-encoded for the value of a `#name=value` link.
fn fragment_value(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_encode_what_separates() {
        assert_eq!(
            fragment_value("org:top members/employees&=한"),
            "org%3Atop%20members%2Femployees%26%3D%ED%95%9C"
        );
    }
}
