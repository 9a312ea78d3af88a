//! Fused CPU kernels, tied into Burn's backends and its automatic differentiation.
//!
//! `kernel` and `layer_norm` hold the arithmetic on slices, `autodiff` the backward passes of what one kernel does; this file is the bridge
//! between tensors and slices. `linear`, `attention` and `feed_forward` are made of kernels and matrix products; `embedding` takes
//! rows of a table.

mod attention;
mod autodiff;
mod embedding;
mod feed_forward;
mod kernel;
mod layer_norm;
mod linear;
pub(super) mod math;
pub(super) mod product;
#[cfg(test)]
mod tests;

pub(super) use attention::attention;
use burn::{
    backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension, tensor::FloatTensor},
    nn::LayerNorm,
    tensor::{Tensor, TensorData},
};
use burn_flex::FlexTensor;
pub(super) use embedding::embedding;
pub(super) use feed_forward::feed_forward;
pub(super) use kernel::Run;
pub(super) use linear::linear;
use product::{matrix, product, product_with_bias, transposed_product, zeros};

use super::{Activation, DropoutMask};
use crate::flex::{contiguous, values, values_mut};

pub(super) fn softmax(scores: Tensor<4>, bias: Tensor<4>, scale: f32, mask: Option<DropoutMask>) -> Tensor<4> {
    let output = <Dispatch as FusedOps>::fused_softmax(scores.into_dispatch(), bias.into_dispatch(), scale, mask);
    Tensor::from_dispatch(output)
}

pub(super) fn activate(input: Tensor<3>, activation: Activation) -> Tensor<3> {
    let [.., width] = input.dims();
    let bias = Tensor::<1>::zeros([width], &input.device());
    let output = <Dispatch as FusedOps>::fused_activate(input.into_dispatch(), bias.into_dispatch(), activation);
    Tensor::from_dispatch(output)
}

pub(super) fn dropout<const D: usize>(input: Tensor<D>, mask: DropoutMask) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as FusedOps>::fused_dropout(input.into_dispatch(), mask))
}

/// A `residual` of one element means that there is none.
pub(super) fn add_layer_norm<const R: usize>(
    input: Tensor<3>,
    residual: Tensor<R>,
    norm: &LayerNorm,
    epsilon: f64,
    mask: Option<DropoutMask>,
) -> Tensor<3> {
    let gamma = norm.gamma.val();
    let beta = match &norm.beta {
        Some(beta) => beta.val(),
        None => gamma.zeros_like(),
    };
    let output = <Dispatch as FusedOps>::fused_add_layer_norm(
        input.into_dispatch(),
        residual.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        epsilon as f32,
        mask,
    );
    Tensor::from_dispatch(output)
}

/// The operations as Burn's dispatch sees them.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait FusedOps: Backend {
    fn fused_softmax(
        scores: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: f32,
        mask: Option<DropoutMask>,
    ) -> FloatTensor<Self>;
    fn fused_activate(input: FloatTensor<Self>, bias: FloatTensor<Self>, activation: Activation) -> FloatTensor<Self>;
    fn fused_dropout(input: FloatTensor<Self>, mask: DropoutMask) -> FloatTensor<Self>;
    fn fused_add_layer_norm(
        input: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f32,
        mask: Option<DropoutMask>,
    ) -> FloatTensor<Self>;
}

impl FusedOps for Flex {
    fn fused_softmax(scores: FlexTensor, bias: FlexTensor, scale: f32, mask: Option<DropoutMask>) -> FlexTensor {
        let probabilities = Self::softmax_kernel(scores, bias, scale);
        match mask {
            None => probabilities,
            Some(mask) => Self::dropout_kernel(probabilities, mask),
        }
    }

    fn fused_activate(input: FlexTensor, bias: FlexTensor, activation: Activation) -> FlexTensor {
        Self::activation_kernel(input, bias, activation)
    }

    fn fused_dropout(input: FlexTensor, mask: DropoutMask) -> FlexTensor {
        Self::dropout_kernel(input, mask)
    }

    fn fused_add_layer_norm(
        input: FlexTensor,
        residual: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        epsilon: f32,
        mask: Option<DropoutMask>,
    ) -> FlexTensor {
        Self::add_layer_norm_kernel(input, residual, gamma, beta, epsilon, mask).output
    }
}

/// Forward and backward kernels on a backend's own tensors; what [`FusedOps`] on an autodiff
/// backend is made of.
pub(crate) trait FusedKernels: Backend {
    fn softmax_kernel(scores: FloatTensor<Self>, bias: FloatTensor<Self>, scale: f32) -> FloatTensor<Self>;
    fn softmax_backward_kernel(
        grad: FloatTensor<Self>,
        probabilities: FloatTensor<Self>,
        scale: f32,
        mask: Option<DropoutMask>,
    ) -> FloatTensor<Self>;
    /// `input · weight + bias`, of `[rows, inputs]` and `[inputs, outputs]`.
    fn linear_kernel(input: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>)
    -> FloatTensor<Self>;
    /// The gradient at the input of a product with `weight`, from the one at its output.
    fn input_gradient_kernel(grad: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self>;
    /// The gradient of a weight that `input` was multiplied with, from the one at the output.
    fn weight_gradient_kernel(input: FloatTensor<Self>, grad: FloatTensor<Self>) -> FloatTensor<Self>;
    /// The sum of a matrix's rows.
    fn sum_rows_kernel(matrix: FloatTensor<Self>) -> FloatTensor<Self>;
    /// The activation of `input + bias`.
    fn activation_kernel(
        input: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self>;
    /// The gradient at the input, and the output.
    fn activation_backward_kernel(
        grad: FloatTensor<Self>,
        input: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
    fn dropout_kernel(input: FloatTensor<Self>, mask: DropoutMask) -> FloatTensor<Self>;
    fn add_layer_norm_kernel(
        input: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f32,
        mask: Option<DropoutMask>,
    ) -> Normalized<Self>;
    fn layer_norm_backward_kernel(
        grad: FloatTensor<Self>,
        norm: Normalized<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
    ) -> LayerNormGradients<Self>;
    fn embedding_kernel(table: FloatTensor<Self>, rows: &[usize]) -> FloatTensor<Self>;
    fn embedding_backward_kernel(
        grad: FloatTensor<Self>,
        table: &FloatTensor<Self>,
        rows: &[usize],
    ) -> FloatTensor<Self>;
}

/// What a layer norm leaves: its output, from which its backward pass gets the normalised values back, and what else that needs.
#[derive(Debug, Clone)]
pub(crate) struct Normalized<B: Backend> {
    pub(crate) output: FloatTensor<B>,
    /// The normalised values of the columns that hide them from the output, row by row.
    pub(crate) kept: FloatTensor<B>,
    /// One number a row.
    pub(crate) inverse_deviation: FloatTensor<B>,
}

/// Gradients of a layer norm.
pub(crate) struct LayerNormGradients<B: Backend> {
    pub(crate) input: FloatTensor<B>,
    pub(crate) gamma: FloatTensor<B>,
    pub(crate) beta: FloatTensor<B>,
}

impl FusedKernels for Flex {
    fn softmax_kernel(scores: FlexTensor, bias: FlexTensor, scale: f32) -> FlexTensor {
        let [_, heads, queries, keys] = scores.shape().dims();
        let mut scores = contiguous(scores);
        let bias = contiguous(bias);
        kernel::softmax(values_mut(&mut scores), values(&bias), heads * queries, keys, scale);
        scores
    }

    fn softmax_backward_kernel(
        grad: FlexTensor,
        probabilities: FlexTensor,
        scale: f32,
        mask: Option<DropoutMask>,
    ) -> FlexTensor {
        let keys = last_dimension(&grad);
        let mut grad = contiguous(grad);
        let mut probabilities = contiguous(probabilities);
        kernel::softmax_backward(
            values_mut(&mut grad),
            values_mut(&mut probabilities),
            keys,
            scale,
            mask,
            0,
        );
        grad
    }

    fn linear_kernel(input: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        let (input, weight, bias) = (contiguous(input), contiguous(weight), contiguous(bias));
        let output = product_with_bias(as_matrix(&input), as_matrix(&weight), values(&bias));
        from_rows(output, last_dimension(&weight))
    }

    fn input_gradient_kernel(grad: FlexTensor, weight: FlexTensor) -> FlexTensor {
        let (grad, weight) = (contiguous(grad), contiguous(weight));
        let inputs = as_matrix(&weight).nrows();
        from_rows(product(as_matrix(&grad), as_matrix(&weight).transpose()), inputs)
    }

    fn weight_gradient_kernel(input: FlexTensor, grad: FlexTensor) -> FlexTensor {
        let (input, grad) = (contiguous(input), contiguous(grad));
        let widths = [last_dimension(&input), last_dimension(&grad)];
        from_rows(transposed_product(values(&input), values(&grad), widths), widths[1])
    }

    fn sum_rows_kernel(matrix: FlexTensor) -> FlexTensor {
        let width = last_dimension(&matrix);
        let sum = kernel::sum_rows(values(&contiguous(matrix)), width);
        FlexTensor::from_data(TensorData::new(sum, [width]))
    }

    fn activation_kernel(input: FlexTensor, bias: FlexTensor, activation: Activation) -> FlexTensor {
        let shape = input.shape();
        let mut output = zeros(shape.num_elements());
        let (input, bias) = (contiguous(input), contiguous(bias));
        kernel::activate(values(&input), values(&bias), activation, &mut output);
        FlexTensor::from_data(TensorData::new(output, shape))
    }

    fn activation_backward_kernel(
        grad: FlexTensor,
        input: FlexTensor,
        bias: FlexTensor,
        activation: Activation,
    ) -> (FlexTensor, FlexTensor) {
        let (mut grad, mut input) = (contiguous(grad), contiguous(input));
        let bias = contiguous(bias);
        kernel::activate_backward(values_mut(&mut grad), values_mut(&mut input), values(&bias), activation);
        (grad, input)
    }

    fn dropout_kernel(input: FlexTensor, mask: DropoutMask) -> FlexTensor {
        let mut input = contiguous(input);
        kernel::dropout(values_mut(&mut input), mask, 0);
        input
    }

    fn add_layer_norm_kernel(
        input: FlexTensor,
        residual: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        epsilon: f32,
        mask: Option<DropoutMask>,
    ) -> Normalized<Self> {
        let mut output = contiguous(input);
        let residual = contiguous(residual);
        let residual = values(&residual);
        let (gamma, beta) = (contiguous(gamma), contiguous(beta));
        let (gamma, beta) = (values(&gamma), values(&beta));
        let columns = layer_norm::hidden_columns(gamma, beta);
        let rows = output.shape().num_elements() / gamma.len();
        let mut kept = vec![0.0; rows * columns.len()];
        let mut inverse_deviation = vec![0.0; rows];
        layer_norm::add_layer_norm(
            values_mut(&mut output),
            (residual.len() > 1).then_some(residual),
            gamma,
            beta,
            epsilon,
            mask,
            &columns,
            &mut kept,
            &mut inverse_deviation,
        );
        Normalized {
            output,
            kept: FlexTensor::from_data(TensorData::new(kept, [rows, columns.len()])),
            inverse_deviation: FlexTensor::from_data(TensorData::new(inverse_deviation, [rows])),
        }
    }

    fn layer_norm_backward_kernel(
        grad: FlexTensor,
        norm: Normalized<Self>,
        gamma: FlexTensor,
        beta: FlexTensor,
    ) -> LayerNormGradients<Self> {
        let width = last_dimension(&grad);
        let mut grad = contiguous(grad);
        let (gamma, beta) = (contiguous(gamma), contiguous(beta));
        let past = layer_norm::LayerNormPast {
            output: values(&norm.output),
            gamma: values(&gamma),
            beta: values(&beta),
            kept: values(&norm.kept),
            inverse_deviation: values(&norm.inverse_deviation),
        };
        let (of_gamma, of_beta) = layer_norm::layer_norm_backward(values_mut(&mut grad), &past);
        let vector = |values| FlexTensor::from_data(TensorData::new(values, [width]));
        LayerNormGradients {
            input: grad,
            gamma: vector(of_gamma),
            beta: vector(of_beta),
        }
    }

    fn embedding_kernel(table: FlexTensor, rows: &[usize]) -> FlexTensor {
        let width = last_dimension(&table);
        let table = contiguous(table);
        from_rows(embedding::taken(values(&table), width, rows), width)
    }

    fn embedding_backward_kernel(grad: FlexTensor, table: &FlexTensor, rows: &[usize]) -> FlexTensor {
        let width = last_dimension(&grad);
        let grad = contiguous(grad);
        let mut of_table = zeros(table.shape().num_elements());
        embedding::give_back(values(&grad), width, rows, &mut of_table);
        from_rows(of_table, width)
    }
}

/// A contiguous matrix as products take it.
fn as_matrix(tensor: &FlexTensor) -> faer::MatRef<'_, f32> {
    matrix(values(tensor), last_dimension(tensor))
}

/// The matrix with these elements in rows of `width`.
fn from_rows(values: Vec<f32>, width: usize) -> FlexTensor {
    let shape = [values.len() / width, width];
    FlexTensor::from_data(TensorData::new(values, shape))
}

fn last_dimension(tensor: &FlexTensor) -> usize {
    tensor.shape().iter().last().copied().unwrap_or(1)
}
