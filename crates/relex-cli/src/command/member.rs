//! Predictions as they are found: of a run, with a description, or bare.

use std::path::{Path, PathBuf};

use anyhow::bail;
use relex_eval::{DeclaredValues, Member, PredictionsMeta, read_label_order};
use relex_train::RunFolder;

use super::open_run;
use crate::{
    args::{ForeignArguments, Rows},
    progress::Verbosity,
};

/// The predictions file that is meant by a path: the path itself, or if it is a run's folder, its predictions.
pub(super) fn predictions_path(path: &Path, rows: Rows) -> anyhow::Result<PathBuf> {
    if path.is_dir() {
        run_predictions(&open_run(path)?, rows)
    } else {
        Ok(path.to_path_buf())
    }
}

/// A run's predictions, or an error that says how to make them.
pub(super) fn run_predictions(folder: &RunFolder, rows: Rows) -> anyhow::Result<PathBuf> {
    let (file, flag) = match rows {
        Rows::Valid => (folder.predictions("valid"), ""),
        Rows::HoldOut => (folder.predictions("hold-out"), " --rows hold-out"),
        Rows::Test => (submission(folder), " --rows test"),
    };
    if !file.is_file() {
        bail!(
            "{}: no predictions yet; run `relex predict --run {}{flag}` first",
            file.display(),
            folder.path().display()
        );
    }
    Ok(file)
}

/// Where a run's predictions for the test rows are.
pub(super) fn submission(folder: &RunFolder) -> PathBuf {
    folder.submission()
}

/// Reads predictions and says what had to be done to make them probabilities. `dataset_labels` is the order of a
/// file that has none of its own and is given none.
pub(super) fn read_member(
    path: &Path,
    foreign: &ForeignArguments,
    dataset_labels: Option<&[String]>,
    verbosity: Verbosity,
) -> anyhow::Result<Member> {
    let given = label_order(path, foreign)?;
    let described = PredictionsMeta::read_beside(path)?.is_some();
    let order = given.as_deref().or(dataset_labels).filter(|_| !described);
    let member = Member::read(path, order, declared(path, foreign)?)?;
    if given.is_none() && !described {
        verbosity.note(format!(
            "{}: no .meta.json; read in the data set's label order",
            path.display()
        ));
    }
    member.notes.iter().for_each(|note| verbosity.note(note));
    Ok(member)
}

/// Says what a later step did to a member's order of labels or rows.
pub(super) fn say_new_notes(before: usize, member: &Member, verbosity: Verbosity) {
    member.notes.iter().skip(before).for_each(|note| verbosity.note(note));
}

/// Whether the user named this file.
pub(super) fn is_named(path: &Path, files: &[PathBuf]) -> bool {
    files.iter().any(|file| file == path)
}

fn label_order(path: &Path, foreign: &ForeignArguments) -> anyhow::Result<Option<Vec<String>>> {
    let mut general = None;
    for argument in &foreign.labels {
        // A label order's path may hold `=` itself.
        match argument.split_once('=').filter(|_| !Path::new(argument).exists()) {
            Some((file, order)) if Path::new(file) == path => return Ok(Some(read_label_order(order)?)),
            Some(_) => {}
            None => general = Some(argument),
        }
    }
    Ok(general.map(read_label_order).transpose()?)
}

fn declared(path: &Path, foreign: &ForeignArguments) -> anyhow::Result<DeclaredValues> {
    match (is_named(path, &foreign.logits), is_named(path, &foreign.scores)) {
        (true, true) => bail!(
            "{}: it is named under --logits and under --scores; it can be one only",
            path.display()
        ),
        (true, false) => Ok(DeclaredValues::Logits),
        (false, true) => Ok(DeclaredValues::Scores),
        (false, false) => Ok(DeclaredValues::Probabilities),
    }
}

/// Whether a flag says how this file is to be read.
pub(super) fn is_declared(path: &Path, foreign: &ForeignArguments) -> anyhow::Result<bool> {
    let values = declared(path, foreign)?;
    Ok(values != DeclaredValues::default() || label_order(path, foreign)?.is_some())
}

/// Refuses flags that name a file which is none of those read: it would be ignored. `vouched` are those of --out-of-fold.
pub(super) fn check_named(foreign: &ForeignArguments, vouched: &[PathBuf], read: &[PathBuf]) -> anyhow::Result<()> {
    let files = [
        ("--logits", &foreign.logits[..]),
        ("--scores", &foreign.scores),
        ("--out-of-fold", vouched),
    ];
    for (flag, named) in files {
        if let Some(stray) = named.iter().find(|file| !is_named(file, read)) {
            bail!(
                "{flag} {}: no such file is read here; write the path as it stands among the arguments",
                stray.display()
            );
        }
    }
    Ok(())
}
