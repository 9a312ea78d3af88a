//! Accuracy on unlabelled rows from how sure the model is of them.

use crate::probabilities::ProbabilityTable;

/// Rows by the side they were predicted on, from the least sure up.
pub(super) struct Confidence {
    /// Confidence of each row of the side, ascending, with the row's index.
    sides: [Vec<(f64, usize)>; 2],
}

/// The side of rows predicted as a relation; the other is that of rows predicted negative.
pub(super) const RELATION: usize = 1;

/// What is known of one side of the labelled rows, and what that makes of the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SideShares {
    /// Rows of the target on the side, by weight.
    pub(super) rows: f64,
    /// The share of them that would be right.
    pub(super) accuracy: f64,
}

impl Confidence {
    pub(super) fn new(table: &ProbabilityTable, predicted: &[usize], negative: usize) -> Self {
        let mut sides = [Vec::new(), Vec::new()];
        for (row, (shares, &label)) in table.rows().zip(predicted).enumerate() {
            sides[usize::from(label != negative)].push((shares[label], row));
        }
        sides
            .iter_mut()
            .for_each(|side| side.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))));
        Self { sides }
    }

    fn mass(&self, side: usize, weights: &[f64]) -> f64 {
        self.sides[side].iter().map(|&(_, row)| weights[row]).sum()
    }

    fn mean(&self, side: usize, weights: &[f64]) -> f64 {
        let sum: f64 = self.sides[side].iter().map(|&(sure, row)| sure * weights[row]).sum();
        sum / self.mass(side, weights)
    }

    /// Share of the side's rows that are right.
    fn accuracy(&self, side: usize, right: &[bool], weights: &[f64]) -> f64 {
        let rows = self.sides[side].iter().filter(|(_, row)| right[*row]);
        rows.map(|&(_, row)| weights[row]).sum::<f64>() / self.mass(side, weights)
    }

    /// The confidence below which lie as many rows as are wrong.
    fn threshold(&self, side: usize, right: &[bool], weights: &[f64]) -> f64 {
        let wrong: f64 = self.sides[side]
            .iter()
            .filter(|(_, row)| !right[*row])
            .map(|&(_, row)| weights[row])
            .sum();
        let mut below = 0.0;
        for &(sure, row) in &self.sides[side] {
            if below >= wrong - 1e-9 {
                return sure;
            }
            below += weights[row];
        }
        f64::INFINITY
    }

    /// Average thresholded confidence (Garg et al. 2022, equation 2): the share of the target's rows that are
    /// at least as sure as the threshold which is right about the labelled rows' error.
    pub(super) fn thresholded(
        &self,
        target: &Self,
        side: usize,
        right: &[bool],
        weights: &[f64],
        target_weights: &[f64],
    ) -> SideShares {
        let rows = target.mass(side, target_weights);
        let threshold = self.threshold(side, right, weights);
        let sure = target.sides[side].iter().filter(|(sure, _)| *sure >= threshold);
        SideShares {
            rows,
            accuracy: sure.map(|&(_, row)| target_weights[row]).sum::<f64>() / rows,
        }
        .or_as_labelled(self.mass(side, weights))
    }

    /// Difference of confidences (Guillory et al. 2021): the labelled rows' accuracy and by how much mean
    /// confidence differs.
    pub(super) fn difference(
        &self,
        target: &Self,
        side: usize,
        right: &[bool],
        weights: &[f64],
        target_weights: &[f64],
    ) -> SideShares {
        let change = target.mean(side, target_weights) - self.mean(side, weights);
        SideShares {
            rows: target.mass(side, target_weights),
            accuracy: (self.accuracy(side, right, weights) + change).clamp(0.0, 1.0),
        }
        .or_as_labelled(self.mass(side, weights))
    }
}

impl SideShares {
    /// Without a target row on the side nothing is right or wrong there; without a labelled row nothing is
    /// known, and the estimate is undefined.
    fn or_as_labelled(self, labelled: f64) -> Self {
        let accuracy = match (self.rows > 0.0, labelled > 0.0) {
            (false, _) => 0.0,
            (true, false) => f64::NAN,
            (true, true) => self.accuracy,
        };
        Self { accuracy, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows predicted as the relation with these confidences.
    fn relation(sure: &[f64]) -> Confidence {
        let table = ProbabilityTable::new(sure.iter().flat_map(|&sure| [1.0 - sure, sure]).collect(), 2).unwrap();
        Confidence::new(&table, &table.predicted(), 0)
    }

    #[test]
    fn accuracy_from_confidence_by_hand() {
        let valid = relation(&[0.6, 0.7, 0.8, 0.9]);
        let target = relation(&[0.55, 0.65, 0.75]);
        let right = [true, false, true, true];
        let (ones, target_ones) = ([1.0; 4], [1.0; 3]);
        // One of four is wrong, so the threshold leaves out one row: 0.7. One of three targets reaches it.
        let found = valid.thresholded(&target, RELATION, &right, &ones, &target_ones);
        assert_eq!((found.rows, found.accuracy), (3.0, 1.0 / 3.0));
        // 3 / 4, and mean confidence falls from 0.75 to 0.65.
        let found = valid.difference(&target, RELATION, &right, &ones, &target_ones);
        approx::assert_abs_diff_eq!(found.accuracy, 0.75 - 0.1, epsilon = 1e-12);
    }

    #[test]
    fn sides_without_rows() {
        let (valid, target) = (relation(&[0.6, 0.7]), relation(&[0.8]));
        let none = valid.thresholded(&target, 1 - RELATION, &[true, true], &[1.0; 2], &[1.0]);
        assert_eq!((none.rows, none.accuracy), (0.0, 0.0));
        let unknown = valid.thresholded(&target, RELATION, &[true, true], &[0.0; 2], &[1.0]);
        assert!(unknown.accuracy.is_nan());
        let all_wrong = valid.thresholded(&target, RELATION, &[false, false], &[1.0; 2], &[1.0]);
        assert_eq!(all_wrong.accuracy, 0.0);
    }
}
