//! A calibration as plain text for a terminal.

use std::fmt::Write;

use super::cross_fit::{CalibrationReport, StepFit};
use super::steps::FittedStep;
use crate::gain::Gain;
use crate::text::{printable, signed, thousands};

/// Whether the model is calibrated, and each step with what it is worth, as aligned plain text that
/// ends in a line break. `labels` is the label order.
pub fn render_calibration(report: &CalibrationReport, labels: &[String]) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = diagnosis(&mut text, report);
    for step in &report.steps {
        let _ = render_step(&mut text, step, labels);
    }
    if !report.steps.is_empty() {
        let _ = writeln!(
            text,
            "\n  {} rows; every change is cross-fitted over {} folds of sentences: fitted on the others, measured on each",
            thousands(report.rows),
            report.folds
        );
    }
    text
}

fn diagnosis(text: &mut String, report: &CalibrationReport) -> std::fmt::Result {
    let error = report.calibration_error;
    let verdict = if error.value > report.calibrated_error {
        "not calibrated"
    } else {
        "as calibrated as these rows can tell"
    };
    writeln!(
        text,
        "  calibration error  {:.2} %   {} % interval {:.2} – {:.2}   a calibrated model shows at most {:.2} %: {verdict}",
        error.value,
        error.interval.level * 100.0,
        error.interval.low,
        error.interval.high,
        report.calibrated_error
    )
}

fn render_step(text: &mut String, step: &StepFit, labels: &[String]) -> std::fmt::Result {
    let label = |index: usize| {
        labels
            .get(index)
            .map_or_else(|| index.to_string(), |label| printable(label))
    };
    let (name, note) = match &step.fitted {
        FittedStep::Temperature(temperature) => (
            format!("temperature {:.3}", temperature.value),
            match temperature.at_bound {
                true => "these rows do not tell it",
                false if temperature.value > 1.0 => "the model was too sure of itself",
                false => "the model was too unsure of itself",
            },
        ),
        FittedStep::TypePairs { strength } => (
            format!("type pair priors, strength {strength:.3}"),
            if *strength < 0.05 {
                "the model knows the types already"
            } else {
                ""
            },
        ),
        FittedStep::TargetPrior { .. } => ("re-weighted to the target's shares of labels".to_owned(), ""),
        FittedStep::NegativeThreshold(threshold) => (
            format!(
                "{} from a margin of {} nats",
                label(threshold.negative),
                signed(threshold.margin, 3)
            ),
            if threshold.margin == 0.0 {
                "the usual decision is the best one"
            } else {
                ""
            },
        ),
    };
    writeln!(text, "\n  {name}{}{note}", if note.is_empty() { "" } else { ": " })?;
    line(text, "log loss (lower is better)", &step.log_loss, 4)?;
    line(text, "calibration error, % (lower)", &step.calibration_error, 2)?;
    line(text, "micro-F1", &step.micro_f1, 2)?;
    step.target_micro_f1
        .map_or(Ok(()), |gain| line(text, "micro-F1 at the target mix", &gain, 2))
}

fn line(text: &mut String, name: &str, gain: &Gain, digits: usize) -> std::fmt::Result {
    let interval = gain.difference.interval;
    writeln!(
        text,
        "    {name:<28} {:>8.digits$} → {:>8.digits$}  {:>8}   {} % interval {} – {}",
        gain.before,
        gain.after,
        signed(gain.difference.value, digits),
        interval.level * 100.0,
        signed(interval.low, digits),
        signed(interval.high, digits)
    )
}
