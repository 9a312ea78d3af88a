//! The run folder while it is written: claimed, and taken away again if nothing came of it.

use std::path::{Path, PathBuf};

use anyhow::bail;
use relex_eval::EvalError;
use relex_model::ModelError;
use relex_train::{Checkpoints, RunFolder, RunLock, TrainError};

use crate::{interrupt::Interrupted, system::NewFolders};

/// A run folder that is this process's own.
pub(super) struct Claimed {
    pub(super) folder: RunFolder,
    /// Whether it stays if the command fails.
    stays: bool,
    // In this order: the lock's file goes before the folders that it is in.
    _lock: RunLock,
    _folders: Option<NewFolders>,
}

impl Claimed {
    /// The folder of a new run.
    pub(super) fn new(path: &Path) -> anyhow::Result<Self> {
        let folders = NewFolders::before_making(path);
        let folder = RunFolder::at(path);
        let lock = folder.claim()?;
        Ok(Self {
            folder,
            stays: false,
            _lock: lock,
            _folders: Some(folders),
        })
    }

    /// A folder with a number, named after `stem`.
    pub(super) fn next(stem: &str) -> anyhow::Result<Self> {
        numbered(stem, Self::new)
    }

    /// The folder of a run that was begun.
    pub(super) fn again(folder: RunFolder) -> anyhow::Result<Self> {
        let lock = folder.reclaim()?;
        Ok(Self {
            folder,
            stays: true,
            _lock: lock,
            _folders: None,
        })
    }

    /// From here on the folder stays, whatever happens.
    pub(super) fn keep(&mut self) {
        self.stays = true;
    }

    /// Keeps the folder if the run can be taken up again after this error, and says so in it. Being stopped is one.
    pub(super) fn settle(&mut self, error: TrainError, checkpoints: &Checkpoints, go_on: GoOn<'_>) -> anyhow::Error {
        if let TrainError::Stopped { step } = error {
            self.keep();
            let how = go_on.command();
            return Interrupted(format!("stopped after step {step}, which is saved; go on with `{how}`")).into();
        }
        let is_of_the_disk = is_of_the_disk(&error);
        if is_of_the_disk || checkpoints.newest().is_some() {
            self.keep();
        }
        let error = anyhow::Error::new(error);
        if is_of_the_disk {
            return error.context(format!(
                "the run was broken off; put this right and go on with `{}`",
                go_on.command()
            ));
        }
        error
    }
}

/// How a run is taken up again.
#[derive(Debug, Clone, Copy)]
pub(super) struct GoOn<'a> {
    /// `train` or `pretrain`.
    pub(super) command: &'static str,
    /// The folder of the run, or of the series that it belongs to.
    pub(super) folder: &'a Path,
}

impl GoOn<'_> {
    /// The command line.
    pub(super) fn command(&self) -> String {
        format!("relex {} --resume {}", self.command, self.folder.display())
    }
}

/// Whether a file could not be read or written, which is no fault of the run's.
fn is_of_the_disk(error: &TrainError) -> bool {
    matches!(
        error,
        TrainError::Io { .. }
            | TrainError::Data(_)
            | TrainError::Model(ModelError::Io { .. } | ModelError::Data(_))
            | TrainError::Eval(EvalError::Write { .. })
    )
}

/// Claims `runs/<stem>-<n>` with the first `n` that nobody else has taken.
pub(super) fn numbered<T>(stem: &str, claim: impl Fn(&Path) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let is_taken = |error: &anyhow::Error| matches!(error.downcast_ref(), Some(TrainError::Run { .. }));
    for n in 1u32.. {
        let path = Path::new("runs").join(format!("{stem}-{n}"));
        if path.exists() {
            continue;
        }
        match claim(&path) {
            // Somebody was faster.
            Err(error) if is_taken(&error) => continue,
            claimed => return claimed,
        }
    }
    bail!("runs: no number is free")
}

impl Drop for Claimed {
    fn drop(&mut self) {
        if self.stays {
            return;
        }
        let folder = &self.folder;
        let files = [folder.config(), folder.metrics(), folder.events(), folder.provenance()];
        for file in files {
            let _ = std::fs::remove_file(file);
        }
        for part in [folder.model(), folder.checkpoints()] {
            let _ = std::fs::remove_dir_all(part);
        }
    }
}

/// The folder that `--resume` and `--run` name together, if they name any.
pub(super) fn named(resume: Option<&Path>, run: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    match (resume, run) {
        (Some(resume), Some(run)) if resume != run => bail!(
            "--resume {} and --run {} are different folders; name one",
            resume.display(),
            run.display()
        ),
        (resume, run) => Ok(resume.or(run).map(Path::to_path_buf)),
    }
}
