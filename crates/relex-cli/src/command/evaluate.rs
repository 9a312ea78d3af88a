use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use relex_data::{Example, LabelSet, Role, Tier, data_hash, duplicate_groups};
use relex_eval::{
    BootstrapConfig, DeclaredValues, Evaluation, EvaluationInput, Predictions, PredictionsMeta, TargetMix, TargetPrior,
    Truth, evaluate, render_target_mix, render_terminal, target_mix,
};
use relex_train::{RunFolder, resolve};

use super::{
    Dataset, open_run,
    shift::{self, Known, Target, read_target},
};
use crate::{
    args::{DataArguments, EvaluateArguments, ForeignArguments, ShiftArguments},
    progress::{Verbosity, show},
};

pub(crate) fn run(arguments: &EvaluateArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let scored = match (&arguments.run, &arguments.predictions, &arguments.dataset) {
        (Some(run), _, _) => Scored::of_run(&open_run(run)?)?,
        (None, Some(path), Some(dataset)) => {
            let data = DataArguments {
                dataset: dataset.clone(),
                data_dir: arguments.data_dir.clone(),
            };
            Scored::of_file(path, &Dataset::open(&data)?)?
        }
        _ => bail!("give --run, or --predictions with --dataset"),
    };
    let bootstrap = BootstrapConfig {
        resamples: arguments.resamples,
        seed: arguments.seed,
        level: 0.95,
    };
    let mix = target_mix_of(arguments, &scored, bootstrap, verbosity)?;
    let evaluation = verbosity.timed("evaluate", || scored.evaluate(bootstrap))?;
    let in_run = arguments.run.as_ref().map(|run| RunFolder::at(run).evaluation("valid"));
    for path in in_run.iter().chain(&arguments.json) {
        evaluation.write(path)?;
    }
    show(&render_terminal(&evaluation));
    if let Some(mix) = mix {
        show(&format!("\n{}", render_target_mix(&mix, &evaluation.negative_label)));
    }
    Ok(())
}

/// The scores at another mix of labels, if one is asked for.
fn target_mix_of(
    arguments: &EvaluateArguments,
    scored: &Scored,
    bootstrap: BootstrapConfig,
    verbosity: Verbosity,
) -> anyhow::Result<Option<TargetMix>> {
    let ShiftArguments {
        target_prior, target, ..
    } = &arguments.shift;
    if target_prior.is_none() && target.is_none() {
        return Ok(None);
    }
    let sources: Vec<PathBuf> = arguments.run.iter().chain(&arguments.predictions).cloned().collect();
    let name = sources
        .first()
        .map_or_else(|| Path::new("predictions"), PathBuf::as_path);
    let (table, _) = scored.predictions.table(name, DeclaredValues::default())?;
    let groups = sentence_groups(&scored.examples);
    let known = Known {
        labels: scored.labels.names(),
        table: &table,
        truth: Truth {
            gold: &scored.gold,
            negative: scored.labels.negative().index(),
            groups: &groups,
        },
        bootstrap,
    };
    let read = || {
        let foreign = ForeignArguments::default();
        Ok(read_target(target.as_deref(), &sources, known.labels, &foreign, verbosity)?.table)
    };
    let Some(target) = shift::target_prior(&arguments.shift, &known, read, verbosity)? else {
        return Ok(None);
    };
    let prior = match &target {
        Target::Given(prior) => TargetPrior::Known(prior),
        Target::Estimated(report) => TargetPrior::Estimated(report.recommended()?),
    };
    Ok(Some(target_mix(&table, &known.truth, prior, &bootstrap)?))
}

/// Predictions beside the examples they are for.
pub(super) struct Scored {
    pub(super) predictions: Predictions,
    pub(super) examples: Vec<Example>,
    pub(super) labels: LabelSet,
    pub(super) gold: Vec<usize>,
}

impl Scored {
    /// A run's predictions for its validation fold.
    pub(super) fn of_run(folder: &RunFolder) -> anyhow::Result<Self> {
        let config = resolve(&folder.config(), &[])?;
        let data = DataArguments {
            dataset: config.data.dataset,
            data_dir: config.data.folder,
        };
        let path = folder.predictions("valid");
        if !path.is_file() {
            bail!(
                "{}: no predictions yet; run `relex predict --run {}` first",
                path.display(),
                folder.path().display()
            );
        }
        Self::of_file(&path, &Dataset::open(&data)?)
    }

    /// Predictions of any system for labelled rows of a data set.
    pub(super) fn of_file(path: &Path, dataset: &Dataset) -> anyhow::Result<Self> {
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
        let (examples, gold) = find_gold(path, &predictions.ids, meta.as_ref(), dataset)?;
        Ok(Self {
            predictions,
            examples,
            labels,
            gold,
        })
    }

    /// Scores with intervals; resampling draws sentences, since rows of one sentence are not
    /// independent.
    pub(super) fn evaluate(&self, bootstrap: BootstrapConfig) -> anyhow::Result<Evaluation> {
        let groups = sentence_groups(&self.examples);
        Ok(evaluate(&EvaluationInput {
            labels: self.labels.names(),
            negative: self.labels.negative().index(),
            gold: &self.gold,
            probabilities: &self.predictions.probabilities,
            groups: &groups,
            bootstrap,
        })?)
    }
}

/// The labelled rows of a data set that have these ids, and the indices of their labels.
pub(super) fn find_gold(
    path: &Path,
    ids: &[String],
    meta: Option<&PredictionsMeta>,
    dataset: &Dataset,
) -> anyhow::Result<(Vec<Example>, Vec<usize>)> {
    let mut by_id: HashMap<String, Example> = dataset
        .read(Role::Train)?
        .into_iter()
        .map(|example| (example.id.clone(), example))
        .collect();
    let mut examples = Vec::with_capacity(ids.len());
    let mut gold = Vec::with_capacity(ids.len());
    for id in ids {
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
    if meta.is_some_and(|meta| !describes(meta, &examples, &dataset.spec.labels)) {
        bail!(
            "{}: data set {:?} has rows of these ids, but not those that were predicted; restore its data file, or predict again",
            path.display(),
            dataset.spec.name
        );
    }
    Ok((examples, gold))
}

/// Sentence groups, numbered.
pub(super) fn sentence_groups(examples: &[Example]) -> Vec<usize> {
    duplicate_groups(examples, Tier::Identical).iter().collect()
}

/// Whether the predictions were made for these rows, with their labels or without.
pub(super) fn describes(meta: &PredictionsMeta, examples: &[Example], labels: &LabelSet) -> bool {
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
