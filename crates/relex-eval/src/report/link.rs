//! Links from a label or a count to its rows, where the page has them.

use std::collections::HashSet;

use super::BrowsedRows;
use super::escape::escape;
use super::view::View;

/// Which labels and pairs of labels lead to rows.
pub(super) struct Links<'a> {
    labels: &'a [String],
    systems: Vec<&'a str>,
    slicings: Vec<&'a str>,
    browsed: BrowsedRows,
    /// Gold labels of the rows that can be browsed.
    gold: HashSet<usize>,
}

impl<'a> Links<'a> {
    pub(super) fn new(view: &View<'a>) -> Self {
        Self {
            labels: &view.report.labels,
            systems: view.names(),
            slicings: view
                .report
                .slicings
                .iter()
                .map(|slicing| slicing.name.as_str())
                .collect(),
            browsed: view.report.browsed,
            gold: view.browsed().into_iter().map(|row| view.gold[row]).collect(),
        }
    }

    /// `content`, which is HTML, as a link to the rows of a gold label.
    pub(super) fn gold(&self, gold: usize, content: &str) -> String {
        let label = fragment_value(&self.labels[gold]);
        match self.browsed {
            _ if !self.gold.contains(&gold) => format!("<span>{content}</span>"),
            BrowsedRows::All => link(&format!("#show=all&gold={label}"), content),
            BrowsedRows::Wrong => link(&format!("#gold={label}"), content),
        }
    }

    /// `content`, which is HTML, as a link to the rows of a gold label that a system predicted to be of another one, or of
    /// the same.
    pub(super) fn pair(&self, system: usize, gold: usize, predicted: usize, content: &str) -> String {
        let show = match (gold == predicted, self.browsed) {
            (true, BrowsedRows::Wrong) => return format!("<span>{content}</span>"),
            (true, BrowsedRows::All) => "show=right&",
            (false, _) => "",
        };
        let system = self.system(system);
        let [gold, predicted] = [gold, predicted].map(|label| fragment_value(&self.labels[label]));
        link(&format!("#{show}gold={gold}&predicted={predicted}{system}"), content)
    }

    /// `content`, which is HTML, as a link to the rows whose label a system suspects, the most suspect first: all of them, or those
    /// of a given and a likely label.
    pub(super) fn suspects(&self, system: usize, pair: Option<(usize, usize)>, content: &str) -> String {
        let pair = pair.map_or_else(String::new, |(given, likely)| {
            let [given, likely] = [given, likely].map(|label| fragment_value(&self.labels[label]));
            format!("&gold={given}&likely={likely}")
        });
        link(
            &format!("#show=suspect&order=suspect{pair}{}", self.system(system)),
            content,
        )
    }

    /// The part of a link that chooses the system.
    fn system(&self, system: usize) -> String {
        match system {
            0 => String::new(),
            other => format!("&system={}", fragment_value(self.systems[other])),
        }
    }

    /// `content`, which is HTML, as a link to the rows of a slice, if rows can be found by it.
    pub(super) fn slice(&self, slicing: &str, key: &str, content: &str) -> String {
        if !self.slicings.contains(&slicing) {
            return format!("<span>{content}</span>");
        }
        let show = match self.browsed {
            BrowsedRows::All => "show=all&",
            BrowsedRows::Wrong => "",
        };
        link(
            &format!("#{show}slice={}", fragment_value(&slice_name(slicing, key))),
            content,
        )
    }
}

/// What the page calls a slice.
pub(super) fn slice_name(slicing: &str, key: &str) -> String {
    format!("{slicing}: {key}")
}

fn link(target: &str, content: &str) -> String {
    format!("<a href=\"{}\">{content}</a>", escape(target))
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
