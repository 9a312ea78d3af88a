//! The little that the pipeline has to know of a data set.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use toml::Table;

/// A folder as it is, or a name under `datasets/`. Where there is neither, relex says so.
pub(super) fn dataset_folder(asked: &Path) -> PathBuf {
    let named = Path::new("datasets").join(asked);
    let is_named = !asked.join("dataset.toml").is_file() && named.join("dataset.toml").is_file();
    if is_named { named } else { asked.to_path_buf() }
}

/// The folder's own name.
pub(super) fn dataset_name(folder: &Path) -> String {
    let name = folder
        .components()
        .next_back()
        .map(|name| name.as_os_str().to_string_lossy().into_owned());
    name.unwrap_or_else(|| "data".into())
}

/// Whether one of the test files that `dataset.toml` lists is among the data.
pub(super) fn has_test_file(dataset: &Path, files: &Path) -> anyhow::Result<bool> {
    let path = dataset.join("dataset.toml");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let paths = test_files(&text).with_context(|| path.display().to_string())?;
    Ok(paths.iter().any(|path| files.join(path).is_file()))
}

fn test_files(text: &str) -> anyhow::Result<Vec<String>> {
    let table: Table = text.parse()?;
    let files = table
        .get("files")
        .and_then(|files| files.as_array())
        .into_iter()
        .flatten();
    let string = |file: &toml::Value, key: &str| Some(file.get(key)?.as_str()?.to_owned());
    Ok(files
        .filter(|file| string(file, "role").as_deref() == Some("test"))
        .filter_map(|file| string(file, "path"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_files_are_those_with_that_role() {
        let text = r#"
            name = "tiny"
            [[files]]
            role = "train"
            path = "train.csv"
            [[files]]
            role = "test"
            path = "test.csv"
        "#;
        assert_eq!(test_files(text).unwrap(), ["test.csv"]);
        assert!(test_files("name = 'tiny'").unwrap().is_empty());
    }

    #[test]
    fn names_are_the_last_part() {
        assert_eq!(dataset_name(Path::new("datasets/sample")), "sample");
        assert_eq!(dataset_name(Path::new("datasets/sample/")), "sample");
        assert_eq!(dataset_folder(Path::new("no-such-set")), Path::new("no-such-set"));
    }
}
