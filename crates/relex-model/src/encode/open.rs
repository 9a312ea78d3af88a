//! A tokenizer from its files.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use super::{TextEncoder, byte_pair, word_piece};
use crate::ModelError;

/// What an encoder folder is searched for.
const LOOKED_FOR: &str = "tokenizer.json, nor vocab.txt with tokenizer_config.json, nor vocab.json with merges.txt";

/// SentencePiece models, which only transformers can turn into a `tokenizer.json`.
const SENTENCE_PIECE: [&str; 3] = ["sentencepiece.bpe.model", "spiece.model", "tokenizer.model"];

impl TextEncoder {
    /// Loads an encoder folder's tokenizer: `tokenizer.json`; else `vocab.txt` with `tokenizer_config.json`,
    /// read as transformers' `BertTokenizer`; else `vocab.json` with `merges.txt`, as its `RobertaTokenizer`.
    /// Texts longer than `max_tokens`, special tokens included, are cut to a window that holds both
    /// entities.
    ///
    /// # Errors
    ///
    /// When the folder has none of these, or they are damaged or contradict each other.
    pub fn from_folder(folder: &Path, max_tokens: usize) -> Result<Self, ModelError> {
        let is_there = |name: &str| folder.join(name).is_file();
        let (files, json) = if is_there("tokenizer.json") {
            return Self::from_file(&folder.join("tokenizer.json"), max_tokens);
        } else if is_there("vocab.txt") {
            word_piece::read(folder)?
        } else if is_there("vocab.json") && is_there("merges.txt") {
            byte_pair::read(folder)?
        } else if let Some(model) = SENTENCE_PIECE.into_iter().find(|name| is_there(name)) {
            return Err(ModelError::Tokenizer {
                context: folder.join(model).display().to_string(),
                reason: "a SentencePiece model is read only after transformers' \
                         `AutoTokenizer.from_pretrained(..).save_pretrained(..)` has converted it"
                    .into(),
            });
        } else {
            return Err(ModelError::MissingFile {
                folder: folder.into(),
                what: LOOKED_FOR,
            });
        };
        let tokenizer = Self::new(files, json.to_string().as_bytes(), max_tokens)?;
        Ok(Self {
            is_as_in_file: false,
            ..tokenizer
        })
    }

    /// Loads a `tokenizer.json` of any name. Texts longer than `max_tokens`, special tokens included, are
    /// cut to a window that holds both entities.
    ///
    /// # Errors
    ///
    /// When the file is missing or is not a tokenizer.
    pub fn from_file(path: &Path, max_tokens: usize) -> Result<Self, ModelError> {
        if !path.is_file() {
            return Err(ModelError::MissingFile {
                folder: path.parent().unwrap_or(path).into(),
                what: "tokenizer.json",
            });
        }
        let json = std::fs::read(path).map_err(ModelError::io(path))?;
        Self::new(vec![path.into()], &json, max_tokens)
    }

    /// A tokenizer that `json` says all about; `files` are where that is from.
    fn new(files: Vec<PathBuf>, json: &[u8], max_tokens: usize) -> Result<Self, ModelError> {
        let refuse = |error: tokenizers::Error| ModelError::Tokenizer {
            context: files[0].display().to_string(),
            reason: error.to_string(),
        };
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(refuse)?;
        let (padding, truncation) = (tokenizer.get_padding().cloned(), tokenizer.get_truncation().cloned());
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(refuse)?;
        Ok(Self {
            files,
            tokenizer,
            max_tokens,
            padding,
            truncation,
            is_as_in_file: true,
            fingerprint: Sha256::digest(json).into(),
            cache: None,
        })
    }

    /// The file that the tokenizer came from; of several, the one that names it.
    pub fn path(&self) -> &Path {
        &self.files[0]
    }

    /// All files that the tokenizer came from.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Keeps what [`Self::encode_all`] makes of many sentences in this folder, and takes it from there the next time.
    /// The result is the same with and without: a cache that is missing, damaged or cannot be written costs time only.
    /// Several processes may share a folder. Files of versions and tokenizers that are no longer in use stay until
    /// they are removed by hand.
    #[must_use]
    pub fn with_cache(self, folder: &Path) -> Self {
        Self {
            cache: Some(folder.into()),
            ..self
        }
    }
}
