//! One recipe on one row.

use std::collections::{BTreeSet, HashMap};

use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::balance::NegativeRows;
use super::child::Made;
use super::draft::Repairs;
use super::grow::AugmentConfig;
use super::masking::mask_entities;
use super::paraphrase::adopt_paraphrase;
use super::punctuation::insert_punctuation;
use super::recipe::Recipe;
use super::refusal::Refusal;
use super::replacement::{Entities, replace_entities};
use super::role_swap::swap_roles;
use super::rows::TrainingRows;
use super::word_deletion::delete_words;
use super::word_swap::swap_words;
use crate::example::Example;
use crate::labels::LabelId;
use crate::rng::stream;

/// A recipe, by its place in the configuration, on a training row, by its place among them.
#[derive(Clone, Copy)]
pub(super) struct Attempt {
    pub(super) recipe: usize,
    pub(super) row: usize,
    /// Which of the row's paraphrases, from 0; 0 for other recipes. Each is an attempt of its own, so that all are looked at.
    pub(super) paraphrase: usize,
    /// How often in a row the child was one that had been made already.
    pub(super) misses: usize,
}

impl Attempt {
    /// The number of the child that it makes in a round (from 1), as it stands in the child's id.
    pub(super) fn number(self, round: usize) -> usize {
        self.paraphrase + round
    }
}

/// What children are made from.
pub(super) struct Sources<'a> {
    pub(super) rows: &'a TrainingRows<'a>,
    pub(super) config: &'a AugmentConfig,
    entities: Option<Entities<'a>>,
    /// By the parent's id.
    pub(super) paraphrases: HashMap<&'a str, Vec<&'a str>>,
    subject_types: HashMap<LabelId, BTreeSet<&'a str>>,
}

impl<'a> Sources<'a> {
    pub(super) fn of(rows: &'a TrainingRows<'a>, config: &'a AugmentConfig) -> Self {
        let pool = config.recipes.iter().find_map(|recipe| match recipe {
            Recipe::EntityReplacement(pool) => Some(*pool),
            _ => None,
        });
        let mut paraphrases: HashMap<&str, Vec<&str>> = HashMap::new();
        for paraphrase in &config.paraphrases {
            let sentences = paraphrases.entry(&paraphrase.parent).or_default();
            sentences.push(&paraphrase.sentence);
        }
        Self {
            rows,
            config,
            entities: pool.map(|pool| Entities::of(rows, pool)),
            paraphrases,
            subject_types: rows.subject_types(),
        }
    }

    /// The recipe of an attempt.
    pub(super) fn recipe(&self, attempt: Attempt) -> &'a Recipe {
        &self.config.recipes[attempt.recipe]
    }

    /// The row of an attempt.
    pub(super) fn parent(&self, attempt: Attempt) -> &'a Example {
        self.rows.rows()[attempt.row]
    }

    /// Every recipe on every row that would make a child of this label.
    pub(super) fn attempts(&self, label: LabelId) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        for (recipe, kind) in self.config.recipes.iter().enumerate() {
            for (row, parent) in self.rows.rows().iter().enumerate() {
                if self.label_of_child(kind, parent) != Some(label) {
                    continue;
                }
                let count = match kind {
                    Recipe::Paraphrase => self.paraphrases.get(parent.id.as_str()).map_or(0, Vec::len),
                    _ => 1,
                };
                attempts.extend((0..count).map(|paraphrase| Attempt {
                    recipe,
                    row,
                    paraphrase,
                    misses: 0,
                }));
            }
        }
        attempts
    }

    fn label_of_child(&self, recipe: &Recipe, parent: &Example) -> Option<LabelId> {
        let label = parent.label.filter(|label| self.is_augmented(*label))?;
        match recipe {
            Recipe::RoleSwap => self.rows.spec().inverse_relations.of(label),
            _ => Some(label),
        }
    }

    /// Whether rows of this label are parents at all.
    pub(super) fn is_augmented(&self, label: LabelId) -> bool {
        let balance = &self.config.balance;
        label != self.rows.spec().labels.negative()
            || balance.negative == NegativeRows::Included
            || balance.per_label.contains_key(&label)
    }

    /// Where an attempt stands in its round: by hash, and by id only among rows of equal content.
    pub(super) fn rank(&self, attempt: Attempt, round: usize) -> ([u8; 32], &'a str) {
        let mut hasher = Sha256::new();
        hasher.update(b"relex augment order v1");
        hasher.update(self.config.seed.to_le_bytes());
        hasher.update((attempt.number(round) as u64).to_le_bytes());
        hasher.update(self.rows.hash(attempt.row).as_bytes());
        hasher.update(self.recipe(attempt).name().as_bytes());
        (hasher.finalize().into(), &self.parent(attempt).id)
    }

    /// The child of a round (from 1); nothing when the recipe has no more for the row.
    pub(super) fn make(&self, attempt: Attempt, round: usize) -> Option<Result<Made, Refusal>> {
        let (recipe, parent) = (self.recipe(attempt), self.parent(attempt));
        let chance = |number| self.chance(attempt, number);
        Some(match recipe {
            Recipe::RoleSwap | Recipe::Paraphrase if round > 1 => return None,
            Recipe::RoleSwap => self.swapped(parent),
            Recipe::EntityReplacement(_) => replace_entities(parent, self.entities.as_ref()?, &mut chance(round)),
            // The order of a row's masks is drawn once, as if for child 0.
            Recipe::EntityMasking(mask) => {
                return mask_entities(parent, mask, round, self.rows.spec(), &mut chance(0));
            }
            Recipe::PunctuationInsertion => insert_punctuation(parent, &mut chance(round)),
            Recipe::WordDeletion(share) => delete_words(parent, *share, &mut chance(round)),
            Recipe::WordSwap(share) => swap_words(parent, *share, &mut chance(round)),
            Recipe::Paraphrase => {
                let sentence = self.paraphrases.get(parent.id.as_str())?.get(attempt.paraphrase)?;
                adopt_paraphrase(parent, sentence)
            }
        })
    }

    fn chance(&self, attempt: Attempt, number: usize) -> ChaCha8Rng {
        let (recipe, hash) = (self.recipe(attempt).name(), self.rows.hash(attempt.row));
        stream(self.config.seed, &format!("augment/{recipe}/{hash}/{number}"))
    }

    fn swapped(&self, parent: &Example) -> Result<Made, Refusal> {
        let example = swap_roles(parent, &self.rows.spec().inverse_relations).ok_or(Refusal::NoInverse)?;
        // A label without rows says nothing about its subjects.
        let types = example.label.and_then(|label| self.subject_types.get(&label));
        if types.is_some_and(|types| !types.contains(example.subject.entity_type.as_str())) {
            return Err(Refusal::ForeignType);
        }
        if example.subject.span.overlaps(example.object.span) {
            return Err(Refusal::Overlapping);
        }
        Ok(Made {
            subject_word: parent.object_word().to_owned(),
            object_word: parent.subject_word().to_owned(),
            example,
            repairs: Repairs::default(),
            mentions_left: 0,
        })
    }
}
