//! Rows as JSON objects: in one array, or one a line.

use serde_json::value::RawValue;

use super::collect::{BATCH, Collector};
use super::report::RowPlace;
use super::{Reading, check, object};
use crate::error::{DataError, Place};

/// An array of objects.
pub(super) fn parse_array(text: &str, reading: &Reading<'_>, collector: &mut Collector) -> Result<(), DataError> {
    // Rows are cut out first and parsed in parallel after.
    let values: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| DataError::Malformed {
        place: Box::new(Place {
            line: Some(error.line() as u64),
            ..Place::file(reading.path)
        }),
        message: format!(
            "not an array of JSON objects: {error}; check that the file is whole and named with its format"
        ),
    })?;
    let (mut line, mut seen) = (1, 0);
    let rows = values.into_iter().map(|value| {
        let value = value.get();
        // The parser hands out pieces of the text itself, so that their addresses tell where they stand.
        let start = (value.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        line += lines(text.get(seen..start).unwrap_or_default());
        seen = start;
        (line, value)
    });
    read_rows(&rows.collect::<Vec<_>>(), reading, collector)
}

/// An object a line; empty lines do not count.
pub(super) fn parse_lines(text: &str, reading: &Reading<'_>, collector: &mut Collector) -> Result<(), DataError> {
    let numbered = (1..).zip(text.lines());
    let rows: Vec<(u64, &str)> = numbered.filter(|(_, line)| !line.trim().is_empty()).collect();
    read_rows(&rows, reading, collector)
}

fn read_rows(rows: &[(u64, &str)], reading: &Reading<'_>, collector: &mut Collector) -> Result<(), DataError> {
    for batch in rows.chunks(BATCH) {
        let place = |number: usize, (line, _): &(u64, &str)| RowPlace {
            file: reading.path,
            row: number,
            line: Some(*line),
        };
        collector.batch(batch, place, |(_, text), row| {
            check::example(object::row(text, row, reading)?, row, reading)
        })?;
    }
    Ok(())
}

fn lines(text: &str) -> u64 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u64
}
