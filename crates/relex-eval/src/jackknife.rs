//! What scores become when one group is left out: how skewed their sampling is, for BCa intervals.

use rayon::prelude::*;

use crate::bootstrap::{LANES, RowWeights, transpose};
use crate::error::EvalError;
use crate::groups::RowGroups;

/// The values that `SCORES` scores take when one group is left out, one list of as many values as there are groups a
/// score, in order of the groups' first appearance.
///
/// `groups` and `score` are those of [`bootstrap`](crate::bootstrap); here the weight of a row is 0 in the lane that leaves its
/// group out, and 1 elsewhere. [`bca_interval`](crate::bca_interval) takes the result.
///
/// # Errors
/// [`EvalError::NoRows`] if `groups` is empty.
///
/// ```
/// use relex_eval::{LANES, jackknife};
///
/// // The number of rows that are left.
/// let [rows] = jackknife(&[7, 7, 9], |weights| {
///     [std::array::from_fn(|lane| weights.iter().map(|row| f64::from(row[lane])).sum())]
/// })?;
/// assert_eq!(rows, [1.0, 2.0]);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn jackknife<const SCORES: usize>(
    groups: &[usize],
    score: impl Fn(&[RowWeights]) -> [[f64; LANES]; SCORES] + Sync,
) -> Result<[Vec<f64>; SCORES], EvalError> {
    if groups.is_empty() {
        return Err(EvalError::NoRows);
    }
    let values = leave_one_out(&RowGroups::new(groups), SCORES, |weights, lanes| {
        lanes.copy_from_slice(&score(weights));
    });
    let mut values = values.into_iter();
    Ok(std::array::from_fn(|_| values.next().unwrap_or_default()))
}

/// [`jackknife`] for a number of scores that is known only at run time.
pub(crate) fn leave_one_out(
    groups: &RowGroups,
    scores: usize,
    score: impl Fn(&[RowWeights], &mut [[f64; LANES]]) + Sync,
) -> Vec<Vec<f64>> {
    let blocks: Vec<Vec<[f64; LANES]>> = groups
        .members()
        .par_chunks(LANES)
        .map_init(
            || vec![[1; LANES]; groups.of_rows().len()],
            |weights, left_out| {
                set(weights, left_out, 0);
                let mut lanes = vec![[0.0; LANES]; scores];
                score(weights, &mut lanes);
                set(weights, left_out, 1);
                lanes
            },
        )
        .collect();
    transpose(&blocks, scores, groups.count())
}

/// Gives the rows of the group that each lane leaves out a weight in that lane.
fn set(weights: &mut [RowWeights], left_out: &[Vec<u32>], weight: u32) {
    for (lane, rows) in left_out.iter().enumerate() {
        for &row in rows {
            weights[row as usize][lane] = weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_is_left_out_once_and_nothing_else_is() {
        // The values of the rows that are left add up to 100 - those of the group.
        let groups: Vec<usize> = (0..25).map(|row| (row * 7) % 11).collect();
        let values: Vec<f64> = (0..25).map(f64::from).collect();
        let [sums] = jackknife(&groups, |weights| {
            [std::array::from_fn(|lane| {
                values
                    .iter()
                    .zip(weights)
                    .map(|(value, weight)| value * f64::from(weight[lane]))
                    .sum()
            })]
        })
        .unwrap();
        assert_eq!(sums.len(), 11);
        let total: f64 = values.iter().sum();
        let mut seen = Vec::new();
        for &group in &groups {
            if !seen.contains(&group) {
                let own: f64 = (0..25).filter(|&row| groups[row] == group).map(|row| values[row]).sum();
                assert_eq!(sums[seen.len()], total - own);
                seen.push(group);
            }
        }
    }

    #[test]
    fn no_rows_are_refused() {
        assert!(matches!(jackknife(&[], |_| [[0.0; LANES]]), Err(EvalError::NoRows)));
    }
}
