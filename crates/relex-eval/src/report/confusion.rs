//! The most confused pairs, and the confusion matrix with counts and rates.

use super::escape::escape;
use super::link::Links;
use super::plot::colour;
use super::view::View;
use crate::evaluation::{ConfusedLabels, Evaluation};
use crate::text::thousands;

pub(super) fn render(view: &View<'_>, links: &Links<'_>) -> String {
    let panels: String = (0..view.systems.len()).map(|at| panel(view, at, links)).collect();
    format!(
        "<section id=\"confusion\" aria-labelledby=\"confusion-title\">\n<h2 id=\"confusion-title\">Confusion</h2>\n\
         <div class=\"toggles scripted\">{}<fieldset><legend>Cells</legend>\
         <label><input type=\"radio\" name=\"cells\" value=\"\" checked autocomplete=\"off\"> counts</label>\
         <label><input type=\"radio\" name=\"cells\" value=\"rates\" autocomplete=\"off\"> % of gold</label></fieldset></div>\n{panels}</section>\n",
        system_choice(view)
    )
}

/// Which system's matrix is shown.
fn system_choice(view: &View<'_>) -> String {
    if !view.is_comparison() {
        return String::new();
    }
    let options: String = view
        .names()
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let checked = if at == 0 { " checked" } else { "" };
            format!(
                "<label class=\"s{}\"><input type=\"radio\" name=\"matrix\" value=\"{}\"{checked} autocomplete=\"off\"><i></i> {}</label>",
                colour(at),
                if at == 0 { String::new() } else { escape(name) },
                escape(name)
            )
        })
        .collect();
    format!("<fieldset><legend>System</legend>{options}</fieldset>")
}

fn panel(view: &View<'_>, at: usize, links: &Links<'_>) -> String {
    let evaluation = &view.systems[at].system.evaluation;
    let name = escape(view.names()[at]);
    let heading = if view.is_comparison() {
        format!("<h3 class=\"s{}\"><i></i>{name}</h3>\n", colour(at))
    } else {
        String::new()
    };
    let value = if at == 0 { "" } else { &name };
    format!(
        "<div class=\"panel\" data-matrix=\"{value}\">\n{heading}{}{}</div>\n",
        pairs(view, at, &evaluation.most_confused, links),
        matrix(view, at, evaluation, links)
    )
}

fn pairs(view: &View<'_>, system: usize, pairs: &[ConfusedLabels], links: &Links<'_>) -> String {
    let Some(largest) = pairs.first().map(|pair| pair.count) else {
        return "<p class=\"note\">No row was predicted wrong.</p>\n".to_owned();
    };
    let position = |label: &str| view.report.labels.iter().position(|known| known == label).unwrap_or(0);
    let rows: String = pairs
        .iter()
        .map(|pair| {
            let names = format!(
                "<span class=\"gold\">{}</span> <span class=\"predicted\"><span class=\"arrow\">→ </span>{}</span>",
                escape(&pair.gold),
                escape(&pair.predicted)
            );
            format!(
                "<tr><th scope=\"row\">{}</th><td class=\"bar\"><span class=\"track\"><span class=\"fill\" style=\"width:{:.2}%\"></span></span></td>\
                 <td class=\"n\"><b>{}</b></td><td class=\"n\">{:.1}</td></tr>\n",
                links.pair(system, position(&pair.gold), position(&pair.predicted), &names),
                pair.count as f64 / largest as f64 * 100.0,
                thousands(pair.count),
                pair.share_of_gold
            )
        })
        .collect();
    format!(
        "<table class=\"plain pairs\"><caption>Most confused</caption>\n<thead><tr><th scope=\"col\">Gold → predicted</th>\
         <td class=\"bar\"></td><th scope=\"col\" class=\"n\">Rows</th><th scope=\"col\" class=\"n\">% of gold</th></tr></thead>\n\
         <tbody>\n{rows}</tbody></table>\n"
    )
}

fn matrix(view: &View<'_>, system: usize, evaluation: &Evaluation, links: &Links<'_>) -> String {
    let labels = &view.report.labels;
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
                .enumerate()
                .map(|(predicted, &count)| match count {
                    0 if gold == predicted => "<td class=\"d\"></td>".to_owned(),
                    0 => "<td></td>".to_owned(),
                    _ => cell(labels, (gold, predicted), (count, total), &|content| {
                        links.pair(system, gold, predicted, content)
                    }),
                })
                .collect();
            format!(
                "<tr><th scope=\"row\" title=\"{0}\">{0}</th>{cells}</tr>\n",
                escape(label)
            )
        })
        .collect();
    format!(
        r#"<div class="scroll matrix" role="region" tabindex="0" aria-label="Confusion matrix"><table class="matrix">
<caption>Confusion matrix: rows are gold, columns predicted, the shade is the share of the gold label</caption>
<thead><tr><th class="corner" scope="col"><span class="down">gold</span><span class="across">predicted</span></th>{columns}</tr></thead>
<tbody>
{rows}</tbody></table></div>
<p class="legend"><span class="swatch right"></span> right <span class="swatch wrong"></span> wrong <span class="more scripted">· choose a cell to see its rows; arrow keys move between cells</span></p>
"#
    )
}

fn cell(
    labels: &[String],
    (gold, predicted): (usize, usize),
    (count, total): (usize, usize),
    link: &dyn Fn(&str) -> String,
) -> String {
    let share = count as f64 / total as f64;
    // The square root lifts small shares, which are most of the mistakes, out of the background.
    let shade = 0.06 + 0.54 * share.sqrt();
    let class = if gold == predicted { "d" } else { "x" };
    format!(
        "<td class=\"{class}\" style=\"--a:{shade:.2}\" title=\"{} → {}: {}, {:.1} %\">{}</td>",
        escape(&labels[gold]),
        escape(&labels[predicted]),
        if count == 1 {
            "1 row".to_owned()
        } else {
            format!("{} rows", thousands(count))
        },
        share * 100.0,
        link(&format!("<b>{count}</b><i>{}</i>", rate(share)))
    )
}

/// A share in whole percent; what rounds to 0 is not nothing.
fn rate(share: f64) -> String {
    match (share * 100.0).round() {
        0.0 => "&lt;1".to_owned(),
        rounded => format!("{rounded:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_rates_are_not_nothing() {
        assert_eq!([0.001, 0.005, 0.333, 1.0].map(rate), ["&lt;1", "1", "33", "100"]);
    }
}
