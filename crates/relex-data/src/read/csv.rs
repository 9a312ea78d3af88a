//! The competition's table: a header, one row a line, entities as Python dict literals.

use std::path::Path;

use ::csv::{ReaderBuilder, StringRecord};

use super::{RawRow, RowPlace, check, python_dict, scalar};
use crate::error::{DataError, Place, clip, list};
use crate::example::Example;
use crate::labels::did_you_mean;
use crate::spec::{DatasetSpec, FileSpec, Role};

pub(super) fn parse(text: &str, path: &Path, file: &FileSpec, spec: &DatasetSpec) -> Result<Vec<Example>, DataError> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| malformed(path, &error))?.clone();
    let columns = Columns::find(&header, path, file)?;
    let mut examples = Vec::new();
    let mut record = StringRecord::new();
    let mut last = None;
    while reader
        .read_record(&mut record)
        .map_err(|error| malformed(path, &error))?
    {
        let line = record.position().map(::csv::Position::line);
        let row = RowPlace {
            file: path,
            row: examples.len() + 1,
            line,
        };
        if record.len() != header.len() {
            let message = format!(
                "the row has {} fields, but the header names {}; put double quotes around a field that holds a comma, \
                 a quote or a line break, and close them",
                record.len(),
                header.len()
            );
            return Err(DataError::Malformed {
                place: row.place(),
                message,
            });
        }
        let raw = columns.raw_row(&record, row, file, spec)?;
        examples.push(check::example(raw, row, file, spec)?);
        last = record
            .position()
            .and_then(|position| Some((row, usize::try_from(position.byte()).ok()?)));
    }
    if let Some((row, start)) = last
        && text.get(start..).is_some_and(ends_in_quotes)
    {
        let message = "a field that begins here with a double quote is never closed; close it".to_owned();
        return Err(DataError::Malformed {
            place: row.place(),
            message,
        });
    }
    Ok(examples)
}

/// Where the columns stand.
struct Columns {
    id: usize,
    sentence: usize,
    subject: usize,
    object: usize,
    label: Option<usize>,
    source: Option<usize>,
}

impl Columns {
    fn find(header: &StringRecord, path: &Path, file: &FileSpec) -> Result<Self, DataError> {
        let position = |name: &str| header.iter().position(|column| column == name);
        let needed = |name: &str| {
            position(name).ok_or_else(|| DataError::MissingColumn {
                place: Box::new(Place {
                    line: Some(1),
                    column: Some(name.to_owned()),
                    ..Place::file(path)
                }),
                hint: did_you_mean(name, header),
                found: list(header),
            })
        };
        let fields = &file.fields;
        Ok(Self {
            id: needed(&fields.id)?,
            sentence: needed(&fields.sentence)?,
            subject: needed(&fields.subject)?,
            object: needed(&fields.object)?,
            label: match file.role {
                Role::Train => Some(needed(&fields.label)?),
                Role::Test => position(&fields.label),
            },
            source: fields.source.as_deref().map(needed).transpose()?,
        })
    }

    fn raw_row(
        &self,
        record: &StringRecord,
        row: RowPlace<'_>,
        file: &FileSpec,
        spec: &DatasetSpec,
    ) -> Result<RawRow, DataError> {
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let entity = |column: usize, name: &str| dict_entity(cell(column), spec, row, name);
        Ok(RawRow {
            id: cell(self.id).to_owned(),
            sentence: cell(self.sentence).to_owned(),
            subject: entity(self.subject, &file.fields.subject)?,
            object: entity(self.object, &file.fields.object)?,
            label: self.label.map(|column| cell(column).to_owned()),
            source: self
                .source
                .map(cell)
                .filter(|source| !source.is_empty())
                .map(str::to_owned),
        })
    }
}

/// An entity from the text of its dict.
pub(super) fn dict_entity(
    text: &str,
    spec: &DatasetSpec,
    row: RowPlace<'_>,
    column: &str,
) -> Result<super::RawEntity, DataError> {
    let pairs = python_dict::parse(text).map_err(|broken| DataError::BrokenDict {
        place: row.column(column),
        message: format!(
            "{} at character {} of `{}`; write it as {{'{}': '…', '{}': 0, '{}': 3, '{}': '…'}}",
            broken.message,
            broken.character,
            clip(text),
            spec.entity.word,
            spec.entity.start,
            spec.entity.end,
            spec.entity.entity_type,
        ),
    })?;
    scalar::entity(pairs, &spec.entity, row, column)
}

/// Whether the text of one row ends inside a quoted field.
///
/// An open quote in the last column swallows the rest of the file, which then looks like one valid row.
fn ends_in_quotes(row: &str) -> bool {
    let (mut quoted, mut field_starts) = (false, true);
    for byte in row.bytes() {
        match byte {
            // A doubled quote inside a field closes and opens again, which comes to the same.
            b'"' if quoted || field_starts => quoted = !quoted,
            b'"' => quoted = false,
            _ => {}
        }
        field_starts = !quoted && matches!(byte, b'"' | b',' | b'\n' | b'\r');
    }
    quoted
}

fn malformed(path: &Path, error: &::csv::Error) -> DataError {
    let line = error.position().map(::csv::Position::line);
    DataError::Malformed {
        place: Box::new(Place {
            line,
            ..Place::file(path)
        }),
        message: format!("not a table of comma-separated values: {error}; check the quotes around its fields"),
    }
}
