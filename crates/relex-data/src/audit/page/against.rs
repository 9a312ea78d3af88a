//! What another file shares with this one, and its label mix beside this one's.

use super::html::{Column, details, name, sentence, table};
use super::plot;
use crate::audit::table::meaning;
use crate::audit::{Audit, Comparison, LabelMix, Leak, SharedGroup};
use crate::terminal::{count, number, percent};
use crate::text::escape_html as escape;

pub(super) fn render(audit: &Audit) -> String {
    let Some(comparison) = &audit.against else {
        return String::new();
    };
    let title = if comparison.title.is_empty() {
        "another file".to_owned()
    } else {
        escape(&comparison.title)
    };
    format!(
        "<h2>Against {title}</h2>\n<p class=\"note\">“Here” is the file of this page with {}, “there” the other one with {}.</p>\n{}{}",
        count(comparison.rows.here, "row"),
        number(comparison.rows.there),
        leaks(comparison),
        mix(comparison.label_mix.as_ref())
    )
}

#[expect(clippy::cast_precision_loss, reason = "row counts lie far below 2^52")]
fn leaks(comparison: &Comparison) -> String {
    let share = |rows: usize, all: usize| rows as f64 / all.max(1) as f64;
    let rows: Vec<Vec<String>> = comparison
        .leaks
        .iter()
        .map(|leak| {
            vec![
                meaning(leak.tier).to_owned(),
                plot::bars(&[
                    (share(leak.rows.here, comparison.rows.here), "bar"),
                    (share(leak.rows.there, comparison.rows.there), "other"),
                ]),
                number(leak.rows.here),
                number(leak.rows.there),
                number(leak.sentences.here),
                number(leak.sentences.there),
            ]
        })
        .collect();
    let columns = [
        ("Tier", Column::Text),
        ("Share of rows", Column::Plot),
        ("Rows here", Column::Number),
        ("Rows there", Column::Number),
        ("Sentences here", Column::Number),
        ("There", Column::Number),
    ];
    let samples: String = comparison
        .leaks
        .iter()
        .filter(|leak| !leak.samples.is_empty())
        .map(samples)
        .collect();
    format!(
        "<h3>In both files</h3>\n{}{LEGEND}{samples}",
        table("In both files", &columns, &rows)
    )
}

const LEGEND: &str = "<p class=\"legend\" aria-hidden=\"true\"><span class=\"swatch bar\"></span> here <span class=\"swatch other\"></span> there</p>\n";

fn samples(leak: &Leak) -> String {
    let items: String = leak.samples.iter().map(sample).collect();
    details(
        &format!(
            "Examples: {}, {} of {}",
            meaning(leak.tier),
            number(leak.samples.len()),
            number(leak.groups)
        ),
        &format!("<ol class=\"rows\">\n{items}</ol>\n"),
    )
}

fn sample(group: &SharedGroup) -> String {
    let other = if group.sentence_there == group.sentence_here {
        String::new()
    } else {
        sentence(&group.sentence_there)
    };
    format!(
        "<li>{}{other}<p class=\"facts\"><span>here <code>{}</code>, {}</span><span>there <code>{}</code>, {}</span></p></li>\n",
        sentence(&group.sentence_here),
        name(&group.id_here),
        count(group.rows.here, "row"),
        name(&group.id_there),
        count(group.rows.there, "row")
    )
}

fn mix(mix: Option<&LabelMix>) -> String {
    let Some(mix) = mix else {
        return "<h3>Label mix</h3>\n<p class=\"note\">One of the two files has no labels, so their mixes cannot be compared.</p>\n".to_owned();
    };
    let greatest = mix
        .labels
        .iter()
        .map(|label| label.share_here.max(label.share_there))
        .fold(f64::MIN_POSITIVE, f64::max);
    let rows: Vec<Vec<String>> = mix
        .labels
        .iter()
        .map(|label| {
            vec![
                name(&label.label),
                plot::bars(&[
                    (label.share_here / greatest, "bar"),
                    (label.share_there / greatest, "other"),
                ]),
                percent(label.share_here),
                percent(label.share_there),
                format!("{:+.1}", (label.share_there - label.share_here) * 100.0),
            ]
        })
        .collect();
    let columns = [
        ("Label", Column::Text),
        ("<span class=\"unseen\">Bars</span>", Column::Plot),
        ("Here", Column::Number),
        ("There", Column::Number),
        ("Points", Column::Number),
    ];
    format!(
        "<h3>Label mix <small>total variation distance {:.3}: {} of the rows would have to change their label</small></h3>\n{}{LEGEND}",
        mix.total_variation,
        percent(mix.total_variation),
        table("Label mix", &columns, &rows)
    )
}
