//! How training went: loss, learning rate, and scores on the way.

use std::fmt::Write;

use super::escape::escape;
use super::history::{TrainingHistory, TrainingStep};
use super::plot::{self, Axis, colour, key};
use super::view::View;
use crate::text::thousands;

/// How many points of a curve are drawn; each is the mean of as many steps as that takes.
const POINTS: usize = 100;

/// Neighbouring steps taken together.
struct Bucket {
    first: usize,
    last: usize,
    loss: f64,
    lowest: f64,
    highest: f64,
    learning_rate: Option<f64>,
}

impl Bucket {
    fn middle(&self) -> f64 {
        (self.first + self.last) as f64 / 2.0
    }
}

/// A system's history with its steps in buckets.
struct Trained<'a> {
    position: usize,
    name: &'a str,
    history: &'a TrainingHistory,
    buckets: Vec<Bucket>,
}

pub(super) fn render(view: &View<'_>) -> String {
    let trained: Vec<Trained<'_>> = view
        .systems
        .iter()
        .enumerate()
        .filter_map(|(position, system)| {
            let history = system.system.history.as_ref()?;
            Some(Trained {
                position,
                name: &system.system.name,
                history,
                buckets: buckets(&history.steps),
            })
        })
        .collect();
    let plots = [loss(&trained), learning_rate(&trained), scores(&trained)].concat();
    if plots.is_empty() {
        return String::new();
    }
    let tables: String = trained
        .iter()
        .map(|trained| table(trained, view.is_comparison()))
        .collect();
    format!(
        "<section id=\"training\" aria-labelledby=\"training-title\">\n<h2 id=\"training-title\">Training</h2>\n{}\
         <div class=\"panels three\">\n{plots}</div>\n{tables}</section>\n",
        key(&view.names())
    )
}

fn buckets(steps: &[TrainingStep]) -> Vec<Bucket> {
    let steps: Vec<&TrainingStep> = steps.iter().filter(|step| step.loss.is_finite()).collect();
    let bucket = |steps: &[&TrainingStep]| {
        let losses = || steps.iter().map(|step| step.loss);
        Some(Bucket {
            first: steps.first()?.step,
            last: steps.last()?.step,
            loss: losses().sum::<f64>() / steps.len() as f64,
            lowest: losses().fold(f64::INFINITY, f64::min),
            highest: losses().fold(f64::NEG_INFINITY, f64::max),
            learning_rate: steps.last()?.learning_rate.filter(|rate| rate.is_finite()),
        })
    };
    steps
        .chunks(steps.len().div_ceil(POINTS).max(1))
        .filter_map(bucket)
        .collect()
}

fn step_axis(trained: &[Trained<'_>]) -> Axis {
    let last_step = trained
        .iter()
        .flat_map(|trained| trained.buckets.last().map(|bucket| bucket.last));
    let last_evaluation = trained
        .iter()
        .flat_map(|trained| trained.history.evaluations.last().map(|found| found.step));
    let last = last_step.chain(last_evaluation).max().unwrap_or(1);
    let mut axis = Axis::around(0.0, last as f64, "Step");
    // Steps end where they end.
    axis.high = (last as f64).max(1.0);
    axis.ticks.retain(|(step, _)| *step <= axis.high);
    axis
}

fn figure(title: &str, description: &str, x: &Axis, y: &Axis, marks: &str) -> String {
    let plot = plot::render("wide", description, x, y, marks);
    format!("<figure><figcaption>{title}</figcaption>{plot}</figure>\n")
}

fn loss(trained: &[Trained<'_>]) -> String {
    let all = || trained.iter().flat_map(|trained| &trained.buckets);
    if all().next().is_none() {
        return String::new();
    }
    let x = step_axis(trained);
    let low = all().map(|bucket| bucket.lowest).fold(0.0, f64::min);
    let y = Axis::around(low, all().map(|bucket| bucket.highest).fold(0.0, f64::max), "");
    let mut marks = String::new();
    for Trained { position, buckets, .. } in trained.iter().rev() {
        let at = |bucket: &Bucket, loss: f64| (x.place(bucket.middle()), y.place(loss));
        let up = buckets.iter().map(|bucket| at(bucket, bucket.highest));
        let down = buckets.iter().rev().map(|bucket| at(bucket, bucket.lowest));
        let _ = write!(
            marks,
            "<path class=\"band s{0}\" d=\"{1}Z\"/><path class=\"line s{0}\" d=\"{2}\"/>",
            colour(*position),
            plot::line(up.chain(down)),
            plot::line(buckets.iter().map(|bucket| at(bucket, bucket.loss)))
        );
    }
    figure(
        "Loss <small>mean, and from lowest to highest</small>",
        "Loss by step; the numbers are in the table below",
        &x,
        &y,
        &marks,
    )
}

fn learning_rate(trained: &[Trained<'_>]) -> String {
    let rates = || {
        trained
            .iter()
            .flat_map(|trained| &trained.buckets)
            .filter_map(|bucket| bucket.learning_rate)
    };
    if rates().next().is_none() {
        return String::new();
    }
    let x = step_axis(trained);
    let y = Axis::around(0.0, rates().fold(0.0, f64::max), "");
    let lines = trained
        .iter()
        .rev()
        .fold(String::new(), |mut marks, Trained { position, buckets, .. }| {
            let points = buckets
                .iter()
                .filter_map(|bucket| Some((x.place(bucket.last as f64), y.place(bucket.learning_rate?))));
            let _ = write!(
                marks,
                "<path class=\"line s{}\" d=\"{}\"/>",
                colour(*position),
                plot::line(points)
            );
            marks
        });
    figure(
        "Learning rate",
        "Learning rate by step; the numbers are in the table below",
        &x,
        &y,
        &lines,
    )
}

fn scores(trained: &[Trained<'_>]) -> String {
    if trained.iter().all(|trained| trained.history.evaluations.is_empty()) {
        return String::new();
    }
    let x = step_axis(trained);
    let y = Axis::percent("");
    let mut marks = String::new();
    for Trained { position, history, .. } in trained.iter().rev() {
        let evaluations = || {
            history
                .evaluations
                .iter()
                .map(|found| (x.place(found.step as f64), found))
        };
        let f1: Vec<(f64, f64)> = evaluations().map(|(at, found)| (at, found.micro_f1)).collect();
        let area: Vec<(f64, f64)> = evaluations()
            .filter_map(|(at, found)| Some((at, found.auprc?)))
            .collect();
        for (points, class) in [(area, " second"), (f1, "")] {
            let _ = write!(
                marks,
                "<path class=\"line{class} s{0}\" d=\"{1}\"/><path class=\"dot{class} s{0}\" d=\"{2}\"/>",
                colour(*position),
                plot::line(points.iter().copied()),
                plot::dots(points.iter().copied())
            );
        }
    }
    figure(
        "Validation scores <small>AUPRC paler, dashed</small>",
        "Micro-F1 and AUPRC by step; the numbers are in the table below",
        &x,
        &y,
        &marks,
    )
}

fn table(trained: &Trained<'_>, with_name: bool) -> String {
    let name = if with_name {
        format!(" of {}", escape(trained.name))
    } else {
        String::new()
    };
    let mut rows = String::new();
    for bucket in &trained.buckets {
        let steps = if bucket.first == bucket.last {
            thousands(bucket.first)
        } else {
            format!("{} – {}", thousands(bucket.first), thousands(bucket.last))
        };
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{steps}</th><td class=\"n\">{:.4}</td><td class=\"n\">{}</td></tr>",
            bucket.loss,
            bucket
                .learning_rate
                .map_or_else(|| "–".to_owned(), |rate| format!("{rate:.2e}").replace('-', "−"))
        );
    }
    let evaluations: String = trained
        .history
        .evaluations
        .iter()
        .map(|found| {
            format!(
                "<tr><th scope=\"row\">{}</th><td class=\"n\">{:.2}</td><td class=\"n\">{}</td></tr>\n",
                thousands(found.step),
                found.micro_f1,
                found.auprc.map_or_else(|| "–".to_owned(), |area| format!("{area:.2}"))
            )
        })
        .collect();
    let part = |caption: &str, heads: [&str; 3], rows: &str| {
        if rows.is_empty() {
            return String::new();
        }
        let [first, second, third] = heads;
        format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}{name}\"><table class=\"plain\"><caption>{caption}{name}</caption>\n\
             <thead><tr><th scope=\"col\">{first}</th><th scope=\"col\" class=\"n\">{second}</th><th scope=\"col\" class=\"n\">{third}</th></tr></thead>\n\
             <tbody>\n{rows}</tbody></table></div>\n"
        )
    };
    format!(
        "<details><summary>Training{name} as a table</summary>\n<div class=\"tables\">{}{}</div></details>\n",
        part("Steps", ["Steps", "Mean loss", "Learning rate"], &rows),
        part("Validation scores", ["Step", "Micro-F1", "AUPRC"], &evaluations)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_every_step_once() {
        let steps: Vec<TrainingStep> = (1..=250)
            .map(|step| TrainingStep {
                step,
                loss: step as f64,
                learning_rate: None,
            })
            .chain([TrainingStep {
                step: 251,
                loss: f64::NAN,
                learning_rate: None,
            }])
            .collect();
        let buckets = buckets(&steps);
        // 250 steps by threes: 83 whole buckets and one of one step.
        assert_eq!(buckets.len(), 84);
        assert_eq!((buckets[0].first, buckets[0].last, buckets[0].loss), (1, 3, 2.0));
        assert_eq!(
            (buckets[83].first, buckets[83].last, buckets[83].highest),
            (250, 250, 250.0)
        );
        assert!(super::buckets(&[]).is_empty());
    }
}
