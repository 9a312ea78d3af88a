//! A manifest against the data in hand.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::{Manifest, ManifestRow, mismatch};
use crate::error::{DataError, clip};
use crate::example::Example;
use crate::labels::LabelSet;

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
        if self.labels() != labels.names() {
            return mismatch(
                "the data set's list of labels, or its order, is not the one that the split was made with; restore `labels` \
                 in dataset.toml or make a new split",
            );
        }
        let rows = self.rows_by_id();
        let hashes: Vec<String> = examples
            .par_iter()
            .map(|example| example.content_hash(labels))
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
        let unseen = self.rows().iter().filter(|row| !seen.contains(row.id.as_str()));
        let missing: Vec<&ManifestRow> = unseen.collect();
        if edited.is_empty() && missing.is_empty() && added.is_empty() {
            return Ok(());
        }
        let edits = edited
            .iter()
            .take(NAMED)
            .map(|(example, row)| edit(example, row, labels));
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

/// How a row with another content differs from what the manifest knows of it.
fn edit(example: &Example, row: &ManifestRow, labels: &LabelSet) -> String {
    let id = clip(&row.id);
    let label = example.label.map_or("none", |label| labels.name(label));
    let known = row.file_label.as_ref().unwrap_or(&row.label);
    if label == known {
        format!("row `{id}` was edited (its sentence, entities or types)")
    } else {
        format!(
            "row `{id}` was edited: its label was `{}` and is now `{label}`",
            clip(known)
        )
    }
}
