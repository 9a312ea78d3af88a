//! TOML as written → checked description.

use std::collections::HashSet;
use std::path::{Component, Path};

use toml::Spanned;

use super::labels_file;
use super::raw::{RawFile, RawSpec};
use super::resolve::{Lacking, resolve};
use super::{DatasetSpec, FileSpec, Format};
use crate::augment::InverseRelations;
use crate::error::{DataError, Place};
use crate::labels::{LabelSet, did_you_mean};

pub(super) fn parse(text: &str, file: &Path) -> Result<DatasetSpec, DataError> {
    let source = Source { text, file };
    let raw: RawSpec = toml::from_str(text).map_err(|error| DataError::Spec {
        place: Box::new(Place {
            line: error.span().map(|span| line_of(text, span.start)),
            ..Place::file(file)
        }),
        message: explain(error.message()),
    })?;

    if raw.name.get_ref().is_empty() {
        let message = "the name is empty; give the data set one".to_owned();
        return Err(source.refuse(&raw.name, "name", message));
    }
    // The cache has a folder of this name.
    if !is_inside(Path::new(raw.name.get_ref())) || raw.name.get_ref().contains(['/', '\\']) {
        let message = "the name holds a path; give one without `/`, such as `my-data`".to_owned();
        return Err(source.refuse(&raw.name, "name", message));
    }
    let (labels, unlabelled) = labels(&raw, source)?;
    let inverse_relations = inverse_relations(&raw, &labels, source)?;
    check_types(&raw, source)?;
    if raw.files.get_ref().is_empty() {
        let message = "no file is listed; add a [[files]] entry with role, path and format".to_owned();
        return Err(source.refuse(&raw.files, "files", message));
    }
    let mut files = Vec::new();
    for raw_file in raw.files.get_ref() {
        files.push(checked_file(raw_file, &raw, source)?);
    }
    Ok(DatasetSpec {
        title: match raw.title.is_empty() {
            true => raw.name.get_ref().clone(),
            false => raw.title,
        },
        name: raw.name.into_inner(),
        licence: raw.licence,
        homepage: raw.homepage,
        labels,
        inverse_relations,
        type_words: raw.type_words.into_inner(),
        default_type: raw.default_type.map(Spanned::into_inner),
        type_aliases: raw
            .type_aliases
            .into_iter()
            .map(|(alias, name)| (alias, name.into_inner()))
            .collect(),
        unlabelled,
        files,
    })
}

/// The text being parsed, for the lines of its mistakes.
#[derive(Clone, Copy)]
struct Source<'a> {
    text: &'a str,
    file: &'a Path,
}

impl Source<'_> {
    fn refuse<T>(self, at: &Spanned<T>, key: &str, message: String) -> DataError {
        self.refuse_line(Some(line_of(self.text, at.span().start)), key, message)
    }

    fn refuse_line(self, line: Option<u64>, key: &str, message: String) -> DataError {
        DataError::Spec {
            place: Box::new(Place {
                line,
                column: Some(key.to_owned()),
                ..Place::file(self.file)
            }),
            message,
        }
    }
}

fn labels(raw: &RawSpec, source: Source<'_>) -> Result<(LabelSet, HashSet<String>), DataError> {
    let line = |span: std::ops::Range<usize>| Some(line_of(source.text, span.start));
    let (names, line, key) = match (&raw.labels, &raw.labels_file) {
        (Some(names), None) => (names.get_ref().clone(), line(names.span()), "labels"),
        (None, Some(name)) => {
            let path = source.file.parent().unwrap_or(Path::new("")).join(name.get_ref());
            let names = labels_file::read(&path).map_err(|message| source.refuse(name, "labels_file", message))?;
            (names, line(name.span()), "labels_file")
        }
        (Some(_), Some(name)) => {
            let message = "the labels are listed here and in `labels`; keep one of the two".to_owned();
            return Err(source.refuse(name, "labels_file", message));
        }
        (None, None) => {
            let message = "no label is listed; give them in the order of probabilities, or name a file of them with \
                           labels_file"
                .to_owned();
            return Err(source.refuse_line(None, "labels", message));
        }
    };
    let labels =
        LabelSet::new(names, &raw.negative_label).map_err(|error| source.refuse_line(line, key, error.to_string()))?;
    let unlabelled: HashSet<String> = raw.unlabelled.iter().cloned().collect();
    if let Some(name) = labels.names().iter().find(|name| unlabelled.contains(*name)) {
        let message = format!("`{name}` is a label and also listed as unlabelled; remove it from one of the two lists");
        return Err(source.refuse_line(line, key, message));
    }
    Ok((labels, unlabelled))
}

fn inverse_relations(raw: &RawSpec, labels: &LabelSet, source: Source<'_>) -> Result<InverseRelations, DataError> {
    let Some(table) = &raw.inverse_relations else {
        return Ok(InverseRelations::default());
    };
    InverseRelations::new(labels, table.get_ref().clone())
        .map_err(|error| source.refuse(table, "inverse_relations", error.to_string()))
}

fn check_types(raw: &RawSpec, source: Source<'_>) -> Result<(), DataError> {
    let types = raw.type_words.get_ref();
    if types.is_empty() {
        let message = "no entity type is listed; give every type a word, such as PER = \"person\"".to_owned();
        return Err(source.refuse(&raw.type_words, "type_words", message));
    }
    let unknown = |name: &Spanned<String>, key: &str| {
        let hint = did_you_mean(name.get_ref(), types.keys().map(String::as_str));
        let message = format!("`{}` is not in [type_words]{hint}; add it there", name.get_ref());
        source.refuse(name, key, message)
    };
    if let Some(name) = &raw.default_type
        && !types.contains_key(name.get_ref())
    {
        return Err(unknown(name, "default_type"));
    }
    for (alias, name) in &raw.type_aliases {
        if !types.contains_key(name.get_ref()) {
            return Err(unknown(name, "type_aliases"));
        }
        if types.contains_key(alias) {
            let message = format!("`{alias}` is itself a type in [type_words]; remove it from one of the two tables");
            return Err(source.refuse(name, "type_aliases", message));
        }
    }
    Ok(())
}

/// Whether a path names something inside the folder that it is taken from.
fn is_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
}

fn checked_file(file: &RawFile, raw: &RawSpec, source: Source<'_>) -> Result<FileSpec, DataError> {
    if let Some(sum) = &file.sha256 {
        let digits = sum.get_ref();
        if digits.len() != 64 || !digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            let message = format!("`{digits}` is no SHA-256; write 64 lower-case hexadecimal digits");
            return Err(source.refuse(sum, "sha256", message));
        }
    }
    if file.path.get_ref().as_os_str().is_empty() {
        let message = "the path is empty; name the file inside the data folder".to_owned();
        return Err(source.refuse(&file.path, "path", message));
    }
    let layers = ([&file.fields, &raw.fields], [&file.entity, &raw.entity]);
    let has_default_type = raw.default_type.is_some();
    if !is_inside(file.path.get_ref()) {
        let message = format!(
            "`{}` leads out of the data folder; give a path inside it, and its folder with --data-dir",
            file.path.get_ref().display()
        );
        return Err(source.refuse(&file.path, "path", message));
    }
    let (fields, offsets) =
        resolve(file.format, &layers.0, &layers.1, has_default_type).map_err(|Lacking { table, message }| {
            let message = format!("for file `{}` {message}", file.path.get_ref().display());
            source.refuse(&file.path, table, message)
        })?;
    if matches!(file.format, Format::Semeval) && !has_default_type {
        let message =
            "SemEval-2010 Task 8 text has no entity types; give default_type = \"…\" with a type of [type_words]";
        return Err(source.refuse(&file.path, "default_type", message.to_owned()));
    }
    Ok(FileSpec {
        role: file.role,
        path: file.path.get_ref().clone(),
        format: file.format,
        url: file.url.clone(),
        sha256: file.sha256.as_ref().map(|sum| sum.get_ref().clone()),
        fields,
        offsets,
    })
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
