//! Two splits side by side: what moved, and whether scores on the one may be set against scores on the other.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::{Manifest, ManifestRow, Part};
use crate::error::clip;
use crate::terminal::{count, number, some_of};

/// How a second split differs from a first; its `Display` is the text for people.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitDiff {
    /// Rows of both that are in different parts.
    pub moved: Vec<RowChange<Part>>,
    /// Rows of both whose labels differ, as the conflict policies leave them.
    pub relabelled: Vec<RowChange<String>>,
    /// Ids of rows of both whose sentence, entities, types or label in the data file differ.
    pub edited: Vec<String>,
    /// Ids of rows that only the first has.
    pub only_first: Vec<String>,
    /// Ids of rows that only the second has.
    pub only_second: Vec<String>,
    /// Every part that either split measures on.
    pub overlaps: Vec<Overlap>,
    /// Whether scores on the two may be compared.
    pub comparability: Comparability,
}

/// One row, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange<T> {
    /// The row's id.
    pub id: String,
    /// In the first split.
    pub from: T,
    /// In the second.
    pub to: T,
}

/// The rows that two splits measure on in one part, by their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// A fold or the hold-out.
    pub part: Part,
    /// Rows of the first split.
    pub first: usize,
    /// Rows of the second.
    pub second: usize,
    /// Rows of both.
    pub both: usize,
}

impl Overlap {
    /// The Jaccard similarity: rows of both over rows of either; 0 where there are none.
    #[must_use]
    pub fn jaccard(&self) -> f64 {
        self.both as f64 / (self.first + self.second - self.both).max(1) as f64
    }
}

/// Whether scores on two splits may be compared: only where the same rows, with the same content and label, are measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparability {
    /// In every part.
    Everywhere,
    /// In these parts only.
    Parts(Vec<Part>),
    /// In no part, but all folds together measure the same rows, so that scores over all of them may be.
    Pooled,
    /// Nowhere.
    Nowhere,
}

impl Manifest {
    /// Sets a second split beside this one.
    #[must_use]
    pub fn diff(&self, second: &Self) -> SplitDiff {
        let (ours, theirs) = (self.rows_by_id(), second.rows_by_id());
        let mut diff = SplitDiff {
            moved: Vec::new(),
            relabelled: Vec::new(),
            edited: Vec::new(),
            only_first: Vec::new(),
            only_second: only(second, &ours),
            overlaps: Vec::new(),
            comparability: Comparability::Nowhere,
        };
        diff.only_first = only(self, &theirs);
        for row in self.rows() {
            let Some(other) = theirs.get(row.id.as_str()) else {
                continue;
            };
            if row.hash != other.hash {
                diff.edited.push(row.id.clone());
            }
            if row.label != other.label {
                diff.relabelled
                    .push(change(row, row.label.clone(), other.label.clone()));
            }
            if row.part != other.part {
                diff.moved.push(change(row, row.part, other.part));
            }
        }
        let measured: BTreeSet<Part> = (self.strategy().parts().into_iter())
            .chain(second.strategy().parts())
            .filter(|part| *part != Part::Train)
            .collect();
        let mut same = Vec::new();
        for part in &measured {
            let (first, other) = (content(self, &[*part]), content(second, &[*part]));
            let ids: BTreeSet<&str> = first.iter().map(|row| row.0).collect();
            diff.overlaps.push(Overlap {
                part: *part,
                first: first.len(),
                second: other.len(),
                both: other.iter().filter(|row| ids.contains(row.0)).count(),
            });
            if first == other && !first.is_empty() {
                same.push(*part);
            }
        }
        let folds: Vec<Part> = measured.iter().copied().filter(|part| *part != Part::HoldOut).collect();
        diff.comparability = if self.labels() != second.labels() {
            Comparability::Nowhere
        } else if same.len() == measured.len() {
            Comparability::Everywhere
        } else if !same.is_empty() {
            Comparability::Parts(same)
        } else if content(self, &folds) == content(second, &folds) {
            Comparability::Pooled
        } else {
            Comparability::Nowhere
        };
        diff
    }
}

/// Ids that the other split does not have.
fn only(manifest: &Manifest, others: &HashMap<&str, &ManifestRow>) -> Vec<String> {
    let rows = manifest
        .rows()
        .iter()
        .filter(|row| !others.contains_key(row.id.as_str()));
    rows.map(|row| row.id.clone()).collect()
}

fn change<T>(row: &ManifestRow, from: T, to: T) -> RowChange<T> {
    RowChange {
        id: row.id.clone(),
        from,
        to,
    }
}

/// Id, content hash and label of every row in some parts, in the order of ids.
fn content<'a>(manifest: &'a Manifest, parts: &[Part]) -> Vec<(&'a str, &'a str, &'a str)> {
    let rows = manifest.rows().iter().filter(|row| parts.contains(&row.part));
    rows.map(|row| (row.id.as_str(), row.hash.as_str(), row.label.as_str()))
        .collect()
}

impl fmt::Display for SplitDiff {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "moved            {}", changes(&self.moved))?;
        writeln!(out, "other content    {}", ids(&self.edited))?;
        writeln!(out, "other label      {}", changes(&self.relabelled))?;
        writeln!(out, "only in first    {}", ids(&self.only_first))?;
        writeln!(out, "only in second   {}", ids(&self.only_second))?;
        for overlap in &self.overlaps {
            writeln!(
                out,
                "{:<15}  {} and {}, {} in both: Jaccard {:.3}",
                overlap.part.to_string(),
                count(overlap.first, "row"),
                count(overlap.second, "row"),
                number(overlap.both),
                overlap.jaccard()
            )?;
        }
        write!(out, "{}", self.comparability)
    }
}

impl fmt::Display for Comparability {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everywhere => write!(
                out,
                "scores may be compared: the same rows, with the same labels, are measured on"
            ),
            Self::Parts(parts) => {
                let names: Vec<String> = parts.iter().map(Part::to_string).collect();
                write!(
                    out,
                    "scores may be compared on {} only; the rows measured on elsewhere differ",
                    names.join(", ")
                )
            }
            Self::Pooled => write!(
                out,
                "scores may be compared over all folds together only: they measure the same rows, but other rows in each"
            ),
            Self::Nowhere => write!(
                out,
                "scores must not be compared: the rows measured on, what they hold, or the list of labels differ"
            ),
        }
    }
}

fn ids(ids: &[String]) -> String {
    shown(ids.iter().map(|id| clip(id)))
}

/// How many rows changed, and how the first of them did.
fn changes<T: fmt::Display>(changes: &[RowChange<T>]) -> String {
    shown(
        changes
            .iter()
            .map(|change| format!("{} ({} → {})", clip(&change.id), change.from, change.to)),
    )
}

/// How many rows there are, and the first of them.
fn shown(rows: impl ExactSizeIterator<Item = String>) -> String {
    match rows.len() {
        0 => count(0, "row"),
        number => format!("{}: {}", count(number, "row"), some_of(rows)),
    }
}
