//! `dataset.toml`: everything that is particular to a data set, as data.

mod fields;
mod file;
mod labels_file;
mod parse;
mod raw;
mod resolve;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::augment::InverseRelations;
use crate::error::{DataError, list};
use crate::example::Example;
use crate::labels::LabelSet;
use crate::read::{OnBadRow, ReadReport};

pub(crate) use fields::Part;
pub use fields::{EntityNames, FieldNames};
pub use file::{FileSpec, Format, Offsets, Role};
pub use labels_file::parse_label_list;

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
    /// Which relation holds when subject and object trade places.
    pub inverse_relations: InverseRelations,
    /// The word that stands for each entity type in typed markers. Its keys are the types allowed.
    pub type_words: BTreeMap<String, String>,
    /// The type of an entity for which a file gives none.
    pub default_type: Option<String>,
    /// Other spellings of types, which [`OnBadRow::Repair`] puts right.
    pub type_aliases: BTreeMap<String, String>,
    /// Values of the label column that mean "no label".
    pub unlabelled: HashSet<String>,
    /// The files, in order of preference within a role.
    pub files: Vec<FileSpec>,
}

impl DatasetSpec {
    /// Reads and checks a `dataset.toml`, and the file of labels that it may name.
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

    /// Checks the text of a `dataset.toml`; `file` is its name in error messages, and its folder is where `labels_file`
    /// is looked for.
    ///
    /// # Errors
    /// [`DataError::Spec`], as for [`DatasetSpec::from_file`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, DataError> {
        parse::parse(text, file)
    }

    /// The description as TOML; [`DatasetSpec::parse`] reads it back as the same one, its labels then listed in place.
    ///
    /// # Errors
    /// [`DataError::Spec`] when a path in it is not UTF-8, which TOML cannot hold.
    pub fn to_toml(&self) -> Result<String, DataError> {
        write::to_toml(self)
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

    /// Reads the first file of `role` that exists in `folder`; a bad row ends the reading.
    ///
    /// # Errors
    /// [`DataError::NoDataFile`] when there is none, saying what to put where; else whatever
    /// [`read_examples`](crate::read::read_examples) refuses.
    pub fn read(&self, folder: &Path, role: Role) -> Result<Vec<Example>, DataError> {
        let (examples, _) = self.read_with(folder, role, OnBadRow::Fail)?;
        Ok(examples)
    }

    /// [`DatasetSpec::read`] with a say in what happens to bad rows, and an account of them.
    ///
    /// # Errors
    /// As for [`DatasetSpec::read`]; see [`OnBadRow`] for what still counts as an error.
    pub fn read_with(
        &self,
        folder: &Path,
        role: Role,
        on_bad_row: OnBadRow,
    ) -> Result<(Vec<Example>, ReadReport), DataError> {
        let file = self
            .find_file(folder, role)
            .ok_or_else(|| self.no_data_file(folder, role))?;
        crate::read::read_examples_with(&folder.join(&file.path), file, self, on_bad_row)
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
    /// Names and offsets are those of the first listed file of the same format, which a user's file mostly follows; else
    /// those of the first file with named columns or keys; else KLUE-RE's.
    #[must_use]
    pub fn describe(&self, path: &Path, role: Role, format: Format) -> FileSpec {
        let same = |file: &&FileSpec| file.format == format;
        let named = |file: &&FileSpec| file.format != Format::Semeval && format != Format::Semeval;
        let alike = self.files.iter().find(same).or_else(|| self.files.iter().find(named));
        let (fields, offsets) = match alike {
            Some(file) => (file.fields.clone(), file.offsets),
            None if format == Format::Semeval => (FieldNames::semeval(), Offsets::Exclusive),
            None => (FieldNames::klue("id"), Offsets::Inclusive),
        };
        FileSpec {
            role,
            path: path.to_path_buf(),
            format,
            url: None,
            sha256: None,
            fields,
            offsets,
        }
    }

    /// [`DatasetSpec::describe`] with the format that the file's name stands for: that of a listed file with the same
    /// extension, else the extension's own. Nothing for a name that tells nothing.
    #[must_use]
    pub fn describe_named(&self, path: &Path, role: Role) -> Option<FileSpec> {
        let extension = file::extension(path)?;
        let listed = self
            .files
            .iter()
            .find(|file| file::extension(&file.path).as_ref() == Some(&extension));
        let format = listed.map(|file| file.format).or_else(|| Format::from_path(path))?;
        Some(self.describe(path, role, format))
    }

    pub(crate) fn known_types(&self) -> String {
        list(self.type_words.keys().map(String::as_str))
    }
}
