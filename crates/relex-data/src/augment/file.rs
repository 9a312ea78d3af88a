//! The file of augmented rows: JSON Lines, a header first.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::balance::NegativeRows;
use super::child::AugmentedExample;
use super::grow::AugmentConfig;
use super::recipe::Recipe;
use super::rows::TrainingRows;
use super::summary::{Augmentation, RecipeSummary};
use crate::error::{DataError, Place, clip};
use crate::example::{Entity, Example, Span};
use crate::files::write_atomically;
use crate::labels::{LabelSet, did_you_mean};
use crate::read::reason;

/// The version of the file format that this crate writes and reads.
const FORMAT_VERSION: u32 = 1;

/// The first line: what the rows belong to and how they were made.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    augmented_format_version: u32,
    /// The data set's name.
    data: String,
    /// The hash of the split manifest.
    split: String,
    fold: usize,
    seed: u64,
    balance: String,
    per_label: BTreeMap<String, usize>,
    negative: NegativeRows,
    recipes: Vec<RecipeSummary>,
    /// The number of lines that follow.
    rows: usize,
}

#[derive(Deserialize)]
struct Version {
    augmented_format_version: u32,
}

/// A further line: a row in KLUE's shape, end offsets inclusive, with its origin.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    guid: String,
    sentence: String,
    subject_entity: RowEntity,
    object_entity: RowEntity,
    label: String,
    source: Option<String>,
    parent: String,
    recipe: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowEntity {
    word: String,
    start_idx: usize,
    end_idx: usize,
    #[serde(rename = "type")]
    entity_type: String,
}

/// Writes children, atomically, as JSON Lines: a header with the hash of the split, fold, seed, balance, recipes and counts, then
/// a line a child in KLUE's shape with the keys `parent` and `recipe` added.
///
/// # Errors
/// [`DataError::Write`] when the file cannot be written.
pub fn write_augmented(
    path: &Path,
    augmentation: &Augmentation,
    rows: &TrainingRows<'_>,
    config: &AugmentConfig,
) -> Result<(), DataError> {
    let failed = |error: serde_json::Error| DataError::Write {
        path: path.to_path_buf(),
        source: error.into(),
    };
    let spec = rows.spec();
    let per_label = config.balance.per_label.iter();
    let header = Header {
        augmented_format_version: FORMAT_VERSION,
        data: spec.name.clone(),
        split: rows.manifest_hash().to_owned(),
        fold: rows.fold(),
        seed: config.seed,
        balance: config.balance.amount.to_string(),
        per_label: per_label
            .map(|(label, count)| (spec.labels.name(*label).to_owned(), *count))
            .collect(),
        negative: config.balance.negative,
        recipes: augmentation.recipes.clone(),
        rows: augmentation.children.len(),
    };
    let mut bytes = serde_json::to_vec(&header).map_err(failed)?;
    bytes.push(b'\n');
    for child in &augmentation.children {
        serde_json::to_writer(&mut bytes, &Row::of(child, &spec.labels)).map_err(failed)?;
        bytes.push(b'\n');
    }
    write_atomically(path, &bytes)
}

/// Reads children back and checks each: spans, label, types, and that its parent is one of `rows`.
///
/// Lines may be taken out by hand, if the header's `rows` is set to what is left.
///
/// # Errors
/// [`DataError::Read`] when the file cannot be read; [`DataError::Augmented`], with the line, when it is no such file, was made for
/// another split or fold, lost lines, or has a row that does not pass.
pub fn read_augmented(path: &Path, rows: &TrainingRows<'_>) -> Result<Vec<AugmentedExample>, DataError> {
    let bytes = std::fs::read(path).map_err(|source| DataError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    let refuse = |line: u64, message: String| DataError::Augmented {
        place: Box::new(Place {
            line: Some(line),
            ..Place::file(path)
        }),
        message,
    };
    let mut lines = bytes
        .split(|byte| *byte == b'\n')
        .zip(1_u64..)
        .filter(|(line, _)| !line.trim_ascii().is_empty());
    let (first, _) = lines.next().unwrap_or_default();
    let header = header(first).map_err(|message| refuse(1, message))?;
    fits(&header, rows).map_err(|message| refuse(1, message))?;

    let mut children = Vec::with_capacity(header.rows.min(bytes.len()));
    let mut ids = HashSet::new();
    for (line, number) in lines {
        let row: Row = serde_json::from_slice(line).map_err(|error| {
            let message = format!(
                "not an augmented row: {}; restore the file or make it again",
                reason(&error)
            );
            refuse(number, message)
        })?;
        let child = row.checked(rows).map_err(|message| refuse(number, message))?;
        if !ids.insert(child.example().id.clone()) {
            let message = format!(
                "the id `{}` occurs twice; remove one of the two",
                clip(&child.example().id)
            );
            return Err(refuse(number, message));
        }
        children.push(child);
    }
    if children.len() != header.rows {
        let message = format!(
            "{} rows are promised, but {} follow; restore the file, or set `rows` to {1} if you changed it yourself",
            header.rows,
            children.len()
        );
        return Err(refuse(1, message));
    }
    Ok(children)
}

fn header(line: &[u8]) -> Result<Header, String> {
    // Another version need not parse at all; say that rather than which key is strange.
    if let Ok(Version {
        augmented_format_version: version,
    }) = serde_json::from_slice(line)
        && version != FORMAT_VERSION
    {
        return Err(format!(
            "the file has format version {version}, but this program reads version {FORMAT_VERSION}; make it again with `relex \
             augment`"
        ));
    }
    serde_json::from_slice(line)
        .map_err(|error| format!("not the header of augmented rows: {error}; make the file with `relex augment`"))
}

fn fits(header: &Header, rows: &TrainingRows<'_>) -> Result<(), String> {
    if header.split != rows.manifest_hash() {
        return Err(format!(
            "the rows were made for the split with the hash {}, but the split at hand has {}; make them again with `relex augment`, \
             or give their own split",
            clip(&header.split),
            clip(rows.manifest_hash())
        ));
    }
    if header.fold != rows.fold() {
        return Err(format!(
            "the rows were made of the training side of fold {}, part of which fold {} validates on; make them again for fold {1}",
            header.fold,
            rows.fold()
        ));
    }
    Ok(())
}

impl Row {
    fn of(child: &AugmentedExample, labels: &LabelSet) -> Self {
        let example = child.example();
        let entity = |entity: &Entity, word: &str| RowEntity {
            word: word.to_owned(),
            start_idx: entity.span.start(),
            end_idx: entity.span.end() - 1,
            entity_type: entity.entity_type.clone(),
        };
        Self {
            guid: example.id.clone(),
            sentence: example.sentence.clone(),
            subject_entity: entity(&example.subject, example.subject_word()),
            object_entity: entity(&example.object, example.object_word()),
            label: example.label.map_or("", |id| labels.name(id)).to_owned(),
            source: example.source.clone(),
            parent: child.parent().to_owned(),
            recipe: child.recipe().to_string(),
        }
    }

    fn checked(self, rows: &TrainingRows<'_>) -> Result<AugmentedExample, String> {
        let spec = rows.spec();
        let id = clip(&self.guid);
        if rows.by_id(&self.parent).is_none() {
            return Err(format!(
                "the parent of `{id}`, `{}`, is no training row of fold {}; make the file again with `relex augment`",
                clip(&self.parent),
                rows.fold()
            ));
        }
        if rows.by_id(&self.guid).is_some() {
            return Err(format!("a training row has the id `{id}`, too; give this row another"));
        }
        let label = spec.labels.id(&self.label).ok_or_else(|| {
            let hint = did_you_mean(&self.label, spec.labels.names().iter().map(String::as_str));
            format!("unknown label `{}`{hint} of row `{id}`; correct it", clip(&self.label))
        })?;
        let recipe: Recipe = self.recipe.parse().map_err(|error| format!("row `{id}`: {error}"))?;
        let entity = |entity: &RowEntity| {
            if spec.type_word(&entity.entity_type).is_none() {
                let found = clip(&entity.entity_type);
                return Err(format!("unknown entity type `{found}` of row `{id}`; correct it"));
            }
            // An end that overflows makes no span, as it should.
            let span = Span::new(entity.start_idx, entity.end_idx.saturating_add(1));
            Ok(Entity {
                span: span.map_err(|error| format!("row `{id}`: {error}"))?,
                entity_type: entity.entity_type.clone(),
            })
        };
        let example = Example {
            subject: entity(&self.subject_entity)?,
            object: entity(&self.object_entity)?,
            id: self.guid,
            sentence: self.sentence,
            label: Some(label),
            source: self.source,
        };
        let words = (self.subject_entity.word.as_str(), self.object_entity.word.as_str());
        AugmentedExample::checked(example, words, &self.parent, &recipe)
            .map_err(|fault| format!("row `{id}` is broken: {fault}; correct the row or remove it"))
    }
}
