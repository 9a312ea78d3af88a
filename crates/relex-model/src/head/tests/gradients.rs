//! Gradients against central differences, for heads with dropout too, which PyTorch's masks cannot check.

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};

use super::{HIDDEN, Head, HeadInput, LABELS, Sentence, batch, configs, drawn, values};
use crate::{DropoutKeys, Pass};

const STEP: f32 = 2e-2;

fn input(device: &Device) -> HeadInput {
    let sentence = |length: usize, phase: usize, starts, spans| Sentence {
        hidden: (0..length * HIDDEN).map(|i| ((i * 37 + phase) as f32).sin()).collect(),
        starts,
        spans,
    };
    let sentences = [
        sentence(7, 1, [1, 4], [[2, 4], [5, 6]]),
        sentence(5, 2, [3, 1], [[3, 5], [2, 3]]),
    ];
    batch(&sentences, 7, 0.5, device)
}

/// `Σ weights · logits`, with the same dropout every time.
fn loss(head: &Head, input: &HeadInput, device: &Device) -> Tensor<1> {
    let logits = head.forward(input, &mut Pass::Training(&mut DropoutKeys::new(3, 5)));
    let [batch, labels] = logits.dims();
    assert_eq!(labels, LABELS);
    let weights: Vec<f32> = (0..batch * labels).map(|i| ((i * i) as f32).cos()).collect();
    (logits * Tensor::from_data(TensorData::new(weights, [batch, labels]), device)).sum()
}

/// Gradients in the order in which a visitor meets the weights.
struct Flatten<'a> {
    gradients: &'a GradientsParams,
    found: Vec<f32>,
}

impl ModuleVisitor for Flatten<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = self.gradients.get::<D>(param.id).expect("every weight has a gradient");
        self.found.extend(values(gradient));
    }
}

/// Moves one weight, counted in that order.
struct Move {
    element: usize,
    by: f32,
    passed: usize,
}

impl ModuleMapper for Move {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let tensor = param.val();
        let (device, shape) = (tensor.device(), tensor.dims());
        let mut elements = values(tensor);
        let first = self.passed;
        self.passed += elements.len();
        if let Some(element) = self.element.checked_sub(first).and_then(|i| elements.get_mut(i)) {
            *element += self.by;
        }
        let moved = Tensor::from_data(TensorData::new(elements, shape), &device);
        let id = param.id;
        param.transform_for_load(moved, id)
    }
}

#[track_caller]
fn assert_agrees(gradient: f32, above: f32, below: f32, largest: f32, what: &str) {
    let difference = (above - below) / (2.0 * STEP);
    assert!(
        (difference - gradient).abs() < 4e-3 * largest,
        "{what}: {difference} is not {gradient}"
    );
}

fn largest(gradients: &[f32]) -> f32 {
    gradients.iter().fold(0.1f32, |largest, x| largest.max(x.abs()))
}

#[test]
fn gradients_agree_with_finite_differences() {
    let device = Device::flex().autodiff();
    for config in configs() {
        let head = drawn(&config, 11, &device);
        let original = input(&device);
        let hidden = original.hidden.clone().require_grad();
        let tracked = HeadInput {
            hidden: hidden.clone(),
            ..original.clone()
        };
        let mut gradients = loss(&head, &tracked, &device).backward();
        let by_hidden = values(hidden.grad_remove(&mut gradients).unwrap());
        let at = |element: usize, by: f32| {
            let mut elements = values(original.hidden.clone());
            elements[element] += by;
            let hidden = Tensor::from_data(TensorData::new(elements, original.hidden.dims()), &device);
            let moved = HeadInput {
                hidden,
                ..original.clone()
            };
            loss(&head, &moved, &device).into_scalar::<f32>()
        };
        let scale = largest(&by_hidden);
        for element in (0..by_hidden.len()).step_by(7) {
            let what = format!("{config:?}: hidden[{element}]");
            assert_agrees(by_hidden[element], at(element, STEP), at(element, -STEP), scale, &what);
        }

        let gradients = GradientsParams::from_grads(gradients, &head);
        let mut flat = Flatten {
            gradients: &gradients,
            found: Vec::new(),
        };
        head.visit(&mut flat);
        let scale = largest(&flat.found);
        let at = |element: usize, by: f32| {
            let moved = head.clone().map(&mut Move { element, by, passed: 0 });
            loss(&moved, &original, &device).into_scalar::<f32>()
        };
        for element in (0..flat.found.len()).step_by(flat.found.len() / 40) {
            let what = format!("{config:?}: weight {element}");
            assert_agrees(flat.found[element], at(element, STEP), at(element, -STEP), scale, &what);
        }
    }
}
