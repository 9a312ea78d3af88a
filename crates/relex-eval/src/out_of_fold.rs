//! Predictions for rows that their model did not learn from: the only ones that weights, temperatures
//! and suspicions of wrong labels may be drawn from.

use crate::error::EvalError;
use crate::member::Member;
use crate::predictions::{PredictionsMeta, check_ids};
use crate::probabilities::ProbabilityTable;

/// Predictions that are known, or vouched, to be for rows that the model did not learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct OutOfFold(Member);

impl OutOfFold {
    /// Takes predictions whose description says so: it names the split that held the rows out, of a fold or of all.
    ///
    /// # Errors
    /// [`EvalError::NotOutOfFold`] if there is no description or it names no split.
    pub fn marked(member: Member) -> Result<Self, EvalError> {
        let reason = match &member.meta {
            None => "no .meta.json beside it says so",
            Some(PredictionsMeta {
                split_hash: Some(_), ..
            }) => return Ok(Self(member)),
            Some(_) => "its .meta.json names no split that held them out",
        };
        Err(EvalError::NotOutOfFold {
            path: member.path,
            reason: reason.to_owned(),
        })
    }

    /// Takes predictions on the caller's word.
    pub fn vouched(member: Member) -> Self {
        Self(member)
    }

    /// Refuses predictions that hold a row which the model learnt from.
    ///
    /// # Errors
    /// [`EvalError::NotOutOfFold`], with the number of such rows and the first of them.
    pub fn check_not_learnt(self, learnt: impl Fn(&str) -> bool) -> Result<Self, EvalError> {
        let rows: Vec<&String> = self.0.ids.iter().filter(|id| learnt(id)).collect();
        match rows.first() {
            None => Ok(self),
            Some(first) => Err(EvalError::NotOutOfFold {
                reason: format!(
                    "the model learnt from {} of its {} rows, the first of them id {first}",
                    rows.len(),
                    self.0.ids.len()
                ),
                path: self.0.path,
            }),
        }
    }

    /// The predictions with labels and rows in the order of `other`'s.
    ///
    /// # Errors
    /// As [`Member::beside`].
    pub fn beside(self, other: &Self) -> Result<Self, EvalError> {
        Ok(Self(self.0.beside(&other.0)?))
    }

    /// Several folds' predictions as one: every row once, the labels in the first one's order.
    ///
    /// # Errors
    /// [`EvalError::NoRows`] without parts, [`EvalError::LabelsDiffer`] if they are not for the same labels,
    /// [`EvalError::RepeatedId`] if two parts hold the same row.
    pub fn pooled(parts: Vec<Self>) -> Result<Self, EvalError> {
        let mut parts = parts.into_iter().map(Self::into_member);
        let mut all = parts.next().ok_or(EvalError::NoRows)?;
        let mut values = Vec::new();
        for part in parts {
            let part = part.with_labels(&all.labels, &all.path.display().to_string())?;
            all.ids.extend(part.ids);
            values.extend(part.table.into_values());
            all.notes.extend(part.notes);
            all.meta = None; // it describes one part only
        }
        check_ids(&all.path, &all.ids)?;
        if !values.is_empty() {
            values.splice(0..0, all.table.into_values());
            all.table = ProbabilityTable::new(values, all.labels.len())?;
        }
        Ok(Self(all))
    }

    /// The predictions.
    pub fn member(&self) -> &Member {
        &self.0
    }

    /// The predictions without the claim.
    pub fn into_member(self) -> Member {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::PREDICTIONS_FORMAT_VERSION;

    fn member(mark: Option<(Option<&str>, Option<u32>)>) -> Member {
        let labels = ["a", "b"].map(String::from).to_vec();
        Member {
            name: "run".into(),
            path: "p.csv".into(),
            ids: ["4", "9"].map(String::from).to_vec(),
            table: ProbabilityTable::new(vec![0.5, 0.5, 0.1, 0.9], 2).unwrap(),
            meta: mark.map(|(split_hash, fold)| PredictionsMeta {
                format_version: PREDICTIONS_FORMAT_VERSION,
                labels: labels.clone(),
                negative_label: "a".into(),
                run: "run".into(),
                data_hash: "data".into(),
                split_hash: split_hash.map(String::from),
                fold,
                rows: 2,
            }),
            labels,
            notes: vec![],
        }
    }

    #[test]
    fn only_a_split_is_a_mark() {
        for fold in [None, Some(0)] {
            assert!(OutOfFold::marked(member(Some((Some("hash"), fold)))).is_ok());
        }
        for refused in [None, Some((None, None)), Some((None, Some(0)))] {
            let found = OutOfFold::marked(member(refused));
            assert!(matches!(found, Err(EvalError::NotOutOfFold { .. })), "{refused:?}");
        }
    }

    #[test]
    fn folds_are_pooled_once() {
        let part = |ids: [&str; 2]| {
            OutOfFold::vouched(Member {
                ids: ids.map(String::from).to_vec(),
                ..member(None)
            })
        };
        let pooled = OutOfFold::pooled(vec![part(["4", "9"]), part(["1", "2"])]).unwrap();
        assert_eq!(pooled.member().ids, ["4", "9", "1", "2"]);
        assert_eq!(pooled.member().table.values(), [0.5, 0.5, 0.1, 0.9].repeat(2));
        let twice = OutOfFold::pooled(vec![part(["4", "9"]), part(["9", "2"])]);
        assert!(matches!(
            twice,
            Err(EvalError::RepeatedId {
                row: 3,
                first_row: 2,
                ..
            })
        ));
    }

    #[test]
    fn a_row_that_was_learnt_from_is_named() {
        let taken = OutOfFold::vouched(member(None));
        assert!(taken.clone().check_not_learnt(|_| false).is_ok());
        let message = taken.check_not_learnt(|id| id == "9").unwrap_err().to_string();
        assert!(
            message.contains("1 of its 2 rows") && message.contains("id 9"),
            "{message}"
        );
    }
}
