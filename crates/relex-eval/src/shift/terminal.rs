//! Shift as plain text for a terminal.

use std::fmt::Write;

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
    let negative = printable(&labels[report.negative]);
    let mark = |holds: bool| if holds { "yes" } else { "NO " };
    writeln!(
        text,
        "  {} labelled rows, {} target rows",
        thousands(report.valid_rows),
        thousands(report.target_rows)
    )?;
    let differs = report.any_shift.p_value < 0.05;
    writeln!(
        text,
        "\n  {}  the target is predicted otherwise     {}{}",
        mark(differs),
        p_value(report.any_shift.p_value),
        if differs {
            ""
        } else {
            ": nothing here calls for a correction"
        }
    )?;
    let reasons = |test: &dyn Fn(&super::ShiftRefusal) -> bool| {
        let all = report.em.refusals.iter().chain(&report.bbse.refusals);
        all.into_iter().any(test)
    };
    use super::ShiftRefusal as Refusal;
    writeln!(
        text,
        "  {}  label shift explains how              {}",
        mark(!reasons(&|refusal| matches!(refusal, Refusal::NotLabelShift { .. }))),
        p_value(report.label_shift.p_value)
    )?;
    writeln!(
        text,
        "  {}  the model is calibrated               calibration error {} %, at most {:.2} of a calibrated one",
        mark(!reasons(&|refusal| matches!(refusal, Refusal::Uncalibrated { .. }))),
        with_interval(&report.calibration_error, 1.0),
        report.calibrated_error
    )?;
    writeln!(
        text,
        "  {}  EM finds what is known                {negative} {:.1} % of {:.1} % on the labelled rows, {}",
        mark(!reasons(&|refusal| matches!(refusal, Refusal::SelfTest { .. }))),
        100.0 * report.self_test.estimated,
        100.0 * report.self_test.actual,
        signed_with_interval(&report.self_test.difference, 100.0, 1)
    )?;
    writeln!(
        text,
        "  {}  the model tells the labels apart      condition number {:.1}",
        mark(!reasons(&|refusal| matches!(refusal, Refusal::IllConditioned { .. }))),
        report.condition
    )?;
    writeln!(
        text,
        "  {}  EM and BBSE agree                     they differ by {} points",
        mark(!reasons(&|refusal| matches!(refusal, Refusal::Disagreement { .. }))),
        signed_with_interval(&report.disagreement, 100.0, 2)
    )
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
        verdict(text, estimate)?;
    }
    Ok(())
}

fn verdict(text: &mut String, estimate: &PriorEstimate) -> std::fmt::Result {
    let name = match estimate.method {
        PriorMethod::Em => "EM  ",
        PriorMethod::Bbse => "BBSE",
    };
    if estimate.refusals.is_empty() {
        return writeln!(text, "  {name}  usable: nothing that was looked at speaks against it");
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
