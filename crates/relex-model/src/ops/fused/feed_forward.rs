//! A transformer's feed-forward network, `f(x · W₁ + b₁) · W₂ + b₂`, as one operation.
//!
//! For the backward pass it keeps `x · W₁` alone. The activations, as large, are computed again while their slopes are: that
//! costs nothing but the writing, and saves a sixth of what a layer keeps.

use burn::{
    backend::{
        Autodiff, Backend, Dispatch, Flex,
        autodiff::{
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops, OpsKind},
        },
        backend_extension,
        ops::FloatTensorOps,
        tensor::FloatTensor,
    },
    tensor::Tensor,
};
use burn_flex::FlexTensor;

use super::{
    FusedKernels,
    linear::{input_gradient, output, weight_gradient},
};
use crate::ops::Activation;

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
        let inner = Self::float_matmul(input, inner_weight);
        let activated = Self::activation_kernel(inner, inner_bias, activation);
        output::<Self>(activated, outer_weight, outer_bias)
    }
}

impl<B: FusedKernels, C: CheckpointStrategy> FeedForwardOps for Autodiff<B, C> {
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

        impl<B: FusedKernels> Backward<B, 5> for FeedForward {
            type State = Kept<B>;

            fn backward(self, ops: Ops<Self::State, 5>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let kept = ops.state;
                let [input, inner_weight, inner_bias, outer_weight, outer_bias] = ops.parents;
                let grad = grads.consume::<B>(&ops.node);
                if let Some(node) = outer_bias {
                    grads.register::<B>(node.id, B::sum_rows_kernel(grad.clone()));
                }
                let activated = input_gradient::<B>(grad.clone(), kept.outer_weight);
                let (inner, activated) =
                    B::activation_backward_kernel(activated, kept.inner, kept.inner_bias, kept.activation);
                if let Some(node) = outer_weight {
                    grads.register::<B>(node.id, weight_gradient::<B>(activated, grad));
                }
                if let Some(node) = inner_bias {
                    grads.register::<B>(node.id, B::sum_rows_kernel(inner.clone()));
                }
                if let Some(node) = inner_weight {
                    grads.register::<B>(node.id, weight_gradient::<B>(kept.input, inner.clone()));
                }
                if let Some(node) = input {
                    grads.register::<B>(node.id, input_gradient::<B>(inner, kept.inner_weight));
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
        let (input, outer_bias) = (input.into_primitive(), outer_bias.into_primitive());
        let (inner_weight, inner_bias) = (inner_weight.into_primitive(), inner_bias.into_primitive());
        let outer_weight = outer_weight.into_primitive();
        let inner = B::float_matmul(input.clone(), inner_weight.clone());
        let activated = B::activation_kernel(inner.clone(), inner_bias.clone(), activation);
        let output = output::<B>(activated, outer_weight.clone(), outer_bias);
        match prepared {
            OpsKind::Tracked(prep) => {
                let kept = Kept {
                    input,
                    inner,
                    inner_weight,
                    inner_bias,
                    outer_weight,
                    activation,
                };
                prep.finish(kept, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}

/// What the backward pass needs.
#[derive(Debug, Clone)]
struct Kept<B: Backend> {
    input: FloatTensor<B>,
    /// The inner product, without its bias.
    inner: FloatTensor<B>,
    inner_weight: FloatTensor<B>,
    inner_bias: FloatTensor<B>,
    outer_weight: FloatTensor<B>,
    activation: Activation,
}
