//! Files in, checked examples out.
//!
//! Each format turns its rows into the same raw row; one set of checks turns raw rows into [`Example`]s, so that a
//! mistake is refused, or put right, in the same way whatever file it stands in. No bytes make a reader panic, and none
//! takes more than time in proportion to its length.

mod cell;
mod check;
mod collect;
mod csv;
mod json;
mod line;
mod locate;
mod object;
mod python_dict;
mod raw;
mod repair;
mod report;
mod scalar;
mod semeval;
mod text;

pub(crate) use csv::{OPEN_QUOTE, ends_in_quotes};
pub(crate) use object::reason;

use std::path::Path;

pub use line::{csv_reason, csv_record_line};
pub use report::{BadRow, FaultCount, FaultKind, OnBadRow, ReadReport, RowFault};

use crate::error::{DataError, Place};
use crate::example::Example;
use crate::spec::{DatasetSpec, FileSpec, Format};
use collect::Collector;

/// Reads and checks every row of a file, in file order; a bad row ends the reading.
///
/// A UTF-8 byte order mark and CRLF line ends are accepted. In a [`Role::Test`](crate::Role::Test) file the label column may
/// be absent; a value listed in [`DatasetSpec::unlabelled`], or a JSON null, gives an example without label in any file.
/// Overlapping entities are read (the audit lists them).
///
/// # Errors
/// The first thing wrong, with file, row, column, value and remedy; see [`DataError`].
pub fn read_examples(path: &Path, file: &FileSpec, spec: &DatasetSpec) -> Result<Vec<Example>, DataError> {
    let (examples, _) = read_examples_with(path, file, spec, OnBadRow::Fail)?;
    Ok(examples)
}

/// [`read_examples`] with a say in what happens to bad rows, and an account of them.
///
/// # Errors
/// As for [`read_examples`]; see [`OnBadRow`] for what still counts as an error. A file of bad rows only is
/// [`DataError::NoGoodRow`].
pub fn read_examples_with(
    path: &Path,
    file: &FileSpec,
    spec: &DatasetSpec,
    on_bad_row: OnBadRow,
) -> Result<(Vec<Example>, ReadReport), DataError> {
    let bytes = read_bytes(path)?;
    parse_examples_with(&bytes, path, file, spec, on_bad_row)
}

/// [`read_examples_with`] for rows that are to be predicted: whatever the label column holds, no example has a label.
///
/// # Errors
/// As for [`read_examples_with`], but for unknown labels.
pub fn read_unlabelled(
    path: &Path,
    file: &FileSpec,
    spec: &DatasetSpec,
    on_bad_row: OnBadRow,
) -> Result<(Vec<Example>, ReadReport), DataError> {
    let reading = Reading {
        path,
        file,
        spec,
        on_bad_row,
        labels: Labels::Ignored,
    };
    parse(&read_bytes(path)?, &reading)
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, DataError> {
    std::fs::read(path).map_err(|source| DataError::Read {
        path: path.to_path_buf(),
        source,
    })
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
    let (examples, _) = parse_examples_with(bytes, path, file, spec, OnBadRow::Fail)?;
    Ok(examples)
}

/// [`read_examples_with`] on a file's content; `path` is its name in error messages.
///
/// ```
/// use std::path::Path;
/// use relex_data::{DatasetSpec, Format, OnBadRow, Role, parse_examples_with};
///
/// let spec = DatasetSpec::from_file(Path::new("tests/fixtures/dataset.toml"))?;
/// let row = |end: usize| {
///     format!(
///         "{{\"id\": {end}, \"sentence\": \"가나 라.\", \"label\": \"no_relation\", \"source\": null,
///          \"subject_entity\": {{\"word\": \"가나\", \"start_idx\": 0, \"end_idx\": {end}, \"type\": \"PER\"}},
///          \"object_entity\": {{\"word\": \"라\", \"start_idx\": 3, \"end_idx\": 3, \"type\": \"ORG\"}}}}"
///     )
/// };
/// // KLUE's end is the last character's offset: 1, not 2.
/// let text = format!("[{}, {}]", row(1), row(2));
/// let path = Path::new("mine.json");
/// let file = relex_data::FileSpec { fields: spec.files[0].fields.clone(), ..spec.describe(path, Role::Train, Format::Json) };
/// assert!(parse_examples_with(text.as_bytes(), path, &file, &spec, OnBadRow::Fail).is_err());
/// let (examples, report) = parse_examples_with(text.as_bytes(), path, &file, &spec, OnBadRow::Repair)?;
/// assert_eq!((examples.len(), report.repaired, report.refused), (2, 1, 0));
/// assert_eq!(examples[1].subject_word(), "가나");
/// # Ok::<(), relex_data::DataError>(())
/// ```
///
/// # Errors
/// As for [`read_examples_with`], but for the file not being readable.
pub fn parse_examples_with(
    bytes: &[u8],
    path: &Path,
    file: &FileSpec,
    spec: &DatasetSpec,
    on_bad_row: OnBadRow,
) -> Result<(Vec<Example>, ReadReport), DataError> {
    let reading = Reading {
        path,
        file,
        spec,
        on_bad_row,
        labels: Labels::Read,
    };
    parse(bytes, &reading)
}

fn parse(bytes: &[u8], reading: &Reading<'_>) -> Result<(Vec<Example>, ReadReport), DataError> {
    let Reading {
        path, file, on_bad_row, ..
    } = *reading;
    let text = text::decode(bytes, path)?;
    if text.trim().is_empty() {
        return Err(empty(path));
    }
    let mut collector = Collector::new(path, on_bad_row);
    match file.format {
        Format::Csv | Format::CsvSemicolon | Format::Tsv => csv::parse(text, reading, &mut collector),
        Format::Json | Format::Tacred => json::parse_array(text, reading, &mut collector),
        Format::Jsonl => json::parse_lines(text, reading, &mut collector),
        Format::Semeval => semeval::parse(text, reading, &mut collector),
    }?;
    collector.finish(path, file.fields.id.as_deref())
}

/// What is being read, and how.
struct Reading<'a> {
    path: &'a Path,
    file: &'a FileSpec,
    spec: &'a DatasetSpec,
    on_bad_row: OnBadRow,
    labels: Labels,
}

/// What is done with the label column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Labels {
    Read,
    Ignored,
}

/// An example, and the mistakes in it that were put right, each with how.
struct Checked {
    example: Example,
    repairs: Vec<(RowFault, String)>,
}

fn empty(path: &Path) -> DataError {
    DataError::Empty {
        place: Box::new(Place::file(path)),
    }
}
