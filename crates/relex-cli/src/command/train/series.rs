//! Several runs of one configuration, over folds and seeds, and what they come to together.

mod merge;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use relex_data::{DatasetSpec, Manifest, Role};
use relex_eval::PredictionsMeta;
use relex_train::{CheckedTrainConfig, RunFolder, RunLock, TrainConfig, TrainOn};
use serde::{Deserialize, Serialize};

use super::{
    Job,
    asked::Place,
    folder::{self, Claimed},
};
use crate::{
    args::{Folds, PredictArguments, Rows, TrainArguments},
    dashboard::{self, Dashboard},
    hub,
    interrupt::{self, Interrupted},
    progress::{Verbosity, show},
    system::NewFolders,
};

/// What a series is made from; the content of `series.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Series {
    pub(crate) folds: Vec<usize>,
    pub(crate) seeds: Vec<u64>,
    pub(crate) config: TrainConfig,
}

/// One run of a series.
struct Member {
    seed: u64,
    fold: usize,
    folder: RunFolder,
}

/// Whether a series was begun in this folder.
pub(crate) fn has_begun(folder: &Path) -> bool {
    RunFolder::at(folder).series().is_file()
}

/// What the series in this folder is made from.
pub(crate) fn load(folder: &Path) -> anyhow::Result<Series> {
    let file = RunFolder::at(folder).series();
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    toml::from_str(&text).with_context(|| file.display().to_string())
}

/// The runs of the series in this folder, whether or not they are there yet; none if there is no series.
pub(crate) fn runs(folder: &RunFolder) -> anyhow::Result<Vec<RunFolder>> {
    if !has_begun(folder.path()) {
        return Ok(Vec::new());
    }
    let members = load(folder.path())?.members(folder.path());
    Ok(members.into_iter().map(|member| member.folder).collect())
}

pub(super) fn run(
    arguments: &TrainArguments,
    named: Option<PathBuf>,
    dashboard: &mut Dashboard,
    verbosity: Verbosity,
) -> anyhow::Result<()> {
    let begun = named.as_ref().filter(|path| has_begun(path));
    let mut series = match (begun, arguments.resume.is_some()) {
        (Some(path), true) => read(path, arguments)?,
        (None, true) if arguments.config.is_none() => bail!(
            "{}: no series was begun here; begin it with `relex train --config FILE --folds all --run {0}`",
            named.unwrap_or_default().display()
        ),
        _ => asked(arguments)?,
    };
    if begun.is_none() || arguments.resume.is_none() {
        if let Some(path) = &named {
            RunFolder::at(path).check_free()?;
        }
        // Refused before a folder is made, as every member would be.
        let config = series.config.clone().check()?;
        super::load_split(&config)?;
        // Once for all members: a branch may move between two of them.
        series.config = hub::locate(config, verbosity)?.values().clone();
    }
    interrupt::listen()?;
    // In this order: the lock's file goes before the folders that it is in.
    let (path, _folders, _lock) = claim(named, &series, arguments)?;
    let file = RunFolder::at(&path).series();
    if !file.exists() {
        relex_data::write_atomically(&file, toml::to_string(&series)?.as_bytes())?;
    }
    let members = series.members(&path);
    let trained = train_all(&members, &series, &path, dashboard, verbosity);
    if trained.is_err() && members.iter().all(|member| !member.folder.path().exists()) {
        // Nothing came of it: it can be begun again, with other settings too.
        let _ = std::fs::remove_file(&file);
    }
    trained?;
    let summary = merge::merge(&path, &series.config.clone().check()?, &members)?;
    dashboard.close();
    verbosity.note(summary);
    show(&path.display().to_string());
    Ok(())
}

/// Trains the members one after the other, as far as that is not done yet.
fn train_all(
    members: &[Member],
    series: &Series,
    path: &Path,
    dashboard: &mut Dashboard,
    verbosity: Verbosity,
) -> anyhow::Result<()> {
    for (number, member) in members.iter().enumerate() {
        let which = format!(
            "run {} of {}: seed {}, fold {}",
            number + 1,
            members.len(),
            member.seed,
            member.fold
        );
        verbosity.note(&which);
        dashboard.open()?;
        dashboard::update(|board| board.series = Some(which));
        train(member, series, path, dashboard, verbosity).map_err(|error| of_the_series(error, path))?;
    }
    Ok(())
}

impl Series {
    fn members(&self, path: &Path) -> Vec<Member> {
        let every = |&seed: &u64| {
            self.folds.iter().map(move |&fold| Member {
                seed,
                fold,
                folder: RunFolder::at(path.join(format!("seed-{seed}-fold-{fold}"))),
            })
        };
        self.seeds.iter().flat_map(every).collect()
    }
}

/// The series that the arguments ask for.
fn asked(arguments: &TrainArguments) -> anyhow::Result<Series> {
    let file = arguments
        .config
        .as_deref()
        .context("a series is made from a --config")?;
    let config = super::place::resolved(file, arguments)?;
    let checked = config.clone().check()?;
    let folds = match &arguments.folds {
        None => vec![config.data.fold],
        Some(_) if config.data.train_on == TrainOn::All => {
            bail!(
                "--folds: with data.train_on = \"all\" every fold learns from the same rows; leave one of the two out"
            )
        }
        Some(folds) => choose(folds, &checked)?,
    };
    let seeds = match &arguments.seeds {
        Some(seeds) => seeds.0.clone(),
        None => vec![config.seed],
    };
    if (1..seeds.len()).any(|at| seeds[..at].contains(&seeds[at])) {
        bail!("--seeds: a seed is named twice, and both runs would be the same");
    }
    Ok(Series { folds, seeds, config })
}

fn choose(folds: &Folds, config: &CheckedTrainConfig) -> anyhow::Result<Vec<usize>> {
    let path = &config.values().data.split;
    let count = Manifest::read(path)?.folds();
    match folds {
        Folds::All if count < 2 => bail!(
            "--folds all: {} is a hold-out, with one fold only; make a split with `relex split create --folds 5`",
            path.display()
        ),
        Folds::All => Ok((0..count).collect()),
        Folds::These(these) => {
            if let Some(fold) = these.iter().find(|&&fold| fold >= count) {
                bail!(
                    "--folds: {} has folds 0 to {}, and no {fold}",
                    path.display(),
                    count - 1
                );
            }
            if (1..these.len()).any(|at| these[..at].contains(&these[at])) {
                bail!("--folds: a fold is named twice");
            }
            Ok(these.clone())
        }
    }
}

/// The series that was begun in a folder; one that is asked for too must be the same.
fn read(path: &Path, arguments: &TrainArguments) -> anyhow::Result<Series> {
    let series = load(path)?;
    let differs = match &arguments.config {
        Some(_) => {
            let mut asked = asked(arguments)?;
            asked.config = hub::pinned(asked.config, &series.config);
            asked != series
        }
        None => super::place::changes_settings(arguments) || arguments.folds.is_some() || arguments.seeds.is_some(),
    };
    if differs {
        bail!(
            "{}: this series was begun with other settings than those given; go on with `relex train --resume {}` alone, or choose \
             another folder with --run",
            RunFolder::at(path).series().display(),
            path.display()
        );
    }
    Ok(series)
}

/// The series' folder, which is this process's own from here on.
fn claim(
    named: Option<PathBuf>,
    series: &Series,
    arguments: &TrainArguments,
) -> anyhow::Result<(PathBuf, NewFolders, RunLock)> {
    if let Some(path) = named {
        let folders = NewFolders::before_making(&path);
        let lock = RunLock::take(&path)?;
        return Ok((path, folders, lock));
    }
    let spec = DatasetSpec::from_file(&series.config.data.dataset.join("dataset.toml"))?;
    let stem = super::stem(&spec, arguments.config.as_deref().unwrap_or(Path::new("series")));
    folder::numbered(&stem, |path| {
        let folders = NewFolders::before_making(path);
        Ok((path.to_path_buf(), folders, RunFolder::at(path).claim()?))
    })
}

/// Trains a member and predicts with it, as far as that is not done yet.
fn train(
    member: &Member,
    series: &Series,
    path: &Path,
    dashboard: &mut Dashboard,
    verbosity: Verbosity,
) -> anyhow::Result<()> {
    let folder = &member.folder;
    if !folder.is_finished() {
        let mut config = series.config.clone();
        config.seed = member.seed;
        config.data.fold = member.fold;
        let place = if folder.has_begun() {
            Place::Begun(Claimed::again(folder.clone())?)
        } else {
            Place::New(folder.path().to_path_buf())
        };
        let config = config.check()?;
        let series = Some(path.to_path_buf());
        let job = Job { config, place, series };
        super::train(job, dashboard, verbosity)?;
    }
    let data = &series.config.data;
    let mut wanted = Vec::new();
    if data.train_on == TrainOn::Fold {
        wanted.push((Rows::Valid, folder.predictions("valid")));
    }
    if has_test_rows(&series.config)? {
        wanted.push((Rows::Test, folder.submission()));
    }
    for (rows, path) in wanted {
        // Written after the predictions, so that they are whole where it is.
        if PredictionsMeta::path_beside(&path).exists() {
            continue;
        }
        let arguments = PredictArguments {
            run: Some(folder.path().to_path_buf()),
            rows: Some(rows),
            ..PredictArguments::default()
        };
        crate::command::predict::write_predictions(&arguments, verbosity)?;
    }
    Ok(())
}

fn has_test_rows(config: &TrainConfig) -> anyhow::Result<bool> {
    let files = config.data.files();
    let spec = DatasetSpec::from_file(&config.data.dataset.join("dataset.toml"))?;
    let file = spec.find_file(files, Role::Test);
    Ok(file.is_some_and(|file| files.join(&file.path).is_file()))
}

/// An interruption is told with the way to go on with the whole series.
fn of_the_series(error: anyhow::Error, path: &Path) -> anyhow::Error {
    if error.is::<Interrupted>() {
        let path = path.display();
        return Interrupted(format!(
            "what was done is saved; go on with `relex train --resume {path}`"
        ))
        .into();
    }
    error
}
