//! One process a run folder.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use crate::TrainError;

/// The right to write into a run folder, held until it is dropped. The operating system takes it back from a process that
/// dies, whatever kills it, so that no stale lock is ever in the way.
#[derive(Debug)]
pub struct RunLock {
    file: File,
    path: PathBuf,
}

impl RunLock {
    /// Takes the lock of a folder, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`TrainError::Run`] when another process has it, [`TrainError::Io`] when folder or lock file cannot be made.
    pub fn take(folder: &Path) -> Result<Self, TrainError> {
        let path = folder.join("lock");
        loop {
            fs::create_dir_all(folder).map_err(TrainError::io(folder))?;
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            let mut file = options.open(&path).map_err(TrainError::io(&path))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::Error(error)) => return Err(TrainError::io(&path)(error)),
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    // For the message only; where it cannot be read the message does without.
                    let _ = file.read_to_string(&mut holder);
                    return Err(TrainError::Run {
                        path: folder.into(),
                        reason: format!(
                            "another process{} is writing this run; wait for it or stop it, or choose another folder with --run",
                            if holder.trim().is_empty() {
                                String::new()
                            } else {
                                format!(" ({})", holder.trim())
                            }
                        ),
                    });
                }
            }
            // Its last holder may have removed the file between opening and locking: then it is nobody's lock.
            if is_same(&file, &path) {
                let _ = file.set_len(0);
                let _ = write!(file, "pid {}", std::process::id());
                return Ok(Self { file, path });
            }
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// Elsewhere a file that is open cannot be removed.
#[cfg(not(unix))]
fn is_same(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_at_a_time_and_nothing_is_left() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("new/run");
        let lock = RunLock::take(&folder).unwrap();
        let message = RunLock::take(&folder).unwrap_err().to_string();
        let holder = format!("another process (pid {}) is writing this run", std::process::id());
        assert!(message.contains(&holder), "{message}");
        drop(lock);
        drop(RunLock::take(&folder).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn the_file_of_a_dead_process_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("lock"), "pid 1").unwrap();
        drop(RunLock::take(folder.path()).unwrap());
    }

    /// Of many threads that take the lock again and again, no two ever have it at once.
    #[test]
    fn removal_makes_no_second_holder() {
        let folder = tempfile::tempdir().unwrap();
        let holders = std::sync::atomic::AtomicUsize::new(0);
        let order = std::sync::atomic::Ordering::SeqCst;
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Ok(_lock) = RunLock::take(folder.path()) {
                            assert_eq!(holders.fetch_add(1, order), 0);
                            holders.fetch_sub(1, order);
                        }
                    }
                });
            }
        });
    }
}
