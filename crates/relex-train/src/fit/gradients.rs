//! Loss and gradients of one update's rows.

use burn::{
    optim::{GradientsAccumulator, GradientsParams},
    tensor::{Device, Int, Tensor, TensorData},
};
use relex_model::{Batch, BatchTensors, Classifier, DropoutKeys, Pass};

use super::FitInput;
use crate::loss_scale::LossScale;

/// Rows that go through the classifier at once, on its device.
pub(super) struct Portion {
    labels: Vec<usize>,
    targets: Tensor<1, Int>,
    batch: BatchTensors,
    tokens: usize,
    padded_tokens: usize,
}

/// The rows of one update, as many to a portion as `training.micro_batch_size` allows.
pub(super) fn portions(input: &FitInput<'_>, rows: &[usize]) -> Vec<Portion> {
    let FitInput {
        train,
        pad_token_id,
        device,
        ..
    } = *input;
    let size = input.config.values().training.micro_batch_size.unwrap_or(rows.len());
    let portion = |rows: &[usize]| {
        let labels: Vec<usize> = rows.iter().map(|&row| train.labels[row]).collect();
        let batch = Batch::new(&train.encoded, rows, pad_token_id);
        Portion {
            targets: targets(&labels, device),
            labels,
            tokens: batch.tokens(),
            padded_tokens: batch.padded_tokens(),
            batch: batch.to_device(device),
        }
    };
    rows.chunks(size).map(portion).collect()
}

/// What an update is made from.
pub(super) struct BatchGradients {
    /// Mean loss over the rows.
    pub(super) loss: f32,
    /// Its gradients, times the factor of the loss scale.
    pub(super) gradients: GradientsParams,
    /// Tokens, padding not counted.
    pub(super) tokens: usize,
    /// Tokens, padding counted.
    pub(super) padded_tokens: usize,
}

/// Sends the rows of one update through the classifier, one portion after the other.
///
/// However many portions there are, the loss is the mean over all rows: a portion enters with its share of their weight
/// ([`relex_loss::Loss::weight`]: the number of rows, or for a loss with class weights the sum of those), so that an uneven
/// last portion counts for what it is. Portions differ from one batch only in rounding and in dropout masks.
pub(super) fn batch_gradients(
    classifier: &Classifier,
    input: &FitInput<'_>,
    portions: &[Portion],
    position: Position,
    keys: &mut DropoutKeys,
    scale: &LossScale,
) -> BatchGradients {
    let loss = input.loss;
    let all: Vec<usize> = portions
        .iter()
        .flat_map(|portion| portion.labels.iter().copied())
        .collect();
    let whole = loss.weight(&all, position.share);
    let mut result = BatchGradients {
        loss: 0.0,
        gradients: GradientsParams::new(),
        tokens: 0,
        padded_tokens: 0,
    };
    let mut sum = GradientsAccumulator::new();
    for portion in portions {
        let share = (loss.weight(&portion.labels, position.share) / whole) as f32;
        let logits = || classifier.forward(portion.batch.clone(), &mut Pass::Training(keys));
        let mut value = loss.value(logits, portion.targets.clone(), position.share);
        let number: f32 = value.clone().into_scalar();
        // One portion is the batch, to the last bit.
        if portions.len() > 1 {
            value = value.mul_scalar(share);
            result.loss += share * number;
        } else {
            result.loss = number;
        }
        sum.accumulate(
            classifier,
            GradientsParams::from_grads(scale.apply(value).backward(), classifier),
        );
        result.tokens += portion.tokens;
        result.padded_tokens += portion.padded_tokens;
    }
    result.gradients = sum.grads();
    result
}

/// Where in the run an update is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    /// Its number, from 1.
    pub(super) step: usize,
    /// Share of all updates that lie before it.
    pub(super) share: f64,
}

fn targets(labels: &[usize], device: &Device) -> Tensor<1, Int> {
    let targets: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
    Tensor::from_data(TensorData::new(targets, [labels.len()]), device)
}
