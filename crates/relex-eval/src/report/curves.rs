//! Precision-recall curves: of all relations together, and of each label.

use std::fmt::Write;

use super::escape::escape;
use super::plot::{self, Axis, colour, key};
use super::simplify::simplify;
use super::view::{SystemView, View};
use crate::error::EvalError;
use crate::evaluation::MetricScore;
use crate::metric::{CurvePoint, Metric, curve_area, precision_recall_curve};
use crate::text::thousands;

/// How many points of a curve are drawn, where that keeps its area.
const POINTS: usize = 80;

/// The name that links give to the curve of all relations together; no label is empty.
const MICRO: &str = "";

/// One curve of every system; a system without a gold row of the label has no points.
struct Curve<'a> {
    /// [`MICRO`], or the label.
    name: &'a str,
    gold: usize,
    systems: Vec<Drawn>,
}

/// A system's curve as it is drawn.
struct Drawn {
    points: Vec<CurvePoint>,
    /// Of all points, not only those drawn.
    area: f64,
    /// Recall and precision of what the system decided.
    decided: (f64, f64),
}

pub(super) fn render(view: &View<'_>) -> Result<String, EvalError> {
    let mut curves = vec![micro(view)?];
    for label in 0..view.report.labels.len() {
        curves.push(of_label(view, label)?);
    }
    curves.retain(|curve| curve.gold > 0);
    let Some(first) = curves.first().map(|curve| curve.name) else {
        return Ok(String::new());
    };
    let options: String = curves.iter().map(option).collect();
    let marks: String = curves.iter().map(|curve| drawing(curve, curve.name == first)).collect();
    let notes: String = curves
        .iter()
        .map(|curve| note(view, curve, curve.name == first))
        .collect();
    let plot = plot::render(
        "square",
        "Precision against recall of the chosen curve; the numbers are in the table below",
        &Axis::percent("Recall"),
        &Axis::percent("Precision"),
        &marks,
    );
    Ok(format!(
        "<section id=\"curves\" aria-labelledby=\"curves-title\">\n<h2 id=\"curves-title\">Precision and recall</h2>\n\
         <div class=\"curves\">\n<div class=\"beside\">\n<label class=\"choice scripted\">Curve<select id=\"curve\" autocomplete=\"off\">{options}</select></label>\n\
         {}{notes}<p class=\"note\">The dot is what the system decided: its most probable label for each row, which no single threshold gives.</p>\n</div>\n\
         <figure>{plot}</figure>\n</div>\n{}</section>\n",
        key(&view.names()),
        table(view, &curves)
    ))
}

/// Every pair of a row and a relation, ranked by its probability.
fn micro<'a>(view: &View<'a>) -> Result<Curve<'a>, EvalError> {
    let (labels, negative) = (view.report.labels.len(), view.report.negative);
    let pairs = || (0..view.gold.len()).flat_map(|row| (0..labels).map(move |label| (row, label)));
    let relations = || pairs().filter(|&(_, label)| label != negative);
    let is_gold: Vec<bool> = relations().map(|(row, label)| view.gold[row] == label).collect();
    let systems = view.systems.iter().map(|system| {
        let scores: Vec<f64> = relations()
            .map(|(row, label)| system.probabilities(row)[label])
            .collect();
        let value = |metric| {
            let mut found = system
                .system
                .evaluation
                .scores
                .iter()
                .filter(|score| score.metric == metric);
            found.next().map_or(0.0, |score: &MetricScore| score.value)
        };
        drawn(
            &is_gold,
            &scores,
            (value(Metric::MicroRecall), value(Metric::MicroPrecision)),
        )
    });
    Ok(Curve {
        name: MICRO,
        gold: is_gold.iter().filter(|&&gold| gold).count(),
        systems: systems.collect::<Result<_, _>>()?,
    })
}

fn of_label<'a>(view: &View<'a>, label: usize) -> Result<Curve<'a>, EvalError> {
    let is_gold: Vec<bool> = view.gold.iter().map(|&gold| gold == label).collect();
    let system = |system: &SystemView<'_>| {
        let scores: Vec<f64> = (0..view.gold.len())
            .map(|row| system.probabilities(row)[label])
            .collect();
        let row = &system.system.evaluation.per_label[label];
        drawn(&is_gold, &scores, (row.recall, row.precision))
    };
    Ok(Curve {
        name: &view.report.labels[label],
        gold: is_gold.iter().filter(|&&gold| gold).count(),
        systems: view.systems.iter().map(system).collect::<Result<_, _>>()?,
    })
}

fn drawn(is_gold: &[bool], scores: &[f64], decided: (f64, f64)) -> Result<Drawn, EvalError> {
    // The area is that of all points, which leaving some out hardly moves.
    let whole = if is_gold.is_empty() {
        Vec::new()
    } else {
        precision_recall_curve(is_gold, scores)?
    };
    Ok(Drawn {
        area: curve_area(&whole),
        points: simplify(&whole, POINTS),
        decided,
    })
}

fn option(curve: &Curve<'_>) -> String {
    if curve.name == MICRO {
        return "<option value=\"\">all relations together</option>".to_owned();
    }
    let name = escape(curve.name);
    format!("<option value=\"{name}\">{name} ({})</option>", thousands(curve.gold))
}

fn drawing(curve: &Curve<'_>, is_shown: bool) -> String {
    let mut marks = String::new();
    // The first system is drawn last, on top.
    for (at, system) in curve.systems.iter().enumerate().rev() {
        let line = plot::line(system.points.iter().map(|point| (point.recall, point.precision)));
        let dot = plot::dots([system.decided]);
        let _ = write!(
            marks,
            "<path class=\"line s{0}\" d=\"{line}\"/><path class=\"dot s{0}\" d=\"{dot}\"/>",
            colour(at)
        );
    }
    format!(
        "<g data-curve=\"{}\"{}>{marks}</g>",
        escape(curve.name),
        hidden(is_shown)
    )
}

fn hidden(is_shown: bool) -> &'static str {
    if is_shown { "" } else { " hidden" }
}

/// What is drawn, in words and with its areas.
fn note(view: &View<'_>, curve: &Curve<'_>, is_shown: bool) -> String {
    let what = if curve.name == MICRO {
        format!(
            "Every pair of a row and a relation, ranked by its probability: {} gold ones. (The headline AUPRC is another number: the mean of \
             the labels’ areas.)",
            thousands(curve.gold)
        )
    } else {
        format!(
            "<code>{}</code> against the rest: {} gold rows.",
            escape(curve.name),
            thousands(curve.gold)
        )
    };
    let areas: String = curve
        .systems
        .iter()
        .zip(view.names())
        .enumerate()
        .map(|(at, (system, name))| {
            let name = if view.is_comparison() {
                format!("<span class=\"name s{}\"><i></i>{}</span> ", colour(at), escape(name))
            } else {
                String::new()
            };
            format!("<li>{name}area <b>{:.2}</b></li>", system.area)
        })
        .collect();
    format!(
        "<div class=\"areas\" data-curve=\"{}\"{}><ul>{areas}</ul><p>{what}</p></div>\n",
        escape(curve.name),
        hidden(is_shown)
    )
}

fn table(view: &View<'_>, curves: &[Curve<'_>]) -> String {
    let levels = || (1..=10).map(|level| f64::from(level) * 10.0);
    let heads: String = levels()
        .map(|level| format!("<th scope=\"col\" class=\"n\">{level}</th>"))
        .collect();
    let mut rows = String::new();
    for curve in curves {
        let label = if curve.name == MICRO {
            "all relations together".to_owned()
        } else {
            escape(curve.name)
        };
        for (system, name) in curve.systems.iter().zip(view.names()) {
            let name = if view.is_comparison() {
                format!("<td>{}</td>", escape(name))
            } else {
                String::new()
            };
            let cells: String = levels()
                .map(|level| format!("<td class=\"n\">{:.1}</td>", precision_at(&system.points, level)))
                .collect();
            let _ = writeln!(
                rows,
                "<tr><th scope=\"row\">{label}</th>{name}<td class=\"n\"><b>{:.2}</b></td>{cells}</tr>",
                system.area
            );
        }
    }
    let system = if view.is_comparison() {
        "<th scope=\"col\">System</th>"
    } else {
        ""
    };
    format!(
        "<details><summary>The curves as a table</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"The curves as a table\">\
         <table class=\"plain\"><caption>Precision of each curve at recalls of 10 to 100 %</caption>\n<thead><tr><th scope=\"col\">Curve</th>{system}\
         <th scope=\"col\" class=\"n\">Area</th>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div></details>\n"
    )
}

/// Where the curve is at a recall; where it falls straight down, the upper end.
fn precision_at(points: &[CurvePoint], recall: f64) -> f64 {
    let after = points.partition_point(|point| point.recall < recall - 1e-9);
    let Some(to) = points.get(after) else {
        return points.last().map_or(0.0, |point| point.precision);
    };
    match after.checked_sub(1).map(|before| points[before]) {
        Some(from) if to.recall > recall => {
            let share = (recall - from.recall) / (to.recall - from.recall);
            from.precision + share * (to.precision - from.precision)
        }
        _ => to.precision,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_between_and_at_points() {
        let point = |recall, precision| CurvePoint { recall, precision };
        let points = [
            point(0.0, 100.0),
            point(50.0, 80.0),
            point(50.0, 40.0),
            point(100.0, 20.0),
        ];
        assert_eq!(
            [25.0, 50.0, 75.0, 100.0].map(|recall| precision_at(&points, recall)),
            [90.0, 80.0, 30.0, 20.0]
        );
    }
}
