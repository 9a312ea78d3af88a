//! The most confused pairs and the confusion matrix.

use super::escape::escape;
use super::link::Linked;
use crate::evaluation::{ConfusedLabels, Evaluation};
use crate::text::thousands;

pub(super) fn render(evaluation: &Evaluation, linked: &Linked<'_>) -> String {
    format!(
        "<section id=\"confusion\">\n<h2>Confusion</h2>\n{}{}</section>\n",
        render_pairs(&evaluation.most_confused, linked),
        render_matrix(evaluation, linked)
    )
}

fn render_pairs(pairs: &[ConfusedLabels], linked: &Linked<'_>) -> String {
    let Some(largest) = pairs.first().map(|pair| pair.count) else {
        return "<p class=\"note\">No row was predicted wrong.</p>\n".to_owned();
    };
    let items: String = pairs
        .iter()
        .map(|pair| {
            let names = format!(
                "<span class=\"gold\">{}</span><span class=\"arrow\"> → </span><span class=\"predicted\">{}</span>",
                escape(&pair.gold),
                escape(&pair.predicted)
            );
            format!(
                "<li>{}<span class=\"track\"><span style=\"width:{:.2}%\"></span></span>\
                 <b>{}</b><small>{:.1} %<span> of gold</span></small></li>\n",
                linked.pair(&pair.gold, &pair.predicted, &names),
                pair.count as f64 / largest as f64 * 100.0,
                thousands(pair.count),
                pair.share_of_gold
            )
        })
        .collect();
    format!("<h3>Most confused <small>gold → predicted</small></h3>\n<ol class=\"pairs\">\n{items}</ol>\n")
}

fn render_matrix(evaluation: &Evaluation, linked: &Linked<'_>) -> String {
    let labels: Vec<&str> = evaluation.per_label.iter().map(|row| row.label.as_str()).collect();
    let columns: String = labels
        .iter()
        .map(|label| format!("<th scope=\"col\" title=\"{0}\"><span>{0}</span></th>", escape(label)))
        .collect();
    let rows: String = labels
        .iter()
        .zip(&evaluation.confusion.counts)
        .enumerate()
        .map(|(gold, (label, counts))| {
            let total: usize = counts.iter().sum();
            let cells: String = counts
                .iter()
                .zip(&labels)
                .enumerate()
                .map(|(predicted, (&count, other))| {
                    let shade = if gold == predicted { Shade::Right } else { Shade::Wrong };
                    cell(shade, (label, other), (count, total), linked)
                })
                .collect();
            format!(
                "<tr><th scope=\"row\" title=\"{0}\">{0}</th>{cells}</tr>\n",
                escape(label)
            )
        })
        .collect();
    format!(
        r#"<h3>Confusion matrix <small>rows are gold, columns predicted; the shade is the share of the gold label</small></h3>
<div class="scroll matrix" tabindex="0" role="region" aria-label="Confusion matrix"><table class="matrix">
<thead><tr><th class="corner"><span class="down">gold</span><span class="across">predicted</span></th>{columns}</tr></thead>
<tbody>
{rows}</tbody></table></div>
<p class="legend" aria-hidden="true"><span class="swatch right"></span> right <span class="swatch wrong"></span> wrong <span class="more">— choose a count to see its rows</span></p>
"#
    )
}

#[derive(Clone, Copy, PartialEq)]
enum Shade {
    Right,
    Wrong,
}

fn cell(shade: Shade, (gold, predicted): (&str, &str), (count, total): (usize, usize), linked: &Linked<'_>) -> String {
    let class = match shade {
        Shade::Right => "d",
        Shade::Wrong => "x",
    };
    if count == 0 {
        return if shade == Shade::Right {
            "<td class=\"d\"></td>".to_owned()
        } else {
            "<td></td>".to_owned()
        };
    }
    let share = count as f64 / total as f64;
    // The square root lifts small shares, which are most of the mistakes, out of the background.
    let opacity = 0.08 + 0.92 * share.sqrt();
    let strong = if opacity > 0.6 { " h" } else { "" };
    format!(
        "<td class=\"{class}{strong}\" style=\"--a:{opacity:.2}\" title=\"{} → {}: {count} rows, {:.1} %\">{}</td>",
        escape(gold),
        escape(predicted),
        share * 100.0,
        linked.pair(gold, predicted, &count.to_string())
    )
}
