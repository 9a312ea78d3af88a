//! A file of a data set: what it is for and how it is written.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::FieldNames;
use crate::error::DataError;
use crate::files::sha256_file;

/// One file of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpec {
    /// What the file is for.
    pub role: Role,
    /// Its path inside the data folder.
    pub path: PathBuf,
    /// How it is written.
    pub format: Format,
    /// Where it can be downloaded.
    pub url: Option<String>,
    /// The SHA-256 of its content, 64 lower-case hexadecimal digits.
    pub sha256: Option<String>,
    /// Its column or key names: the data set's, with this file's own on top.
    pub fields: FieldNames,
    /// What its offsets count.
    pub offsets: Offsets,
}

/// What offsets count and what an end offset points at; all count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offsets {
    /// Characters; the end is the last one, as in KLUE-RE.
    Inclusive,
    /// Characters; the end is the one after the last.
    Exclusive,
    /// Tokens; the end is the last one, as in TACRED. The tokens are the elements of the sentence where that is a
    /// list, and joined by spaces; of a sentence that is a text, the pieces between white space.
    Tokens,
    /// Tokens; the end is the one after the last, as in OpenNRE's files.
    TokensExclusive,
    /// There are none: each word is looked for in its sentence, and has to stand there exactly once.
    #[serde(rename = "none")]
    Absent,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Labelled rows to learn from and validate on.
    Train,
    /// Labelled rows that the data set's makers keep apart for validation.
    Valid,
    /// Rows to predict; labels may be absent.
    Test,
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        })
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A table with a header and commas between its columns; an entity is a Python dict, a JSON object, or columns of its own.
    Csv,
    /// The same with semicolons, as spreadsheets write it where the comma stands in numbers.
    CsvSemicolon,
    /// The same with tabs.
    Tsv,
    /// An array of objects.
    Json,
    /// An object a line.
    Jsonl,
    /// SemEval-2010 Task 8: a numbered sentence in quotes with `<e1>` and `<e2>` around the entities, then a line
    /// with the label and one with a comment, in training files. The subject is e1; the label tells the direction.
    Semeval,
    /// TACRED: an array of objects with lists of tokens and offsets that count them; its key names are the defaults.
    Tacred,
}

impl Format {
    /// The format that a file name's extension stands for, if it is known.
    #[must_use]
    pub fn from_path(path: &Path) -> Option<Self> {
        match extension(path)?.as_str() {
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "txt" => Some(Self::Semeval),
            _ => None,
        }
    }
}

pub(super) fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

impl FileSpec {
    /// Compares a file's content with the checksum in `dataset.toml`; a file without one passes.
    ///
    /// # Errors
    /// [`DataError::WrongChecksum`] when they differ, [`DataError::Read`] when the file cannot be read.
    pub fn check_sha256(&self, path: &Path) -> Result<(), DataError> {
        let Some(expected) = &self.sha256 else { return Ok(()) };
        let found = sha256_file(path)?;
        if found == *expected {
            return Ok(());
        }
        Err(DataError::WrongChecksum {
            path: path.to_path_buf(),
            expected: expected.clone(),
            found,
        })
    }
}
