use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, anyhow, bail};
use relex_data::{DataError, FileSpec, Role};

use super::Dataset;
use crate::{
    args::FetchArguments,
    hub,
    interrupt::{self, Interrupted},
    progress::{Progress, Verbosity, show},
    system::{NewFolders, cache_folder},
};

/// How long a server may take to answer, or to send the next piece.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks for a data set beside dataset.toml (or in --data-dir), then in the cache, then downloads; for an encoder in the
/// hub's cache, then downloads.
pub(crate) fn run(arguments: &FetchArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    if let Some(name) = &arguments.encoder {
        let snapshot = hub::fetch(name, arguments.revision.as_deref(), verbosity)?;
        show(&snapshot.folder.display().to_string());
        return Ok(());
    }
    let Some(dataset) = &arguments.dataset else {
        bail!("give --dataset or --encoder");
    };
    let dataset = Dataset::find(dataset, arguments.data_dir.as_deref())?;
    let folder = find(&dataset, arguments.data_dir.is_some(), verbosity)?;
    show(&folder.display().to_string());
    Ok(())
}

fn find(dataset: &Dataset, only_here: bool, verbosity: Verbosity) -> anyhow::Result<PathBuf> {
    let spec = &dataset.spec;
    if spec.find_file(&dataset.files, Role::Train).is_some() {
        return Ok(dataset.files.clone());
    }
    if only_here {
        bail!(spec.no_data_file(&dataset.files, Role::Train));
    }
    let cache = cache_folder()
        .ok_or_else(|| anyhow!("no cache folder: set RELEX_CACHE, or give the data's folder with --data-dir"))?
        .join(&spec.name);
    if let Some(file) = spec.find_file(&cache, Role::Train) {
        let place = cache.join(&file.path);
        file.check_sha256(&place)
            .with_context(|| format!("{} is damaged; remove it and fetch it again", place.display()))?;
        return Ok(cache);
    }
    let file = spec
        .files_for(Role::Train)
        .find(|file| file.url.is_some())
        .ok_or_else(|| spec.no_data_file(&dataset.files, Role::Train))?;
    download(file, &cache, verbosity)?;
    Ok(cache)
}

fn download(file: &FileSpec, cache: &Path, verbosity: Verbosity) -> anyhow::Result<()> {
    let Some(url) = &file.url else { return Ok(()) };
    let place = cache.join(&file.path);
    let by_hand = || {
        format!(
            "cannot download {url}; without a network, put the file at {}, or give its folder with --data-dir",
            place.display()
        )
    };
    interrupt::listen()?;
    let folder = place.parent().unwrap_or(cache);
    let in_folder = || folder.display().to_string();
    let _folders = NewFolders::before_making(folder);
    std::fs::create_dir_all(folder).with_context(in_folder)?;
    verbosity.note(format!("downloading {url}"));
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .build()
        .into();
    let mut response = agent.get(url).call().with_context(by_hand)?;
    let size = response.body().content_length().map(|size| size as usize);
    let mut temporary = new_file(folder).with_context(in_folder)?;
    let mut reader = response.body_mut().as_reader();
    let mut progress = Progress::new(size.unwrap_or(0), "download", verbosity);
    let mut buffer = vec![0; 1 << 16];
    let mut done = 0;
    loop {
        let count = reader.read(&mut buffer).with_context(by_hand)?;
        if interrupt::flow().is_break() {
            bail!(Interrupted("nothing of the download was kept".into()));
        }
        if count == 0 {
            break;
        }
        temporary.write_all(&buffer[..count]).with_context(in_folder)?;
        done += count;
        if let Some(size) = size {
            progress.at(done.min(size), "bytes");
        }
    }
    progress.finish();
    temporary.as_file().sync_all().with_context(in_folder)?;
    match file.check_sha256(temporary.path()) {
        Err(DataError::WrongChecksum { expected, found, .. }) => bail!(
            "{url} gave a file with SHA-256 {found}, but dataset.toml expects {expected}; nothing of it was kept: \
             try again, or put the right file at {}",
            place.display()
        ),
        outcome => outcome?,
    }
    temporary.persist(&place).with_context(|| place.display().to_string())?;
    Ok(())
}

/// A temporary file; it becomes a file like any other, so its permissions follow the umask.
fn new_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".relex-").suffix(".partial");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
