//! The same predictions with their labels or rows in another order.

use super::{Predictions, check_label_order};
use crate::error::EvalError;
use crate::matching::positions;

impl Predictions {
    /// The predictions with their columns in the order of `labels`. Errors call them `name`, and what `labels` are of
    /// `other`.
    pub(crate) fn with_labels(&self, labels: &[String], name: &str, other: &str) -> Result<Self, EvalError> {
        check_label_order(labels)?;
        let columns = positions(&self.labels, labels).map_err(|unmatched| EvalError::LabelsDiffer {
            first: name.to_owned(),
            second: other.to_owned(),
            only_first: unmatched.only_present,
            only_second: unmatched.only_wanted,
        })?;
        let probabilities = (0..self.rows())
            .flat_map(|row| columns.iter().map(move |&column| self.row(row)[column]))
            .collect();
        Ok(Self {
            ids: self.ids.clone(),
            labels: labels.to_vec(),
            probabilities,
        })
    }

    /// The predictions with their rows in the order of `ids`. Errors call them `name`, and what `ids` are of `other`.
    pub(crate) fn with_rows(&self, ids: &[String], name: &str, other: &str) -> Result<Self, EvalError> {
        let rows = positions(&self.ids, ids).map_err(|unmatched| EvalError::RowsDiffer {
            first: name.to_owned(),
            second: other.to_owned(),
            only_first: unmatched.only_present,
            only_second: unmatched.only_wanted,
        })?;
        Ok(Self {
            ids: ids.to_vec(),
            labels: self.labels.clone(),
            probabilities: rows.iter().flat_map(|&row| self.row(row)).copied().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings<const N: usize>(names: [&str; N]) -> Vec<String> {
        names.map(String::from).to_vec()
    }

    fn sample() -> Predictions {
        Predictions {
            ids: strings(["7", "3"]),
            labels: strings(["a", "b", "c"]),
            probabilities: vec![0.1, 0.2, 0.7, 0.5, 0.4, 0.1],
        }
    }

    #[test]
    fn columns_and_rows_move_together_with_their_names() {
        let moved = sample().with_labels(&strings(["c", "a", "b"]), "p", "q").unwrap();
        assert_eq!(moved.probabilities, [0.7, 0.1, 0.2, 0.1, 0.5, 0.4]);
        let moved = sample().with_rows(&strings(["3", "7"]), "p", "q").unwrap();
        assert_eq!(moved.probabilities, [0.5, 0.4, 0.1, 0.1, 0.2, 0.7]);
        let back = moved.with_rows(&strings(["7", "3"]), "p", "q").unwrap();
        assert_eq!(back, sample());
    }

    #[test]
    fn other_names_are_counted_and_named() {
        let check = |found: Result<Predictions, EvalError>, expected: &str| {
            assert_eq!(found.unwrap_err().to_string(), expected);
        };
        check(
            sample().with_rows(&strings(["3", "4"]), "p.csv", "q.csv"),
            "p.csv and q.csv predict other rows: only in p.csv: 1 (7), only in q.csv: 1 (4); give predictions for the same rows",
        );
        check(
            sample().with_labels(&strings(["a", "b"]), "p.csv", "the data set"),
            "p.csv and the data set know other labels: only in p.csv: 1 (c), only in the data set: none; give predictions \
             for the same labels",
        );
    }
}
