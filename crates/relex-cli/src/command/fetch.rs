use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow, bail};
use relex_data::{FileSpec, Role};

use super::Dataset;
use crate::{
    args::FetchArguments,
    progress::{Progress, Verbosity, show},
    system::cache_folder,
};

/// Looks beside dataset.toml (or in --data-dir), then in the cache, then downloads.
pub(crate) fn run(arguments: &FetchArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let dataset = Dataset::open(&arguments.data)?;
    let folder = find(&dataset, arguments.data.data_dir.is_some(), verbosity)?;
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
        file.check_sha256(&cache.join(&file.path))?;
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
    std::fs::create_dir_all(cache).with_context(|| cache.display().to_string())?;
    verbosity.note(format!("downloading {url}"));
    let mut response = ureq::get(url).call().with_context(by_hand)?;
    let size = response.body().content_length().unwrap_or(0) as usize;
    let mut temporary = tempfile::NamedTempFile::new_in(cache).with_context(|| cache.display().to_string())?;
    let mut reader = response.body_mut().as_reader();
    let mut progress = Progress::new(size, "download", verbosity);
    let mut buffer = vec![0; 1 << 16];
    let mut done = 0;
    loop {
        let count = reader.read(&mut buffer).with_context(by_hand)?;
        if count == 0 {
            break;
        }
        temporary.write_all(&buffer[..count]).with_context(|| cache.display().to_string())?;
        done += count;
        progress.at(done.min(size), "bytes");
    }
    progress.finish();
    temporary.as_file().sync_all().with_context(|| cache.display().to_string())?;
    file.check_sha256(temporary.path()).with_context(by_hand)?;
    temporary.persist(&place).with_context(|| place.display().to_string())?;
    Ok(())
}
