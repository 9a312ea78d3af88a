//! Encoders by their names on the Hugging Face Hub, kept in the cache that Python's `huggingface_hub` uses:
//! what either has downloaded, the other finds.
//!
//! This is the one place of relex that talks to the hub. Libraries get a folder, so they need neither a network
//! nor the environment.

mod checksum;
mod client;
mod repository;
mod settings;
mod snapshot;
mod transfer;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use relex_train::{Checked, NamesEncoder};

use crate::progress::Verbosity;
use repository::{Repository, Revision, is_commit};
pub(crate) use snapshot::Snapshot;

/// What the environment says about the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Settings {
    /// The cache, with one folder for each repository.
    cache: PathBuf,
    /// The hub's address, without a slash at the end.
    endpoint: String,
    /// What private and gated repositories ask for.
    token: Option<String>,
    network: Network,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Network {
    Allowed,
    /// Only the cache is looked at.
    Forbidden,
}

/// The commit of a repository's branch or tag (`main` by default) in the cache, downloaded if need be.
pub(crate) fn fetch(name: &str, revision: Option<&str>, verbosity: Verbosity) -> anyhow::Result<Snapshot> {
    let repository: Repository = name.parse()?;
    let revision: Revision = revision.unwrap_or("main").parse()?;
    let settings = Settings::from(|name| std::env::var(name).ok())?;
    snapshot::find(&settings, &repository, &revision, verbosity)
}

/// Finds the encoder that a configuration names: a folder as it is, any other name on the hub. The answer has
/// the commit as its `model.revision`, so that it stands for the same encoder tomorrow.
pub(crate) fn locate<C: NamesEncoder>(config: Checked<C>, verbosity: Verbosity) -> anyhow::Result<Checked<C>> {
    let values = config.values();
    Ok(match find(values.encoder(), values.revision(), verbosity)? {
        None => config,
        Some(snapshot) => config.at_snapshot(snapshot.folder, snapshot.commit),
    })
}

/// A configuration with the commit that a run or series has for its encoder, unless it names another commit: where the
/// run has one, the configuration that it was begun with may name a branch or nothing.
pub(crate) fn pinned<C: NamesEncoder>(mut given: C, begun: &C) -> C {
    if !given.revision().is_some_and(is_commit) {
        given.set_revision(begun.revision().map(str::to_owned));
    }
    given
}

/// What stands for the encoder of this name on the hub; nothing if it is a folder.
fn find(encoder: &Path, revision: Option<&str>, verbosity: Verbosity) -> anyhow::Result<Option<Snapshot>> {
    if encoder.is_dir() {
        if let Some(revision) = revision {
            bail!(
                "model.revision = {revision:?}: it is for encoders of the hub, but model.encoder = {:?} is a folder; \
                 leave it out",
                encoder.display().to_string()
            );
        }
        return Ok(None);
    }
    let snapshot = encoder
        .to_str()
        .context("its name is not Unicode")
        .and_then(|name| fetch(name, revision, verbosity))
        .with_context(|| {
            let name = encoder.display().to_string();
            format!("model.encoder = {name:?}: there is no such folder, and it cannot be had from the hub")
        })?;
    Ok(Some(snapshot))
}

/// The path as part of a message.
fn shown(path: &Path) -> String {
    path.display().to_string()
}
