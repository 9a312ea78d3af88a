//! The checks that every row passes, whatever its format.

use super::raw::{RawEntity, RawRow, Sentence};
use super::report::{FaultKind, OnBadRow, RowFault, RowPlace};
use super::{Checked, Labels, Reading, locate, repair};
use crate::error::clip;
use crate::example::{Entity, Example, Span};
use crate::labels::{LabelId, did_you_mean};
use crate::spec::{EntityNames, Offsets, Part};

pub(super) fn example(raw: RawRow, row: RowPlace<'_>, reading: &Reading<'_>) -> Result<Checked, RowFault> {
    let fields = &reading.file.fields;
    let needed = |value: &str, column: &str| {
        let is_there = !value.trim().is_empty();
        is_there
            .then_some(())
            .ok_or_else(|| row.wrong_kind(column, "nothing", "a text"))
    };
    if let (Some(id), Some(column)) = (&raw.id, &fields.id) {
        needed(id, column)?;
    }
    needed(&raw.sentence.text, &fields.sentence)?;
    let mut check = Check {
        row,
        reading,
        repairs: Vec::new(),
    };
    let label = match raw.label {
        Some(name) if reading.labels == Labels::Read => check.label(&name)?,
        _ => None,
    };
    let subject = check.entity(&raw.subject, &raw.sentence, &fields.subject)?;
    let object = check.entity(&raw.object, &raw.sentence, &fields.object)?;
    Ok(Checked {
        example: Example {
            id: raw.id.unwrap_or_else(|| row.row.to_string()),
            sentence: raw.sentence.text,
            subject,
            object,
            label,
            source: raw.source.filter(|source| !source.is_empty()),
        },
        repairs: check.repairs,
    })
}

/// A row being checked, and what was put right in it so far.
struct Check<'a> {
    row: RowPlace<'a>,
    reading: &'a Reading<'a>,
    repairs: Vec<(RowFault, String)>,
}

impl Check<'_> {
    /// The mended value where mistakes are to be mended and this one can be, else the mistake.
    fn mend<T>(&mut self, fault: RowFault, mended: impl FnOnce() -> Option<(T, String)>) -> Result<T, RowFault> {
        if self.reading.on_bad_row == OnBadRow::Repair
            && let Some((value, how)) = mended()
        {
            self.repairs.push((fault, how));
            return Ok(value);
        }
        Err(fault)
    }

    fn label(&mut self, name: &str) -> Result<Option<LabelId>, RowFault> {
        let spec = self.reading.spec;
        if spec.unlabelled.contains(name) {
            return Ok(None);
        }
        if let Some(id) = spec.labels.id(name) {
            return Ok(Some(id));
        }
        let hint = did_you_mean(name, spec.labels.names().iter().map(String::as_str));
        let found = format!("unknown label `{}`{hint}", clip(name));
        let remedy = "correct it, or add it to `labels` (or to `unlabelled`) in dataset.toml";
        let column = Some(self.reading.file.fields.label.as_str());
        let fault = self.row.fault(FaultKind::UnknownLabel, column, found, remedy);
        self.mend(fault, || {
            let trimmed = name.trim();
            if spec.unlabelled.contains(trimmed) {
                return Some((None, format!("read as `{trimmed}`, that is, without label")));
            }
            let (name, how) = repair::label(name, &spec.labels)?;
            Some((spec.labels.id(&name), how))
        })
    }

    fn entity(&mut self, raw: &RawEntity, sentence: &Sentence, names: &EntityNames) -> Result<Entity, RowFault> {
        let entity_type = self.entity_type(raw.entity_type.as_deref(), names)?;
        let span = self.span(raw, sentence, names)?;
        Ok(Entity { span, entity_type })
    }

    fn entity_type(&mut self, given: Option<&str>, names: &EntityNames) -> Result<String, RowFault> {
        let spec = self.reading.spec;
        let column = match &names.column {
            Some(column) => column.as_str(),
            None => names.part(Part::Type).unwrap_or_default(),
        };
        let name = match (given, &spec.default_type) {
            (Some(name), _) => name,
            (None, Some(default)) => default,
            (None, None) => return Err(self.row.wrong_kind(column, "nothing", "an entity type")),
        };
        if spec.type_words.contains_key(name) {
            return Ok(name.to_owned());
        }
        let hint = did_you_mean(name, spec.type_words.keys().map(String::as_str));
        let found = format!("unknown entity type `{}`{hint}", clip(name));
        let remedy = format!(
            "correct it, or add it to [type_words] in dataset.toml, which knows {}",
            spec.known_types()
        );
        let fault = self.row.fault(FaultKind::UnknownType, Some(column), found, remedy);
        self.mend(fault, || repair::entity_type(name, spec))
    }

    fn span(&mut self, raw: &RawEntity, sentence: &Sentence, names: &EntityNames) -> Result<Span, RowFault> {
        let (row, offsets) = (self.row, self.reading.file.offsets);
        if offsets == Offsets::Absent {
            return locate::find_word(raw.word.as_deref().unwrap_or_default(), &sentence.text, names, row);
        }
        let claimed = locate::claimed_span(raw, sentence, offsets, names, row);
        let Some(word) = raw.word.as_deref() else {
            return claimed;
        };
        let (fault, claimed) = match claimed {
            Ok(span) if span.of(&sentence.text) == Some(word) => return Ok(span),
            Ok(span) => {
                let fault = locate::mismatch(raw, word, span, sentence, offsets, names, row);
                (fault, Some(span))
            }
            Err(fault) => (fault, None),
        };
        self.mend(fault, || repair::span(raw, word, claimed, sentence, offsets))
    }
}
