//! What a split came to: rows of every label in every part, against what would be fair, and what leaks.

use std::collections::HashMap;

use super::{Manifest, Part, Strategy, table};

/// A split in numbers; see [`Manifest::summary`].
#[derive(Debug, Clone, PartialEq)]
pub struct SplitSummary {
    /// Rows that are in the split, dropped ones not counted.
    pub rows: usize,
    /// Their groups of duplicates.
    pub groups: usize,
    /// The parts that are measured on: every fold, then the hold-out beside them if there is one.
    pub parts: Vec<PartSummary>,
}

/// One part that is measured on.
#[derive(Debug, Clone, PartialEq)]
pub struct PartSummary {
    /// Which.
    pub part: Part,
    /// Its rows.
    pub rows: usize,
    /// The rows that a model measured on it learns from; for a hold-out, all that are in any fold.
    pub train_rows: usize,
    /// Groups of duplicates with a row in it.
    pub groups: usize,
    /// Its rows that have a duplicate, by the split's tier, among the rows learnt from: 0 where groups are kept whole.
    pub leaked: usize,
    /// Every label, in the data set's order.
    pub labels: Vec<LabelShare>,
}

/// The rows of one label in one part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelShare {
    /// As many as there are.
    pub rows: usize,
    /// As many as there should be: the part's share of all rows of the label; under [`Strategy::PriorMatched`], of the
    /// wanted mix.
    pub fair: f64,
}

impl LabelShare {
    /// Rows too many, or if negative, too few.
    #[must_use]
    pub fn excess(&self) -> f64 {
        self.rows as f64 - self.fair
    }
}

impl PartSummary {
    /// The label that is farthest from its fair share, in rows, by its place in the label list; the first of several.
    #[must_use]
    pub fn worst_label(&self) -> Option<usize> {
        let mut worst: Option<usize> = None;
        for (label, share) in self.labels.iter().enumerate() {
            if worst.is_none_or(|worst| share.excess().abs() > self.labels[worst].excess().abs() + 1e-9) {
                worst = Some(label);
            }
        }
        worst
    }
}

impl Manifest {
    /// Counts rows, groups, labels and leaks of every part that is measured on.
    #[must_use]
    pub fn summary(&self) -> SplitSummary {
        let label_of: HashMap<&str, usize> = (self.labels().iter().enumerate())
            .map(|(index, name)| (name.as_str(), index))
            .collect();
        let mut counts: HashMap<Part, Vec<usize>> = HashMap::new();
        let mut group_parts: HashMap<usize, Vec<(Part, usize)>> = HashMap::new();
        for row in self.rows() {
            let (Some(group), Some(label)) = (row.group, label_of.get(row.label.as_str())) else {
                continue;
            };
            let by_label = counts.entry(row.part).or_insert_with(|| vec![0; self.labels().len()]);
            by_label[*label] += 1;
            let parts = group_parts.entry(group).or_default();
            match parts.iter_mut().find(|(part, _)| *part == row.part) {
                Some((_, rows)) => *rows += 1,
                None => parts.push((row.part, 1)),
            }
        }
        let mut groups: HashMap<Part, usize> = HashMap::new();
        let mut leaked: HashMap<Part, usize> = HashMap::new();
        for members in group_parts.values() {
            for (part, rows) in members {
                *groups.entry(*part).or_default() += 1;
                if (members.iter()).any(|(other, _)| other != part && *other != Part::HoldOut) {
                    *leaked.entry(*part).or_default() += rows;
                }
            }
        }
        let rows = |part: Part| counts.get(&part).map_or(0, |by_label| by_label.iter().sum());
        let measured = self.strategy().parts().into_iter().filter(|part| *part != Part::Train);
        let all: usize = counts.values().flatten().sum();
        let parts = measured.map(|part| PartSummary {
            part,
            rows: rows(part),
            train_rows: all - rows(part) - if part == Part::HoldOut { 0 } else { rows(Part::HoldOut) },
            groups: groups.get(&part).copied().unwrap_or(0),
            leaked: leaked.get(&part).copied().unwrap_or(0),
            labels: self.label_shares(part, &counts),
        });
        SplitSummary {
            rows: all,
            groups: group_parts.len(),
            parts: parts.collect(),
        }
    }

    /// A table for the terminal, lines ending in a line feed: what the split is, every part with its rows, groups, leaks
    /// and worst deviation, and every label in every part.
    #[must_use]
    pub fn render_text(&self) -> String {
        table::render(self)
    }

    fn label_shares(&self, part: Part, counts: &HashMap<Part, Vec<usize>>) -> Vec<LabelShare> {
        let in_part = |part: &Part, label: usize| counts.get(part).map_or(0, |by_label| by_label[label]);
        let total = |label: usize| counts.values().map(|by_label| by_label[label]).sum::<usize>() as f64;
        let fair = |label: usize| match (self.strategy(), part) {
            (Strategy::PriorMatched { valid_fraction, prior }, _) => {
                let share = prior.get(&self.labels()[label]).copied().unwrap_or(0.0);
                let rows: usize = counts.values().flatten().sum();
                share / prior.values().sum::<f64>() * valid_fraction * rows as f64
            }
            (
                Strategy::Random { valid_fraction }
                | Strategy::Stratified { valid_fraction }
                | Strategy::DuplicateAware { valid_fraction }
                | Strategy::GroupedHoldOut { valid_fraction },
                _,
            ) => total(label) * valid_fraction,
            (Strategy::HoldOutAndFolds { hold_out_fraction, .. }, Part::HoldOut) => total(label) * hold_out_fraction,
            (strategy, _) => (total(label) - in_part(&Part::HoldOut, label) as f64) / strategy.folds() as f64,
        };
        let share = |label| LabelShare {
            rows: in_part(&part, label),
            fair: fair(label),
        };
        (0..self.labels().len()).map(share).collect()
    }
}
