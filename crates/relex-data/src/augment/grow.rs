//! Recipes × training rows → children, as many as the balance asks for.

use std::collections::HashSet;

use rayon::prelude::*;

use super::attempt::{Attempt, Sources};
use super::balance::{Balance, Demand};
use super::collection::{Collection, Fate};
use super::paraphrase::Paraphrase;
use super::recipe::Recipe;
use super::rows::TrainingRows;
use super::summary::Augmentation;
use crate::error::DataError;

/// How many children are made at once at most, between two looks at how many are still wanted.
const PORTION: usize = 1 << 14;

/// How many children in a row a recipe may make again of one row before it counts as exhausted there.
const PATIENCE: usize = 5;

/// What is made of the training rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AugmentConfig {
    /// The recipes, each at most once.
    pub recipes: Vec<Recipe>,
    /// The sentences for [`Recipe::Paraphrase`]; empty without it.
    pub paraphrases: Vec<Paraphrase>,
    /// How many children each label gets.
    pub balance: Balance,
    /// Where every random stream begins.
    pub seed: u64,
}

/// Makes children of training rows.
///
/// Label by label and round by round, every recipe makes one child of every row (paraphrases are all adopted in the first), in an
/// order that hashes settle, until each label has what the [`Balance`] asks or no row gives more. A row that a recipe refused, or
/// of which it made nothing new five times in a row, is not tried again with it. A child that stands among the training rows
/// already, that the same recipe has made before, or that contradicts a training row or an earlier child of its recipe, is refused.
/// Children are sorted by recipe, parent and number.
///
/// # Errors
/// [`DataError::Augment`] for no recipe, a recipe that is named twice, paraphrases without [`Recipe::Paraphrase`] or the other way
/// round, or a training row that already bears a child's id.
pub fn augment(rows: &TrainingRows<'_>, config: &AugmentConfig) -> Result<Augmentation, DataError> {
    check(config)?;
    let sources = Sources::of(rows, config);
    let mut collection = Collection::of(&sources);
    let labels = &rows.spec().labels;
    let counts = rows.label_counts();
    for label in labels.ids() {
        let demand = config.balance.demand(label, counts[label.index()], labels.negative());
        grow(&sources, sources.attempts(label), demand, &mut collection)?;
    }
    Ok(collection.finish(&counts))
}

/// Makes the children of one label.
fn grow(
    sources: &Sources<'_>,
    mut attempts: Vec<Attempt>,
    demand: Demand,
    collection: &mut Collection<'_>,
) -> Result<(), DataError> {
    let mut wanted = demand.children.unwrap_or(usize::MAX);
    for round in 1..=demand.rounds {
        if wanted == 0 || attempts.is_empty() {
            break;
        }
        attempts.sort_by_cached_key(|attempt| sources.rank(*attempt, round));
        let mut fruitful = Vec::with_capacity(attempts.len());
        let mut left = attempts.as_slice();
        while wanted > 0 && !left.is_empty() {
            let (portion, rest) = left.split_at(left.len().min(wanted).min(PORTION));
            left = rest;
            let outcomes: Vec<_> = portion
                .par_iter()
                .map(|attempt| sources.make(*attempt, round))
                .collect();
            for (attempt, outcome) in portion.iter().zip(outcomes) {
                let Some(outcome) = outcome else { continue };
                let misses = match collection.take(*attempt, round, outcome)? {
                    Fate::Kept => 0,
                    Fate::Repeated => attempt.misses + 1,
                    Fate::Refused => PATIENCE,
                };
                wanted -= usize::from(misses == 0);
                if misses < PATIENCE {
                    fruitful.push(Attempt { misses, ..*attempt });
                }
            }
        }
        attempts = fruitful;
    }
    Ok(())
}

fn check(config: &AugmentConfig) -> Result<(), DataError> {
    let refuse = |message: String| Err(DataError::Augment { message });
    if config.recipes.is_empty() {
        return refuse("no recipe is named; name one, such as role-swap".to_owned());
    }
    let mut names = HashSet::new();
    if let Some(twice) = config.recipes.iter().find(|recipe| !names.insert(recipe.name())) {
        return refuse(format!(
            "the recipe {} is named twice; keep one, or write two files",
            twice.name()
        ));
    }
    match (
        config.recipes.contains(&Recipe::Paraphrase),
        config.paraphrases.is_empty(),
    ) {
        (true, true) => refuse("the recipe paraphrase needs paraphrases; give a file that holds some".to_owned()),
        (false, false) => refuse("there are paraphrases but no recipe for them; add the recipe paraphrase".to_owned()),
        _ => Ok(()),
    }
}
