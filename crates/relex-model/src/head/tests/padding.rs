//! Padding never changes a head's logits: neither how much of it there is, nor what stands in it.

use std::path::Path;

use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Device, Tensor, TensorData},
};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{HIDDEN, LABELS, Sentence, batch, configs, drawn, values};
use crate::{Batch, Classifier, EncodedExample, HeadConfig, Pass, load_encoder};

/// A range of at least one token.
fn places(length: usize, a: usize, b: usize) -> [usize; 2] {
    let (a, b) = (a % length, b % length);
    [a.min(b), a.max(b) + 1]
}

prop_compose! {
    fn sentence()(length in 2usize..9)(
        hidden in prop::collection::vec(-2f32..2.0, length * HIDDEN),
        of_subject in any::<(u8, u8)>(),
        of_object in any::<(u8, u8)>(),
    ) -> Sentence {
        let length = hidden.len() / HIDDEN;
        let span = |(a, b): (u8, u8)| places(length, a.into(), b.into());
        let spans = [span(of_subject), span(of_object)];
        Sentence { hidden, starts: [spans[0][0], spans[1][0]], spans }
    }
}

prop_compose! {
    pub(super) fn example()(ids in prop::collection::vec(5u32..97, 2..18), places_of in any::<[u8; 4]>()) -> EncodedExample {
        let span = |a: u8, b: u8| places(ids.len(), a.into(), b.into());
        let spans = [span(places_of[0], places_of[1]), span(places_of[2], places_of[3])];
        EncodedExample {
            token_types: Vec::new(),
            entity_starts: spans.map(|span| span[0]),
            entity_spans: spans.map(|span| span[0]..span[1]),
            entity_types: [1 + u32::from(places_of[0] % 3), 4 + u32::from(places_of[1] % 3)],
            truncated: 0,
            ids,
        }
    }
}

/// Makes a new type embedding differ from 0 and its rows from one another.
struct Spread;

impl ModuleMapper for Spread {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (device, shape, id) = (param.val().device(), param.val().dims(), param.id);
        let spread: Vec<f32> = (0..param.val().shape().num_elements())
            .map(|i| (i as f32).sin())
            .collect();
        param.transform_for_load(Tensor::from_data(TensorData::new(spread, shape), &device), id)
    }
}

fn close(left: &[f32], right: &[f32]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Each sentence alone and without padding, and all of them side by side with padding that holds anything.
    #[test]
    fn a_heads_logits_do_not_depend_on_padding(
        sentences in prop::collection::vec(sentence(), 1..5),
        more in 0usize..4,
        filling in prop::sample::select(vec![0f32, 1.0, -50.0, 1e4]),
    ) {
        let device = Device::flex();
        let longest = sentences.iter().map(|sentence| sentence.hidden.len() / HIDDEN).max().unwrap();
        for config in configs() {
            let head = drawn(&config, 5, &device);
            let together = head.forward(&batch(&sentences, longest + more, filling, &device), &mut Pass::Inference);
            prop_assert_eq!(together.dims(), [sentences.len(), LABELS]);
            let together = values(together);
            for (row, sentence) in sentences.iter().enumerate() {
                let length = sentence.hidden.len() / HIDDEN;
                let alone = batch(std::slice::from_ref(sentence), length, 0.0, &device);
                let alone = values(head.forward(&alone, &mut Pass::Inference));
                let padded = &together[row * LABELS..][..LABELS];
                prop_assert!(close(padded, &alone), "{:?}: {:?} is not {:?}", config, padded, alone);
            }
        }
    }

    /// The same for whole classifiers, from token ids on, with a type embedding.
    #[test]
    fn a_classifiers_logits_do_not_depend_on_padding(examples in prop::collection::vec(example(), 1..5)) {
        let device = Device::flex();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
        let (encoder_config, encoder, _) = load_encoder(&folder, &device).unwrap();
        for config in configs() {
            let head = HeadConfig { hidden_size: encoder_config.hidden_size, ..config };
            let mut random = ChaCha8Rng::seed_from_u64(5);
            let mut classifier = Classifier::with_new_head(encoder.clone(), &head, &mut random, &device)
                .with_type_embedding(6, &device);
            classifier.type_embedding = classifier.type_embedding.map(|embedding| embedding.map(&mut Spread));
            let logits = |rows: &[usize]| {
                let batch = Batch::new(&examples, rows, encoder_config.pad_token_id);
                values(classifier.forward(batch.to_device(&device), &mut Pass::Inference))
            };
            let rows: Vec<usize> = (0..examples.len()).collect();
            let together = logits(&rows);
            for row in rows {
                let padded = &together[row * LABELS..][..LABELS];
                let alone = logits(&[row]);
                prop_assert!(close(padded, &alone), "{:?}: {:?} is not {:?}", config, padded, alone);
            }
        }
    }
}
