//! Lines of text with aligned columns.

use super::Count;
use super::words::{SHOWN, number, percent, width};
use crate::error::clip;

/// Width of the bar of a share of 1, in characters.
const BAR: f64 = 40.0;
/// Width of the lines of running text, in characters.
const LINE: usize = 100;

/// Text in the making, line by line.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) text: String,
}

impl Lines {
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    pub(super) fn title(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.line("");
        }
        self.line(title);
        self.line(&"─".repeat(width(title)));
    }

    /// Names on the left, numbers flush on the right.
    pub(super) fn pairs<N: AsRef<str>>(&mut self, pairs: &[(N, String)]) {
        let names = pairs.iter().map(|(name, _)| width(name.as_ref())).max().unwrap_or(0);
        let values = pairs.iter().map(|(_, value)| width(value)).max().unwrap_or(0);
        for (name, value) in pairs {
            let (name, value) = (Align::Left.pad(name.as_ref(), names), Align::Right.pad(value, values));
            self.line(&format!("  {name}  {value}"));
        }
    }

    pub(super) fn shares(&mut self, counts: &[Count]) {
        let names = counts.iter().map(|count| width(&clip(&count.name))).max().unwrap_or(0);
        let values = counts.iter().map(|count| number(count.rows).len()).max().unwrap_or(0);
        for count in counts {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share times 40 lies in 0..=40"
            )]
            let bar = "█".repeat((count.share * BAR).ceil() as usize);
            let (name, rows) = (Align::Left.pad(&clip(&count.name), names), number(count.rows));
            self.line(&format!(
                "  {name}  {rows:>values$}  {:>7}  {bar}",
                percent(count.share)
            ));
        }
    }

    /// A table with a header, every column as wide as its widest cell.
    pub(super) fn table(&mut self, head: &[(&str, Align)], rows: &[Vec<String>]) {
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
    pub(super) fn wrapped(&mut self, text: &str, first: &str, further: &str) {
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
    pub(super) fn more(&mut self, all: usize) {
        if all > SHOWN {
            self.line(&format!("  and {} more", number(all - SHOWN)));
        }
    }
}

/// Where the text of a column stands.
#[derive(Clone, Copy)]
pub(super) enum Align {
    Left,
    Right,
}

impl Align {
    /// The text with spaces up to `columns` of the terminal.
    pub(super) fn pad(self, text: &str, columns: usize) -> String {
        let spaces = " ".repeat(columns.saturating_sub(width(text)));
        match self {
            Self::Left => format!("{text}{spaces}"),
            Self::Right => format!("{spaces}{text}"),
        }
    }
}
