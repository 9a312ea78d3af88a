//! The same predictions with their labels or rows in another order.

use std::collections::HashMap;
use std::path::Path;

use super::{Predictions, check_label_order};
use crate::error::EvalError;

impl Predictions {
    /// The predictions with their columns in the order of `labels`.
    ///
    /// # Errors
    /// [`EvalError::MembersDiffer`] if `labels` are not the same labels; `path` is named there.
    pub fn with_labels(&self, path: impl AsRef<Path>, labels: &[String]) -> Result<Self, EvalError> {
        check_label_order(labels)?;
        let columns = positions(&self.labels, labels).map_err(|(count, first)| EvalError::MembersDiffer {
            path: path.as_ref().to_owned(),
            what: "labels",
            count,
            first,
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

    /// The predictions with their rows in the order of `ids`.
    ///
    /// # Errors
    /// [`EvalError::MembersDiffer`] if `ids` are not the same rows; `path` is named there.
    pub fn with_rows(&self, path: impl AsRef<Path>, ids: &[String]) -> Result<Self, EvalError> {
        let rows = positions(&self.ids, ids).map_err(|(count, first)| EvalError::MembersDiffer {
            path: path.as_ref().to_owned(),
            what: "rows",
            count,
            first,
        })?;
        Ok(Self {
            ids: ids.to_vec(),
            labels: self.labels.clone(),
            probabilities: rows.iter().flat_map(|&row| self.row(row)).copied().collect(),
        })
    }
}

/// Where each of `wanted` stands in `present`; otherwise how many stand in only one of the two, and
/// the first of them.
fn positions(present: &[String], wanted: &[String]) -> Result<Vec<usize>, (usize, String)> {
    let index = |names: &[String]| -> HashMap<String, usize> { names.iter().cloned().zip(0..).collect() };
    let (at, expected) = (index(present), index(wanted));
    let missing: Vec<&String> = wanted.iter().filter(|name| !at.contains_key(*name)).collect();
    let extra: Vec<&String> = present.iter().filter(|name| !expected.contains_key(*name)).collect();
    match missing.first().or(extra.first()) {
        Some(first) => Err((missing.len() + extra.len(), (*first).clone())),
        None => Ok(wanted.iter().map(|name| at[name]).collect()),
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
        let moved = sample().with_labels("p", &strings(["c", "a", "b"])).unwrap();
        assert_eq!(moved.probabilities, [0.7, 0.1, 0.2, 0.1, 0.5, 0.4]);
        let moved = sample().with_rows("p", &strings(["3", "7"])).unwrap();
        assert_eq!(moved.probabilities, [0.5, 0.4, 0.1, 0.1, 0.2, 0.7]);
        let back = moved.with_rows("p", &strings(["7", "3"])).unwrap();
        assert_eq!(back, sample());
    }

    #[test]
    fn other_names_are_counted_and_the_first_is_named() {
        let found = sample().with_rows("p", &strings(["3", "4"]));
        assert!(
            matches!(&found, Err(EvalError::MembersDiffer { what: "rows", count: 2, first, .. }) if first == "4"),
            "{found:?}"
        );
        let found = sample().with_labels("p", &strings(["a", "b"]));
        assert!(
            matches!(&found, Err(EvalError::MembersDiffer { what: "labels", count: 1, first, .. }) if first == "c"),
            "{found:?}"
        );
    }
}
