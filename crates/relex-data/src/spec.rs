//! `dataset.toml`: everything that is particular to a data set, as data.

mod parse;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{DataError, list};
use crate::example::Example;
use crate::files::sha256_file;
use crate::labels::LabelSet;

/// A data set's description, parsed and checked.
///
/// ```
/// let toml = r#"
/// name = "tiny"
/// title = "A tiny set"
/// licence = "CC0-1.0"
/// homepage = ""
/// labels = ["no_relation", "per:title"]
/// negative_label = "no_relation"
/// unlabelled = ["100"]
/// type_words = { PER = "사람", POH = "기타" }
/// fields = { id = "id", sentence = "sentence", subject = "subject_entity", object = "object_entity", label = "label" }
/// entity = { word = "word", start = "start_idx", end = "end_idx", type = "type", offsets = "inclusive" }
/// files = [{ role = "train", path = "train.csv", format = "csv" }]
/// "#;
/// let spec = relex_data::DatasetSpec::parse(toml, std::path::Path::new("dataset.toml"))?;
/// assert_eq!(spec.type_word("PER"), Some("사람"));
/// # Ok::<(), relex_data::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatasetSpec {
    /// Short name, as on the command line.
    pub name: String,
    /// Full name, for people.
    pub title: String,
    /// Licence of the data.
    pub licence: String,
    /// Where to read about it.
    pub homepage: String,
    /// Labels in the order of probabilities, and which of them is negative.
    pub labels: LabelSet,
    /// The word that stands for each entity type in typed markers. Its keys are the types allowed.
    pub type_words: BTreeMap<String, String>,
    /// Column or key names, where a file has none of its own.
    pub fields: FieldNames,
    /// How an entity is written.
    pub entity: EntityKeys,
    /// Values of the label column that mean "no label".
    pub unlabelled: HashSet<String>,
    /// The files, in order of preference within a role.
    pub files: Vec<FileSpec>,
}

/// One file of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSpec {
    /// What the file is for.
    pub role: Role,
    /// Its path inside the data folder.
    pub path: PathBuf,
    /// How it is written.
    pub format: Format,
    /// Where it can be downloaded.
    pub url: Option<String>,
    /// The SHA-256 of its content, 64 lower-case hexadecimal digits.
    pub sha256: Option<String>,
    /// Its column or key names: the data set's, with this file's own on top.
    pub fields: FieldNames,
}

/// The names of columns (CSV) or keys (JSON).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldNames {
    /// The row's name.
    pub id: String,
    /// The text.
    pub sentence: String,
    /// The subject entity.
    pub subject: String,
    /// The object entity.
    pub object: String,
    /// The relation.
    pub label: String,
    /// Where the sentence came from, if the file tells.
    pub source: Option<String>,
}

/// The key names inside an entity, and what its end offset means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityKeys {
    /// The entity's characters.
    pub word: String,
    /// The first character's offset.
    pub start: String,
    /// The last character's offset, or the one after it.
    pub end: String,
    /// The entity's type.
    #[serde(rename = "type")]
    pub entity_type: String,
    /// What the end offset means.
    pub offsets: Offsets,
}

/// What an end offset points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offsets {
    /// The last character, as in KLUE-RE.
    Inclusive,
    /// The character after the last.
    Exclusive,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Labelled rows to learn from and validate on.
    Train,
    /// Rows to predict; labels may be absent.
    Test,
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Train => "train",
            Self::Test => "test",
        })
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A table with a header; entities are Python dict literals.
    Csv,
    /// An array of objects; entities are objects.
    Json,
}

impl Format {
    /// The format that a file name's extension stands for, if it is known.
    #[must_use]
    pub fn from_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

impl DatasetSpec {
    /// Reads and checks a `dataset.toml`.
    ///
    /// # Errors
    /// [`DataError::Read`] when the file cannot be read, [`DataError::Spec`] for bad TOML, an unknown or missing key, or
    /// values that contradict each other; the message has the line and, for a misspelt key, the likely one.
    pub fn from_file(path: &Path) -> Result<Self, DataError> {
        let text = std::fs::read_to_string(path).map_err(|source| DataError::Read {
            path: path.to_path_buf(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// Checks the text of a `dataset.toml`; `file` is its name in error messages.
    ///
    /// # Errors
    /// [`DataError::Spec`], as for [`DatasetSpec::from_file`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, DataError> {
        parse::parse(text, file)
    }

    /// The word that typed markers show for an entity type, or nothing for a type that the data set does not know.
    #[must_use]
    pub fn type_word(&self, entity_type: &str) -> Option<&str> {
        self.type_words.get(entity_type).map(String::as_str)
    }

    /// The files of a role, in order of preference.
    pub fn files_for(&self, role: Role) -> impl Iterator<Item = &FileSpec> {
        self.files.iter().filter(move |file| file.role == role)
    }

    /// The first file of `role` that exists in `folder`.
    #[must_use]
    pub fn find_file(&self, folder: &Path, role: Role) -> Option<&FileSpec> {
        self.files_for(role).find(|file| folder.join(&file.path).is_file())
    }

    /// Reads the first file of `role` that exists in `folder`.
    ///
    /// # Errors
    /// [`DataError::NoDataFile`] when there is none, saying what to put where; else whatever
    /// [`read_examples`](crate::read::read_examples) refuses.
    pub fn read(&self, folder: &Path, role: Role) -> Result<Vec<Example>, DataError> {
        let file = self
            .find_file(folder, role)
            .ok_or_else(|| self.no_data_file(folder, role))?;
        crate::read::read_examples(&folder.join(&file.path), file, self)
    }

    /// The error that says which file of `role` to put into `folder`, and where it can be had.
    #[must_use]
    pub fn no_data_file(&self, folder: &Path, role: Role) -> DataError {
        let wanted: Vec<String> = self
            .files_for(role)
            .map(|file| match &file.url {
                Some(url) => format!("`{}` (from {url})", file.path.display()),
                None => format!("`{}`", file.path.display()),
            })
            .collect();
        let wanted = if wanted.is_empty() {
            format!("a [[files]] entry with role = \"{role}\" into dataset.toml and its file")
        } else {
            wanted.join(" or ")
        };
        DataError::NoDataFile {
            folder: folder.to_path_buf(),
            dataset: self.name.clone(),
            role: role.to_string(),
            wanted,
        }
    }

    /// A description of a file outside the data set's list.
    ///
    /// The field names are those of the first listed file of the same format, which a user's file mostly follows, else the
    /// data set's own.
    #[must_use]
    pub fn describe(&self, path: &Path, role: Role, format: Format) -> FileSpec {
        let alike = self.files.iter().find(|file| file.format == format);
        let fields = alike.map_or(&self.fields, |file| &file.fields).clone();
        FileSpec {
            role,
            path: path.to_path_buf(),
            format,
            url: None,
            sha256: None,
            fields,
        }
    }

    pub(crate) fn known_types(&self) -> String {
        list(self.type_words.keys().map(String::as_str))
    }
}

impl FileSpec {
    /// Compares a file's content with the checksum in `dataset.toml`; a file without one passes.
    ///
    /// # Errors
    /// [`DataError::WrongChecksum`] when they differ, [`DataError::Read`] when the file cannot be read.
    pub fn check_sha256(&self, path: &Path) -> Result<(), DataError> {
        let Some(expected) = &self.sha256 else { return Ok(()) };
        let found = sha256_file(path)?;
        if found == *expected {
            return Ok(());
        }
        Err(DataError::WrongChecksum {
            path: path.to_path_buf(),
            expected: expected.clone(),
            found,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = include_str!("../tests/fixtures/dataset.toml");

    fn refused(change: (&str, &str), line: usize, part: &str) {
        assert!(TOML.contains(change.0), "{} is not in the fixture", change.0);
        let text = TOML.replacen(change.0, change.1, 1);
        let message = DatasetSpec::parse(&text, Path::new("d.toml")).unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("d.toml, line {line}")) && message.contains(part),
            "{message}"
        );
    }

    #[test]
    fn a_file_may_have_field_names_of_its_own() {
        let spec = DatasetSpec::parse(TOML, Path::new("d.toml")).unwrap();
        assert_eq!(spec.labels.names().len(), 4);
        assert_eq!(spec.type_word("DAT"), Some("날짜"));
        assert_eq!(spec.type_word("XYZ"), None);
        let files: Vec<&FileSpec> = spec.files_for(Role::Train).collect();
        assert_eq!(
            (files[0].fields.id.as_str(), files[1].fields.id.as_str()),
            ("id", "guid")
        );
        assert_eq!(files[1].fields.sentence, "sentence");
        assert_eq!(
            spec.describe(Path::new("x"), Role::Test, Format::Json).fields.id,
            "guid"
        );
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        refused(("licence =", "license ="), 4, "unknown field `license`");
        refused(("licence =", "license ="), 4, "did you mean `licence`?");
        refused(("end = \"end_idx\"", "ende = \"end_idx\""), 28, "did you mean `end`?");
        refused(
            ("offsets = \"inclusive\"", "offsets = \"inclusiv\""),
            30,
            "did you mean `inclusive`?",
        );
        refused(
            ("negative_label = \"no_relation\"", "negative_label = \"no_relatoin\""),
            6,
            "did you mean `no_relation`?",
        );
        refused(("\"per:title\"", "\"no_relation\""), 6, "`no_relation` is listed twice");
        refused(("[\"100\"]", "[\"per:title\"]"), 6, "also listed as unlabelled");
        refused(("path = \"train.csv\"", "path = \"\""), 34, "path is empty");
        refused(
            ("format = \"csv\"", "format = \"csv\"\nsha256 = \"ABC\""),
            36,
            "`ABC` is no SHA-256",
        );
        refused(("name = \"tiny\"", "name = tiny"), 2, "");
    }

    #[test]
    fn the_first_file_that_exists_wins() {
        let spec = DatasetSpec::parse(TOML, Path::new("d.toml")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(spec.find_file(folder.path(), Role::Train), None);
        std::fs::write(folder.path().join("train.json"), "[]").unwrap();
        assert_eq!(spec.find_file(folder.path(), Role::Train).unwrap().format, Format::Json);
        std::fs::write(folder.path().join("train.csv"), "").unwrap();
        assert_eq!(spec.find_file(folder.path(), Role::Train).unwrap().format, Format::Csv);
    }

    #[test]
    fn a_changed_download_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let spec = DatasetSpec::parse(TOML, Path::new("d.toml")).unwrap();
        let mut file = spec.files[0].clone();
        file.check_sha256(&path).unwrap();
        file.sha256 = Some("0".repeat(64));
        assert!(
            file.check_sha256(&path)
                .unwrap_err()
                .to_string()
                .contains("has SHA-256 ba7816bf")
        );
    }
}
