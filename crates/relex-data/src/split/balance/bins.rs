//! Rows of every label in bins, how they should be, and how far from that a group would bring them.

use super::{Group, LEAST_GAIN};

/// How many rows of every label, and in the last column of any label, each bin should get.
pub(in crate::split) struct Targets {
    pub(super) fair: Vec<Vec<f64>>,
    pub(super) totals: Vec<usize>,
}

impl Targets {
    /// To each bin its share of every label; `shares` sums to 1.
    pub(in crate::split) fn shares(groups: &[Group], label_count: usize, shares: &[f64]) -> Self {
        let totals = totals(groups, label_count);
        let fair = shares
            .iter()
            .map(|share| totals.iter().map(|total| *total as f64 * share).collect())
            .collect();
        Self { fair, totals }
    }

    /// To the first of two bins so many rows of every label, to the second the rest.
    pub(in crate::split) fn mix(groups: &[Group], mut wanted: Vec<f64>) -> Self {
        let totals = totals(groups, wanted.len());
        wanted.push(wanted.iter().sum());
        let rest = totals.iter().zip(&wanted).map(|(total, wanted)| *total as f64 - wanted);
        let fair = vec![wanted.clone(), rest.collect()];
        Self { fair, totals }
    }
}

/// Rows of every label, and of all in the last place.
fn totals(groups: &[Group], label_count: usize) -> Vec<usize> {
    let mut totals = vec![0; label_count + 1];
    for group in groups {
        for (label, count) in &group.counts {
            totals[*label] += count;
        }
        totals[label_count] += group.rows;
    }
    totals
}

/// Rows of every label in every bin, and how they should be. The last column counts rows of any label.
pub(super) struct Bins<'a> {
    pub(super) targets: &'a Targets,
    pub(super) counts: Vec<Vec<f64>>,
    /// Groups with every label in every bin.
    pub(super) groups_with: Vec<Vec<usize>>,
}

#[expect(clippy::cast_precision_loss, reason = "row counts lie far below 2^52")]
impl<'a> Bins<'a> {
    pub(super) fn empty(targets: &'a Targets) -> Self {
        let columns = targets.totals.len();
        Self {
            targets,
            counts: vec![vec![0.0; columns]; targets.fair.len()],
            groups_with: vec![vec![0; columns - 1]; targets.fair.len()],
        }
    }

    /// The sum of χ² over bins and columns.
    pub(super) fn unevenness(&self) -> f64 {
        let bins = self.counts.iter().zip(&self.targets.fair);
        let cells = bins.flat_map(|(counts, fair)| counts.iter().zip(fair));
        cells.map(|(count, fair)| (count - fair).powi(2) / scale(*fair)).sum()
    }

    /// Whether every count is its fair share rounded up or down, which no other placing betters by a whole row.
    pub(super) fn is_even(&self) -> bool {
        let bins = self.counts.iter().zip(&self.targets.fair);
        let mut cells = bins.flat_map(|(counts, fair)| counts.iter().zip(fair));
        cells.all(|(count, fair)| (count - fair).abs() < 1.0)
    }

    /// What `rows` more of one column would add to χ².
    fn change(&self, bin: usize, column: usize, rows: f64) -> f64 {
        let (count, fair) = (self.counts[bin][column], self.targets.fair[bin][column]);
        // (c + r − f)² − (c − f)² = r (r + 2 (c − f))
        rows * (rows + 2.0 * (count - fair)) / scale(fair)
    }

    /// What putting a group into a bin would add to χ².
    pub(super) fn cost(&self, group: &Group, bin: usize) -> f64 {
        let by_label = group
            .counts
            .iter()
            .map(|(label, count)| self.change(bin, *label, *count as f64));
        by_label.sum::<f64>() + self.change(bin, self.targets.totals.len() - 1, group.rows as f64)
    }

    /// What taking a group out of its bin would take off χ².
    pub(super) fn relief(&self, group: &Group, bin: usize) -> f64 {
        let by_label = group
            .counts
            .iter()
            .map(|(label, count)| self.change(bin, *label, -(*count as f64)));
        -(by_label.sum::<f64>() + self.change(bin, self.targets.totals.len() - 1, -(group.rows as f64)))
    }

    /// The cheapest bin; among equals, the one that `key` chooses.
    pub(super) fn best(&self, group: &Group, key: u64) -> usize {
        let count = self.counts.len();
        let first = (key % count as u64) as usize;
        let mut best = (first, self.cost(group, first));
        for step in 1..count {
            let bin = (first + step) % count;
            let cost = self.cost(group, bin);
            if cost < best.1 - LEAST_GAIN {
                best = (bin, cost);
            }
        }
        best.0
    }

    pub(super) fn add(&mut self, group: &Group, bin: usize) {
        for (label, count) in &group.counts {
            self.counts[bin][*label] += *count as f64;
            self.groups_with[bin][*label] += 1;
        }
        let last = self.targets.totals.len() - 1;
        self.counts[bin][last] += group.rows as f64;
    }

    pub(super) fn remove(&mut self, group: &Group, bin: usize) {
        for (label, count) in &group.counts {
            self.counts[bin][*label] -= *count as f64;
            self.groups_with[bin][*label] -= 1;
        }
        let last = self.targets.totals.len() - 1;
        self.counts[bin][last] -= group.rows as f64;
    }
}

/// What a squared deviation is divided by. Where no row should be, one counts as much as the first of a label whose fair
/// share is a tenth of a row.
fn scale(fair: f64) -> f64 {
    if fair > 0.0 { fair } else { 0.1 }
}
