//! A transformer's feed-forward network, `f(x · W₁ + b₁) · W₂ + b₂`, as one operation.
//!
//! It goes by some rows at a time, so that their activations are multiplied while they are in the processor's cache and those of
//! all rows are never there at once. For the backward pass it keeps `x · W₁` alone; the activations are computed again while
//! their slopes are.

use burn::{
    backend::{
        Autodiff, Backend, Dispatch, Flex,
        autodiff::{
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops, OpsKind},
        },
        backend_extension,
        tensor::FloatTensor,
    },
    tensor::Tensor,
};
use burn_flex::FlexTensor;
use faer::Accum;
use rayon::prelude::*;

use super::{
    FusedKernels, as_matrix, from_rows, kernel, last_dimension,
    product::{add_product, matrix, matrix_mut, repeated, zeros},
};
use crate::{
    flex::{contiguous, values},
    ops::Activation,
};

/// At most so many rows are taken through both layers at a time.
const ROWS: usize = 256;

/// `input` is `[rows, hidden]`; each layer is a weight `[inputs, outputs]` with its bias.
pub(in crate::ops) fn feed_forward(
    input: Tensor<2>,
    (inner_weight, inner_bias): (Tensor<2>, Tensor<1>),
    (outer_weight, outer_bias): (Tensor<2>, Tensor<1>),
    activation: Activation,
) -> Tensor<2> {
    let output = <Dispatch as FeedForwardOps>::fused_feed_forward(
        input.into_dispatch(),
        inner_weight.into_dispatch(),
        inner_bias.into_dispatch(),
        outer_weight.into_dispatch(),
        outer_bias.into_dispatch(),
        activation,
    );
    Tensor::from_dispatch(output)
}

/// The operation as Burn's dispatch sees it.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait FeedForwardOps: Backend {
    fn fused_feed_forward(
        input: FloatTensor<Self>,
        inner_weight: FloatTensor<Self>,
        inner_bias: FloatTensor<Self>,
        outer_weight: FloatTensor<Self>,
        outer_bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self>;
}

impl FeedForwardOps for Flex {
    fn fused_feed_forward(
        input: FlexTensor,
        inner_weight: FlexTensor,
        inner_bias: FlexTensor,
        outer_weight: FlexTensor,
        outer_bias: FlexTensor,
        activation: Activation,
    ) -> FlexTensor {
        let network = Network {
            input,
            inner_weight,
            inner_bias,
            outer_weight,
            outer_bias,
            activation,
        };
        Self::feed_forward_kernel(network, Inner::Dropped).0
    }
}

/// The network and what goes into it.
#[derive(Debug, Clone)]
pub(crate) struct Network<B: Backend> {
    input: FloatTensor<B>,
    inner_weight: FloatTensor<B>,
    inner_bias: FloatTensor<B>,
    outer_weight: FloatTensor<B>,
    outer_bias: FloatTensor<B>,
    activation: Activation,
}

/// What becomes of the inner product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inner {
    /// A backward pass will need it.
    Kept,
    Dropped,
}

/// The forward kernel on a backend's own tensors; the backward pass is made of those of [`FusedKernels`].
pub(crate) trait FeedForwardKernels: FusedKernels {
    /// The output, and the inner product without its bias, if it is to be kept.
    fn feed_forward_kernel(network: Network<Self>, inner: Inner) -> (FloatTensor<Self>, Option<FloatTensor<Self>>);
}

impl FeedForwardKernels for Flex {
    fn feed_forward_kernel(network: Network<Self>, inner: Inner) -> (FlexTensor, Option<FlexTensor>) {
        let input = contiguous(network.input);
        let [inner_weight, outer_weight] = [network.inner_weight, network.outer_weight].map(contiguous);
        let [inner_bias, outer_bias] = [network.inner_bias, network.outer_bias].map(contiguous);
        let [hidden, width] = [last_dimension(&input), last_dimension(&inner_weight)];
        let rows = as_matrix(&input).nrows();
        let at_once = rows.div_ceil(rows.div_ceil(ROWS));

        let through = |input: &[f32], inner: &mut [f32], activated: &mut [f32], output: &mut [f32]| {
            let activated = &mut activated[..inner.len()];
            let products = matrix_mut(inner, width);
            add_product(
                products,
                matrix(input, hidden),
                as_matrix(&inner_weight),
                Accum::Replace,
            );
            kernel::activate(inner, values(&inner_bias), network.activation, activated);
            let output = matrix_mut(output, hidden);
            add_product(output, matrix(activated, width), as_matrix(&outer_weight), Accum::Add);
        };
        let scratch = || vec![0.0; at_once * width];
        let mut output = repeated(values(&outer_bias), rows);
        let inputs = values(&input).par_chunks(at_once * hidden);
        let outputs = output.par_chunks_mut(at_once * hidden);
        let kept = match inner {
            Inner::Kept => {
                let mut kept = zeros(rows * width);
                let inner = kept.par_chunks_mut(at_once * width);
                (inputs, inner, outputs)
                    .into_par_iter()
                    .for_each_init(scratch, |activated, (input, inner, output)| {
                        through(input, inner, activated, output);
                    });
                Some(from_rows(kept, width))
            }
            Inner::Dropped => {
                (inputs, outputs).into_par_iter().for_each_init(
                    || (scratch(), scratch()),
                    |(inner, activated), (input, output)| {
                        let inner = &mut inner[..input.len() / hidden * width];
                        through(input, inner, activated, output);
                    },
                );
                None
            }
        };
        (from_rows(output, hidden), kept)
    }
}

impl<B: FeedForwardKernels, C: CheckpointStrategy> FeedForwardOps for Autodiff<B, C> {
    fn fused_feed_forward(
        input: FloatTensor<Self>,
        inner_weight: FloatTensor<Self>,
        inner_bias: FloatTensor<Self>,
        outer_weight: FloatTensor<Self>,
        outer_bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct FeedForward;

        impl<B: FeedForwardKernels> Backward<B, 5> for FeedForward {
            type State = Kept<B>;

            fn backward(self, ops: Ops<Self::State, 5>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let Kept { network, inner } = ops.state;
                let [input, inner_weight, inner_bias, outer_weight, outer_bias] = ops.parents;
                let grad = grads.consume::<B>(&ops.node);
                if let Some(node) = outer_bias {
                    grads.register::<B>(node.id, B::sum_rows_kernel(grad.clone()));
                }
                let of_activated = B::input_gradient_kernel(grad.clone(), network.outer_weight);
                let (of_inner, activated) =
                    B::activation_backward_kernel(of_activated, inner, network.inner_bias, network.activation);
                if let Some(node) = outer_weight {
                    grads.register::<B>(node.id, B::weight_gradient_kernel(activated, grad));
                }
                if let Some(node) = inner_bias {
                    grads.register::<B>(node.id, B::sum_rows_kernel(of_inner.clone()));
                }
                if let Some(node) = inner_weight {
                    grads.register::<B>(node.id, B::weight_gradient_kernel(network.input, of_inner.clone()));
                }
                if let Some(node) = input {
                    grads.register::<B>(node.id, B::input_gradient_kernel(of_inner, network.inner_weight));
                }
            }
        }

        let nodes = [
            input.node(),
            inner_weight.node(),
            inner_bias.node(),
            outer_weight.node(),
            outer_bias.node(),
        ];
        let prepared = FeedForward.prepare::<C>(nodes).compute_bound().stateful();
        let network = Network {
            input: input.into_primitive(),
            inner_weight: inner_weight.into_primitive(),
            inner_bias: inner_bias.into_primitive(),
            outer_weight: outer_weight.into_primitive(),
            outer_bias: outer_bias.into_primitive(),
            activation,
        };
        match prepared {
            OpsKind::Tracked(prep) => {
                let (output, inner) = B::feed_forward_kernel(network.clone(), Inner::Kept);
                let inner = inner.expect("it was to be kept");
                prep.finish(Kept { network, inner }, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::feed_forward_kernel(network, Inner::Dropped).0),
        }
    }
}

/// What the backward pass needs.
#[derive(Debug, Clone)]
struct Kept<B: Backend> {
    network: Network<B>,
    /// The inner product, without its bias.
    inner: FloatTensor<B>,
}
