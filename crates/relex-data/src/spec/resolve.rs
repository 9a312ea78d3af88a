//! The names that hold for one file: its own, over the data set's, over its format's.

use super::raw::{RawEntity, RawEntityField, RawFields, RawParts};
use super::{EntityNames, FieldNames, Format, Offsets};

/// The table of `dataset.toml` that lacks something, and what to do about it.
#[derive(Debug)]
pub(super) struct Lacking {
    pub(super) table: &'static str,
    pub(super) message: String,
}

/// Names and offset convention of a file. Of each name the first layer that has it counts.
pub(super) fn resolve(
    format: Format,
    fields: &[&RawFields],
    entity: &[&RawEntity],
    has_default_type: bool,
) -> Result<(FieldNames, Offsets), Lacking> {
    if format == Format::Semeval {
        return Ok((FieldNames::semeval(), Offsets::Exclusive));
    }
    let (defaults, entity_defaults) = of_format(format);
    let fields: Vec<&RawFields> = fields.iter().copied().chain([&defaults]).collect();
    let entity: Vec<&RawEntity> = entity.iter().copied().chain([&entity_defaults]).collect();

    let needed = |pick: fn(&RawFields) -> &Option<String>, key: &str, what: &str| {
        first(&fields, pick).ok_or_else(|| Lacking {
            table: "fields",
            message: format!("nothing says which column or key holds {what}; add {key} = \"…\" under [fields]"),
        })
    };
    let sentence = needed(|names| &names.sentence, "sentence", "the sentence")?;
    let label = needed(|names| &names.label, "label", "the label")?;
    let offsets = first(&entity, |keys| &keys.offsets).ok_or_else(|| Lacking {
        table: "entity",
        message: "nothing says what an end offset points at; add offsets = \"inclusive\", \"exclusive\", \"tokens\", \
                  \"tokens-exclusive\" or \"none\" under [entity]"
            .to_owned(),
    })?;
    let side = |pick: fn(&RawFields) -> &Option<RawEntityField>, key: &str| {
        let field = first(&fields, pick).ok_or_else(|| Lacking {
            table: "fields",
            message: format!(
                "nothing says where the {key} stands; add {key} = \"…\" under [fields] for a column that holds it \
                 whole, or {key} = {{ word = \"…\", start = \"…\", end = \"…\", type = \"…\" }} for columns of its own"
            ),
        })?;
        let names = match field {
            RawEntityField::Column(column) => EntityNames {
                column: Some(column),
                word: first(&entity, |keys| &keys.word),
                start: first(&entity, |keys| &keys.start),
                end: first(&entity, |keys| &keys.end),
                entity_type: first(&entity, |keys| &keys.entity_type),
            },
            RawEntityField::Parts(parts) => EntityNames {
                column: None,
                word: parts.word,
                start: parts.start,
                end: parts.end,
                entity_type: parts.entity_type,
            },
        };
        complete(names, offsets, has_default_type, key)
    };
    let names = FieldNames {
        id: first(&fields, |names| &names.id),
        sentence,
        subject: side(|names| &names.subject, "subject")?,
        object: side(|names| &names.object, "object")?,
        label,
        source: first(&fields, |names| &names.source),
    };
    Ok((names, offsets))
}

fn first<L, T: Clone>(layers: &[&L], pick: impl Fn(&L) -> &Option<T>) -> Option<T> {
    layers.iter().find_map(|layer| pick(layer).clone())
}

/// Checks that the parts which the offset convention needs have names.
fn complete(
    mut names: EntityNames,
    offsets: Offsets,
    has_default_type: bool,
    side: &str,
) -> Result<EntityNames, Lacking> {
    let table = if names.column.is_some() { "entity" } else { "fields" };
    let lacking = |key: &str, why: &str| {
        Err(Lacking {
            table,
            message: format!("the {side} has no `{key}`: {why}"),
        })
    };
    if offsets == Offsets::Absent {
        // Offsets that may be there are not trusted.
        (names.start, names.end) = (None, None);
        if names.word.is_none() {
            return lacking(
                "word",
                "without offsets only the word tells where it stands; name its column or key",
            );
        }
    } else if names.start.is_none() {
        return lacking(
            "start",
            "name the column or key of its first offset, or set offsets = \"none\"",
        );
    } else if names.end.is_none() {
        return lacking(
            "end",
            "name the column or key of its end offset, or set offsets = \"none\"",
        );
    }
    if names.entity_type.is_none() && !has_default_type {
        return lacking(
            "type",
            "name the column or key of its type, or give default_type = \"…\" with one of the types in [type_words]",
        );
    }
    Ok(names)
}

fn of_format(format: Format) -> (RawFields, RawEntity) {
    if format != Format::Tacred {
        return Default::default();
    }
    let text = |name: &str| Some(name.to_owned());
    let side = |prefix: &str| {
        Some(RawEntityField::Parts(RawParts {
            word: None,
            start: Some(format!("{prefix}_start")),
            end: Some(format!("{prefix}_end")),
            entity_type: Some(format!("{prefix}_type")),
        }))
    };
    let fields = RawFields {
        id: text("id"),
        sentence: text("token"),
        subject: side("subj"),
        object: side("obj"),
        label: text("relation"),
        source: None,
    };
    let entity = RawEntity {
        offsets: Some(Offsets::Tokens),
        ..RawEntity::default()
    };
    (fields, entity)
}
