//! Predictions beside the labelled rows that they are for.

use std::path::Path;

use anyhow::bail;
use relex_data::{Example, LabelSet};
use relex_eval::{
    BootstrapConfig, Evaluation, EvaluationInput, Predictions, PredictionsMeta, SliceTable, Slicing, evaluate,
    evaluate_slices,
};
use relex_train::RunFolder;

use super::{
    gold::{Gold, sentence_groups},
    member::{is_declared, read_member, run_predictions, say_new_notes},
};
use crate::{
    args::{ForeignArguments, Rows},
    progress::Verbosity,
};

/// Predictions of one system, as they are in its file, and the truth.
pub(super) struct Scored {
    pub(super) predictions: Predictions,
    pub(super) examples: Vec<Example>,
    pub(super) labels: LabelSet,
    pub(super) gold: Vec<usize>,
    /// The data set's other labelled rows, but for those that a split holds out, in no order.
    pub(super) others: Vec<Example>,
    /// The sentence of each row.
    pub(super) groups: Vec<usize>,
}

impl Scored {
    /// A run's predictions for its validation fold.
    pub(super) fn of_run(folder: &RunFolder) -> anyhow::Result<Self> {
        let path = run_predictions(folder, Rows::Valid)?;
        let gold = Gold::of_run(folder)?;
        Self::new(&path, &gold, read_as_they_are(&path, &gold)?)
    }

    /// Predictions of any system for labelled rows.
    pub(super) fn of_file(
        path: &Path,
        gold: &Gold,
        foreign: &ForeignArguments,
        verbosity: Verbosity,
    ) -> anyhow::Result<Self> {
        // Undeclared values are scored as they are: rankings need no probabilities.
        let predictions = if is_declared(path, foreign)? {
            let member = read_member(path, foreign, Some(gold.labels()), verbosity)?;
            let notes = member.notes.len();
            let member = member.with_labels(gold.labels(), "its data set")?;
            say_new_notes(notes, &member, verbosity);
            member.predictions()
        } else {
            read_as_they_are(path, gold)?
        };
        Self::new(path, gold, predictions)
    }

    fn new(path: &Path, gold: &Gold, predictions: Predictions) -> anyhow::Result<Self> {
        if predictions.labels != gold.labels() {
            bail!(
                "{}: its label order is not that of data set {:?}; name it with --labels",
                path.display(),
                gold.dataset.spec.name
            );
        }
        let meta = PredictionsMeta::read_beside(path)?;
        let rows = gold.rows(path, &predictions.ids, meta.as_ref())?;
        Ok(Self {
            groups: sentence_groups(&rows.examples),
            labels: gold.dataset.spec.labels.clone(),
            gold: rows.labels,
            examples: rows.examples,
            others: rows.others,
            predictions,
        })
    }

    /// Scores with intervals.
    pub(super) fn evaluate(&self, bootstrap: BootstrapConfig) -> anyhow::Result<Evaluation> {
        Ok(evaluate(&self.input(bootstrap))?)
    }

    /// Scores of parts of the rows.
    pub(super) fn evaluate_slices(
        &self,
        bootstrap: BootstrapConfig,
        slicings: &[Slicing],
    ) -> anyhow::Result<Vec<SliceTable>> {
        Ok(evaluate_slices(&self.input(bootstrap), slicings)?)
    }

    fn input(&self, bootstrap: BootstrapConfig) -> EvaluationInput<'_> {
        EvaluationInput {
            labels: self.labels.names(),
            negative: self.labels.negative().index(),
            gold: &self.gold,
            probabilities: &self.predictions.probabilities,
            groups: &self.groups,
            bootstrap,
        }
    }
}

/// In the label order of the description beside the file, else in the data set's.
fn read_as_they_are(path: &Path, gold: &Gold) -> anyhow::Result<Predictions> {
    let described = PredictionsMeta::read_beside(path)?.is_some();
    let order = if described { None } else { Some(gold.labels()) };
    Ok(Predictions::read(path, order)?)
}
