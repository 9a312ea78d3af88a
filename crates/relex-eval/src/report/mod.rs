//! One HTML file that shows an evaluation, or several on the same rows: no network, no other file.
//!
//! Scores, tables and plots are plain HTML and SVG made here; the rows are JSON in the page, which the script filters and draws a
//! page at a time. Without the script everything but the rows is there.

mod confusion;
mod curves;
mod differences;
mod escape;
mod history;
mod labels;
mod learning;
mod link;
mod noise;
mod number;
mod page;
mod plot;
mod provenance;
mod reliability;
mod rows;
mod scores;
mod simplify;
mod slices;
mod view;

pub use history::{TrainingEvaluation, TrainingHistory, TrainingStep};
pub use page::render_html;

use std::path::Path;

use crate::compare::Comparison;
use crate::error::EvalError;
use crate::evaluation::{Evaluation, Slicing};
use crate::files::write_atomically;
use crate::noise::Suspect;

/// What a report shows: one system, or several beside each other on the same rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The heading, e.g. the run's name.
    pub title: String,
    /// The label order. `[labels]`
    pub labels: Vec<String>,
    /// Index of the label that means "no relation".
    pub negative: usize,
    /// Every row that was scored, in the order of the file.
    pub rows: Vec<ReportRow>,
    /// Ways to cut the rows, to filter by; may be empty.
    pub slicings: Vec<Slicing>,
    /// The systems, at least one. Whether they may stand beside each other is for the caller to make sure, with
    /// [`matching_rows`](crate::matching_rows).
    pub systems: Vec<ReportSystem>,
    /// Paired comparisons of the systems, one a score; may be empty.
    pub comparisons: Vec<Comparison>,
    /// Which rows can be browsed.
    pub browsed: BrowsedRows,
}

/// One system: its predictions, what they are worth, and where they came from.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportSystem {
    /// What it is called.
    pub name: String,
    /// The scores of `probabilities`; its slices are shown where it has any.
    pub evaluation: Evaluation,
    /// Row-major `[rows, labels]`.
    pub probabilities: Vec<f64>,
    /// Every row by how likely its gold label is wrong, as [`find_label_errors`](crate::find_label_errors) ranks `probabilities`, the
    /// most suspect first; `None` where the predictions are not known to be out of fold.
    pub suspects: Option<Vec<Suspect>>,
    /// How it was trained, if that is known.
    pub history: Option<TrainingHistory>,
    /// What the predictions came from, as name and value, in the order shown.
    pub provenance: Vec<(String, String)>,
}

/// One row that was scored.
///
/// Offsets count Unicode scalar values, the end excluded; what lies outside the sentence is not
/// highlighted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// The example's id.
    pub id: String,
    /// The sentence.
    pub sentence: String,
    /// Start and end of the subject entity in the sentence.
    pub subject: (usize, usize),
    /// Start and end of the object entity in the sentence.
    pub object: (usize, usize),
    /// Type of the subject entity, e.g. `PER`.
    pub subject_type: String,
    /// Type of the object entity.
    pub object_type: String,
    /// Index of the gold label.
    pub gold: usize,
}

/// Which rows a report carries to be browsed. They are most of its size: about 300 bytes each with KLUE-RE's sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrowsedRows {
    /// Those that at least one system got wrong; every row whose label is suspect is among them.
    Wrong,
    /// All of them.
    All,
}

impl Report {
    /// Writes [`render_html`]'s page to `path`, whole or not at all.
    ///
    /// # Errors
    /// Those of [`render_html`], and [`EvalError::Write`] if the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), EvalError> {
        let page = render_html(self)?;
        write_atomically(path.as_ref(), |writer| writer.write_all(page.as_bytes()))
    }
}
