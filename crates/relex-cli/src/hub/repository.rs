use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{bail, ensure};

/// The name of a model's repository: `owner/name`, or the bare name that some of the oldest have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repository(String);

/// A branch, a tag, or a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision(String);

impl FromStr for Repository {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let is_name = |part: &&str| {
            !part.is_empty()
                && !part.starts_with(['.', '-'])
                && !part.ends_with(['.', '-'])
                && !part.contains("..")
                && !part.contains("--")
                && part.len() <= 96
                && part.bytes().all(is_plain)
        };
        ensure!(
            parts.len() <= 2 && parts.iter().all(is_name),
            "{text:?} is no name of the hub's either, such as \"klue/roberta-base\""
        );
        Ok(Self(text.into()))
    }
}

impl FromStr for Revision {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let is_sound = text.split('/').all(|part| {
            !part.is_empty() && !part.starts_with('.') && !part.contains("..") && part.bytes().all(is_plain)
        });
        if !is_sound {
            bail!("{text:?} is not a revision: give a branch, a tag or a commit");
        }
        Ok(Self(text.into()))
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Repository {
    /// Its folder in a cache.
    pub(super) fn folder(&self, cache: &Path) -> PathBuf {
        cache.join(format!("models--{}", self.0.replace('/', "--")))
    }
}

impl Revision {
    /// The commit that it is, if it is one: it then stands for the same files for ever.
    pub(super) fn as_commit(&self) -> Option<&str> {
        is_commit(&self.0).then_some(self.0.as_str())
    }

    /// As a part of an address: a slash would begin another.
    pub(super) fn escaped(&self) -> String {
        self.0.replace('/', "%2F")
    }
}

/// Whether the text is a commit's full hash, as git writes it.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_folder_in_the_cache() {
        let check = |name: &str, folder: &str| {
            let repository: Repository = name.parse().unwrap();
            assert_eq!(repository.folder(Path::new("hub")), Path::new("hub").join(folder));
        };
        check("klue/roberta-base", "models--klue--roberta-base");
        check("xlm-roberta-base", "models--xlm-roberta-base");
        check("a_b/c.d-1", "models--a_b--c.d-1");
    }

    #[test]
    fn paths_are_no_names() {
        for name in [
            "", "a/b/c", "../a", "a/..", "/a", "a/", "a b", "./a", "a--b", "~/a", "a\\b",
        ] {
            assert!(name.parse::<Repository>().is_err(), "{name}");
        }
    }

    #[test]
    fn revisions_are_commits_or_names() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(commit.parse::<Revision>().unwrap().as_commit(), Some(commit));
        for name in ["main", "v1.0", &commit[1..], &commit.to_uppercase()] {
            assert_eq!(name.parse::<Revision>().unwrap().as_commit(), None, "{name}");
        }
        assert_eq!("refs/pr/1".parse::<Revision>().unwrap().escaped(), "refs%2Fpr%2F1");
        for name in ["", "a//b", "../x", "a/../b", "a b", "/main"] {
            assert!(name.parse::<Revision>().is_err(), "{name}");
        }
    }
}
