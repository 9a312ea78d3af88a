//! A comparison as plain text for a terminal.

use std::fmt::Write;

use super::claim::amount;
use super::{ArmScore, Comparison, PairComparison};
use crate::bootstrap::too_few_resamples;
use crate::interval::Interval;
use crate::metric::Metric;
use crate::text::{WIDTH, display_width, p_value, pad, printable, signed, thousands, wrapped};

/// Character cells between the ends of a scale.
const SCALE: usize = 48;

/// The arms with their intervals on one scale, each pair's difference on another with zero marked, the tests behind it, and what may be
/// claimed, as aligned plain text (UTF-8, no colours), ending in a line break.
pub fn render_comparison(comparison: &Comparison) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = headline(&mut text, comparison);
    let _ = arms(&mut text, comparison);
    let _ = pairs(&mut text, comparison);
    let _ = claims(&mut text, comparison);
    text
}

fn headline(text: &mut String, comparison: &Comparison) -> std::fmt::Result {
    let metric = match comparison.metric {
        metric @ (Metric::MicroF1 | Metric::MacroF1) => {
            format!("{metric} without {}", printable(&comparison.negative_label))
        }
        metric => metric.to_string(),
    };
    writeln!(
        text,
        "  {metric} on {} rows in {} sentences; {} resamples of sentences, seed {}",
        thousands(comparison.rows),
        thousands(comparison.groups),
        thousands(comparison.resamples),
        comparison.seed
    )?;
    if let Some(warning) = too_few_resamples(comparison.resamples, comparison.level) {
        writeln!(text, "  warning: {warning}")?;
    }
    writeln!(text)
}

fn arms(text: &mut String, comparison: &Comparison) -> std::fmt::Result {
    let names: Vec<String> = comparison.arms.iter().map(|arm| printable(&arm.name)).collect();
    let width = widest(&names).max(3);
    let ends = Ends::around(comparison.arms.iter().map(|arm| arm.score.interval));
    writeln!(
        text,
        "  {}  runs    score   {:.0} % interval",
        pad("arm", width),
        comparison.level * 100.0
    )?;
    for (name, arm) in names.iter().zip(&comparison.arms) {
        let ArmScore { runs, score, .. } = arm;
        let interval = score.interval;
        writeln!(
            text,
            "  {}  {:>4}  {:>7}   {:>7} – {:<7}  {}",
            pad(name, width),
            runs.len(),
            number(score.value, comparison.metric),
            number(interval.low, comparison.metric),
            number(interval.high, comparison.metric),
            ends.draw(score.value, interval, None)
        )?;
    }
    for (name, arm) in names.iter().zip(&comparison.arms).filter(|(_, arm)| arm.runs.len() > 1) {
        let runs: Vec<String> = arm.runs.iter().map(|run| number(*run, comparison.metric)).collect();
        writeln!(text, "  runs of {}: {}", name, runs.join("  "))?;
    }
    writeln!(text)
}

fn pairs(text: &mut String, comparison: &Comparison) -> std::fmt::Result {
    let metric = comparison.metric;
    let names: Vec<String> = comparison
        .pairs
        .iter()
        .map(|pair| format!("{} − {}", printable(&pair.second), printable(&pair.first)))
        .collect();
    let width = widest(&names).max(10);
    let zero = Interval {
        low: 0.0,
        high: 0.0,
        level: comparison.level,
    };
    let tested = || comparison.pairs.iter().filter(|pair| pair.is_testable());
    let ends = Ends::around(tested().map(|pair| pair.interval).chain([zero]));
    writeln!(
        text,
        "  {}   change   {:.0} % interval",
        pad("difference", width),
        comparison.level * 100.0
    )?;
    for (name, pair) in names.iter().zip(&comparison.pairs) {
        if !pair.is_testable() {
            let difference = change(pair.difference, metric);
            writeln!(text, "  {}  {difference:>7}   too few runs", pad(name, width))?;
            continue;
        }
        writeln!(
            text,
            "  {}  {:>7}   {:>7} – {:<7}  {}",
            pad(name, width),
            change(pair.difference, metric),
            change(pair.interval.low, metric),
            change(pair.interval.high, metric),
            ends.draw(pair.difference, pair.interval, Some(0.0))
        )?;
    }
    if comparison.tests() > 0 {
        writeln!(text)?;
    }
    for (name, pair) in names
        .iter()
        .zip(&comparison.pairs)
        .filter(|(_, pair)| pair.is_testable())
    {
        let line = format!("{name}: {}", tests(pair, comparison));
        writeln!(text, "{}", wrapped(&line, WIDTH, "  "))?;
    }
    writeln!(text)
}

/// The tests of a pair in one line.
fn tests(pair: &PairComparison, comparison: &Comparison) -> String {
    let mut parts = Vec::new();
    match pair.degrees_of_freedom {
        None => parts.push(format!("approximate randomisation {}", p_value(pair.p))),
        Some(freedom) => {
            let freedom = if freedom < 1000.0 {
                format!("{freedom:.1}")
            } else {
                "over 1000".to_owned()
            };
            parts.push(format!("t with {freedom} degrees of freedom {}", p_value(pair.p)));
        }
    }
    if comparison.tests() > 1 {
        parts.push(format!("after Holm {}", p_value(pair.p_holm)));
    }
    if let Some(p) = pair.bootstrap_p {
        parts.push(format!("paired bootstrap {}", p_value(p)));
    }
    if let Some(mcnemar) = pair.mcnemar {
        parts.push(format!(
            "McNemar {} ({} rows only {} right, {} only {})",
            p_value(mcnemar.p),
            thousands(mcnemar.only_second as usize),
            printable(&pair.second),
            thousands(mcnemar.only_first as usize),
            printable(&pair.first),
        ));
    }
    if let Some(detectable) = pair.detectable {
        parts.push(format!("detectable {}", amount(detectable, comparison.metric)));
    }
    parts.join(" · ")
}

fn claims(text: &mut String, comparison: &Comparison) -> std::fmt::Result {
    for pair in &comparison.pairs {
        writeln!(text, "{}", wrapped(&printable(&pair.claim), WIDTH, "  "))?;
    }
    Ok(())
}

/// The ends of a scale of [`SCALE`] cells.
struct Ends {
    low: f64,
    high: f64,
}

impl Ends {
    fn around(intervals: impl Iterator<Item = Interval>) -> Self {
        let (low, high) = intervals.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), interval| {
            (low.min(interval.low), high.max(interval.high))
        });
        Self { low, high }
    }

    /// The interval as a line with its value on it, and a bar at `mark`.
    fn draw(&self, value: f64, interval: Interval, mark: Option<f64>) -> String {
        let cell = |at: f64| {
            let share = (at - self.low) / (self.high - self.low).max(f64::MIN_POSITIVE);
            (share.clamp(0.0, 1.0) * (SCALE - 1) as f64).round() as usize
        };
        let mut cells = [' '; SCALE];
        if let Some(mark) = mark {
            cells[cell(mark)] = '│';
        }
        let (low, high) = (cell(interval.low), cell(interval.high));
        for (at, shown) in cells.iter_mut().enumerate().take(high + 1).skip(low) {
            *shown = if *shown == '│' && at != low && at != high {
                '┼'
            } else {
                '─'
            };
        }
        cells[low] = '├';
        cells[high] = '┤';
        cells[cell(value)] = '●';
        cells.iter().collect::<String>().trim_end().to_owned()
    }
}

fn widest(names: &[String]) -> usize {
    names.iter().map(|name| display_width(name)).max().unwrap_or(0)
}

fn number(value: f64, metric: Metric) -> String {
    let digits = metric.digits();
    format!("{value:.digits$}")
}

fn change(value: f64, metric: Metric) -> String {
    signed(value, metric.digits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_drawn_to_scale() {
        let interval = |low, high| Interval { low, high, level: 0.95 };
        let ends = Ends::around([interval(-47.0, 0.0), interval(-20.0, 0.0)].into_iter());
        let drawn = ends.draw(-20.0, interval(-47.0, -10.0), Some(-15.0));
        assert_eq!(drawn.chars().count(), 38);
        let at = |cell: usize| drawn.chars().nth(cell).unwrap();
        assert_eq!((at(0), at(1), at(27), at(32), at(37)), ('├', '─', '●', '┼', '┤'));
        // No width at all.
        let point = Ends::around([interval(1.0, 1.0)].into_iter());
        assert_eq!(point.draw(1.0, interval(1.0, 1.0), None), "●");
    }
}
