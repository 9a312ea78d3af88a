//! Every label: precision, recall and F1 as bars, support beside them; systems under each other in each cell.

use super::escape::escape;
use super::link::Links;
use super::number;
use super::plot::{colour, key};
use super::view::View;
use crate::evaluation::LabelRow;
use crate::text::thousands;

pub(super) fn render(view: &View<'_>, links: &Links<'_>) -> String {
    let first = &view.systems[0].system.evaluation;
    let largest = first.per_label.iter().map(|row| row.support).max().unwrap_or(0);
    let rows: String = (0..first.per_label.len())
        .map(|label| row(view, label, largest, links))
        .collect();
    let difference = match view.systems.len() {
        2 => "<th scope=\"col\" class=\"n\">F1 difference</th>",
        _ => "",
    };
    format!(
        "<section id=\"labels\" aria-labelledby=\"labels-title\">\n<h2 id=\"labels-title\">Labels</h2>\n{}\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Labels\"><table class=\"labels\" data-sortable>\n\
         <caption>Every label, in percent; F1 with its {:.0} % interval</caption>\n\
         <thead><tr><th scope=\"col\">Label</th><th scope=\"col\">Support</th><th scope=\"col\">F1</th>{difference}\
         <th scope=\"col\" class=\"n\">Precision</th><th scope=\"col\" class=\"n\">Recall</th><th scope=\"col\" class=\"n\">AUPRC</th>\
         <th scope=\"col\" class=\"n\">Predicted</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n</section>\n",
        key(&view.names()),
        first.micro_f1.interval.level * 100.0
    )
}

fn row(view: &View<'_>, label: usize, largest: usize, links: &Links<'_>) -> String {
    let rows: Vec<&LabelRow> = view
        .systems
        .iter()
        .map(|system| &system.system.evaluation.per_label[label])
        .collect();
    let first = rows[0];
    let name = escape(&first.label);
    let class = match (first.support, label == view.report.negative) {
        (0, _) => " class=\"absent\"",
        (_, true) => " class=\"negative\"",
        _ => "",
    };
    let difference = match rows[..] {
        [one, other] => {
            let difference = other.f1 - one.f1;
            format!(
                "<td class=\"n\" data-v=\"{difference:.4}\">{}</td>",
                number::signed(difference, 1)
            )
        }
        _ => String::new(),
    };
    let support = bar(first.support as f64 / largest.max(1) as f64 * 100.0);
    format!(
        "<tr{class}><th scope=\"row\" title=\"{name}\">{}</th>\
         <td class=\"bar support\" data-v=\"{}\"><div>{support}<b>{}</b></div></td>\
         <td class=\"bar f1\" data-v=\"{:.4}\">{}</td>{difference}{}{}{}<td class=\"n\" data-v=\"{}\">{}</td></tr>\n",
        links.gold(label, &name),
        first.support,
        thousands(first.support),
        first.f1,
        lines(&rows, |row| {
            let (low, high) = (row.f1_interval.low.max(0.0), row.f1_interval.high.min(100.0));
            format!(
                "<span class=\"track\" title=\"{}\"><span class=\"fill\" style=\"width:{:.2}%\"></span>\
                 <span class=\"whisker\" style=\"left:{low:.2}%;width:{:.2}%\"></span></span><b>{:.1}</b>",
                number::interval(&row.f1_interval, 1),
                row.f1,
                (high - low).max(0.0),
                row.f1
            )
        }),
        share(&rows, |row| Some(row.precision)),
        share(&rows, |row| Some(row.recall)),
        share(&rows, |row| row.auprc),
        first.predicted,
        lines(&rows, |row| thousands(row.predicted))
    )
}

/// One line for each system.
fn lines(rows: &[&LabelRow], content: impl Fn(&LabelRow) -> String) -> String {
    rows.iter()
        .enumerate()
        .map(|(at, row)| format!("<div class=\"s{}\">{}</div>", colour(at), content(row)))
        .collect()
}

/// A cell of numbers, each over its bar.
fn share(rows: &[&LabelRow], value: impl Fn(&LabelRow) -> Option<f64>) -> String {
    let key = value(rows[0]).unwrap_or(-1.0);
    let cell = lines(rows, |row| match value(row) {
        Some(value) => format!("<b>{value:.1}</b>{}", bar(value)),
        None => "<b>–</b>".to_owned(),
    });
    format!("<td class=\"n share\" data-v=\"{key:.4}\">{cell}</td>")
}

fn bar(percent: f64) -> String {
    format!("<span class=\"track\"><span class=\"fill\" style=\"width:{percent:.2}%\"></span></span>")
}
