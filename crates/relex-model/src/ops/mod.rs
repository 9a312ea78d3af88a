//! The operations of a transformer that are worth code of their own: linear layers, attention, the feed-forward network,
//! softmax, activation, dropout, layer norm, embeddings.
//!
//! On the CPU in `f32` each is one operation with a hand-written backward pass (`fused`); everywhere else it is composed of
//! Burn's own (`composed`).

mod composed;
mod dropout;
mod fused;
mod lstm;
mod precision;
mod recompute;

use burn::{
    module::Param,
    nn::{Embedding, LayerNorm, Linear},
    tensor::{Int, Tensor, module},
};
use serde::{Deserialize, Serialize};

pub use dropout::{DropoutKeys, DropoutMask, Pass};
pub(crate) use fused::product::transposed;
pub(crate) use lstm::bilstm;
pub use precision::Precision;
pub(crate) use recompute::recomputed;

/// The non-linearity of a feed-forward layer, by the names that Hugging Face configurations use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Activation {
    /// `x · Φ(x)`, exact (Hendrycks & Gimpel 2016).
    #[default]
    #[serde(rename = "gelu")]
    Gelu,
    /// GELU by its tanh approximation.
    #[serde(rename = "gelu_new", alias = "gelu_pytorch_tanh")]
    GeluTanh,
    /// `max(x, 0)`.
    #[serde(rename = "relu")]
    Relu,
}

/// A linear layer on `input` `[.., inputs]`.
pub(crate) fn linear<const D: usize>(layer: &Linear, input: Tensor<D>) -> Tensor<D> {
    let mut shape = input.dims();
    let [inputs, outputs] = layer.weight.dims();
    let rows = shape.iter().product::<usize>() / inputs;
    shape[D - 1] = outputs;
    let bias = layer.bias.as_ref().map(Param::val);
    affine(input.reshape([rows, inputs]), layer.weight.val(), bias).reshape(shape)
}

/// `input · weight + bias`: `[rows, inputs]` and `[inputs, outputs]` → `[rows, outputs]`.
pub(crate) fn affine(input: Tensor<2>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<2> {
    match bias {
        Some(bias) if fuses(&input) => fused::linear(input, weight, bias),
        bias => module::linear(input, weight, bias),
    }
}

/// Multi-head attention, computed in `precision`: softmax over the keys of `query · key / √(hidden / heads) + bias`, dropout, times
/// `value`. Query and output are `[batch, queries, hidden]`, key and value `[batch, seq_len, hidden]`, `bias` is
/// `[batch, 1, 1, seq_len]`.
pub(crate) fn attention(
    states: [Tensor<3>; 3],
    bias: Tensor<4>,
    heads: usize,
    precision: Precision,
    mask: Option<DropoutMask>,
) -> Tensor<3> {
    if fuses(&states[0]) {
        fused::attention(states, bias, heads, mask)
    } else {
        composed::attention(states, bias, heads, precision, mask)
    }
}

/// Two linear layers with an activation between them; `input` and output are `[batch, seq_len, hidden]` and `f32`, the
/// products in `precision`.
pub(crate) fn feed_forward(
    input: Tensor<3>,
    inner: &Linear,
    outer: &Linear,
    activation: Activation,
    precision: Precision,
) -> Tensor<3> {
    match (&inner.bias, &outer.bias) {
        (Some(inner_bias), Some(outer_bias)) if precision == Precision::F32 && fuses(&input) => {
            let [batch, seq_len, hidden] = input.dims();
            let output = fused::feed_forward(
                input.reshape([batch * seq_len, hidden]),
                (inner.weight.val(), inner_bias.val()),
                (outer.weight.val(), outer_bias.val()),
                activation,
            );
            output.reshape([batch, seq_len, hidden])
        }
        _ => composed::feed_forward(input, inner, outer, activation, precision),
    }
}

/// Attention probabilities: softmax over the last dimension of `scale · scores + bias`, then
/// dropout. `scores` is `[batch, heads, query, key]`, `bias` is `[batch, 1, 1, key]`.
fn softmax(scores: Tensor<4>, bias: Tensor<4>, scale: f32, mask: Option<DropoutMask>) -> Tensor<4> {
    if fuses(&scores) {
        fused::softmax(scores, bias, scale, mask)
    } else {
        composed::softmax(scores, bias, scale, mask)
    }
}

/// The rows of a table `[count, width]` that `ids` (`[batch, seq_len]`) name: `[batch, seq_len, width]`. Panics, where the ids are at
/// hand, if one of these `things` has no row.
pub(crate) fn embedding(table: &Embedding, ids: Tensor<2, Int>, things: &str) -> Tensor<3> {
    let weight = table.weight.val();
    if !fuses(&weight) {
        return table.forward(ids);
    }
    let ([batch, seq_len], [count, width]) = (ids.dims(), weight.dims());
    let row = |id: i64| {
        let row = usize::try_from(id).ok().filter(|&row| row < count);
        row.unwrap_or_else(|| panic!("{things} {id} has no embedding: there are {count}, numbered from 0"))
    };
    let rows = ids.into_data().iter::<i64>().map(row).collect();
    fused::embedding(weight, rows).reshape([batch, seq_len, width])
}

/// Applies an [`Activation`] to every element.
pub(crate) fn activate(input: Tensor<3>, activation: Activation) -> Tensor<3> {
    if fuses(&input) {
        fused::activate(input, activation)
    } else {
        composed::activate(input, activation)
    }
}

/// Sets elements to 0 with the mask's probability and scales the others up, so that the
/// expectation stays (Srivastava et al. 2014). Without a mask the input comes back untouched.
pub(crate) fn dropout<const D: usize>(input: Tensor<D>, mask: Option<DropoutMask>) -> Tensor<D> {
    match mask {
        None => input,
        Some(mask) if fuses(&input) => fused::dropout(input, mask),
        Some(mask) => composed::dropout(input, mask),
    }
}

/// Layer norm over the last dimension (Ba et al. 2016), PyTorch's convention: biased variance,
/// `epsilon` inside the root. `input` is `[batch, seq_len, hidden]`.
pub(crate) fn layer_norm(input: Tensor<3>, norm: &LayerNorm, epsilon: f64) -> Tensor<3> {
    if fuses(&input) {
        let zero = Tensor::<1>::zeros([1], &input.device());
        fused::add_layer_norm(input, zero, norm, epsilon, None)
    } else {
        norm.forward(input)
    }
}

/// `layer_norm(residual + dropout(input))`, the end of every transformer sub-layer.
/// Both inputs are `[batch, seq_len, hidden]`.
pub(crate) fn add_layer_norm(
    input: Tensor<3>,
    residual: Tensor<3>,
    norm: &LayerNorm,
    epsilon: f64,
    mask: Option<DropoutMask>,
) -> Tensor<3> {
    if fuses(&input) {
        fused::add_layer_norm(input, residual, norm, epsilon, mask)
    } else {
        norm.forward(residual + dropout(input, mask))
    }
}

fn fuses<const D: usize>(tensor: &Tensor<D>) -> bool {
    #[cfg(test)]
    if COMPOSED_ONLY.get() {
        return false;
    }
    crate::flex::holds(tensor)
}

#[cfg(test)]
thread_local! {
    /// Makes a test take the path of a device without fused kernels.
    pub(crate) static COMPOSED_ONLY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}
