//! Labelled rows that the model did not learn from, with what it predicts for them.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::bail;
use relex_data::{Example, Manifest, Part};
use relex_eval::{EvalError, Member, OutOfFold, Truth};

use super::{
    gold::{Gold, RunGolds, sentence_groups},
    member::{is_named, predictions_path, read_member, say_new_notes},
    open_run,
};
use crate::{
    args::{ForeignArguments, GoldArguments, HeldOutArguments, Rows},
    progress::Verbosity,
};

/// Predictions that are out of fold beside the examples that they are for.
pub(super) struct HeldOut {
    pub(super) predictions: OutOfFold,
    /// Of the rows of files, and whose label order all are in.
    pub(super) source: Rc<Gold>,
    pub(super) examples: Vec<Example>,
    pub(super) gold: Vec<usize>,
    /// Of the rows of the first source.
    first: Rc<Gold>,
    groups: Vec<usize>,
}

impl HeldOut {
    /// Reads all sources and pools them.
    pub(super) fn open(arguments: &HeldOutArguments, verbosity: Verbosity) -> anyhow::Result<Self> {
        let mut golds = RunGolds::with(&arguments.gold, &arguments.sources);
        let source = gold_of(&arguments.gold, &arguments.sources, &mut golds)?;
        let mut parts = Vec::new();
        let (mut examples, mut gold) = (Vec::new(), Vec::new());
        let mut first = None;
        for path in &arguments.sources {
            let part = read_out_of_fold(path, &source, &arguments.foreign, &arguments.out_of_fold, verbosity)?;
            let member = part.member();
            let own = if path.is_dir() {
                golds.of(&open_run(path)?)?
            } else {
                Rc::clone(&source)
            };
            let rows = own.rows(&member.path, &member.ids, member.meta.as_ref())?;
            examples.extend(rows.examples);
            gold.extend(rows.labels);
            first.get_or_insert(own);
            parts.push(part);
        }
        Ok(Self {
            groups: sentence_groups(&examples),
            first: first.unwrap_or_else(|| Rc::clone(&source)),
            predictions: OutOfFold::pooled(parts)?,
            source,
            examples,
            gold,
        })
    }

    /// The data set's labelled training rows that were not predicted, but for those that a split holds out.
    pub(super) fn others(&self) -> anyhow::Result<Vec<Example>> {
        self.first.others(&self.predictions.member().ids)
    }

    pub(super) fn truth(&self) -> Truth<'_> {
        Truth {
            gold: &self.gold,
            negative: self.source.negative(),
            groups: &self.groups,
        }
    }

    pub(super) fn labels(&self) -> &[String] {
        self.source.labels()
    }
}

/// Types of each row's subject and object.
pub(super) fn entity_types(examples: &[Example]) -> Vec<(String, String)> {
    let types = |example: &Example| (example.subject.entity_type.clone(), example.object.entity_type.clone());
    examples.iter().map(types).collect()
}

/// The gold labels that the flags name, or those of the first source that is a run.
pub(super) fn gold_of(
    arguments: &GoldArguments,
    sources: &[PathBuf],
    golds: &mut RunGolds,
) -> anyhow::Result<Rc<Gold>> {
    let of_flags = Gold::of_flags(arguments, sources)?;
    // Of runs the flags say where the data is; the split is the runs' own.
    let are_files = sources.iter().any(|source| !source.is_dir());
    if let Some(gold) = of_flags.filter(|_| are_files) {
        return Ok(gold);
    }
    match sources.iter().find(|source| source.is_dir()) {
        Some(run) => golds.of(&open_run(run)?),
        None => bail!(
            "the gold labels are not known: none of the files is a run's folder; name their data set with --dataset"
        ),
    }
}

/// A run's validation predictions, or a file's, in the data set's label order; refused where they are not known to
/// be out of fold, nor `vouched` for. Of a run its own split is asked which rows it learnt from.
pub(super) fn read_out_of_fold(
    source: &Path,
    gold: &Gold,
    foreign: &ForeignArguments,
    vouched: &[PathBuf],
    verbosity: Verbosity,
) -> anyhow::Result<OutOfFold> {
    let path = predictions_path(source, Rows::Valid)?;
    let member = read_member(&path, foreign, Some(gold.labels()), verbosity)?;
    let notes = member.notes.len();
    let member = member.with_labels(gold.labels(), "its data set")?;
    say_new_notes(notes, &member, verbosity);
    let is_vouched = is_named(&path, vouched) || is_named(source, vouched);
    known_out_of_fold(member, is_vouched).map_err(|error| match error.downcast_ref() {
        Some(EvalError::NotOutOfFold { .. }) if !is_vouched => error.context(format!(
            "if you know better, say so with --out-of-fold {}",
            path.display()
        )),
        _ => error,
    })
}

/// Predictions whose description says that they are out of fold, or that are vouched for.
pub(super) fn known_out_of_fold(member: Member, is_vouched: bool) -> anyhow::Result<OutOfFold> {
    let path = member.path.clone();
    let out_of_fold = if is_vouched {
        OutOfFold::vouched(member)
    } else {
        OutOfFold::marked(member)?
    };
    // A word does not stand against the run's own split.
    match learnt_by_run(&path, &out_of_fold)? {
        Some(learnt) => Ok(out_of_fold.check_not_learnt(|id| learnt.contains(id))?),
        None => Ok(out_of_fold),
    }
}

/// The rows that the run learnt from whose folder the predictions lie in; `None` if they lie in no run's, or name no
/// split.
fn learnt_by_run(path: &Path, predictions: &OutOfFold) -> anyhow::Result<Option<HashSet<String>>> {
    let meta = predictions.member().meta.as_ref();
    let marks = meta.and_then(|meta| Some((meta.split_hash.as_deref()?, meta.fold)));
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
    // Rows held out of all folds name none: then every fold's may have been learnt from.
    let held_out = fold.map(|fold| Part::Fold(fold as usize));
    let may_be_learnt = |part: Part| matches!(part, Part::Train | Part::Fold(_)) && Some(part) != held_out;
    let rows = manifest.rows().iter().filter(|row| may_be_learnt(row.part));
    Ok(Some(rows.map(|row| row.id.clone()).collect()))
}
