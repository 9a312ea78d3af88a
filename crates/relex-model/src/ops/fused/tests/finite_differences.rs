//! The gradient of every fused operation in each of its inputs against differences of its output, which catches a formula that the
//! fused and the composed form have wrong alike.

use burn::{
    nn::LayerNormConfig,
    tensor::{Device, Tensor, TensorData},
};

use super::{ACTIVATIONS, MASK, bias, values};
use crate::ops::{Activation, fused};

const STEP: f32 = 1e-2;

fn tensor<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

/// So many values between -0.9 and 0.9.
fn small(count: usize, salt: u64) -> Vec<f32> {
    values(count, salt).into_iter().map(|x| x * 0.3).collect()
}

/// Compares the gradient of `Σ weights · operation(inputs)` in every element of every input with a difference of fourth order, summed
/// in `f64` from outputs in `f32`. Operations take their inputs and give their output flat.
#[track_caller]
fn check<const N: usize>(inputs: &[Vec<f32>; N], operation: impl Fn([Tensor<1>; N]) -> Tensor<1>, what: &str) {
    let device = Device::flex().autodiff();
    let leaves = inputs
        .clone()
        .map(|input| tensor(&input, [input.len()], &device).require_grad());
    let output = operation(leaves.clone());
    let weights = values(output.dims()[0], 2);
    let weighted = output * tensor(&weights, [weights.len()], &device);
    let gradients = weighted.sum().backward();

    let loss = |inputs: &[Vec<f32>; N]| {
        let device = Device::flex();
        let inputs = inputs.clone().map(|input| tensor(&input, [input.len()], &device));
        let output: Vec<f32> = operation(inputs).into_data().try_to_vec().unwrap();
        let terms = output.iter().zip(&weights).map(|(&y, &w)| f64::from(y) * f64::from(w));
        terms.sum::<f64>()
    };
    for (which, leaf) in leaves.iter().enumerate() {
        let gradient: Vec<f32> = leaf.grad(&gradients).unwrap().into_data().try_to_vec().unwrap();
        let scale = gradient.iter().fold(1f64, |scale, &x| scale.max(f64::from(x.abs())));
        for (element, &gradient) in gradient.iter().enumerate() {
            let at = |steps: f32| {
                let mut moved = inputs.clone();
                moved[which][element] += steps * STEP;
                loss(&moved)
            };
            let difference = (8.0 * (at(1.0) - at(-1.0)) - (at(2.0) - at(-2.0))) / (12.0 * f64::from(STEP));
            assert!(
                (difference - f64::from(gradient)).abs() < 5e-4 * scale,
                "{what}, input {which}[{element}]: {difference} is not {gradient}"
            );
        }
    }
}

#[test]
fn activations() {
    for kind in ACTIVATIONS {
        let mut input = values(120, 1);
        if kind == Activation::Relu {
            // A step away from where it has no slope.
            input.iter_mut().for_each(|x| *x += x.signum() * 3.0 * STEP);
        }
        check(
            &[input],
            |[x]| fused::activate(x.reshape([2, 3, 20]), kind).reshape([-1]),
            &format!("{kind:?}"),
        );
    }
}

#[test]
fn dropout() {
    let operation = |[x]: [Tensor<1>; 1]| fused::dropout(x, MASK);
    check(&[values(70, 1)], operation, "dropout");
}

#[test]
fn softmax() {
    let shape = [2, 2, 3, 5];
    for mask in [None, Some(MASK)] {
        check(
            &[values(60, 1)],
            |[x]| {
                let bias = bias(5, &x.device());
                fused::softmax(x.reshape(shape), bias, 0.7, mask).reshape([-1])
            },
            &format!("softmax with {mask:?}"),
        );
    }
}

#[test]
fn layer_norm() {
    let shape = [2, 3, 10];
    // Two columns give away nothing, or next to nothing, of what was normalised.
    let mut gamma = values(10, 5);
    (gamma[3], gamma[7]) = (0.0, 1e-4);
    for mask in [None, Some(MASK)] {
        check(
            &[values(60, 1), values(60, 9), gamma.clone(), values(10, 6)],
            |[x, residual, gamma, beta]| {
                let mut layer = LayerNormConfig::new(10).init(&x.device());
                layer.gamma = layer.gamma.map(|_| gamma);
                layer.beta = layer.beta.map(|old| old.map(|_| beta));
                let output = fused::add_layer_norm(x.reshape(shape), residual.reshape(shape), &layer, 1e-6, mask);
                output.reshape([-1])
            },
            &format!("layer norm with {mask:?}"),
        );
    }
}

#[test]
fn attention() {
    let (asking, shape) = ([2, 3, 12], [2, 4, 12]);
    for mask in [None, Some(MASK)] {
        check(
            &[values(72, 1), values(96, 2), values(96, 3)],
            |[query, key, value]| {
                let bias = bias(4, &query.device());
                let states = [query.reshape(asking), key.reshape(shape), value.reshape(shape)];
                fused::attention(states, bias, 3, mask).reshape([-1])
            },
            &format!("attention with {mask:?}"),
        );
    }
}

#[test]
fn linear() {
    check(
        &[values(5 * 6, 1), values(6 * 4, 3), values(4, 4)],
        |[x, weight, bias]| fused::linear(x.reshape([5, 6]), weight.reshape([6, 4]), bias).reshape([-1]),
        "linear",
    );
}

#[test]
fn feed_forward() {
    for kind in ACTIVATIONS {
        let mut inner_bias = small(9, 4);
        if kind == Activation::Relu {
            // No sum of six products of two numbers up to 0.9 brings the inner product to where it has no slope.
            inner_bias
                .iter_mut()
                .enumerate()
                .for_each(|(i, x)| *x = if i % 2 == 0 { 6.0 } else { -6.0 });
        }
        check(
            &[
                small(5 * 6, 1),
                small(6 * 9, 3),
                inner_bias,
                small(9 * 6, 5),
                small(6, 6),
            ],
            |[x, inner, inner_bias, outer, outer_bias]| {
                let inner = (inner.reshape([6, 9]), inner_bias);
                let outer = (outer.reshape([9, 6]), outer_bias);
                fused::feed_forward(x.reshape([5, 6]), inner, outer, kind).reshape([-1])
            },
            &format!("feed-forward with {kind:?}"),
        );
    }
}

/// One row is taken twice, two never.
#[test]
fn embedding() {
    check(
        &[values(5 * 4, 1)],
        |[table]| fused::embedding(table.reshape([5, 4]), vec![3, 0, 3, 4]).reshape([-1]),
        "embedding",
    );
}
