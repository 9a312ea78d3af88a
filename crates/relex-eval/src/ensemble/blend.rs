//! Averages of members' probabilities.

use serde::{Deserialize, Serialize};

use super::rank::ranked_average;
use crate::error::EvalError;
use crate::metric::check_length;
use crate::predictions::argmax;
use crate::probabilities::{ProbabilityTable, floored_ln, softmax};

/// How members are averaged. Of a single member every blend predicts what it predicts, and all but
/// `Hard` give its probabilities back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blend {
    /// The mean of the probabilities.
    #[default]
    Soft,
    /// The share of members that predict the label. A millionth of the soft average is mixed in, so
    /// that a tie of votes goes to the label of larger mean probability.
    Hard,
    /// The geometric mean of the probabilities (the mean of their logarithms), made to sum to 1. Zeros
    /// count as [`PROBABILITY_FLOOR`](crate::PROBABILITY_FLOOR).
    LogProbability,
    /// The mean of each row's rank within a label's column, which no member's scale can sway, turned
    /// back into a probability: the value that stands at that rank in the members' columns, averaged.
    /// Rows are then made to sum to 1.
    Rank,
}

/// How much each member counts: not negative, summing to 1.
///
/// There are two ways to have weights: all equal, or learnt from predictions that are out of fold
/// ([`select_members`](super::select_members)).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct MemberWeights(Vec<f64>);

impl MemberWeights {
    /// The same weight for each of `members`.
    ///
    /// # Errors
    /// [`EvalError::Setting`] if there is none.
    pub fn equal(members: usize) -> Result<Self, EvalError> {
        Self::from_counts(&vec![1; members])
    }

    /// Weights in proportion to how often each member was chosen.
    pub(super) fn from_counts(counts: &[usize]) -> Result<Self, EvalError> {
        let total: usize = counts.iter().sum();
        if total == 0 {
            return Err(EvalError::Setting {
                name: "number of members",
                value: "0".to_owned(),
                allowed: "at least 1",
            });
        }
        Ok(Self(counts.iter().map(|&count| count as f64 / total as f64).collect()))
    }

    /// The weights. `[members]`
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }
}

/// Averages `members`, tables of the same rows and labels in the same order.
///
/// # Errors
/// [`EvalError::Length`] if there is not one weight a member or the tables differ in size.
///
/// ```
/// use relex_eval::{Blend, MemberWeights, ProbabilityTable, blend};
///
/// let members = [vec![0.9, 0.1], vec![0.5, 0.5]].map(|row| ProbabilityTable::new(row, 2));
/// let [a, b] = members;
/// let average = blend(&[&a?, &b?], &MemberWeights::equal(2)?, Blend::Soft)?;
/// assert!((average.values()[0] - (0.9 + 0.5) / 2.0).abs() < 1e-12);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn blend(
    members: &[&ProbabilityTable],
    weights: &MemberWeights,
    blend: Blend,
) -> Result<ProbabilityTable, EvalError> {
    check_length("member weights", members.len(), weights.0.len())?;
    for member in members {
        check_length("labels of a member", members[0].classes(), member.classes())?;
        check_length(
            "probabilities of a member",
            members[0].values().len(),
            member.values().len(),
        )?;
    }
    let parts: Vec<Part<'_>> = members
        .iter()
        .zip(&weights.0)
        .filter(|&(_, &weight)| weight > 0.0)
        .map(|(table, &weight)| (*table, weight))
        .collect();
    Ok(match blend {
        Blend::Soft => weighted_sum(&parts, |share| share),
        Blend::Hard => hard(&parts),
        Blend::LogProbability => {
            let mut table = weighted_sum_of(&parts, floored_ln);
            table.chunks_exact_mut(members[0].classes()).for_each(softmax);
            members[0].rewritten(|row, shares| copy_row(&table, row, shares))
        }
        Blend::Rank => ranked_average(&parts, &weighted_sum(&parts, |share| share)),
    })
}

/// A member and its weight, which is not 0.
pub(super) type Part<'a> = (&'a ProbabilityTable, f64);

fn weighted_sum_of(parts: &[Part<'_>], value: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut sum = vec![0.0; parts[0].0.values().len()];
    for (table, weight) in parts {
        for (sum, &share) in sum.iter_mut().zip(table.values()) {
            *sum += weight * value(share);
        }
    }
    sum
}

fn weighted_sum(parts: &[Part<'_>], value: impl Fn(f64) -> f64) -> ProbabilityTable {
    let sum = weighted_sum_of(parts, value);
    parts[0].0.rewritten(|row, shares| copy_row(&sum, row, shares))
}

fn hard(parts: &[Part<'_>]) -> ProbabilityTable {
    const TIE_BREAK: f64 = 1e-6;
    let soft = weighted_sum(parts, |share| share);
    let votes: Vec<Vec<usize>> = parts
        .iter()
        .map(|(table, _)| table.rows().map(argmax).collect())
        .collect();
    soft.rewritten(|row, shares| {
        shares.iter_mut().for_each(|share| *share *= TIE_BREAK);
        for (votes, (_, weight)) in votes.iter().zip(parts) {
            shares[votes[row]] += weight;
        }
    })
}

/// Row number `row` of a row-major table.
pub(super) fn copy_row(table: &[f64], row: usize, shares: &mut [f64]) {
    let start = row * shares.len();
    shares.copy_from_slice(&table[start..start + shares.len()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: Blend, members: &[[f64; 3]], expected: [f64; 3]) {
        let tables: Vec<ProbabilityTable> = members
            .iter()
            .map(|row| ProbabilityTable::new(row.to_vec(), 3).unwrap())
            .collect();
        let tables: Vec<&ProbabilityTable> = tables.iter().collect();
        let found = blend(&tables, &MemberWeights::equal(tables.len()).unwrap(), kind).unwrap();
        for (found, expected) in found.values().iter().zip(expected) {
            approx::assert_abs_diff_eq!(*found, expected, epsilon = 2e-6);
        }
    }

    #[test]
    fn averages_by_hand() {
        let members = [[0.6, 0.4, 0.0], [0.1, 0.5, 0.4]];
        check(Blend::Soft, &members, [0.7 / 2.0, 0.9 / 2.0, 0.4 / 2.0]);
        // One vote each for the first and the second label, of which the second is more probable.
        check(Blend::Hard, &members, [0.5, 0.5, 0.0]);
        let (a, b, c) = (0.06_f64.sqrt(), 0.2_f64.sqrt(), (0.4 * 1e-12_f64).sqrt());
        check(
            Blend::LogProbability,
            &members,
            [a / (a + b + c), b / (a + b + c), c / (a + b + c)],
        );
    }

    #[test]
    fn a_tie_of_votes_goes_to_the_more_probable_label() {
        let tables = [[0.6, 0.4, 0.0], [0.1, 0.5, 0.4]].map(|row| ProbabilityTable::new(row.to_vec(), 3).unwrap());
        let [a, b] = &tables;
        let weights = MemberWeights::equal(2).unwrap();
        assert_eq!(blend(&[a, b], &weights, Blend::Hard).unwrap().predicted(), [1]);
    }

    #[test]
    fn members_that_exclude_each_other_still_give_a_distribution() {
        check(
            Blend::LogProbability,
            &[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            [0.5, 0.5, 0.0],
        );
        check(Blend::Rank, &[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [0.5, 0.5, 0.0]);
    }

    #[test]
    fn sizes_must_fit() {
        let table = |rows: usize| ProbabilityTable::new([0.5, 0.5].repeat(rows), 2).unwrap();
        let weights = MemberWeights::equal(2).unwrap();
        for members in [vec![&table(1)], vec![&table(1), &table(2)]] {
            let found = blend(&members, &weights, Blend::Soft);
            assert!(matches!(found, Err(EvalError::Length { .. })), "{found:?}");
        }
        assert!(matches!(MemberWeights::equal(0), Err(EvalError::Setting { .. })));
    }
}
