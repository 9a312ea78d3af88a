//! The file that freezes a split.

use std::cmp::Ordering;
use std::fmt::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{SplitConfig, Strategy};
use crate::dedup::Tier;
use crate::error::{DataError, Place};
use crate::files::{sha256_hex, write_atomically};
use crate::labels::LabelSet;

/// The version of the file format that this crate writes and reads.
const FORMAT_VERSION: u32 = 1;

/// A frozen split: what it was made from, how, and where every row went.
///
/// It is made by [`split`](super::split()) or read from its file, and cannot be changed. A row with fold `k` belongs to
/// validation fold `k`; a row without fold is for training always. Rows are sorted by id, numbers by value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format_version: u32,
    data: String,
    data_hash: String,
    strategy: Strategy,
    seed: u64,
    tier: Tier,
    folds: usize,
    labels: Vec<String>,
    rows: Vec<ManifestRow>,
    /// Of everything above; empty only while it is being computed.
    #[serde(skip_serializing_if = "String::is_empty")]
    hash: String,
}

/// One row of a split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestRow {
    /// The row's id in the data file.
    pub id: String,
    /// Its [content hash](crate::Example::content_hash).
    pub hash: String,
    /// Its label.
    pub label: String,
    /// Its group of duplicates; rows of one group are never divided.
    pub group: usize,
    /// The validation fold it belongs to, if any.
    pub fold: Option<usize>,
}

impl Manifest {
    pub(super) fn new(config: &SplitConfig, data_hash: String, labels: &LabelSet, mut rows: Vec<ManifestRow>) -> Self {
        rows.sort_by(|left, right| compare_ids(&left.id, &right.id));
        let mut manifest = Self {
            format_version: FORMAT_VERSION,
            data: String::new(),
            data_hash,
            strategy: config.strategy,
            seed: config.seed,
            tier: config.tier,
            folds: match config.strategy {
                Strategy::GroupedHoldOut { .. } => 1,
                Strategy::GroupedKFold { folds } => folds,
            },
            labels: labels.names().to_vec(),
            rows,
            hash: String::new(),
        };
        manifest.hash = manifest.computed_hash();
        manifest
    }

    /// The same split with the name of its data set noted (part of its hash).
    #[must_use]
    pub fn named(mut self, data: &str) -> Self {
        data.clone_into(&mut self.data);
        self.hash = String::new();
        self.hash = self.computed_hash();
        self
    }

    /// The name of the data set; empty if none was noted.
    #[must_use]
    pub fn data_name(&self) -> &str {
        &self.data
    }

    /// The [`data_hash`](crate::data_hash) of the rows it was made from.
    #[must_use]
    pub fn data_hash(&self) -> &str {
        &self.data_hash
    }

    /// How validation rows were chosen.
    #[must_use]
    pub fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// The seed it was made with.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Which rows counted as duplicates.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// The number of validation folds: 1 for a hold-out.
    #[must_use]
    pub fn folds(&self) -> usize {
        self.folds
    }

    /// The label names, in the data set's order.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// All rows, sorted by id.
    #[must_use]
    pub fn rows(&self) -> &[ManifestRow] {
        &self.rows
    }

    /// The SHA-256, in hexadecimal, of everything else in the manifest: the split's identity.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Writes the manifest, atomically, as JSON with one row a line.
    ///
    /// # Errors
    /// [`DataError::Write`] when the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), DataError> {
        let failed = |error: serde_json::Error| DataError::Write {
            path: path.to_path_buf(),
            source: error.into(),
        };
        let mut text = String::new();
        let header = serde_json::to_string_pretty(&self.without_rows()).map_err(failed)?;
        // The header ends `"rows": []` and a closing brace; the rows go between.
        text.push_str(header.trim_end_matches(['}', '\n', ']']));
        for (index, row) in self.rows.iter().enumerate() {
            let row = serde_json::to_string(row).map_err(failed)?;
            text.push_str(if index == 0 { "\n    " } else { ",\n    " });
            text.push_str(&row);
        }
        // Writing to a string cannot fail.
        writeln!(text, "\n  ],\n  \"hash\": \"{}\"\n}}", self.hash).ok();
        write_atomically(path, text.as_bytes())
    }

    /// Reads a manifest and checks that nothing in it was changed since it was written.
    ///
    /// # Errors
    /// [`DataError::Read`] when the file cannot be read; [`DataError::Manifest`] when it is no manifest, has another
    /// format version, or its content does not have the hash that it names.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let bytes = std::fs::read(path).map_err(|source| DataError::Read {
            path: path.to_path_buf(),
            source,
        })?;
        let refuse = |line: Option<u64>, message: String| DataError::Manifest {
            place: Box::new(Place {
                line,
                ..Place::file(path)
            }),
            message,
        };
        let parsed: Result<Self, serde_json::Error> = serde_json::from_slice(&bytes);
        let version = match &parsed {
            Ok(manifest) => manifest.format_version,
            // Another version need not parse at all; say that rather than which key is strange.
            Err(_) => serde_json::from_slice::<Version>(&bytes).map_or(FORMAT_VERSION, |found| found.format_version),
        };
        if version != FORMAT_VERSION {
            let message = format!(
                "the manifest has format version {version}, but this program reads version {FORMAT_VERSION}; make the split again"
            );
            return Err(refuse(None, message));
        }
        let mut manifest = parsed.map_err(|error| {
            let message = format!("not a split manifest: {error}; restore the file or make the split again");
            refuse(Some(error.line() as u64), message)
        })?;
        let written = std::mem::take(&mut manifest.hash);
        manifest.hash = manifest.computed_hash();
        if manifest.hash != written {
            let message = "the manifest was edited after it was written: its content no longer has its hash; restore the \
                           file or make the split again";
            return Err(refuse(None, message.to_owned()));
        }
        if let Some(row) = manifest
            .rows
            .iter()
            .find(|row| row.fold.is_some_and(|fold| fold >= manifest.folds))
        {
            let message = format!(
                "row `{}` is in a fold that the split does not have; make the split again",
                row.id
            );
            return Err(refuse(None, message));
        }
        Ok(manifest)
    }

    /// The hash of the compact JSON without its `hash` key, which must be empty here.
    fn computed_hash(&self) -> String {
        // A struct of strings, numbers and lists always serializes; were it not to, no hash would match the empty one.
        sha256_hex(&serde_json::to_vec(self).unwrap_or_default())
    }

    fn without_rows(&self) -> Self {
        Self {
            data: self.data.clone(),
            data_hash: self.data_hash.clone(),
            labels: self.labels.clone(),
            rows: Vec::new(),
            hash: String::new(),
            ..*self
        }
    }
}

#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

/// Ids that are numbers by value, before all others; those by their characters.
fn compare_ids(left: &str, right: &str) -> Ordering {
    let number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    match (number(left), number(right)) {
        (true, true) => {
            let (a, b) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
            a.len().cmp(&b.len()).then(a.cmp(b)).then(left.cmp(right))
        }
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => left.cmp(right),
    }
}
