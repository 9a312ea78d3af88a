//! A classifier as a folder, in Hugging Face's layout: `config.json`, `model.safetensors` and
//! `tokenizer.json` as transformers reads them (the encoder under its usual names, the head under
//! `head.`, a type embedding under `type_embedding.`), and `relex.json` with what only a relation classifier needs.

use std::{collections::BTreeMap, path::Path};

use burn::{module::Module, tensor::Device};
use relex_data::{DataError, DatasetSpec, Example, Marked, Markers, Query, mark, mark_with_query};
use serde::{Deserialize, Serialize};

use crate::{
    Classifier, EncodedExample, EncoderConfig, Head, HeadConfig, HeadKind, ModelError, Precision, TextEncoder,
    TypeEmbedding,
    load::{Collect, WeightFile, fill, filled_encoder, find_weights, open_weights},
    tensor_file::{LazyTensor, write_tensors},
    transformers::EitherHead,
};

/// The version of `relex.json` that this program writes and reads.
const FORMAT_VERSION: u32 = 1;

/// What the names of a [`TypeEmbedding`]'s weights begin with.
const TYPE_EMBEDDING: &str = "type_embedding.";

/// What a relation classifier has beyond its encoder; the content of `relex.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassifierConfig {
    /// Version of this file's layout.
    pub format_version: u32,
    /// Relations in the order of the logits.
    pub labels: Vec<String>,
    /// The label that means "no relation".
    pub negative_label: String,
    /// Markers around the entities.
    pub markers: Markers,
    /// What is asked about the entities, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<Query>,
    /// Words for entity types, used by typed markers.
    pub type_words: BTreeMap<String, String>,
    /// Longest text in tokens, special tokens included.
    pub max_tokens: usize,
    /// The kind of head, with its settings.
    pub head: HeadKind,
    /// Dropout in the head.
    pub head_dropout: f32,
    /// Scale of the head's cosine classifier, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cosine_scale: Option<f32>,
    /// Whether a [`TypeEmbedding`] tells the encoder the entities' types.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub type_embedding: bool,
    /// What it was trained with and computes with.
    #[serde(default, skip_serializing_if = "is_f32")]
    pub precision: Precision,
    /// Rows in a batch at most where it predicted for its own run: in batches of another shape sums round differently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation_batch_size: Option<usize>,
    /// Tokens in such a batch at most, if they were limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation_batch_tokens: Option<usize>,
}

fn is_f32(precision: &Precision) -> bool {
    *precision == Precision::F32
}

impl ClassifierConfig {
    /// The current version of the layout.
    pub const fn format_version() -> u32 {
        FORMAT_VERSION
    }

    /// Whether a data set is what the classifier was trained with: its output means these labels in this order, and it knows types by
    /// these words.
    ///
    /// # Errors
    ///
    /// [`ModelError::OtherDataset`].
    pub fn check_fits(&self, spec: &DatasetSpec) -> Result<(), ModelError> {
        let what = if self.labels != spec.labels.names() {
            "labels, or another order of them,"
        } else if self.type_words != spec.type_words {
            "type words"
        } else {
            return Ok(());
        };
        Err(ModelError::OtherDataset {
            dataset: spec.name.clone(),
            what,
        })
    }

    /// An example as the classifier reads it.
    ///
    /// # Errors
    ///
    /// As [`relex_data::mark_with_query`].
    pub fn mark(&self, example: &Example, spec: &DatasetSpec) -> Result<Marked, DataError> {
        match &self.query {
            None => mark(example, self.markers, spec),
            Some(query) => mark_with_query(example, self.markers, query, spec),
        }
    }

    /// Marks and encodes examples, in order, as the classifier reads them.
    ///
    /// # Errors
    ///
    /// When an example cannot be marked or encoded.
    pub fn encode<'a>(
        &self,
        text_encoder: &TextEncoder,
        examples: impl Iterator<Item = &'a Example> + Clone,
        spec: &DatasetSpec,
    ) -> Result<Vec<EncodedExample>, ModelError> {
        let marked = examples.clone();
        let marked = marked
            .map(|example| Ok((example.id.as_str(), self.mark(example, spec)?)))
            .collect::<Result<Vec<_>, ModelError>>()?;
        let mut encoded = text_encoder.encode_all(&marked)?;
        for (encoded, example) in encoded.iter_mut().zip(examples) {
            encoded.entity_types = self.entity_types(example);
        }
        Ok(encoded)
    }

    /// The rows of the type embedding for an example's subject and object, counted from 1: those for subjects come first, types in
    /// the order of their names. 0 without a type embedding, and for a type that `type_words` lacks.
    pub fn entity_types(&self, example: &Example) -> [u32; 2] {
        if !self.type_embedding {
            return [0, 0];
        }
        let row = |entity_type: &str, first: usize| {
            let place = self.type_words.keys().position(|name| name == entity_type);
            place.map_or(0, |place| (first + place + 1) as u32)
        };
        [
            row(&example.subject.entity_type, 0),
            row(&example.object.entity_type, self.type_words.len()),
        ]
    }

    /// Rows of the type embedding: one a type and role, 0 without one.
    pub fn type_rows(&self) -> usize {
        if self.type_embedding {
            2 * self.type_words.len()
        } else {
            0
        }
    }

    /// The head on an encoder of this width.
    pub fn head_config(&self, hidden_size: usize) -> HeadConfig {
        HeadConfig {
            kind: self.head,
            hidden_size,
            labels: self.labels.len(),
            dropout: self.head_dropout,
            cosine_scale: self.cosine_scale,
        }
    }
}

/// A classifier read back from its folder, ready to predict.
#[derive(Debug)]
pub struct LoadedClassifier {
    /// The weights.
    pub classifier: Classifier,
    /// The encoder's configuration.
    pub encoder_config: EncoderConfig,
    /// Labels, markers, head.
    pub config: ClassifierConfig,
    /// The tokenizer.
    pub text_encoder: TextEncoder,
}

impl LoadedClassifier {
    /// Marks and encodes examples, in order, as the classifier reads them.
    ///
    /// # Errors
    ///
    /// As [`ClassifierConfig::check_fits`] and [`ClassifierConfig::encode`].
    pub fn encode(&self, examples: &[Example], spec: &DatasetSpec) -> Result<Vec<EncodedExample>, ModelError> {
        self.config.check_fits(spec)?;
        self.config.encode(&self.text_encoder, examples.iter(), spec)
    }
}

/// Writes a classifier's folder whole or not at all: everything goes to a temporary folder beside
/// it, which is then renamed. `config.json` is that of `encoder_folder`, and `tokenizer.json` the text
/// encoder's: both as they were but for tokens that were added. A folder that is already there is
/// replaced.
///
/// # Errors
///
/// When a file cannot be written (a full disk, say) or a weight cannot be read back from the
/// device.
pub fn save_classifier(
    folder: &Path,
    classifier: &Classifier,
    config: &ClassifierConfig,
    text_encoder: &TextEncoder,
    encoder_folder: &Path,
) -> Result<(), ModelError> {
    let temporary = new_folder(folder)?;
    let encoder_config = encoder_config(&encoder_folder.join("config.json"), classifier.encoder.vocab_size())?;
    write(&temporary.path().join("config.json"), &encoder_config)?;
    write(&temporary.path().join("tokenizer.json"), &text_encoder.to_json()?)?;
    let json = serde_json::to_vec_pretty(config).map_err(|error| ModelError::Config {
        path: folder.join("relex.json"),
        reason: error.to_string(),
    })?;
    write(&temporary.path().join("relex.json"), &json)?;
    write_weights(temporary.path(), tensors(classifier).all())?;
    replace_folder(temporary, folder)
}

/// Reads a classifier's folder.
///
/// # Errors
///
/// When a file is missing, damaged, or does not fit the others, or the device cannot compute in the classifier's precision.
pub fn load_classifier(folder: &Path, device: &Device) -> Result<LoadedClassifier, ModelError> {
    let path = folder.join("relex.json");
    if !path.is_file() {
        return Err(ModelError::NoClassifier { folder: folder.into() });
    }
    let text = std::fs::read_to_string(&path).map_err(ModelError::io(&path))?;
    let refuse = |reason: String| ModelError::Config {
        path: path.clone(),
        reason,
    };
    let config: ClassifierConfig = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    if config.format_version != FORMAT_VERSION {
        return Err(refuse(format!(
            "format version {} is not {FORMAT_VERSION}; it was written by another release of relex",
            config.format_version
        )));
    }
    config.precision.check(device)?;
    let encoder_config = EncoderConfig::from_file(&folder.join("config.json"))?;
    let text_encoder = TextEncoder::from_folder(folder, config.max_tokens)?;
    text_encoder.check_fits(&encoder_config)?;
    let file = open_weights(&find_weights(folder)?)?;
    let file: &dyn WeightFile = file.as_ref();
    let (encoder, _) = filled_encoder(&encoder_config, file, device)?;
    let head =
        Head::new(&config.head_config(encoder_config.hidden_size), device).of_family(encoder_config.architecture);
    let names = EitherHead {
        file,
        architecture: encoder_config.architecture,
    };
    let (head, _) = fill(head, &names, "head.", device)?;
    let type_embedding = match config.type_rows() {
        0 => None,
        rows => {
            let empty = TypeEmbedding::new(rows, encoder.embedding_size(), device);
            Some(fill(empty, file, TYPE_EMBEDDING, device)?.0)
        }
    };
    let encoder = encoder.with_precision(config.precision);
    Ok(LoadedClassifier {
        classifier: Classifier {
            encoder,
            head,
            type_embedding,
        },
        encoder_config,
        config,
        text_encoder,
    })
}

/// An encoder's `config.json` with another `vocab_size`; the same bytes if it has that one.
fn encoder_config(path: &Path, vocab_size: usize) -> Result<Vec<u8>, ModelError> {
    let bytes = std::fs::read(path).map_err(ModelError::io(path))?;
    if EncoderConfig::from_file(path)?.vocab_size == vocab_size {
        return Ok(bytes);
    }
    let refuse = |error: serde_json::Error| ModelError::Config {
        path: path.into(),
        reason: error.to_string(),
    };
    let mut config: serde_json::Value = serde_json::from_slice(&bytes).map_err(refuse)?;
    config["vocab_size"] = vocab_size.into();
    serde_json::to_vec_pretty(&config).map_err(refuse)
}

/// A classifier's weights by name.
pub(crate) struct Tensors {
    /// The encoder's, under their canonical names.
    pub(crate) encoder: Vec<LazyTensor<'static>>,
    /// The others: the head's under `head.`, and the type embedding's.
    pub(crate) rest: Vec<LazyTensor<'static>>,
}

pub(crate) fn tensors(classifier: &Classifier) -> Tensors {
    let mut encoder = Collect::with_prefix("");
    classifier.encoder.visit(&mut encoder);
    let mut head = Collect::with_prefix("head.");
    classifier.head.visit(&mut head);
    let mut types = Collect::with_prefix(TYPE_EMBEDDING);
    classifier.type_embedding.visit(&mut types);
    Tensors {
        encoder: encoder.tensors,
        rest: head.tensors.into_iter().chain(types.tensors).collect(),
    }
}

impl Tensors {
    pub(crate) fn all(self) -> Vec<LazyTensor<'static>> {
        self.encoder.into_iter().chain(self.rest).collect()
    }
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    Ok(relex_data::write_atomically_with(path, |file| file.write_all(bytes))?)
}

/// Writes the `model.safetensors` of a folder, with what transformers wants to find in its header.
pub(crate) fn write_weights(folder: &Path, tensors: Vec<LazyTensor<'_>>) -> Result<(), ModelError> {
    let metadata = [("format".to_owned(), "pt".to_owned())];
    write_tensors(&folder.join("model.safetensors"), metadata.into(), tensors)
}

/// A temporary folder beside the one that it will be, whose parent is made if it is not there; see [`replace_folder`].
pub(crate) fn new_folder(folder: &Path) -> Result<tempfile::TempDir, ModelError> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(ModelError::io(parent))?;
    if folder.is_file() {
        return Err(ModelError::io(folder)(std::io::ErrorKind::NotADirectory.into()));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".saving-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
    builder.tempdir_in(parent).map_err(ModelError::io(parent))
}

/// Moves a finished temporary folder to its place; what stood there goes away only after that, and
/// comes back if the move fails.
pub(crate) fn replace_folder(temporary: tempfile::TempDir, folder: &Path) -> Result<(), ModelError> {
    let retired = temporary.path().with_extension("retired");
    let replaces = folder.exists();
    if replaces {
        std::fs::rename(folder, &retired).map_err(ModelError::io(folder))?;
    }
    if let Err(error) = std::fs::rename(temporary.path(), folder) {
        if replaces {
            std::fs::rename(&retired, folder).map_err(ModelError::io(&retired))?;
        }
        return Err(ModelError::io(folder)(error));
    }
    // It is no longer where its guard would look for it.
    let _moved = temporary.keep();
    if replaces {
        std::fs::remove_dir_all(&retired).map_err(ModelError::io(&retired))?;
    }
    Ok(())
}
