use burn::{
    optim::{GradientsAccumulator, GradientsParams},
    tensor::{Device, Int, Tensor, TensorData},
};
use relex_loss::{LabelSmoothing, SmoothOver, cross_entropy};
use relex_model::{Batch, DropoutKeys, EncodedSentence, MaskedModel, Pass};

use super::MaskedSentence;
use crate::loss_scale::LossScale;

/// Masked sentences side by side.
pub(super) struct MaskedBatch {
    pub(super) batch: Batch,
    /// Masked places, counted through the batch row by row.
    places: Vec<i32>,
    targets: Vec<i32>,
}

impl MaskedBatch {
    pub(super) fn new(sentences: &[&EncodedSentence], masked: &[MaskedSentence], pad_token_id: u32) -> Self {
        let seen: Vec<_> = sentences
            .iter()
            .zip(masked)
            .map(|(sentence, masked)| {
                let mut seen = sentence.encoded.clone();
                seen.ids.clone_from(&masked.ids);
                seen
            })
            .collect();
        let rows: Vec<usize> = (0..seen.len()).collect();
        let batch = Batch::new(&seen, &rows, pad_token_id);
        let seq_len = batch.padded_tokens() / rows.len().max(1);
        let places = rows.iter().zip(masked);
        Self {
            places: places
                .flat_map(|(row, masked)| masked.places.iter().map(move |place| (row * seq_len + place) as i32))
                .collect(),
            targets: masked
                .iter()
                .flat_map(|masked| masked.targets.iter().map(|&target| target as i32))
                .collect(),
            batch,
        }
    }

    /// Logits `[masked, vocabulary]`.
    pub(super) fn logits(&self, model: &MaskedModel, device: &Device, pass: &mut Pass<'_>) -> Tensor<2> {
        model.forward(self.batch.to_device(device), ints(&self.places, device), pass)
    }

    /// The tokens that belong at the masked places, `[masked]`.
    pub(super) fn targets(&self, device: &Device) -> Tensor<1, Int> {
        ints(&self.targets, device)
    }

    /// How many places are masked.
    pub(super) fn masked(&self) -> usize {
        self.targets.len()
    }
}

/// What an update is made from.
pub(super) struct MaskedGradients {
    /// Mean loss over the masked tokens.
    pub(super) loss: f32,
    /// Its gradients, times the factor of the loss scale.
    pub(super) gradients: GradientsParams,
    /// Tokens, padding not counted.
    pub(super) tokens: usize,
    /// Tokens, padding counted.
    pub(super) padded_tokens: usize,
}

/// Sends the sentences of one update through the model, `portion` at once. However many portions there are, the loss is the mean
/// over all masked tokens; portions differ from one batch only in rounding and in dropout masks.
pub(super) fn masked_gradients(
    model: &MaskedModel,
    sentences: &[&EncodedSentence],
    masked: &[MaskedSentence],
    portion: usize,
    (pad_token_id, device): (u32, &Device),
    keys: &mut DropoutKeys,
    scale: &LossScale,
) -> MaskedGradients {
    let all: usize = masked.iter().map(|masked| masked.places.len()).sum();
    let mut result = MaskedGradients {
        loss: 0.0,
        gradients: GradientsParams::new(),
        tokens: 0,
        padded_tokens: 0,
    };
    let mut sum = GradientsAccumulator::new();
    for (sentences, masked) in sentences.chunks(portion).zip(masked.chunks(portion)) {
        let batch = MaskedBatch::new(sentences, masked, pad_token_id);
        let logits = batch.logits(model, device, &mut Pass::Training(keys));
        let mut value = cross_entropy(logits, batch.targets(device), None, PLAIN);
        let number: f32 = value.clone().into_scalar();
        // One portion is the batch, to the last bit.
        if batch.masked() < all {
            let share = batch.masked() as f32 / all as f32;
            value = value.mul_scalar(share);
            result.loss += share * number;
        } else {
            result.loss = number;
        }
        let gradients = GradientsParams::from_grads(scale.apply(value).backward(), model);
        sum.accumulate(model, gradients);
        result.tokens += batch.batch.tokens();
        result.padded_tokens += batch.batch.padded_tokens();
    }
    result.gradients = sum.grads();
    result
}

const PLAIN: LabelSmoothing = LabelSmoothing {
    epsilon: 0.0,
    over: SmoothOver::AllClasses,
};

fn ints(values: &[i32], device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}
