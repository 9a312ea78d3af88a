//! Subject and object trade roles.

use super::inverse::InverseRelations;
use crate::example::Example;

/// The same sentence seen from the object: roles exchanged, the label inverted. Nothing for a label without inverse.
///
/// Doing it twice gives the row itself.
pub(super) fn swap_roles(example: &Example, inverses: &InverseRelations) -> Option<Example> {
    Some(Example {
        subject: example.object.clone(),
        object: example.subject.clone(),
        label: Some(inverses.of(example.label?)?),
        ..example.clone()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::example::{Entity, Span};
    use crate::labels::LabelSet;

    proptest! {
        #[test]
        fn twice_is_the_row_itself(label in 0..4_usize, subject in 0..9_usize, object in 10..19_usize) {
            let labels = LabelSet::new(["none", "parent", "child", "spouse"], "none").unwrap();
            let inverses = InverseRelations::new(&labels, [("parent", "child"), ("spouse", "spouse")]).unwrap();
            let entity = |start, entity_type: &str| Entity {
                span: Span::new(start, start + 1).unwrap(),
                entity_type: entity_type.to_owned(),
            };
            let row = Example {
                id: "1".to_owned(),
                sentence: "가나다라마바사아자차카타파하거너더러머버".to_owned(),
                subject: entity(subject, "PER"),
                object: entity(object, "ORG"),
                label: labels.at(label),
                source: Some("x".to_owned()),
            };
            match swap_roles(&row, &inverses) {
                None => prop_assert_eq!(label, 0),
                Some(swapped) => {
                    prop_assert_eq!((swapped.subject_word(), swapped.object_word()), (row.object_word(), row.subject_word()));
                    prop_assert_eq!(swap_roles(&swapped, &inverses), Some(row));
                }
            }
        }
    }
}
