//! Reading predictions, from here or from elsewhere, with nothing taken on trust.

use std::path::Path;

use super::table::Row;
use super::{Columns, Predictions, PredictionsMeta, Table, argmax, check_ids, check_label_order, parse_list, shorten};
use crate::error::EvalError;

impl Predictions {
    /// Reads the predictions CSV at `path`.
    ///
    /// The label order is that of `<path>.meta.json` if it is there, else `label_order`; if both
    /// are there, they must agree. Columns are found by name; other columns are left alone.
    /// Values are taken as they are (a file from elsewhere may hold logits, or rows that do not sum
    /// to 1: [`lint_submission`](crate::lint_submission) tells), but each row must have one finite
    /// value a label, and its `pred_label` must be a label with the row's largest value: where it
    /// is not, the label order is usually another one.
    ///
    /// # Errors
    /// [`EvalError::LabelOrderUnknown`] or [`EvalError::LabelOrderConflict`] about the order,
    /// [`EvalError::MetaMismatch`] if the file and its description differ, [`EvalError::Field`]
    /// and [`EvalError::RepeatedId`] with row, column and remedy, and the errors of the file itself.
    pub fn read(path: impl AsRef<Path>, label_order: Option<&[String]>) -> Result<Self, EvalError> {
        let path = path.as_ref();
        let table = Table::open(path)?;
        let meta = PredictionsMeta::read_beside(path)?;
        let labels = resolve_label_order(path, meta.as_ref(), label_order)?;
        check_label_order(&labels)?;
        let mut ids = Vec::new();
        let mut probabilities = Vec::new();
        let rows = table.for_each(|row| {
            let (id, values) = check_row(path, row, &labels)?;
            ids.push(id.to_owned());
            probabilities.extend(values);
            Ok(())
        })?;
        if rows == 0 {
            return Err(EvalError::NoDataRows { path: path.to_owned() });
        }
        check_ids(path, &ids)?;
        if let Some(meta) = meta {
            meta.check_describes(&PredictionsMeta::path_beside(path), &labels, rows)?;
        }
        Ok(Self {
            ids,
            labels,
            probabilities,
        })
    }
}

fn resolve_label_order(
    path: &Path,
    meta: Option<&PredictionsMeta>,
    given: Option<&[String]>,
) -> Result<Vec<String>, EvalError> {
    let meta_path = PredictionsMeta::path_beside(path);
    match (meta, given) {
        (None, None) => Err(EvalError::LabelOrderUnknown {
            path: path.to_owned(),
            meta_path,
        }),
        (None, Some(given)) => Ok(given.to_vec()),
        (Some(meta), None) => Ok(meta.labels.clone()),
        (Some(meta), Some(given)) => {
            let longest = meta.labels.len().max(given.len());
            match (0..longest).find(|&at| meta.labels.get(at) != given.get(at)) {
                None => Ok(given.to_vec()),
                Some(position) => Err(EvalError::LabelOrderConflict {
                    meta_path,
                    position,
                    given: given.get(position).cloned().unwrap_or_default(),
                    found: meta.labels.get(position).cloned().unwrap_or_default(),
                }),
            }
        }
    }
}

fn check_row<'a>(path: &Path, row: &Row<'a>, labels: &[String]) -> Result<(&'a str, Vec<f64>), EvalError> {
    let error = |column: usize, problem: String, found: String, remedy| {
        Err(EvalError::Field {
            path: path.to_owned(),
            row: row.number,
            line: row.line,
            column: Columns::NAMES[column],
            problem,
            found,
            remedy,
        })
    };
    let [Some(id), Some(label), Some(list)] = row.fields else {
        let column = row.fields.iter().position(Option::is_none).unwrap_or_default();
        let remedy = "write every row with the fields of the header (is a quote missing?)";
        return error(
            column,
            "the field is missing".to_owned(),
            format!("{} fields", row.width),
            remedy,
        );
    };
    if id.trim().is_empty() {
        return error(
            0,
            "the id is empty".to_owned(),
            shorten(id),
            "give every row the id of its example",
        );
    }
    let values = match parse_list(list) {
        Ok(values) => values,
        Err((problem, found)) => {
            return error(
                2,
                problem.to_owned(),
                shorten(found),
                "write the probabilities as [0.1, 0.2, …]",
            );
        }
    };
    if values.len() != labels.len() {
        let problem = format!("{} probabilities are needed, one a label", labels.len());
        return error(
            2,
            problem,
            values.len().to_string(),
            "check that the label order is that of the file",
        );
    }
    let Some(claimed) = labels.iter().position(|known| known == label) else {
        let problem = "not a label of the label order".to_owned();
        return error(
            1,
            problem,
            shorten(label),
            "check that the label order is that of the file",
        );
    };
    let best = argmax(&values);
    if values[claimed] < values[best] {
        let problem = format!("the most probable label is \"{}\"", labels[best]);
        return error(
            1,
            problem,
            shorten(label),
            "check that the label order is that of the file",
        );
    }
    Ok((id, values))
}
