//! The rows that may be augmented: those of a fold's training side, and no others.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use crate::error::DataError;
use crate::example::Example;
use crate::labels::LabelId;
use crate::spec::DatasetSpec;
use crate::split::Manifest;

/// The training side of one fold of a frozen split.
///
/// Augmentation takes nothing else, and [`TrainingRows::of`] is the only way to make one: validation rows cannot be
/// augmented, and nothing of them (an entity's name, say) can get into a child.
#[derive(Debug, Clone)]
pub struct TrainingRows<'a> {
    rows: Vec<&'a Example>,
    /// Content hashes, in the order of the rows.
    hashes: Vec<String>,
    by_id: HashMap<&'a str, usize>,
    spec: &'a DatasetSpec,
    manifest_hash: String,
    fold: usize,
}

impl<'a> TrainingRows<'a> {
    /// The training rows of `fold`, after the data was checked against the manifest; `examples` are the rows as
    /// [`Manifest::resolve`] leaves them.
    ///
    /// # Errors
    /// [`DataError::ManifestMismatch`] when the rows or labels are not those that the split was made from,
    /// [`DataError::Split`] when it has no such fold.
    pub fn of(
        manifest: &Manifest,
        examples: &'a [Example],
        spec: &'a DatasetSpec,
        fold: usize,
    ) -> Result<Self, DataError> {
        manifest.verify_resolved(examples, &spec.labels)?;
        let rows: Vec<&Example> = manifest
            .partition(examples, fold)?
            .train
            .into_iter()
            .map(|row| &examples[row])
            .collect();
        Ok(Self {
            hashes: rows.par_iter().map(|row| row.content_hash(&spec.labels)).collect(),
            by_id: rows.iter().enumerate().map(|(at, row)| (row.id.as_str(), at)).collect(),
            rows,
            spec,
            manifest_hash: manifest.hash().to_owned(),
            fold,
        })
    }

    /// The rows, in file order.
    #[must_use]
    pub fn rows(&self) -> &[&'a Example] {
        &self.rows
    }

    /// The row with this id, if it is a training row.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&'a Example> {
        self.by_id.get(id).map(|at| self.rows[*at])
    }

    pub(super) fn hash(&self, row: usize) -> &str {
        &self.hashes[row]
    }

    pub(super) fn spec(&self) -> &'a DatasetSpec {
        self.spec
    }

    pub(super) fn manifest_hash(&self) -> &str {
        &self.manifest_hash
    }

    pub(super) fn fold(&self) -> usize {
        self.fold
    }

    /// The number of rows of each label, by index.
    pub(super) fn label_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.spec.labels.len()];
        for label in self.rows.iter().filter_map(|row| row.label) {
            counts[label.index()] += 1;
        }
        counts
    }

    /// The types of each label's subjects.
    pub(super) fn subject_types(&self) -> HashMap<LabelId, BTreeSet<&'a str>> {
        let mut types: HashMap<LabelId, BTreeSet<&str>> = HashMap::new();
        for row in &self.rows {
            if let Some(label) = row.label {
                types.entry(label).or_default().insert(&row.subject.entity_type);
            }
        }
        types
    }
}
