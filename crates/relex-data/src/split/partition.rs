//! From a manifest and the rows of a data file to rows to learn from and to measure on.

use super::{Manifest, Part, mismatch, refuse};
use crate::error::{DataError, clip};
use crate::example::Example;
use crate::labels::LabelSet;

/// The rows of one fold, as ascending indices into the examples. Rows that were dropped are in none of the three.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Rows to learn from.
    pub train: Vec<usize>,
    /// Rows to measure on.
    pub valid: Vec<usize>,
    /// Rows for neither, whatever the fold; empty in a split without a hold-out beside its folds.
    pub hold_out: Vec<usize>,
}

impl Manifest {
    /// The rows as the split's conflict policy leaves them, in their order: some dropped, some with another label.
    ///
    /// Whoever learns from a split or scores by it does so on these, after [`Manifest::verify`] has seen the rows as they
    /// are in the data file. Rows that the manifest does not know are left for [`Manifest::partition`] to refuse.
    ///
    /// # Errors
    /// [`DataError::ManifestMismatch`] when `labels` lacks the label of a relabelled row.
    pub fn resolve(&self, examples: Vec<Example>, labels: &LabelSet) -> Result<Vec<Example>, DataError> {
        if !(self.rows().iter()).any(|row| row.part == Part::Dropped || row.file_label.is_some()) {
            return Ok(examples);
        }
        let rows = self.rows_by_id();
        let mut resolved = Vec::with_capacity(examples.len());
        for mut example in examples {
            match rows.get(example.id.as_str()) {
                Some(row) if row.part == Part::Dropped => continue,
                Some(row) if row.file_label.is_some() => {
                    example.label = labels.id(&row.label);
                    if example.label.is_none() {
                        return mismatch(format!(
                            "row `{}` has the label `{}`, which the data set does not list; restore `labels` in dataset.toml \
                             or make a new split",
                            clip(&row.id),
                            clip(&row.label)
                        ));
                    }
                }
                _ => {}
            }
            resolved.push(example);
        }
        Ok(resolved)
    }

    /// The rows of one fold, in the order of `examples`.
    ///
    /// # Errors
    /// [`DataError::Split`] when the split has no such fold, [`DataError::ManifestMismatch`] for a row that it does not
    /// know; [`Manifest::verify`] finds every other difference.
    pub fn partition(&self, examples: &[Example], fold: usize) -> Result<Partition, DataError> {
        if fold >= self.folds() {
            return refuse(match self.folds() {
                1 => format!("fold {fold} does not exist; the split is a hold-out, whose only fold is 0"),
                folds => format!("fold {fold} does not exist; the split has folds 0 to {}", folds - 1),
            });
        }
        let rows = self.rows_by_id();
        let mut partition = Partition {
            train: Vec::new(),
            valid: Vec::new(),
            hold_out: Vec::new(),
        };
        for (index, example) in examples.iter().enumerate() {
            let Some(row) = rows.get(example.id.as_str()) else {
                return mismatch(format!(
                    "row `{}` was added; restore the data file or make a new split",
                    clip(&example.id)
                ));
            };
            match row.part {
                Part::Fold(own) if own == fold => partition.valid.push(index),
                Part::Fold(_) | Part::Train => partition.train.push(index),
                Part::HoldOut => partition.hold_out.push(index),
                Part::Dropped => {}
            }
        }
        Ok(partition)
    }
}
