//! The rows as data in the page, and the controls that search them.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Report;
use super::escape::script_json;

/// The rows as JSON: `labels` and `rows`, each row an array (names would be most of its length).
pub(super) fn data(report: &Report) -> String {
    let mut labels: Vec<&str> = report
        .evaluation
        .per_label
        .iter()
        .map(|row| row.label.as_str())
        .collect();
    let mut positions: HashMap<&str, usize> = labels.iter().enumerate().map(|(at, &label)| (label, at)).collect();
    let mut position = |label| {
        // A label that was not scored still has a name to show.
        *positions.entry(label).or_insert_with(|| {
            labels.push(label);
            labels.len() - 1
        })
    };
    let rows: Vec<Value> = report
        .rows
        .iter()
        .map(|row| {
            json!([
                row.id,
                row.sentence,
                [row.subject.0, row.subject.1],
                [row.object.0, row.object.1],
                row.subject_type,
                row.object_type,
                position(&row.gold),
                position(&row.predicted),
                rounded(row.confidence),
                rounded(row.gold_probability),
            ])
        })
        .collect();
    script_json(&json!({ "labels": labels, "rows": rows }))
}

/// Four digits are more than the page shows. Not-a-number becomes `null`.
fn rounded(probability: f64) -> Value {
    json!((probability * 10_000.0).round() / 10_000.0)
}

pub(super) fn render(report: &Report) -> String {
    let wrong = report.rows.iter().filter(|row| row.gold != row.predicted).count();
    let right = report.rows.len() - wrong;
    let (heading, show) = match (wrong, right) {
        (_, 0) => ("Wrong predictions", ""),
        (0, _) => ("Right predictions", ""),
        _ => (
            "Predictions",
            "<label>Show<select name=\"show\"><option value=\"\">wrong</option><option value=\"right\">right</option>\
             <option value=\"all\">all</option></select></label>\n",
        ),
    };
    if report.rows.is_empty() {
        return "<section id=\"rows\">\n<h2>Wrong predictions</h2>\n<p class=\"note\">There are no rows to show.</p>\n</section>\n"
            .to_owned();
    }
    format!(
        r#"<section id="rows">
<h2>{heading}</h2>
<p class="note">The percentage after a label is the probability that the system gave it.</p>
<noscript><p class="note">The rows are shown by a script in this file; it is switched off.</p></noscript>
<form class="filters" id="filters" role="search">
{show}<label>Gold<select name="gold"><option value="">any label</option></select></label>
<label>Predicted<select name="predicted"><option value="">any label</option></select></label>
<label class="search">Search<input name="search" type="search" placeholder="sentence, entity type or id" autocomplete="off" spellcheck="false"></label>
<label>Order<select name="order"><option value="">most confident first</option><option value="unsure">least confident first</option><option value="file">as in the file</option></select></label>
<button type="reset">Clear</button>
</form>
<p class="count"><span id="count" role="status" aria-live="polite"></span> <span class="key"><mark class="s">subject</mark> <mark class="o">object</mark></span></p>
<ol class="rows" id="list"></ol>
<p><button type="button" id="more" hidden>Show more</button></p>
</section>
"#
    )
}
