//! What a predictions file was made from, in the JSON beside it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::EvalError;
use crate::files::write_atomically;

/// The version of the predictions format that this crate writes and reads.
pub const PREDICTIONS_FORMAT_VERSION: u32 = 1;

/// The description of a predictions file, kept in `<file>.meta.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PredictionsMeta {
    /// [`PREDICTIONS_FORMAT_VERSION`].
    pub format_version: u32,
    /// The label order of the probabilities.
    pub labels: Vec<String>,
    /// The label that means "no relation".
    pub negative_label: String,
    /// The name of the run that predicted.
    pub run: String,
    /// Hash of the data that was predicted on.
    pub data_hash: String,
    /// Hash of the split manifest; `None` if the rows are not part of a split.
    pub split_hash: Option<String>,
    /// The fold whose rows these are; `None` if they are not one fold.
    pub fold: Option<u32>,
    /// Number of data rows in the CSV.
    pub rows: usize,
}

impl PredictionsMeta {
    /// Where the description of the predictions file `path` stands: `<path>.meta.json`.
    pub fn path_beside(path: impl AsRef<Path>) -> PathBuf {
        let mut name = OsString::from(path.as_ref());
        name.push(".meta.json");
        PathBuf::from(name)
    }

    /// Reads the description that stands beside the predictions file `path`; `None` if there is none.
    ///
    /// # Errors
    /// [`EvalError::Read`], [`EvalError::Json`] or [`EvalError::FormatVersion`] if there is one
    /// that cannot be used.
    pub fn read_beside(path: impl AsRef<Path>) -> Result<Option<Self>, EvalError> {
        let meta_path = Self::path_beside(path);
        let text = match std::fs::read_to_string(&meta_path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(EvalError::Read {
                    path: meta_path,
                    source,
                });
            }
        };
        let json = |source| EvalError::Json {
            path: meta_path.clone(),
            expected: "the description of a predictions file",
            source,
        };
        // The version first: another version may well have other fields.
        let Version { format_version } = serde_json::from_str(&text).map_err(json)?;
        if format_version != PREDICTIONS_FORMAT_VERSION {
            return Err(EvalError::FormatVersion {
                path: meta_path,
                found: format_version,
                supported: PREDICTIONS_FORMAT_VERSION,
            });
        }
        serde_json::from_str(&text).map(Some).map_err(json)
    }

    pub(super) fn write_beside(&self, path: &Path) -> Result<(), EvalError> {
        write_atomically(&Self::path_beside(path), |writer| {
            serde_json::to_writer_pretty(&mut *writer, self)?;
            writer.write_all(b"\n")
        })
    }

    pub(super) fn remove_beside(path: &Path) -> Result<(), EvalError> {
        let meta_path = Self::path_beside(path);
        match std::fs::remove_file(&meta_path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(EvalError::Write {
                path: meta_path,
                source,
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn check_describes(&self, meta_path: &Path, labels: &[String], rows: usize) -> Result<(), EvalError> {
        let mismatch = |field, expected: String, found: String| {
            Err(EvalError::MetaMismatch {
                meta_path: meta_path.to_owned(),
                field,
                expected,
                found,
            })
        };
        if self.format_version != PREDICTIONS_FORMAT_VERSION {
            return mismatch(
                "format_version",
                PREDICTIONS_FORMAT_VERSION.to_string(),
                self.format_version.to_string(),
            );
        }
        if self.rows != rows {
            return mismatch("rows", rows.to_string(), self.rows.to_string());
        }
        if self.labels != labels {
            return mismatch("labels", labels.join(", "), self.labels.join(", "));
        }
        if !labels.contains(&self.negative_label) {
            return mismatch(
                "negative_label",
                format!("only the labels {}", labels.join(", ")),
                self.negative_label.clone(),
            );
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Version {
    format_version: u32,
}
