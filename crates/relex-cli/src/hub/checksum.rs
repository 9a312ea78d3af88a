use std::path::Path;

use anyhow::Context;
use relex_data::sha256_file;
use sha1::{Digest, Sha1};

use super::shown;

/// The hash that the hub gives a file as its ETag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checksum {
    /// Of a large file's content.
    Sha256(String),
    /// Of a small file as git keeps it: SHA-1 of `blob `, its size, a zero byte, and its content.
    GitBlob(String),
}

impl Checksum {
    /// Reads an ETag; none if it is neither.
    pub(super) fn from_etag(etag: &str) -> Option<Self> {
        let hex = etag.trim().trim_start_matches("W/").trim_matches('"');
        let is_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match hex.len() {
            64 if is_hex => Some(Self::Sha256(hex.into())),
            40 if is_hex => Some(Self::GitBlob(hex.into())),
            _ => None,
        }
    }

    /// The hash, by which the cache calls the file.
    pub(super) fn hex(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::GitBlob(hex) => hex,
        }
    }

    /// The same kind of hash of a file that is there.
    pub(super) fn of(&self, path: &Path) -> anyhow::Result<Self> {
        match self {
            Self::Sha256(_) => Ok(Self::Sha256(sha256_file(path)?)),
            Self::GitBlob(_) => {
                let content = std::fs::read(path).with_context(|| shown(path))?;
                let hash = Sha1::new()
                    .chain_update(format!("blob {}\0", content.len()))
                    .chain_update(content)
                    .finalize();
                Ok(Self::GitBlob(hash.iter().map(|byte| format!("{byte:02x}")).collect()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'hello\n' | git hash-object --stdin` and `… | sha256sum`.
    #[test]
    fn hashes_are_those_of_git_and_sha256sum() {
        let git = "ce013625030ba8dba906f756967f9e9ca394464a";
        let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hello");
        std::fs::write(&path, "hello\n").unwrap();
        for hex in [git, sha256] {
            let checksum = Checksum::from_etag(&format!("\"{hex}\"")).unwrap();
            assert_eq!(checksum.hex(), hex);
            assert_eq!(checksum.of(&path).unwrap(), checksum);
        }
    }

    #[test]
    fn other_etags_are_no_hashes() {
        let weak = Checksum::from_etag("W/\"ce013625030ba8dba906f756967f9e9ca394464a\"");
        assert!(matches!(weak, Some(Checksum::GitBlob(_))));
        for etag in [
            "",
            "\"abc\"",
            "\"../../../../etc/passwd/0123456789abcdef01\"",
            &"G".repeat(64),
        ] {
            assert_eq!(Checksum::from_etag(etag), None, "{etag}");
        }
    }
}
