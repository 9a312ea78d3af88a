//! An evaluation as plain text for a terminal.

use std::fmt::Write;

use super::Evaluation;
use crate::interval::Score;
use crate::text::{display_width, printable, thousands};

/// Character cells of a full bar.
const BAR: usize = 12;

/// The scores with their intervals, every label with a bar for its F1, and the most confused
/// pairs, as aligned plain text (UTF-8, no colours) about 106 columns wide with KLUE-RE's labels, ending in a line break.
pub fn render_terminal(evaluation: &Evaluation) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = headline(&mut text, evaluation);
    let _ = label_table(&mut text, evaluation);
    let _ = confused_pairs(&mut text, evaluation);
    text
}

fn headline(text: &mut String, evaluation: &Evaluation) -> std::fmt::Result {
    let scores = [
        (
            format!("micro-F1 without {}", printable(&evaluation.negative_label)),
            &evaluation.micro_f1,
        ),
        (
            format!("AUPRC, mean over {} labels", evaluation.auprc_labels),
            &evaluation.auprc,
        ),
        ("accuracy".to_owned(), &evaluation.accuracy),
    ];
    let width = scores.iter().map(|(name, _)| display_width(name)).max().unwrap_or(0);
    for (name, Score { value, interval }) in &scores {
        writeln!(
            text,
            "  {}  {value:>6.2}   {} % interval {:.2} – {:.2}",
            pad(name, width),
            interval.level * 100.0,
            interval.low,
            interval.high
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
    )
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
        "\n  {}      F1  {}  precision  recall   AUPRC  support  predicted",
        pad("label", width),
        " ".repeat(BAR)
    )?;
    for row in &evaluation.per_label {
        let auprc = row.auprc.map_or_else(|| "–".to_owned(), |area| format!("{area:.1}"));
        writeln!(
            text,
            "  {}  {:>6.1}  {}  {:>9.1}  {:>6.1}  {auprc:>6}  {:>7}  {:>9}",
            pad(&name(&row.label), width),
            row.f1,
            pad(&bar(row.f1), BAR),
            row.precision,
            row.recall,
            thousands(row.support),
            thousands(row.predicted)
        )?;
    }
    Ok(())
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

/// `text` filled with spaces to `width` character cells.
fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(display_width(text))))
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

    #[test]
    fn padding_counts_cells_not_characters() {
        assert_eq!(pad("관계", 6), "관계  ");
        assert_eq!(pad("long", 2), "long");
    }
}
