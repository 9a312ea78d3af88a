//! Where a row goes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The part of a split that a row is in.
///
/// In the manifest's file it is the value of `fold`: a number, `null` for [`Part::Train`], `"hold-out"` or `"dropped"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Option<Written>", into = "Option<Written>")]
pub enum Part {
    /// For validation in the fold of this number, from 0, and for training in every other.
    Fold(usize),
    /// For training always.
    Train,
    /// Held out: neither for training nor for validation, in any fold.
    HoldOut,
    /// Left out by the [conflict policy](crate::ConflictPolicy).
    Dropped,
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fold(fold) => out.pad(&format!("fold {fold}")),
            Self::Train => out.pad("train"),
            Self::HoldOut => out.pad("hold-out"),
            Self::Dropped => out.pad("dropped"),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a fold's number, null, \"hold-out\" or \"dropped\"")]
enum Written {
    Fold(usize),
    Name(Name),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Name {
    HoldOut,
    Dropped,
}

impl From<Option<Written>> for Part {
    fn from(written: Option<Written>) -> Self {
        match written {
            None => Self::Train,
            Some(Written::Fold(fold)) => Self::Fold(fold),
            Some(Written::Name(Name::HoldOut)) => Self::HoldOut,
            Some(Written::Name(Name::Dropped)) => Self::Dropped,
        }
    }
}

impl From<Part> for Option<Written> {
    fn from(part: Part) -> Self {
        match part {
            Part::Train => None,
            Part::Fold(fold) => Some(Written::Fold(fold)),
            Part::HoldOut => Some(Written::Name(Name::HoldOut)),
            Part::Dropped => Some(Written::Name(Name::Dropped)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn parts_are_read_back() {
        for (part, written) in [
            (Part::Fold(3), "3"),
            (Part::Train, "null"),
            (Part::HoldOut, "\"hold-out\""),
            (Part::Dropped, "\"dropped\""),
        ] {
            assert_eq!(serde_json::to_string(&part).unwrap(), written);
            assert_eq!(serde_json::from_str::<Part>(written).unwrap(), part);
        }
        let error = serde_json::from_str::<Part>("\"held-out\"").unwrap_err();
        assert!(error.to_string().contains("a fold's number"), "{error}");
    }
}
