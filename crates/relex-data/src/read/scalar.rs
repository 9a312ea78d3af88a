//! The values an entity may hold, and their way into a raw entity.

use super::Reading;
use super::raw::RawEntity;
use super::report::{FaultKind, RowFault, RowPlace};
use crate::error::{clip, list};
use crate::labels::did_you_mean;
use crate::spec::{EntityNames, Part};

/// A value of an entity.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Text(String),
    Integer(i64),
    /// None, null, or an empty cell that need not hold anything.
    Nothing,
    /// Anything else, as the file writes it: allowed where nobody asks for it.
    Other(String),
}

/// An entity from its parts. `get` finds a part's value; `keys` lists what is there, for the message about what is not.
pub(super) fn entity(
    names: &EntityNames,
    reading: &Reading<'_>,
    row: RowPlace<'_>,
    mut get: impl FnMut(Part) -> Option<Scalar>,
    keys: impl Fn() -> Vec<String>,
) -> Result<RawEntity, RowFault> {
    let mut values = Vec::with_capacity(Part::ALL.len());
    for part in Part::ALL {
        let Some(name) = names.part(part) else { continue };
        let may_lack = part == Part::Type && reading.spec.default_type.is_some();
        match get(part) {
            Some(Scalar::Nothing) | None if may_lack => {}
            Some(Scalar::Text(text)) if may_lack && text.is_empty() => {}
            Some(value) => values.push((part, value)),
            None => return Err(missing(names, name, row, &keys())),
        }
    }
    let mut raw = RawEntity::default();
    for (part, value) in values {
        let wrong = |expected: &'static str, found: &str| {
            let found = if found.is_empty() {
                "nothing".to_owned()
            } else {
                format!("`{}`", clip(found))
            };
            row.wrong_kind(&names.place(part), &found, expected)
        };
        match part {
            Part::Word => raw.word = Some(text(value).map_err(|found| wrong("a text", &found))?),
            Part::Type => raw.entity_type = Some(text(value).map_err(|found| wrong("a text", &found))?),
            Part::Start => raw.start = Some(offset(value).map_err(|found| wrong("a whole number", &found))?),
            Part::End => raw.end = Some(offset(value).map_err(|found| wrong("a whole number", &found))?),
        }
    }
    Ok(raw)
}

/// A text; a word such as 1989 may have lost its quotes on the way through a spreadsheet.
fn text(value: Scalar) -> Result<String, String> {
    match value {
        Scalar::Text(text) => Ok(text),
        Scalar::Integer(number) => Ok(number.to_string()),
        Scalar::Nothing => Err(String::new()),
        Scalar::Other(found) => Err(found),
    }
}

/// A whole number, also as a text, and also with the empty fraction that pandas gives a column with gaps.
fn offset(value: Scalar) -> Result<i64, String> {
    let written = match value {
        Scalar::Integer(number) => return Ok(number),
        Scalar::Text(text) | Scalar::Other(text) => text,
        Scalar::Nothing => String::new(),
    };
    let digits = written.trim();
    let whole = digits.split_once('.').map_or(digits, |(whole, fraction)| {
        let is_empty = fraction.bytes().all(|digit| digit == b'0');
        if is_empty { whole } else { digits }
    });
    whole.parse().map_err(|_| written)
}

fn missing(names: &EntityNames, name: &str, row: RowPlace<'_>, keys: &[String]) -> RowFault {
    let there = || keys.iter().map(String::as_str);
    let Some(column) = &names.column else {
        return row.missing_key(name, there(), "");
    };
    let hint = did_you_mean(name, there());
    let found = format!("the entity has no key `{name}`{hint}; it has {}", list(there()));
    let remedy = "put the key's name under [entity] in dataset.toml or complete the entity";
    row.fault(FaultKind::MissingKey, Some(column), found, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_in_every_dress() {
        let check = |value: Scalar, expected: Option<i64>| {
            assert_eq!(offset(value.clone()).ok(), expected, "{value:?}");
        };
        let text = |text: &str| Scalar::Text(text.to_owned());
        check(Scalar::Integer(-3), Some(-3));
        check(text(" 12 "), Some(12));
        check(text("12.0"), Some(12));
        check(Scalar::Other("12.00".to_owned()), Some(12));
        check(text("12.5"), None);
        check(text("1e3"), None);
        check(text("."), None);
        check(text(""), None);
        check(Scalar::Nothing, None);
    }
}
