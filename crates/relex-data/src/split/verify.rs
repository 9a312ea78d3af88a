//! A manifest against the data in hand.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::{Manifest, ManifestRow, Part, mismatch};
use crate::error::{DataError, clip};
use crate::example::Example;
use crate::labels::LabelSet;

/// Which rows a manifest is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Those of the data file.
    AsInFile,
    /// Those that the conflict policy leaves, as it leaves them.
    Resolved,
}

/// Differences of each kind that a message names; the rest it counts.
const NAMED: usize = 5;

impl Manifest {
    /// Checks that the data is what the split was made from: the same labels and, in any order, the same rows.
    ///
    /// `examples` are the rows as they are in the data file, before [`Manifest::resolve`].
    ///
    /// # Errors
    /// [`DataError::ManifestMismatch`] naming the rows that were edited, got another label, are missing or were added
    /// (five of each), how many of each there are, and what to do.
    pub fn verify(&self, examples: &[Example], labels: &LabelSet) -> Result<(), DataError> {
        self.compare(examples, labels, State::AsInFile)
    }

    /// The same check for rows as [`Manifest::resolve`] leaves them: those dropped are away, those relabelled have their new label.
    ///
    /// # Errors
    /// As for [`Manifest::verify`].
    pub fn verify_resolved(&self, examples: &[Example], labels: &LabelSet) -> Result<(), DataError> {
        self.compare(examples, labels, State::Resolved)
    }

    fn compare(&self, examples: &[Example], labels: &LabelSet, state: State) -> Result<(), DataError> {
        if self.labels() != labels.names() {
            return mismatch(
                "the data set's list of labels, or its order, is not the one that the split was made with; restore `labels` \
                 in dataset.toml or make a new split",
            );
        }
        let is_expected = |row: &ManifestRow| state == State::AsInFile || row.part != Part::Dropped;
        let mut rows = self.rows_by_id();
        rows.retain(|_, row| is_expected(row));
        let hashes: Vec<String> = examples
            .par_iter()
            .map(|example| match rows.get(example.id.as_str()) {
                Some(row) if state == State::Resolved => hash_in_file(example, row, labels),
                _ => example.content_hash(labels),
            })
            .collect();
        let mut seen = HashSet::with_capacity(examples.len());
        let (mut edited, mut added) = (Vec::new(), Vec::new());
        for (example, hash) in examples.iter().zip(&hashes) {
            if !seen.insert(example.id.as_str()) {
                return mismatch(format!(
                    "the id `{}` occurs twice; give every row its own",
                    clip(&example.id)
                ));
            }
            match rows.get(example.id.as_str()) {
                None => added.push(example),
                Some(row) if row.hash != *hash => edited.push((example, *row)),
                Some(_) => {}
            }
        }
        let unseen = self
            .rows()
            .iter()
            .filter(|row| is_expected(row) && !seen.contains(row.id.as_str()));
        let missing: Vec<&ManifestRow> = unseen.collect();
        if edited.is_empty() && missing.is_empty() && added.is_empty() {
            return Ok(());
        }
        let edits = edited
            .iter()
            .take(NAMED)
            .map(|(example, row)| edit(example, row, labels, state));
        let losses = missing.iter().take(NAMED);
        let losses = losses.map(|row| format!("row `{}` is missing", clip(&row.id)));
        let additions = added.iter().take(NAMED);
        let additions = additions.map(|example| format!("row `{}` was added", clip(&example.id)));
        let named: Vec<String> = edits.chain(losses).chain(additions).collect();
        mismatch(format!(
            "{}; {} edited, {} missing and {} added in all; restore the data file or make a new split",
            named.join(", "),
            edited.len(),
            missing.len(),
            added.len()
        ))
    }

    pub(super) fn rows_by_id(&self) -> HashMap<&str, &ManifestRow> {
        self.rows().iter().map(|row| (row.id.as_str(), row)).collect()
    }
}

/// The content hash that a resolved row has in the data file, where it may have another label.
fn hash_in_file(example: &Example, row: &ManifestRow, labels: &LabelSet) -> String {
    match &row.file_label {
        Some(label) if example.label == labels.id(&row.label) => Example {
            label: labels.id(label),
            ..example.clone()
        }
        .content_hash(labels),
        // One that still has its old label is not resolved: no hash of the manifest's.
        Some(_) => String::new(),
        None => example.content_hash(labels),
    }
}

/// How a row with another content differs from what the manifest knows of it.
fn edit(example: &Example, row: &ManifestRow, labels: &LabelSet, state: State) -> String {
    let id = clip(&row.id);
    let label = example.label.map_or("none", |label| labels.name(label));
    let known = match state {
        State::AsInFile => row.file_label.as_ref().unwrap_or(&row.label),
        State::Resolved => &row.label,
    };
    if label == known {
        format!("row `{id}` was edited (its sentence, entities or types)")
    } else {
        format!(
            "row `{id}` was edited: its label was `{}` and is now `{label}`",
            clip(known)
        )
    }
}
