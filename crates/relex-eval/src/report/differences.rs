//! Paired differences between systems, each with its interval around zero, and what may be claimed.

use super::escape::escape;
use super::number;
use super::plot::Axis;
use super::view::View;
use crate::compare::{Comparison, PairComparison, Verdict};
use crate::metric::Metric;

pub(super) fn render(view: &View<'_>) -> String {
    let comparisons: String = view
        .report
        .comparisons
        .iter()
        .filter(|found| !found.pairs.is_empty())
        .map(table)
        .collect();
    if comparisons.is_empty() {
        return String::new();
    }
    format!(
        "<section id=\"differences\" aria-labelledby=\"differences-title\">\n<h2 id=\"differences-title\">Differences</h2>\n\
         <p class=\"lead\">Both systems meet the same sentences, so their difference is more certain than either score: read these \
         intervals, not whether two bars overlap.</p>\n{comparisons}</section>\n"
    )
}

fn table(comparison: &Comparison) -> String {
    let metric = comparison.metric;
    let ends = comparison
        .pairs
        .iter()
        .flat_map(|pair| [pair.interval.low, pair.interval.high, pair.difference]);
    let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), end| (low.min(end), high.max(end)));
    let axis = Axis::around(low, high, "");
    let ticks: String = axis
        .ticks
        .iter()
        .map(|(value, text)| format!("<span style=\"left:{:.2}%\">{text}</span>", axis.place(*value)))
        .collect();
    // One pair has nothing to be corrected for.
    let is_corrected = comparison.pairs.len() > 1;
    let corrected = if is_corrected {
        "<th scope=\"col\" class=\"n\">p, Holm</th>"
    } else {
        ""
    };
    let p_holm = |pair: &PairComparison| {
        let cell = || format!("<td class=\"n\">{}</td>", number::p_value(pair.p_holm));
        if is_corrected { cell() } else { String::new() }
    };
    let rows: String = comparison
        .pairs
        .iter()
        .map(|pair| row(pair, metric, &axis, &p_holm(pair)))
        .collect();
    let claims: String = comparison
        .pairs
        .iter()
        .map(|pair| format!("<li>{}</li>\n", escape(&pair.claim)))
        .collect();
    let title = title(comparison);
    format!(
        "<h3>{title}</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Differences of {metric}\">\
         <table class=\"plain differences\"><caption>Difference of {metric}, with its {:.0} % interval</caption>\n\
         <thead><tr><th scope=\"col\">Systems</th><th scope=\"col\" class=\"n\">Difference</th><th scope=\"col\">Interval</th>\
         <th scope=\"col\" class=\"axis\"><span class=\"hidden\">Drawn</span><div class=\"ticks\" aria-hidden=\"true\">{ticks}</div></th>\
         <th scope=\"col\" class=\"n\">p</th>{corrected}<th scope=\"col\" class=\"n\">Detectable</th>\
         <th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n<ul class=\"claims\">\n{claims}</ul>\n",
        comparison.level * 100.0
    )
}

fn title(comparison: &Comparison) -> String {
    match comparison.metric {
        Metric::MicroF1 => format!(
            "Micro-F1 <small>without <code>{}</code></small>",
            escape(&comparison.negative_label)
        ),
        Metric::Accuracy => "Accuracy".to_owned(),
        other => escape(&other.to_string()),
    }
}

fn row(pair: &PairComparison, metric: Metric, axis: &Axis, p_holm: &str) -> String {
    let digits = metric.digits();
    let (low, high) = (axis.place(pair.interval.low), axis.place(pair.interval.high));
    let verdict = match pair.verdict {
        Verdict::FirstBetter => format!("<b>{}</b> is better", escape(&pair.first)),
        Verdict::SecondBetter => format!("<b>{}</b> is better", escape(&pair.second)),
        Verdict::NotShown => "no difference shown".to_owned(),
        Verdict::TooFewRuns => "too few runs".to_owned(),
    };
    format!(
        "<tr><th scope=\"row\">{} <small>less</small> {}</th><td class=\"n\"><b>{}</b></td><td>{}</td>\
         <td class=\"axis\"><div aria-hidden=\"true\"><span class=\"zero\" style=\"left:{:.2}%\"></span>\
         <span class=\"span\" style=\"left:{low:.2}%;width:{:.2}%\"></span><span class=\"point\" style=\"left:{:.2}%\"></span></div></td>\
         <td class=\"n\">{}</td>{p_holm}<td class=\"n\">{}</td><td>{verdict}</td></tr>\n",
        escape(&pair.second),
        escape(&pair.first),
        number::signed(pair.difference, digits),
        number::interval(&pair.interval, digits),
        axis.place(0.0),
        high - low,
        axis.place(pair.difference),
        number::p_value(pair.p),
        pair.detectable
            .map_or_else(|| "–".to_owned(), |least| number::score(least, metric)),
    )
}
