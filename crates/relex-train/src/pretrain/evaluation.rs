use std::ops::ControlFlow;

use burn::{
    module::Module,
    tensor::{Int, Tensor, activation::log_softmax},
};
use relex_data::rng::stream;
use relex_model::{EncodedSentence, Pass};
use serde::{Deserialize, Serialize};

use super::{MaskedSentence, PretrainingInput, batch::MaskedBatch, mask_sentence};
use crate::{TrainError, batches::prediction_batches, fit::Stop};
use relex_model::MaskedModel;

/// How well masked tokens of held-out sentences are guessed. The masks are the same whenever it is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MaskedReport {
    /// Steps done.
    pub step: usize,
    /// Epochs begun.
    pub epoch: usize,
    /// Mean of `-ln p` of the masked tokens.
    pub masked_loss: f64,
    /// `e` to the power of that: among how many equally probable tokens the model would be as unsure.
    pub perplexity: f64,
    /// Share of the masked tokens that are guessed right, in percent.
    pub masked_accuracy: f64,
    /// Masked tokens.
    pub masked_tokens: usize,
    /// Held-out sentences.
    pub sentences: usize,
}

/// The held-out sentences with masks of their own, which depend on the seed alone.
pub(super) fn mask_held_out(input: &PretrainingInput<'_>) -> Vec<MaskedSentence> {
    let values = input.config.values();
    let sentences = input.held_out.iter().enumerate();
    sentences
        .map(|(number, sentence)| {
            let mut random = stream(values.seed, &format!("mask/held-out/{number}"));
            mask_sentence(sentence, &values.masking, input.mask_tokens, &mut random)
        })
        .collect()
}

/// Guesses the masked tokens of the held-out sentences; `step` and `epoch` of the report are for the caller to set. `observe`
/// hears how many sentences are done and may break off.
pub(super) fn evaluate(
    model: &MaskedModel,
    input: &PretrainingInput<'_>,
    masked: &[MaskedSentence],
    mut observe: impl FnMut(usize) -> ControlFlow<Stop>,
) -> Result<ControlFlow<Stop, MaskedReport>, TrainError> {
    let model = model.valid();
    let device = input.device.clone().inner();
    let lengths: Vec<usize> = masked.iter().map(|sentence| sentence.ids.len()).collect();
    let limit = input.config.values().training.evaluation_batch_size;
    let (mut loss, mut right, mut tokens, mut done) = (0.0, 0, 0, 0);
    for rows in prediction_batches(&lengths, limit.into()) {
        let sentences: Vec<&EncodedSentence> = rows.iter().map(|&row| &input.held_out[row]).collect();
        let of_rows: Vec<MaskedSentence> = rows.iter().map(|&row| masked[row].clone()).collect();
        let batch = MaskedBatch::new(&sentences, &of_rows, input.pad_token_id);
        let logits = batch.logits(&model, &device, &mut Pass::Inference);
        let targets: Tensor<2, Int> = batch.targets(&device).reshape([batch.masked(), 1]);
        let guesses = logits.clone().argmax(1).equal(targets.clone()).int();
        let log_probability: Vec<f32> = log_softmax(logits, 1)
            .gather(1, targets)
            .try_into_vec_as()
            .map_err(TrainError::of_device)?;
        if let Some(at) = log_probability.iter().position(|value| !value.is_finite()) {
            let (row, value) = (rows[batch.row_of(at)] + 1, log_probability[at]);
            return Err(TrainError::Prediction { row, value });
        }
        loss -= log_probability.iter().map(|&value| f64::from(value)).sum::<f64>();
        right += guesses.sum().into_scalar::<i64>();
        tokens += batch.masked();
        done += rows.len();
        if let ControlFlow::Break(stop) = observe(done) {
            return Ok(ControlFlow::Break(stop));
        }
    }
    let masked_loss = loss / tokens as f64;
    Ok(ControlFlow::Continue(MaskedReport {
        step: 0,
        epoch: 0,
        masked_loss,
        perplexity: masked_loss.exp(),
        masked_accuracy: 100.0 * right as f64 / tokens as f64,
        masked_tokens: tokens,
        sentences: masked.len(),
    }))
}
