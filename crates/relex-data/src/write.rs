//! Examples out, in the three forms that other tools read, and the description that reads them back.

mod python;

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::error::DataError;
use crate::example::{Entity, Example};
use crate::files::write_atomically_with;
use crate::spec::{DatasetSpec, FieldNames, FileSpec, Format, Offsets, Role};

/// How examples are written. Every form holds all of an example, with KLUE-RE's names: `sentence`, `subject_entity`,
/// `object_entity` (with `word`, `start_idx`, `end_idx` of the last character, `type`), `label`, `source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WrittenForm {
    /// KLUE's JSON: an array of objects with `guid`, one a line.
    KlueJson,
    /// The KLUE-RE competition's table, with `id`; entities are Python dicts.
    CompetitionCsv,
    /// An object a line, with `id`.
    Jsonl,
}

impl WrittenForm {
    /// The description of a file `path` (inside its data folder) that [`write_examples`] wrote of `spec`'s examples.
    ///
    /// What is particular to the data stays as it is: labels and their order, types, licence. Nothing of the original
    /// files does.
    #[must_use]
    pub fn describe(self, spec: &DatasetSpec, path: &Path, role: Role) -> DatasetSpec {
        let (format, id) = match self {
            Self::KlueJson => (Format::Json, "guid"),
            Self::CompetitionCsv => (Format::Csv, "id"),
            Self::Jsonl => (Format::Jsonl, "id"),
        };
        let file = FileSpec {
            role,
            path: path.to_path_buf(),
            format,
            url: None,
            sha256: None,
            fields: FieldNames::klue(id),
            offsets: Offsets::Inclusive,
        };
        DatasetSpec {
            unlabelled: [unlabelled(spec)].into(),
            default_type: None,
            files: vec![file],
            ..spec.clone()
        }
    }
}

/// Writes all examples to `path`, whole or not at all; what has no label is written with label `100`, as in the
/// competition's test file.
///
/// The file that [`WrittenForm::describe`] describes reads back as the same examples.
///
/// ```
/// use std::path::Path;
/// use relex_data::{DatasetSpec, Role, WrittenForm, write_examples};
///
/// let fixtures = Path::new("tests/fixtures");
/// let spec = DatasetSpec::from_file(&fixtures.join("dataset.toml"))?;
/// let examples = spec.read(fixtures, Role::Train)?;
///
/// let folder = tempfile::tempdir().unwrap();
/// let form = WrittenForm::Jsonl;
/// write_examples(&folder.path().join("train.jsonl"), &examples, form, &spec)?;
/// let described = form.describe(&spec, Path::new("train.jsonl"), Role::Train);
/// assert_eq!(described.read(folder.path(), Role::Train)?, examples);
/// # Ok::<(), relex_data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError::Write`] when the file cannot be written.
pub fn write_examples(
    path: &Path,
    examples: &[Example],
    form: WrittenForm,
    spec: &DatasetSpec,
) -> Result<(), DataError> {
    let unlabelled = unlabelled(spec);
    let rows = examples.iter().map(|example| {
        let label = example
            .label
            .map_or(unlabelled.as_str(), |label| spec.labels.name(label));
        Row::of(example, label)
    });
    write_atomically_with(path, |out| match form {
        WrittenForm::KlueJson => json(out, rows),
        WrittenForm::CompetitionCsv => csv(out, rows),
        WrittenForm::Jsonl => jsonl(out, rows),
    })
}

/// The competition's mark for a missing label, or another where a relation is called so.
fn unlabelled(spec: &DatasetSpec) -> String {
    let marks = (0..).map(|number| match number {
        0 => "100".to_owned(),
        1 => "unlabelled".to_owned(),
        _ => format!("unlabelled-{number}"),
    });
    let mut free = marks.filter(|mark| spec.labels.id(mark).is_none());
    free.next().unwrap_or_default()
}

/// A row as all three forms have it, but for the name of its id.
struct Row<'a> {
    id: &'a str,
    sentence: &'a str,
    subject: Mention<'a>,
    object: Mention<'a>,
    label: &'a str,
    source: Option<&'a str>,
}

#[derive(Serialize)]
struct Mention<'a> {
    word: &'a str,
    start_idx: usize,
    end_idx: usize,
    #[serde(rename = "type")]
    entity_type: &'a str,
}

impl<'a> Row<'a> {
    fn of(example: &'a Example, label: &'a str) -> Self {
        let mention = |entity: &'a Entity, word: &'a str| Mention {
            word,
            start_idx: entity.span.start(),
            end_idx: entity.span.end() - 1,
            entity_type: &entity.entity_type,
        };
        Self {
            id: &example.id,
            sentence: &example.sentence,
            subject: mention(&example.subject, example.subject_word()),
            object: mention(&example.object, example.object_word()),
            label,
            source: example.source.as_deref(),
        }
    }
}

fn json<'a>(out: &mut dyn Write, rows: impl Iterator<Item = Row<'a>>) -> io::Result<()> {
    #[derive(Serialize)]
    struct KlueRow<'a> {
        guid: &'a str,
        sentence: &'a str,
        subject_entity: Mention<'a>,
        object_entity: Mention<'a>,
        label: &'a str,
        source: Option<&'a str>,
    }
    for (index, row) in rows.enumerate() {
        out.write_all(if index == 0 { b"[\n" } else { b",\n" })?;
        let row = KlueRow {
            guid: row.id,
            sentence: row.sentence,
            subject_entity: row.subject,
            object_entity: row.object,
            label: row.label,
            source: row.source,
        };
        serde_json::to_writer(&mut *out, &row)?;
    }
    out.write_all(b"\n]\n")
}

fn jsonl<'a>(out: &mut dyn Write, rows: impl Iterator<Item = Row<'a>>) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        id: &'a str,
        sentence: &'a str,
        subject_entity: Mention<'a>,
        object_entity: Mention<'a>,
        label: &'a str,
        source: Option<&'a str>,
    }
    for row in rows {
        let line = Line {
            id: row.id,
            sentence: row.sentence,
            subject_entity: row.subject,
            object_entity: row.object,
            label: row.label,
            source: row.source,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn csv<'a>(out: &mut dyn Write, rows: impl Iterator<Item = Row<'a>>) -> io::Result<()> {
    let mut table = ::csv::Writer::from_writer(out);
    table.write_record(["id", "sentence", "subject_entity", "object_entity", "label", "source"])?;
    for row in rows {
        let [subject, object] = [&row.subject, &row.object].map(python::dict);
        let source = row.source.unwrap_or_default();
        table.write_record([row.id, row.sentence, &subject, &object, row.label, source])?;
    }
    table.flush()
}
