use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use relex_data::{Example, LabelSet, Manifest, Role, Tier, data_hash, duplicate_groups};
use relex_eval::{
    BootstrapConfig, Evaluation, EvaluationInput, Predictions, PredictionsMeta, SliceTable, Slicing, evaluate,
    evaluate_slices, render_terminal,
};
use relex_train::{RunFolder, resolve};

use super::{Dataset, open_run, semeval, slices};
use crate::{
    args::EvaluateArguments,
    progress::{Verbosity, show},
};

pub(crate) fn run(arguments: &EvaluateArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    if arguments.semeval_scorer {
        show(&semeval::report(arguments)?.to_string());
        return Ok(());
    }
    let scored = scored(arguments)?;
    let bootstrap = BootstrapConfig {
        resamples: arguments.resamples,
        seed: arguments.seed,
        level: 0.95,
    };
    let mut evaluation = verbosity.timed("evaluate", || scored.evaluate(bootstrap))?;
    if arguments.slices {
        let slicings = slices::slicings(&scored);
        evaluation.slices = verbosity.timed("slices", || scored.evaluate_slices(bootstrap, &slicings))?;
    }
    let in_run = arguments.run.as_ref().map(|run| RunFolder::at(run).evaluation("valid"));
    for path in in_run.iter().chain(&arguments.json) {
        evaluation.write(path)?;
    }
    show(&render_terminal(&evaluation));
    Ok(())
}

/// The predictions that the arguments name.
pub(super) fn scored(arguments: &EvaluateArguments) -> anyhow::Result<Scored> {
    match (&arguments.run, &arguments.predictions, &arguments.dataset) {
        (Some(run), _, _) => Scored::of_run(&open_run(run)?),
        (None, Some(path), Some(dataset)) => {
            let dataset = Dataset::find(dataset, arguments.data_dir.as_deref())?;
            let split = arguments.split.as_deref().map(Manifest::read).transpose()?;
            Scored::of_file(path, &dataset.with(arguments.on_bad_row.into()), split.as_ref())
        }
        _ => bail!("give --run, or --predictions with --dataset"),
    }
}

/// Predictions beside the examples they are for.
pub(super) struct Scored {
    pub(super) predictions: Predictions,
    pub(super) examples: Vec<Example>,
    pub(super) labels: LabelSet,
    pub(super) gold: Vec<usize>,
    /// The data set's other labelled rows, in no order.
    pub(super) others: Vec<Example>,
}

impl Scored {
    /// A run's predictions for its validation fold.
    pub(super) fn of_run(folder: &RunFolder) -> anyhow::Result<Self> {
        let config = resolve(&folder.config(), &[])?;
        let data = &config.data;
        let path = folder.predictions("valid");
        if !path.is_file() {
            bail!(
                "{}: no predictions yet; run `relex predict --run {}` first",
                path.display(),
                folder.path().display()
            );
        }
        let dataset = Dataset::find(&data.dataset, data.folder.as_deref())?;
        // As the run was measured: the split in its folder says which conflicts were settled, and how.
        let split = Manifest::read(&folder.split())?;
        Self::of_file(&path, &dataset.with(data.on_bad_row), Some(&split))
    }

    /// Predictions of any system for labelled rows of a data set, as the conflict policy of a split leaves them.
    pub(super) fn of_file(path: &Path, dataset: &Dataset, split: Option<&Manifest>) -> anyhow::Result<Self> {
        let labels = dataset.spec.labels.clone();
        let meta = PredictionsMeta::read_beside(path)?;
        let order = if meta.is_some() { None } else { Some(labels.names()) };
        let predictions = Predictions::read(path, order)?;
        if predictions.labels != labels.names() {
            bail!(
                "{}: its label order is not that of data set {:?}",
                path.display(),
                dataset.spec.name
            );
        }
        let mut examples = dataset.read(Role::Train)?;
        if let Some(split) = split {
            examples = split.resolve(examples, &labels)?;
        }
        let mut by_id: HashMap<String, Example> = examples
            .into_iter()
            .map(|example| (example.id.clone(), example))
            .collect();
        let mut examples = Vec::with_capacity(predictions.rows());
        let mut gold = Vec::with_capacity(predictions.rows());
        for id in &predictions.ids {
            let example = by_id.remove(id).with_context(|| {
                format!(
                    "{}: row {id:?} is not in data set {:?}",
                    path.display(),
                    dataset.spec.name
                )
            })?;
            let label = example
                .label
                .with_context(|| format!("{}: row {id:?} has no gold label to score against", path.display()))?;
            gold.push(label.index());
            examples.push(example);
        }
        if meta.is_some_and(|meta| !describes(&meta, &examples, &labels)) {
            bail!(
                "{}: data set {:?} has rows of these ids, but not those that were predicted; restore its data file, predict again, or if \
                 their split settled conflicts, give it with --split",
                path.display(),
                dataset.spec.name
            );
        }
        Ok(Self {
            predictions,
            examples,
            labels,
            gold,
            others: by_id.into_values().filter(|example| example.label.is_some()).collect(),
        })
    }

    /// Scores with intervals.
    pub(super) fn evaluate(&self, bootstrap: BootstrapConfig) -> anyhow::Result<Evaluation> {
        Ok(evaluate(&self.input(&self.groups(), bootstrap))?)
    }

    fn evaluate_slices(&self, bootstrap: BootstrapConfig, slicings: &[Slicing]) -> anyhow::Result<Vec<SliceTable>> {
        Ok(evaluate_slices(&self.input(&self.groups(), bootstrap), slicings)?)
    }

    /// The sentence of each row: what resampling draws, since rows of one sentence are not independent.
    pub(super) fn groups(&self) -> Vec<usize> {
        duplicate_groups(&self.examples, Tier::Identical).iter().collect()
    }

    fn input<'a>(&'a self, groups: &'a [usize], bootstrap: BootstrapConfig) -> EvaluationInput<'a> {
        EvaluationInput {
            labels: self.labels.names(),
            negative: self.labels.negative().index(),
            gold: &self.gold,
            probabilities: &self.predictions.probabilities,
            groups,
            bootstrap,
        }
    }
}

/// Whether the predictions were made for these rows, with their labels or without.
fn describes(meta: &PredictionsMeta, examples: &[Example], labels: &LabelSet) -> bool {
    let unlabelled = || -> Vec<Example> {
        examples
            .iter()
            .map(|example| Example {
                label: None,
                ..example.clone()
            })
            .collect()
    };
    meta.data_hash == data_hash(examples, labels) || meta.data_hash == data_hash(&unlabelled(), labels)
}

/// The scores that `relex evaluate --run` wrote, or an error that says to run it.
pub(super) fn read_evaluation(folder: &RunFolder) -> anyhow::Result<Evaluation> {
    let path: PathBuf = folder.evaluation("valid");
    if !path.is_file() {
        bail!(
            "{}: no scores yet; run `relex evaluate --run {}` first",
            path.display(),
            folder.path().display()
        );
    }
    Ok(Evaluation::read(path)?)
}
