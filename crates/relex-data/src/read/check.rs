//! The checks that every row passes, whatever its format.

use super::{RawEntity, RawRow, RowPlace};
use crate::error::{DataError, clip};
use crate::example::{Entity, Example, Span};
use crate::labels::{LabelId, did_you_mean};
use crate::spec::{DatasetSpec, FileSpec, Offsets};

/// How many places of a word a message lists.
const PLACES_SHOWN: usize = 3;

pub(super) fn example(
    raw: RawRow,
    row: RowPlace<'_>,
    file: &FileSpec,
    spec: &DatasetSpec,
) -> Result<Example, DataError> {
    let fields = &file.fields;
    let needed = |value: &str, column: &str| {
        if value.trim().is_empty() {
            let (place, found) = (row.column(column), "nothing".to_owned());
            return Err(DataError::WrongKind {
                place,
                expected: "a text",
                found,
            });
        }
        Ok(())
    };
    needed(&raw.id, &fields.id)?;
    needed(&raw.sentence, &fields.sentence)?;
    let label = match raw.label {
        Some(name) => label(&name, row, &fields.label, spec)?,
        None => None,
    };
    Ok(Example {
        subject: entity(raw.subject, &raw.sentence, row, &fields.subject, spec)?,
        object: entity(raw.object, &raw.sentence, row, &fields.object, spec)?,
        id: raw.id,
        sentence: raw.sentence,
        label,
        source: raw.source,
    })
}

fn label(name: &str, row: RowPlace<'_>, column: &str, spec: &DatasetSpec) -> Result<Option<LabelId>, DataError> {
    if spec.unlabelled.contains(name) {
        return Ok(None);
    }
    match spec.labels.id(name) {
        Some(id) => Ok(Some(id)),
        None => Err(DataError::UnknownLabel {
            place: row.column(column),
            label: clip(name),
            hint: did_you_mean(name, spec.labels.names().iter().map(String::as_str)),
        }),
    }
}

fn entity(
    raw: RawEntity,
    sentence: &str,
    row: RowPlace<'_>,
    column: &str,
    spec: &DatasetSpec,
) -> Result<Entity, DataError> {
    if spec.type_word(&raw.entity_type).is_none() {
        return Err(DataError::UnknownType {
            place: row.column(column),
            hint: did_you_mean(&raw.entity_type, spec.type_words.keys().map(String::as_str)),
            known: spec.known_types(),
            entity_type: clip(&raw.entity_type),
        });
    }
    let span = span(&raw, sentence, row, column, spec)?;
    let stands = span.of(sentence).unwrap_or_default();
    if stands == raw.word {
        return Ok(Entity {
            span,
            entity_type: raw.entity_type,
        });
    }
    Err(DataError::WordMismatch {
        place: row.column(column),
        word: clip(&raw.word),
        start: raw.start,
        end: raw.end,
        stands: clip(stands),
        remedy: remedy(&raw, sentence, span, spec),
    })
}

fn span(
    raw: &RawEntity,
    sentence: &str,
    row: RowPlace<'_>,
    column: &str,
    spec: &DatasetSpec,
) -> Result<Span, DataError> {
    let keys = &spec.entity;
    let out = |key: &str, value: i64, reason: String| DataError::OffsetOutOfRange {
        place: row.column(column),
        key: key.to_owned(),
        value,
        reason,
    };
    let length = sentence.chars().count();
    let past_last = match keys.offsets {
        Offsets::Inclusive => raw.end.checked_add(1),
        Offsets::Exclusive => Some(raw.end),
    };
    let bound = || format!("the sentence has {length} characters");
    let start = usize::try_from(raw.start)
        .ok()
        .filter(|start| *start < length)
        .ok_or_else(|| out(&keys.start, raw.start, bound()))?;
    let end = past_last
        .and_then(|end| usize::try_from(end).ok())
        .filter(|end| *end <= length)
        .ok_or_else(|| out(&keys.end, raw.end, bound()))?;
    Span::new(start, end).map_err(|_| {
        let reason = format!("the entity begins at {} and would be empty", raw.start);
        out(&keys.end, raw.end, reason)
    })
}

/// Where the word really stands, and what to do about it.
fn remedy(raw: &RawEntity, sentence: &str, span: Span, spec: &DatasetSpec) -> String {
    let keys = &spec.entity;
    let (other_end, other_name) = match keys.offsets {
        Offsets::Inclusive => (span.end().checked_sub(1), "exclusive"),
        Offsets::Exclusive => (span.end().checked_add(1), "inclusive"),
    };
    let under_other = other_end
        .and_then(|end| Span::new(span.start(), end).ok())
        .and_then(|span| span.of(sentence));
    if under_other == Some(raw.word.as_str()) {
        return format!(
            "it would be right with offsets = \"{other_name}\" under [entity] in dataset.toml: set that if all rows are so, \
             else correct {}",
            keys.end
        );
    }
    let width = raw.word.chars().count();
    let last = match keys.offsets {
        Offsets::Inclusive => width.saturating_sub(1),
        Offsets::Exclusive => width,
    };
    let mut places = Vec::new();
    if !raw.word.is_empty() {
        for (byte, _) in sentence.match_indices(raw.word.as_str()).take(PLACES_SHOWN) {
            let start = sentence[..byte].chars().count();
            places.push(format!("{} = {start}, {} = {}", keys.start, keys.end, start + last));
        }
    }
    if places.is_empty() {
        return "the word stands nowhere in the sentence: correct the word or the sentence".to_owned();
    }
    format!("the word stands at {}: correct the offsets", places.join(" or at "))
}
