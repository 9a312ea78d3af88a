//! How a system fares on parts of the rows: each slice of each way to cut them.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::EvaluationInput;
use super::scores::measure;
use crate::error::EvalError;
use crate::groups::RowGroups;
use crate::interval::Score;
use crate::metric::{Metric, ScoredRows, Scorer, check_length};

/// One way to cut the rows into slices, such as by sentence length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slicing {
    /// What the rows are cut by.
    pub name: String,
    /// The slice that each row belongs to; `None` leaves the row out. `[rows]`
    pub keys: Vec<Option<String>>,
}

/// The slices of one [`Slicing`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SliceTable {
    /// What the rows are cut by.
    pub name: String,
    /// The slices, in order of their keys' first appearance in the sorted list of keys.
    pub slices: Vec<SliceRow>,
}

/// The scores of one slice, by its rows alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SliceRow {
    /// The key of its rows.
    pub key: String,
    /// Number of rows.
    pub rows: usize,
    /// Number of groups (distinct sentences) that they belong to.
    pub groups: usize,
    /// [`micro_f1`](crate::micro_f1); `None` where no row is a relation, neither gold nor predicted.
    pub micro_f1: Option<Score>,
    /// [`accuracy`](crate::accuracy).
    pub accuracy: Score,
}

/// Scores every slice of every slicing, with BCa intervals that resample the slice's own groups.
///
/// Slices are in the order of their keys (numbers in keys count as numbers: `8` stands before `16`). A score of a slice
/// answers "how good on such rows"; a row that was wrongly given a label of another slice costs only its own slice.
///
/// # Errors
/// [`EvalError::Length`] if a slicing has another number of keys than there are rows, and those of
/// [`evaluate`](crate::evaluate).
pub fn evaluate_slices(input: &EvaluationInput<'_>, slicings: &[Slicing]) -> Result<Vec<SliceTable>, EvalError> {
    slicings.iter().map(|slicing| table(input, slicing)).collect()
}

fn table(input: &EvaluationInput<'_>, slicing: &Slicing) -> Result<SliceTable, EvalError> {
    check_length("slice keys", input.gold.len(), slicing.keys.len())?;
    check_length("groups", input.gold.len(), input.groups.len())?;
    let mut keys: Vec<&String> = slicing.keys.iter().flatten().collect();
    keys.sort_unstable_by_key(|key| natural(key));
    keys.dedup();
    let slices = keys
        .par_iter()
        .map(|key| {
            let rows: Vec<usize> = (0..slicing.keys.len())
                .filter(|&row| slicing.keys[row].as_ref() == Some(key))
                .collect();
            slice(input, key, &rows)
        })
        .collect::<Result<_, _>>()?;
    Ok(SliceTable {
        name: slicing.name.clone(),
        slices,
    })
}

fn slice(input: &EvaluationInput<'_>, key: &str, rows: &[usize]) -> Result<SliceRow, EvalError> {
    let classes = input.labels.len();
    let gold: Vec<usize> = rows.iter().map(|&row| input.gold[row]).collect();
    let probabilities: Vec<f64> = rows
        .iter()
        .flat_map(|&row| {
            input
                .probabilities
                .get(row * classes..(row + 1) * classes)
                .unwrap_or(&[])
        })
        .copied()
        .collect();
    let keys: Vec<usize> = rows.iter().map(|&row| input.groups[row]).collect();
    let groups = RowGroups::new(&keys);
    let scored = ScoredRows {
        labels: input.labels,
        negative: input.negative,
        gold: &gold,
        probabilities: &probabilities,
    };
    let scorer = Scorer::new(scored, &[Metric::MicroF1, Metric::Accuracy])?;
    let mut scores = measure(&scorer, &groups, &input.bootstrap)?
        .into_iter()
        .zip([Metric::MicroF1, Metric::Accuracy])
        .map(|(measured, metric)| measured.of(metric).score());
    let (micro_f1, accuracy) = (scores.next(), scores.next());
    let is_relation = |label: &usize| *label != input.negative;
    let any_relation = gold.iter().any(is_relation)
        || probabilities
            .chunks(classes)
            .any(|row| is_relation(&crate::predictions::argmax(row)));
    Ok(SliceRow {
        key: key.to_owned(),
        rows: rows.len(),
        groups: groups.count(),
        micro_f1: micro_f1.filter(|_| any_relation),
        accuracy: accuracy.ok_or(EvalError::NoRows)?,
    })
}

/// A key to sort by in which runs of digits count as numbers.
fn natural(key: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = Vec::new();
    for run in key.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        let run = String::from_utf8_lossy(run).into_owned();
        // Text ranks after numbers, as digits rank before letters.
        parts.push(run.parse().map_or((u64::MAX, run), |number| (number, String::new())));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BootstrapConfig;

    #[test]
    fn keys_are_in_natural_order() {
        let mut keys = ["16 – 31", "8 – 15", "PER → ORG", "128 and more", "0 – 7", "ORG → PER"];
        keys.sort_by_key(|key| natural(key));
        assert_eq!(
            keys,
            ["0 – 7", "8 – 15", "16 – 31", "128 and more", "ORG → PER", "PER → ORG"]
        );
    }

    #[test]
    fn each_slice_is_scored_by_its_own_rows() {
        let labels = ["none", "a", "b"].map(String::from);
        let probabilities = [
            0.8, 0.1, 0.1, //
            0.1, 0.8, 0.1, //
            0.1, 0.1, 0.8, //
            0.8, 0.1, 0.1, //
            0.8, 0.1, 0.1,
        ];
        let input = EvaluationInput {
            labels: &labels,
            negative: 0,
            gold: &[0, 1, 1, 0, 1],
            probabilities: &probabilities,
            groups: &[0, 0, 1, 2, 3],
            bootstrap: BootstrapConfig::default(),
        };
        let key = |key: &str| Some(key.to_owned());
        let slicing = Slicing {
            name: "letter".to_owned(),
            keys: vec![key("x"), key("x"), key("y"), key("z"), None],
        };
        let tables = evaluate_slices(&input, &[slicing]).unwrap();
        let rows: Vec<_> = tables[0]
            .slices
            .iter()
            .map(|row| (row.key.as_str(), row.rows, row.groups))
            .collect();
        assert_eq!(rows, [("x", 2, 1), ("y", 1, 1), ("z", 1, 1)]);
        let scores: Vec<_> = tables[0]
            .slices
            .iter()
            .map(|row| (row.micro_f1.map(|score| score.value), row.accuracy.value))
            .collect();
        assert_eq!(scores, [(Some(100.0), 100.0), (Some(0.0), 0.0), (None, 100.0)]);
    }

    #[test]
    fn keys_for_other_rows_are_refused() {
        let labels = ["none", "a"].map(String::from);
        let input = EvaluationInput {
            labels: &labels,
            negative: 0,
            gold: &[0],
            probabilities: &[0.5, 0.5],
            groups: &[0],
            bootstrap: BootstrapConfig::default(),
        };
        let slicing = Slicing {
            name: "length".to_owned(),
            keys: vec![None; 2],
        };
        assert!(matches!(
            evaluate_slices(&input, &[slicing]),
            Err(EvalError::Length { what: "slice keys", .. })
        ));
    }
}
