//! Suspect rows as CSV and as plain text for a terminal.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;

use super::ranking::Suspect;
use crate::agreement::Agreement;
use crate::error::EvalError;
use crate::files::write_atomically;
use crate::metric::{check_labels, check_length};
use crate::text::{WIDTH, display_width, pad, printable, thousands, wrapped};

/// A column to write beside the suspects, such as their sentences.
#[derive(Debug, Clone, Copy)]
pub struct SuspectColumn<'a> {
    /// The column's name.
    pub name: &'a str,
    /// Its value for each row of the predictions. `[rows]`
    pub values: &'a [String],
}

/// Writes suspects in their order as CSV, whole or not at all: `row,id,given,likely,score,confident` and then `columns`,
/// with 1-based data rows of the predictions, labels by name, and the score that they are ranked by.
///
/// # Errors
/// [`EvalError::Write`] if the file cannot be written, [`EvalError::LabelIndex`] for a label outside `labels`,
/// [`EvalError::Length`] for a row that a column has no value for.
pub fn write_suspects(
    path: impl AsRef<Path>,
    suspects: &[Suspect],
    labels: &[String],
    columns: &[SuspectColumn<'_>],
) -> Result<(), EvalError> {
    let rows = suspects.iter().map(|suspect| suspect.row + 1).max().unwrap_or(0);
    for column in columns {
        check_length(
            "column beside suspects",
            rows.max(column.values.len()),
            column.values.len(),
        )?;
    }
    for suspect in suspects {
        check_labels("label of a suspect", &[suspect.given, suspect.likely], labels.len())?;
    }
    write_atomically(path.as_ref(), |writer| {
        let mut csv = csv::Writer::from_writer(writer);
        let header = ["row", "id", "given", "likely", "score", "confident"];
        let more = columns.iter().map(|column| column.name);
        csv.write_record(header.into_iter().chain(more))
            .map_err(std::io::Error::other)?;
        for suspect in suspects {
            let row = (suspect.row + 1).to_string();
            let score = format!("{:.6}", suspect.score);
            let (given, likely) = (labels[suspect.given].as_str(), labels[suspect.likely].as_str());
            let confident = if suspect.confident { "yes" } else { "no" };
            let fields = [row.as_str(), &suspect.id, given, likely, &score, confident];
            let more = columns.iter().map(|column| column.values[suspect.row].as_str());
            csv.write_record(fields.into_iter().chain(more))
                .map_err(std::io::Error::other)?;
        }
        csv.flush()
    })
}

/// How many labels are suspect, which are confused, and the most suspect rows, as aligned plain text that ends
/// in a line break, under a warning where the predictions hardly tell labels apart. `labels` is the label order; labels outside it are shown
/// by number. `suspects` are all rows.
pub fn render_suspects(suspects: &[Suspect], labels: &[String]) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write_text(&mut text, suspects, labels);
    text
}

/// How often a confident row was given one label and is likely of another, as `((given, likely), rows)`, the most frequent first.
pub(crate) fn suspect_pairs<'a>(suspects: impl IntoIterator<Item = &'a Suspect>) -> Vec<((usize, usize), usize)> {
    let mut counts: HashMap<(usize, usize), usize> = HashMap::new();
    for suspect in suspects.into_iter().filter(|suspect| suspect.confident) {
        *counts.entry((suspect.given, suspect.likely)).or_default() += 1;
    }
    let mut counts: Vec<((usize, usize), usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(pair, count)| (Reverse(count), pair));
    counts
}

/// What is to be said of suspicions by predictions that hardly tell labels apart; `suspects` are all rows.
pub(crate) fn uninformed(suspects: &[Suspect], labels: &[String]) -> Option<String> {
    let pairs = suspects.iter().map(|suspect| (suspect.given, suspect.predicted));
    let warning = Agreement::of(pairs).warning(labels)?;
    Some(format!(
        "{warning}. That a row is suspect says little here about its label"
    ))
}

fn write_text(text: &mut String, suspects: &[Suspect], labels: &[String]) -> std::fmt::Result {
    const SHOWN: usize = 10;
    let name = |label: usize| {
        labels
            .get(label)
            .map_or_else(|| label.to_string(), |label| printable(label))
    };
    if let Some(warning) = uninformed(suspects, labels) {
        writeln!(text, "{}\n", wrapped(&format!("warning: {warning}."), WIDTH, "  "))?;
    }
    let confident = suspects.iter().filter(|suspect| suspect.confident).count();
    writeln!(
        text,
        "  {} of {} rows ({:.1} %) are suspect: the model is confident of another label than the given one",
        thousands(confident),
        thousands(suspects.len()),
        confident as f64 / suspects.len().max(1) as f64 * 100.0
    )?;
    let mut pairs = suspect_pairs(suspects);
    pairs.truncate(SHOWN);
    let width = pairs
        .iter()
        .map(|&((given, _), _)| given)
        .chain(
            suspects
                .iter()
                .take(SHOWN)
                .flat_map(|suspect| [suspect.given, suspect.likely]),
        )
        .map(|label| display_width(&name(label)))
        .max()
        .unwrap_or(0);
    let padded = |label: usize| pad(&name(label), width);
    if !pairs.is_empty() {
        writeln!(text, "\n  rows   given → likely")?;
    }
    for ((given, likely), count) in pairs {
        writeln!(text, "  {count:>4}   {} → {}", padded(given), name(likely))?;
    }
    writeln!(text, "\n  score  given → likely, most suspect first")?;
    for suspect in suspects.iter().take(SHOWN) {
        let (given, likely) = (padded(suspect.given), padded(suspect.likely));
        let id = printable(&suspect.id);
        writeln!(text, "  {:.3}  {given} → {likely}  id {id}", suspect.score)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspicions_of_a_model_that_knows_nothing_come_with_a_warning() {
        let labels = ["none", "a"].map(String::from);
        let render = |rows: [(usize, usize); 3]| {
            let suspects = rows.map(|(given, predicted)| Suspect {
                row: 0,
                id: "1".into(),
                given,
                likely: predicted,
                predicted,
                score: 0.5,
                confident: given != predicted,
            });
            render_suspects(&suspects, &labels)
        };
        let text = render([(0, 0), (0, 0), (1, 0)]);
        assert!(text.starts_with("  warning: every row is predicted as none,"), "{text}");
        let text = render([(0, 1), (0, 0), (1, 0)]);
        assert!(text.starts_with("  warning: 33.3 % of the rows"), "{text}");
        let text = render([(0, 0), (0, 0), (1, 1)]);
        assert!(text.starts_with("  0 of 3 rows (0.0 %) are suspect"), "{text}");
    }
}
