//! Frames for plots: the drawing is SVG, its axes are text beside it, so that text keeps its size wherever the drawing shrinks.

use std::fmt::Write;

use super::escape::escape;
use super::number::short;

/// One axis, from `low` to `high`.
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Where it is marked, and with what.
    pub(super) ticks: Vec<(f64, String)>,
    pub(super) title: &'static str,
}

impl Axis {
    /// From 0 to 100, marked at each fifth.
    pub(super) fn percent(title: &'static str) -> Self {
        Self {
            low: 0.0,
            high: 100.0,
            ticks: (0..=5)
                .map(|tick| (f64::from(tick) * 20.0, (tick * 20).to_string()))
                .collect(),
            title,
        }
    }

    /// From `low` to `high`, which may be moved outwards, marked at about five round numbers.
    pub(super) fn around(low: f64, high: f64, title: &'static str) -> Self {
        let span = if high > low { high - low } else { low.abs().max(1.0) };
        let step = round_step(span / 4.0);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let last = if last > first { last } else { first + 1.0 };
        let ticks = (0..=(last - first) as usize).map(|tick| (first + tick as f64) * step);
        Self {
            low: first * step,
            high: last * step,
            ticks: ticks.map(|tick| (tick, tick_text(tick, step))).collect(),
            title,
        }
    }

    /// Where `value` lies, in percent of the axis.
    pub(super) fn place(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low) * 100.0
    }
}

/// The smallest of 1, 2, 2.5, 5 or 10 times a power of ten that is not below `least`, which is above 0.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let factors = [1.0, 2.0, 2.5, 5.0, 10.0];
    let factor = factors
        .into_iter()
        .find(|factor| factor * power >= least * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

/// A multiple of `step`, with a power of ten where it would have many zeros.
fn tick_text(value: f64, step: f64) -> String {
    if step >= 1e-3 || value == 0.0 {
        short(value, (1.0 - step.log10()).ceil().max(0.0) as usize)
    } else {
        format!("{value:.1e}").replace(".0e", "e").replace('-', "−")
    }
}

/// A plot with both axes; `marks` is SVG in a square of 100 × 100, of which y runs down (see [`line`]). `description` is plain text.
pub(super) fn render(class: &str, description: &str, x: &Axis, y: &Axis, marks: &str) -> String {
    let mut grid = String::new();
    let (mut left, mut below) = (String::new(), String::new());
    for (value, text) in &y.ticks {
        let place = y.place(*value);
        let _ = write!(grid, "M0 {:.2}H100", 100.0 - place);
        let _ = write!(left, "<span style=\"bottom:{place:.2}%\">{text}</span>");
    }
    for (value, text) in &x.ticks {
        let place = x.place(*value);
        let _ = write!(grid, "M{place:.2} 0V100");
        let _ = write!(below, "<span style=\"left:{place:.2}%\">{text}</span>");
    }
    format!(
        "<div class=\"plot {class}\">\n<div class=\"y-title\" aria-hidden=\"true\">{}</div>\
         <div class=\"y-ticks\" aria-hidden=\"true\">{left}</div>\n\
         <svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\"><path class=\"grid\" d=\"{grid}\"/>{marks}</svg>\n\
         <div class=\"x-ticks\" aria-hidden=\"true\">{below}</div><div class=\"x-title\" aria-hidden=\"true\">{}</div></div>\n",
        y.title,
        escape(description),
        x.title
    )
}

/// The `d` of a path through points in percent of both axes, to a hundredth.
pub(super) fn line(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (x, y) in points {
        path.push(if path.is_empty() { 'M' } else { 'L' });
        let _ = write!(
            path,
            "{} {}",
            short(x, 2).replace('−', "-"),
            short(100.0 - y, 2).replace('−', "-")
        );
    }
    path
}

/// The `d` of a path of dots, for a stroke with round ends.
pub(super) fn dots(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    points.into_iter().fold(String::new(), |mut path, (x, y)| {
        let _ = write!(path, "M{x:.2} {:.2}h0", 100.0 - y);
        path
    })
}

/// A key of systems and colours; empty where there is one only.
pub(super) fn key(names: &[&str]) -> String {
    if names.len() < 2 {
        return String::new();
    }
    let items: String = names
        .iter()
        .enumerate()
        .map(|(at, name)| format!("<li class=\"s{}\"><i></i>{}</li>", colour(at), escape(name)))
        .collect();
    format!("<ul class=\"key\">{items}</ul>\n")
}

/// How many colours there are for systems; further ones begin again.
const COLOURS: usize = 6;

/// The class of the system at a position, `s0` to `s5`.
pub(super) fn colour(position: usize) -> usize {
    position % COLOURS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        let check = |low, high, expected: &[&str]| {
            let axis = Axis::around(low, high, "");
            let ticks: Vec<&str> = axis.ticks.iter().map(|tick| tick.1.as_str()).collect();
            assert_eq!(ticks, expected);
            assert!(axis.low <= low && axis.high >= high);
        };
        check(0.0, 3.4, &["0", "1", "2", "3", "4"]);
        check(0.0, 2e-4, &["0", "5e−5", "1e−4", "1.5e−4", "2e−4"]);
        check(-1.2, 0.7, &["−1.5", "−1", "−0.5", "0", "0.5", "1"]);
        // Nothing to span.
        check(0.0, 0.0, &["0", "0.25"]);
        check(66.4, 66.4, &["60", "80"]);
    }

    #[test]
    fn paths_run_down_and_keep_hundredths() {
        assert_eq!(
            line([(0.0, 100.0), (33.333, 66.671), (100.0, 0.0)]),
            "M0 0L33.33 33.33L100 100"
        );
        assert_eq!(dots([(50.0, 25.0)]), "M50.00 75.00h0");
        assert_eq!(key(&["one"]), "");
        assert!(key(&["one", "<two>"]).contains("&lt;two&gt;"));
    }
}
