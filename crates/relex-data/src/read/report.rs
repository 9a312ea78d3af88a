//! What happens to bad rows, and the account of it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Place, list};
use crate::terminal::{count, number};

/// What happens to a row that is not what its data set promises.
///
/// Whatever is chosen, a file that cannot be taken apart into rows is an error: one that is not UTF-8, is no JSON, lacks
/// a column, or has a quote that is never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnBadRow {
    /// The first one is an error.
    #[default]
    Fail,
    /// It is left out and listed.
    Skip,
    /// What has exactly one sensible reading is put right and listed; a row with anything else is left out and listed,
    /// as by [`OnBadRow::Skip`].
    ///
    /// - Offsets that do not point at the word: the word's place, if it stands in the sentence exactly once; or its place
    ///   at the given start, if only the end is wrong; or the characters at the offsets, if they are the word but for
    ///   case, outer white space and Unicode normal form. If these readings disagree, none is taken.
    /// - A label or an entity type that is a known one but for case and white space; a type that is an alias.
    Repair,
}

/// Kinds of mistakes in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultKind {
    /// The row does not have the shape of its format.
    Malformed,
    /// A key is absent.
    MissingKey,
    /// A value has the wrong kind, or is empty.
    WrongKind,
    /// An entity cannot be taken apart.
    BrokenEntity,
    /// Offsets that no text of this length has.
    OffsetOutOfRange,
    /// Offsets that point at other characters than the entity's word.
    WordMismatch,
    /// A word without offsets that stands nowhere in the sentence.
    WordAbsent,
    /// A word without offsets that stands in the sentence more than once.
    WordAmbiguous,
    /// A label outside the data set's list.
    UnknownLabel,
    /// An entity type outside the data set's list.
    UnknownType,
    /// An id that an earlier row has.
    DuplicateId,
}

impl FaultKind {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::MissingKey => "missing-key",
            Self::WrongKind => "wrong-kind",
            Self::BrokenEntity => "broken-entity",
            Self::OffsetOutOfRange => "offset-out-of-range",
            Self::WordMismatch => "word-mismatch",
            Self::WordAbsent => "word-absent",
            Self::WordAmbiguous => "word-ambiguous",
            Self::UnknownLabel => "unknown-label",
            Self::UnknownType => "unknown-type",
            Self::DuplicateId => "duplicate-id",
        }
    }
}

/// One mistake in one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowFault {
    /// File, row, line and column.
    #[serde(flatten)]
    pub place: Box<Place>,
    /// What kind of mistake it is.
    pub kind: FaultKind,
    /// What was found, in words.
    pub found: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for RowFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}; {}", self.place, self.found, self.remedy)
    }
}

/// A mistake that a reading did not end at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadRow {
    /// The mistake.
    #[serde(flatten)]
    pub fault: RowFault,
    /// How it was put right; nothing when the row was left out.
    pub repair: Option<String>,
}

/// How often a kind of mistake was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FaultCount {
    /// Mistakes that were put right.
    pub repaired: usize,
    /// Mistakes for which a row was left out.
    pub refused: usize,
}

/// What became of a file's rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadReport {
    /// The file.
    pub file: PathBuf,
    /// Its rows.
    pub rows: usize,
    /// Rows of which something was put right.
    pub repaired: usize,
    /// Rows that were left out.
    pub refused: usize,
    /// The mistakes by kind.
    pub kinds: BTreeMap<FaultKind, FaultCount>,
    /// The mistakes, by row.
    pub bad_rows: Vec<BadRow>,
}

impl ReadReport {
    pub(super) fn new(file: &Path) -> Self {
        Self {
            file: file.to_path_buf(),
            rows: 0,
            repaired: 0,
            refused: 0,
            kinds: BTreeMap::new(),
            bad_rows: Vec::new(),
        }
    }

    /// Whether every row was read as it stands.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.bad_rows.is_empty()
    }

    /// The counts and the first `shown` mistakes, one a line.
    #[must_use]
    pub fn render_text(&self, shown: usize) -> String {
        let mut text = format!(
            "{}: {}, {} repaired, {} left out",
            self.file.display(),
            count(self.rows, "row"),
            number(self.repaired),
            number(self.refused)
        );
        for (kind, count) in &self.kinds {
            let parts = [(count.repaired, "repaired"), (count.refused, "left out")];
            let parts: Vec<String> = parts
                .into_iter()
                .filter(|(rows, _)| *rows > 0)
                .map(|(rows, what)| format!("{} {what}", number(rows)))
                .collect();
            text.push_str(&format!("\n  {:<20} {}", kind.name(), parts.join(", ")));
        }
        for BadRow { fault, repair } in self.bad_rows.iter().take(shown) {
            match repair {
                Some(repair) => text.push_str(&format!("\n{}: {}; repaired: {repair}", fault.place, fault.found)),
                None => text.push_str(&format!("\nleft out: {fault}")),
            }
        }
        if self.bad_rows.len() > shown {
            text.push_str(&format!("\n… and {} more", number(self.bad_rows.len() - shown)));
        }
        text
    }
}

/// A row on its way into an example: where it stands, and what may be done about its mistakes.
#[derive(Clone, Copy)]
pub(super) struct RowPlace<'a> {
    pub(super) file: &'a Path,
    pub(super) row: usize,
    pub(super) line: Option<u64>,
}

impl RowPlace<'_> {
    pub(super) fn fault(
        self,
        kind: FaultKind,
        column: Option<&str>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> RowFault {
        RowFault {
            place: Box::new(Place {
                file: self.file.to_path_buf(),
                row: Some(self.row),
                line: self.line,
                column: column.map(str::to_owned),
            }),
            kind,
            found: found.into(),
            remedy: remedy.into(),
        }
    }

    pub(super) fn malformed(self, found: impl Into<String>, remedy: &str) -> RowFault {
        self.fault(FaultKind::Malformed, None, found, remedy)
    }

    pub(super) fn wrong_kind(self, column: &str, found: &str, expected: &str) -> RowFault {
        let found = format!("{found} stands where {expected} is needed");
        self.fault(FaultKind::WrongKind, Some(column), found, "correct the value")
    }

    /// A key that the row has to have; `there` are those that it has, and `alternative` says behind a comma what else can be done.
    pub(super) fn missing_key<'k>(
        self,
        name: &str,
        there: impl Iterator<Item = &'k str> + Clone,
        alternative: &str,
    ) -> RowFault {
        let hint = crate::labels::did_you_mean(name, there.clone());
        let found = format!("the column is missing{hint}; the row has {}", list(there));
        let remedy = format!("put the column's name in this file under [fields] in dataset.toml{alternative}");
        self.fault(FaultKind::MissingKey, Some(name), found, remedy)
    }
}
