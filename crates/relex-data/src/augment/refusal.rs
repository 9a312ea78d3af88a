//! Why a child was not made.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a recipe made no child of a row. Refused rows are counted, never an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Refusal {
    /// The label has no inverse in `[inverse_relations]`.
    NoInverse,
    /// No subject of the inverse relation has the type that the new subject would have.
    ForeignType,
    /// The parent's entities share characters.
    Overlapping,
    /// A training row says the same: same sentence, same entities, same label.
    Present,
    /// A training row, or a child of the same recipe, has the sentence and the entities with another label.
    Conflicting,
    /// The same recipe made the same child before, of this row or another.
    Repeated,
    /// No other entity of the type fits into the sentence.
    NoReplacement,
    /// The entity's type has no word in `[type_words]`.
    NoTypeWord,
    /// Too few words stand outside the entities.
    TooFewWords,
    /// A paraphrase whose parent is no training row.
    UnknownParent,
    /// A paraphrase whose parent has a label that is not augmented.
    LabelLeftOut,
    /// A paraphrase that lacks the subject.
    SubjectMissing,
    /// A paraphrase with the subject in several places.
    SubjectRepeated,
    /// A paraphrase that lacks the object.
    ObjectMissing,
    /// A paraphrase with the object in several places.
    ObjectRepeated,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::NoInverse => "the label has no inverse",
            Self::ForeignType => "no subject of the inverse relation has this type",
            Self::Overlapping => "the entities overlap",
            Self::Present => "a training row says the same",
            Self::Conflicting => "a training row or another child says otherwise",
            Self::Repeated => "already made",
            Self::NoReplacement => "no other entity fits",
            Self::NoTypeWord => "the type has no word",
            Self::TooFewWords => "too few words outside the entities",
            Self::UnknownParent => "the parent is no training row",
            Self::LabelLeftOut => "the parent's label is not augmented; see --negative",
            Self::SubjectMissing => "the subject is not in it",
            Self::SubjectRepeated => "the subject is in it more than once",
            Self::ObjectMissing => "the object is not in it",
            Self::ObjectRepeated => "the object is in it more than once",
        })
    }
}
