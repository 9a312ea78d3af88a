//! From a checked configuration to encoded rows: data set, frozen split, markers, tokens.

use std::path::Path;

use relex_data::{DatasetSpec, Example, LabelSet, Manifest, Markers, Role, mark, subset};
use relex_model::{ClassifierConfig, EncodedExample, EncoderConfig, ModelError, TextEncoder};

use crate::{CheckedTrainConfig, TrainError};

/// A data set with its split verified and its training and validation rows chosen.
#[derive(Debug)]
pub struct SplitData {
    /// The data set's description.
    pub spec: DatasetSpec,
    /// All labelled rows, in the order of their file.
    pub examples: Vec<Example>,
    /// The split.
    pub manifest: Manifest,
    /// Rows to learn from, as indices into `examples`.
    pub train: Vec<usize>,
    /// Rows to measure on.
    pub valid: Vec<usize>,
}

impl SplitData {
    /// Reads the data set, and checks it against the split manifest.
    ///
    /// # Errors
    ///
    /// When either cannot be read, the data is not what the split was made from, or the fold has
    /// no training or no validation rows.
    pub fn load(config: &CheckedTrainConfig) -> Result<Self, TrainError> {
        let config = config.values();
        let spec = DatasetSpec::from_file(&config.data.dataset.join("dataset.toml"))?;
        let examples = spec.read(config.data.files(), Role::Train)?;
        let manifest = Manifest::read(&config.data.split)?;
        manifest.verify(&examples, &spec.labels)?;
        let partition = manifest.partition(&examples, config.data.fold)?;
        let train = match config.data.max_train_rows {
            None => partition.train,
            Some(count) => subset(&manifest, &examples, &partition.train, count, manifest.seed())?,
        };
        if train.is_empty() || partition.valid.is_empty() {
            return Err(TrainError::Setting {
                key: "data.fold",
                value: config.data.fold.to_string(),
                reason: "this fold leaves no rows to train on, or none to validate on".into(),
            });
        }
        Ok(Self {
            spec,
            examples,
            manifest,
            train,
            valid: partition.valid,
        })
    }

    /// Indices of labels, by row index. Rows of a split all have one.
    pub fn label_indices(&self, rows: &[usize]) -> Vec<usize> {
        rows.iter()
            .filter_map(|&row| self.examples[row].label.map(relex_data::LabelId::index))
            .collect()
    }
}

/// What the classifier of a run will be.
pub fn classifier_config(config: &CheckedTrainConfig, spec: &DatasetSpec) -> ClassifierConfig {
    let model = &config.values().model;
    ClassifierConfig {
        format_version: ClassifierConfig::format_version(),
        labels: spec.labels.names().to_vec(),
        negative_label: negative_label(&spec.labels).into(),
        markers: model.markers,
        type_words: spec.type_words.clone(),
        max_tokens: model.max_tokens,
        head: model.head,
        head_dropout: model.head_dropout,
    }
}

/// The tokenizer of an encoder folder, checked against the encoder.
///
/// # Errors
///
/// When there is none, it has more tokens than the encoder has embeddings, the wanted length is
/// more than the encoder has positions, or the markers need tokens that it does not have.
pub fn open_text_encoder(
    folder: &Path,
    encoder: &EncoderConfig,
    max_tokens: usize,
    markers: Markers,
) -> Result<TextEncoder, TrainError> {
    let path = folder.join("tokenizer.json");
    let text_encoder = TextEncoder::from_file(&path, max_tokens)?;
    let refuse = |reason: String| {
        TrainError::Model(ModelError::Tokenizer {
            context: path.display().to_string(),
            reason,
        })
    };
    text_encoder.check_fits(encoder)?;
    for token in markers.special_tokens() {
        if !text_encoder.has_token(token) {
            return Err(refuse(format!(
                "the marker {token:?} is not in its vocabulary; use model.markers = \"typed-punctuation\" or an encoder that knows it"
            )));
        }
    }
    Ok(text_encoder)
}

/// Marks and encodes the chosen rows, in order.
///
/// # Errors
///
/// When an example cannot be marked or encoded.
pub fn encode_rows(
    text_encoder: &TextEncoder,
    examples: &[Example],
    rows: &[usize],
    markers: Markers,
    spec: &DatasetSpec,
) -> Result<Vec<EncodedExample>, TrainError> {
    let marked = rows
        .iter()
        .map(|&row| Ok((examples[row].id.as_str(), mark(&examples[row], markers, spec)?)))
        .collect::<Result<Vec<_>, TrainError>>()?;
    Ok(text_encoder.encode_all(&marked)?)
}

fn negative_label(labels: &LabelSet) -> &str {
    labels.name(labels.negative())
}
