//! `dataset.toml`: everything that is particular to a data set, as data.

mod fields;
mod file;
mod labels_file;
mod parse;
mod raw;
mod resolve;
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
        let id = |file: &FileSpec| file.fields.id.clone().unwrap();
        assert_eq!((id(files[0]), id(files[1])), ("id".to_owned(), "guid".to_owned()));
        assert_eq!(files[1].fields.sentence, "sentence");
        assert_eq!(id(&spec.describe(Path::new("x"), Role::Test, Format::Json)), "guid");
        // A form that the set does not list has the names of the first one that it does.
        assert_eq!(id(&spec.describe(Path::new("x"), Role::Test, Format::Jsonl)), "id");
        let named = |name: &str| spec.describe_named(Path::new(name), Role::Test).map(|file| file.format);
        assert_eq!(named("x.JSON"), Some(Format::Json));
        assert_eq!(
            (named("x.jsonl"), named("x.txt")),
            (Some(Format::Jsonl), Some(Format::Semeval))
        );
        assert_eq!((named("x.parquet"), named("x")), (None, None));
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
        for path in ["../train.csv", "/train.csv", "a/../train.csv"] {
            let change = format!("path = \"{path}\"");
            refused(("path = \"train.csv\"", &change), 34, "leads out of the data folder");
        }
        refused(("name = \"tiny\"", "name = \"../klue\""), 2, "the name holds a path");
        refused(
            (
                "[type_words]",
                "[inverse_relations]\n\"per:titel\" = \"per:title\"\n\n[type_words]",
            ),
            10,
            "did you mean `per:title`?",
        );
        refused(
            ("format = \"csv\"", "format = \"csv\"\nsha256 = \"ABC\""),
            36,
            "`ABC` is no SHA-256",
        );
        refused(("name = \"tiny\"", "name = tiny"), 2, "");
        refused(
            ("negative_label", "default_type = \"PRE\"\nnegative_label"),
            7,
            "`PRE` is not in [type_words]",
        );
        refused(
            (
                "subject = \"subject_entity\"",
                "subject = { word = \"w\", ende = \"e\" }",
            ),
            20,
            "unknown field `ende`",
        );
        refused(
            ("subject = \"subject_entity\"", "subject = 3"),
            20,
            "a column's name, or a table of columns",
        );
        refused(("[entity]", "[entity]\nlabel = \"x\""), 26, "unknown field `label`");
    }

    #[test]
    fn what_a_file_lacks_is_named() {
        let lacks = |change: (&str, &str), part: &str| refused(change, 34, part);
        lacks(
            ("sentence = \"sentence\"", ""),
            "nothing says which column or key holds the sentence",
        );
        lacks(
            ("object = \"object_entity\"", ""),
            "nothing says where the object stands",
        );
        lacks(
            ("offsets = \"inclusive\"", ""),
            "nothing says what an end offset points at",
        );
        lacks(("start = \"start_idx\"", ""), "the subject has no `start`");
        lacks(("\nend = \"end_idx\"", "\n"), "the subject has no `end`");
        lacks(("type = \"type\"", ""), "the subject has no `type`");
        let wordless = TOML.replacen("\nword = \"word\"", "\n", 1);
        DatasetSpec::parse(&wordless, Path::new("d.toml")).unwrap();
        let message = DatasetSpec::parse(&wordless.replacen("\"inclusive\"", "\"none\"", 1), Path::new("d.toml"));
        assert!(message.unwrap_err().to_string().contains("the subject has no `word`"));
    }

    #[test]
    fn labels_come_from_one_place() {
        let labels = "labels = [\"no_relation\", \"per:employee_of\", \"per:title\", \"org:founded\"]";
        let parse = |line: &str| {
            assert!(TOML.contains(labels));
            DatasetSpec::parse(&TOML.replacen(labels, line, 1), Path::new("tests/fixtures/d.toml"))
        };
        let message = |line: &str| parse(line).unwrap_err().to_string();
        assert!(message("").contains("no label is listed"));
        let both = format!("{labels}\nlabels_file = \"x\"");
        assert!(message(&both).contains("d.toml, line 7, column `labels_file`: the labels are listed here and in"));
        assert!(message("labels_file = \"nowhere.txt\"").contains("cannot read tests/fixtures/nowhere.txt"));
        assert!(
            message("labels_file = \"train.json\"").contains("line 6, column `labels_file`: tests/fixtures/train.json")
        );
        let message = message("labels_file = \"formats/labels.txt\"");
        assert!(
            message.contains("line 6, column `labels_file`: the negative label `no_relation` is not in"),
            "{message}"
        );
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
