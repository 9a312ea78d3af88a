//! Findings → text with aligned columns.

use super::{Audit, Count};
use crate::dedup::Tier;
use crate::error::clip;

/// How many ids or groups a line of findings shows before it only counts.
const SHOWN: usize = 8;
/// Width of the bar of a share of 1, in characters.
const BAR: f64 = 40.0;

pub(super) fn render(audit: &Audit) -> String {
    let mut out = Lines::default();
    out.title("rows");
    out.pairs(&[
        ("rows", number(audit.rows)),
        ("unique sentences", number(audit.unique_sentences)),
        ("without label", number(audit.unlabelled)),
        ("overlapping entities", number(audit.overlapping.len())),
        ("marker-like text", number(audit.marker_like.len())),
    ]);
    for (what, ids) in [
        ("overlapping entities", &audit.overlapping),
        ("marker-like text", &audit.marker_like),
    ] {
        if !ids.is_empty() {
            out.line(&format!("  {what} in {}", shown(ids)));
        }
    }
    out.title("labels");
    out.shares(&audit.labels);
    if !audit.sources.is_empty() {
        out.title("sources");
        out.shares(&audit.sources);
    }
    out.title("entity types (subject → object)");
    let width = audit
        .type_pairs
        .iter()
        .map(|pair| pair.subject.chars().count())
        .max()
        .unwrap_or(0);
    let pairs: Vec<(String, String)> = audit
        .type_pairs
        .iter()
        .map(|pair| (format!("{:width$} → {}", pair.subject, pair.object), number(pair.rows)))
        .collect();
    out.pairs(&pairs);
    out.title("sentence length in characters");
    let lengths = audit.lengths;
    out.columns(
        &["least", "25 %", "median", "75 %", "95 %", "99 %", "greatest", "mean"],
        &[vec![
            number(lengths.least),
            number(lengths.quarter),
            number(lengths.median),
            number(lengths.three_quarters),
            number(lengths.p95),
            number(lengths.p99),
            number(lengths.greatest),
            format!("{:.1}", lengths.mean),
        ]],
    );
    duplicates(audit, &mut out);
    out.text
}

fn duplicates(audit: &Audit, out: &mut Lines) {
    out.title("duplicates");
    let width = audit
        .duplicates
        .iter()
        .map(|tier| meaning(tier.tier).chars().count())
        .max()
        .unwrap_or(0);
    let head = format!("{:width$}", "tier");
    let rows: Vec<Vec<String>> = audit
        .duplicates
        .iter()
        .map(|tier| {
            vec![
                format!("{:width$}", meaning(tier.tier)),
                number(tier.repeated_groups),
                number(tier.repeated_rows),
                number(tier.largest),
                number(tier.groups),
            ]
        })
        .collect();
    out.columns(
        &[&head, "repeated groups", "rows in them", "largest", "all groups"],
        &rows,
    );
    out.line("");
    out.pairs(&[
        (
            "sentences with several labels",
            number(audit.sentences_with_several_labels),
        ),
        ("same pair, different labels", number(audit.conflicts.len())),
        ("role-swapped twins", number(audit.role_swapped.len())),
    ]);
    if !audit.conflicts.is_empty() {
        out.title("same sentence, subject and object, but different labels");
        for conflict in audit.conflicts.iter().take(SHOWN) {
            let rows: Vec<String> = conflict
                .ids
                .iter()
                .zip(&conflict.labels)
                .map(|(id, label)| format!("{} {label}", clip(id)))
                .collect();
            out.line(&format!("  {}", rows.join("  |  ")));
        }
        if audit.conflicts.len() > SHOWN {
            out.line(&format!("  and {} more", number(audit.conflicts.len() - SHOWN)));
        }
    }
}

fn meaning(tier: Tier) -> &'static str {
    match tier {
        Tier::Identical => "identical sentence",
        Tier::Folded => "… after folding case, space, punctuation",
        Tier::NearDuplicate => "… or near-duplicate (Jaccard ≥ 0.8)",
        Tier::SamePair => "identical sentence, subject and object",
    }
}

fn shown(ids: &[String]) -> String {
    let mut text = ids.iter().take(SHOWN).map(|id| clip(id)).collect::<Vec<_>>().join(", ");
    if ids.len() > SHOWN {
        text.push_str(&format!(" and {} more", number(ids.len() - SHOWN)));
    }
    text
}

/// A count with thin groups of three: `32,470`.
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

#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn title(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.line("");
        }
        self.line(title);
        self.line(&"─".repeat(title.chars().count()));
    }

    /// Names on the left, numbers flush on the right.
    fn pairs<N: AsRef<str>>(&mut self, pairs: &[(N, String)]) {
        let names = pairs
            .iter()
            .map(|(name, _)| name.as_ref().chars().count())
            .max()
            .unwrap_or(0);
        let values = pairs.iter().map(|(_, value)| value.len()).max().unwrap_or(0);
        for (name, value) in pairs {
            self.line(&format!("  {:names$}  {value:>values$}", name.as_ref()));
        }
    }

    fn shares(&mut self, counts: &[Count]) {
        let names = counts.iter().map(|count| count.name.chars().count()).max().unwrap_or(0);
        let values = counts.iter().map(|count| number(count.rows).len()).max().unwrap_or(0);
        for count in counts {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share times 40 lies in 0..=40"
            )]
            let bar = "█".repeat((count.share * BAR).ceil() as usize);
            let rows = number(count.rows);
            self.line(&format!(
                "  {:names$}  {rows:>values$}  {:5.1} %  {bar}",
                count.name,
                count.share * 100.0
            ));
        }
    }

    /// A small table with a header; every cell flush right, as wide as the widest of its column.
    fn columns(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let width = |column: usize| {
            let cells = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count());
            cells.chain([head[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let join = |cells: &mut dyn Iterator<Item = &str>| {
            cells
                .zip(&widths)
                .map(|(cell, width)| format!("  {cell:>width$}"))
                .collect::<String>()
        };
        self.line(&join(&mut head.iter().copied()));
        for row in rows {
            self.line(&join(&mut row.iter().map(String::as_str)));
        }
    }
}
