//! `x · W + b` as one operation: Burn's own makes room for the product, adds the bias, and sums its gradient, on one thread.

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

use super::FusedKernels;

/// `input` is `[rows, inputs]`, `weight` is `[inputs, outputs]`.
pub(in crate::ops) fn linear(input: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    let output =
        <Dispatch as LinearOps>::fused_linear(input.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(output)
}

/// The operation as Burn's dispatch sees it.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait LinearOps: Backend {
    fn fused_linear(input: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl LinearOps for Flex {
    fn fused_linear(input: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        Self::linear_kernel(input, weight, bias)
    }
}

impl<B: FusedKernels, C: CheckpointStrategy> LinearOps for Autodiff<B, C> {
    fn fused_linear(input: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Linear;

        impl<B: FusedKernels> Backward<B, 3> for Linear {
            /// Input and weight.
            type State = (FloatTensor<B>, FloatTensor<B>);

            fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let (input, weight) = ops.state;
                let [input_node, weight_node, bias_node] = ops.parents;
                let grad = grads.consume::<B>(&ops.node);
                if let Some(node) = bias_node {
                    grads.register::<B>(node.id, B::sum_rows_kernel(grad.clone()));
                }
                if let Some(node) = weight_node {
                    grads.register::<B>(node.id, B::weight_gradient_kernel(input, grad.clone()));
                }
                if let Some(node) = input_node {
                    grads.register::<B>(node.id, B::input_gradient_kernel(grad, weight));
                }
            }
        }

        let prepared = Linear
            .prepare::<C>([input.node(), weight.node(), bias.node()])
            .compute_bound()
            .stateful();
        let (input, weight) = (input.into_primitive(), weight.into_primitive());
        let output = B::linear_kernel(input.clone(), weight.clone(), bias.into_primitive());
        match prepared {
            OpsKind::Tracked(prep) => prep.finish((input, weight), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}
