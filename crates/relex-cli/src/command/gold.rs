//! Labelled rows that predictions are for.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use anyhow::{Context, bail};
use relex_data::{Example, LabelSet, Manifest, Part, Role, Tier, data_hash, duplicate_groups};
use relex_eval::PredictionsMeta;
use relex_train::{RunFolder, resolve};

use super::Dataset;
use crate::args::GoldArguments;

/// A data set with labels, and the split whose conflict policy they follow.
pub(super) struct Gold {
    pub(super) dataset: Dataset,
    split: Option<Manifest>,
}

/// The rows of some predictions.
pub(super) struct GoldRows {
    pub(super) examples: Vec<Example>,
    /// Index of each row's label.
    pub(super) labels: Vec<usize>,
    /// The data set's other labelled rows, but for those that the split holds out, in no order.
    pub(super) others: Vec<Example>,
}

impl Gold {
    /// Of the flags, if they name a data set.
    pub(super) fn of_flags(arguments: &GoldArguments) -> anyhow::Result<Option<Self>> {
        let Some(dataset) = &arguments.dataset else {
            return Ok(None);
        };
        let dataset = Dataset::find(dataset, arguments.data_dir.as_deref())?;
        Ok(Some(Self {
            dataset: dataset.with(arguments.on_bad_row.into()),
            split: arguments.split.as_deref().map(Manifest::read).transpose()?,
        }))
    }

    /// Of a run, as it was measured: the split in its folder says which conflicts were settled, and how.
    pub(super) fn of_run(folder: &RunFolder) -> anyhow::Result<Self> {
        let data = resolve(&folder.config(), &[])?.data;
        let dataset = Dataset::find(&data.dataset, data.folder.as_deref())?;
        Ok(Self {
            dataset: dataset.with(data.on_bad_row),
            split: Some(Manifest::read(&folder.split())?),
        })
    }

    /// The label order.
    pub(super) fn labels(&self) -> &[String] {
        self.dataset.spec.labels.names()
    }

    /// Index of the negative label.
    pub(super) fn negative(&self) -> usize {
        self.dataset.spec.labels.negative().index()
    }

    /// The labelled rows with these ids, of which `meta` tells more; `path` is where they were predicted.
    pub(super) fn rows(&self, path: &Path, ids: &[String], meta: Option<&PredictionsMeta>) -> anyhow::Result<GoldRows> {
        let spec = &self.dataset.spec;
        let mut examples = self.dataset.read(Role::Train)?;
        if let Some(split) = &self.split {
            examples = split.resolve(examples, &spec.labels)?;
        }
        let mut by_id: HashMap<String, Example> = examples
            .into_iter()
            .map(|example| (example.id.clone(), example))
            .collect();
        let mut examples = Vec::with_capacity(ids.len());
        let mut labels = Vec::with_capacity(ids.len());
        for id in ids {
            let example = by_id
                .remove(id)
                .with_context(|| format!("{}: row {id:?} is not in data set {:?}", path.display(), spec.name))?;
            let label = example
                .label
                .with_context(|| format!("{}: row {id:?} has no gold label to score against", path.display()))?;
            labels.push(label.index());
            examples.push(example);
        }
        if meta.is_some_and(|meta| !describes(meta, &examples, &spec.labels)) {
            bail!(
                "{}: data set {:?} has rows of these ids, but not those that were predicted; restore its data file, predict again, or if \
                 their split settled conflicts, give it with --split",
                path.display(),
                spec.name
            );
        }
        let held_out: HashSet<&str> = self
            .split
            .iter()
            .flat_map(Manifest::rows)
            .filter(|row| row.part == Part::HoldOut)
            .map(|row| row.id.as_str())
            .collect();
        let is_other = |example: &Example| example.label.is_some() && !held_out.contains(example.id.as_str());
        Ok(GoldRows {
            examples,
            labels,
            others: by_id.into_values().filter(is_other).collect(),
        })
    }
}

/// The sentence of each row: what resampling draws, since rows of one sentence are not independent.
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
