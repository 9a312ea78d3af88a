//! Scores are compared only on the same rows, with the same gold labels, in the same label order.

use crate::error::EvalError;
use crate::matching::{positions, some_of};

/// What one run predicted on, for messages by name.
#[derive(Debug, Clone, Copy)]
pub struct RunRows<'a> {
    /// What messages call the run.
    pub name: &'a str,
    /// Ids of its rows, all different. `[rows]`
    pub ids: &'a [String],
    /// Its label order.
    pub labels: &'a [String],
    /// Gold label of each row. `[rows]`
    pub gold: &'a [usize],
}

/// Where each row of `first` stands in `other`: predictions may be in another order, but must be for the same rows.
///
/// # Errors
/// [`EvalError::LabelOrderDiffers`], [`EvalError::RowsDiffer`] or [`EvalError::GoldDiffers`], which say how they differ and name
/// the first rows that do.
///
/// ```
/// use relex_eval::{RunRows, matching_rows};
///
/// let labels = ["none", "title"].map(String::from);
/// let (ids, turned) = (["7", "9"].map(String::from), ["9", "7"].map(String::from));
/// let first = RunRows { name: "a", ids: &ids, labels: &labels, gold: &[0, 1] };
/// let other = RunRows { name: "b", ids: &turned, labels: &labels, gold: &[1, 0] };
/// assert_eq!(matching_rows(&first, &other)?, [1, 0]);
/// let message = matching_rows(&first, &RunRows { gold: &[1, 1], ..other }).unwrap_err().to_string();
/// assert!(message.contains("7 is none in a and title in b"));
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn matching_rows(first: &RunRows<'_>, other: &RunRows<'_>) -> Result<Vec<usize>, EvalError> {
    check_labels(first, other)?;
    let order = positions(other.ids, first.ids).map_err(|unmatched| EvalError::RowsDiffer {
        first: first.name.to_owned(),
        second: other.name.to_owned(),
        only_first: unmatched.only_wanted,
        only_second: unmatched.only_present,
    })?;
    let differing: Vec<String> = first
        .ids
        .iter()
        .zip(first.gold)
        .zip(&order)
        .filter(|((_, gold), row)| other.gold.get(**row) != Some(*gold))
        .map(|((id, &gold), &row)| {
            let label = |run: &RunRows<'_>, gold: Option<&usize>| {
                let label = gold.and_then(|&gold| run.labels.get(gold));
                label.map_or_else(|| "unknown".to_owned(), Clone::clone)
            };
            let (one, another) = (label(first, Some(&gold)), label(other, other.gold.get(row)));
            format!("{id} is {one} in {} and {another} in {}", first.name, other.name)
        })
        .collect();
    if differing.is_empty() {
        return Ok(order);
    }
    Err(EvalError::GoldDiffers {
        first: first.name.to_owned(),
        second: other.name.to_owned(),
        rows: some_of(&differing),
    })
}

fn check_labels(first: &RunRows<'_>, other: &RunRows<'_>) -> Result<(), EvalError> {
    let longest = first.labels.len().max(other.labels.len());
    match (0..longest).find(|&position| first.labels.get(position) != other.labels.get(position)) {
        None => Ok(()),
        Some(position) => Err(EvalError::LabelOrderDiffers {
            first: first.name.to_owned(),
            second: other.name.to_owned(),
            position,
            in_first: first.labels.get(position).cloned(),
            in_second: other.labels.get(position).cloned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn check(ids: &[&str], labels: &[&str], gold: &[usize], expected: &str) {
        let (a_ids, a_labels) = (strings(&["1", "2", "3"]), strings(&["none", "x"]));
        let (b_ids, b_labels) = (strings(ids), strings(labels));
        let a = RunRows {
            name: "A",
            ids: &a_ids,
            labels: &a_labels,
            gold: &[0, 1, 0],
        };
        let b = RunRows {
            name: "B",
            ids: &b_ids,
            labels: &b_labels,
            gold,
        };
        assert_eq!(matching_rows(&a, &b).unwrap_err().to_string(), expected);
    }

    #[test]
    fn every_difference_is_named() {
        check(
            &["1", "4", "5"],
            &["none", "x"],
            &[0, 1, 0],
            "A and B predict other rows: only in A: 2 (2, 3), only in B: 2 (4, 5); give predictions for the same rows",
        );
        check(
            &["3", "1", "2", "9", "8", "7", "6", "5", "4"],
            &["none", "x"],
            &[0; 9],
            "A and B predict other rows: only in A: none, only in B: 6 (9, 8, 7, 6, 5, …); give predictions for the same rows",
        );
        check(
            &["3", "2", "1"],
            &["none", "x"],
            &[1, 1, 0],
            "A and B have other gold labels: 1 (3 is none in A and x in B); score both on the same data",
        );
        check(
            &["1", "2", "3"],
            &["none", "y"],
            &[0, 1, 0],
            "A and B have other label orders: label 1 is \"x\" in A and \"y\" in B; write both in one order",
        );
        check(
            &["1", "2", "3"],
            &["none", "x", "y"],
            &[0, 1, 0],
            "A and B have other label orders: label 2 is missing in A and \"y\" in B; write both in one order",
        );
    }
}
