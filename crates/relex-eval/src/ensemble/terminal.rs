//! A selection as plain text for a terminal.

use std::fmt::Write;

use super::Selection;
use crate::gain::Gain;
use crate::interval::Score;
use crate::text::{display_width, pad, printable, signed};

/// The members with their own scores and weights, every step with its gain, and what may be expected
/// on new rows, as aligned plain text that ends in a line break.
pub fn render_selection(selection: &Selection) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = members(&mut text, selection);
    let _ = steps(&mut text, selection);
    let _ = verdict(&mut text, selection);
    text
}

fn members(text: &mut String, selection: &Selection) -> std::fmt::Result {
    let width = name_width(selection);
    let digits = selection.metric.digits();
    let metric = selection.metric.to_string();
    let score_width = display_width(&metric).max(8);
    writeln!(text, "  {}  {metric:>score_width$}  weight", pad("member", width))?;
    let weights = selection.weights.as_slice();
    for ((name, single), weight) in selection.names.iter().zip(&selection.singles).zip(weights) {
        let weight = if *weight > 0.0 {
            format!("{weight:>6.3}")
        } else {
            "     –".to_owned()
        };
        let name = pad(&printable(name), width);
        writeln!(text, "  {name}  {single:>score_width$.digits$}  {weight}")?;
    }
    Ok(())
}

fn steps(text: &mut String, selection: &Selection) -> std::fmt::Result {
    let width = name_width(selection);
    let digits = selection.metric.digits();
    writeln!(text, "\n  step  {}     score     gain", pad("adds", width))?;
    for (number, step) in selection.steps.iter().enumerate() {
        let gain = step.gain.map_or_else(String::new, |gain| {
            format!("  {}", difference(&gain.difference, digits))
        });
        let name = pad(&printable(&selection.names[step.member]), width);
        writeln!(text, "  {:>4}  {name}  {:>8.digits$}{gain}", number + 1, step.score)?;
    }
    Ok(())
}

fn verdict(text: &mut String, selection: &Selection) -> std::fmt::Result {
    let digits = selection.metric.digits();
    let line = |gain: &Gain| {
        let difference = difference(&gain.difference, digits);
        format!("{:.digits$} → {:.digits$}  {difference}", gain.before, gain.after)
    };
    writeln!(text, "\n  against the best single member")?;
    writeln!(
        text,
        "    on the rows of the selection   {}",
        line(&selection.over_best)
    )?;
    writeln!(
        text,
        "    cross-fitted                   {}",
        line(&selection.cross_fitted)
    )?;
    let interval = selection.cross_fitted.difference.interval;
    let (better, worse) = if selection.metric.higher_is_better() {
        (interval.low > 0.0, interval.high < 0.0)
    } else {
        (interval.high < 0.0, interval.low > 0.0)
    };
    let claim = match (better, worse) {
        (true, _) => "the blend is better than the best single member, as far as these rows can tell",
        (_, true) => "the blend is worse than the best single member: keep that one",
        _ => "these rows do not show that the blend is better than the best single member",
    };
    writeln!(text, "  {claim}")
}

/// `+0.42   95 % interval −0.10 – +0.93`.
fn difference(score: &Score, digits: usize) -> String {
    let interval = score.interval;
    format!(
        "{:>7}   {:.0} % interval {} – {}",
        signed(score.value, digits),
        interval.level * 100.0,
        signed(interval.low, digits),
        signed(interval.high, digits)
    )
}

fn name_width(selection: &Selection) -> usize {
    let widths = selection.names.iter().map(|name| display_width(&printable(name)));
    widths.max().unwrap_or(0).max(6)
}
