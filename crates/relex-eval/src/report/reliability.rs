//! Whether probabilities can be taken at their word: a reliability diagram for each system.

use std::fmt::Write;

use super::escape::escape;
use super::number;
use super::plot::{self, Axis, colour};
use super::view::{SystemView, View};
use crate::metric::{BINS, Binning, ConfidenceBins, Metric, ReliabilityBin};
use crate::predictions::ROUNDING_TOLERANCE;
use crate::probabilities::check_distributions;
use crate::text::thousands;

/// Simulations behind the error that a calibrated model would show.
const DRAWS: usize = 500;

pub(super) fn render(view: &View<'_>) -> String {
    let panels: String = (0..view.systems.len()).map(|at| panel(view, at)).collect();
    format!(
        "<section id=\"calibration\" aria-labelledby=\"calibration-title\">\n<h2 id=\"calibration-title\">Calibration</h2>\n\
         <p class=\"lead\">A system is calibrated if of its predictions with a confidence of 80 % four in five are right. Each bar is the share that is \
         right; the mark on it is the confidence, where it would end if the system were calibrated.</p>\n<div class=\"panels\">\n{panels}</div>\n</section>\n"
    )
}

fn panel(view: &View<'_>, at: usize) -> String {
    let system = &view.systems[at];
    let heading = if view.is_comparison() {
        format!(
            "<h3 class=\"s{}\"><i></i>{}</h3>\n",
            colour(at),
            escape(&system.system.name)
        )
    } else {
        String::new()
    };
    let classes = view.report.labels.len();
    let probabilities = &system.system.probabilities;
    let body = if check_distributions(probabilities, classes, ROUNDING_TOLERANCE).is_ok() {
        let bins = ConfidenceBins::new(&view.gold, probabilities, classes, Binning::EqualWidth(BINS));
        diagram(system, &bins, at)
    } else {
        "<p class=\"note\">Its values are not probabilities that sum to 1, so there is nothing to take at its word.</p>\n".to_owned()
    };
    format!("<div class=\"panel\">\n{heading}{body}</div>\n")
}

fn diagram(system: &SystemView<'_>, bins: &ConfidenceBins, at: usize) -> String {
    let reliability = bins.reliability();
    let (mut bars, mut masses) = (String::new(), String::new());
    let rows: usize = reliability.iter().flatten().map(|bin| bin.rows).sum();
    let most = reliability.iter().flatten().map(|bin| bin.rows).max().unwrap_or(1);
    let width = 100.0 / BINS as f64;
    for (bin, found) in reliability.iter().enumerate() {
        let Some(found) = found else { continue };
        let left = bin as f64 * width + 0.4;
        let accuracy = found.accuracy;
        let _ = write!(
            bars,
            "<rect class=\"bar\" x=\"{left:.2}\" y=\"{0:.2}\" width=\"{2:.2}\" height=\"{accuracy:.2}\"/>\
             <rect class=\"over\" x=\"{left:.2}\" y=\"{1:.2}\" width=\"{2:.2}\" height=\"{3:.2}\"/>\
             <path class=\"claimed\" d=\"M{left:.2} {1:.2}h{2:.2}\"/>",
            100.0 - found.accuracy,
            100.0 - found.confidence,
            width - 0.8,
            (found.confidence - found.accuracy).max(0.0)
        );
        let height = found.rows as f64 / most as f64 * 100.0;
        let _ = write!(
            masses,
            "<rect class=\"mass\" x=\"{left:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{height:.2}\"/>",
            100.0 - height,
            width - 0.8
        );
    }
    let class = format!("square s{}", colour(at));
    let mut below = Axis::percent("Confidence");
    let plot = plot::render(
        &class,
        "Share of right predictions by confidence; the numbers are in the table below",
        &below,
        &Axis::percent("Right"),
        &format!("<path class=\"diagonal\" d=\"M0 100L100 0\"/>{bars}"),
    );
    below.title = "Rows by confidence";
    below.ticks.clear();
    let counts = Axis {
        low: 0.0,
        high: most as f64,
        ticks: vec![(0.0, "0".to_owned()), (most as f64, thousands(most))],
        title: "",
    };
    let mass = plot::render(
        &format!("low s{}", colour(at)),
        "Rows by confidence; the numbers are in the table below",
        &below,
        &counts,
        &masses,
    );
    format!(
        "{}<figure>{plot}{mass}</figure>\n{}",
        summary(system, bins, &reliability, rows),
        table(&reliability)
    )
}

/// The error, what to hold it against, and which way the system errs.
fn summary(
    system: &SystemView<'_>,
    bins: &ConfidenceBins,
    reliability: &[Option<ReliabilityBin>],
    rows: usize,
) -> String {
    let evaluation = &system.system.evaluation;
    let found = evaluation
        .scores
        .iter()
        .find(|score| score.metric == Metric::CalibrationErrorEqualWidth);
    let error = found.map_or_else(String::new, |score| {
        format!(
            "<p class=\"headline\">Expected calibration error <b>{}</b> <span class=\"interval\">{}</span></p>\n",
            number::score(score.value, score.metric),
            number::interval(&score.interval, 2)
        )
    });
    let mean = |value: fn(&ReliabilityBin) -> f64| {
        reliability
            .iter()
            .flatten()
            .map(|bin| value(bin) * bin.rows as f64)
            .sum::<f64>()
            / rows.max(1) as f64
    };
    let surplus = mean(|bin| bin.confidence) - mean(|bin| bin.accuracy);
    let direction = if surplus > 0.0 {
        "surer than it is right"
    } else {
        "less sure than it is right"
    };
    format!(
        "<div class=\"measure\">{error}<p>A calibrated system would show at most {:.2} on these rows, 99 times in 100. On average this one is \
         {:.1} points {direction}.</p></div>\n",
        bins.calibrated_error(DRAWS, evaluation.seed),
        surplus.abs()
    )
}

fn table(reliability: &[Option<ReliabilityBin>]) -> String {
    let rows: String = reliability
        .iter()
        .enumerate()
        .filter_map(|(bin, found)| Some((bin, found.as_ref()?)))
        .map(|(bin, found)| {
            let end = |bin: usize| bin as f64 / BINS as f64 * 100.0;
            format!(
                "<tr><th scope=\"row\">{:.0} – {:.0}</th><td class=\"n\">{}</td><td class=\"n\">{:.1}</td><td class=\"n\">{:.1}</td>\
                 <td class=\"n\">{}</td></tr>\n",
                end(bin),
                end(bin + 1),
                thousands(found.rows),
                found.confidence,
                found.accuracy,
                number::signed(found.confidence - found.accuracy, 1)
            )
        })
        .collect();
    format!(
        "<details><summary>The diagram as a table</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Calibration\">\
         <table class=\"plain\"><caption>Predictions by confidence, in percent</caption>\n<thead><tr><th scope=\"col\">Confidence</th>\
         <th scope=\"col\" class=\"n\">Rows</th><th scope=\"col\" class=\"n\">Mean confidence</th><th scope=\"col\" class=\"n\">Right</th>\
         <th scope=\"col\" class=\"n\">Difference</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div></details>\n"
    )
}
