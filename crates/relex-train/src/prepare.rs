//! From a checked configuration to what the loop reads: data set, frozen split, encoder, markers, tokens, loss.

mod data;
mod encoder;

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use relex_data::{DatasetSpec, Example, Markers, rng::stream};
use relex_loss::Loss;
use relex_model::{Classifier, ClassifierConfig, EncodedExample, TextEncoder, save_classifier};

use crate::{CheckedTrainConfig, FitInput, LabelledRows, SentencesRead, TrainConfig, TrainError};

pub use data::SplitData;
pub use encoder::{OpenEncoder, open_encoder};

/// What a run is made from, beside its configuration, its data and the new classifier.
#[derive(Debug)]
pub struct Prepared {
    /// What the classifier is; with it, a saved one knows how rows are read.
    pub classifier_config: ClassifierConfig,
    /// Its tokenizer.
    pub text_encoder: TextEncoder,
    /// The token that fills up batches.
    pub pad_token_id: u32,
    /// What is minimised, built for the rows to learn from.
    pub loss: Loss,
    /// Rows to learn from, encoded.
    pub train: LabelledRows,
    /// Rows to measure on, encoded.
    pub valid: LabelledRows,
    /// The sentences that the encoder was trained on before.
    pub read_before: SentencesRead,
    /// These, and those that are learnt from.
    read: SentencesRead,
    encoder_folder: PathBuf,
}

/// A classifier with a new head on the opened encoder, and everything that is needed to train it. The head's weights depend on
/// the configuration's seed alone.
///
/// `config`, `data` and `device` are those that the encoder was opened with: an autodiff device where the classifier is to be trained.
///
/// # Errors
///
/// When the configured loss cannot be computed for these labels or the encoder's list of read sentences is damaged, and as
/// [`encode_rows`].
pub fn prepare(
    open: OpenEncoder,
    config: &CheckedTrainConfig,
    data: &SplitData,
    device: &Device,
) -> Result<(Classifier, Prepared), TrainError> {
    let loss = build_loss(config, data)?;
    let classifier_config = classifier_config(config, &data.spec);
    let encode = |rows: &[usize]| {
        let encoded = encode_rows(&open.text_encoder, &classifier_config, &data.examples, rows, &data.spec)?;
        Ok::<_, TrainError>(LabelledRows {
            ids: rows.iter().map(|&row| data.examples[row].id.clone()).collect(),
            encoded,
            labels: data.label_indices(rows),
        })
    };
    let read_before = SentencesRead::by_model(config.encoder_folder())?;
    let read = read_before
        .clone()
        .and(data.train.iter().map(|&row| &data.examples[row]));
    let (train, valid) = (encode(&data.train)?, encode(&data.valid)?);
    let head = classifier_config.head_config(open.config.hidden_size);
    let mut random = stream(config.values().seed, "head");
    let classifier = Classifier::with_new_head(open.encoder, &head, &mut random, device)
        .with_type_embedding(classifier_config.type_rows(), device);
    let prepared = Prepared {
        classifier_config,
        text_encoder: open.text_encoder,
        pad_token_id: open.config.pad_token_id,
        loss,
        train,
        valid,
        read_before,
        read,
        encoder_folder: config.encoder_folder().to_path_buf(),
    };
    Ok((classifier, prepared))
}

impl Prepared {
    /// Writes the folder of the classifier that was trained, and into it which sentences it has read.
    ///
    /// # Errors
    ///
    /// As [`save_classifier`], and [`SentencesRead::write`].
    pub fn save(&self, folder: &Path, classifier: &Classifier) -> Result<(), TrainError> {
        save_classifier(
            folder,
            classifier,
            &self.classifier_config,
            &self.text_encoder,
            &self.encoder_folder,
        )?;
        self.read.write(folder)
    }

    /// As [`fit`](crate::fit) wants it: on one device, without checkpoints. Configuration, data and device are those of [`prepare`].
    pub fn input<'a>(
        &'a self,
        config: &'a CheckedTrainConfig,
        data: &'a SplitData,
        device: &'a Device,
    ) -> FitInput<'a> {
        FitInput {
            config,
            loss: &self.loss,
            train: &self.train,
            valid: &self.valid,
            labels: &data.spec.labels,
            pad_token_id: self.pad_token_id,
            device,
            more_devices: &[],
            checkpoints: None,
        }
    }
}

/// The loss of a run, built for its rows to learn from.
///
/// # Errors
///
/// When the configured loss cannot be computed for these labels.
fn build_loss(config: &CheckedTrainConfig, data: &SplitData) -> Result<Loss, TrainError> {
    let values = config.values();
    Ok(values.loss.build(&data.label_counts(), values.model.cosine_scale)?)
}

/// What the classifier of a run will be.
fn classifier_config(config: &CheckedTrainConfig, spec: &DatasetSpec) -> ClassifierConfig {
    let TrainConfig { model, training, .. } = config.values();
    ClassifierConfig {
        format_version: ClassifierConfig::format_version(),
        labels: spec.labels.names().to_vec(),
        negative_label: spec.labels.name(spec.labels.negative()).into(),
        markers: model.markers,
        query: model.query.clone(),
        type_words: spec.type_words.clone(),
        max_tokens: model.max_tokens,
        head: model.head,
        head_dropout: model.head_dropout,
        cosine_scale: model.cosine_scale,
        precision: training.precision,
        type_embedding: model.type_embedding,
        evaluation_batch_size: Some(training.evaluation_batch_size),
        evaluation_batch_tokens: training.evaluation_batch_tokens,
    }
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
