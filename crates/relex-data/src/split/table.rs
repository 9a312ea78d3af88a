//! A split → text with aligned columns.

use super::{Manifest, Part, PartSummary, SplitSummary};
use crate::dedup::Tier;

/// Parts that get a column each in the table of labels; of more, only the least and the greatest count are shown.
const MOST_COLUMNS: usize = 11;

pub(super) fn render(manifest: &Manifest) -> String {
    let summary = manifest.summary();
    let mut lines = vec![format!(
        "{}: {} rows in {} groups, {}, duplicates by {}, seed {}",
        manifest.data_name(),
        number(summary.rows),
        number(summary.groups),
        manifest.strategy(),
        manifest.tier(),
        manifest.seed()
    )];
    lines.push(conflicts(manifest));
    lines.push(leak(manifest, &summary));
    lines.push(String::new());
    lines.extend(parts(manifest, &summary));
    lines.push(String::new());
    lines.extend(labels(manifest, &summary));
    lines.push(String::new());
    lines.push(format!("hash {}", manifest.hash()));
    lines.join("\n") + "\n"
}

fn conflicts(manifest: &Manifest) -> String {
    let Some(found) = manifest.conflicts() else {
        return "conflicts: not counted (a manifest of format 1 keeps all rows as they are)".to_owned();
    };
    if found.groups == 0 {
        return "conflicts: none".to_owned();
    }
    format!(
        "conflicts: {} (same sentence, subject and object, different labels); policy {}: {} dropped, {} relabelled, {} \
         unresolved",
        count(found.groups, "group"),
        found.policy,
        count(found.dropped, "row"),
        number(found.relabelled),
        number(found.unresolved),
    )
}

fn leak(manifest: &Manifest, summary: &SplitSummary) -> String {
    let what = match manifest.tier() {
        Tier::Identical => "share a sentence with training",
        Tier::Folded => "share a sentence with training, but for case, space and punctuation",
        Tier::NearDuplicate => "share a sentence with training, or nearly the same one",
        Tier::SamePair => "share sentence, subject and object with training",
    };
    let leaked: usize = summary.parts.iter().map(|part| part.leaked).sum();
    let measured: usize = summary.parts.iter().map(|part| part.rows).sum();
    match leaked {
        0 => format!("leak: none; no validation rows {what}"),
        _ => format!(
            "leak: {} of {} validation rows {what}; a score on them flatters",
            number(leaked),
            number(measured)
        ),
    }
}

fn parts(manifest: &Manifest, summary: &SplitSummary) -> Vec<String> {
    let head = [
        "part",
        "rows",
        "to learn from",
        "groups",
        "leaked",
        "worst deviation from the fair share",
    ];
    let rows = summary.parts.iter().map(|part| {
        vec![
            part.part.to_string(),
            number(part.rows),
            number(part.train_rows),
            number(part.groups),
            number(part.leaked),
            worst(manifest, part),
        ]
    });
    columns(&head.map(str::to_owned), &rows.collect::<Vec<_>>(), &[0, 5])
}

fn worst(manifest: &Manifest, part: &PartSummary) -> String {
    let Some(label) = part.worst_label() else {
        return String::new();
    };
    let share = part.labels[label];
    let percent = match share.fair {
        0.0 => String::new(),
        fair => format!(" ({:+.1} %)", 100.0 * share.excess() / fair),
    };
    format!("{:+.1} rows{percent} of {}", share.excess(), manifest.labels()[label])
}

fn labels(manifest: &Manifest, summary: &SplitSummary) -> Vec<String> {
    let folds: Vec<&PartSummary> = summary.parts.iter().filter(|part| part.part != Part::HoldOut).collect();
    let hold_out = summary.parts.iter().find(|part| part.part == Part::HoldOut);
    let is_wide = summary.parts.len() > MOST_COLUMNS;
    let mut head = vec!["label".to_owned(), "fair".to_owned()];
    if is_wide {
        head.extend(["least".to_owned(), "greatest".to_owned()]);
    } else {
        head.extend(folds.iter().map(|part| part.part.to_string()));
    }
    if hold_out.is_some() {
        head.extend(["fair".to_owned(), Part::HoldOut.to_string()]);
    }
    let rows = manifest.labels().iter().enumerate().map(|(label, name)| {
        let counts: Vec<usize> = folds.iter().map(|part| part.labels[label].rows).collect();
        let mut row = vec![
            name.clone(),
            tenth(folds.first().map_or(0.0, |part| part.labels[label].fair)),
        ];
        if is_wide {
            let ends = [counts.iter().min(), counts.iter().max()];
            row.extend(ends.map(|end| number(end.copied().unwrap_or(0))));
        } else {
            row.extend(counts.into_iter().map(number));
        }
        if let Some(part) = hold_out {
            row.extend([tenth(part.labels[label].fair), number(part.labels[label].rows)]);
        }
        row
    });
    columns(&head, &rows.collect::<Vec<_>>(), &[0])
}

/// A header and rows, every cell flush right but in the columns of `left`, each as wide as the widest.
fn columns(head: &[String], rows: &[Vec<String>], left: &[usize]) -> Vec<String> {
    let width = |column: usize| {
        let cells = rows
            .iter()
            .chain([&head.to_vec()])
            .map(|row| row[column].chars().count())
            .max();
        cells.unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if left.contains(&column) {
                format!("{cell:width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    [head]
        .into_iter()
        .chain(rows.iter().map(Vec::as_slice))
        .map(line)
        .collect()
}

fn count(value: usize, what: &str) -> String {
    format!("{} {what}{}", number(value), if value == 1 { "" } else { "s" })
}

/// A number of rows that need not be whole, to a tenth.
fn tenth(value: f64) -> String {
    let tenths = (value * 10.0).round() as usize;
    format!("{}.{}", number(tenths / 10), tenths % 10)
}

/// A count in groups of three digits: `32,470`.
fn number(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
