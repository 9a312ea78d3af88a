//! A table: a header, one row a line, entities in a column each or in columns for their parts.

use std::path::Path;

use ::csv::{Position, Reader, ReaderBuilder, StringRecord};

use super::collect::{BATCH, Collector};
use super::raw::{RawEntity, RawRow, Sentence};
use super::report::{RowFault, RowPlace};
use super::scalar::{self, Scalar};
use super::{Reading, cell, check, csv_reason, csv_record_line};
use crate::error::{DataError, Place, clip, list};
use crate::labels::did_you_mean;
use crate::spec::{EntityNames, Format, Part, Role};

/// What stands between the columns of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Separator {
    format: Format,
    /// The format's name in `dataset.toml`.
    written: &'static str,
    byte: u8,
    name: &'static str,
}

const SEPARATORS: [Separator; 3] = [
    Separator {
        format: Format::Csv,
        written: "csv",
        byte: b',',
        name: "comma",
    },
    Separator {
        format: Format::CsvSemicolon,
        written: "csv-semicolon",
        byte: b';',
        name: "semicolon",
    },
    Separator {
        format: Format::Tsv,
        written: "tsv",
        byte: b'\t',
        name: "tab",
    },
];

impl Separator {
    /// That of a table's format; commas for what is no table.
    fn of(format: Format) -> Self {
        let [comma, ..] = SEPARATORS;
        let found = SEPARATORS.into_iter().find(|separator| separator.format == format);
        found.unwrap_or(comma)
    }
}

pub(super) fn parse(text: &str, reading: &Reading<'_>, collector: &mut Collector) -> Result<(), DataError> {
    let path = reading.path;
    let separator = Separator::of(reading.file.format);
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .delimiter(separator.byte)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|error| malformed(text, path, separator, &error))?
        .clone();
    let columns = Columns::find(&header, reading)?;
    let width = header.len();
    let (mut last, mut is_whole) = (None, false);
    while !is_whole {
        let records = batch(&mut reader, text, path, separator)?;
        is_whole = records.len() < BATCH;
        let position = records.last().and_then(StringRecord::position).cloned();
        last = position
            .map(|position| (position, collector.rows() + records.len()))
            .or(last);
        if is_whole && let Some((position, number)) = &last {
            refuse_open_quote(text, position, *number, reading)?;
        }
        let place = |number: usize, record: &StringRecord| RowPlace {
            file: path,
            row: number,
            line: record
                .position()
                .map(|position| csv_record_line(text.as_bytes(), position)),
        };
        collector.batch(&records, place, |record, row| {
            if record.len() != width {
                let found = format!("the row has {} fields, but the header names {width}", record.len());
                let remedy = format!(
                    "put double quotes around a field that holds a {}, a quote or a line break, and close them",
                    separator.name
                );
                return Err(row.malformed(found, &remedy));
            }
            check::example(columns.raw_row(record, row, reading)?, row, reading)
        })?;
    }
    Ok(())
}

/// The next rows: [`BATCH`] of them, or fewer if they are the file's last.
fn batch(
    reader: &mut Reader<&[u8]>,
    text: &str,
    path: &Path,
    separator: Separator,
) -> Result<Vec<StringRecord>, DataError> {
    let mut records = Vec::new();
    while records.len() < BATCH {
        let mut record = StringRecord::new();
        if !reader
            .read_record(&mut record)
            .map_err(|error| malformed(text, path, separator, &error))?
        {
            break;
        }
        records.push(record);
    }
    Ok(records)
}

/// Where the columns stand.
struct Columns {
    id: Option<usize>,
    sentence: usize,
    subject: EntityColumns,
    object: EntityColumns,
    label: Option<usize>,
    source: Option<usize>,
    names: Vec<String>,
}

enum EntityColumns {
    Whole(usize),
    Parts([Option<usize>; Part::ALL.len()]),
}

impl Columns {
    fn find(header: &StringRecord, reading: &Reading<'_>) -> Result<Self, DataError> {
        let position = |name: &str| header.iter().position(|column| column == name);
        let missing = |name: &str| {
            other_separator(header, reading).unwrap_or_else(|| DataError::MissingColumn {
                place: Box::new(Place {
                    line: Some(1),
                    column: Some(name.to_owned()),
                    ..Place::file(reading.path)
                }),
                hint: did_you_mean(name, header),
                found: list(header),
                alternative: reading.file.fields.or_without(name),
            })
        };
        let needed = |name: &str| position(name).ok_or_else(|| missing(name));
        let entity = |names: &EntityNames| {
            if let Some(column) = &names.column {
                return Ok(EntityColumns::Whole(needed(column)?));
            }
            let mut parts = [None; Part::ALL.len()];
            for (slot, part) in parts.iter_mut().zip(Part::ALL) {
                *slot = names.part(part).map(needed).transpose()?;
            }
            Ok(EntityColumns::Parts(parts))
        };
        let fields = &reading.file.fields;
        Ok(Self {
            id: fields.id.as_deref().map(needed).transpose()?,
            sentence: needed(&fields.sentence)?,
            subject: entity(&fields.subject)?,
            object: entity(&fields.object)?,
            label: match reading.file.role {
                Role::Train | Role::Valid => Some(needed(&fields.label)?),
                Role::Test => position(&fields.label),
            },
            source: fields.source.as_deref().map(needed).transpose()?,
            names: header.iter().map(str::to_owned).collect(),
        })
    }

    fn raw_row(&self, record: &StringRecord, row: RowPlace<'_>, reading: &Reading<'_>) -> Result<RawRow, RowFault> {
        let text = |column: usize| record.get(column).unwrap_or_default();
        let fields = &reading.file.fields;
        Ok(RawRow {
            id: self.id.map(text).map(str::to_owned),
            sentence: Sentence::of_text(text(self.sentence).to_owned()),
            subject: self.entity(&self.subject, &fields.subject, record, row, reading)?,
            object: self.entity(&self.object, &fields.object, record, row, reading)?,
            label: self.label.map(text).map(str::to_owned),
            source: self.source.map(text).map(str::to_owned),
        })
    }

    fn entity(
        &self,
        columns: &EntityColumns,
        names: &EntityNames,
        record: &StringRecord,
        row: RowPlace<'_>,
        reading: &Reading<'_>,
    ) -> Result<RawEntity, RowFault> {
        let text = |column: usize| record.get(column).unwrap_or_default();
        match columns {
            EntityColumns::Whole(column) => cell::entity(text(*column), names, row, reading),
            EntityColumns::Parts(parts) => {
                let get = |part: Part| {
                    let value = text(parts[part as usize]?);
                    Some(match value.is_empty() {
                        true => Scalar::Nothing,
                        false => Scalar::Text(value.to_owned()),
                    })
                };
                scalar::entity(names, reading, row, get, || self.names.clone())
            }
        }
    }
}

/// What to say of a header that is a single column, and seems to be separated by something else.
fn other_separator(header: &StringRecord, reading: &Reading<'_>) -> Option<DataError> {
    let only = header.get(0).filter(|_| header.len() == 1)?;
    let expected = Separator::of(reading.file.format);
    let read = SEPARATORS
        .into_iter()
        .filter(|separator| *separator != expected)
        .find(|separator| only.contains(char::from(separator.byte)))
        .map(|Separator { name, written, .. }| {
            let is_listed = reading.spec.files.iter().any(|file| reading.path.ends_with(&file.path));
            match (is_listed, written) {
                (true, _) => format!("{name}s, which `format = \"{written}\"` of [[files]] in dataset.toml reads"),
                (false, "csv" | "tsv") => format!("{name}s: give it a name that ends in .{written}"),
                (false, _) => format!("{name}s: write it again with commas"),
            }
        });
    let bars = || {
        let bars = "vertical bars, which are not read: write it again with commas, and with double quotes around fields that hold one";
        only.contains('|').then(|| bars.to_owned())
    };
    let found = read.or_else(bars)?;
    Some(DataError::Malformed {
        place: Box::new(Place {
            line: Some(1),
            ..Place::file(reading.path)
        }),
        message: format!(
            "the header has no {} and is a single column, `{}`; the file seems to separate columns by {found}",
            expected.name,
            clip(only)
        ),
    })
}

/// An open quote in the last column swallows the rest of the file, which then looks like one valid row.
fn refuse_open_quote(text: &str, last: &Position, number: usize, reading: &Reading<'_>) -> Result<(), DataError> {
    if !ends_in_quotes(text.as_bytes(), last, Separator::of(reading.file.format).byte) {
        return Ok(());
    }
    Err(DataError::Malformed {
        place: Box::new(Place {
            row: Some(number),
            line: Some(csv_record_line(text.as_bytes(), last)),
            ..Place::file(reading.path)
        }),
        message: OPEN_QUOTE.to_owned(),
    })
}

/// What is said of an open quote.
pub(crate) const OPEN_QUOTE: &str = "a field that begins here with a double quote is never closed; close it";

/// Whether the row that begins at `last`, the last one, ends inside a quoted field; `separator` stands between fields.
pub(crate) fn ends_in_quotes(text: &[u8], last: &Position, separator: u8) -> bool {
    let start = usize::try_from(last.byte()).unwrap_or(usize::MAX);
    let (mut quoted, mut field_starts) = (false, true);
    for &byte in text.get(start..).unwrap_or_default() {
        match byte {
            // A doubled quote inside a field closes and opens again, which comes to the same.
            b'"' if quoted || field_starts => quoted = !quoted,
            b'"' => quoted = false,
            _ => {}
        }
        field_starts = !quoted && (byte == separator || matches!(byte, b'"' | b'\n' | b'\r'));
    }
    quoted
}

fn malformed(text: &str, path: &Path, separator: Separator, error: &::csv::Error) -> DataError {
    let line = error
        .position()
        .map(|position| csv_record_line(text.as_bytes(), position));
    let reason = csv_reason(error);
    DataError::Malformed {
        place: Box::new(Place {
            line,
            ..Place::file(path)
        }),
        message: format!(
            "not a table of values with {}s between them: {reason}; check the quotes around its fields",
            separator.name
        ),
    }
}
