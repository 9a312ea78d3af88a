//! Labelled rows that predictions are for.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::{Context, bail};
use relex_data::{Example, LabelSet, Manifest, OnBadRow, Part, Role, Tier, data_hash, duplicate_groups, subset};
use relex_eval::PredictionsMeta;
use relex_train::{DataConfig, RunFolder, TrainOn};

use super::{
    Dataset,
    run_data::{own_split, read_split, settings_at},
};
use crate::args::{FileRole, GoldArguments, PlaceArguments};

/// A data set with labels, and the split whose conflict policy they follow.
pub(super) struct Gold {
    pub(super) dataset: Dataset,
    /// Which of its files the predictions are for.
    role: Role,
    split: Option<Manifest>,
    /// The rows of that file, read when they are first asked for.
    examples: OnceCell<Vec<Example>>,
}

/// The rows of some predictions.
pub(super) struct GoldRows {
    pub(super) examples: Vec<Example>,
    /// Index of each row's label.
    pub(super) labels: Vec<usize>,
}

/// The gold labels of runs; runs of one data set and one split share them.
pub(super) struct RunGolds {
    place: PlaceArguments,
    on_bad_row: Option<OnBadRow>,
    flags: Flags,
    known: Vec<(RunData, Rc<Gold>)>,
}

/// What the gold labels of a run are made from: data set, its files' folder, what happens to bad rows, and the split's hash.
type RunData = (PathBuf, Option<PathBuf>, OnBadRow, String);

/// Whose data flags tell first of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flags {
    /// That of runs.
    OfRuns,
    /// That of predictions files; that of a run only if it is not where its configuration says.
    OfFiles,
}

impl RunGolds {
    /// Of runs whose data is where the flags say or their configurations do. `sources` are what is scored; what is no folder
    /// among them is a predictions file.
    pub(super) fn with(arguments: &GoldArguments, sources: &[PathBuf]) -> Self {
        let flags = match sources.iter().all(|source| source.is_dir()) {
            true => Flags::OfRuns,
            false => Flags::OfFiles,
        };
        Self {
            place: arguments.place.clone(),
            on_bad_row: arguments.on_bad_row.map(OnBadRow::from),
            flags,
            known: Vec::new(),
        }
    }

    /// Of a run, as it was measured: its split says which conflicts were settled, and how.
    pub(super) fn of(&mut self, folder: &RunFolder) -> anyhow::Result<Rc<Gold>> {
        // The split of the flags is that of files, and of a run only where the run has no copy.
        let mut place = self.place.clone();
        if own_split(folder)?.is_some() {
            place.split = None;
        }
        let (data, on_bad_row) = match settings_at(folder, &PlaceArguments::default()) {
            Ok(own) if self.flags == Flags::OfFiles => (own.data, None),
            _ => (settings_at(folder, &place)?.data, self.on_bad_row),
        };
        let split = read_split(folder, &data.split)?;
        let on_bad_row = on_bad_row.unwrap_or(data.on_bad_row);
        let made_from = (data.dataset, data.folder, on_bad_row, split.hash().to_owned());
        if let Some((_, gold)) = self.known.iter().find(|(known, _)| *known == made_from) {
            return Ok(Rc::clone(gold));
        }
        let dataset = Dataset::find(&made_from.0, made_from.1.as_deref())?;
        let gold = Rc::new(Gold::new(dataset.with(on_bad_row), Role::Train, Some(split)));
        self.known.push((made_from, Rc::clone(&gold)));
        Ok(gold)
    }
}

impl Gold {
    fn new(dataset: Dataset, role: Role, split: Option<Manifest>) -> Self {
        Self {
            dataset,
            role,
            split,
            examples: OnceCell::new(),
        }
    }

    /// Of the flags, if they name a data set. `sources` are what is scored; folders among them are runs.
    pub(super) fn of_flags(arguments: &GoldArguments, sources: &[PathBuf]) -> anyhow::Result<Option<Rc<Self>>> {
        let place = &arguments.place;
        let are_runs = !sources.is_empty() && sources.iter().all(|source| source.is_dir());
        if are_runs && arguments.gold != FileRole::Train {
            bail!("--gold: a run's validation rows are always training rows of its data set; leave it out");
        }
        let Some(dataset) = &place.dataset else {
            let stray = [
                ("--data-dir", place.data_dir.is_some()),
                ("--on-bad-row", arguments.on_bad_row.is_some()),
                ("--split", place.split.is_some()),
            ];
            match stray.iter().find(|(_, is_given)| *is_given) {
                Some((flag, _)) if !sources.iter().any(|source| source.is_dir()) => {
                    bail!("{flag}: of which data set? name it with --dataset")
                }
                _ => return Ok(None),
            }
        };
        let dataset = Dataset::find(dataset, place.data_dir.as_deref())?;
        Ok(Some(Rc::new(Self::new(
            dataset.with(arguments.on_bad_row.map_or(OnBadRow::Fail, OnBadRow::from)),
            arguments.gold.into(),
            place.split.as_deref().map(Manifest::read).transpose()?,
        ))))
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
        let by_id: HashMap<&str, &Example> = self
            .examples()?
            .iter()
            .map(|example| (example.id.as_str(), example))
            .collect();
        let mut examples = Vec::with_capacity(ids.len());
        let mut labels = Vec::with_capacity(ids.len());
        for id in ids {
            let example = by_id.get(id.as_str()).with_context(|| {
                format!(
                    "{}: row {id:?} is not among the {} rows of data set {:?}; --gold says which of its files the predictions are for",
                    path.display(),
                    name(self.role),
                    spec.name
                )
            })?;
            let label = example.label.with_context(|| {
                format!(
                    "{}: row {id:?} has no gold label to score against among the {} rows of data set {:?}",
                    path.display(),
                    name(self.role),
                    spec.name
                )
            })?;
            labels.push(label.index());
            examples.push((*example).clone());
        }
        if meta.is_some_and(|meta| !describes(meta, &examples, &spec.labels)) {
            bail!(
                "{}: data set {:?} has {} rows of these ids, but not those that were predicted; say with --gold which of its files they are \
                 in, restore its data file, predict again, or if their split settled conflicts, give it with --split",
                path.display(),
                spec.name,
                name(self.role)
            );
        }
        Ok(GoldRows { examples, labels })
    }

    /// The data set's labelled training rows that do not have these ids, but for those that the split holds out. Where the
    /// predictions are for another file these are all of them, and none where there is no training file.
    pub(super) fn others<'a>(&'a self, ids: &'a [String]) -> anyhow::Result<Vec<Example>> {
        let held_out = self
            .split
            .iter()
            .flat_map(Manifest::rows)
            .filter(|row| row.part == Part::HoldOut)
            .map(|row| row.id.as_str());
        let mut left_out: HashSet<&str> = held_out.collect();
        let other_file;
        let examples = if self.role == Role::Train {
            left_out.extend(ids.iter().map(String::as_str));
            self.examples()?
        } else if self.dataset.spec.find_file(&self.dataset.files, Role::Train).is_some() {
            other_file = self.dataset.read(Role::Train)?;
            &other_file
        } else {
            return Ok(Vec::new());
        };
        let is_other = |example: &&Example| example.label.is_some() && !left_out.contains(example.id.as_str());
        Ok(examples.iter().filter(is_other).cloned().collect())
    }

    /// The rows that a run with these settings learnt from.
    pub(super) fn learnt_by(&self, data: &DataConfig) -> anyhow::Result<Vec<Example>> {
        let Some(split) = &self.split else {
            return Ok(Vec::new());
        };
        let examples = self.examples()?;
        let mut partition = split.partition(examples, data.fold)?;
        if data.train_on == TrainOn::All {
            partition.train.append(&mut partition.valid);
            partition.train.sort_unstable();
        }
        let rows = match data.max_train_rows {
            Some(count) => subset(split, examples, &partition.train, count, split.seed())?,
            None => partition.train,
        };
        Ok(rows.into_iter().map(|row| examples[row].clone()).collect())
    }

    /// Every row of the file that the predictions are for, with conflicts settled as the split says.
    fn examples(&self) -> anyhow::Result<&[Example]> {
        if let Some(examples) = self.examples.get() {
            return Ok(examples);
        }
        let mut examples = self.dataset.read(self.role)?;
        if let Some(split) = self.split.as_ref().filter(|_| self.role == Role::Train) {
            examples = split.resolve(examples, &self.dataset.spec.labels)?;
        }
        Ok(self.examples.get_or_init(|| examples))
    }
}

/// What messages call a file's rows.
fn name(role: Role) -> &'static str {
    match role {
        Role::Train => "training",
        Role::Valid => "validation",
        Role::Test => "test",
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
