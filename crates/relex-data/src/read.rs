//! Files in, checked examples out.
//!
//! Each format turns its rows into the same raw row; one set of checks turns raw rows into [`Example`]s, so that a
//! mistake is refused in the same words whatever file it stands in. No bytes make a reader panic.

mod check;
mod csv;
mod json;
mod python_dict;
mod scalar;
mod text;

use std::collections::HashMap;
use std::path::Path;

use crate::error::{DataError, Place, clip};
use crate::example::Example;
use crate::spec::{DatasetSpec, FileSpec, Format};

/// Reads and checks every row of a file, in file order.
///
/// A UTF-8 byte order mark and CRLF line ends are accepted. In a [`Role::Test`](crate::Role::Test) file the label column may
/// be absent; a value listed in [`DatasetSpec::unlabelled`], or a JSON null, gives an example without label in any file.
/// Overlapping entities are read (the audit lists them).
///
/// # Errors
/// The first thing wrong, with file, row, column, value and remedy; see [`DataError`].
pub fn read_examples(path: &Path, file: &FileSpec, spec: &DatasetSpec) -> Result<Vec<Example>, DataError> {
    let bytes = std::fs::read(path).map_err(|source| DataError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    parse_examples(&bytes, path, file, spec)
}

/// [`read_examples`] on a file's content; `path` is its name in error messages.
///
/// # Errors
/// As for [`read_examples`], but for the file not being readable.
pub fn parse_examples(
    bytes: &[u8],
    path: &Path,
    file: &FileSpec,
    spec: &DatasetSpec,
) -> Result<Vec<Example>, DataError> {
    let text = text::decode(bytes, path)?;
    if text.trim().is_empty() {
        return Err(DataError::Empty {
            place: Box::new(Place::file(path)),
        });
    }
    let examples = match file.format {
        Format::Csv => csv::parse(text, path, file, spec)?,
        Format::Json => json::parse(text, path, file, spec)?,
    };
    if examples.is_empty() {
        return Err(DataError::Empty {
            place: Box::new(Place::file(path)),
        });
    }
    refuse_repeated_ids(&examples, path, &file.fields.id)?;
    Ok(examples)
}

/// Where a row stands; makes the places of its errors.
#[derive(Clone, Copy)]
struct RowPlace<'a> {
    file: &'a Path,
    row: usize,
    line: Option<u64>,
}

impl RowPlace<'_> {
    fn place(self) -> Box<Place> {
        Box::new(Place {
            file: self.file.to_path_buf(),
            row: Some(self.row),
            line: self.line,
            column: None,
        })
    }

    fn column(self, name: &str) -> Box<Place> {
        Box::new(Place {
            column: Some(name.to_owned()),
            ..*self.place()
        })
    }
}

/// A row as its file has it, keys found but nothing checked.
struct RawRow {
    id: String,
    sentence: String,
    subject: RawEntity,
    object: RawEntity,
    label: Option<String>,
    source: Option<String>,
}

/// An entity as its file has it.
struct RawEntity {
    word: String,
    start: i64,
    end: i64,
    entity_type: String,
}

fn refuse_repeated_ids(examples: &[Example], path: &Path, column: &str) -> Result<(), DataError> {
    let mut first_rows = HashMap::with_capacity(examples.len());
    for (index, example) in examples.iter().enumerate() {
        if let Some(first) = first_rows.insert(example.id.as_str(), index) {
            let place = RowPlace {
                file: path,
                row: index + 1,
                line: None,
            }
            .column(column);
            return Err(DataError::DuplicateId {
                place,
                id: clip(&example.id),
                first_row: first + 1,
            });
        }
    }
    Ok(())
}
