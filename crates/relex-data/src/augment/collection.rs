//! The children made so far, and what was refused.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::attempt::{Attempt, Sources};
use super::child::{AugmentedExample, Made};
use super::recipe::Recipe;
use super::refusal::Refusal;
use super::summary::{Augmentation, LabelSummary, RecipeSummary};
use crate::error::{DataError, clip};
use crate::example::{Example, Span};
use crate::labels::LabelId;

/// Children that were kept, and the counts of those that were not.
pub(super) struct Collection<'a> {
    sources: &'a Sources<'a>,
    /// The labels that training rows give to a sentence with its subject and object.
    present: HashMap<(&'a str, Span, Span), Vec<Option<LabelId>>>,
    /// The label that a recipe's children give to a sentence with its subject and object.
    made: HashMap<(usize, String, Span, Span), Option<LabelId>>,
    children: Vec<(Attempt, usize, AugmentedExample)>,
    recipes: Vec<RecipeSummary>,
}

/// What became of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Kept,
    /// The recipe has made the same child before; by chance, perhaps.
    Repeated,
    /// For a reason that will hold the next time, too.
    Refused,
}

impl<'a> Collection<'a> {
    /// An empty one, but for counts of what no attempt will meet: rows whose label has no inverse, and paraphrases of rows that
    /// are not augmented.
    pub(super) fn of(sources: &'a Sources<'a>) -> Self {
        let mut present: HashMap<_, Vec<_>> = HashMap::new();
        for row in sources.rows.rows() {
            let key = (row.sentence.as_str(), row.subject.span, row.object.span);
            present.entry(key).or_default().push(row.label);
        }
        let summary = |recipe: &Recipe| {
            let mut summary = RecipeSummary::of(recipe);
            match recipe {
                Recipe::RoleSwap => summary.refuse(Refusal::NoInverse, rows_without_inverse(sources)),
                Recipe::Paraphrase => {
                    let (unknown, left_out) = without_attempt(sources);
                    summary.refuse(Refusal::UnknownParent, unknown);
                    summary.refuse(Refusal::LabelLeftOut, left_out);
                }
                _ => {}
            }
            summary
        };
        Self {
            sources,
            present,
            made: HashMap::new(),
            children: Vec::new(),
            recipes: sources.config.recipes.iter().map(summary).collect(),
        }
    }

    /// Keeps an attempt's child of a round, or counts why not.
    pub(super) fn take(
        &mut self,
        attempt: Attempt,
        round: usize,
        outcome: Result<Made, Refusal>,
    ) -> Result<Fate, DataError> {
        let made = match outcome.and_then(|made| self.is_new(attempt, &made.example).map(|()| made)) {
            Ok(made) => made,
            Err(refusal) => {
                self.recipes[attempt.recipe].refuse(refusal, 1);
                return Ok(match refusal {
                    Refusal::Repeated => Fate::Repeated,
                    _ => Fate::Refused,
                });
            }
        };
        let (recipe, parent) = (self.sources.recipe(attempt), &self.sources.parent(attempt).id);
        let number = attempt.number(round);
        let refuse = |message: String| DataError::Augment { message };
        let id = format!("{parent}+{}-{number}", recipe.name());
        if self.sources.rows.by_id(&id).is_some() {
            return Err(refuse(format!(
                "the id `{}` is needed for a child of `{}`, but a training row has it; rename that row",
                clip(&id),
                clip(parent)
            )));
        }
        let words = (made.subject_word.as_str(), made.object_word.as_str());
        let example = Example { id, ..made.example };
        let child = AugmentedExample::checked(example, words, parent, recipe).map_err(|fault| {
            refuse(format!(
                "{recipe} made a broken child of row `{}`: {fault}; check that row's spans",
                clip(parent)
            ))
        })?;
        self.recipes[attempt.recipe].keep(made.repairs, made.mentions_left);
        self.children.push((attempt, number, child));
        Ok(Fate::Kept)
    }

    /// Refuses what a training row, or a child of the same recipe, says already or contradicts; remembers the rest.
    fn is_new(&mut self, attempt: Attempt, child: &Example) -> Result<(), Refusal> {
        let key = (child.sentence.as_str(), child.subject.span, child.object.span);
        if let Some(labels) = self.present.get(&key) {
            return Err(match labels.contains(&child.label) {
                true => Refusal::Present,
                false => Refusal::Conflicting,
            });
        }
        // A recipe's children are the same whatever the other recipes are, so it is held against its own only.
        let (sentence, subject, object) = (child.sentence.clone(), child.subject.span, child.object.span);
        match self.made.entry((attempt.recipe, sentence, subject, object)) {
            Entry::Vacant(free) => {
                free.insert(child.label);
                Ok(())
            }
            Entry::Occupied(taken) if *taken.get() == child.label => Err(Refusal::Repeated),
            Entry::Occupied(_) => Err(Refusal::Conflicting),
        }
    }

    /// Everything kept, in an order that does not depend on the rows'.
    pub(super) fn finish(mut self, rows_of_labels: &[usize]) -> Augmentation {
        self.children.sort_by(|(left, first, one), (right, second, other)| {
            let key = (left.recipe, one.parent(), first);
            key.cmp(&(right.recipe, other.parent(), second))
        });
        let children: Vec<AugmentedExample> = self.children.into_iter().map(|(_, _, child)| child).collect();
        let labels = &self.sources.rows.spec().labels;
        let mut summaries: Vec<LabelSummary> = labels
            .ids()
            .map(|label| LabelSummary {
                label: labels.name(label).to_owned(),
                rows: rows_of_labels[label.index()],
                made: 0,
            })
            .collect();
        for label in children.iter().filter_map(|child| child.example().label) {
            summaries[label.index()].made += 1;
        }
        Augmentation {
            children,
            recipes: self.recipes,
            labels: summaries,
        }
    }
}

fn rows_without_inverse(sources: &Sources<'_>) -> usize {
    let inverses = &sources.rows.spec().inverse_relations;
    let labels = sources.rows.rows().iter().filter_map(|row| row.label);
    labels
        .filter(|label| sources.is_augmented(*label) && inverses.of(*label).is_none())
        .count()
}

/// Paraphrases of no training row, and those of rows whose label is left out.
fn without_attempt(sources: &Sources<'_>) -> (usize, usize) {
    let (mut unknown, mut left_out) = (0, 0);
    for (parent, sentences) in &sources.paraphrases {
        match sources.rows.by_id(parent) {
            None => unknown += sentences.len(),
            Some(row) if !row.label.is_some_and(|label| sources.is_augmented(label)) => left_out += sentences.len(),
            Some(_) => {}
        }
    }
    (unknown, left_out)
}
