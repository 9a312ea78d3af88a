//! TOML as written → checked description.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{DatasetSpec, EntityKeys, FieldNames, FileSpec, Format, Role};
use crate::error::{DataError, Place};
use crate::labels::{LabelSet, did_you_mean};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSpec {
    name: Spanned<String>,
    title: String,
    licence: String,
    homepage: String,
    labels: Spanned<Vec<String>>,
    negative_label: String,
    #[serde(default)]
    unlabelled: Vec<String>,
    type_words: Spanned<BTreeMap<String, String>>,
    fields: RawFields,
    entity: EntityKeys,
    files: Spanned<Vec<RawFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFields {
    id: String,
    sentence: String,
    subject: String,
    object: String,
    label: String,
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    role: Role,
    path: Spanned<PathBuf>,
    format: Format,
    url: Option<String>,
    sha256: Option<Spanned<String>>,
    #[serde(default)]
    fields: FieldOverrides,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FieldOverrides {
    id: Option<String>,
    sentence: Option<String>,
    subject: Option<String>,
    object: Option<String>,
    label: Option<String>,
    source: Option<String>,
}

pub(super) fn parse(text: &str, file: &Path) -> Result<DatasetSpec, DataError> {
    let refuse = |at: usize, key: &str, message: String| DataError::Spec {
        place: Box::new(Place {
            line: Some(line_of(text, at)),
            column: Some(key.to_owned()),
            ..Place::file(file)
        }),
        message,
    };
    let raw: RawSpec = toml::from_str(text).map_err(|error| DataError::Spec {
        place: Box::new(Place {
            line: error.span().map(|span| line_of(text, span.start)),
            ..Place::file(file)
        }),
        message: explain(error.message()),
    })?;

    if raw.name.get_ref().is_empty() {
        return Err(refuse(
            raw.name.span().start,
            "name",
            "the name is empty; give the data set one".to_owned(),
        ));
    }
    let labels_at = raw.labels.span().start;
    let labels = LabelSet::new(raw.labels.into_inner(), &raw.negative_label)
        .map_err(|error| refuse(labels_at, "labels", error.to_string()))?;
    let unlabelled: HashSet<String> = raw.unlabelled.into_iter().collect();
    if let Some(name) = labels.names().iter().find(|name| unlabelled.contains(*name)) {
        let message = format!("`{name}` is a label and also listed as unlabelled; remove it from one of the two lists");
        return Err(refuse(labels_at, "labels", message));
    }
    if raw.type_words.get_ref().is_empty() {
        let message = "no entity type is listed; give every type a word, such as PER = \"person\"".to_owned();
        return Err(refuse(raw.type_words.span().start, "type_words", message));
    }
    if raw.files.get_ref().is_empty() {
        let message = "no file is listed; add a [[files]] entry with role, path and format".to_owned();
        return Err(refuse(raw.files.span().start, "files", message));
    }

    let mut files = Vec::new();
    for raw_file in raw.files.into_inner() {
        if let Some(sum) = &raw_file.sha256 {
            let digits = sum.get_ref();
            if digits.len() != 64 || !digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
                let message = format!("`{digits}` is no SHA-256; write 64 lower-case hexadecimal digits");
                return Err(refuse(sum.span().start, "sha256", message));
            }
        }
        if raw_file.path.get_ref().as_os_str().is_empty() {
            let message = "the path is empty; name the file inside the data folder".to_owned();
            return Err(refuse(raw_file.path.span().start, "path", message));
        }
        files.push(checked_file(raw_file, &raw.fields));
    }
    Ok(DatasetSpec {
        name: raw.name.into_inner(),
        title: raw.title,
        licence: raw.licence,
        homepage: raw.homepage,
        labels,
        type_words: raw.type_words.into_inner(),
        fields: FieldNames {
            id: raw.fields.id,
            sentence: raw.fields.sentence,
            subject: raw.fields.subject,
            object: raw.fields.object,
            label: raw.fields.label,
            source: raw.fields.source,
        },
        entity: raw.entity,
        unlabelled,
        files,
    })
}

fn checked_file(file: RawFile, defaults: &RawFields) -> FileSpec {
    let own = file.fields;
    let or = |own: Option<String>, default: &String| own.unwrap_or_else(|| default.clone());
    FileSpec {
        role: file.role,
        path: file.path.into_inner(),
        format: file.format,
        url: file.url,
        sha256: file.sha256.map(Spanned::into_inner),
        fields: FieldNames {
            id: or(own.id, &defaults.id),
            sentence: or(own.sentence, &defaults.sentence),
            subject: or(own.subject, &defaults.subject),
            object: or(own.object, &defaults.object),
            label: or(own.label, &defaults.label),
            source: own.source.or_else(|| defaults.source.clone()),
        },
    }
}

/// The parser's message, with the likely name where it says "unknown field `x`, expected one of `y`, `z`".
fn explain(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let hint = match quoted.next() {
        Some(unknown) if message.starts_with("unknown ") => did_you_mean(unknown, quoted),
        _ => String::new(),
    };
    format!("{}{hint}", message.trim_end().replace('\n', "; "))
}

fn line_of(text: &str, byte: usize) -> u64 {
    text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count() as u64 + 1
}
