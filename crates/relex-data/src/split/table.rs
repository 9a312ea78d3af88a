//! A split → text with aligned columns.

use super::{Manifest, Part, PartSummary, SplitSummary};
use crate::dedup::Tier;
use crate::error::clip;
use crate::terminal::{Align, Lines, count, number};

/// Parts that get a column each in the table of labels; of more, only the least and the greatest count are shown.
const MOST_COLUMNS: usize = 11;

pub(super) fn render(manifest: &Manifest) -> String {
    let summary = manifest.summary();
    let mut out = Lines::default();
    out.line(&format!(
        "{}: {} rows in {} groups, {}, duplicates by {}, seed {}",
        manifest.data_name(),
        number(summary.rows),
        number(summary.groups),
        manifest.strategy(),
        manifest.tier(),
        manifest.seed()
    ));
    out.line(&conflicts(manifest));
    out.line(&leak(manifest, &summary));
    parts(manifest, &summary, &mut out);
    labels(manifest, &summary, &mut out);
    out.line("");
    out.line(&format!("hash {}", manifest.hash()));
    out.text
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
         left unresolved",
        count(found.groups, "group"),
        found.policy,
        count(found.dropped, "row"),
        number(found.relabelled),
        count(found.unresolved, "group"),
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

fn parts(manifest: &Manifest, summary: &SplitSummary, out: &mut Lines) {
    out.title("parts");
    let head = [
        ("part", Align::Left),
        ("rows", Align::Right),
        ("to learn from", Align::Right),
        ("groups", Align::Right),
        ("leaked", Align::Right),
        ("worst deviation from the fair share", Align::Left),
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
    out.table(&head, &rows.collect::<Vec<_>>());
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
    format!(
        "{:+.1} rows{percent} of {}",
        share.excess(),
        clip(&manifest.labels()[label])
    )
}

fn labels(manifest: &Manifest, summary: &SplitSummary, out: &mut Lines) {
    out.title("rows of each label");
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
            clip(name),
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
    let aligns = [Align::Left].into_iter().chain(std::iter::repeat(Align::Right));
    let head: Vec<(&str, Align)> = head.iter().map(String::as_str).zip(aligns).collect();
    out.table(&head, &rows.collect::<Vec<_>>());
}

/// A number of rows that need not be whole, to a tenth.
fn tenth(value: f64) -> String {
    let tenths = (value * 10.0).round() as usize;
    format!("{}.{}", number(tenths / 10), tenths % 10)
}
