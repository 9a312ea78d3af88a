//! A report whose parts are known to fit together, with what every section needs of it.

use super::{Report, ReportSystem};
use crate::error::EvalError;
use crate::metric::{check_labels, check_length, check_scores, confusion_matrix};
use crate::predictions::{argmax, check_label_order};

pub(super) struct View<'a> {
    pub(super) report: &'a Report,
    /// Index of each row's gold label. `[rows]`
    pub(super) gold: Vec<usize>,
    pub(super) systems: Vec<SystemView<'a>>,
}

pub(super) struct SystemView<'a> {
    pub(super) system: &'a ReportSystem,
    /// Index of each row's predicted label. `[rows]`
    pub(super) predicted: Vec<usize>,
}

impl<'a> View<'a> {
    /// # Errors
    /// [`EvalError::NoRows`], [`EvalError::Setting`], [`EvalError::Length`], [`EvalError::LabelIndex`], [`EvalError::NotFinite`]
    /// or [`EvalError::RepeatedLabel`] where the parts do not fit, [`EvalError::OtherScores`] where a system's scores are
    /// not those of its predictions.
    pub(super) fn new(report: &'a Report) -> Result<Self, EvalError> {
        let classes = report.labels.len();
        check_label_order(&report.labels)?;
        check_labels("negative", &[report.negative], classes)?;
        if report.systems.is_empty() {
            return Err(EvalError::Setting {
                name: "number of systems",
                value: "0".to_owned(),
                allowed: "at least 1",
            });
        }
        for slicing in &report.slicings {
            check_length("slice keys", report.rows.len(), slicing.keys.len())?;
        }
        let gold: Vec<usize> = report.rows.iter().map(|row| row.gold).collect();
        let system = |system: &'a ReportSystem| {
            check_scores(&gold, &system.probabilities, classes)?;
            let predicted: Vec<usize> = system.probabilities.chunks_exact(classes).map(argmax).collect();
            let evaluation = &system.evaluation;
            let labels = evaluation.per_label.iter().map(|row| &row.label);
            if !labels.eq(&report.labels)
                || evaluation.negative_label != report.labels[report.negative]
                || evaluation.confusion != confusion_matrix(&gold, &predicted, classes)?
            {
                return Err(EvalError::OtherScores {
                    name: system.name.clone(),
                });
            }
            check_suspects(report, system)?;
            Ok(SystemView { system, predicted })
        };
        Ok(Self {
            report,
            systems: report.systems.iter().map(system).collect::<Result<_, _>>()?,
            gold,
        })
    }

    /// The systems' names, in order.
    pub(super) fn names(&self) -> Vec<&'a str> {
        self.systems.iter().map(|system| system.system.name.as_str()).collect()
    }

    /// Whether systems stand beside each other.
    pub(super) fn is_comparison(&self) -> bool {
        self.systems.len() > 1
    }

    /// The rows that can be browsed, as indices.
    pub(super) fn browsed(&self) -> Vec<usize> {
        let wrong = |row: &usize| {
            self.systems
                .iter()
                .any(|system| system.predicted[*row] != self.gold[*row])
        };
        let all = 0..self.gold.len();
        match self.report.browsed {
            super::BrowsedRows::Wrong => all.filter(wrong).collect(),
            super::BrowsedRows::All => all.collect(),
        }
    }
}

/// Suspects are those of the report's rows, each once.
fn check_suspects(report: &Report, system: &ReportSystem) -> Result<(), EvalError> {
    let Some(suspects) = &system.suspects else {
        return Ok(());
    };
    check_length("suspects", report.rows.len(), suspects.len())?;
    let mut seen = vec![false; report.rows.len()];
    for suspect in suspects {
        check_labels("row of a suspect", &[suspect.row], report.rows.len())?;
        check_labels("likely label of a suspect", &[suspect.likely], report.labels.len())?;
        if std::mem::replace(&mut seen[suspect.row], true) || suspect.given != report.rows[suspect.row].gold {
            return Err(EvalError::OtherScores {
                name: system.name.clone(),
            });
        }
    }
    Ok(())
}

impl SystemView<'_> {
    /// Row `row`'s probabilities. `[labels]`
    pub(super) fn probabilities(&self, row: usize) -> &[f64] {
        let classes = self.system.evaluation.per_label.len();
        &self.system.probabilities[row * classes..(row + 1) * classes]
    }
}
