//! Further pre-training: masked language modelling on a data set's sentences, whose labels nobody looks at.

mod batch;
mod evaluation;
mod masking;
mod prepare;
mod provenance;
mod sentences;

use std::ops::ControlFlow;

use burn::tensor::Device;
use rand::RngExt;
use relex_data::rng::stream;
use relex_model::{DropoutKeys, EncodedSentence, MaskTokens, MaskedModel};

use crate::{
    AveragingConfig, CheckedPretrainingConfig, Checkpoints, Event, StepReport, Stop, TrainError,
    batches::training_batches,
    fit::{Fault, Pace, TrainingState, begin_or_go_on, check_weights, leave_with, save_to},
    optimizer::Optimizer,
};

use batch::{masked_gradients, portions};
pub use evaluation::MaskedReport;
use evaluation::{evaluate, mask_held_out};
pub use masking::{MaskedSentence, mask_sentence};
pub use prepare::{EncodedSentences, OpenMaskedModel, encode_sentences, open_masked_model};
pub use provenance::PretrainingProvenance;
pub use sentences::PretrainingData;

/// What further pre-training is made of, besides the model that it begins with.
#[derive(Debug, Clone, Copy)]
pub struct PretrainingInput<'a> {
    /// Every setting.
    pub config: &'a CheckedPretrainingConfig,
    /// Rows to learn from; a sentence with several pairs of entities has a row for each.
    pub readings: &'a [EncodedSentence],
    /// Their ids, for messages.
    pub ids: &'a [String],
    /// The readings of each sentence: in an epoch a sentence comes once, with one of them.
    pub learnt: &'a [Vec<usize>],
    /// Sentences to measure on; with none, nothing is measured.
    pub held_out: &'a [EncodedSentence],
    /// The mask and the ordinary tokens.
    pub mask_tokens: &'a MaskTokens,
    /// The token that fills up batches.
    pub pad_token_id: u32,
    /// Where the model is; an autodiff device.
    pub device: &'a Device,
    /// Where checkpoints go, and where the run goes on from if there are any; without them nothing is written.
    pub checkpoints: Option<&'a Checkpoints>,
}

/// Trains a masked language model further and returns it as it is after the last step.
///
/// `observe` sees every step and evaluation and may break off; the held-out sentences are measured before the first step too. The
/// result depends on the configuration, the sentences and the kind of device alone: masks are functions of the seed, the epoch
/// and the sentence, and where the run was broken off and taken up again makes no difference.
///
/// # Errors
///
/// As [`crate::fit`].
pub fn pretrain(
    model: MaskedModel,
    input: &PretrainingInput<'_>,
    mut observe: impl FnMut(Event) -> ControlFlow<Stop>,
) -> Result<MaskedModel, TrainError> {
    let values = input.config.values();
    let settings = &values.training;
    let in_epochs = (1..=settings.epochs).map(|epoch| Epoch::new(input, epoch).batches.len());
    let steps = settings.steps.unwrap_or_else(|| in_epochs.sum());
    let save_every = values.checkpoint.every_steps;
    let pace = Pace::of_steps(steps, settings.evaluate, input.held_out.len(), save_every);
    let dropout_seed = rand::Rng::next_u64(&mut stream(values.seed, "dropout"));
    let held_out = mask_held_out(input);
    let optimizer = |model: &MaskedModel| Optimizer::new(&values.optimizer, model);
    let averaging = AveragingConfig::default();
    let (mut model, mut state, start) = begin_or_go_on(model, optimizer, &averaging, input.checkpoints, input.device)?;
    let mut epoch = Epoch::new(input, state.progress.epoch);
    if let ControlFlow::Break(stop) = observe(Event::Start(start)) {
        return Err(epoch.leave(stop, input, &model, &mut state, &mut observe));
    }

    loop {
        if epoch.number != state.progress.epoch {
            epoch = Epoch::new(input, state.progress.epoch);
        }
        let is_before_all = state.progress.reports == 0 && !held_out.is_empty();
        let (evaluates, saves) = pace.due(&state.progress, epoch.batches.len());
        if evaluates || saves || pace.is_over(&state.progress) {
            check_weights(&model).map_err(|fault| epoch.diverged(fault, &state, input))?;
        }
        if is_before_all || evaluates {
            let scoring = |done| observe(Event::Evaluating(done));
            let scored = evaluate(&model, input, &held_out, scoring)
                .or_else(|error| Err(epoch.diverged(Fault::in_scoring(error, state.progress.step)?, &state, input)));
            let report = match scored? {
                ControlFlow::Continue(report) => report,
                ControlFlow::Break(stop) => return Err(epoch.leave(stop, input, &model, &mut state, &mut observe)),
            };
            let step = state.progress.step;
            state.progress.evaluated = step;
            state.progress.reports += 1;
            let report = MaskedReport {
                step,
                epoch: state.progress.epoch,
                ..report
            };
            if let ControlFlow::Break(stop) = observe(Event::MaskedEvaluation(report)) {
                return Err(epoch.leave(stop, input, &model, &mut state, &mut observe));
            }
        }
        if saves {
            save_to(input.checkpoints, &model, &mut state, &mut observe)?;
        }
        if pace.is_over(&state.progress) {
            return Ok(model);
        }
        if state.progress.batch == epoch.batches.len() {
            state.progress.epoch += 1;
            state.progress.batch = 0;
            continue;
        }

        if let ControlFlow::Break(stop) = observe(Event::Preparing) {
            return Err(epoch.leave(stop, input, &model, &mut state, &mut observe));
        }
        let rows = &epoch.batches[state.progress.batch];
        let sentences: Vec<&EncodedSentence> = rows.iter().map(|&row| epoch.sentence(input, row)).collect();
        let masked: Vec<MaskedSentence> = rows.iter().map(|&row| epoch.mask(input, row)).collect();
        let size = settings.micro_batch_size.unwrap_or(rows.len());
        let portions = portions(&sentences, &masked, size, input.pad_token_id);
        if let ControlFlow::Break(stop) = observe(Event::Prepared) {
            return Err(epoch.leave(stop, input, &model, &mut state, &mut observe));
        }
        let done = state.progress.step;
        let mut keys = DropoutKeys::new(dropout_seed, done as u64);
        let scale = state.loss_scale(settings.precision);
        let batch = masked_gradients(&model, &portions, input.device, &mut keys, &scale);
        let pace_factor = values.schedule.factor(done, steps);
        let precision = settings.precision;
        let updated = state.update(
            model,
            batch.loss,
            batch.gradients,
            precision,
            &values.optimizer,
            pace_factor,
        );
        let (stepped, update) = updated.map_err(|fault| epoch.not_finite(fault, done + 1, input, rows))?;
        model = stepped;
        let report = StepReport {
            step: state.progress.step,
            steps,
            epoch: epoch.number,
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
            return Err(epoch.leave(stop, input, &model, &mut state, &mut observe));
        }
    }
}

/// One pass over the sentences, a function of the seed and its number.
struct Epoch {
    number: usize,
    /// The reading of each sentence.
    readings: Vec<usize>,
    /// Sentences of like length together.
    batches: Vec<Vec<usize>>,
}

impl Epoch {
    fn new(input: &PretrainingInput<'_>, number: usize) -> Self {
        let values = input.config.values();
        let mut draw = stream(values.seed, &format!("reading/{number}"));
        let readings = input.learnt.iter();
        let readings: Vec<usize> = readings
            .map(|readings| readings[draw.random_range(0..readings.len())])
            .collect();
        let lengths: Vec<usize> = readings
            .iter()
            .map(|&reading| input.readings[reading].words.len())
            .collect();
        let mut shuffle = stream(values.seed, &format!("shuffle/{number}"));
        Self {
            number,
            readings,
            batches: training_batches(&lengths, values.training.batch_limits(), &mut shuffle),
        }
    }

    fn sentence<'a>(&self, input: &PretrainingInput<'a>, row: usize) -> &'a EncodedSentence {
        &input.readings[self.readings[row]]
    }

    /// The sentence with this epoch's masks, whichever batch it is in.
    fn mask(&self, input: &PretrainingInput<'_>, row: usize) -> MaskedSentence {
        let values = input.config.values();
        let mut random = stream(values.seed, &format!("mask/{}/{row}", self.number));
        mask_sentence(
            self.sentence(input, row),
            &values.masking,
            input.mask_tokens,
            &mut random,
        )
    }

    /// What the loop returns when the observer breaks off. Weights that are not numbers are not saved.
    fn leave(
        &self,
        stop: Stop,
        input: &PretrainingInput<'_>,
        model: &MaskedModel,
        state: &mut TrainingState<MaskedModel>,
        observe: &mut impl FnMut(Event) -> ControlFlow<Stop>,
    ) -> TrainError {
        if matches!(stop, Stop::Requested)
            && let Err(fault) = check_weights(model)
        {
            return self.diverged(fault, state, input);
        }
        leave_with(stop, input.checkpoints, model, state, observe)
    }

    /// The error about the weights after the last step: with its rows and the last good checkpoint.
    fn diverged(&self, fault: Fault, state: &TrainingState<MaskedModel>, input: &PretrainingInput<'_>) -> TrainError {
        let last = state.progress.batch.checked_sub(1);
        let rows = last
            .and_then(|batch| self.batches.get(batch))
            .map_or(&[][..], Vec::as_slice);
        self.not_finite(fault, state.progress.step, input, rows)
    }

    /// The error that names the step, the rows behind it and the last good checkpoint.
    fn not_finite(&self, fault: Fault, step: usize, input: &PretrainingInput<'_>, rows: &[usize]) -> TrainError {
        TrainError::NotFinite {
            step,
            what: fault.what,
            value: fault.value,
            ids: rows.iter().map(|&row| input.ids[self.readings[row]].clone()).collect(),
            checkpoint: input.checkpoints.and_then(Checkpoints::newest),
        }
    }
}
