//! A type embedding is added where transformers adds its other input embeddings; `tests/fixtures/make_type_embedding.py` has the
//! reference.

use std::path::Path;

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData, activation::log_softmax},
};

use super::{Reference, assert_close, values};
use crate::{
    BatchTensors, Pass, TypeEmbedding,
    load::{fill, open_weights},
    ops::COMPOSED_ONLY,
};

/// The gradient of the only parameter.
struct Gradient(GradientsParams, Vec<f32>);

impl ModuleVisitor for Gradient {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.1.extend(values(self.0.get::<D>(param.id).unwrap()));
    }
}

fn check(family: &str) {
    let device = Device::flex().autodiff();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/type_embedding.safetensors");
    let file = open_weights(&path).unwrap();
    let read = |name: &str| file.read(&format!("{family}/{name}")).unwrap().unwrap();
    let reference = Reference::open(family);
    let mut classifier = reference.classifier(&device);
    let [rows, width] = read("table.weight").shape[..] else {
        panic!("a table has rows and a width");
    };
    let empty = TypeEmbedding::new(rows, width, &device);
    let (table, _) = fill(empty, file.as_ref(), &format!("{family}/"), &device).unwrap();
    classifier.type_embedding = Some(table);

    let types = read("entity_types");
    let [batch, _] = types.shape[..] else {
        panic!("types are by sentence and token");
    };
    let types = Tensor::<2>::from_data(TensorData::new(types.values, types.shape), &device).int();
    let logits = classifier.forward(
        BatchTensors {
            input_ids: reference.ints("input_ids", &device),
            attention_mask: reference.ints::<2>("attention_mask", &device).float(),
            token_types: Some(reference.ints("token_type_ids", &device)),
            entity_starts: Tensor::zeros([batch, 2], &device),
            entity_spans: Tensor::zeros([batch, 2, 2], &device),
            entity_types: Some(types),
        },
        &mut Pass::Inference,
    );
    let found = values(logits.clone());
    assert_close(&found, &read("logits").values, 1e-5, family);
    let without = reference.floats("logits");
    let moved = found.iter().zip(&without).map(|(a, b)| (a - b).abs());
    assert!(moved.fold(0.0, f32::max) > 0.1, "{family}: {found:?} is {without:?}");

    let labels = reference.ints::<1>("labels", &device).reshape([batch, 1]);
    let loss = log_softmax(logits, 1).gather(1, labels).mean().neg();
    let gradients = GradientsParams::from_grads(loss.backward(), &classifier);
    let mut gradient = Gradient(gradients, Vec::new());
    classifier.type_embedding.visit(&mut gradient);
    let expected = read("gradient").values;
    let largest = expected.iter().fold(0f32, |largest, x| largest.max(x.abs()));
    assert_close(&gradient.1, &expected, 1e-4 * largest, family);
}

#[test]
fn logits_and_gradient_match_transformers() {
    for family in ["bert", "electra"] {
        check(family);
        COMPOSED_ONLY.set(true);
        check(family);
        COMPOSED_ONLY.set(false);
    }
}
