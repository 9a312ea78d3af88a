//! A row made from another one.

use super::draft::Repairs;
use super::recipe::Recipe;
use crate::example::Example;

/// A row that a recipe made from a training row, its parent.
///
/// Its spans are checked: they lie in the sentence, do not overlap and cover the characters that the recipe put there. Only
/// [`augment`](super::augment()) and [`read_augmented`](super::read_augmented) make one.
#[derive(Debug, Clone, PartialEq)]
pub struct AugmentedExample {
    example: Example,
    parent: String,
    recipe: Recipe,
}

impl AugmentedExample {
    /// The row itself. [`augment`](super::augment()) calls it `<parent>+<recipe>-<n>`.
    #[must_use]
    pub fn example(&self) -> &Example {
        &self.example
    }

    /// The row itself, without its origin.
    #[must_use]
    pub fn into_example(self) -> Example {
        self.example
    }

    /// The id of the training row that it was made from.
    #[must_use]
    pub fn parent(&self) -> &str {
        &self.parent
    }

    /// The recipe that made it.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// A child whose entities should read `subject` and `object`; else what is wrong with it.
    pub(super) fn checked(
        example: Example,
        (subject, object): (&str, &str),
        parent: &str,
        recipe: &Recipe,
    ) -> Result<Self, String> {
        if example.sentence.trim().is_empty() {
            return Err("its sentence is empty".to_owned());
        }
        for (role, wanted, stands) in [
            ("subject", subject, example.subject_word()),
            ("object", object, example.object_word()),
        ] {
            if stands != wanted {
                return Err(format!(
                    "its {role} should read `{wanted}`, but `{stands}` stands there"
                ));
            }
        }
        if example.subject.span.overlaps(example.object.span) {
            return Err("its entities overlap".to_owned());
        }
        if example.label.is_none() {
            return Err("it has no label".to_owned());
        }
        Ok(Self {
            example,
            parent: parent.to_owned(),
            recipe: recipe.clone(),
        })
    }
}

/// A child before it has an id, with what is known about how it was made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Made {
    pub(super) example: Example,
    /// What the subject should read.
    pub(super) subject_word: String,
    /// What the object should read.
    pub(super) object_word: String,
    pub(super) repairs: Repairs,
    /// Replaced entities that the sentence mentions a second time, where their old text stays.
    pub(super) mentions_left: usize,
}
