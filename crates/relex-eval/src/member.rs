//! One file of predictions, checked and made ready to stand beside others.

use std::path::{Path, PathBuf};

use crate::error::EvalError;
use crate::predictions::{DeclaredValues, Predictions, PredictionsMeta, ValueKind};
use crate::probabilities::ProbabilityTable;
use crate::text::thousands;

/// Predictions as probabilities, with all that had to be done to make them such in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// What it is called: the run's name where its description tells it, else the file's.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Example ids. `[rows]`
    pub ids: Vec<String>,
    /// The label order. `[labels]`
    pub labels: Vec<String>,
    /// The probabilities. `[rows, labels]`
    pub table: ProbabilityTable,
    /// The description beside the file, if there is one.
    pub meta: Option<PredictionsMeta>,
    /// What was recognised and changed on the way, a sentence each, to be shown.
    pub notes: Vec<String>,
}

impl Member {
    /// Reads the predictions at `path`.
    ///
    /// `label_order` is used where the file has no description of its own; `declared` says what
    /// its values are.
    ///
    /// # Errors
    /// As [`Predictions::read`] and [`Predictions::table`].
    pub fn read(
        path: impl AsRef<Path>,
        label_order: Option<&[String]>,
        declared: DeclaredValues,
    ) -> Result<Self, EvalError> {
        let path = path.as_ref();
        let meta = PredictionsMeta::read_beside(path)?;
        let order = label_order.filter(|_| meta.is_none());
        let predictions = Predictions::read(path, order)?;
        let (table, kind) = predictions.table(path, declared)?;
        let mut notes = Vec::new();
        let mut note = |what: String| notes.push(format!("{}: {what}", path.display()));
        match kind {
            ValueKind::Probabilities => {}
            ValueKind::Rounded { .. } | ValueKind::Scores { .. } if declared != DeclaredValues::Logits => {
                note(format!("{kind}; each row was divided by its sum"));
            }
            _ => note(format!("{kind}; each row went through a softmax")),
        }
        Ok(Self {
            name: meta.as_ref().map_or_else(|| file_name(path), |meta| meta.run.clone()),
            path: path.to_owned(),
            ids: predictions.ids,
            labels: predictions.labels,
            table,
            meta,
            notes,
        })
    }

    /// The member with its labels in the order of `labels`, which errors call those of `other`.
    ///
    /// # Errors
    /// [`EvalError::LabelsDiffer`] if they are not the same labels.
    pub fn with_labels(mut self, labels: &[String], other: &str) -> Result<Self, EvalError> {
        if self.labels != labels {
            let place = self.path.display();
            let moved = self.predictions().with_labels(labels, &place.to_string(), other)?;
            self.notes.push(format!(
                "{place}: its labels stand in another order; columns were moved to the common one"
            ));
            self.labels = moved.labels;
            self.table = ProbabilityTable::new(moved.probabilities, labels.len())?;
        }
        Ok(self)
    }

    /// The member with labels and rows in the order of `other`.
    ///
    /// # Errors
    /// [`EvalError::RowsDiffer`] or [`EvalError::LabelsDiffer`] if they are not for the same rows and labels,
    /// [`EvalError::DataDiffers`] if both descriptions tell what data they are for and it is not the same.
    pub fn beside(self, other: &Self) -> Result<Self, EvalError> {
        let (own, others) = (self.path.display().to_string(), other.path.display().to_string());
        let mut member = self.with_labels(&other.labels, &others)?;
        if member.ids != other.ids {
            let moved = member.predictions().with_rows(&other.ids, &own, &others)?;
            member.notes.push(format!(
                "{own}: its {} rows stand in another order; they were matched by id",
                thousands(moved.rows())
            ));
            member.ids = moved.ids;
            member.table = ProbabilityTable::new(moved.probabilities, member.labels.len())?;
        }
        match (&member.meta, &other.meta) {
            (Some(mine), Some(its)) if mine.data_hash != its.data_hash => Err(EvalError::DataDiffers {
                first: own,
                second: others,
            }),
            _ => Ok(member),
        }
    }

    /// The probabilities as predictions again, to be written or scored.
    pub fn predictions(&self) -> Predictions {
        Predictions {
            ids: self.ids.clone(),
            labels: self.labels.clone(),
            probabilities: self.table.values().to_vec(),
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}
