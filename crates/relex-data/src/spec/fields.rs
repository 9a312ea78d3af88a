//! Which column or key holds what.

/// The names of columns (CSV) or keys (JSON).
///
/// In JSON a name with dots is a path into objects and arrays, `pos.0` for the first element under `pos`, unless
/// the object has a key of that very name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldNames {
    /// The row's name; without one, a row is called by its number in the file, from 1. The empty name is that of a
    /// table's nameless index column.
    pub id: Option<String>,
    /// The text, or the list of its tokens.
    pub sentence: String,
    /// The subject entity.
    pub subject: EntityNames,
    /// The object entity.
    pub object: EntityNames,
    /// The relation.
    pub label: String,
    /// Where the sentence came from, if the file tells.
    pub source: Option<String>,
}

/// Where the parts of an entity stand: under keys of one column's object, or in columns of their own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntityNames {
    /// The column or key that holds the whole entity: an object, or in a table the text of a Python dict or a JSON
    /// object. Without it, the names below are columns themselves.
    pub column: Option<String>,
    /// The entity's characters. Where offsets are given as well, they are checked against it.
    pub word: Option<String>,
    /// Where it begins.
    pub start: Option<String>,
    /// Where it ends.
    pub end: Option<String>,
    /// The entity's type; without it every entity has the data set's default type.
    pub entity_type: Option<String>,
}

/// One part of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Word,
    Start,
    End,
    Type,
}

impl Part {
    pub(crate) const ALL: [Self; 4] = [Self::Word, Self::Start, Self::End, Self::Type];
}

impl EntityNames {
    /// The names of KLUE-RE's entities, all in one column.
    pub(crate) fn klue(column: &str) -> Self {
        Self {
            column: Some(column.to_owned()),
            word: Some("word".to_owned()),
            start: Some("start_idx".to_owned()),
            end: Some("end_idx".to_owned()),
            entity_type: Some("type".to_owned()),
        }
    }

    pub(crate) fn part(&self, part: Part) -> Option<&str> {
        match part {
            Part::Word => self.word.as_deref(),
            Part::Start => self.start.as_deref(),
            Part::End => self.end.as_deref(),
            Part::Type => self.entity_type.as_deref(),
        }
    }

    /// What a message calls a part: the key, behind its column's name if it has one.
    pub(crate) fn place(&self, part: Part) -> String {
        let name = self.part(part).unwrap_or_default();
        match &self.column {
            Some(column) => format!("{column}.{name}"),
            None => name.to_owned(),
        }
    }

    /// What a message calls the entity as a whole.
    pub(crate) fn title(&self) -> &str {
        let names = [&self.column, &self.word, &self.start];
        names.into_iter().flatten().next().map_or("", String::as_str)
    }

    /// What a message calls an offset.
    pub(crate) fn offset_name(&self, part: Part) -> &str {
        self.part(part)
            .unwrap_or(if part == Part::Start { "start" } else { "end" })
    }
}

impl FieldNames {
    /// What else can be done where `column` is missing, for a message, behind what can always be: columns that a description may leave out.
    pub(crate) fn or_without(&self, column: &str) -> &'static str {
        if self.id.as_deref() == Some(column) {
            ", or leave `id` out there: a row is then called by its number in the file"
        } else if self.source.as_deref() == Some(column) {
            ", or leave `source` out there"
        } else {
            ""
        }
    }

    /// KLUE-RE's names, with the given one for ids.
    pub(crate) fn klue(id: &str) -> Self {
        Self {
            id: Some(id.to_owned()),
            sentence: "sentence".to_owned(),
            subject: EntityNames::klue("subject_entity"),
            object: EntityNames::klue("object_entity"),
            label: "label".to_owned(),
            source: Some("source".to_owned()),
        }
    }

    /// What messages about SemEval-2010 Task 8 text call its parts; nothing in the text has a name.
    pub(crate) fn semeval() -> Self {
        let tag = |name: &str| EntityNames {
            column: Some(name.to_owned()),
            ..EntityNames::default()
        };
        Self {
            id: Some("id".to_owned()),
            sentence: "sentence".to_owned(),
            subject: tag("e1"),
            object: tag("e2"),
            label: "label".to_owned(),
            source: None,
        }
    }
}
