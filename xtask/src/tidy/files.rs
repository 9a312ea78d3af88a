//! The project's own text files: all but what `.gitignore` leaves out.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

/// Larger files are data; nobody writes as much text by hand.
const LARGEST_TEXT: u64 = 1 << 20;

/// A text file.
pub(super) struct TextFile {
    /// From the root, with `/` between the parts.
    pub(super) path: String,
    pub(super) text: String,
}

/// Reads every text file under `root`, in the order of their paths.
pub(super) fn read(root: &Path) -> anyhow::Result<Vec<TextFile>> {
    let ignored = fs::read_to_string(root.join(".gitignore")).context(".gitignore")?;
    let ignored = Ignored::parse(&ignored);
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let place = root.join(&folder);
        for entry in fs::read_dir(&place).with_context(|| place.display().to_string())? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let kind = entry.file_type()?;
            if ignored.covers(&path) {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && entry.metadata()?.len() <= LARGEST_TEXT {
                let bytes = fs::read(entry.path()).with_context(|| path.display().to_string())?;
                let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
                files.extend(String::from_utf8(bytes).ok().map(|text| TextFile {
                    path: parts.join("/"),
                    text,
                }));
            }
        }
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

/// The patterns of a `.gitignore` that names single files and folders, perhaps with a `*` at the end.
struct Ignored {
    patterns: Vec<Pattern>,
}

struct Pattern {
    only_at_root: bool,
    name: String,
    is_prefix: bool,
}

impl Ignored {
    fn parse(text: &str) -> Self {
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        // Git's own folder, or the file that stands for it in a linked work tree, is in no .gitignore.
        let patterns = lines.chain(["/.git"]).map(|line| {
            let name = line.trim_matches('/');
            Pattern {
                only_at_root: line.starts_with('/'),
                name: name.trim_end_matches('*').to_owned(),
                is_prefix: name.ends_with('*'),
            }
        });
        Self {
            patterns: patterns.collect(),
        }
    }

    fn covers(&self, path: &Path) -> bool {
        let Some(name) = path.file_name().map(|name| name.to_string_lossy()) else {
            return false;
        };
        let is_at_root = path.components().count() == 1;
        self.patterns.iter().any(|pattern| {
            (is_at_root || !pattern.only_at_root)
                && if pattern.is_prefix {
                    name.starts_with(&pattern.name)
                } else {
                    *name == pattern.name
                }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_files_are_those_of_gitignore() {
        let ignored = Ignored::parse("target*/\n/runs/\n\n# local\n__pycache__/\n");
        let check = |path: &str, expected: bool| assert_eq!(ignored.covers(Path::new(path)), expected, "{path}");
        check("target", true);
        check("target-other", true);
        check("crates/target", true);
        check("runs", true);
        check("crates/runs", false);
        check("tools/__pycache__", true);
        check(".git", true);
        check(".gitignore", false);
        check("xtask", false);
    }
}
