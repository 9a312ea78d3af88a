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
        Self::feed_forward_kernel(network)
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

/// Forward kernels on a backend's own tensors; the backward pass is made of those of [`FusedKernels`].
pub(crate) trait FeedForwardKernels: FusedKernels {
    /// The output.
    fn feed_forward_kernel(network: Network<Self>) -> FloatTensor<Self>;
    /// The output, and the inner product without its bias, which the backward pass needs.
    fn feed_forward_kernel_with_inner(network: Network<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);
}

impl FeedForwardKernels for Flex {
    fn feed_forward_kernel(network: Network<Self>) -> FlexTensor {
        let network = network.contiguous();
        let [hidden, width] = network.widths();
        let rows = network.rows_at_once();
        let mut output = repeated(values(&network.outer_bias), network.rows());
        let inputs = values(&network.input).par_chunks(rows * hidden);
        let outputs = output.par_chunks_mut(rows * hidden);
        (inputs, outputs).into_par_iter().for_each_init(
            || [(); 2].map(|()| vec![0.0; rows * width]),
            |[inner, activated], (input, output)| {
                let inner = &mut inner[..input.len() / hidden * width];
                network.through(input, inner, activated, output);
            },
        );
        from_rows(output, hidden)
    }

    fn feed_forward_kernel_with_inner(network: Network<Self>) -> (FlexTensor, FlexTensor) {
        let network = network.contiguous();
        let [hidden, width] = network.widths();
        let rows = network.rows_at_once();
        let mut output = repeated(values(&network.outer_bias), network.rows());
        let mut inner = zeros(network.rows() * width);
        let inputs = values(&network.input).par_chunks(rows * hidden);
        let inners = inner.par_chunks_mut(rows * width);
        let outputs = output.par_chunks_mut(rows * hidden);
        (inputs, inners, outputs).into_par_iter().for_each_init(
            || vec![0.0; rows * width],
            |activated, (input, inner, output)| network.through(input, inner, activated, output),
        );
        (from_rows(output, hidden), from_rows(inner, width))
    }
}

impl Network<Flex> {
    fn contiguous(self) -> Self {
        Self {
            input: contiguous(self.input),
            inner_weight: contiguous(self.inner_weight),
            inner_bias: contiguous(self.inner_bias),
            outer_weight: contiguous(self.outer_weight),
            outer_bias: contiguous(self.outer_bias),
            activation: self.activation,
        }
    }

    /// Of the hidden states and of what is between the layers.
    fn widths(&self) -> [usize; 2] {
        [&self.input, &self.inner_weight].map(last_dimension)
    }

    fn rows(&self) -> usize {
        as_matrix(&self.input).nrows()
    }

    /// At most [`ROWS`], and about as many each time.
    fn rows_at_once(&self) -> usize {
        self.rows().div_ceil(self.rows().div_ceil(ROWS))
    }

    /// Takes some rows through both layers and adds what comes out to `output`. `inner` becomes the inner product without its bias;
    /// `activated` has room for as much.
    fn through(&self, input: &[f32], inner: &mut [f32], activated: &mut [f32], output: &mut [f32]) {
        let [hidden, width] = self.widths();
        let activated = &mut activated[..inner.len()];
        let (input, inner_weight) = (matrix(input, hidden), as_matrix(&self.inner_weight));
        add_product(matrix_mut(inner, width), input, inner_weight, Accum::Replace);
        kernel::activate(inner, values(&self.inner_bias), self.activation, activated);
        let (activated, outer_weight) = (matrix(activated, width), as_matrix(&self.outer_weight));
        add_product(matrix_mut(output, hidden), activated, outer_weight, Accum::Add);
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
                let (output, inner) = B::feed_forward_kernel_with_inner(network.clone());
                prep.finish(Kept { network, inner }, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::feed_forward_kernel(network)),
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
