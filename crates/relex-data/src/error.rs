//! What can be wrong with data, each with its place and a remedy.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::read::RowFault;

/// Where in a data file something was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The data row, from 1; a CSV header does not count.
    pub row: Option<usize>,
    /// The line of the file on which the row begins, from 1.
    pub line: Option<u64>,
    /// The column or key.
    pub column: Option<String>,
}

impl Place {
    /// The file as a whole.
    #[must_use]
    pub fn file(file: &Path) -> Self {
        Self {
            file: file.to_path_buf(),
            row: None,
            line: None,
            column: None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file.display())?;
        match (self.row, self.line) {
            (Some(row), Some(line)) => write!(out, ", row {row} (line {line})")?,
            (Some(row), None) => write!(out, ", row {row}")?,
            (None, Some(line)) => write!(out, ", line {line}")?,
            (None, None) => {}
        }
        match &self.column {
            Some(column) => write!(out, ", column `{column}`"),
            None => Ok(()),
        }
    }
}

/// Everything that this crate refuses.
///
/// Messages are in lower case and name file, row, column, the offending value and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file could not be read; the source says why.
    #[error("cannot read {}; check that the file is there and may be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file could not be written; the source says why. Nothing half-written remains.
    #[error("cannot write {}; check that its folder may be written to and has room", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file's content is not what its data set promises.
    #[error("{} has SHA-256 {found}, but {expected} is expected; the download is damaged or the file was changed: fetch it again", path.display())]
    WrongChecksum {
        /// The file.
        path: PathBuf,
        /// The checksum in `dataset.toml`.
        expected: String,
        /// The file's own.
        found: String,
    },
    /// None of a data set's files for a role is in the folder.
    #[error("{} holds no file with role `{role}` of data set `{dataset}`; put {wanted} there", folder.display())]
    NoDataFile {
        /// The folder searched.
        folder: PathBuf,
        /// The data set's name.
        dataset: String,
        /// `train` or `test`.
        role: String,
        /// The files that would do, and where they can be had.
        wanted: String,
    },
    /// `dataset.toml` is not valid.
    #[error("{place}: {message}")]
    Spec {
        /// File and, where known, line and key.
        place: Box<Place>,
        /// What is wrong and the remedy.
        message: String,
    },
    /// A list of labels is not valid.
    #[error("{message}")]
    Labels {
        /// What is wrong and the remedy.
        message: String,
    },
    /// A span would cover no character.
    #[error("a span from {start} to {end} covers no character; its start must lie below its end")]
    EmptySpan {
        /// The first character's offset.
        start: usize,
        /// The offset after the last character.
        end: usize,
    },
    /// The file is not UTF-8 text.
    #[error("{place}: not UTF-8 text ({found}); save the file as UTF-8")]
    NotUtf8 {
        /// File and line.
        place: Box<Place>,
        /// The offending bytes, or what the encoding seems to be.
        found: String,
    },
    /// The file holds no data row.
    #[error("{place}: the file holds no data row; check that it is the right file and whole")]
    Empty {
        /// The file.
        place: Box<Place>,
    },
    /// The file does not have the shape of its format.
    #[error("{place}: {message}")]
    Malformed {
        /// File, and row and line where known.
        place: Box<Place>,
        /// What is wrong and the remedy.
        message: String,
    },
    /// A column that the data set needs is absent.
    #[error(
        "{place}: the column is missing{hint}; the file has {found}; put the column's name in this file under [fields] in dataset.toml{alternative}"
    )]
    MissingColumn {
        /// File and the column sought.
        place: Box<Place>,
        /// A name that looks alike, in words, or nothing.
        hint: String,
        /// The names that are there.
        found: String,
        /// What else can be done, in words behind a comma, or nothing.
        alternative: &'static str,
    },
    /// A row that is not what its data set promises.
    #[error("{0}")]
    BadRow(Box<RowFault>),
    /// A file of bad rows only, read by someone who wanted the good ones.
    #[error("{}: none of its {rows} rows can be read; the first bad one: {first}", path.display())]
    NoGoodRow {
        /// The file.
        path: PathBuf,
        /// How many rows it has.
        rows: usize,
        /// What is wrong with the first.
        first: Box<RowFault>,
    },
    /// An example that cannot be marked.
    #[error("row `{id}` cannot be marked: {message}")]
    Unmarkable {
        /// The example's id.
        id: String,
        /// What is wrong and the remedy.
        message: String,
    },
    /// Markers that the data set's types do not allow.
    #[error("markers: {message}")]
    Markers {
        /// What is wrong and the remedy.
        message: String,
    },
    /// A split that cannot be made.
    #[error("cannot split: {message}")]
    Split {
        /// What is wrong and the remedy.
        message: String,
    },
    /// A manifest that cannot be read or was edited.
    #[error("{place}: {message}")]
    Manifest {
        /// File and, where known, line.
        place: Box<Place>,
        /// What is wrong and the remedy.
        message: String,
    },
    /// Data that is not the data that a manifest was made from.
    #[error("the data does not match its split manifest: {message}")]
    ManifestMismatch {
        /// The row, how it differs and the remedy.
        message: String,
    },
    /// Rows that cannot be augmented as asked.
    #[error("cannot augment: {message}")]
    Augment {
        /// What is wrong and the remedy.
        message: String,
    },
    /// A file of augmented rows that is broken, or does not belong to the rows at hand.
    #[error("{place}: {message}")]
    Augmented {
        /// File and, where known, line.
        place: Box<Place>,
        /// What is wrong and the remedy.
        message: String,
    },
}

/// Names in backticks, separated by commas, the first twenty of them.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let mut text = names
        .iter()
        .take(20)
        .map(|name| format!("`{}`", clip(name)))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > 20 {
        text.push_str(&format!(" and {} more", names.len() - 20));
    }
    if names.is_empty() { "none".to_owned() } else { text }
}

/// A value short enough for a message, without line breaks.
pub(crate) fn clip(value: &str) -> String {
    const LONGEST: usize = 60;
    let mut text: String = value
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if value.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_from_the_outside_in() {
        let mut place = Place::file(Path::new("train.csv"));
        assert_eq!(place.to_string(), "train.csv");
        place.row = Some(3);
        place.line = Some(5);
        place.column = Some("label".to_owned());
        assert_eq!(place.to_string(), "train.csv, row 3 (line 5), column `label`");
    }

    #[test]
    fn long_values_are_clipped() {
        assert_eq!(clip("a\nb"), "a b");
        assert_eq!(clip(&"가".repeat(61)), format!("{}…", "가".repeat(60)));
        assert_eq!(list(["a", "b"]), "`a`, `b`");
        assert_eq!(list([]), "none");
    }
}
