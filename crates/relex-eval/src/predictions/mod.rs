//! The predictions file: the contract between whatever predicts and whatever scores.
//!
//! It is the competition's CSV, `id,pred_label,probs`, where `probs` is a Python list literal with
//! one probability a label, in label order, and no index column. Beside `<file>` stands
//! `<file>.meta.json` ([`PredictionsMeta`]) with that order and the hashes of what was predicted on.

mod label_order;
mod list;
mod meta;
mod read;
mod reorder;
mod table;
mod values;

pub use label_order::read_label_order;
pub(crate) use list::parse_list;
pub use meta::{PREDICTIONS_FORMAT_VERSION, PredictionsMeta};
pub(crate) use table::{Columns, Table, shorten};
pub use values::{DeclaredValues, ROUNDING_TOLERANCE, ValueKind};

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use crate::error::EvalError;
use crate::files::write_atomically;
use crate::metric::check_length;
use relex_data::is_stream;

/// One row of probabilities an example, with the example's id.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// Example ids, all different. `[rows]`
    pub ids: Vec<String>,
    /// The label order: what each column of `probabilities` is for. `[labels]`
    pub labels: Vec<String>,
    /// Probabilities, row-major `[rows, labels]`.
    pub probabilities: Vec<f64>,
}

impl Predictions {
    /// How many examples there are.
    pub fn rows(&self) -> usize {
        self.ids.len()
    }

    /// The probabilities of row index `row`, `[labels]`; empty if there is no such row.
    pub fn row(&self, row: usize) -> &[f64] {
        let width = self.labels.len();
        let start = row.saturating_mul(width);
        self.probabilities
            .get(start..start.saturating_add(width))
            .unwrap_or(&[])
    }

    /// The index of the most probable label of row index `row`; of equal ones the first.
    pub fn predicted(&self, row: usize) -> usize {
        argmax(self.row(row))
    }

    /// Writes the CSV to `path` and, if given, `meta` to `<path>.meta.json`, each of them whole or not at all.
    ///
    /// A pipe or a device gets the CSV alone. Probabilities are written in the fewest digits that read back as the same number. Without
    /// `meta`, a description left from an earlier file of the same name is removed: it would
    /// describe another file.
    ///
    /// # Errors
    /// [`EvalError::Length`], [`EvalError::NotFinite`], [`EvalError::RepeatedId`],
    /// [`EvalError::RepeatedLabel`] or [`EvalError::NoRows`] if the predictions could not be read
    /// back, [`EvalError::MetaMismatch`] if `meta` describes others, [`EvalError::Write`] if a
    /// file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>, meta: Option<&PredictionsMeta>) -> Result<(), EvalError> {
        let path = path.as_ref();
        self.check(path)?;
        if let Some(meta) = meta {
            meta.check_describes(&PredictionsMeta::path_beside(path), &self.labels, self.rows())?;
        }
        if is_stream(path) {
            return write_atomically(path, |writer| self.write_csv(writer));
        }
        // An interrupted write may leave a CSV without its description, never with another's.
        PredictionsMeta::remove_beside(path)?;
        write_atomically(path, |writer| self.write_csv(writer))?;
        meta.map_or(Ok(()), |meta| meta.write_beside(path))
    }

    fn write_csv(&self, writer: &mut dyn Write) -> std::io::Result<()> {
        let mut csv = csv::Writer::from_writer(writer);
        csv.write_record(Columns::NAMES).map_err(std::io::Error::other)?;
        for (row, id) in self.ids.iter().enumerate() {
            let label = &self.labels[self.predicted(row)];
            // `Debug` writes the shortest digits that round-trip, with an exponent where `Display` would write zeros.
            let values: Vec<String> = self.row(row).iter().map(|value| format!("{value:?}")).collect();
            let list = format!("[{}]", values.join(", "));
            csv.write_record([id, label, &list]).map_err(std::io::Error::other)?;
        }
        csv.flush()
    }

    fn check(&self, path: &Path) -> Result<(), EvalError> {
        check_label_order(&self.labels)?;
        if self.ids.is_empty() {
            return Err(EvalError::NoRows);
        }
        check_length(
            "probabilities",
            self.rows().saturating_mul(self.labels.len()),
            self.probabilities.len(),
        )?;
        if let Some(at) = self.probabilities.iter().position(|value| !value.is_finite()) {
            let classes = self.labels.len();
            return Err(EvalError::NotFinite {
                row: at / classes,
                class: at % classes,
                value: self.probabilities[at],
            });
        }
        check_ids(path, &self.ids)
    }
}

/// The position of the largest value, the first of equal ones; 0 for an empty slice.
pub fn argmax(values: &[f64]) -> usize {
    let mut best = 0;
    for (at, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = at;
        }
    }
    best
}

pub(crate) fn check_label_order(labels: &[String]) -> Result<(), EvalError> {
    if labels.is_empty() {
        return Err(EvalError::Setting {
            name: "label order",
            value: "empty".to_owned(),
            allowed: "a list of labels",
        });
    }
    let mut seen = HashMap::new();
    for (second, label) in labels.iter().enumerate() {
        if let Some(first) = seen.insert(label, second) {
            return Err(EvalError::RepeatedLabel {
                label: label.clone(),
                first,
                second,
            });
        }
    }
    Ok(())
}

pub(crate) fn check_ids(path: &Path, ids: &[String]) -> Result<(), EvalError> {
    let mut seen = HashMap::with_capacity(ids.len());
    for (row, id) in ids.iter().enumerate() {
        if let Some(first) = seen.insert(id, row) {
            return Err(EvalError::RepeatedId {
                path: path.to_owned(),
                row: row + 1,
                first_row: first + 1,
                id: id.clone(),
            });
        }
    }
    Ok(())
}
