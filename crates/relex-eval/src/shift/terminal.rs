//! Shift as plain text for a terminal.

use std::fmt::Write;

use super::checks::CheckOutcome;
use super::diagnose::{PriorEstimate, PriorMethod, ShiftReport};
use super::problem::PriorScope;
use super::target_mix::TargetMix;
use crate::text::{
    WIDTH, display_width, p_value, pad, printable, signed_with_interval, thousands, with_interval, wrapped,
};

/// The diagnostics and both estimates with what speaks against them, as aligned plain text that ends in a
/// line break. `labels` is the label order.
pub fn render_shift(report: &ShiftReport, labels: &[String]) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = diagnostics(&mut text, report, labels);
    let _ = estimates(&mut text, report, labels);
    text
}

/// The scores at the natural and at the target's mix side by side, as aligned plain text that ends in a line
/// break. `negative` is the negative label.
pub(crate) fn render_target_mix(mix: &TargetMix, negative: &str) -> String {
    let mut text = String::new();
    let _ = side_by_side(&mut text, mix, negative);
    text
}

fn diagnostics(text: &mut String, report: &ShiftReport, labels: &[String]) -> std::fmt::Result {
    writeln!(
        text,
        "  {} labelled rows, {} target rows",
        thousands(report.valid_rows),
        thousands(report.target_rows)
    )?;
    if let Some(warning) = report.agreement.warning(labels) {
        let warning = format!("warning about the labelled rows: {warning}. No estimate from them is to be relied on.");
        writeln!(text, "\n{}", wrapped(&warning, WIDTH, "  "))?;
    }
    let checks = checks(report, labels);
    let width = checks
        .iter()
        .map(|(outcome, ..)| mark(*outcome).len())
        .max()
        .unwrap_or(0);
    writeln!(text)?;
    for (outcome, name, found) in &checks {
        writeln!(text, "  {:<width$}  {name:<35}  {found}", mark(*outcome))?;
    }
    if checks.iter().any(|(outcome, ..)| *outcome == CheckOutcome::Unknown) {
        let why = "cannot be told: nothing speaks against it, but with so few rows, or such predictions, hardly anything could";
        writeln!(text, "\n{}", wrapped(why, WIDTH, "  "))?;
    }
    Ok(())
}

/// What a check comes to, in a word or three.
fn mark(outcome: CheckOutcome) -> &'static str {
    match outcome {
        CheckOutcome::Holds => "yes",
        CheckOutcome::Broken => "NO",
        CheckOutcome::Unknown => "cannot be told",
    }
}

/// Every check: what it comes to, its name, and what was found.
fn checks(report: &ShiftReport, labels: &[String]) -> [(CheckOutcome, &'static str, String); 6] {
    let checks = &report.checks;
    let any_shift = p_value(report.any_shift.p_value);
    [
        (
            checks.any_shift,
            "the target is predicted otherwise",
            match checks.any_shift {
                CheckOutcome::Broken => format!("{any_shift}: nothing here calls for a correction"),
                _ => any_shift,
            },
        ),
        (
            checks.label_shift,
            "label shift explains how",
            p_value(report.label_shift.p_value),
        ),
        (
            checks.calibrated,
            "the model is calibrated",
            format!(
                "calibration error {} %, at most {:.2} of a calibrated one",
                with_interval(&report.calibration_error, 1.0),
                report.calibrated_error
            ),
        ),
        (
            checks.self_test,
            "EM finds what is known",
            format!(
                "{} {:.1} % of {:.1} % on the labelled rows, {}",
                printable(&labels[report.negative]),
                100.0 * report.self_test.estimated,
                100.0 * report.self_test.actual,
                signed_with_interval(&report.self_test.difference, 100.0, 1)
            ),
        ),
        (
            checks.conditioned,
            "the model tells the labels apart",
            match report.condition {
                condition if condition.is_finite() => format!("condition number {condition:.1}"),
                _ => "it predicts labels alike, or one has no labelled row".to_owned(),
            },
        ),
        (
            checks.agreement,
            "EM and BBSE agree",
            format!(
                "they differ by {} points",
                signed_with_interval(&report.disagreement, 100.0, 2)
            ),
        ),
    ]
}

fn estimates(text: &mut String, report: &ShiftReport, labels: &[String]) -> std::fmt::Result {
    let shown: Vec<usize> = match report.scope {
        PriorScope::NegativeAgainstRest => vec![report.negative],
        PriorScope::EveryLabel => (0..labels.len()).collect(),
    };
    let names: Vec<String> = shown.iter().map(|&label| printable(&labels[label])).collect();
    let width = names.iter().map(|name| display_width(name)).max().unwrap_or(0).max(5);
    let level = report.disagreement.interval.level * 100.0;
    writeln!(
        text,
        "\n  share, %{}  labelled      EM ({level} % interval)      BBSE ({level} % interval)",
        " ".repeat((width + 2).saturating_sub(8))
    )?;
    for (&label, name) in shown.iter().zip(&names) {
        writeln!(
            text,
            "  {}  {:>8.2}  {:>23}  {:>24}",
            pad(name, width),
            100.0 * report.source.shares()[label],
            with_interval(&report.em.shares[label], 100.0),
            with_interval(&report.bbse.shares[label], 100.0)
        )?;
    }
    writeln!(text)?;
    for estimate in [&report.em, &report.bbse] {
        verdict(text, estimate, report)?;
    }
    Ok(())
}

fn verdict(text: &mut String, estimate: &PriorEstimate, report: &ShiftReport) -> std::fmt::Result {
    let name = match estimate.method {
        PriorMethod::Em => "EM  ",
        PriorMethod::Bbse => "BBSE",
    };
    if estimate.refusals.is_empty() {
        let verdict = if !report.agreement.is_informed() {
            "not to be relied on: see the warning above"
        } else if report.checks.all().contains(&CheckOutcome::Unknown) {
            "usable, as far as can be told: nothing that was looked at speaks against it"
        } else {
            "usable: nothing that was looked at speaks against it"
        };
        return writeln!(text, "  {name}  {verdict}");
    }
    writeln!(text, "  {name}  refused:")?;
    for refusal in &estimate.refusals {
        let reason = wrapped(&printable(&refusal.to_string()), WIDTH, "      ");
        writeln!(text, "    - {}", reason.trim_start())?;
    }
    Ok(())
}

fn side_by_side(text: &mut String, mix: &TargetMix, negative: &str) -> std::fmt::Result {
    let name = format!("micro-F1 without {}", printable(negative));
    let width = display_width(&name).max(8);
    writeln!(
        text,
        "  {}  {:>24}  {:>24}",
        " ".repeat(width),
        "natural mix",
        "target mix"
    )?;
    for (name, natural, target) in [
        (name.as_str(), &mix.natural_micro_f1, &mix.target_micro_f1),
        ("accuracy", &mix.natural_accuracy, &mix.target_accuracy),
    ] {
        writeln!(
            text,
            "  {}  {:>24}  {:>24}",
            pad(name, width),
            with_interval(natural, 1.0),
            with_interval(target, 1.0)
        )?;
    }
    writeln!(
        text,
        "\n  {} rows, weighted by gold label, tell as much as {} would; {} % intervals{}",
        thousands(mix.rows),
        thousands(mix.effective_rows.round() as usize),
        mix.natural_micro_f1.interval.level * 100.0,
        if mix.missing_share > 0.0 {
            format!(
                "; labels without a row, {:.2} % of the target, are left out",
                100.0 * mix.missing_share
            )
        } else {
            String::new()
        }
    )
}
