//! Every label: F1 as a bar, the other scores and the support beside it.

use super::escape::escape;
use super::link::Linked;
use crate::evaluation::{Evaluation, LabelRow};
use crate::text::thousands;

pub(super) fn render(evaluation: &Evaluation, linked: &Linked<'_>) -> String {
    let largest = evaluation.per_label.iter().map(|row| row.support).max().unwrap_or(0);
    let rows: String = evaluation
        .per_label
        .iter()
        .map(|row| label_row(evaluation, row, largest, linked))
        .collect();
    format!(
        r##"<section id="labels">
<h2>Labels</h2>
<div class="scroll"><table class="labels" data-sortable>
<thead><tr><th scope="col">Label</th><th scope="col">F1</th><th scope="col" class="n">Precision</th><th scope="col" class="n">Recall</th><th scope="col" class="n">AUPRC</th><th scope="col">Support</th><th scope="col" class="n">Predicted</th></tr></thead>
<tbody>
{rows}</tbody></table></div>
</section>
"##
    )
}

fn label_row(evaluation: &Evaluation, row: &LabelRow, largest: usize, linked: &Linked<'_>) -> String {
    let label = escape(&row.label);
    let class = match (row.support, row.label == evaluation.negative_label) {
        (0, _) => " class=\"absent\"",
        (_, true) => " class=\"negative\"",
        _ => "",
    };
    let share = row.support as f64 / largest.max(1) as f64 * 100.0;
    let (auprc, auprc_key) = match row.auprc {
        Some(area) => (format!("{area:.1}"), area),
        None => ("–".to_owned(), -1.0),
    };
    format!(
        "<tr{class}><th scope=\"row\" title=\"{label}\">{}</th>\
         <td class=\"bar\" data-v=\"{:.4}\"><div><span class=\"track\"><span style=\"width:{:.2}%\"></span></span><b>{:.1}</b></div></td>\
         <td class=\"n\" data-v=\"{:.4}\">{:.1}</td><td class=\"n\" data-v=\"{:.4}\">{:.1}</td>\
         <td class=\"n\" data-v=\"{auprc_key:.4}\">{auprc}</td>\
         <td class=\"bar support\" data-v=\"{}\"><div><span class=\"track\"><span style=\"width:{share:.2}%\"></span></span><b>{}</b></div></td>\
         <td class=\"n\" data-v=\"{}\">{}</td></tr>\n",
        linked.gold(&row.label, &label),
        row.f1,
        row.f1,
        row.f1,
        row.precision,
        row.precision,
        row.recall,
        row.recall,
        row.support,
        thousands(row.support),
        row.predicted,
        thousands(row.predicted)
    )
}
