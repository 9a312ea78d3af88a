//! A manifest against the data in hand.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::{Manifest, ManifestRow};
use crate::error::{DataError, clip};
use crate::example::Example;
use crate::labels::LabelSet;

/// Training and validation rows, as ascending indices into the examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Rows to learn from.
    pub train: Vec<usize>,
    /// Rows to measure on.
    pub valid: Vec<usize>,
}

impl Manifest {
    /// Checks that the data is what the split was made from: the same labels and, in any order, the same rows.
    ///
    /// # Errors
    /// [`DataError::ManifestMismatch`] naming the first row that was edited, got another label, is missing or was added,
    /// how many of each there are, and what to do.
    pub fn verify(&self, examples: &[Example], labels: &LabelSet) -> Result<(), DataError> {
        if self.labels() != labels.names() {
            return refuse(
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
                return refuse(format!(
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
        let missing: Vec<&ManifestRow> = self
            .rows()
            .iter()
            .filter(|row| !seen.contains(row.id.as_str()))
            .collect();
        let first = if let Some((example, row)) = edited.first() {
            let label = example.label.map_or("none", |id| labels.name(id));
            if label == row.label {
                format!("row `{}` was edited (its sentence, entities or types)", clip(&row.id))
            } else {
                format!(
                    "row `{}` was edited: its label was `{}` and is now `{label}`",
                    clip(&row.id),
                    clip(&row.label)
                )
            }
        } else if let Some(row) = missing.first() {
            format!("row `{}` is missing", clip(&row.id))
        } else if let Some(example) = added.first() {
            format!("row `{}` was added", clip(&example.id))
        } else {
            return Ok(());
        };
        refuse(format!(
            "{first}; {} edited, {} missing and {} added in all; restore the data file or make a new split",
            edited.len(),
            missing.len(),
            added.len()
        ))
    }

    /// The training and validation rows of one fold, in file order.
    ///
    /// # Errors
    /// [`DataError::Split`] when the split has no such fold, [`DataError::ManifestMismatch`] for a row that it does not
    /// know; [`Manifest::verify`] finds every other difference.
    pub fn partition(&self, examples: &[Example], fold: usize) -> Result<Partition, DataError> {
        if fold >= self.folds() {
            let message = match self.folds() {
                1 => format!("fold {fold} does not exist; the split is a hold-out, whose only fold is 0"),
                folds => format!("fold {fold} does not exist; the split has folds 0 to {}", folds - 1),
            };
            return Err(DataError::Split { message });
        }
        let rows = self.rows_by_id();
        let mut partition = Partition {
            train: Vec::new(),
            valid: Vec::new(),
        };
        for (index, example) in examples.iter().enumerate() {
            match rows.get(example.id.as_str()) {
                Some(row) if row.fold == Some(fold) => partition.valid.push(index),
                Some(_) => partition.train.push(index),
                None => {
                    return refuse(format!(
                        "row `{}` was added; restore the data file or make a new split",
                        clip(&example.id)
                    ));
                }
            }
        }
        Ok(partition)
    }

    pub(super) fn rows_by_id(&self) -> HashMap<&str, &ManifestRow> {
        self.rows().iter().map(|row| (row.id.as_str(), row)).collect()
    }
}

fn refuse<T>(message: impl Into<String>) -> Result<T, DataError> {
    Err(DataError::ManifestMismatch {
        message: message.into(),
    })
}
