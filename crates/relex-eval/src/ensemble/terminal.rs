//! A selection as plain text for a terminal.

use std::fmt::Write;

use super::Selection;
use crate::gain::{Gain, Objective};
use crate::interval::Score;
use crate::text::{display_width, printable};

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
    let score = match selection.objective {
        Objective::MicroF1 => "micro-F1",
        Objective::Auprc => "AUPRC",
    };
    writeln!(text, "  {:width$}  {score:>8}  weight", "member")?;
    let weights = selection.weights.as_slice();
    for ((name, single), weight) in selection.names.iter().zip(&selection.singles).zip(weights) {
        let weight = if *weight > 0.0 {
            format!("{weight:>6.3}")
        } else {
            "     –".to_owned()
        };
        writeln!(text, "  {}  {single:>8.2}  {weight}", pad(name, width))?;
    }
    Ok(())
}

fn steps(text: &mut String, selection: &Selection) -> std::fmt::Result {
    let width = name_width(selection);
    writeln!(text, "\n  step  {:width$}     score    gain", "adds")?;
    for (number, step) in selection.steps.iter().enumerate() {
        let gain = step
            .gain
            .map_or_else(String::new, |gain| format!("  {}", difference(&gain.difference)));
        let name = pad(&selection.names[step.member], width);
        writeln!(text, "  {:>4}  {name}  {:>8.2}{gain}", number + 1, step.score)?;
    }
    Ok(())
}

fn verdict(text: &mut String, selection: &Selection) -> std::fmt::Result {
    let line = |gain: &Gain| {
        format!(
            "{:.2} → {:.2}  {}",
            gain.before,
            gain.after,
            difference(&gain.difference)
        )
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
    let claim = if interval.low > 0.0 {
        "the blend is better than the best single member, as far as these rows can tell"
    } else if interval.high < 0.0 {
        "the blend is worse than the best single member: keep that one"
    } else {
        "these rows do not show that the blend is better than the best single member"
    };
    writeln!(text, "  {claim}")
}

/// `+0.42   95 % interval -0.10 – +0.93`.
pub(crate) fn difference(score: &Score) -> String {
    let interval = score.interval;
    format!(
        "{:>+6.2}   {} % interval {:+.2} – {:+.2}",
        score.value,
        interval.level * 100.0,
        interval.low,
        interval.high
    )
}

fn name_width(selection: &Selection) -> usize {
    selection
        .names
        .iter()
        .map(|name| display_width(&printable(name)))
        .max()
        .unwrap_or(0)
        .max(6)
}

fn pad(name: &str, width: usize) -> String {
    let name = printable(name);
    format!("{name}{}", " ".repeat(width.saturating_sub(display_width(&name))))
}
