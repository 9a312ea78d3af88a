//! An entity from the text of its object: a Python dict, as pandas writes one into a cell, or JSON.

use serde_json::Value;

use super::raw::RawEntity;
use super::report::{FaultKind, RowFault, RowPlace};
use super::scalar::{self, Scalar};
use super::{Reading, object, python_dict};
use crate::error::clip;
use crate::spec::{EntityNames, Offsets, Part};

pub(super) fn entity(
    text: &str,
    names: &EntityNames,
    row: RowPlace<'_>,
    reading: &Reading<'_>,
) -> Result<RawEntity, RowFault> {
    let pairs = match json(text) {
        Some(pairs) => pairs,
        None => python_dict::parse(text).map_err(|broken| {
            let found = format!(
                "not a dict of Python literals: {} at character {} of `{}`",
                broken.message,
                broken.character,
                clip(text)
            );
            let remedy = format!("write it as {}", pattern(names, reading.file.offsets));
            row.fault(FaultKind::BrokenEntity, names.column.as_deref(), found, remedy)
        })?,
    };
    // Of a repeated key the last value counts, as in Python.
    let get = |part| {
        let name = names.part(part)?;
        let found = pairs.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    let keys = || pairs.iter().map(|(key, _)| key.clone()).collect();
    scalar::entity(names, reading, row, get, keys)
}

/// Python puts a key between double quotes only where it holds a single one: what opens so is most likely JSON, whose
/// escapes mean something else.
fn json(text: &str) -> Option<Vec<(String, Scalar)>> {
    let inside = text.trim_start().strip_prefix('{')?;
    if !inside.trim_start().starts_with('"') {
        return None;
    }
    match serde_json::from_str(text).ok()? {
        Value::Object(entries) => {
            let pairs = entries.iter().map(|(key, value)| (key.clone(), object::scalar(value)));
            Some(pairs.collect())
        }
        _ => None,
    }
}

/// An entity as the description wants it.
fn pattern(names: &EntityNames, offsets: Offsets) -> String {
    let parts = Part::ALL.into_iter().filter_map(|part| {
        let name = names.part(part)?;
        let value = match part {
            Part::Start => "0",
            Part::End if offsets == Offsets::Exclusive => "4",
            Part::End => "3",
            Part::Word | Part::Type => "'…'",
        };
        Some(format!("'{name}': {value}"))
    });
    format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
}
