use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use relex_model::{WEIGHT_FILES, find_weights, weight_parts};

use super::{
    Network, Repository, Revision, Settings,
    client::{Client, Unreachable},
    repository::is_commit,
    shown, transfer,
};
use crate::{
    interrupt,
    progress::Verbosity,
    system::{NewFolders, write_link},
};

/// The files besides weights that an encoder may have; what a tokenizer is made of differs.
const SMALL_FILES: [&str; 8] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
];

/// A commit of a repository in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The folder with its files.
    pub(crate) folder: PathBuf,
    /// Its hash.
    pub(crate) commit: String,
}

/// The revision's files: from the cache if it is a commit that is there, else as the hub has them now. Without a
/// network what the cache has of the revision is taken.
pub(super) fn find(
    settings: &Settings,
    repository: &Repository,
    revision: &Revision,
    verbosity: Verbosity,
) -> anyhow::Result<Snapshot> {
    let folder = repository.folder(&settings.cache);
    let cached = cached(&folder, revision);
    if settings.network == Network::Forbidden {
        return cached.with_context(|| {
            format!(
                "{} does not hold all of {repository} at {revision}, and HF_HUB_OFFLINE forbids to download it",
                shown(&settings.cache)
            )
        });
    }
    if let (Some(snapshot), Some(_)) = (&cached, revision.as_commit()) {
        return Ok(snapshot.clone());
    }
    match download(settings, repository, revision, &folder, verbosity) {
        Err(error) if error.root_cause().is::<Unreachable>() => match cached {
            Some(snapshot) => {
                verbosity.note(format!(
                    "{}; going on with {repository} at {} from the cache",
                    error.root_cause(),
                    snapshot.commit
                ));
                Ok(snapshot)
            }
            None => Err(error),
        },
        outcome => outcome,
    }
}

/// What the cache has of the revision, if that is all that an encoder needs.
fn cached(folder: &Path, revision: &Revision) -> Option<Snapshot> {
    let commit = match revision.as_commit() {
        Some(commit) => commit.to_owned(),
        None => {
            let text = std::fs::read_to_string(reference(folder, revision)).ok()?;
            text.trim().to_owned()
        }
    };
    let folder = folder.join("snapshots").join(&commit);
    (is_commit(&commit) && is_complete(&folder)).then_some(Snapshot { folder, commit })
}

fn is_complete(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).is_file();
    let weights = || find_weights(folder).and_then(|path| weight_parts(&path));
    has("config.json")
        && (has("tokenizer.json") || has("vocab.txt") || (has("vocab.json") && has("merges.txt")))
        && weights().is_ok_and(|parts| parts.iter().all(|part| part.is_file()))
}

fn reference(folder: &Path, revision: &Revision) -> PathBuf {
    folder.join("refs").join(revision.to_string())
}

fn download(
    settings: &Settings,
    repository: &Repository,
    revision: &Revision,
    folder: &Path,
    verbosity: Verbosity,
) -> anyhow::Result<Snapshot> {
    let client = Client::new(settings);
    let info = client.info(repository, revision)?;
    let has = |name: &str| info.files.iter().any(|file| file == name);
    ensure!(
        has("config.json"),
        "{}/{repository} has no config.json; an encoder for transformers has one",
        settings.endpoint
    );
    let Some(weights) = WEIGHT_FILES.into_iter().find(|name| has(name)) else {
        bail!(
            "{}/{repository} has none of {}; its weights are in a form that relex does not read",
            settings.endpoint,
            WEIGHT_FILES.join(", ")
        );
    };
    interrupt::listen()?;
    let snapshot = folder.join("snapshots").join(&info.commit);
    let _folders = NewFolders::before_making(&snapshot);
    let get = |name: &str| -> anyhow::Result<()> {
        let link = snapshot.join(name);
        if link.is_file() {
            return Ok(());
        }
        let remote = client.file(repository, &info.commit, name)?;
        let blobs = folder.join("blobs");
        let _folders = NewFolders::before_making(&blobs);
        let blob = transfer::download(&client, &remote, name, &blobs, verbosity)?;
        std::fs::create_dir_all(&snapshot).with_context(|| shown(&snapshot))?;
        write_link(&blob, &Path::new("../../blobs").join(remote.checksum.hex()), &link).with_context(|| shown(&link))
    };
    for name in SMALL_FILES.into_iter().filter(|name| has(name)) {
        get(name)?;
    }
    get(weights)?;
    for part in weight_parts(&snapshot.join(weights))?.iter().skip(1) {
        let name = part.file_name().unwrap_or_default().to_string_lossy();
        get(&name)?;
    }
    if revision.as_commit().is_none() {
        relex_data::write_atomically(&reference(folder, revision), info.commit.as_bytes())?;
    }
    Ok(Snapshot {
        folder: snapshot,
        commit: info.commit,
    })
}
