//! Checked description → TOML.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::{DatasetSpec, EntityNames, FileSpec, Format, Offsets, Role};
use crate::error::{DataError, Place};

/// Every file carries its own names in full: what layers they came from is no longer known.
#[derive(Serialize)]
struct Spec<'a> {
    name: &'a str,
    title: &'a str,
    licence: &'a str,
    homepage: &'a str,
    labels: &'a [String],
    negative_label: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unlabelled: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_type: Option<&'a str>,
    type_words: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    type_aliases: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    inverse_relations: BTreeMap<&'a str, &'a str>,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    role: Role,
    path: &'a Path,
    format: Format,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Fields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<Entity<'a>>,
}

#[derive(Serialize)]
struct Fields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    sentence: &'a str,
    label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    subject: Side<'a>,
    object: Side<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Side<'a> {
    Column(&'a str),
    Parts(Parts<'a>),
}

#[derive(Default, Serialize)]
struct Parts<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    word: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "type")]
    entity_type: Option<&'a str>,
}

#[derive(Serialize)]
struct Entity<'a> {
    #[serde(flatten)]
    keys: Parts<'a>,
    offsets: Offsets,
}

pub(super) fn to_toml(spec: &DatasetSpec) -> Result<String, DataError> {
    let mut unlabelled: Vec<&str> = spec.unlabelled.iter().map(String::as_str).collect();
    unlabelled.sort_unstable();
    let written = Spec {
        name: &spec.name,
        title: &spec.title,
        licence: &spec.licence,
        homepage: &spec.homepage,
        labels: spec.labels.names(),
        negative_label: spec.labels.name(spec.labels.negative()),
        unlabelled,
        default_type: spec.default_type.as_deref(),
        type_words: &spec.type_words,
        type_aliases: &spec.type_aliases,
        inverse_relations: spec.inverse_relations.pairs(&spec.labels).collect(),
        files: spec.files.iter().map(file).collect(),
    };
    toml::to_string_pretty(&written).map_err(|error| DataError::Spec {
        place: Box::new(Place::file(Path::new("dataset.toml"))),
        message: format!("cannot be written as TOML: {error}; give its files names in UTF-8"),
    })
}

fn file(file: &FileSpec) -> File<'_> {
    let names = &file.fields;
    let has_names = file.format != Format::Semeval;
    // The keys inside a column's object are told once for both entities; the readers' layers make them so.
    let keys = [&names.subject, &names.object]
        .into_iter()
        .find(|side| side.column.is_some());
    File {
        role: file.role,
        path: &file.path,
        format: file.format,
        url: file.url.as_deref(),
        sha256: file.sha256.as_deref(),
        fields: has_names.then(|| Fields {
            id: names.id.as_deref(),
            sentence: &names.sentence,
            label: &names.label,
            source: names.source.as_deref(),
            subject: side(&names.subject),
            object: side(&names.object),
        }),
        entity: has_names.then(|| Entity {
            keys: keys.map(parts).unwrap_or_default(),
            offsets: file.offsets,
        }),
    }
}

fn side(names: &EntityNames) -> Side<'_> {
    match &names.column {
        Some(column) => Side::Column(column),
        None => Side::Parts(parts(names)),
    }
}

fn parts(names: &EntityNames) -> Parts<'_> {
    Parts {
        word: names.word.as_deref(),
        start: names.start.as_deref(),
        end: names.end.as_deref(),
        entity_type: names.entity_type.as_deref(),
    }
}
