use std::{
    fs::{File, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use ureq::http::StatusCode;

use super::{
    checksum::Checksum,
    client::{Client, Remote, Unreachable, unreachable},
    shown,
};
use crate::{
    interrupt::{self, Interrupted},
    progress::{Progress, Verbosity},
};

/// How often a transfer that brings nothing is tried again.
const MAX_IDLE_ATTEMPTS: usize = 3;

/// Downloads a file into `blobs` under its hash, unless it is there. What an earlier attempt has left of it is gone on
/// from; what does not have the promised hash is not kept.
pub(super) fn download(
    client: &Client<'_>,
    remote: &Remote,
    name: &str,
    blobs: &Path,
    verbosity: Verbosity,
) -> anyhow::Result<PathBuf> {
    let place = blobs.join(remote.checksum.hex());
    if place.is_file() {
        return Ok(place);
    }
    std::fs::create_dir_all(blobs).with_context(|| shown(blobs))?;
    let part_path = blobs.join(format!("{}.incomplete", remote.checksum.hex()));
    let mut options = File::options();
    let mut part = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&part_path)
        .with_context(|| shown(&part_path))?;
    if let Err(TryLockError::WouldBlock) = part.try_lock() {
        bail!("{name} is being downloaded by another process; wait for it");
    }
    verbosity.note(format!("downloading {}", remote.url));
    let mut progress = Progress::new(remote.size as usize, "download", verbosity);
    if let Err(error) = fill(client, remote, &mut part, &mut progress) {
        let kept = part.metadata().map_or(0, |metadata| metadata.len());
        if kept == 0 {
            let _ = std::fs::remove_file(&part_path);
        }
        return Err(error.context(format!(
            "{name}: the download broke off after {kept} of {} bytes; the same command goes on from there",
            remote.size
        )));
    }
    progress.finish();
    part.sync_all().with_context(|| shown(&part_path))?;
    let found = remote.checksum.of(&part_path)?;
    if found != remote.checksum {
        std::fs::remove_file(&part_path).with_context(|| shown(&part_path))?;
        bail!(
            "{}: it came with the {} {}, but the server promised {}; nothing of it was kept: try again",
            remote.url,
            match found {
                Checksum::Sha256(_) => "SHA-256",
                Checksum::GitBlob(_) => "git hash",
            },
            found.hex(),
            remote.checksum.hex()
        );
    }
    std::fs::rename(&part_path, &place).with_context(|| shown(&place))?;
    Ok(place)
}

/// Goes on until the file has its size.
fn fill(client: &Client<'_>, remote: &Remote, part: &mut File, progress: &mut Progress) -> anyhow::Result<()> {
    let mut idle = 0;
    loop {
        let have = part.metadata()?.len();
        match have.cmp(&remote.size) {
            std::cmp::Ordering::Equal => return Ok(()),
            std::cmp::Ordering::Greater => {
                part.set_len(0)?;
                continue;
            }
            std::cmp::Ordering::Less => {}
        }
        match attempt(client, remote, have, part, progress) {
            Err(error) if !error.is::<Unreachable>() => return Err(error),
            outcome => {
                let brought = part.metadata()?.len() > have;
                idle = if brought { 0 } else { idle + 1 };
                if idle == MAX_IDLE_ATTEMPTS {
                    return Err(outcome
                        .err()
                        .unwrap_or_else(|| unreachable(&remote.url, &"the server sends nothing").into()));
                }
            }
        }
    }
}

/// Asks once for what is missing and appends what comes.
fn attempt(
    client: &Client<'_>,
    remote: &Remote,
    have: u64,
    part: &mut File,
    progress: &mut Progress,
) -> anyhow::Result<()> {
    let mut response = client.get(&remote.url, have)?;
    let range = response.headers().get("content-range");
    let range = range.and_then(|range| range.to_str().ok()).unwrap_or_default();
    let start = match response.status() {
        StatusCode::PARTIAL_CONTENT if range.starts_with(&format!("bytes {have}-")) => have,
        StatusCode::OK => 0,
        // It cannot go on from here: the next attempt begins anew.
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
            part.set_len(0)?;
            return Ok(());
        }
        status => return Err(unreachable(&remote.url, &format!("the server answers {status}")).into()),
    };
    part.set_len(start)?;
    part.seek(SeekFrom::Start(start))?;
    let mut reader = response.body_mut().as_reader().take(remote.size - start);
    let mut buffer = vec![0; 1 << 16];
    let mut done = start;
    loop {
        if interrupt::flow().is_break() {
            bail!(Interrupted(format!("{done} of {} bytes are kept", remote.size)));
        }
        let count = reader
            .read(&mut buffer)
            .map_err(|error| unreachable(&remote.url, &error))?;
        if count == 0 {
            return Ok(());
        }
        part.write_all(&buffer[..count])?;
        done += count as u64;
        progress.at(done as usize, "bytes");
    }
}
