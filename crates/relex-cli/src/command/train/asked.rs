//! Which run a training command is about, with which settings, and where it goes.

use std::path::{Path, PathBuf};

use anyhow::bail;
use relex_train::{Checked, NamesEncoder, RunFolder};

use super::folder::Claimed;
use crate::hub;

/// What a command line says of its run.
pub(super) struct Asked<C> {
    /// `train` or `pretrain`.
    pub(super) command: &'static str,
    /// The file of --config, and what it comes to with the options that change settings.
    pub(super) given: Option<(PathBuf, Checked<C>)>,
    /// The folder that --run and --resume name.
    pub(super) named: Option<PathBuf>,
    /// Whether --resume is there.
    pub(super) resume: bool,
    /// The options that change settings, and whether one of them is there.
    pub(super) changes: (&'static str, bool),
}

/// Where a run goes.
pub(super) enum Place {
    /// Into this folder, which is free.
    New(PathBuf),
    /// Into a folder with a number that is free, named after the configuration.
    Numbered(PathBuf),
    /// Where it was begun.
    Begun(Claimed),
}

impl Place {
    /// The folder, if it is known before it is claimed.
    pub(super) fn known(&self) -> Option<RunFolder> {
        match self {
            Self::Numbered(_) => None,
            Self::New(path) => Some(RunFolder::at(path)),
            Self::Begun(claimed) => Some(claimed.folder.clone()),
        }
    }

    /// The folder, if the run that was begun in it was brought to its end.
    pub(super) fn finished(&self) -> Option<RunFolder> {
        match self {
            Self::Begun(claimed) if claimed.folder.is_finished() => Some(claimed.folder.clone()),
            _ => None,
        }
    }

    /// Makes the folder this process's own; `stem` says what a numbered one is called after its configuration's file.
    pub(super) fn claim(self, stem: impl FnOnce(&Path) -> String) -> anyhow::Result<Claimed> {
        match self {
            Self::New(path) => Claimed::new(&path),
            Self::Numbered(file) => Claimed::next(&stem(&file)),
            Self::Begun(claimed) => Ok(claimed),
        }
    }
}

impl<C: NamesEncoder + Clone + PartialEq> Asked<C> {
    /// The settings and the place; `read` reads the settings of a run that was begun.
    pub(super) fn resolve(
        self,
        read: impl FnOnce(&Path) -> anyhow::Result<Checked<C>>,
    ) -> anyhow::Result<(Checked<C>, Place)> {
        if self.resume {
            let Some(path) = &self.named else {
                bail!(
                    "--resume: which run? give its folder, as in `relex {} --resume runs/my-run`",
                    self.command
                );
            };
            let folder = RunFolder::at(path);
            if folder.has_begun() {
                let begun = read(&folder.config())?;
                self.check_unchanged(&folder, &begun)?;
                return Ok((begun, Place::Begun(Claimed::again(folder)?)));
            }
        }
        match (self.given, self.named) {
            (Some((_, config)), Some(path)) => {
                RunFolder::at(&path).check_free()?;
                Ok((config, Place::New(path)))
            }
            (Some((file, config)), None) => Ok((config, Place::Numbered(file))),
            (None, named) => bail!(
                "{}: no run was begun here; begin it with `relex {} --config FILE --run {0}`",
                named.unwrap_or_default().display(),
                self.command
            ),
        }
    }

    /// A run goes on with the settings that it was begun with; any that are given too must be the same.
    fn check_unchanged(&self, folder: &RunFolder, begun: &Checked<C>) -> anyhow::Result<()> {
        let config = folder.config();
        let (options, is_changed) = self.changes;
        match &self.given {
            Some((_, given)) if hub::pinned(given.values().clone(), begun.values()) != *begun.values() => bail!(
                "{}: this run was begun with other settings than those given; leave --config, {options} out to go on with \
                 it, or choose another folder with --run",
                config.display()
            ),
            None if is_changed => bail!(
                "{}: a run goes on with its own settings; leave {options} out, or begin a new one",
                config.display()
            ),
            _ => Ok(()),
        }
    }
}
