//! The mean area without each group in turn, exactly, in about the time of one scoring.
//!
//! Left out, a group of few rows moves the counts behind every later point of a curve by a few rows, always the same: where
//! `a` gold rows and `b` rows in all are gone from the ranks above, each later step of the curve is the step of the curve
//! with its counts lowered by (a, b). Sums over such steps from any step to the last are made once for each (a, b) that
//! occurs, so that a group costs one look-up for each of its rows.

use std::collections::HashMap;

use rayon::prelude::*;

use super::{Curve, RankedScores, Step};
use crate::groups::RowGroups;
use crate::jackknife::leave_one_out;

/// Rows gone from the ranks above a step: gold ones, and all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Gone {
    gold: u32,
    all: u32,
}

/// With larger groups there are too many pairs (a, b) to be worth their tables, and few groups to leave out.
const LARGEST_GROUP: usize = 64;

impl RankedScores {
    /// [`weighted_mean`](Self::weighted_mean) without each group in turn. `[groups]`
    pub(crate) fn leave_one_out(&self, groups: &RowGroups) -> Vec<f64> {
        if groups.largest() > LARGEST_GROUP {
            let mut values = leave_one_out(groups, 1, |weights, lanes| lanes[0] = self.weighted_mean(weights));
            return values.pop().unwrap_or_default();
        }
        let areas: Vec<Vec<Option<f64>>> = self
            .curves
            .par_iter()
            .filter(|curve| !curve.steps.is_empty())
            .map(|curve| curve.leave_one_out(groups))
            .collect();
        (0..groups.count())
            .map(|group| {
                let defined = areas.iter().filter_map(|areas| areas[group]);
                let (sum, count) = defined.fold((0.0, 0_u32), |(sum, count), area| (sum + area, count + 1));
                sum / f64::from(count.max(1))
            })
            .collect()
    }
}

impl Curve {
    /// The area in percent without each group; `None` where no gold row is left. `[groups]`
    fn leave_one_out(&self, groups: &RowGroups) -> Vec<Option<f64>> {
        let places = self.places(groups.of_rows().len());
        let mut tables = Tables {
            steps: &self.steps,
            from_step: HashMap::new(),
        };
        let gold: u32 = self.steps.iter().map(|step| step.gold_end - step.start).sum();
        let mut here = Vec::new();
        groups
            .members()
            .iter()
            .map(|rows| {
                here.clear();
                here.extend(rows.iter().filter_map(|&row| places[row as usize]));
                here.sort_unstable();
                let lost = here.iter().filter(|place| place.kind == Kind::Gold).count() as u32;
                (lost < gold).then(|| tables.doubled_area(&here) / 2.0 / f64::from(gold - lost) * 100.0)
            })
            .collect()
    }

    /// Where each row stands on the curve; `None` after its last step. `[rows]`
    fn places(&self, rows: usize) -> Vec<Option<Place>> {
        let mut places = vec![None; rows];
        let mut position = 0;
        for (index, step) in self.steps.iter().enumerate() {
            for (end, kind) in [
                (step.start, Kind::Before),
                (step.gold_end, Kind::Gold),
                (step.end, Kind::Tied),
            ] {
                for &row in &self.order[position..end as usize] {
                    places[row as usize] = Some(Place { step: index, kind });
                }
                position = end as usize;
            }
        }
        places
    }
}

/// A row's place: the step that it ranks in or just before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    step: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Ranked above the step's rows and below the step before.
    Before,
    /// A gold row of the step.
    Gold,
    /// Another row of the step's probability.
    Tied,
}

/// Sums of steps under each shift of the counts.
struct Tables<'a> {
    steps: &'a [Step],
    /// The sum from each step to the last. `[steps + 1]`
    from_step: HashMap<Gone, Vec<f64>>,
}

impl Tables<'_> {
    /// Twice the area, times the gold rows that are left, without the rows at `places`, which ascend.
    fn doubled_area(&mut self, places: &[Place]) -> f64 {
        let mut gone = Gone::default();
        let mut next = 0;
        let mut sum = 0.0;
        for rows in places.chunk_by(|a, b| a.step == b.step) {
            let step = rows[0].step;
            let count = |kind| rows.iter().filter(|place| place.kind == kind).count() as u32;
            let (before, gold, tied) = (count(Kind::Before), count(Kind::Gold), count(Kind::Tied));
            sum += self.between(gone, next, step);
            gone.all += before;
            sum += term(&self.steps[step], gone, gold, tied);
            gone.gold += gold;
            gone.all += gold + tied;
            next = step + 1;
        }
        sum + self.between(gone, next, self.steps.len())
    }

    /// The steps of `from..to`, each with its counts lowered by `gone`.
    fn between(&mut self, gone: Gone, from: usize, to: usize) -> f64 {
        if from == to {
            return 0.0;
        }
        let steps = self.steps;
        let sums = self.from_step.entry(gone).or_insert_with(|| {
            // Steps too early to have lost so many rows are never asked for; summing from the last one keeps them out.
            let mut sums = vec![0.0; steps.len() + 1];
            for (index, step) in steps.iter().enumerate().rev() {
                sums[index] = sums[index + 1] + term(step, gone, 0, 0);
            }
            sums
        });
        sums[from] - sums[to]
    }
}

/// A step's gold rows times the sum of the precisions before and after it, as in `Curve::weighted_area`,
/// without the rows `gone` above it and without `gold` and `tied` rows of its own.
fn term(step: &Step, gone: Gone, gold: u32, tied: u32) -> f64 {
    let seen_before = step.start.saturating_sub(gone.all);
    let gold_before = step.gold_before.saturating_sub(gone.gold);
    let gold_here = step.gold_end - step.start - gold;
    let seen = seen_before + gold_here + (step.end - step.gold_end - tied);
    let before = if seen_before == 0 {
        1.0
    } else {
        f64::from(gold_before) / f64::from(seen_before)
    };
    let after = f64::from(gold_before + gold_here) / f64::from(seen.max(1));
    f64::from(gold_here) * (before + after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Few classes, few distinct scores and few groups, so that ties and lost classes are common.
    fn case() -> impl Strategy<Value = (Vec<usize>, Vec<f64>, Vec<usize>)> {
        (1_usize..30, 1_u8..20).prop_flat_map(|(rows, scores)| {
            (
                prop::collection::vec(0_usize..4, rows),
                prop::collection::vec((0..scores).prop_map(f64::from), rows * 4),
                prop::collection::vec(0..rows.div_ceil(2) + 1, rows),
            )
        })
    }

    proptest! {
        #[test]
        fn it_is_the_jackknife_by_weights((gold, scores, keys) in case()) {
            let ranked = RankedScores::new(&gold, &scores, 4).unwrap();
            let groups = RowGroups::new(&keys);
            let by_weights = leave_one_out(&groups, 1, |weights, lanes| lanes[0] = ranked.weighted_mean(weights));
            for (found, expected) in ranked.leave_one_out(&groups).iter().zip(&by_weights[0]) {
                prop_assert!((found - expected).abs() < 1e-9, "{} {}", found, expected);
            }
        }
    }

    #[test]
    fn large_groups_are_left_out_too() {
        let gold: Vec<usize> = (0..300).map(|row| row % 3).collect();
        let scores: Vec<f64> = (0..900).map(|at| f64::from(at as u32 * 37 % 101)).collect();
        let ranked = RankedScores::new(&gold, &scores, 3).unwrap();
        let keys: Vec<usize> = (0..300).map(|row| row / 100).collect();
        let groups = RowGroups::new(&keys);
        let found = ranked.leave_one_out(&groups);
        let rest = |left_out: usize| -> f64 {
            let rows: Vec<usize> = (0..300).filter(|row| row / 100 != left_out).collect();
            let gold: Vec<usize> = rows.iter().map(|&row| gold[row]).collect();
            let scores: Vec<f64> = rows.iter().flat_map(|&row| scores[row * 3..][..3].to_vec()).collect();
            crate::auprc(&gold, &scores, 3).unwrap().mean
        };
        assert_eq!(found.len(), 3);
        for (group, found) in found.into_iter().enumerate() {
            approx::assert_abs_diff_eq!(found, rest(group), epsilon = 1e-9);
        }
    }
}
