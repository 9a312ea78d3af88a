//! Whether two sets of predictions differ, and whether a mix of labels explains how.

use serde::Serialize;

use super::bbse::{shares_of, solve};
use super::problem::Problem;
use crate::chance::{shuffled, stream, uniform};
use crate::groups::RowGroups;
use crate::probabilities::ProbabilityTable;
use crate::resample::{Resampler, in_each};

/// How finely confidence is told apart.
const CONFIDENCE_BINS: usize = 5;

/// A distance between distributions of predictions, and how often chance alone would give as large a one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DistributionTest {
    /// Σ (a - b)² / (a + b) over the bins' shares: 0 if equal, 2 if they have no bin in common.
    pub distance: f64,
    /// Share of simulations under the hypothesis with a distance at least as large.
    pub p_value: f64,
}

/// Rows by predicted label, negative or not, and confidence: bins that both tests compare. Confidence is
/// cut where validation rows of the same side are divided evenly.
pub(super) struct Bins {
    pub(super) valid: Vec<usize>,
    pub(super) target: Vec<usize>,
}

impl Bins {
    pub(super) const COUNT: usize = 2 * CONFIDENCE_BINS;

    pub(super) fn new(valid: &ProbabilityTable, target: &ProbabilityTable, negative: usize) -> Self {
        let sides = |table: &ProbabilityTable| -> Vec<(usize, f64)> {
            table
                .rows()
                .zip(table.predicted())
                .map(|(row, label)| (usize::from(label != negative), row[label]))
                .collect()
        };
        let (valid, target) = (sides(valid), sides(target));
        let cuts: [Vec<f64>; 2] = [0, 1].map(|side| {
            let mut sure: Vec<f64> = valid.iter().filter(|row| row.0 == side).map(|row| row.1).collect();
            sure.sort_by(f64::total_cmp);
            (1..CONFIDENCE_BINS)
                .filter_map(|cut| sure.get(cut * sure.len() / CONFIDENCE_BINS).copied())
                .collect()
        });
        let bin = |rows: &[(usize, f64)]| -> Vec<usize> {
            rows.iter()
                .map(|&(side, sure)| side * CONFIDENCE_BINS + cuts[side].partition_point(|&cut| cut <= sure))
                .collect()
        };
        Self {
            valid: bin(&valid),
            target: bin(&target),
        }
    }
}

/// Whether predictions on the target are distributed as on the validation rows: a permutation test that
/// deals whole groups anew to either side.
pub(super) fn test_equal(
    bins: &Bins,
    valid_groups: &[usize],
    target_groups: &[usize],
    draws: usize,
    seed: u64,
) -> DistributionTest {
    let histograms = |groups: &[usize], bins: &[usize]| {
        let groups = RowGroups::new(groups);
        let mut histograms = vec![[0.0; Bins::COUNT]; groups.count()];
        for (&group, &bin) in groups.of_rows().iter().zip(bins) {
            histograms[group as usize][bin] += 1.0;
        }
        histograms
    };
    let mut histograms_of_both = histograms(valid_groups, &bins.valid);
    let valid_count = histograms_of_both.len();
    histograms_of_both.extend(histograms(target_groups, &bins.target));
    let (histograms, groups) = (histograms_of_both.as_slice(), histograms_of_both.len());
    let distance_where = |order: &[usize]| {
        let shares = |groups: &[usize]| {
            let mut sum = [0.0; Bins::COUNT];
            for &group in groups {
                sum.iter_mut()
                    .zip(&histograms[group])
                    .for_each(|(sum, count)| *sum += count);
            }
            let total: f64 = sum.iter().sum();
            sum.map(|count| count / total)
        };
        let (first, second) = order.split_at(valid_count);
        distance(&shares(first), &shares(second))
    };
    let observed = distance_where(&(0..groups).collect::<Vec<_>>());
    let simulated = in_each(draws, |draw| {
        distance_where(&shuffled(groups, &mut stream(seed, "equal", draw)))
    });
    p_value(observed, &simulated)
}

/// Whether the target's predictions are those of the validation rows with their labels mixed otherwise:
/// the distance between the target's bins and the bins that BBSE's shares lead to, against its
/// distribution where that is true (validation groups drawn with replacement, and a target of
/// validation rows drawn by the estimated shares, each time estimated anew).
pub(super) fn test_label_shift(
    problem: &Problem,
    bins: &Bins,
    valid_groups: &[usize],
    draws: usize,
    seed: u64,
) -> DistributionTest {
    let ones = vec![1.0; problem.gold.len()];
    let target_ones = vec![1.0; bins.target.len()];
    let shares = problem.bbse(&ones, &target_ones);
    let histogram = |bins: &[usize], weights: &[f64]| shares_of(bins, weights, Bins::COUNT);
    let observed = distance(
        &histogram(&bins.target, &target_ones),
        &expected(problem, &bins.valid, &ones, &shares),
    );

    let source = problem.source(&ones);
    let mut mass = 0.0;
    let cumulated: Vec<f64> = problem
        .gold
        .iter()
        .map(|&gold| {
            mass += shares[gold] / source.shares()[gold];
            mass
        })
        .collect();
    let resampler = Resampler::new(valid_groups, seed, "fit-valid");
    let simulated = in_each(draws, |draw| {
        let weights = resampler.weights(draw);
        let mut chance = stream(seed, "fit-target", draw);
        let rows: Vec<usize> = (0..bins.target.len())
            .map(|_| {
                let at = uniform(&mut chance) * mass;
                cumulated.partition_point(|&sum| sum <= at).min(cumulated.len() - 1)
            })
            .collect();
        let predicted: Vec<usize> = rows.iter().map(|&row| problem.valid.predicted[row]).collect();
        let drawn: Vec<usize> = rows.iter().map(|&row| bins.valid[row]).collect();
        let rates = super::bbse::confusion_rates(&problem.valid.predicted, &problem.gold, &weights, problem.classes);
        let shares = solve(&rates, &shares_of(&predicted, &target_ones, problem.classes));
        distance(
            &histogram(&drawn, &target_ones),
            &expected(problem, &bins.valid, &weights, &shares),
        )
    });
    p_value(observed, &simulated)
}

/// The bins of validation rows with their labels mixed by `shares`.
fn expected(problem: &Problem, bins: &[usize], weights: &[f64], shares: &[f64]) -> Vec<f64> {
    let source = problem.source(weights);
    let mixed: Vec<f64> = problem
        .gold
        .iter()
        .zip(weights)
        .map(|(&gold, weight)| {
            if *weight > 0.0 {
                weight * shares[gold] / source.shares()[gold]
            } else {
                0.0
            }
        })
        .collect();
    shares_of(bins, &mixed, Bins::COUNT)
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| if a + b > 0.0 { (a - b).powi(2) / (a + b) } else { 0.0 })
        .sum()
}

fn p_value(observed: f64, simulated: &[f64]) -> DistributionTest {
    let as_large = simulated.iter().filter(|&&distance| distance >= observed).count();
    DistributionTest {
        distance: observed,
        p_value: (as_large + 1) as f64 / (simulated.len() + 1) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_by_hand() {
        approx::assert_abs_diff_eq!(
            distance(&[0.5, 0.5, 0.0], &[0.25, 0.75, 0.0]),
            0.0625 / 0.75 + 0.0625 / 1.25
        );
        approx::assert_abs_diff_eq!(distance(&[1.0, 0.0], &[0.0, 1.0]), 2.0);
    }

    #[test]
    fn bins_divide_validation_rows_evenly_on_either_side() {
        let values: Vec<f64> = (0..100)
            .flat_map(|row| [f64::from(row) / 100.0, 1.0 - f64::from(row) / 100.0])
            .collect();
        let table = ProbabilityTable::new(values, 2).unwrap();
        let bins = Bins::new(&table, &table, 0);
        for bin in 0..Bins::COUNT {
            let count = bins.valid.iter().filter(|&&found| found == bin).count();
            assert!((9..=11).contains(&count), "{bin}: {count}");
        }
        assert_eq!(bins.valid, bins.target);
    }
}
