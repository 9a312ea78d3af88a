//! How sure a model must be of "no relation" before it is believed.

use serde::{Deserialize, Serialize};

use crate::error::EvalError;
use crate::metric::{check_labels, check_length};
use crate::probabilities::{ProbabilityTable, floored_ln};

/// A threshold on the margin of the negative label: the logarithm of its probability over that of the
/// most probable other label. Rows at or above it are predicted negative; 0 is the usual decision.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NegativeThreshold {
    /// Index of the negative label.
    pub negative: usize,
    /// The threshold, in nats.
    pub margin: f64,
}

/// The threshold with the largest micro-F1 on these rows; of equally good ones that nearest to 0, so
/// that nothing moves without reason. `gold` is `[rows]`; `weights`, `[rows]` if given, say how much
/// each row counts, such as the importance weights of a target mix.
///
/// On the rows that it was found on the score is flattered: judge it by
/// [`calibrate`](super::calibrate)'s cross-fitted gain.
///
/// # Errors
/// [`EvalError::Length`] or [`EvalError::LabelIndex`] if the slices or the label do not fit.
pub fn fit_negative_threshold(
    table: &ProbabilityTable,
    gold: &[usize],
    negative: usize,
    weights: Option<&[f64]>,
) -> Result<NegativeThreshold, EvalError> {
    table.check_gold(gold)?;
    check_labels("negative", &[negative], table.classes())?;
    if let Some(weights) = weights {
        check_length("weights", gold.len(), weights.len())?;
    }
    let mut rows: Vec<Row> = table
        .rows()
        .zip(gold)
        .enumerate()
        .map(|(row, (shares, &gold))| {
            let (margin, other) = margin(shares, negative);
            let weight = weights.map_or(1.0, |weights| weights[row]);
            Row {
                margin,
                weight,
                hit: if gold == other { weight } else { 0.0 },
            }
        })
        .collect();
    rows.sort_by(|a, b| a.margin.total_cmp(&b.margin));
    let gold_positive: f64 = gold
        .iter()
        .enumerate()
        .filter(|&(_, &gold)| gold != negative)
        .map(|(row, _)| weights.map_or(1.0, |weights| weights[row]))
        .sum();

    // With the threshold before row k, the rows before it are predicted as their best other label.
    let (mut hits, mut claims) = (0.0, 0.0);
    let mut best = (f64::NEG_INFINITY, 0.0);
    for cut in 0..=rows.len() {
        if cut > 0 {
            hits += rows[cut - 1].hit;
            claims += rows[cut - 1].weight;
        }
        let (low, high) = (
            cut.checked_sub(1).map_or(f64::NEG_INFINITY, |at| rows[at].margin),
            rows.get(cut).map_or(f64::INFINITY, |row| row.margin),
        );
        if low >= high {
            continue; // rows of equal margin are not told apart
        }
        let both = claims + gold_positive;
        let f1 = if both > 0.0 { 2.0 * hits / both } else { 0.0 };
        let margin = nearest_to_zero(low, high);
        if f1 > best.0 + 1e-12 || (f1 > best.0 - 1e-12 && margin.abs() < f64::abs(best.1)) {
            best = (f1, margin);
        }
    }
    Ok(NegativeThreshold {
        negative,
        margin: best.1,
    })
}

impl NegativeThreshold {
    /// The probabilities with the negative label's odds divided by the threshold's, so that the most
    /// probable label of each row is the decision.
    pub fn apply(&self, table: &ProbabilityTable) -> ProbabilityTable {
        if self.margin == 0.0 {
            return table.clone();
        }
        table.rewritten(|_, shares| {
            let (margin, other) = margin(shares, self.negative);
            let largest = shares[other].max(crate::PROBABILITY_FLOOR);
            // Equal odds would go to whichever label stands first; the decision is the negative one.
            let shifted = (margin - self.margin).exp();
            let shifted = if margin >= self.margin {
                shifted.max(1.0 + 1e-12)
            } else {
                shifted.min(1.0 - 1e-12)
            };
            shares[self.negative] = largest * shifted;
            shares[other] = largest;
        })
    }
}

struct Row {
    margin: f64,
    weight: f64,
    /// Its weight, if its best other label is the gold one.
    hit: f64,
}

/// The margin of the negative label, and the most probable other one.
fn margin(shares: &[f64], negative: usize) -> (f64, usize) {
    let mut other = usize::from(negative == 0).min(shares.len() - 1);
    for (class, share) in shares.iter().enumerate() {
        if class != negative && *share > shares[other] {
            other = class;
        }
    }
    (floored_ln(shares[negative]) - floored_ln(shares[other]), other)
}

/// A number in the interval `(low, high]` that is not on its edge unless the edge is 0.
fn nearest_to_zero(low: f64, high: f64) -> f64 {
    if low < 0.0 && high >= 0.0 {
        0.0
    } else if low == f64::NEG_INFINITY {
        high - 1.0
    } else if high == f64::INFINITY {
        low + 1.0
    } else {
        f64::midpoint(low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::micro_f1;

    /// Probabilities of (negative, a relation) in each row.
    fn table(relation: &[f64]) -> ProbabilityTable {
        ProbabilityTable::new(relation.iter().flat_map(|&share| [1.0 - share, share]).collect(), 2).unwrap()
    }

    #[test]
    fn the_best_cut_by_hand() {
        // In order of falling probability of the relation the gold labels are 1, 1, 0, 1, 0. Taking four
        // rows gives F1 = 2 · 3 / (4 + 3), taking two 2 · 2 / (2 + 3).
        let table = table(&[0.9, 0.8, 0.4, 0.3, 0.1]);
        let gold = [1, 1, 0, 1, 0];
        let threshold = fit_negative_threshold(&table, &gold, 0, None).unwrap();
        let (low, high) = ((0.7_f64 / 0.3).ln(), (0.9_f64 / 0.1).ln());
        approx::assert_abs_diff_eq!(threshold.margin, f64::midpoint(low, high), epsilon = 1e-12);
        let after = threshold.apply(&table);
        assert_eq!(after.predicted(), [1, 1, 1, 1, 0]);
        approx::assert_abs_diff_eq!(
            micro_f1(&gold, &after.predicted(), 0).unwrap(),
            600.0 / 7.0,
            epsilon = 1e-9
        );
    }

    #[test]
    fn nothing_moves_without_reason() {
        let table = table(&[0.9, 0.2]);
        let threshold = fit_negative_threshold(&table, &[1, 0], 0, None).unwrap();
        assert_eq!(threshold.margin, 0.0);
        assert_eq!(threshold.apply(&table), table);
    }

    #[test]
    fn weights_are_rows_counted_more_often() {
        let once = table(&[0.9, 0.6, 0.4]);
        let written_out = table(&[0.9, 0.6, 0.6, 0.6, 0.4]);
        let weighted = fit_negative_threshold(&once, &[1, 0, 1], 0, Some(&[1.0, 3.0, 1.0])).unwrap();
        let expected = fit_negative_threshold(&written_out, &[1, 0, 0, 0, 1], 0, None).unwrap();
        assert_eq!(weighted, expected);
    }

    #[test]
    fn a_row_of_certainty_can_be_moved_either_way() {
        let table = table(&[1.0, 0.0]);
        for (margin, expected) in [(100.0, [1, 1]), (-100.0, [0, 0])] {
            let after = NegativeThreshold { negative: 0, margin }.apply(&table);
            assert_eq!(after.predicted(), expected);
            assert!(ProbabilityTable::new(after.into_values(), 2).is_ok());
        }
    }
}
