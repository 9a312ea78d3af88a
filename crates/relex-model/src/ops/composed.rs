//! The same operations made of Burn's own, for every device and type without a fused kernel.

use std::sync::{Mutex, PoisonError};

use burn::{
    nn::Linear,
    tensor::{Distribution, Tensor, activation},
};

use super::{Activation, DropoutMask, Precision};

/// The softmax is in `f32`, as everything but the products; the output is as the states are.
pub(super) fn attention(
    states: [Tensor<3>; 3],
    bias: Tensor<4>,
    heads: usize,
    precision: Precision,
    mask: Option<DropoutMask>,
) -> Tensor<3> {
    let [batch, queries, width] = states[0].dims();
    let head_size = width / heads;
    // [batch, tokens, hidden] → [batch, heads, tokens, head_size]
    let [query, key, value] = states.map(|x| {
        let [_, tokens, _] = x.dims();
        x.reshape([batch, tokens, heads, head_size]).swap_dims(1, 2)
    });
    let scores = precision.raise(query.matmul(key.swap_dims(2, 3)));
    let probabilities = super::softmax(scores, bias, 1.0 / (head_size as f32).sqrt(), mask);
    let context = precision.lower(probabilities).matmul(value);
    context.swap_dims(1, 2).reshape([batch, queries, width])
}

pub(super) fn feed_forward(
    input: Tensor<3>,
    inner: &Linear,
    outer: &Linear,
    activation: Activation,
    precision: Precision,
) -> Tensor<3> {
    let inner = precision.raise(precision.linear(inner, precision.lower(input)));
    let activated = super::activate(inner, activation);
    precision.raise(precision.linear(outer, precision.lower(activated)))
}

pub(super) fn softmax(scores: Tensor<4>, bias: Tensor<4>, scale: f32, mask: Option<DropoutMask>) -> Tensor<4> {
    let probabilities = activation::softmax(scores.mul_scalar(scale) + bias, 3);
    super::dropout(probabilities, mask)
}

pub(super) fn activate(input: Tensor<3>, activation: Activation) -> Tensor<3> {
    match activation {
        Activation::Gelu => activation::gelu(input),
        Activation::GeluTanh => gelu_tanh(input),
        Activation::Relu => activation::relu(input),
    }
}

/// `0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))`; the cube is written out because a general power
/// is slow.
fn gelu_tanh(input: Tensor<3>) -> Tensor<3> {
    let cube = input.clone() * input.clone() * input.clone();
    let inner = (input.clone() + cube.mul_scalar(0.044_715)).mul_scalar((2.0 / std::f64::consts::PI).sqrt());
    input.mul_scalar(0.5) * (inner.tanh() + 1.0)
}

/// Held from the seeding of a device's generator to the end of the draw.
static GENERATOR: Mutex<()> = Mutex::new(());

pub(super) fn dropout<const D: usize>(input: Tensor<D>, mask: DropoutMask) -> Tensor<D> {
    let device = input.device();
    let keep = 1.0 - f64::from(mask.probability);
    let drawn = {
        // Devices of one kind share one generator, and threads share devices: nobody may draw between the two lines.
        let _alone = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
        device.seed(mask.key);
        Tensor::<D>::random(input.shape(), Distribution::Bernoulli(keep), &device.inner())
    };
    let drawn = if input.is_autodiff() {
        Tensor::from_inner(drawn)
    } else {
        drawn
    };
    input * drawn.mul_scalar(mask.scale())
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn dropout_drops_its_share_scales_the_rest_and_repeats() {
        let device = Device::flex().autodiff();
        let mask = DropoutMask {
            probability: 0.25,
            key: 17,
        };
        let drop = |mask| -> Vec<f32> {
            let ones = Tensor::<2>::ones([200, 200], &device);
            dropout(ones, mask).into_data().try_to_vec().unwrap()
        };
        let values = drop(mask);
        assert!(values.iter().all(|&x| x == 0.0 || (x - 1.0 / 0.75).abs() < 1e-6));
        let dropped = values.iter().filter(|&&x| x == 0.0).count() as f64 / 40_000.0;
        // four standard deviations of a binomial share
        assert!(
            (dropped - 0.25).abs() < 4.0 * (0.25f64 * 0.75 / 40_000.0).sqrt(),
            "{dropped}"
        );
        assert_eq!(values, drop(mask));
        assert_ne!(values, drop(DropoutMask { key: 18, ..mask }));
    }
}
