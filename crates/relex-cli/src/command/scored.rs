//! Predictions beside the labelled rows that they are for.

use std::{collections::HashSet, path::Path, rc::Rc};

use anyhow::bail;
use relex_data::{Example, LabelSet};
use relex_eval::{
    BootstrapConfig, DeclaredValues, Evaluation, EvaluationInput, Predictions, PredictionsMeta, ProbabilityTable,
    SliceTable, Slicing, ValueKind, evaluate, evaluate_slices,
};
use relex_train::{DataConfig, RunFolder, TrainOn};

use super::{
    gold::{Gold, RunGolds, sentence_groups},
    member::{is_declared, note_label_order, read_member, run_predictions, say_new_notes, with_flags},
    run_data::settings,
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
    /// Where the labels are from.
    source: Rc<Gold>,
    /// What a run's settings say about its data; `None` for a file.
    run: Option<DataConfig>,
    /// The sentence of each row.
    pub(super) groups: Vec<usize>,
}

impl Scored {
    /// A run's predictions for its validation fold.
    pub(super) fn of_run(folder: &RunFolder, golds: &mut RunGolds) -> anyhow::Result<Self> {
        let path = run_predictions(folder, Rows::Valid)?;
        let gold = golds.of(folder)?;
        Ok(Self {
            run: Some(settings(folder)?.data),
            ..Self::new(&path, &gold, read_as_they_are(&path, &gold)?)?
        })
    }

    /// Predictions of any system for labelled rows.
    pub(super) fn of_file(
        path: &Path,
        gold: &Rc<Gold>,
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
            let predictions = read_as_they_are(path, gold)?;
            note_what_was_read(path, &predictions, verbosity)?;
            predictions
        };
        Self::new(path, gold, predictions)
    }

    fn new(path: &Path, gold: &Rc<Gold>, predictions: Predictions) -> anyhow::Result<Self> {
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
            source: Rc::clone(gold),
            run: None,
            predictions,
        })
    }

    /// The rows that the run learnt from; of a file, which does not tell, the data set's labelled training rows that were not
    /// scored, but for those that a split holds out.
    pub(super) fn learnt(&self) -> anyhow::Result<Vec<Example>> {
        if let Some(data) = &self.run {
            let learnt = self.source.learnt_by(data)?;
            let scored: HashSet<&String> = self.predictions.ids.iter().collect();
            // Predictions of several folds lie in one folder, too: each row has been learnt from, but not by what predicted it.
            if data.train_on == TrainOn::All || !learnt.iter().any(|example| scored.contains(&example.id)) {
                return Ok(learnt);
            }
        }
        self.source.others(&self.predictions.ids)
    }

    /// The predictions as probabilities; refused where they are none. `path` is what the user named.
    pub(super) fn table(&self, path: &Path) -> anyhow::Result<ProbabilityTable> {
        let values = DeclaredValues::default();
        match self.predictions.table(path, values) {
            Ok((table, _)) => Ok(table),
            Err(error) => Err(with_flags(error, path, values)),
        }
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

/// Says what may not be taken for granted of a file of another system.
fn note_what_was_read(path: &Path, predictions: &Predictions, verbosity: Verbosity) -> anyhow::Result<()> {
    if PredictionsMeta::read_beside(path)?.is_none() {
        note_label_order(path, verbosity);
    }
    match ValueKind::recognise(&predictions.probabilities, predictions.labels.len()) {
        ValueKind::Probabilities => {}
        kind @ ValueKind::Rounded { .. } => verbosity.note(format!("{}: {kind}; scored as they are", path.display())),
        kind => verbosity.note(format!(
            "{}: {kind}; scored by their ranking alone, without calibration error, Brier score and log loss (--scores and \
             --logits make probabilities of them)",
            path.display()
        )),
    }
    Ok(())
}

/// In the label order of the description beside the file, else in the data set's.
fn read_as_they_are(path: &Path, gold: &Gold) -> anyhow::Result<Predictions> {
    let described = PredictionsMeta::read_beside(path)?.is_some();
    let order = if described { None } else { Some(gold.labels()) };
    Predictions::read(path, order).map_err(|error| with_flags(error, path, DeclaredValues::default()))
}
