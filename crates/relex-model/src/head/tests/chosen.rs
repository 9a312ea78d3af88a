//! A head gets what it reads, and learns from it, whether or not the encoder computes what it does not read.

use std::path::Path;

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor},
};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{configs, padding::example, values};
use crate::{Batch, Classifier, HeadConfig, HeadInput, Pass, load_encoder};

/// The gradients of all parameters, one behind the other.
struct Collect {
    gradients: GradientsParams,
    found: Vec<f32>,
}

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        match self.gradients.get::<D>(param.id) {
            Some(gradient) => self.found.extend(values(gradient)),
            None => self.found.extend(vec![0.0; param.val().shape().num_elements()]),
        }
    }
}

/// Logits, and the gradients of the sum of their sines.
fn outcome(classifier: &Classifier, logits: Tensor<2>) -> (Vec<f32>, Vec<f32>) {
    let gradients = logits.clone().sin().sum().backward();
    let mut collect = Collect {
        gradients: GradientsParams::from_grads(gradients, classifier),
        found: Vec::new(),
    };
    classifier.visit(&mut collect);
    (values(logits), collect.found)
}

fn difference(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    let differences = left.iter().zip(right).map(|(a, b)| (a - b).abs() / b.abs().max(1.0));
    differences.fold(0.0, f32::max)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn nothing_is_lost_with_the_tokens_that_a_head_does_not_read(examples in prop::collection::vec(example(), 1..5)) {
        let device = Device::flex().autodiff();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
        let (encoder_config, encoder, _) = load_encoder(&folder, &device).unwrap();
        let rows: Vec<usize> = (0..examples.len()).collect();
        let batch = Batch::new(&examples, &rows, encoder_config.pad_token_id).to_device(&device);
        for config in configs() {
            let head = HeadConfig { hidden_size: encoder_config.hidden_size, ..config };
            let mut random = ChaCha8Rng::seed_from_u64(5);
            let classifier = Classifier::with_new_head(encoder.clone(), &head, &mut random, &device);
            let pass = &mut Pass::Inference;
            let logits = classifier.forward(batch.clone(), pass);
            let (ids, mask) = (batch.input_ids.clone(), batch.attention_mask.clone());
            let of_all = HeadInput {
                hidden: classifier.encoder.forward(ids, batch.token_types.clone(), mask, pass),
                attention_mask: batch.attention_mask.clone(),
                entity_starts: batch.entity_starts.clone(),
                entity_spans: batch.entity_spans.clone(),
            };
            let of_all = classifier.head.forward(&of_all, pass);

            let (logits, gradients) = outcome(&classifier, logits);
            let (logits_of_all, gradients_of_all) = outcome(&classifier, of_all);
            let found = difference(&logits, &logits_of_all);
            prop_assert!(found < 2e-6, "{head:?}: a logit is {found} off");
            let found = difference(&gradients, &gradients_of_all);
            prop_assert!(found < 2e-5, "{head:?}: a gradient is {found} off");
        }
    }
}
