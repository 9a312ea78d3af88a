//! The page around the sections.

use sha2::{Digest, Sha256};

use super::escape::{base64, escape};
use super::link::Links;
use super::view::View;
use super::{
    Report, confusion, curves, differences, labels, learning, noise, provenance, reliability, rows, scores, slices,
};
use crate::error::EvalError;
use crate::text::thousands;

const STYLE: &str = concat!(
    include_str!("assets/base.css"),
    include_str!("assets/tables.css"),
    include_str!("assets/plots.css"),
    include_str!("assets/matrix.css"),
    include_str!("assets/rows.css"),
    include_str!("assets/narrow.css"),
    include_str!("assets/print.css"),
);

const SCRIPT: &str = concat!(
    "\"use strict\";\n(() => {\n",
    include_str!("assets/state.js"),
    include_str!("assets/tables.js"),
    include_str!("assets/views.js"),
    include_str!("assets/rows.js"),
    "})();\n"
);

/// The report as one self-contained HTML file: headline scores with intervals, differences between systems, precision-recall curves,
/// every label, slices, the confusion matrix, calibration, training, the rows with both entities highlighted, and provenance.
///
/// Light and dark, printable, readable on a phone, usable by keyboard. Nothing is loaded, and its content security policy allows no script
/// but its own, whatever sentences and labels hold.
///
/// # Errors
/// [`EvalError::NoRows`], [`EvalError::Setting`], [`EvalError::Length`], [`EvalError::LabelIndex`], [`EvalError::NotFinite`] or
/// [`EvalError::RepeatedLabel`] where the report's parts do not fit each other, [`EvalError::OtherScores`] where a system's
/// scores are not those of its predictions.
pub fn render_html(report: &Report) -> Result<String, EvalError> {
    let view = View::new(report)?;
    let links = Links::new(&view);
    let sections = [
        ("scores", "Scores", scores::render(&view)),
        ("differences", "Differences", differences::render(&view)),
        ("curves", "Curves", curves::render(&view)?),
        ("labels", "Labels", labels::render(&view, &links)),
        ("slices", "Slices", slices::render(&view, &links)),
        ("confusion", "Confusion", confusion::render(&view, &links)),
        ("calibration", "Calibration", reliability::render(&view)),
        ("noise", "Label noise", noise::render(&view, &links)),
        ("training", "Training", learning::render(&view)),
        ("rows", "Rows", rows::render(&view)),
        ("provenance", "Provenance", provenance::render(&view)),
    ];
    let present = || sections.iter().filter(|(_, _, section)| !section.is_empty());
    let contents: String = present()
        .map(|(id, name, _)| format!("<a href=\"#{id}\">{name}</a>"))
        .collect();
    let body: String = present().map(|(_, _, section)| section.as_str()).collect();
    let script = format!("\n{SCRIPT}");
    let hash = base64(&Sha256::digest(script.as_bytes()));
    Ok(format!(
        r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{STYLE}</style>
</head>
<body>
<a class="skip" href="#rows">Skip to the rows</a>
<header class="page">
<p class="kind">{kind}</p>
<h1>{title}</h1>
<p class="subtitle">{subtitle}</p>
</header>
<nav aria-label="Sections"><div>{contents}</div></nav>
<main>
{body}</main>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"##,
        title = escape(&report.title),
        kind = if view.is_comparison() {
            "Comparison report"
        } else {
            "Evaluation report"
        },
        subtitle = subtitle(&view),
        data = rows::data(&view),
    ))
}

fn subtitle(view: &View<'_>) -> String {
    let evaluation = &view.systems[0].system.evaluation;
    format!(
        "{} rows in {} sentences · {} labels, <code>{}</code> is the negative one",
        thousands(evaluation.rows),
        thousands(evaluation.groups),
        evaluation.per_label.len(),
        escape(&evaluation.negative_label)
    )
}
