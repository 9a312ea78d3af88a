//! From a checked configuration to encoded rows: data set, frozen split, markers, tokens.

use std::collections::HashSet;

use burn::tensor::Device;
use relex_data::{
    AugmentedExample, DatasetSpec, Example, LabelSet, Manifest, Markers, ReadReport, Role, TrainingRows,
    read_augmented, subset,
};
use relex_loss::Loss;
use relex_model::{
    ClassifierConfig, EncodedExample, Encoder, EncoderConfig, LoadReport, NewToken, TextEncoder, load_encoder,
};

use crate::{CheckedTrainConfig, TrainError, TrainOn};

/// A data set with its split verified, its conflicts settled, and its training and validation rows chosen.
#[derive(Debug)]
pub struct SplitData {
    /// The data set's description.
    pub spec: DatasetSpec,
    /// All labelled rows, in the order of their file, as the split's conflict policy leaves them; behind them the augmented
    /// ones, once they are added.
    pub examples: Vec<Example>,
    /// What became of the file's bad rows.
    pub report: ReadReport,
    /// The split.
    pub manifest: Manifest,
    /// Rows to learn from, as indices into `examples`.
    pub train: Vec<usize>,
    /// Rows to measure on; none if all are learnt from.
    pub valid: Vec<usize>,
    /// Rows that no fold learns from or measures on; none in most splits.
    pub hold_out: Vec<usize>,
}

impl SplitData {
    /// Reads the data set, and checks it against the split manifest.
    ///
    /// # Errors
    ///
    /// When either cannot be read, the data is not what the split was made from, or the fold has
    /// no validation rows or fewer training rows than asked for.
    pub fn load(config: &CheckedTrainConfig) -> Result<Self, TrainError> {
        let config = config.values();
        let spec = DatasetSpec::from_file(&config.data.dataset.join("dataset.toml"))?;
        let (examples, report) = spec.read_with(config.data.files(), Role::Train, config.data.on_bad_row)?;
        let manifest = Manifest::read(&config.data.split)?;
        manifest.verify(&examples, &spec.labels)?;
        let examples = manifest.resolve(examples, &spec.labels)?;
        let mut partition = manifest.partition(&examples, config.data.fold)?;
        if config.data.train_on == TrainOn::All {
            partition.train.append(&mut partition.valid);
            partition.train.sort_unstable();
        }
        let train = match config.data.max_train_rows {
            None => partition.train,
            Some(count) if count > partition.train.len() => {
                return Err(TrainError::Setting {
                    key: "data.max_train_rows",
                    value: count.to_string(),
                    reason: format!(
                        "fold {} has {} training rows; ask for as many at most, or leave the setting out to take all",
                        config.data.fold,
                        partition.train.len()
                    ),
                });
            }
            Some(count) => subset(&manifest, &examples, &partition.train, count, manifest.seed())?,
        };
        if train.is_empty() || (partition.valid.is_empty() && config.data.train_on == TrainOn::Fold) {
            return Err(TrainError::Setting {
                key: "data.fold",
                value: config.data.fold.to_string(),
                reason: "this fold leaves no rows to train on, or none to validate on".into(),
            });
        }
        Ok(Self {
            spec,
            examples,
            report,
            manifest,
            train,
            valid: partition.valid,
            hold_out: partition.hold_out,
        })
    }

    /// Adds the rows of `data.augmented` to those learnt from, if it is set; their number.
    ///
    /// Only children of rows in `train` come in, so that a subset stays one. Validation rows are not touched.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, was made for another split or fold, or holds a row that does not pass.
    pub fn add_augmented(&mut self, config: &CheckedTrainConfig) -> Result<usize, TrainError> {
        let data = &config.values().data;
        let Some(path) = &data.augmented else {
            return Ok(0);
        };
        let rows = TrainingRows::of(&self.manifest, &self.examples, &self.spec, data.fold)?;
        let learnt: HashSet<&str> = self.train.iter().map(|&row| self.examples[row].id.as_str()).collect();
        let children: Vec<Example> = read_augmented(path, &rows)?
            .into_iter()
            .filter(|child| learnt.contains(child.parent()))
            .map(AugmentedExample::into_example)
            .collect();
        let (first, count) = (self.examples.len(), children.len());
        self.examples.extend(children);
        self.train.extend(first..first + count);
        Ok(count)
    }

    /// Indices of labels, by row index. Rows of a split all have one.
    pub fn label_indices(&self, rows: &[usize]) -> Vec<usize> {
        rows.iter()
            .filter_map(|&row| self.examples[row].label.map(relex_data::LabelId::index))
            .collect()
    }

    /// How many rows to learn from each label has, in the labels' order.
    pub fn label_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.spec.labels.names().len()];
        for label in self.label_indices(&self.train) {
            counts[label] += 1;
        }
        counts
    }
}

/// The loss of a run, built for its rows to learn from.
///
/// # Errors
///
/// When the configured loss cannot be computed for these labels.
pub fn build_loss(config: &CheckedTrainConfig, data: &SplitData) -> Result<Loss, TrainError> {
    let values = config.values();
    Ok(values.loss.build(&data.label_counts(), values.model.cosine_scale)?)
}

/// What the classifier of a run will be.
pub fn classifier_config(config: &CheckedTrainConfig, spec: &DatasetSpec) -> ClassifierConfig {
    let model = &config.values().model;
    ClassifierConfig {
        format_version: ClassifierConfig::format_version(),
        labels: spec.labels.names().to_vec(),
        negative_label: negative_label(&spec.labels).into(),
        markers: model.markers,
        query: model.query.clone(),
        type_words: spec.type_words.clone(),
        max_tokens: model.max_tokens,
        head: model.head,
        head_dropout: model.head_dropout,
        cosine_scale: model.cosine_scale,
        precision: config.values().training.precision,
        type_embedding: model.type_embedding,
        evaluation_batch_size: Some(config.values().training.evaluation_batch_size),
        evaluation_batch_tokens: config.values().training.evaluation_batch_tokens,
    }
}

/// A pre-trained encoder with its tokenizer, both of which know the tokens of the markers.
#[derive(Debug)]
pub struct OpenEncoder {
    /// The encoder's configuration.
    pub config: EncoderConfig,
    /// Its weights.
    pub encoder: Encoder,
    /// The tokenizer.
    pub text_encoder: TextEncoder,
    /// Tokens of the markers that the encoder did not know and has an embedding for now.
    pub new_tokens: Vec<NewToken>,
    /// Which tensors of the weight file were used.
    pub report: LoadReport,
}

/// Opens the configuration's encoder and adds the tokens that its markers need for this data set.
///
/// # Errors
///
/// When the device cannot compute in the wanted precision, a file is missing or damaged, the tokenizer has more tokens than the
/// encoder has embeddings, the wanted length is more than the encoder has positions, it has fewer layers than should be frozen,
/// or a type cannot be part of a token.
pub fn open_encoder(
    config: &CheckedTrainConfig,
    spec: &DatasetSpec,
    device: &Device,
) -> Result<OpenEncoder, TrainError> {
    let model = &config.values().model;
    let precision = config.values().training.precision;
    precision.check(device)?;
    let folder = config.encoder_folder();
    let (mut encoder_config, encoder, report) = load_encoder(folder, device)?;
    if model.freeze_layers > encoder_config.num_hidden_layers {
        return Err(TrainError::Setting {
            key: "model.freeze_layers",
            value: model.freeze_layers.to_string(),
            reason: format!(
                "it must be at most {}, the number of the encoder's layers",
                encoder_config.num_hidden_layers
            ),
        });
    }
    let mut text_encoder = TextEncoder::from_folder(folder, model.max_tokens)?;
    text_encoder.check_fits(&encoder_config)?;
    let new_tokens = text_encoder.add_tokens(&model.markers.special_tokens(spec)?)?;
    let encoder = encoder
        .add_tokens(&new_tokens, &mut encoder_config)?
        .with_precision(precision)
        .with_activations(config.values().training.activations());
    Ok(OpenEncoder {
        config: encoder_config,
        encoder,
        text_encoder,
        new_tokens,
        report,
    })
}

/// Marks and encodes the chosen rows, in order, as a classifier reads them.
///
/// # Errors
///
/// [`TrainError::Overlapping`] when entities overlap that markers cannot be put around, and when an example cannot be marked or
/// encoded.
pub fn encode_rows(
    text_encoder: &TextEncoder,
    classifier: &ClassifierConfig,
    examples: &[Example],
    rows: &[usize],
    spec: &DatasetSpec,
) -> Result<Vec<EncodedExample>, TrainError> {
    let overlaps = |example: &Example| example.subject.span.overlaps(example.object.span);
    if classifier.markers != Markers::None && rows.iter().any(|&row| overlaps(&examples[row])) {
        // All of them at once, so that they need not be found one by one.
        let overlapping = examples.iter().filter(|example| overlaps(example));
        return Err(TrainError::Overlapping {
            ids: overlapping.map(|example| example.id.clone()).collect(),
            rows: examples.len(),
        });
    }
    let examples = rows.iter().map(|&row| &examples[row]);
    Ok(classifier.encode(text_encoder, examples, spec)?)
}

fn negative_label(labels: &LabelSet) -> &str {
    labels.name(labels.negative())
}
