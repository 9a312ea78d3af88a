//! What a strategy deals out, groups of duplicates or single rows, and to whom.

use rand_chacha::rand_core::Rng;
use rayon::prelude::*;

use super::balance::{Group, Targets};
use super::{Part, SplitConfig, Strategy, balance, deal, prior, refuse};
use crate::dedup::duplicate_groups;
use crate::error::DataError;
use crate::example::Example;
use crate::id_order::compare_ids;
use crate::labels::{LabelId, LabelSet};
use crate::rng::stream;

/// Labelled rows in groups of duplicates, and in the units that a strategy deals out.
///
/// Both come in the order of the least content hash in them, which is the same for every order of rows and every naming
/// of them; rows of equal content stand in the order of their ids.
pub(super) struct Units {
    hashes: Vec<[u8; 32]>,
    labels: Vec<LabelId>,
    group_of: Vec<usize>,
    /// The rows of each unit.
    units: Vec<Vec<usize>>,
}

impl Units {
    pub(super) fn of(examples: &[Example], labels: &LabelSet, config: &SplitConfig) -> Result<Self, DataError> {
        let hashes: Vec<[u8; 32]> = examples
            .par_iter()
            .map(|example| example.content_digest(labels))
            .collect();
        let mut groups = duplicate_groups(examples, config.tier).members();
        groups.sort_by_cached_key(|rows| rows.iter().map(|row| hashes[*row]).min());
        let mut group_of = vec![0; examples.len()];
        for (number, rows) in groups.iter().enumerate() {
            for row in rows {
                group_of[*row] = number;
            }
        }
        let units = if config.strategy.keeps_groups_whole() {
            groups
        } else {
            let mut rows: Vec<usize> = (0..examples.len()).collect();
            rows.sort_by(|left, right| {
                let by_hash = hashes[*left].cmp(&hashes[*right]);
                by_hash.then_with(|| compare_ids(&examples[*left].id, &examples[*right].id))
            });
            rows.into_iter().map(|row| vec![row]).collect()
        };
        let units = Self {
            hashes,
            labels: examples.iter().filter_map(|example| example.label).collect(),
            group_of,
            units,
        };
        units.refuse_too_few(config)?;
        Ok(units)
    }

    /// The content hash of a row.
    pub(super) fn hash(&self, row: usize) -> &[u8; 32] {
        &self.hashes[row]
    }

    /// The group of a row.
    pub(super) fn group(&self, row: usize) -> usize {
        self.group_of[row]
    }

    fn refuse_too_few(&self, config: &SplitConfig) -> Result<(), DataError> {
        let parts = config.strategy.parts().len();
        let wanted = config.strategy.parts_in_words();
        let units = self.units.len();
        if units >= parts {
            return Ok(());
        }
        refuse(if units == 0 {
            format!(
                "the conflict policy `{}` leaves no rows; choose another",
                config.conflicts
            )
        } else if config.strategy.keeps_groups_whole() {
            format!(
                "{wanted} need {parts} groups of duplicates, but the data has {units}; ask for fewer parts or a stricter tier"
            )
        } else {
            format!("{wanted} need {parts} rows, but the data has {units}; ask for fewer parts")
        })
    }

    /// The part of every row.
    pub(super) fn parts(&self, labels: &LabelSet, config: &SplitConfig) -> Result<Vec<Part>, DataError> {
        let mut random = stream(config.seed, "split");
        let chance = &mut || random.next_u64();
        let label_count = labels.len();
        let bins = match &config.strategy {
            Strategy::Random { valid_fraction } => deal::draw(self.units.len(), *valid_fraction, chance),
            Strategy::KFold { folds } => deal::deal(self.units.len(), *folds, chance),
            Strategy::Stratified { valid_fraction } | Strategy::DuplicateAware { valid_fraction } => {
                deal::draw_by_label(&self.representatives(), label_count, *valid_fraction, chance)
            }
            Strategy::StratifiedKFold { folds } => deal::deal_by_label(&self.representatives(), *folds, chance),
            Strategy::GroupedHoldOut { valid_fraction } => self.hold_out(*valid_fraction, label_count, chance),
            Strategy::GroupedKFold { folds } => {
                let groups = self.contents(&self.units);
                balance::folds(&groups, &Targets::shares(&groups, label_count, &equal(*folds)), chance)
            }
            Strategy::PriorMatched { valid_fraction, prior } => {
                let mut available = vec![0; label_count];
                for label in &self.labels {
                    available[label.index()] += 1;
                }
                let wanted = prior::wanted_rows(prior, *valid_fraction, labels, &available)?;
                let groups = self.contents(&self.units);
                balance::hold_out(&groups, &Targets::mix(&groups, wanted), chance)
            }
            Strategy::HoldOutAndFolds {
                hold_out_fraction,
                folds,
            } => {
                let held = self.hold_out(*hold_out_fraction, label_count, chance);
                let mut random = stream(config.seed, "split/folds");
                self.folds_in_the_rest(&held, *folds, label_count, &mut || random.next_u64())
            }
        };
        let part_of = config.strategy.parts();
        let mut filled = vec![false; part_of.len()];
        let mut parts = vec![Part::Train; self.labels.len()];
        for (rows, bin) in self.units.iter().zip(bins) {
            filled[bin] = true;
            for row in rows {
                parts[*row] = part_of[bin];
            }
        }
        match filled.iter().position(|filled| !filled) {
            None => Ok(parts),
            Some(empty) => refuse(format!(
                "{} would be empty, since the groups are too few or too large; ask for fewer folds, another fraction or a \
                 stricter tier",
                part_of[empty]
            )),
        }
    }

    /// The label of the row of the least content hash in every unit.
    fn representatives(&self) -> Vec<LabelId> {
        let least = |rows: &Vec<usize>| rows.iter().copied().min_by_key(|row| self.hashes[*row]);
        self.units
            .iter()
            .filter_map(least)
            .map(|row| self.labels[row])
            .collect()
    }

    fn contents<'a>(&self, units: impl IntoIterator<Item = &'a Vec<usize>>) -> Vec<Group> {
        let labels = |rows: &Vec<usize>| Group::of(rows.iter().map(|row| self.labels[*row]));
        units.into_iter().map(labels).collect()
    }

    fn hold_out(&self, fraction: f64, label_count: usize, chance: &mut dyn FnMut() -> u64) -> Vec<usize> {
        let groups = self.contents(&self.units);
        let targets = Targets::shares(&groups, label_count, &[fraction, 1.0 - fraction]);
        balance::hold_out(&groups, &targets, chance)
    }

    /// Units in bin 0 of `held` go to the last bin, after those of the folds.
    fn folds_in_the_rest(
        &self,
        held: &[usize],
        folds: usize,
        label_count: usize,
        chance: &mut dyn FnMut() -> u64,
    ) -> Vec<usize> {
        let rest: Vec<usize> = (0..held.len()).filter(|unit| held[*unit] != 0).collect();
        let groups = self.contents(rest.iter().map(|unit| &self.units[*unit]));
        let targets = Targets::shares(&groups, label_count, &equal(folds));
        let mut bins = vec![folds; held.len()];
        for (unit, bin) in rest.iter().zip(balance::folds(&groups, &targets, chance)) {
            bins[*unit] = bin;
        }
        bins
    }
}

fn equal(folds: usize) -> Vec<f64> {
    vec![1.0 / folds as f64; folds]
}
