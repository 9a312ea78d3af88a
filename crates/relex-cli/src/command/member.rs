//! Predictions as they are found: of a run, with a description, or bare.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use relex_eval::{DeclaredValues, EvalError, Member, PredictionsMeta, read_label_order};
use relex_train::RunFolder;

use super::{names, open_run, train::series};
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
    let runs = series::runs(folder)?;
    if !file.is_file() && !runs.is_empty() {
        bail!(
            "{}: this series of runs has no such predictions; go on with it by `relex train --resume {}`, or name one of its runs: {}",
            file.display(),
            folder.path().display(),
            names(&runs)
        );
    }
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
    let declared = declared(path, foreign)?;
    let member = Member::read(path, order, declared).map_err(|error| with_flags(error, path, declared))?;
    if given.is_none() && !described {
        note_label_order(path, verbosity);
    }
    member.notes.iter().for_each(|note| verbosity.note(note));
    Ok(member)
}

/// Says that a file was read in the data set's label order for want of another.
pub(super) fn note_label_order(path: &Path, verbosity: Verbosity) {
    verbosity.note(format!(
        "{}: no .meta.json; read in the data set's label order",
        path.display()
    ));
}

/// The error with the flag that may mend it.
pub(super) fn with_flags(error: EvalError, path: &Path, declared: DeclaredValues) -> anyhow::Error {
    let path = path.display();
    match &error {
        EvalError::UnexpectedValues { remedy, .. } if declared == DeclaredValues::default() => {
            let scores = if remedy.contains("as scores") {
                format!("--scores {path} or ")
            } else {
                String::new()
            };
            anyhow!("{error}: {scores}--logits {path}")
        }
        EvalError::Field {
            column: "pred_label", ..
        } => anyhow!("{error}; another one is given with --labels {path}=ORDER"),
        _ => error.into(),
    }
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
        match order_argument(argument) {
            (Some(file), order) if file == path => return Ok(Some(read_label_order(order)?)),
            (Some(_), _) => {}
            (None, order) => general = Some(order),
        }
    }
    Ok(general.map(read_label_order).transpose()?)
}

/// The file that a label order is for, if it is for one only, and the order's own.
fn order_argument(argument: &str) -> (Option<&Path>, &str) {
    // A label order's path may hold `=` itself.
    match argument.split_once('=').filter(|_| !Path::new(argument).exists()) {
        Some((file, order)) => (Some(Path::new(file)), order),
        None => (None, argument),
    }
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

/// Refuses flags about a file which is none of those read, or knows better: they would be ignored. `vouched` are those of
/// --out-of-fold.
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
    let is_bare = |path: &PathBuf| Ok::<_, EvalError>(path.is_file() && PredictionsMeta::read_beside(path)?.is_none());
    for argument in &foreign.labels {
        let order = order_argument(argument);
        let mut bare = false;
        for path in read
            .iter()
            .filter(|path| order.0.is_none_or(|file| file == path.as_path()))
        {
            bare |= is_bare(path)?;
        }
        match order.0 {
            _ if bare => {}
            Some(file) if is_named(file, read) => bail!(
                "--labels {argument}: the .meta.json of {} names its label order; leave --labels out",
                file.display()
            ),
            Some(file) => bail!(
                "--labels {argument}: no file {} is read here; write the path as it stands among the arguments",
                file.display()
            ),
            None => bail!(
                "--labels {argument}: every file that is read here has a .meta.json that names its label order; leave --labels out"
            ),
        }
    }
    Ok(())
}
