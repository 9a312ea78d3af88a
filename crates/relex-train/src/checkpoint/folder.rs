//! Folders that are there whole or not at all, and tell when a bit of them changed.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
};

use relex_data::sha256_file;
use tempfile::TempDir;

use crate::TrainError;

/// The list of a folder's files with their SHA-256, as `sha256sum` writes and checks it.
const SUMS: &str = "SHA256SUMS";
/// What the names of unfinished and retired folders begin with, and those of files that a system puts into folders of its own accord.
const HIDDEN: &str = ".";

/// A folder inside `parent` that nobody takes for a checkpoint yet; it goes away unless it is published.
pub(super) fn begin(parent: &Path) -> Result<TempDir, TrainError> {
    fs::create_dir_all(parent).map_err(TrainError::io(parent))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".saving-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
    builder.tempdir_in(parent).map_err(TrainError::io(parent))
}

/// Brings every file of the folder to the disk, lists their sums, and moves the folder to its place.
pub(super) fn publish(folder: TempDir, place: &Path) -> Result<(), TrainError> {
    let mut list = String::new();
    for name in names(folder.path())? {
        let path = folder.path().join(&name);
        sync(&path)?;
        list.push_str(&format!("{}  {name}\n", sha256_file(&path)?));
    }
    let sums = folder.path().join(SUMS);
    fs::write(&sums, list).map_err(TrainError::io(&sums))?;
    sync(&sums)?;
    sync_folder(folder.path());
    // One that has the place goes only when the new one is there: between two renames nothing slow is done.
    let old = if place.exists() { Some(retire(place)?) } else { None };
    fs::rename(folder.path(), place).map_err(TrainError::io(place))?;
    // It is no longer where its guard would look for it.
    let _moved = folder.keep();
    sync_folder(place.parent().unwrap_or(Path::new(".")));
    old.map_or(Ok(()), |old| fs::remove_dir_all(&old).map_err(TrainError::io(&old)))
}

/// What is wrong with a published folder, in words; nothing if it is as it was published.
pub(super) fn damage(folder: &Path) -> Option<String> {
    let Ok(list) = fs::read_to_string(folder.join(SUMS)) else {
        return Some(format!("{SUMS} is missing or unreadable"));
    };
    let listed: BTreeMap<&str, &str> = list
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, name)| (name, sum))
        .collect();
    let Ok(found) = names(folder) else {
        return Some("its files cannot be listed".into());
    };
    let unlisted = found.iter().find(|name| !listed.contains_key(name.as_str()));
    if let Some(name) = unlisted {
        return Some(format!("{name} is not in {SUMS}"));
    }
    if listed.is_empty() {
        return Some(format!("{SUMS} lists nothing"));
    }
    listed
        .into_iter()
        .find_map(|(name, sum)| match sha256_file(&folder.join(name)) {
            Err(error) => Some(error.to_string()),
            Ok(found) if found != sum => Some(format!("{name} was changed or cut short since it was written")),
            Ok(_) => None,
        })
}

/// Removes a folder so that no half of it is ever seen under its name.
pub(super) fn remove(folder: &Path) -> Result<(), TrainError> {
    let retired = retire(folder)?;
    fs::remove_dir_all(&retired).map_err(TrainError::io(&retired))
}

/// Gives a damaged folder another name, under which it stays for whoever wants to see what became of it.
pub(super) fn set_aside(folder: &Path) -> Result<(), TrainError> {
    rename_to(folder, "damaged-").map(|_| ())
}

/// Takes a folder away from its name; [`sweep`] removes it if nobody else does.
fn retire(folder: &Path) -> Result<PathBuf, TrainError> {
    rename_to(folder, &format!("{HIDDEN}removing-"))
}

/// Puts `start` before the folder's name, in the place of what may have that name.
fn rename_to(folder: &Path, start: &str) -> Result<PathBuf, TrainError> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let renamed = folder.with_file_name(format!("{start}{name}"));
    if renamed.exists() {
        fs::remove_dir_all(&renamed).map_err(TrainError::io(&renamed))?;
    }
    fs::rename(folder, &renamed).map_err(TrainError::io(folder))?;
    Ok(renamed)
}

/// Takes away what processes that were killed left unfinished in `parent`.
pub(super) fn sweep(parent: &Path) -> Result<(), TrainError> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry.map_err(TrainError::io(parent))?.path();
        if path.is_dir()
            && path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(HIDDEN))
        {
            fs::remove_dir_all(&path).map_err(TrainError::io(&path))?;
        }
    }
    Ok(())
}

/// The names of the files in a folder but the list of sums and hidden ones, sorted.
fn names(folder: &Path) -> Result<Vec<String>, TrainError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(TrainError::io(folder))? {
        let name = entry.map_err(TrainError::io(folder))?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.retain(|name| name != SUMS && !name.starts_with(HIDDEN));
    names.sort();
    Ok(names)
}

fn sync(path: &Path) -> Result<(), TrainError> {
    let file = OpenOptions::new()
        .write(true)
        .open(path)
        .map_err(TrainError::io(path))?;
    file.sync_all().map_err(TrainError::io(path))
}

/// A rename is durable only once its folder is synced; not every file system allows that.
fn sync_folder(folder: &Path) {
    if let Ok(handle) = File::open(folder) {
        handle.sync_all().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything in a folder, hidden or not.
    fn entries(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn published(parent: &Path) -> std::path::PathBuf {
        let folder = begin(parent).unwrap();
        fs::write(folder.path().join("a"), "first").unwrap();
        fs::write(folder.path().join("b"), "second").unwrap();
        let place = parent.join("step-1");
        publish(folder, &place).unwrap();
        place
    }

    #[test]
    fn a_whole_folder_has_no_damage_and_every_change_is_one() {
        let parent = tempfile::tempdir().unwrap();
        let check = |change: fn(&Path), expected: &str| {
            let place = published(parent.path());
            assert_eq!(damage(&place), None);
            change(&place);
            let found = damage(&place).unwrap();
            assert!(found.contains(expected), "{expected:?} is not in {found:?}");
        };
        let place = published(parent.path());
        fs::write(place.join(".DS_Store"), "").unwrap();
        assert_eq!(damage(&place), None);
        check(|place| fs::write(place.join("a"), "forst").unwrap(), "a was changed");
        check(|place| fs::write(place.join("b"), "secon").unwrap(), "b was changed");
        check(|place| fs::remove_file(place.join("b")).unwrap(), "b");
        check(|place| fs::write(place.join("c"), "third").unwrap(), "c is not in");
        check(|place| fs::remove_file(place.join(SUMS)).unwrap(), "missing");
        check(|place| fs::write(place.join(SUMS), "").unwrap(), "a is not in");
        let cut_in_half = |place: &Path| {
            let list = fs::read(place.join(SUMS)).unwrap();
            fs::write(place.join(SUMS), &list[..list.len() / 2]).unwrap();
        };
        check(cut_in_half, "b is not in");
        let flip_a_bit_of_a_sum = |place: &Path| {
            let mut list = fs::read(place.join(SUMS)).unwrap();
            list[5] ^= 1;
            fs::write(place.join(SUMS), list).unwrap();
        };
        check(flip_a_bit_of_a_sum, "a was changed");
    }

    #[test]
    fn a_folder_takes_the_place_of_another_and_leaves_nothing_beside_it() {
        let parent = tempfile::tempdir().unwrap();
        published(parent.path());
        published(parent.path());
        drop(begin(parent.path()).unwrap());
        assert_eq!(entries(parent.path()), ["step-1"]);
        set_aside(&parent.path().join("step-1")).unwrap();
        assert_eq!(entries(parent.path()), ["damaged-step-1"]);
    }

    #[test]
    fn what_was_left_unfinished_is_swept_away() {
        let parent = tempfile::tempdir().unwrap();
        let place = published(parent.path());
        let _left = begin(parent.path()).unwrap().keep();
        assert_eq!(entries(parent.path()).len(), 2);
        sweep(parent.path()).unwrap();
        assert_eq!(entries(parent.path()), ["step-1"]);
        remove(&place).unwrap();
        assert_eq!(entries(parent.path()), [""; 0]);
        sweep(&parent.path().join("nowhere")).unwrap();
    }
}
