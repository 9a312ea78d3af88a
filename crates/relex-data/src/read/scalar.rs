//! The values an entity may hold, and their way into a raw entity.

use super::{RawEntity, RowPlace};
use crate::error::{DataError, clip, list};
use crate::labels::did_you_mean;
use crate::spec::EntityKeys;

/// A value of an entity's dict or object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Text(String),
    Integer(i64),
    /// Anything else, as the file writes it: allowed under keys that nobody asks for.
    Other(String),
}

/// Picks an entity's values out of its keys. Of a repeated key the last value counts, as in Python.
pub(super) fn entity(
    mut pairs: Vec<(String, Scalar)>,
    keys: &EntityKeys,
    row: RowPlace<'_>,
    column: &str,
) -> Result<RawEntity, DataError> {
    let mut take = |key: &str| match pairs.iter().rposition(|(name, _)| name == key) {
        // The rest keeps its names for the message about a missing key.
        Some(at) => Ok(std::mem::replace(&mut pairs[at].1, Scalar::Other(String::new()))),
        None => Err(DataError::MissingKey {
            place: row.column(column),
            key: key.to_owned(),
            hint: did_you_mean(key, pairs.iter().map(|(name, _)| name.as_str())),
            found: list(pairs.iter().map(|(name, _)| name.as_str())),
        }),
    };
    let word = take(&keys.word)?;
    let start = take(&keys.start)?;
    let end = take(&keys.end)?;
    let entity_type = take(&keys.entity_type)?;
    let wrong = |key: &str, expected: &'static str, found: &str| DataError::WrongKind {
        place: row.column(&format!("{column}.{key}")),
        expected,
        found: format!("`{}`", clip(found)),
    };
    let text = |key: &str, value: Scalar| match value {
        Scalar::Text(text) => Ok(text),
        // A word such as 1989 may lose its quotes on the way through a spreadsheet.
        Scalar::Integer(number) => Ok(number.to_string()),
        Scalar::Other(found) => Err(wrong(key, "a text", &found)),
    };
    let offset = |key: &str, value: Scalar| match value {
        Scalar::Integer(number) => Ok(number),
        Scalar::Text(text) => text.trim().parse().map_err(|_| wrong(key, "a whole number", &text)),
        Scalar::Other(found) => Err(wrong(key, "a whole number", &found)),
    };
    Ok(RawEntity {
        word: text(&keys.word, word)?,
        start: offset(&keys.start, start)?,
        end: offset(&keys.end, end)?,
        entity_type: text(&keys.entity_type, entity_type)?,
    })
}
