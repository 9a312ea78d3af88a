//! Layers that compute their activations again have the gradients of those that keep them, to the last bit: in every family of
//! encoders, under every head, with dropout and padding, whatever part of the encoder learns.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::path::Path;

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor},
};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use relex_model::{
    Activations, Batch, Classifier, DropoutKeys, EncodedExample, HeadConfig, HeadKind, Pass, Precision, load_encoder,
};

const FAMILIES: [&str; 5] = ["bert", "roberta", "xlm-roberta", "electra", "electra-same-width"];

fn classifier(family: &str, kind: HeadKind, device: &Device) -> Classifier {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(family);
    let (config, encoder, _) = load_encoder(&folder, device).unwrap();
    assert!(config.hidden_dropout_prob > 0.0 && config.attention_probs_dropout_prob > 0.0);
    let head = HeadConfig {
        kind,
        hidden_size: config.hidden_size,
        labels: 5,
        dropout: 0.1,
        cosine_scale: None,
    };
    let mut random = ChaCha8Rng::seed_from_u64(1);
    Classifier::with_new_head(encoder, &head, &mut random, device).with_type_embedding(4, device)
}

/// Two sentences of 9 and 5 tokens.
fn batch() -> Batch {
    let row = |tokens: u32| EncodedExample {
        ids: (0..tokens).map(|token| 5 + token * 7 % 40).collect(),
        entity_starts: [1, 3],
        entity_spans: [2..3, 4..5],
        entity_types: [1, 4],
        token_types: Vec::new(),
        truncated: 0,
    };
    Batch::new(&[row(9), row(5)], &[0, 1], 0)
}

#[derive(Debug, Default, PartialEq)]
struct Outcome {
    logits: Vec<u32>,
    /// Of each parameter, if it learns.
    gradients: Vec<Option<Vec<u32>>>,
}

/// Logits and gradients of a step with these activations, after another one whose graph was dropped.
fn step(classifier: &Classifier, activations: Activations, device: &Device) -> Outcome {
    let mut classifier = classifier.clone();
    classifier.encoder = classifier.encoder.with_activations(activations);
    let mut keys = DropoutKeys::new(7, 3);
    let mut forward = || classifier.forward(batch().to_device(device), &mut Pass::Training(&mut keys));
    drop(forward());
    let logits = forward();
    let loss = (logits.clone() * forward().sin()).sum();
    let mut collect = Collect {
        gradients: GradientsParams::from_grads(loss.backward(), &classifier),
        outcome: Outcome {
            logits: bits(logits),
            ..Outcome::default()
        },
    };
    classifier.visit(&mut collect);
    collect.outcome
}

struct Collect {
    gradients: GradientsParams,
    outcome: Outcome,
}

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.outcome.gradients.push(self.gradients.get::<D>(param.id).map(bits));
    }
}

fn bits<const D: usize>(tensor: Tensor<D>) -> Vec<u32> {
    let values = tensor.into_data().try_to_vec::<f32>().unwrap();
    values.into_iter().map(f32::to_bits).collect()
}

#[track_caller]
fn check(classifier: &Classifier, learning: usize, what: &str) {
    let device = Device::flex().autodiff();
    let kept = step(classifier, Activations::Kept, &device);
    let recomputed = step(classifier, Activations::Recomputed, &device);
    assert_eq!(kept.gradients.iter().flatten().count(), learning, "{what}");
    assert!(recomputed == kept, "{what}");
}

fn parameters(classifier: &Classifier) -> usize {
    struct Count(usize);
    impl ModuleVisitor for Count {
        fn visit_float<const D: usize>(&mut self, _: &Param<Tensor<D>>) {
            self.0 += 1;
        }
    }
    let mut count = Count(0);
    classifier.visit(&mut count);
    count.0
}

#[test]
fn every_family() {
    let device = Device::flex().autodiff();
    for family in FAMILIES {
        let classifier = classifier(family, HeadKind::default(), &device);
        check(&classifier, parameters(&classifier), family);
    }
}

#[test]
fn every_head() {
    let device = Device::flex().autodiff();
    for name in HeadKind::NAMES {
        let kind = serde_json::from_str(&format!("{{\"kind\": {name:?}}}")).unwrap();
        let classifier = classifier("bert", kind, &device);
        check(&classifier, parameters(&classifier), name);
    }
}

#[test]
fn every_precision() {
    let device = Device::flex().autodiff();
    for precision in [Precision::Bf16, Precision::Fp16] {
        let mut classifier = classifier("electra", HeadKind::default(), &device);
        classifier.encoder = classifier.encoder.with_precision(precision);
        check(&classifier, parameters(&classifier), precision.name());
    }
}

/// Lets some parameters stay as they are.
struct Freeze<F>(Vec<String>, F);

impl<F: Fn(&str) -> bool> ModuleMapper for Freeze<F> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.0.push(name.to_owned());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.0.pop();
    }
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let is_frozen = (self.1)(&self.0.join("."));
        param.set_require_grad(!is_frozen)
    }
}

#[test]
fn parts_that_do_not_learn() {
    let device = Device::flex().autodiff();
    let whole = classifier("bert", HeadKind::default(), &device);
    let all = parameters(&whole);
    let check = |is_frozen: fn(&str) -> bool, learning: usize, what: &str| {
        check(&whole.clone().map(&mut Freeze(Vec::new(), is_frozen)), learning, what);
    };
    let embeddings = |path: &str| path.contains("embedding");
    // 5 in the encoder's embeddings and the type embedding; 16 in a layer
    check(embeddings, all - 6, "embeddings");
    check(
        |path| path.contains("embedding") || path.contains("layers.0."),
        all - 6 - 16,
        "embeddings and the lowest layer",
    );
    check(|path| path.contains("layers.1."), all - 16, "the middle layer");
    check(
        |path| path.contains("embedding") || path.contains("attention"),
        all - 6 - 3 * 10,
        "parts of every layer",
    );
    check(|path| path.starts_with("head"), all - 4, "the head");
    check(|path| !path.starts_with("head"), 4, "all but the head");
}
