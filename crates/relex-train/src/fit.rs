//! The training loop.

mod adversarial;
mod average;
mod candidates;
mod evaluation;
mod gradients;
mod leaving;
mod pace;
mod parity;
mod state;
mod update;

use std::{ops::ControlFlow, path::PathBuf};

use burn::tensor::Device;
use relex_data::{LabelSet, rng::stream};
use relex_loss::Loss;
use relex_model::{Classifier, DropoutKeys, EncodedExample};

use crate::{
    CheckedTrainConfig, Checkpoints, DamagedCheckpoint, MaskedReport, TrainError, batches::training_batches,
    freeze::Freezing, optimizer::Optimizer,
};

use adversarial::adversarial_gradients;
pub use candidates::CandidateReport;
use candidates::choose;
pub use evaluation::EvaluationReport;
pub(crate) use evaluation::check_score;
use evaluation::evaluate;
use gradients::{Position, batch_gradients, portions};
pub(crate) use leaving::{begin_or_go_on, leave_with, save_to};
pub(crate) use pace::Pace;
pub use parity::{ParityStep, parity};
pub use state::Snapshot;
pub(crate) use state::{Progress, TrainingState};
pub(crate) use update::{Fault, check_weights};

/// Encoded rows with their labels.
#[derive(Debug, Clone, Default)]
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
    /// The loop begins, or goes on from a checkpoint.
    Start(StartReport),
    /// The rows of the next step are about to be put together.
    Preparing,
    /// They are put together; what follows is computing.
    Prepared,
    /// A step is done.
    Step(StepReport),
    /// The validation rows are being scored; so many are done.
    Evaluating(usize),
    /// The validation rows were scored.
    Evaluation(EvaluationReport),
    /// All steps are done, and one of the weights that may be kept was scored.
    Candidate(CandidateReport),
    /// Masked tokens of held-out sentences were guessed; in further pre-training.
    MaskedEvaluation(MaskedReport),
    /// A checkpoint is about to be written. What the observer has written of the reports so far must be on the disk when it
    /// returns.
    Saving,
    /// A checkpoint was written, to this folder.
    Saved(PathBuf),
}

/// Where the loop begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartReport {
    /// Steps that were done before.
    pub step: usize,
    /// Reports of steps and evaluations that were made before: those after them will be made again.
    pub reports: usize,
    /// Checkpoints that were damaged, so that an earlier one was taken.
    pub damaged: Vec<DamagedCheckpoint>,
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

/// Why an observer breaks off.
#[derive(Debug)]
pub enum Stop {
    /// It was asked to: a checkpoint is written first, if the run has any.
    Requested,
    /// It cannot go on; nothing more is written.
    Failed(TrainError),
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
    /// Rows to measure on; with none, nothing is measured.
    pub valid: &'a LabelledRows,
    /// The labels; scores leave the negative one out.
    pub labels: &'a LabelSet,
    /// The token that fills up batches.
    pub pad_token_id: u32,
    /// Where the classifier is; an autodiff device.
    pub device: &'a Device,
    /// Further autodiff devices that each compute a share of every step's rows; see [`fit`].
    pub more_devices: &'a [Device],
    /// Where checkpoints go, and where the run goes on from if there are any; without them nothing is written.
    pub checkpoints: Option<&'a Checkpoints>,
}

/// What training comes to.
#[derive(Debug)]
pub struct Fitted {
    /// The weights that `training.keep` names.
    pub classifier: Classifier,
    /// Those at the evaluations that `training.also_keep_best` and `training.also_keep_last` ask for, in the order of their steps.
    pub evaluations: Vec<Snapshot>,
}

/// Trains a classifier and returns the weights that the configuration keeps.
///
/// `observe` sees every step and evaluation and may break off. The result depends on the configuration, the rows and the kind
/// of device alone: where the run was broken off and taken up again makes no difference.
///
/// With more devices than one every step's rows are dealt out evenly, in order. Each device computes the gradients of its
/// share on a copy of the weights; they are added up on the first, which makes the update, scores and saves. The result is
/// that of one device with portions of the same size, bit for bit if each device's share is one portion.
///
/// # Errors
///
/// [`TrainError::NotFinite`] when loss or gradient overflow, [`TrainError::Stopped`] when the observer breaks off on request,
/// its own error when it fails, [`TrainError::Io`] or [`TrainError::Data`] when a checkpoint cannot be written.
pub fn fit(
    classifier: Classifier,
    input: &FitInput<'_>,
    mut observe: impl FnMut(Event) -> ControlFlow<Stop>,
) -> Result<Fitted, TrainError> {
    let values = input.config.values();
    // Under a token budget epochs can differ in their number of batches.
    let in_epochs = (1..=values.training.epochs)
        .map(|epoch| epoch_batches(input, epoch).len())
        .sum();
    let pace = Pace::new(values, in_epochs, input.valid.labels.len());
    let dropout_seed = rand::Rng::next_u64(&mut stream(values.seed, "dropout"));
    let freezing = Freezing::new(values, &classifier);
    let (mut classifier, mut state, start) = begin(classifier, input)?;
    let (mut epoch, mut batches) = (0, Vec::new());
    if let ControlFlow::Break(stop) = observe(Event::Start(start)) {
        return Err(leave(stop, &classifier, &mut state, input, &batches, &mut observe));
    }

    loop {
        if epoch != state.progress.epoch {
            epoch = state.progress.epoch;
            batches = epoch_batches(input, epoch);
            classifier = freezing.apply(classifier, epoch);
        }
        let (evaluates, saves) = pace.due(&state.progress, batches.len());
        if evaluates || saves || pace.is_over(&state.progress) {
            check_weights(&classifier).map_err(|fault| diverged(fault, &state, input, &batches))?;
        }
        if evaluates {
            let scoring = |done| observe(Event::Evaluating(done));
            let scored = evaluate(&classifier, input, scoring).or_else(|error| {
                Err(diverged(
                    Fault::in_scoring(error, state.progress.step)?,
                    &state,
                    input,
                    &batches,
                ))
            });
            let report = match scored? {
                ControlFlow::Continue(report) => report,
                ControlFlow::Break(stop) => {
                    return Err(leave(stop, &classifier, &mut state, input, &batches, &mut observe));
                }
            };
            let step = state.progress.step;
            let report = EvaluationReport { step, epoch, ..report };
            state.note(&report, &classifier, values);
            state.progress.reports += 1;
            if let ControlFlow::Break(stop) = observe(Event::Evaluation(report)) {
                return Err(leave(stop, &classifier, &mut state, input, &batches, &mut observe));
            }
        }
        if saves {
            save_to(input.checkpoints, &classifier, &mut state, &mut observe)?;
        }
        if pace.is_over(&state.progress) {
            break;
        }
        if state.progress.batch == batches.len() {
            state.progress.epoch += 1;
            state.progress.batch = 0;
            continue;
        }

        if let ControlFlow::Break(stop) = observe(Event::Preparing) {
            return Err(leave(stop, &classifier, &mut state, input, &batches, &mut observe));
        }
        let rows = &batches[state.progress.batch];
        let portions = portions(input, rows);
        if let ControlFlow::Break(stop) = observe(Event::Prepared) {
            return Err(leave(stop, &classifier, &mut state, input, &batches, &mut observe));
        }
        let done = state.progress.step;
        let position = Position {
            step: done + 1,
            share: done as f64 / pace.steps as f64,
        };
        let mut keys = DropoutKeys::new(dropout_seed, done as u64);
        let precision = values.training.precision;
        let scale = state.loss_scale(precision);
        let mut batch = batch_gradients(&classifier, input, &portions, position, &mut keys, &scale);
        if values.adversarial.acts_at(position.share) {
            let there = |moved: &Classifier| {
                Ok(batch_gradients(moved, input, &portions, position, &mut keys, &scale).gradients)
            };
            batch.gradients = adversarial_gradients(&values.adversarial, &classifier, batch.gradients, there)?;
        }
        let pace_factor = values.schedule.factor(done, pace.steps);
        let updated = state.update(
            classifier,
            batch.loss,
            batch.gradients,
            precision,
            &values.optimizer,
            pace_factor,
        );
        let (stepped, update) = updated.map_err(|fault| not_finite(fault, position.step, input, rows))?;
        classifier = stepped;
        state.average(&classifier, &values.averaging, pace.steps);
        let report = StepReport {
            step: state.progress.step,
            steps: pace.steps,
            epoch,
            loss: batch.loss,
            gradient_norm: update.gradient_norm,
            learning_rate: update.learning_rate,
            loss_scale: update.loss_scale,
            skipped: update.skipped,
            rows: rows.len(),
            tokens: batch.tokens,
            padded_tokens: batch.padded_tokens,
        };
        if let ControlFlow::Break(stop) = observe(Event::Step(report)) {
            return Err(leave(stop, &classifier, &mut state, input, &batches, &mut observe));
        }
    }
    match choose(&classifier, &state, input, &mut observe)? {
        ControlFlow::Continue(kept) => {
            state.keep_only(values.training.also_keep_best, values.training.also_keep_last);
            Ok(Fitted {
                classifier: kept,
                evaluations: state.kept,
            })
        }
        ControlFlow::Break(stop) => Err(leave(stop, &classifier, &mut state, input, &batches, &mut observe)),
    }
}

/// The newest whole checkpoint, or the beginning.
fn begin(classifier: Classifier, input: &FitInput<'_>) -> Result<(Classifier, TrainingState, StartReport), TrainError> {
    let optimizer = |classifier: &Classifier| Optimizer::new(&input.config.values().optimizer, classifier);
    if input.train.labels.is_empty() {
        return Err(TrainError::Setting {
            key: "data",
            value: "0 rows".into(),
            reason: "rows to train on are needed".into(),
        });
    }
    check_score(input.config, input.labels)?;
    begin_or_go_on(
        classifier,
        optimizer,
        &input.config.values().averaging,
        input.checkpoints,
        input.device,
    )
}

/// The batches of an epoch, a function of the seed and its number: rows drawn by the sampler, put together by length.
fn epoch_batches(input: &FitInput<'_>, epoch: usize) -> Vec<Vec<usize>> {
    let values = input.config.values();
    let mut draw = stream(values.seed, &format!("sample/{epoch}"));
    let sampled = values.training.sampler.epoch(&input.train.labels, &mut draw);
    let lengths: Vec<usize> = sampled.iter().map(|&row| input.train.encoded[row].ids.len()).collect();
    let mut shuffle = stream(values.seed, &format!("shuffle/{epoch}"));
    training_batches(&lengths, values.training.batch_limits(), &mut shuffle)
        .into_iter()
        .map(|batch| batch.into_iter().map(|index| sampled[index]).collect())
        .collect()
}

/// What the loop returns when the observer breaks off. Weights that are not numbers are not saved.
fn leave(
    stop: Stop,
    classifier: &Classifier,
    state: &mut TrainingState,
    input: &FitInput<'_>,
    batches: &[Vec<usize>],
    observe: &mut impl FnMut(Event) -> ControlFlow<Stop>,
) -> TrainError {
    if matches!(stop, Stop::Requested)
        && let Err(fault) = check_weights(classifier)
    {
        return diverged(fault, state, input, batches);
    }
    leave_with(stop, input.checkpoints, classifier, state, observe)
}

/// The error about the weights after the last step: with its rows and the last good checkpoint.
fn diverged(fault: Fault, state: &TrainingState, input: &FitInput<'_>, batches: &[Vec<usize>]) -> TrainError {
    let last = state.progress.batch.checked_sub(1);
    let rows = last.and_then(|batch| batches.get(batch)).map_or(&[][..], Vec::as_slice);
    not_finite(fault, state.progress.step, input, rows)
}

/// The error that names the step, the rows behind it and the last good checkpoint.
fn not_finite(fault: Fault, step: usize, input: &FitInput<'_>, rows: &[usize]) -> TrainError {
    TrainError::NotFinite {
        step,
        what: fault.what,
        value: fault.value,
        ids: rows.iter().map(|&row| input.train.ids[row].clone()).collect(),
        checkpoint: input.checkpoints.and_then(Checkpoints::newest),
    }
}
