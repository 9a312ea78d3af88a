//! The headline scores, each on its scale with its interval, and all scores as a table.

use super::escape::escape;
use super::number;
use super::plot::{colour, key};
use super::view::View;
use crate::bootstrap::too_few_resamples;
use crate::evaluation::{Evaluation, MetricScore};
use crate::interval::Score;
use crate::metric::Metric;
use crate::text::thousands;

pub(super) fn render(view: &View<'_>) -> String {
    let first = &view.systems[0].system.evaluation;
    let cards: String = [Metric::MicroF1, Metric::Auprc, Metric::Accuracy]
        .into_iter()
        .map(|metric| card(view, metric))
        .collect();
    format!(
        "<section id=\"scores\" aria-labelledby=\"scores-title\">\n<h2 id=\"scores-title\">Scores</h2>\n{}<div class=\"cards\">\n{cards}</div>\n\
         <p class=\"note\">In percent. Intervals are {:.0} % BCa bootstrap intervals over {} sentences, {} resamples.{}{}</p>\n{}</section>\n",
        key(&view.names()),
        first.micro_f1.interval.level * 100.0,
        thousands(first.groups),
        thousands(first.resamples),
        few_resamples(view),
        absent_labels(first),
        every_score(view)
    )
}

/// What is to be said of the system with the fewest resamples.
fn few_resamples(view: &View<'_>) -> String {
    let evaluations = view.systems.iter().map(|system| &system.system.evaluation);
    let fewest = evaluations.min_by_key(|evaluation| evaluation.resamples);
    fewest
        .and_then(|fewest| too_few_resamples(fewest.resamples, fewest.micro_f1.interval.level))
        .map_or_else(String::new, |warning| format!(" <b>{}.</b>", escape(&warning)))
}

fn absent_labels(evaluation: &Evaluation) -> String {
    match evaluation.per_label.len().saturating_sub(evaluation.auprc_labels) {
        0 => String::new(),
        1 => " One label has no gold row here and is not part of the AUPRC mean.".to_owned(),
        more => format!(" {more} labels have no gold row here and are not part of the AUPRC mean."),
    }
}

fn card(view: &View<'_>, metric: Metric) -> String {
    let first = &view.systems[0].system.evaluation;
    let (name, detail) = match metric {
        Metric::MicroF1 => (
            "Micro-F1",
            format!("without <code>{}</code>", escape(&first.negative_label)),
        ),
        Metric::Auprc => ("AUPRC", format!("mean over {} labels", first.auprc_labels)),
        _ => ("Accuracy", "all labels".to_owned()),
    };
    let scores = view.systems.iter().map(|system| match metric {
        Metric::MicroF1 => &system.system.evaluation.micro_f1,
        Metric::Auprc => &system.system.evaluation.auprc,
        _ => &system.system.evaluation.accuracy,
    });
    let body: String = if view.is_comparison() {
        scores
            .zip(view.names())
            .enumerate()
            .map(|(at, (score, name))| bar(at, name, score))
            .collect()
    } else {
        scores.map(alone).collect()
    };
    format!(
        "<div class=\"card\">\n<h3>{name} <small>{detail}</small></h3>\n{body}\
         <div class=\"ends\" aria-hidden=\"true\"><span>0</span><span>50</span><span>100</span></div>\n</div>\n"
    )
}

fn alone(Score { value, interval }: &Score) -> String {
    format!(
        "<p class=\"value\">{value:.2}</p>\n<p class=\"interval\">{:.0} % interval <b>{}</b></p>\n{}\n",
        interval.level * 100.0,
        number::interval(interval, 2),
        scale(*value, interval.low, interval.high)
    )
}

/// One system's bar among several, named for those who cannot tell its colour.
fn bar(at: usize, name: &str, Score { value, interval }: &Score) -> String {
    format!(
        "<div class=\"entry s{}\"><p><span class=\"name\"><i></i>{}</span> <b>{value:.2}</b> <span class=\"interval\">{}</span></p>\n{}</div>\n",
        colour(at),
        escape(name),
        number::interval(interval, 2),
        scale(*value, interval.low, interval.high)
    )
}

/// A bar from 0 to 100 with its interval on it.
pub(super) fn scale(value: f64, low: f64, high: f64) -> String {
    let inside = |value: f64| value.clamp(0.0, 100.0);
    let (value, low, high) = (inside(value), inside(low), inside(high));
    format!(
        "<div class=\"scale\" aria-hidden=\"true\"><span class=\"fill\" style=\"width:{value:.2}%\"></span>\
         <span class=\"whisker\" style=\"left:{low:.2}%;width:{:.2}%\"></span></div>",
        high - low
    )
}

/// Every score that the systems have, behind a line to open.
fn every_score(view: &View<'_>) -> String {
    let mut metrics: Vec<Metric> = Vec::new();
    for score in view.systems.iter().flat_map(|system| &system.system.evaluation.scores) {
        if !metrics.contains(&score.metric) {
            metrics.push(score.metric);
        }
    }
    let heads: String = if view.is_comparison() {
        let names = view.names();
        names
            .iter()
            .map(|name| {
                format!(
                    "<th scope=\"col\" class=\"n\">{0}</th><th scope=\"col\">interval</th>",
                    escape(name)
                )
            })
            .collect()
    } else {
        "<th scope=\"col\" class=\"n\">Value</th><th scope=\"col\">BCa interval</th><th scope=\"col\">Percentile interval</th>".to_owned()
    };
    let rows: String = metrics
        .iter()
        .map(|&metric| {
            let cells: String = view
                .systems
                .iter()
                .map(|system| {
                    cells(
                        system
                            .system
                            .evaluation
                            .scores
                            .iter()
                            .find(|score| score.metric == metric),
                        !view.is_comparison(),
                    )
                })
                .collect();
            format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", name(metric))
        })
        .collect();
    format!(
        "<details><summary>Every score</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Every score\">\
         <table class=\"plain\"><caption>Every score, in percent but for the Brier score (0 to 2) and the log loss (nats)</caption>\n\
         <thead><tr><th scope=\"col\">Score</th>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div></details>\n"
    )
}

fn cells(score: Option<&MetricScore>, with_percentile: bool) -> String {
    let Some(score) = score else {
        return "<td class=\"n\">–</td><td>–</td>".to_owned();
    };
    let digits = score.metric.digits();
    let percentile = if with_percentile {
        format!("<td>{}</td>", number::interval(&score.percentile, digits))
    } else {
        String::new()
    };
    format!(
        "<td class=\"n\"><b>{}</b></td><td>{}</td>{percentile}",
        number::score(score.value, score.metric),
        number::interval(&score.interval, digits)
    )
}

/// The metric's name with a capital, and which way is better where that is downwards.
fn name(metric: Metric) -> String {
    let name = metric.to_string();
    let mut rest = name.chars();
    let capital: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    let direction = if metric.higher_is_better() {
        ""
    } else {
        " <small>lower is better</small>"
    };
    format!("{capital}{}{direction}", rest.as_str())
}
