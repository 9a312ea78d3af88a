//! Which relation holds when subject and object trade places.

use std::collections::BTreeMap;

use crate::error::DataError;
use crate::labels::{LabelId, LabelSet, did_you_mean};

/// Pairs of relations that are each other's inverse; a symmetric relation is its own.
///
/// `[inverse_relations]` in `dataset.toml` lists them. One direction is enough: of `"per:parents" = "per:children"` follows
/// the other. A label that is not listed has no inverse that the data set could express.
///
/// ```
/// use relex_data::{InverseRelations, LabelSet};
///
/// let labels = LabelSet::new(["no_relation", "per:parents", "per:children", "per:spouse"], "no_relation")?;
/// let inverses = InverseRelations::new(&labels, [("per:parents", "per:children"), ("per:spouse", "per:spouse")])?;
/// let inverse = |name| labels.id(name).and_then(|id| inverses.of(id)).map(|id| labels.name(id));
/// assert_eq!(inverse("per:children"), Some("per:parents"));
/// assert_eq!(inverse("per:spouse"), Some("per:spouse"));
/// assert_eq!(inverse("no_relation"), None);
/// # Ok::<(), relex_data::DataError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InverseRelations {
    inverse: BTreeMap<LabelId, LabelId>,
}

impl InverseRelations {
    /// The table of the pairs given, each in one direction or both.
    ///
    /// # Errors
    /// [`DataError::Labels`] for a name that is no label, or a label with two inverses.
    pub fn new<N: AsRef<str>>(labels: &LabelSet, pairs: impl IntoIterator<Item = (N, N)>) -> Result<Self, DataError> {
        let known = |name: &str| {
            labels.id(name).ok_or_else(|| {
                let hint = did_you_mean(name, labels.names().iter().map(String::as_str));
                refusal(format!(
                    "the inverse relation `{name}` is no label{hint}; correct it, or add it to `labels`"
                ))
            })
        };
        let mut inverse = BTreeMap::new();
        for (left, right) in pairs {
            let (left, right) = (known(left.as_ref())?, known(right.as_ref())?);
            for (from, to) in [(left, right), (right, left)] {
                let earlier = inverse.insert(from, to);
                if let Some(other) = earlier.filter(|other| *other != to) {
                    return Err(refusal(format!(
                        "`{}` cannot be the inverse of both `{}` and `{}`; keep one of the two pairs",
                        labels.name(from),
                        labels.name(other),
                        labels.name(to)
                    )));
                }
            }
        }
        Ok(Self { inverse })
    }

    /// Every relation with its inverse, by name, both directions, in the order of the labels.
    pub(crate) fn pairs<'a>(&'a self, labels: &'a LabelSet) -> impl Iterator<Item = (&'a str, &'a str)> {
        let name = |id: &LabelId| labels.name(*id);
        self.inverse.iter().map(move |(from, to)| (name(from), name(to)))
    }

    /// The relation of the same two entities with their roles exchanged, if the table has it.
    #[must_use]
    pub fn of(&self, label: LabelId) -> Option<LabelId> {
        self.inverse.get(&label).copied()
    }
}

fn refusal(message: String) -> DataError {
    DataError::Labels { message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> LabelSet {
        LabelSet::new(["none", "parent", "child", "spouse"], "none").unwrap()
    }

    #[test]
    fn the_inverse_of_the_inverse_is_the_label_itself() {
        let labels = labels();
        // The second pair repeats the first from the other end.
        let pairs = [("parent", "child"), ("child", "parent"), ("spouse", "spouse")];
        let inverses = InverseRelations::new(&labels, pairs).unwrap();
        for label in labels.ids() {
            if let Some(inverse) = inverses.of(label) {
                assert_eq!(inverses.of(inverse), Some(label));
            }
        }
        assert_eq!(labels.ids().filter(|label| inverses.of(*label).is_some()).count(), 3);
        assert_eq!(InverseRelations::default().of(labels.negative()), None);
    }

    #[test]
    fn tables_that_cannot_be_are_refused() {
        fn check(pairs: &[(&str, &str)], part: &str) {
            let error = InverseRelations::new(&labels(), pairs.iter().copied()).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
        check(
            &[("parents", "child")],
            "`parents` is no label (did you mean `parent`?)",
        );
        check(
            &[("parent", "child"), ("child", "spouse")],
            "`child` cannot be the inverse of both `parent` and `spouse`",
        );
        check(
            &[("spouse", "spouse"), ("spouse", "child")],
            "both `spouse` and `child`",
        );
    }
}
