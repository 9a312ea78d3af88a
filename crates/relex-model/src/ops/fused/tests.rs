//! Each fused operation against the composed one, in value and in gradient, with and without
//! dropout; gradients also against finite differences, and both with other numbers of threads.

mod finite_differences;
mod layer_norm;
mod threads;

use burn::{
    nn::{LayerNorm, LayerNormConfig},
    tensor::{Device, Int, Tensor, TensorData},
};

use super::super::{Activation, DropoutMask, Precision, composed};

const MASK: DropoutMask = DropoutMask {
    probability: 0.3,
    key: 0x0123_4567_89ab_cdef,
};

/// Values from a fixed sequence, spread over about [-3, 3].
fn values(count: usize, salt: u64) -> Vec<f32> {
    let mut state = salt.wrapping_add(0x9e37_79b9_7f4a_7c15);
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((state >> 40) as f32 / (1u64 << 24) as f32 - 0.5) * 6.0
        })
        .collect()
}

fn tensor<const D: usize>(shape: [usize; D], salt: u64, device: &Device) -> Tensor<D> {
    let count = shape.iter().product();
    Tensor::from_data(TensorData::new(values(count, salt), shape), device)
}

fn mask_tensor<const D: usize>(shape: [usize; D], mask: DropoutMask, device: &Device) -> Tensor<D> {
    let factors: Vec<f32> = (0..shape.iter().product()).map(|i| mask.factor(i)).collect();
    Tensor::from_data(TensorData::new(factors, shape), device)
}

#[track_caller]
fn assert_equal<const D: usize>(actual: Tensor<D>, expected: Tensor<D>, what: &str) {
    let actual: Vec<f32> = actual.into_data().try_to_vec().unwrap();
    let expected: Vec<f32> = expected.into_data().try_to_vec().unwrap();
    let scale = expected.iter().fold(1f32, |scale, x| scale.max(x.abs()));
    for (i, (a, e)) in actual.iter().zip(&expected).enumerate() {
        assert!((a - e).abs() <= 2e-6 * scale, "{what}[{i}]: {a} is not {e}");
    }
}

/// Output and gradient of `Σ weights · f(input)` for both forms of an operation.
#[track_caller]
fn check<const D: usize>(
    shape: [usize; D],
    fused: impl Fn(Tensor<D>) -> Tensor<D>,
    reference: impl Fn(Tensor<D>) -> Tensor<D>,
    what: &str,
) {
    let device = Device::flex().autodiff();
    let run = |f: &dyn Fn(Tensor<D>) -> Tensor<D>| {
        let input = tensor(shape, 1, &device).require_grad();
        let output = f(input.clone());
        let loss = (output.clone() * tensor(shape, 2, &device)).sum();
        let gradient = input.grad(&loss.backward()).unwrap();
        (output.inner(), gradient)
    };
    let (output, gradient) = run(&fused);
    let (expected_output, expected_gradient) = run(&reference);
    assert_equal(output, expected_output, &format!("{what}, output"));
    assert_equal(gradient, expected_gradient, &format!("{what}, gradient"));
}

/// -1e9 on the last two keys of the second row of the batch.
fn bias(keys: usize, device: &Device) -> Tensor<4> {
    let mut values = vec![0.0f32; 2 * keys];
    values[2 * keys - 2..].fill(-1e9);
    Tensor::from_data(TensorData::new(values, [2, 1, 1, keys]), device)
}

/// Some rows are taken more than once, some never, and the last one too.
#[test]
fn embedding_equals_the_composed_one() {
    let rows = [4, 0, 4, 8, 2, 4];
    let indices = Tensor::<1, Int>::from_ints(rows, &Device::flex());
    let rows = rows.map(|row| row as usize);
    check(
        [9, 40],
        |table| pad(super::embedding(table, rows.to_vec())),
        |table| pad(table.select(0, indices.clone())),
        "embedding",
    );
    fn pad(taken: Tensor<2>) -> Tensor<2> {
        // As many rows as the table has, as `check` wants them.
        let none = Tensor::zeros([3, 40], &taken.device());
        Tensor::cat(vec![taken, none], 0)
    }
}

#[test]
fn softmax_equals_the_composed_one() {
    let device = Device::flex().autodiff();
    for keys in [1, 7, 32, 45, 130] {
        let shape = [2, 3, 5, keys];
        if keys > 2 {
            check(
                shape,
                |x| super::softmax(x, bias(keys, &device), 0.7, None),
                |x| composed::softmax(x, bias(keys, &device), 0.7, None),
                "softmax",
            );
        }
        let none = Tensor::<4>::zeros([2, 1, 1, keys], &device);
        check(
            shape,
            |x| super::softmax(x, none.clone(), 0.7, Some(MASK)),
            |x| composed::softmax(x, none.clone(), 0.7, None) * mask_tensor(shape, MASK, &device),
            "softmax with dropout",
        );
    }
}

#[test]
fn softmax_survives_extreme_scores() {
    let device = Device::flex();
    let scores = Tensor::<1>::from_floats([1e4, -1e4, 1e4, 0.0], &device).reshape([1, 1, 1, 4]);
    let bias = Tensor::<4>::zeros([1, 1, 1, 4], &device);
    let p: Vec<f32> = super::softmax(scores, bias, 1.0, None)
        .into_data()
        .try_to_vec()
        .unwrap();
    assert_eq!(p, [0.5, 0.0, 0.5, 0.0]);
}

const ACTIVATIONS: [Activation; 3] = [Activation::Gelu, Activation::GeluTanh, Activation::Relu];

#[test]
fn activations_equal_burns() {
    for kind in ACTIVATIONS {
        check(
            [3, 11, 67],
            |x| super::activate(x, kind),
            |x| composed::activate(x, kind),
            &format!("{kind:?}"),
        );
    }
}

/// Output and gradients of `Σ weights · f(inputs)` for both forms of an operation with several inputs, the first of them of
/// three dimensions and the others flat.
#[track_caller]
fn check_all<const N: usize>(
    shapes: [&[usize]; N],
    fused: impl Fn([Tensor<1>; N]) -> Tensor<3>,
    reference: impl Fn([Tensor<1>; N]) -> Tensor<3>,
    what: &str,
) {
    let device = Device::flex().autodiff();
    let run = |f: &dyn Fn([Tensor<1>; N]) -> Tensor<3>| {
        let inputs: [Tensor<1>; N] = std::array::from_fn(|i| {
            let count = shapes[i].iter().product();
            tensor([count], 20 + i as u64, &device).mul_scalar(0.2).require_grad()
        });
        let output = f(inputs.clone());
        let weights = tensor(output.dims(), 2, &device);
        let gradients = (output.clone() * weights).sum().backward();
        (output.inner(), inputs.map(|input| input.grad(&gradients).unwrap()))
    };
    let ((output, gradients), (expected_output, expected_gradients)) = (run(&fused), run(&reference));
    assert_equal(output, expected_output, &format!("{what}, output"));
    for (i, (gradient, expected)) in gradients.into_iter().zip(expected_gradients).enumerate() {
        assert_equal(gradient, expected, &format!("{what}, gradient of input {i}"));
    }
}

#[test]
fn attention_equals_the_composed_one() {
    let device = Device::flex().autodiff();
    // 32 is a length that Burn multiplies otherwise; the bias hides the last two keys of the second row. Not every token asks.
    for (queries, seq_len, mask) in [
        (7, 7, None),
        (7, 7, Some(MASK)),
        (32, 32, Some(MASK)),
        (2, 7, None),
        (2, 32, Some(MASK)),
    ] {
        let asking = [2, queries, 24];
        let shape = [2, seq_len, 24];
        let states =
            |[query, key, value]: [Tensor<1>; 3]| [query.reshape(asking), key.reshape(shape), value.reshape(shape)];
        check_all(
            [&asking, &shape, &shape],
            |flat| super::attention(states(flat), bias(seq_len, &device), 3, mask),
            |flat| {
                let heads = |x: Tensor<3>| x.reshape([2, -1, 3, 8]).swap_dims(1, 2);
                let [query, key, value] = states(flat).map(heads);
                let scores = query.matmul(key.swap_dims(2, 3));
                let p = composed::softmax(scores, bias(seq_len, &device), 1.0 / 8f32.sqrt(), None);
                let p = match mask {
                    None => p,
                    Some(mask) => p * mask_tensor([2, 3, queries, seq_len], mask, &device),
                };
                p.matmul(value).swap_dims(1, 2).reshape(asking)
            },
            &format!("attention of {queries} over {seq_len}, {mask:?}"),
        );
    }
}

#[test]
fn attention_without_dropout_equals_that_of_other_devices() {
    let device = Device::flex().autodiff();
    let shape = [2, 9, 24];
    for asking in [shape, [2, 5, 24]] {
        let states =
            |[query, key, value]: [Tensor<1>; 3]| [query.reshape(asking), key.reshape(shape), value.reshape(shape)];
        check_all(
            [&asking, &shape, &shape],
            |flat| super::attention(states(flat), bias(9, &device), 3, None),
            |flat| composed::attention(states(flat), bias(9, &device), 3, Precision::F32, None),
            "attention",
        );
    }
}

#[test]
fn linear_equals_burns() {
    for seq_len in [5, 32] {
        let shape = [3, seq_len, 20];
        check_all(
            [&shape, &[20, 36], &[36]],
            |[x, weight, bias]| {
                let x = x.reshape([3 * seq_len, 20]);
                super::linear(x, weight.reshape([20, 36]), bias).reshape([3, seq_len, 36])
            },
            |[x, weight, bias]| burn::tensor::module::linear(x.reshape(shape), weight.reshape([20, 36]), Some(bias)),
            "linear",
        );
    }
}

#[test]
fn feed_forward_equals_the_composed_one() {
    let shape = [3, 32, 20];
    for kind in ACTIVATIONS {
        check_all(
            [&shape, &[20, 72], &[72], &[72, 20], &[20]],
            |[x, inner, inner_bias, outer, outer_bias]| {
                let inner = (inner.reshape([20, 72]), inner_bias);
                let outer = (outer.reshape([72, 20]), outer_bias);
                super::feed_forward(x.reshape([96, 20]), inner, outer, kind).reshape(shape)
            },
            |[x, inner, inner_bias, outer, outer_bias]| {
                let linear = burn::tensor::module::linear;
                let inner = linear(x.reshape(shape), inner.reshape([20, 72]), Some(inner_bias));
                linear(
                    composed::activate(inner, kind),
                    outer.reshape([72, 20]),
                    Some(outer_bias),
                )
            },
            &format!("feed-forward with {kind:?}"),
        );
    }
}

#[test]
fn dropout_equals_multiplication_by_its_mask() {
    let device = Device::flex().autodiff();
    let shape = [4, 9, 33];
    check(
        shape,
        |x| super::dropout(x, MASK),
        |x| x * mask_tensor(shape, MASK, &device),
        "dropout",
    );
}

fn norm(width: usize, device: &Device) -> LayerNorm {
    let mut norm = LayerNormConfig::new(width).with_epsilon(1e-6).init(device);
    // Two columns give away nothing, or next to nothing, of what was normalised.
    let mut gamma = values(width, 5);
    (gamma[3], gamma[7]) = (0.0, 1e-4);
    norm.gamma = norm
        .gamma
        .map(|_| Tensor::from_floats(gamma.as_slice(), device).require_grad());
    norm.beta = norm
        .beta
        .map(|beta| beta.map(|_| tensor([width], 6, device).require_grad()));
    norm
}
