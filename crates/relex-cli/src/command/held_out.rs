//! Labelled rows that the model did not learn from, with what it predicts for them.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use relex_data::{Example, Manifest};
use relex_eval::{OutOfFold, Truth};
use relex_train::resolve;

use super::{
    Dataset,
    evaluate::{find_gold, sentence_groups},
    member::{is_named, predictions_path, read_member, say_new_notes},
    open_run,
};
use crate::{
    args::{DataArguments, ForeignArguments, GoldArguments, HeldOutArguments, Rows},
    progress::Verbosity,
};

/// Predictions that are out of fold beside the examples that they are for.
pub(super) struct HeldOut {
    pub(super) predictions: OutOfFold,
    pub(super) dataset: Dataset,
    pub(super) examples: Vec<Example>,
    pub(super) gold: Vec<usize>,
    groups: Vec<usize>,
}

impl HeldOut {
    /// Reads all sources and pools them.
    pub(super) fn open(arguments: &HeldOutArguments, verbosity: Verbosity) -> anyhow::Result<Self> {
        let dataset = open_dataset(&arguments.gold, &arguments.sources)?;
        let mut parts = Vec::new();
        let (mut examples, mut gold) = (Vec::new(), Vec::new());
        for source in &arguments.sources {
            let part = read_out_of_fold(source, &dataset, &arguments.foreign, verbosity)?;
            let member = part.member();
            let (more, labels) = find_gold(&member.path, &member.ids, member.meta.as_ref(), &dataset)?;
            examples.extend(more);
            gold.extend(labels);
            parts.push(part);
        }
        Ok(Self {
            predictions: OutOfFold::pooled(parts)?,
            groups: sentence_groups(&examples),
            dataset,
            examples,
            gold,
        })
    }

    pub(super) fn truth(&self) -> Truth<'_> {
        Truth {
            gold: &self.gold,
            negative: self.dataset.spec.labels.negative().index(),
            groups: &self.groups,
        }
    }

    pub(super) fn labels(&self) -> &[String] {
        self.dataset.spec.labels.names()
    }
}

/// Types of each row's subject and object.
pub(super) fn entity_types(examples: &[Example]) -> Vec<(String, String)> {
    let types = |example: &Example| (example.subject.entity_type.clone(), example.object.entity_type.clone());
    examples.iter().map(types).collect()
}

/// The data set that is named, or that of the first source that is a run.
pub(super) fn open_dataset(gold: &GoldArguments, sources: &[PathBuf]) -> anyhow::Result<Dataset> {
    if let Some(dataset) = &gold.dataset {
        return Dataset::open(&DataArguments {
            dataset: dataset.clone(),
            data_dir: gold.data_dir.clone(),
        });
    }
    let Some(run) = sources.iter().find(|source| source.is_dir()) else {
        bail!("the gold labels are not known: none of the files is a run's folder; name their data set with --dataset");
    };
    let config = resolve(&open_run(run)?.config(), &[])?;
    Dataset::open(&DataArguments {
        dataset: config.data.dataset,
        data_dir: config.data.folder,
    })
}

/// A run's validation predictions, or a file's, in the data set's label order; refused where they are not known to
/// be out of fold. Of a run its own split is asked which rows it learnt from.
pub(super) fn read_out_of_fold(
    source: &Path,
    dataset: &Dataset,
    foreign: &ForeignArguments,
    verbosity: Verbosity,
) -> anyhow::Result<OutOfFold> {
    let path = predictions_path(source, Rows::Valid)?;
    let labels = dataset.spec.labels.names();
    let member = read_member(&path, foreign, Some(labels), verbosity)?;
    let notes = member.notes.len();
    let member = member.with_labels(labels)?;
    say_new_notes(notes, &member, verbosity);
    let vouched = is_named(&path, &foreign.out_of_fold) || is_named(source, &foreign.out_of_fold);
    let out_of_fold = if vouched {
        OutOfFold::vouched(member)
    } else {
        OutOfFold::marked(member)
            .with_context(|| format!("if you know better, say so with --out-of-fold {}", path.display()))?
    };
    // A word does not stand against the run's own split.
    match learnt_by_run(&path, &out_of_fold)? {
        Some(learnt) => Ok(out_of_fold.check_not_learnt(|id| learnt.contains(id))?),
        None => Ok(out_of_fold),
    }
}

/// The rows that the run learnt from whose folder the predictions lie in; `None` if they lie in no run's, or name no
/// fold of a split.
fn learnt_by_run(path: &Path, predictions: &OutOfFold) -> anyhow::Result<Option<HashSet<String>>> {
    let meta = predictions.member().meta.as_ref();
    let marks = meta.and_then(|meta| meta.split_hash.as_deref().zip(meta.fold));
    let run = path.parent().and_then(Path::parent);
    let split = run.map(|run| run.join("split.json")).filter(|split| split.is_file());
    let (Some((hash, fold)), Some(split)) = (marks, split) else {
        return Ok(None);
    };
    let manifest = Manifest::read(&split)?;
    if manifest.hash() != hash {
        bail!(
            "{}: predicted under another split than {}; predict again with `relex predict`",
            path.display(),
            split.display()
        );
    }
    let rows = manifest.rows().iter().filter(|row| row.fold != Some(fold as usize));
    Ok(Some(rows.map(|row| row.id.clone()).collect()))
}
