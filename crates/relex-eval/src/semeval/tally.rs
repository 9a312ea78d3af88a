//! The counts behind one of the scorer's three evaluations.

use std::collections::{BTreeMap, HashMap};

use super::answers::{Answer, relation};

/// What the scorer calls `Other`, so that it sorts last.
pub(super) const OTHER: &str = "_Other";

/// How labels are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Every direction of a relation is a label of its own.
    Directed,
    /// The direction is taken off both labels.
    Undirected,
    /// Relations are the labels, and a right relation with the wrong direction is counted apart.
    Official,
}

/// Rows counted by labels, which are in the scorer's order.
pub(super) struct Tally {
    pub(super) way: Way,
    /// Rows of the key by label.
    pub(super) key: BTreeMap<String, usize>,
    /// Rows by gold and proposed label; without those of a wrong direction.
    pub(super) cells: HashMap<(String, String), usize>,
    /// Rows with the right relation and the wrong direction, by relation; only in [`Way::Official`].
    pub(super) wrong_direction: HashMap<String, usize>,
    /// Proposed labels, without rows of a wrong direction: those of the key, then others, each sorted.
    pub(super) columns: Vec<String>,
}

impl Tally {
    /// `pairs` are the key's label and the proposed label of each proposed row.
    pub(super) fn new(way: Way, key: &[Answer], pairs: &[(&str, &str)]) -> Self {
        let mut tally = Self {
            way,
            key: BTreeMap::new(),
            cells: HashMap::new(),
            wrong_direction: HashMap::new(),
            columns: Vec::new(),
        };
        for answer in key {
            *tally.key.entry(way.label(&answer.label)).or_default() += 1;
        }
        let mut strangers = Vec::new();
        for &(gold, proposed) in pairs {
            let (gold_label, proposed_label) = (way.label(gold), way.label(proposed));
            if way == Way::Official && gold_label == proposed_label && gold != proposed {
                *tally.wrong_direction.entry(gold_label).or_default() += 1;
                continue;
            }
            if !tally.key.contains_key(&proposed_label) {
                strangers.push(proposed_label.clone());
            }
            *tally.cells.entry((gold_label, proposed_label)).or_default() += 1;
        }
        strangers.sort_unstable();
        strangers.dedup();
        tally.columns = tally.key.keys().cloned().chain(strangers).collect();
        tally
    }

    pub(super) fn cell(&self, gold: &str, proposed: &str) -> usize {
        let cell = (gold.to_owned(), proposed.to_owned());
        self.cells.get(&cell).copied().unwrap_or(0)
    }

    pub(super) fn wrong_direction(&self, label: &str) -> usize {
        self.wrong_direction.get(label).copied().unwrap_or(0)
    }

    /// Rows of the key's label that were proposed, without those of a wrong direction.
    pub(super) fn row_sum(&self, gold: &str) -> usize {
        self.columns.iter().map(|proposed| self.cell(gold, proposed)).sum()
    }

    /// Rows that a label was proposed for, without those of a wrong direction.
    pub(super) fn column_sum(&self, proposed: &str) -> usize {
        self.key.keys().map(|gold| self.cell(gold, proposed)).sum()
    }

    /// Rows of the key's label that were not proposed.
    pub(super) fn skipped(&self, gold: &str) -> usize {
        let rows = self.key.get(gold).copied().unwrap_or(0);
        rows - self.row_sum(gold) - self.wrong_direction(gold)
    }

    /// Right rows.
    pub(super) fn correct(&self) -> usize {
        self.key.keys().map(|label| self.cell(label, label)).sum()
    }
}

impl Way {
    fn label(self, label: &str) -> String {
        match (label, self) {
            ("Other", _) => OTHER.to_owned(),
            (_, Self::Directed) => label.to_owned(),
            _ => relation(label).to_owned(),
        }
    }
}
