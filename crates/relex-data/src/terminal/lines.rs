//! Lines of text with aligned columns.

use super::{SHOWN, number, width};

/// Width of the lines of running text, in characters.
const LINE: usize = 100;

/// Text in the making, line by line.
#[derive(Default)]
pub(crate) struct Lines {
    pub(crate) text: String,
}

impl Lines {
    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    pub(crate) fn title(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.line("");
        }
        self.line(title);
        self.line(&"─".repeat(width(title)));
    }

    /// Names on the left, numbers flush on the right.
    pub(crate) fn pairs<N: AsRef<str>>(&mut self, pairs: &[(N, String)]) {
        let facts = pairs.iter().map(|(name, value)| (name, value.clone(), String::new()));
        self.facts(&facts.collect::<Vec<_>>());
    }

    /// Names on the left, numbers flush on the right, and a remark behind each.
    pub(crate) fn facts<N: AsRef<str>>(&mut self, facts: &[(N, String, String)]) {
        let names = facts.iter().map(|(name, ..)| width(name.as_ref())).max().unwrap_or(0);
        let values = facts.iter().map(|(_, value, _)| width(value)).max().unwrap_or(0);
        for (name, value, remark) in facts {
            let (name, value) = (Align::Left.pad(name.as_ref(), names), Align::Right.pad(value, values));
            self.line(&format!("  {name}  {value}  {remark}"));
        }
    }

    /// A table with a header, every column as wide as its widest cell.
    pub(crate) fn table(&mut self, head: &[(&str, Align)], rows: &[Vec<String>]) {
        let widest = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell));
            cells.chain([width(head[column].0)]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..head.len()).map(widest).collect();
        let join = |cells: &mut dyn Iterator<Item = &str>| {
            cells
                .zip(head.iter().zip(&widths))
                .map(|(cell, ((_, align), width))| format!("  {}", align.pad(cell, *width)))
                .collect::<String>()
        };
        self.line(&join(&mut head.iter().map(|(name, _)| *name)));
        for row in rows {
            self.line(&join(&mut row.iter().map(String::as_str)));
        }
    }

    /// Running text, broken between words; the first line and the others begin with an indent of their own.
    pub(crate) fn wrapped(&mut self, text: &str, first: &str, further: &str) {
        let mut line = first.to_owned();
        let mut is_empty = true;
        for word in text.split(' ') {
            if !is_empty && width(&line) + 1 + width(word) > LINE {
                self.line(&line);
                further.clone_into(&mut line);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.line(&line);
    }

    /// How many of `all` were not shown.
    pub(crate) fn more(&mut self, all: usize) {
        if all > SHOWN {
            self.line(&format!("  and {} more", number(all - SHOWN)));
        }
    }
}

/// Where the text of a column stands.
#[derive(Clone, Copy)]
pub(crate) enum Align {
    Left,
    Right,
}

impl Align {
    /// The text with spaces up to `columns` of the terminal.
    pub(crate) fn pad(self, text: &str, columns: usize) -> String {
        let spaces = " ".repeat(columns.saturating_sub(width(text)));
        match self {
            Self::Left => format!("{text}{spaces}"),
            Self::Right => format!("{spaces}{text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_in_any_script() {
        let mut out = Lines::default();
        out.title("표");
        out.table(
            &[("label", Align::Left), ("rows", Align::Right)],
            &[
                vec!["per:title".to_owned(), "7".to_owned()],
                vec!["직함".to_owned(), "1,234".to_owned()],
            ],
        );
        let expected = "표\n──\n  label       rows\n  per:title      7\n  직함       1,234\n";
        assert_eq!(out.text, expected);
    }

    #[test]
    fn remarks_follow_their_numbers() {
        let mut out = Lines::default();
        out.facts(&[
            ("rows", "12".to_owned(), String::new()),
            ("marker-like text", "1".to_owned(), "id 5".to_owned()),
        ]);
        assert_eq!(out.text, "  rows              12\n  marker-like text   1  id 5\n");
    }

    #[test]
    fn running_text_breaks_between_words() {
        let mut out = Lines::default();
        out.wrapped(&["word"; 30].join(" "), "- ", "  ");
        let lines: Vec<&str> = out.text.lines().collect();
        assert!(lines.len() == 2 && lines.iter().all(|line| line.len() <= LINE));
        assert!(lines[0].starts_with("- word") && lines[1].starts_with("  word"));
        assert_eq!(out.text.matches("word").count(), 30);
    }
}
