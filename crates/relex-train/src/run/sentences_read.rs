//! Which sentences a model has read in training.

use std::{collections::BTreeSet, io::ErrorKind, path::Path};

use relex_data::{Example, fold_text, sha256_hex};
use serde::{Deserialize, Serialize};

use crate::TrainError;

const FILE: &str = "sentences-read.json";
const FORMAT_VERSION: u32 = 1;

/// Hexadecimal digits of each hash: 64 bits, of which no two of a million sentences are likely to agree.
const DIGITS: usize = 16;

/// The sentences that a model has read in training, with or without their labels, kept beside its weights so that nobody measures
/// on them unawares.
///
/// Sentences are the same if they differ in case, spaces and punctuation alone; only hashes of them are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SentencesRead(BTreeSet<String>);

/// What the file is read as first.
#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

/// The file; the sentences are a set of hashes, or one that is borrowed.
#[derive(Serialize, Deserialize)]
struct Content<S> {
    format_version: u32,
    sentences: S,
}

impl SentencesRead {
    /// What the model in `folder` has read, as far as its folder tells: nothing if the file is not there.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not what [`Self::write`] wrote.
    pub fn by_model(folder: &Path) -> Result<Self, TrainError> {
        let path = folder.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            text => text.map_err(TrainError::io(&path))?,
        };
        let refused = |reason: String| TrainError::Run {
            path: path.clone(),
            reason: format!("{reason}; take the file away to go on without knowing what the model has read"),
        };
        let damaged = |error: serde_json::Error| refused(format!("not a list of sentences: {error}"));
        let Version { format_version } = serde_json::from_str(&text).map_err(damaged)?;
        if format_version != FORMAT_VERSION {
            return Err(refused(format!(
                "its format_version is {format_version}, and this program reads {FORMAT_VERSION}"
            )));
        }
        let content: Content<_> = serde_json::from_str(&text).map_err(damaged)?;
        Ok(Self(content.sentences))
    }

    /// Adds the sentences of these rows.
    #[must_use]
    pub fn and<'a>(mut self, rows: impl IntoIterator<Item = &'a Example>) -> Self {
        self.0.extend(rows.into_iter().map(hash));
        self
    }

    /// How many of these rows have a sentence that was read.
    pub fn count<'a>(&self, rows: impl IntoIterator<Item = &'a Example>) -> usize {
        if self.0.is_empty() {
            return 0;
        }
        rows.into_iter().filter(|row| self.0.contains(&hash(row))).count()
    }

    /// Puts the file into the model's folder, whole or not at all.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), TrainError> {
        let path = folder.join(FILE);
        let content = Content {
            format_version: FORMAT_VERSION,
            sentences: &self.0,
        };
        let json = serde_json::to_vec_pretty(&content).map_err(|error| TrainError::io(&path)(error.into()))?;
        Ok(relex_data::write_atomically(&path, &json)?)
    }
}

fn hash(row: &Example) -> String {
    let mut hash = sha256_hex(fold_text(&row.sentence).as_bytes());
    hash.truncate(DIGITS);
    hash
}

#[cfg(test)]
mod tests {
    use relex_data::{DatasetSpec, Role};

    use super::*;

    fn rows() -> Vec<Example> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../relex-cli/tests/fixtures/tiny");
        let spec = DatasetSpec::from_file(&folder.join("dataset.toml")).unwrap();
        spec.read(&folder, Role::Train).unwrap()
    }

    #[test]
    fn a_sentence_is_known_again_however_it_is_spaced_and_punctuated() {
        let rows = rows();
        let folder = tempfile::tempdir().unwrap();
        SentencesRead::default().and(&rows[..1]).write(folder.path()).unwrap();
        let read = SentencesRead::by_model(folder.path()).unwrap();
        let mut other = rows[0].clone();
        other.sentence = format!("  {}!", other.sentence.to_uppercase());
        let of_others = rows[1..]
            .iter()
            .filter(|row| fold_text(&row.sentence) == fold_text(&rows[0].sentence));
        assert_eq!(read.count(&rows), 1 + of_others.count());
        assert_eq!(read.count([&other]), 1);
        assert_eq!(read.clone().and(&rows).count(&rows), rows.len());
        assert!(SentencesRead::default().count(&rows) == 0);
    }

    #[test]
    fn a_folder_without_the_file_knows_none_and_a_damaged_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            SentencesRead::by_model(folder.path()).unwrap(),
            SentencesRead::default()
        );
        for (content, expected) in [
            ("{\"format_version\": 2, \"hashes\": {}}", "format_version is 2"),
            ("{\"format_ver", "not a list of sentences"),
        ] {
            std::fs::write(folder.path().join(FILE), content).unwrap();
            let error = SentencesRead::by_model(folder.path()).unwrap_err().to_string();
            assert!(error.contains(FILE) && error.contains(expected), "{error}");
        }
    }
}
