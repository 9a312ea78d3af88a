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
    seq_len: usize,
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
            seq_len,
            batch,
        }
    }

    /// The row of the batch in which the masked place of this number is.
    pub(super) fn row_of(&self, masked: usize) -> usize {
        self.places[masked] as usize / self.seq_len
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

/// The sentences of one update, `size` to a portion.
pub(super) fn portions(
    sentences: &[&EncodedSentence],
    masked: &[MaskedSentence],
    size: usize,
    pad_token_id: u32,
) -> Vec<MaskedBatch> {
    let portions = sentences.chunks(size).zip(masked.chunks(size));
    portions
        .map(|(sentences, masked)| MaskedBatch::new(sentences, masked, pad_token_id))
        .collect()
}

/// Sends the sentences of one update through the model, a portion at once. However many portions there are, the loss is the mean
/// over all masked tokens; portions differ from one batch only in rounding and in dropout masks.
pub(super) fn masked_gradients(
    model: &MaskedModel,
    portions: &[MaskedBatch],
    device: &Device,
    keys: &mut DropoutKeys,
    scale: &LossScale,
) -> MaskedGradients {
    let all: usize = portions.iter().map(MaskedBatch::masked).sum();
    let mut result = MaskedGradients {
        loss: 0.0,
        gradients: GradientsParams::new(),
        tokens: 0,
        padded_tokens: 0,
    };
    let mut sum = GradientsAccumulator::new();
    for batch in portions {
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use burn::module::{Module, ModuleVisitor, Param};
    use relex_data::rng::stream;
    use relex_model::{EncodedExample, MaskTokens, Precision, load_masked_model};

    use super::*;
    use crate::{MaskingConfig, mask_sentence};

    /// transformers' tiny checkpoint of relex-model's tests, without dropout.
    fn model(device: &Device) -> MaskedModel {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../relex-model/tests/fixtures/masked-bert");
        let folder = tempfile::tempdir().unwrap();
        let copy = |name: &str| std::fs::copy(fixture.join(name), folder.path().join(name)).unwrap();
        copy("model.safetensors");
        let config = std::fs::read_to_string(fixture.join("config.json")).unwrap();
        let config = config.replace("dropout_prob\": 0.1", "dropout_prob\": 0.0");
        assert_eq!(config.matches("dropout_prob\": 0.0").count(), 2);
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        load_masked_model(folder.path(), &mut stream(1, "head"), device)
            .unwrap()
            .model
    }

    fn sentence(length: usize) -> EncodedSentence {
        EncodedSentence {
            encoded: EncodedExample {
                ids: (0..length).map(|place| 4 + (place * 7 + length) as u32 % 48).collect(),
                token_types: Vec::new(),
                entity_starts: [0, 1],
                entity_spans: [0..1, 1..2],
                entity_types: [0, 0],
                truncated: 0,
            },
            words: (0..length as u32).map(Some).collect(),
        }
    }

    struct Gradients<'a>(&'a GradientsParams, Vec<Vec<f32>>);

    impl ModuleVisitor for Gradients<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self.0.get::<D>(param.id).unwrap();
            self.1.push(gradient.try_into_vec_as().unwrap());
        }
    }

    #[test]
    fn portions_add_up_to_the_batch() {
        let device = Device::flex().autodiff();
        let model = model(&device);
        let tokens = MaskTokens {
            mask: 3,
            ordinary: (4..53).collect(),
        };
        let sentences: Vec<EncodedSentence> = [15, 4, 9, 12, 6].map(sentence).into();
        let masking = MaskingConfig {
            share: 0.4,
            ..MaskingConfig::default()
        };
        let masked: Vec<MaskedSentence> = (0..)
            .zip(&sentences)
            .map(|(row, sentence)| mask_sentence(sentence, &masking, &tokens, &mut stream(row, "mask")))
            .collect();
        let sentences: Vec<&EncodedSentence> = sentences.iter().collect();
        let scale = LossScale::new(Precision::F32);
        let of_portions = |size: usize| {
            let mut keys = DropoutKeys::new(1, 1);
            let portions = portions(&sentences, &masked, size, 0);
            let found = masked_gradients(&model, &portions, &device, &mut keys, &scale);
            let mut gradients = Gradients(&found.gradients, Vec::new());
            model.visit(&mut gradients);
            (found.loss, found.tokens, gradients.1)
        };
        let (loss, tokens, gradients) = of_portions(5);
        assert_eq!(tokens, 15 + 4 + 9 + 12 + 6);
        for portion in [1, 2, 3] {
            let (of_parts, same, parts) = of_portions(portion);
            approx::assert_relative_eq!(of_parts, loss, max_relative = 1e-6);
            assert_eq!(same, tokens);
            for (whole, parts) in gradients.iter().zip(&parts) {
                let largest = whole.iter().fold(0f32, |largest, value| largest.max(value.abs()));
                for (whole, parts) in whole.iter().zip(parts) {
                    assert!((whole - parts).abs() <= 1e-5 * largest.max(1e-3), "{whole} and {parts}");
                }
            }
        }
    }
}
