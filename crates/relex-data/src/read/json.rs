//! KLUE's shape: an array of objects whose entities are objects.

use std::path::Path;

use serde_json::{Map, Value};

use super::scalar::Scalar;
use super::{RawEntity, RawRow, RowPlace, check, csv, scalar};
use crate::error::{DataError, Place, clip, list};
use crate::example::Example;
use crate::labels::did_you_mean;
use crate::spec::{DatasetSpec, FileSpec, Role};

pub(super) fn parse(text: &str, path: &Path, file: &FileSpec, spec: &DatasetSpec) -> Result<Vec<Example>, DataError> {
    let rows: Vec<Value> = serde_json::from_str(text).map_err(|error| DataError::Malformed {
        place: Box::new(Place {
            line: Some(error.line() as u64),
            ..Place::file(path)
        }),
        message: format!(
            "not an array of JSON objects: {error}; check that the file is whole and named with its format"
        ),
    })?;
    let read_row = |(index, value): (usize, Value)| {
        let row = RowPlace {
            file: path,
            row: index + 1,
            line: None,
        };
        check::example(raw_row(value, row, file, spec)?, row, file, spec)
    };
    rows.into_iter().enumerate().map(read_row).collect()
}

fn raw_row(value: Value, row: RowPlace<'_>, file: &FileSpec, spec: &DatasetSpec) -> Result<RawRow, DataError> {
    let Value::Object(mut object) = value else {
        let message = format!("an object is needed, not {}; write every row as {{…}}", kind(&value));
        return Err(DataError::Malformed {
            place: row.place(),
            message,
        });
    };
    let fields = &file.fields;
    let label = match object.contains_key(&fields.label) {
        false if file.role == Role::Test => None,
        _ => match take(&mut object, &fields.label, row)? {
            Value::Null => None,
            value => Some(text(value, row, &fields.label)?),
        },
    };
    let source = match &fields.source {
        None => None,
        Some(name) => match take(&mut object, name, row)? {
            Value::Null => None,
            value => Some(text(value, row, name)?),
        },
    };
    Ok(RawRow {
        id: text(take(&mut object, &fields.id, row)?, row, &fields.id)?,
        sentence: text(take(&mut object, &fields.sentence, row)?, row, &fields.sentence)?,
        subject: entity(take(&mut object, &fields.subject, row)?, spec, row, &fields.subject)?,
        object: entity(take(&mut object, &fields.object, row)?, spec, row, &fields.object)?,
        label,
        source,
    })
}

fn take(object: &mut Map<String, Value>, name: &str, row: RowPlace<'_>) -> Result<Value, DataError> {
    if let Some(value) = object.get_mut(name) {
        // The key stays, so that a later message still lists it.
        return Ok(value.take());
    }
    let keys = || object.keys().map(String::as_str);
    Err(DataError::MissingColumn {
        place: row.column(name),
        hint: did_you_mean(name, keys()),
        found: list(keys()),
    })
}

/// A text, or a number as text: ids and labels come as both.
fn text(value: Value, row: RowPlace<'_>, column: &str) -> Result<String, DataError> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(DataError::WrongKind {
            place: row.column(column),
            expected: "a text",
            found: kind(&other).to_owned(),
        }),
    }
}

fn entity(value: Value, spec: &DatasetSpec, row: RowPlace<'_>, column: &str) -> Result<RawEntity, DataError> {
    let object = match value {
        Value::Object(object) => object,
        // A table turned into JSON keeps its dicts as text.
        Value::String(text) => return csv::dict_entity(&text, spec, row, column),
        other => {
            let found = kind(&other).to_owned();
            return Err(DataError::WrongKind {
                place: row.column(column),
                expected: "an entity object",
                found,
            });
        }
    };
    let pairs = object.into_iter().map(|(key, value)| {
        let value = match value {
            Value::String(text) => Scalar::Text(text),
            Value::Number(number) => number
                .as_i64()
                .map_or_else(|| Scalar::Other(number.to_string()), Scalar::Integer),
            other => Scalar::Other(clip(&other.to_string())),
        };
        (key, value)
    });
    scalar::entity(pairs.collect(), &spec.entity, row, column)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
