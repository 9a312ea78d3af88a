//! The training loop.

use std::ops::ControlFlow;

use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Int, Tensor, TensorData},
};
use relex_data::rng::stream;
use relex_eval::{argmax, auprc, micro_f1};
use relex_loss::Loss;
use relex_model::{Batch, Classifier, DropoutKeys, EncodedExample, Pass, Precision};

use crate::{
    CheckedTrainConfig, Evaluate, Keep, TrainError, TrainingConfig,
    batches::training_batches,
    freeze::Freezing,
    loss_scale::LossScale,
    optimizer::{clip_by_global_norm, optimizer},
    predict::predict,
};

/// Encoded rows with their labels.
#[derive(Debug, Clone)]
pub struct LabelledRows {
    /// Ids, for messages.
    pub ids: Vec<String>,
    /// Tokens.
    pub encoded: Vec<EncodedExample>,
    /// Label indices.
    pub labels: Vec<usize>,
}

/// What the loop tells its observer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A step is done.
    Step(StepReport),
    /// The validation rows are being scored; so many are done.
    Evaluating(usize),
    /// The validation rows were scored.
    Evaluation(EvaluationReport),
}

/// One step.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct StepReport {
    /// From 1.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// From 1.
    pub epoch: usize,
    /// Mean loss over the batch.
    pub loss: f32,
    /// Norm of all gradients before clipping.
    pub gradient_norm: f32,
    /// The rate of this update.
    pub learning_rate: f64,
    /// What the loss was multiplied by for the gradients' sake; under `fp16` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_scale: Option<f32>,
    /// Whether the update was left out, because that was too much. Loss and norm may not be finite then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skipped: bool,
    /// Rows in the batch.
    pub rows: usize,
    /// Tokens in the batch, padding not counted.
    pub tokens: usize,
    /// Tokens in the batch, padding counted.
    pub padded_tokens: usize,
}

/// A look at the validation rows.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct EvaluationReport {
    /// Steps done.
    pub step: usize,
    /// Epochs done.
    pub epoch: usize,
    /// In percent, without the negative label.
    pub micro_f1: f64,
    /// In percent.
    pub auprc: f64,
    /// Validation rows.
    pub rows: usize,
}

/// What a training run is made of, besides the classifier that it begins with.
#[derive(Debug, Clone, Copy)]
pub struct FitInput<'a> {
    /// Every setting.
    pub config: &'a CheckedTrainConfig,
    /// What is minimised: the configuration's loss, built for the rows to learn from.
    pub loss: &'a Loss,
    /// Rows to learn from.
    pub train: &'a LabelledRows,
    /// Rows to measure on.
    pub valid: &'a LabelledRows,
    /// Index of the label that micro-F1 leaves out.
    pub negative: usize,
    /// The token that fills up batches.
    pub pad_token_id: u32,
    /// Where the classifier is; an autodiff device.
    pub device: &'a Device,
}

/// Trains a classifier and returns the weights that the configuration keeps.
///
/// `observe` sees every step and evaluation and may break off. The result depends on the
/// configuration, the rows and the kind of device alone.
///
/// # Errors
///
/// [`TrainError::NotFinite`] when loss or gradient overflow, [`TrainError::Stopped`] when the
/// observer breaks off.
pub fn fit(
    mut classifier: Classifier,
    input: &FitInput<'_>,
    mut observe: impl FnMut(Event) -> ControlFlow<()>,
) -> Result<Classifier, TrainError> {
    let FitInput {
        config,
        train,
        pad_token_id,
        device,
        ..
    } = *input;
    if train.labels.is_empty() || input.valid.labels.is_empty() {
        return Err(TrainError::Setting {
            key: "data",
            value: format!("{} and {} rows", train.labels.len(), input.valid.labels.len()),
            reason: "rows to train on and rows to validate on are both needed".into(),
        });
    }
    let values = config.values();
    let (settings, seed) = (&values.training, values.seed);
    let batches = |epoch: usize| epoch_batches(settings, train, seed, epoch);
    // Under a token budget epochs can differ in their number of batches.
    let steps: usize = (1..=settings.epochs).map(|epoch| batches(epoch).len()).sum();
    let dropout_seed = rand::Rng::next_u64(&mut stream(seed, "dropout"));
    let mut optimizer = optimizer(&values.optimizer, &classifier);
    let freezing = Freezing::new(values, &classifier);
    let mut scale = LossScale::new(settings.precision);
    let mut best: Option<(f64, Classifier)> = None;
    let mut step = 0;

    for epoch in 1..=settings.epochs {
        classifier = freezing.apply(classifier, epoch);
        for rows in batches(epoch) {
            let batch = Batch::new(&train.encoded, &rows, pad_token_id);
            let targets = targets(&train.labels, &rows, device);
            let mut keys = DropoutKeys::new(dropout_seed, step as u64);
            let logits = || classifier.forward(batch.to_device(device), &mut Pass::Training(&mut keys));
            let loss = input.loss.value(logits, targets, step as f64 / steps as f64);
            let loss_value: f32 = loss.clone().into_scalar();

            let factor = scale.factor();
            let mut gradients = GradientsParams::from_grads(scale.apply(loss).backward(), &classifier);
            let limit = values.optimizer.max_gradient_norm;
            let gradient_norm = clip_by_global_norm(&classifier, &mut gradients, limit, factor);
            let learning_rate = values.optimizer.rate(step, values.schedule.factor(step, steps));
            let skipped = !(loss_value.is_finite() && gradient_norm.is_finite()) && scale.overflowed();
            if !skipped {
                finite(loss_value, "loss", step, train, &rows)?;
                finite(gradient_norm, "gradient norm", step, train, &rows)?;
                classifier = optimizer.step(learning_rate, classifier, gradients);
                scale.updated();
            }
            step += 1;

            let report = StepReport {
                step,
                steps,
                epoch,
                loss: loss_value,
                gradient_norm,
                learning_rate,
                loss_scale: (settings.precision == Precision::Fp16).then_some(factor),
                skipped,
                rows: rows.len(),
                tokens: batch.tokens(),
                padded_tokens: batch.padded_tokens(),
            };
            if observe(Event::Step(report)).is_break() {
                return Err(TrainError::Stopped { step });
            }
        }

        if settings.evaluate == Evaluate::EachEpoch || epoch == settings.epochs {
            let scoring = |done| observe(Event::Evaluating(done));
            let report = evaluate(&classifier, input, scoring).map_err(|error| match error {
                TrainError::Stopped { .. } => TrainError::Stopped { step },
                error => error,
            })?;
            let report = EvaluationReport { step, epoch, ..report };
            if settings.keep == Keep::Best && best.as_ref().is_none_or(|(score, _)| report.micro_f1 > *score) {
                best = Some((report.micro_f1, classifier.clone()));
            }
            if observe(Event::Evaluation(report)).is_break() {
                return Err(TrainError::Stopped { step });
            }
        }
    }
    Ok(best.map_or(classifier, |(_, classifier)| classifier))
}

/// The rows of every step of an epoch: drawn by the sampler, put together by length.
fn epoch_batches(settings: &TrainingConfig, train: &LabelledRows, seed: u64, epoch: usize) -> Vec<Vec<usize>> {
    let sampled = settings
        .sampler
        .epoch(&train.labels, &mut stream(seed, &format!("sample/{epoch}")));
    let lengths: Vec<usize> = sampled.iter().map(|&row| train.encoded[row].ids.len()).collect();
    let mut shuffle = stream(seed, &format!("shuffle/{epoch}"));
    training_batches(&lengths, settings.batch_limits(), &mut shuffle)
        .into_iter()
        .map(|batch| batch.into_iter().map(|index| sampled[index]).collect())
        .collect()
}

fn targets(labels: &[usize], rows: &[usize], device: &Device) -> Tensor<1, Int> {
    let targets: Vec<i32> = rows.iter().map(|&row| labels[row] as i32).collect();
    Tensor::from_data(TensorData::new(targets, [rows.len()]), device)
}

fn finite(
    value: f32,
    what: &'static str,
    step: usize,
    train: &LabelledRows,
    rows: &[usize],
) -> Result<f32, TrainError> {
    if value.is_finite() {
        return Ok(value);
    }
    let ids = rows.iter().map(|&row| train.ids[row].clone()).collect();
    Err(TrainError::NotFinite {
        step: step + 1,
        what,
        value,
        ids,
    })
}

fn evaluate(
    classifier: &Classifier,
    input: &FitInput<'_>,
    observe: impl FnMut(usize) -> ControlFlow<()>,
) -> Result<EvaluationReport, TrainError> {
    let FitInput {
        config,
        valid,
        negative,
        pad_token_id,
        device,
        ..
    } = *input;
    let limits = config.values().training.evaluation_limits();
    let inference = device.clone().inner();
    let probabilities = predict(
        &classifier.valid(),
        &valid.encoded,
        limits,
        pad_token_id,
        &inference,
        observe,
    )?;
    let classes = probabilities.len() / valid.labels.len();
    let predicted: Vec<usize> = probabilities.chunks_exact(classes).map(argmax).collect();
    Ok(EvaluationReport {
        step: 0,
        epoch: 0,
        micro_f1: micro_f1(&valid.labels, &predicted, negative)?,
        auprc: auprc(&valid.labels, &probabilities, classes)?.mean,
        rows: valid.labels.len(),
    })
}
