//! What an augmentation made, and what it refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::child::AugmentedExample;
use super::draft::Repairs;
use super::recipe::Recipe;
use super::refusal::Refusal;
use crate::error::clip;
use crate::terminal::{Align, Lines, number};

/// Children with an account of how they came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Augmentation {
    /// The children, sorted by recipe, parent and number.
    pub children: Vec<AugmentedExample>,
    /// One account a recipe, in the order of the configuration.
    pub recipes: Vec<RecipeSummary>,
    /// One line a label, in the order of the label set.
    pub labels: Vec<LabelSummary>,
}

/// What one recipe made and refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeSummary {
    /// The recipe, as it is written.
    pub recipe: String,
    /// Children made.
    pub made: usize,
    /// How often it refused, by reason.
    pub refused: BTreeMap<Refusal, usize>,
    /// Korean particles that took another form behind a new entity.
    pub particles_changed: usize,
    /// English articles that took another form before one.
    pub articles_changed: usize,
    /// Entities that gave way in their own place, but are mentioned elsewhere in the sentence, too, under their old name.
    pub mentions_left: usize,
}

/// How many rows a label has, and how many children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelSummary {
    /// The label.
    pub label: String,
    /// Its training rows.
    pub rows: usize,
    /// Its children.
    pub made: usize,
}

impl RecipeSummary {
    pub(super) fn of(recipe: &Recipe) -> Self {
        Self {
            recipe: recipe.to_string(),
            made: 0,
            refused: BTreeMap::new(),
            particles_changed: 0,
            articles_changed: 0,
            mentions_left: 0,
        }
    }

    pub(super) fn keep(&mut self, repairs: Repairs, mentions_left: usize) {
        self.made += 1;
        self.particles_changed += repairs.particles;
        self.articles_changed += repairs.articles;
        self.mentions_left += mentions_left;
    }

    pub(super) fn refuse(&mut self, reason: Refusal, count: usize) {
        if count > 0 {
            *self.refused.entry(reason).or_default() += count;
        }
    }
}

impl Augmentation {
    /// A table of the recipes and one of the labels that got children, for a terminal.
    #[must_use]
    pub fn render_text(&self) -> String {
        let mut out = Lines::default();
        out.title("recipes");
        let recipes = self.recipes.iter().map(|recipe| {
            let refused = recipe.refused.values().sum();
            vec![recipe.recipe.clone(), number(recipe.made), number(refused)]
        });
        let right = |name| (name, Align::Right);
        let head = [("recipe", Align::Left), right("made"), right("refused")];
        out.table(&head, &recipes.collect::<Vec<_>>());
        for recipe in &self.recipes {
            let changes = [
                ("particles changed", recipe.particles_changed),
                ("articles changed", recipe.articles_changed),
                ("entities mentioned again under their old name", recipe.mentions_left),
            ];
            let changes = changes.map(|(what, count)| (what.to_owned(), count));
            let refusals = recipe
                .refused
                .iter()
                .map(|(why, count)| (format!("refused: {why}"), *count));
            let details = changes.into_iter().chain(refusals).filter(|(_, count)| *count > 0);
            let details: Vec<_> = details.map(|(what, count)| (what, number(count))).collect();
            if !details.is_empty() {
                out.title(&recipe.recipe);
                out.pairs(&details);
            }
        }
        let grown = self.labels.iter().filter(|label| label.made > 0).map(|label| {
            let counts = [label.rows, label.made, label.rows + label.made].map(number);
            [vec![clip(&label.label)], counts.to_vec()].concat()
        });
        let grown: Vec<Vec<String>> = grown.collect();
        if !grown.is_empty() {
            out.title("rows of each label");
            let head = [
                ("label", Align::Left),
                right("rows"),
                right("children"),
                right("in all"),
            ];
            out.table(&head, &grown);
        }
        out.text
    }
}
