//! Whole groups into bins, every label as near to its fair share as can be.

mod bins;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::labels::LabelId;
use bins::Bins;

pub(super) use bins::Targets;

/// Improvements below this are rounding, and chasing them would never end.
const LEAST_GAIN: f64 = 1e-9;
/// Passes of moves and trades; they end by themselves long before, this bounds adversarial data.
const MOST_PASSES: usize = 50;
/// Attempts at folds, and groups placed in all of them together: data of many groups needs one attempt only.
const MOST_ATTEMPTS: usize = 32;
const MOST_PLACED: usize = 1 << 15;

/// The rows of a group, counted by label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    /// Label index and rows, by ascending index.
    counts: Vec<(usize, usize)>,
    rows: usize,
}

impl Group {
    pub(super) fn of(labels: impl Iterator<Item = LabelId>) -> Self {
        let mut indices: Vec<usize> = labels.map(LabelId::index).collect();
        indices.sort_unstable();
        let mut counts: Vec<(usize, usize)> = Vec::new();
        for index in &indices {
            match counts.last_mut() {
                Some((last, count)) if last == index => *count += 1,
                _ => counts.push((*index, 1)),
            }
        }
        Self {
            counts,
            rows: indices.len(),
        }
    }

    fn has(&self, label: usize) -> bool {
        self.counts.iter().any(|(index, _)| *index == label)
    }
}

/// The bin of every group in a hold-out of two bins; labels that both should have are put on both sides where possible.
pub(super) fn hold_out(groups: &[Group], targets: &Targets, chance: &mut dyn FnMut() -> u64) -> Vec<usize> {
    let (mut placed, mut bins) = place(groups, targets, chance);
    put_labels_on_both_sides(groups, &mut placed, &mut bins);
    placed
}

/// The bin of every group in folds: the most even of several attempts where groups are few, since there single moves are
/// too coarse to leave every dead end.
pub(super) fn folds(groups: &[Group], targets: &Targets, chance: &mut dyn FnMut() -> u64) -> Vec<usize> {
    let (mut placed, mut bins) = place(groups, targets, chance);
    let attempts = (MOST_PLACED / groups.len().max(1)).min(MOST_ATTEMPTS);
    for _ in 1..attempts {
        if bins.is_even() {
            break;
        }
        let (other, other_bins) = place(groups, targets, chance);
        if other_bins.unevenness() < bins.unevenness() - LEAST_GAIN {
            (placed, bins) = (other, other_bins);
        }
    }
    if bins.counts.len() == 2 {
        put_labels_on_both_sides(groups, &mut placed, &mut bins);
    }
    placed
}

/// Places groups one by one, then moves and trades them for as long as that helps.
fn place<'a>(groups: &[Group], targets: &'a Targets, chance: &mut dyn FnMut() -> u64) -> (Vec<usize>, Bins<'a>) {
    let mut bins = Bins::empty(targets);
    let keys: Vec<u64> = groups.iter().map(|_| chance()).collect();
    let rarest = |group: &Group| group.counts.iter().map(|(label, _)| targets.totals[*label]).min();
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_cached_key(|at| (Reverse(groups[*at].rows), rarest(&groups[*at]), keys[*at]));

    let mut placed = vec![0; groups.len()];
    for at in &order {
        let bin = bins.best(&groups[*at], keys[*at]);
        bins.add(&groups[*at], bin);
        placed[*at] = bin;
    }
    for _ in 0..MOST_PASSES {
        let moved = move_groups(groups, &order, &mut placed, &mut bins);
        let traded = trade_groups(groups, &order, &mut placed, &mut bins);
        if !moved && !traded {
            break;
        }
    }
    (placed, bins)
}

/// Moves every group for which another bin is better; whether any was.
fn move_groups(groups: &[Group], order: &[usize], placed: &mut [usize], bins: &mut Bins<'_>) -> bool {
    let mut moved = false;
    for at in order {
        let (group, from) = (&groups[*at], placed[*at]);
        let relief = bins.relief(group, from);
        let costs = (0..bins.counts.len())
            .filter(|bin| *bin != from)
            .map(|bin| (bin, bins.cost(group, bin)));
        let Some((to, cost)) = costs.min_by(|left, right| left.1.total_cmp(&right.1)) else {
            continue;
        };
        if relief - cost > LEAST_GAIN {
            bins.remove(group, from);
            bins.add(group, to);
            placed[*at] = to;
            moved = true;
        }
    }
    moved
}

/// Lets two groups of different content trade bins where that is better; whether any did.
///
/// Groups with the same labels are interchangeable, so one of each kind in each bin is enough to look at.
fn trade_groups(groups: &[Group], order: &[usize], placed: &mut [usize], bins: &mut Bins<'_>) -> bool {
    /// Kinds looked at: those of the largest groups, where single moves are too coarse.
    const MOST_KINDS: usize = 400;
    let mut kinds: BTreeMap<(&Group, usize), usize> = BTreeMap::new();
    let mut list: Vec<(&Group, usize)> = Vec::new();
    for at in order {
        let kind = (&groups[*at], placed[*at]);
        if !kinds.contains_key(&kind) && list.len() < MOST_KINDS {
            kinds.insert(kind, *at);
            list.push(kind);
        }
    }
    let mut traded = false;
    for (first, left) in list.iter().enumerate() {
        for right in &list[first + 1..] {
            let (Some(a), Some(b)) = (kinds.get(left).copied(), kinds.get(right).copied()) else {
                continue;
            };
            let (from, to) = (placed[a], placed[b]);
            // A group that has already moved in this pass no longer stands for its kind.
            if (from, to) != (left.1, right.1) || from == to {
                continue;
            }
            let mut gain = bins.relief(left.0, from);
            bins.remove(left.0, from);
            gain += bins.relief(right.0, to);
            bins.remove(right.0, to);
            gain -= bins.cost(left.0, to);
            bins.add(left.0, to);
            gain -= bins.cost(right.0, from);
            bins.add(right.0, from);
            if gain > LEAST_GAIN {
                (placed[a], placed[b]) = (to, from);
                traded = true;
            } else {
                bins.remove(left.0, to);
                bins.add(left.0, from);
                bins.remove(right.0, from);
                bins.add(right.0, to);
            }
        }
    }
    traded
}

/// Moves one group for every label that is missing on one side though the other has two groups with it.
fn put_labels_on_both_sides(groups: &[Group], placed: &mut [usize], bins: &mut Bins<'_>) {
    let label_count = bins.targets.totals.len() - 1;
    let mut labels: Vec<usize> = (0..label_count).collect();
    labels.sort_by_key(|label| bins.targets.totals[*label]);
    for label in labels {
        for to in [0, 1] {
            let from = 1 - to;
            let is_wanted = bins.targets.fair[to][label] > 0.0;
            if !is_wanted || bins.groups_with[to][label] > 0 || bins.groups_with[from][label] < 2 {
                continue;
            }
            let spares_others = |group: &Group| {
                // A label's only group cannot be on both sides anyway.
                let stays = |other: usize| bins.groups_with[from][other] > 1 || bins.groups_with[to][other] == 0;
                group.counts.iter().all(|(other, _)| stays(*other))
            };
            let candidates = (0..groups.len())
                .filter(|at| placed[*at] == from && groups[*at].has(label) && spares_others(&groups[*at]));
            let price = |at: &usize| bins.cost(&groups[*at], to) - bins.relief(&groups[*at], from);
            let cheapest = candidates.min_by(|left, right| price(left).total_cmp(&price(right)));
            if let Some(at) = cheapest {
                bins.remove(&groups[at], from);
                bins.add(&groups[at], to);
                placed[at] = to;
            }
        }
    }
}
