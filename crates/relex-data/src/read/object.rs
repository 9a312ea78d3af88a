//! A JSON object as a row: KLUE's, TACRED's, or anybody's.

use serde_json::Value;

use super::raw::{RawEntity, RawRow, Sentence};
use super::report::{RowFault, RowPlace};
use super::scalar::{self, Scalar};
use super::{Labels, Reading, cell};
use crate::error::clip;
use crate::spec::{EntityNames, Role};

/// The text of one row → its raw row.
pub(super) fn row(text: &str, row: RowPlace<'_>, reading: &Reading<'_>) -> Result<RawRow, RowFault> {
    let object: Value = serde_json::from_str(text).map_err(|error| {
        // The line is the row's own; within it only the column means something.
        let found = format!("not JSON at character {}: {}", error.column(), reason(&error));
        row.malformed(found, "check that the row is whole")
    })?;
    if !object.is_object() {
        let found = format!("an object is needed, not {}", kind(&object));
        return Err(row.malformed(found, "write every row as {…}"));
    }
    let fields = &reading.file.fields;
    let needed =
        |name: &str| find(&object, name).ok_or_else(|| row.missing_key(name, keys(&object), fields.or_without(name)));
    let optional = |name: &str| match needed(name)? {
        Value::Null => Ok(None),
        value => text_of(value, row, name).map(Some),
    };
    let label = match find(&object, &fields.label) {
        _ if reading.labels == Labels::Ignored => None,
        None if reading.file.role == Role::Test => None,
        _ => optional(&fields.label)?,
    };
    let source = fields.source.as_deref().map(optional).transpose()?.flatten();
    let id = match &fields.id {
        Some(name) => Some(text_of(needed(name)?, row, name)?),
        None => None,
    };
    let sentence = sentence(needed(&fields.sentence)?, row, &fields.sentence)?;
    Ok(RawRow {
        id,
        sentence,
        subject: entity(&object, &fields.subject, row, reading)?,
        object: entity(&object, &fields.object, row, reading)?,
        label,
        source,
    })
}

/// The value under a name, or at the end of the path that its dots make it.
fn find<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    if let Some(found) = value.get(name) {
        return Some(found);
    }
    let mut steps = name.split('.');
    let first = value.get(steps.next()?)?;
    steps.try_fold(first, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => value.get(step),
    })
}

fn keys(value: &Value) -> impl Iterator<Item = &str> + Clone {
    value
        .as_object()
        .into_iter()
        .flat_map(|object| object.keys().map(String::as_str))
}

/// A text, or a number as text: ids and labels come as both.
fn text_of(value: &Value, row: RowPlace<'_>, column: &str) -> Result<String, RowFault> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(row.wrong_kind(column, kind(other), "a text")),
    }
}

fn sentence(value: &Value, row: RowPlace<'_>, column: &str) -> Result<Sentence, RowFault> {
    let Value::Array(items) = value else {
        return text_of(value, row, column).map(Sentence::of_text);
    };
    let tokens: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
    match tokens {
        Some(tokens) => Ok(Sentence::of_tokens(tokens.into_iter())),
        None => Err(row.wrong_kind(column, "something else than a text", "a list of tokens, each a text,")),
    }
}

fn entity(
    object: &Value,
    names: &EntityNames,
    row: RowPlace<'_>,
    reading: &Reading<'_>,
) -> Result<RawEntity, RowFault> {
    let Some(column) = &names.column else {
        let get = |part| Some(scalar(find(object, names.part(part)?)?));
        return scalar::entity(names, reading, row, get, || keys(object).map(str::to_owned).collect());
    };
    match find(object, column) {
        Some(inner @ Value::Object(_)) => {
            let get = |part| Some(scalar(find(inner, names.part(part)?)?));
            scalar::entity(names, reading, row, get, || keys(inner).map(str::to_owned).collect())
        }
        // A table turned into JSON keeps its dicts as text.
        Some(Value::String(text)) => cell::entity(text, names, row, reading),
        Some(other) => Err(row.wrong_kind(column, kind(other), "an entity object")),
        None => Err(row.missing_key(column, keys(object), "")),
    }
}

pub(super) fn scalar(value: &Value) -> Scalar {
    match value {
        Value::Null => Scalar::Nothing,
        Value::String(text) => Scalar::Text(text.clone()),
        Value::Number(number) => number
            .as_i64()
            .map_or_else(|| Scalar::Other(number.to_string()), Scalar::Integer),
        other => Scalar::Other(clip(&other.to_string())),
    }
}

/// The parser's reason without its line and column.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text[..end].to_owned()
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
