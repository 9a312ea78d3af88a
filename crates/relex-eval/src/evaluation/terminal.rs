//! An evaluation as plain text for a terminal.

use std::fmt::Write;

use super::{Evaluation, MetricScore, SliceTable};
use crate::bootstrap::too_few_resamples;
use crate::interval::Interval;
use crate::metric::Metric;
use crate::shift::render_target_mix;
use crate::text::{display_width, pad, printable, thousands};

/// Character cells of a full bar.
const BAR: usize = 12;

/// The scores with their intervals, every label with a bar for its F1, the most confused pairs, the slices and the scores at another
/// mix of labels, if there are any, as aligned plain text (UTF-8, no colours) about 120 columns wide with KLUE-RE's labels, ending in a line break.
pub fn render_terminal(evaluation: &Evaluation) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = headline(&mut text, evaluation);
    let _ = label_table(&mut text, evaluation);
    let _ = confused_pairs(&mut text, evaluation);
    for table in &evaluation.slices {
        let _ = slice_table(&mut text, table);
    }
    if let Some(mix) = &evaluation.target_mix {
        text.push('\n');
        text.push_str(&render_target_mix(mix, &evaluation.negative_label));
    }
    text
}

fn headline(text: &mut String, evaluation: &Evaluation) -> std::fmt::Result {
    let negative = printable(&evaluation.negative_label);
    let names: Vec<String> = evaluation
        .scores
        .iter()
        .map(|score| match score.metric {
            Metric::MicroF1 | Metric::MacroF1 => format!("{} without {negative}", score.metric),
            Metric::Auprc => format!("AUPRC, mean over {} labels", evaluation.auprc_labels),
            metric => metric.to_string(),
        })
        .collect();
    let width = names.iter().map(|name| display_width(name)).max().unwrap_or(0);
    let level = evaluation.micro_f1.interval.level * 100.0;
    writeln!(
        text,
        "  {}    score   {} percentile",
        " ".repeat(width),
        pad(&format!("{level} % interval"), 18)
    )?;
    for (name, score) in names.iter().zip(&evaluation.scores) {
        let MetricScore {
            metric,
            value,
            interval,
            percentile,
        } = score;
        let digits = metric.digits();
        let range = |interval: &Interval| format!("{:.digits$} – {:.digits$}", interval.low, interval.high);
        writeln!(
            text,
            "  {}  {value:>7.digits$}   {} {}",
            pad(name, width),
            pad(&range(interval), 18),
            range(percentile)
        )?;
    }
    let absent = evaluation.per_label.len() - evaluation.auprc_labels.min(evaluation.per_label.len());
    writeln!(
        text,
        "\n  {} rows in {} sentences; intervals from {} resamples of sentences{}",
        thousands(evaluation.rows),
        thousands(evaluation.groups),
        thousands(evaluation.resamples),
        if absent > 0 {
            format!("; labels without a gold row: {absent}")
        } else {
            String::new()
        }
    )?;
    too_few_resamples(evaluation.resamples, evaluation.micro_f1.interval.level)
        .map_or(Ok(()), |warning| writeln!(text, "  warning: {warning}"))
}

fn label_table(text: &mut String, evaluation: &Evaluation) -> std::fmt::Result {
    let name = |label: &str| printable(label);
    let width = evaluation
        .per_label
        .iter()
        .map(|row| display_width(&name(&row.label)))
        .max()
        .unwrap_or(0)
        .max(5);
    writeln!(
        text,
        "\n  {}      F1  {}  interval       precision  recall   AUPRC  support  predicted",
        pad("label", width),
        " ".repeat(BAR)
    )?;
    for row in &evaluation.per_label {
        let auprc = row.auprc.map_or_else(|| "–".to_owned(), |area| format!("{area:.1}"));
        writeln!(
            text,
            "  {}  {:>6.1}  {}  {}  {:>9.1}  {:>6.1}  {auprc:>6}  {:>7}  {:>9}",
            pad(&name(&row.label), width),
            row.f1,
            pad(&bar(row.f1), BAR),
            range(&row.f1_interval),
            row.precision,
            row.recall,
            thousands(row.support),
            thousands(row.predicted)
        )?;
    }
    Ok(())
}

fn slice_table(text: &mut String, table: &SliceTable) -> std::fmt::Result {
    let name = printable(&table.name);
    let keys: Vec<String> = table.slices.iter().map(|slice| printable(&slice.key)).collect();
    let widths = keys.iter().chain([&name]).map(|key| display_width(key));
    let width = widths.max().unwrap_or(0);
    writeln!(
        text,
        "\n  {}     rows  sentences  micro-F1  {}  interval       accuracy  interval",
        pad(&name, width),
        " ".repeat(BAR)
    )?;
    for (key, slice) in keys.iter().zip(&table.slices) {
        let f1 = slice.micro_f1.map_or_else(
            || format!("{:>8}  {}  {}", "–", " ".repeat(BAR), " ".repeat(13)),
            |score| {
                let bar = pad(&bar(score.value), BAR);
                format!("{:>8.1}  {bar}  {}", score.value, range(&score.interval))
            },
        );
        writeln!(
            text,
            "  {}  {:>7}  {:>9}  {f1}  {:>8.1}  {}",
            pad(key, width),
            thousands(slice.rows),
            thousands(slice.groups),
            slice.accuracy.value,
            range(&slice.accuracy.interval).trim_end()
        )?;
    }
    Ok(())
}

/// An interval of percentages in 13 cells.
fn range(interval: &Interval) -> String {
    format!("{:>5.1} – {:<5.1}", interval.low, interval.high)
}

fn confused_pairs(text: &mut String, evaluation: &Evaluation) -> std::fmt::Result {
    const SHOWN: usize = 10;
    if evaluation.most_confused.is_empty() {
        return writeln!(text, "\n  no row was predicted wrong");
    }
    let shown: Vec<_> = evaluation.most_confused.iter().take(SHOWN).collect();
    let gold_width = shown
        .iter()
        .map(|pair| display_width(&printable(&pair.gold)))
        .max()
        .unwrap_or(0);
    let predicted_width = shown
        .iter()
        .map(|pair| display_width(&printable(&pair.predicted)))
        .max()
        .unwrap_or(0);
    writeln!(
        text,
        "\n  most confused: gold → predicted, rows, share of the gold label"
    )?;
    for pair in shown {
        writeln!(
            text,
            "  {} → {}  {:>6}  {:>5.1} %",
            pad(&printable(&pair.gold), gold_width),
            pad(&printable(&pair.predicted), predicted_width),
            thousands(pair.count),
            pair.share_of_gold
        )?;
    }
    Ok(())
}

/// A bar for a score of 0 to 100, in eighths of a character cell.
fn bar(score: f64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (score.clamp(0.0, 100.0) / 100.0 * (BAR * 8) as f64).round() as usize;
    format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_eighths() {
        assert_eq!(bar(0.0), "");
        assert_eq!(bar(100.0), "█".repeat(12));
        // 62.5 % of 12 cells is 7.5 cells.
        assert_eq!(bar(62.5), format!("{}▌", "█".repeat(7)));
    }
}
