//! Values and gradients that PyTorch computes for the same weights; `tests/fixtures/make_heads.py` tells how.

use std::path::Path;

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Int, Tensor, TensorData},
};

use super::{HIDDEN, Head, HeadConfig, HeadInput, HeadKind, LABELS, config, values};
use crate::{
    ModelError, Pass,
    load::{Collect, WeightFile, WeightTensor, fill, open_weights},
    ops::COMPOSED_ONLY,
};

/// The weights of one of the fixture's heads.
struct OfHead<'a> {
    file: &'a dyn WeightFile,
    name: &'a str,
}

impl WeightFile for OfHead<'_> {
    fn path(&self) -> &Path {
        self.file.path()
    }
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.file.shape(&format!("{}/{name}", self.name))
    }
    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
        self.file.read(&format!("{}/{name}", self.name))
    }
}

fn read(file: &dyn WeightFile, name: &str) -> WeightTensor {
    file.read(name)
        .unwrap()
        .unwrap_or_else(|| panic!("{name} is not in the fixture"))
}

fn tensor<const D: usize>(file: &dyn WeightFile, name: &str, device: &Device) -> Tensor<D> {
    let read = read(file, name);
    Tensor::from_data(TensorData::new(read.values, read.shape), device)
}

fn ints<const D: usize>(file: &dyn WeightFile, name: &str, device: &Device) -> Tensor<D, Int> {
    tensor::<D>(file, name, device).int()
}

#[track_caller]
fn assert_close(actual: &[f32], expected: &[f32], relative: f32, what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1e-3f32, |largest, x| largest.max(x.abs()));
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert!((a - e).abs() <= relative * largest, "{what}[{i}]: {a} is not {e}");
    }
}

/// A module's gradients under the names that its weights are saved under.
struct Gradients {
    of: GradientsParams,
    /// Filled in the order of the weights.
    found: Vec<TensorData>,
}

impl ModuleVisitor for Gradients {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = self.of.get::<D>(param.id).expect("every weight has a gradient");
        self.found.push(gradient.into_data());
    }
}

/// In PyTorch's orientation.
fn transposed(values: &[f32], shape: &[usize]) -> Vec<f32> {
    let [rows, columns] = [shape[0], shape[1]];
    (0..rows * columns)
        .map(|i| values[i % rows * columns + i / rows])
        .collect()
}

#[track_caller]
fn check(name: &str, kind: &str, cosine_scale: Option<f32>) {
    let device = Device::flex().autodiff();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/heads.safetensors");
    let file = open_weights(&path).unwrap();
    let file = file.as_ref();
    let config = HeadConfig {
        dropout: 0.0,
        cosine_scale,
        ..config(serde_json::from_str(kind).unwrap())
    };
    assert_eq!((config.hidden_size, config.labels), (HIDDEN, LABELS));
    let (head, report) = fill(Head::new(&config, &device), &OfHead { file, name }, "", &device).unwrap();
    let hidden = tensor::<3>(file, "hidden", &device).require_grad();
    let input = HeadInput {
        hidden: hidden.clone(),
        attention_mask: tensor(file, "attention_mask", &device),
        entity_starts: ints(file, "entity_starts", &device),
        entity_spans: ints(file, "entity_spans", &device),
    };
    let logits = head.forward(&input, &mut Pass::Inference);
    let expected = |what: &str| read(file, &format!("{name}/{what}")).values;
    assert_close(
        &values(logits.clone()),
        &expected("logits"),
        1e-5,
        &format!("{name}: logits"),
    );

    let mut gradients = (logits * tensor::<2>(file, "weights", &device)).sum().backward();
    let by_hidden = values(hidden.grad_remove(&mut gradients).unwrap());
    assert_close(
        &by_hidden,
        &expected("gradient.hidden"),
        1e-4,
        &format!("{name}: hidden"),
    );
    let mut found = Gradients {
        of: GradientsParams::from_grads(gradients, &head),
        found: Vec::new(),
    };
    head.visit(&mut found);
    let mut weights = Collect::with_prefix("");
    head.visit(&mut weights);
    assert_eq!(
        (found.found.len(), weights.tensors.len()),
        (report.used.len(), report.used.len())
    );
    for (saved, gradient) in weights.tensors.iter().zip(found.found) {
        let weight = saved.name();
        let shape = gradient.shape().as_slice().to_vec();
        let mut gradient: Vec<f32> = gradient.try_to_vec().unwrap();
        if shape.len() == 2 {
            // Only linear layers have matrices here.
            gradient = transposed(&gradient, &shape);
            assert_eq!(saved.shape(), [shape[1], shape[0]]);
        }
        assert_close(
            &gradient,
            &expected(&format!("gradient.{weight}")),
            1e-4,
            &format!("{name}: {weight}"),
        );
    }
}

fn check_all() {
    for name in HeadKind::NAMES {
        check(name, &format!("{name:?}"), None);
    }
    check("cls-wide-and-deep", r#"{"kind": "cls", "width": 2, "depth": 3}"#, None);
    check("cls-three-wide", r#"{"kind": "cls", "width": 3}"#, None);
    for name in ["bilstm", "bilstm-v2"] {
        let deep = format!("{{\"kind\": {name:?}, \"layers\": 2, \"units\": 7}}");
        check(&format!("{name}-two-layers"), &deep, None);
    }
    // LDAM's classifier.
    check("cls-cosine", "\"cls\"", Some(30.0));
    check("entity-start-cosine", "\"entity-start\"", Some(30.0));
}

#[test]
fn every_head_equals_pytorch() {
    check_all();
}

/// What GPUs run.
#[test]
fn composed_operations_equal_pytorch_too() {
    COMPOSED_ONLY.set(true);
    check_all();
    COMPOSED_ONLY.set(false);
}
