//! One HTML file that shows an evaluation: no network, no other file.
//!
//! The scores are plain HTML made here; the rows are JSON in the page, which `assets/report.js`
//! filters and draws a page at a time.

mod confusion;
mod escape;
mod labels;
mod link;
mod rows;
mod scores;

use std::path::Path;

use crate::atomic::write_atomically;
use crate::error::EvalError;
use crate::evaluation::Evaluation;
use crate::text::thousands;
use escape::escape;
use link::Linked;

/// What a report shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The heading, e.g. the run's name.
    pub title: String,
    /// The scores.
    pub evaluation: Evaluation,
    /// The rows that can be browsed, in the order of the file: usually the wrong ones; if right
    /// ones are among them, the page can hide either kind.
    pub rows: Vec<ReportRow>,
    /// What the evaluation came from, as name and value, in the order shown.
    pub provenance: Vec<(String, String)>,
}

/// One row of the browser.
///
/// Offsets count Unicode scalar values, the end excluded; what lies outside the sentence is not
/// highlighted.
#[derive(Debug, Clone, PartialEq)]
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
    /// The gold label.
    pub gold: String,
    /// The predicted label.
    pub predicted: String,
    /// Probability of the predicted label, 0 to 1.
    pub confidence: f64,
    /// Probability of the gold label, 0 to 1.
    pub gold_probability: f64,
}

impl Report {
    /// Writes [`render_html`]'s page to `path`, whole or not at all.
    ///
    /// # Errors
    /// [`EvalError::Write`] if the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), EvalError> {
        write_atomically(path.as_ref(), |writer| writer.write_all(render_html(self).as_bytes()))
    }
}

/// The report as one self-contained HTML file: headline scores with intervals, a bar for each
/// label, the confusion matrix, the rows with both entities highlighted (filters by label, text
/// search), and provenance. Light and dark, printable, readable on a phone; nothing is loaded.
pub fn render_html(report: &Report) -> String {
    let evaluation = &report.evaluation;
    let title = escape(&report.title);
    let subtitle = format!(
        "{} rows in {} sentences · {} labels, <code>{}</code> is the negative one",
        thousands(evaluation.rows),
        thousands(evaluation.groups),
        evaluation.per_label.len(),
        escape(&evaluation.negative_label)
    );
    let scores = scores::render(evaluation);
    let linked = Linked::new(&report.rows);
    let labels = labels::render(evaluation, &linked);
    let confusion = confusion::render(evaluation, &linked);
    let rows = rows::render(report);
    let provenance = render_provenance(&report.provenance);
    let data = rows::data(report);
    let style = include_str!("assets/report.css");
    let script = include_str!("assets/report.js");
    format!(
        r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header class="page">
<p class="kind">Evaluation report</p>
<h1>{title}</h1>
<p class="subtitle">{subtitle}</p>
<nav aria-label="Sections"><a href="#scores">Scores</a><a href="#labels">Labels</a><a href="#confusion">Confusion</a><a href="#rows">Rows</a><a href="#provenance">Provenance</a></nav>
</header>
<main>
{scores}{labels}{confusion}{rows}{provenance}</main>
<script type="application/json" id="data">{data}</script>
<script>
{script}</script>
</body>
</html>
"##
    )
}

fn render_provenance(provenance: &[(String, String)]) -> String {
    let rows: String = provenance
        .iter()
        .map(|(name, value)| {
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n",
                escape(name),
                escape(value)
            )
        })
        .collect();
    let body = if rows.is_empty() {
        "<p class=\"note\">Nothing was recorded.</p>\n".to_owned()
    } else {
        format!("<table class=\"provenance\"><tbody>\n{rows}</tbody></table>\n")
    };
    format!("<section id=\"provenance\">\n<h2>Provenance</h2>\n{body}</section>\n")
}
