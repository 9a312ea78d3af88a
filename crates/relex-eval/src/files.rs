//! Files appear whole or not at all.

use std::io::Write;
use std::path::Path;

use relex_data::{DataError, write_atomically_with};

use crate::error::EvalError;

/// Writes `path` as [`write_atomically_with`] does, with this crate's error.
pub(crate) fn write_atomically(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), EvalError> {
    write_atomically_with(path, fill).map_err(|error| EvalError::Write {
        path: path.to_owned(),
        source: match error {
            DataError::Write { source, .. } => source,
            other => std::io::Error::other(other),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_and_a_failure_names_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/scores.json");
        write_atomically(&path, |file| file.write_all(b"{}")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"{}");
        let below_a_file = path.join("scores.json");
        let error = write_atomically(&below_a_file, |_| Ok(())).unwrap_err();
        assert!(
            matches!(&error, EvalError::Write { path, .. } if *path == below_a_file),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_device_a_device() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, b"old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_atomically(&link, |file| file.write_all(b"new")).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        let device = Path::new("/dev/null");
        write_atomically(device, |file| file.write_all(b"gone")).unwrap();
    }
}
