//! Backward passes of the fused operations.

use burn::backend::{
    Autodiff,
    autodiff::{
        NodeId,
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind, unary},
    },
    tensor::FloatTensor,
};

use super::{FusedKernels, FusedOps, Normalized};
use crate::ops::{Activation, DropoutMask};

impl<B: FusedKernels, C: CheckpointStrategy> FusedOps for Autodiff<B, C> {
    fn fused_softmax(
        scores: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: f32,
        mask: Option<DropoutMask>,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Softmax;

        impl<B: FusedKernels> Backward<B, 1> for Softmax {
            type State = (FloatTensor<B>, f32, Option<DropoutMask>);

            fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let (probabilities, scale, mask) = ops.state;
                unary::<B, _>(ops.parents, ops.node, grads, |grad| {
                    B::softmax_backward_kernel(grad, probabilities, scale, mask)
                });
            }
        }

        // The bias comes from the attention mask, which has no gradient.
        let prepared = Softmax.prepare::<C>([scores.node()]).compute_bound().stateful();
        let probabilities = B::softmax_kernel(scores.into_primitive(), bias.into_primitive(), scale);
        let dropped = match mask {
            None => probabilities.clone(),
            Some(mask) => B::dropout_kernel(probabilities.clone(), mask),
        };
        match prepared {
            OpsKind::Tracked(prep) => prep.finish((probabilities, scale, mask), dropped),
            OpsKind::UnTracked(prep) => prep.finish(dropped),
        }
    }

    fn fused_activate(input: FloatTensor<Self>, bias: FloatTensor<Self>, activation: Activation) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Activate;

        impl<B: FusedKernels> Backward<B, 1> for Activate {
            type State = (FloatTensor<B>, FloatTensor<B>, Activation);

            fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let (input, bias, activation) = ops.state;
                unary::<B, _>(ops.parents, ops.node, grads, |grad| {
                    B::activation_backward_kernel(grad, input, bias, activation).0
                });
            }
        }

        // The bias stands for none.
        let prepared = Activate.prepare::<C>([input.node()]).compute_bound().stateful();
        let (input, bias) = (input.into_primitive(), bias.into_primitive());
        let output = B::activation_kernel(input.clone(), bias.clone(), activation);
        match prepared {
            OpsKind::Tracked(prep) => prep.finish((input, bias, activation), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn fused_dropout(input: FloatTensor<Self>, mask: DropoutMask) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Dropout;

        impl<B: FusedKernels> Backward<B, 1> for Dropout {
            type State = DropoutMask;

            fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                unary::<B, _>(ops.parents, ops.node, grads, |grad| B::dropout_kernel(grad, ops.state));
            }
        }

        let prepared = Dropout.prepare::<C>([input.node()]).compute_bound().stateful();
        let output = B::dropout_kernel(input.into_primitive(), mask);
        match prepared {
            OpsKind::Tracked(prep) => prep.finish(mask, output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    fn fused_add_layer_norm(
        input: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f32,
        mask: Option<DropoutMask>,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct AddLayerNorm;

        impl<B: FusedKernels> Backward<B, 4> for AddLayerNorm {
            /// What the forward pass left, gamma, beta, dropout.
            type State = (Normalized<B>, FloatTensor<B>, FloatTensor<B>, Option<DropoutMask>);

            fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let (norm, gamma, beta, mask) = ops.state;
                let [input, residual, gamma_node, beta_node] = ops.parents;
                let grad = grads.consume::<B>(&ops.node);
                let backward = B::layer_norm_backward_kernel(grad, norm, gamma, beta);
                let mut register = |node: Option<NodeId>, value| {
                    if let Some(node) = node {
                        grads.register::<B>(node, value);
                    }
                };
                register(gamma_node.map(|node| node.id), backward.gamma);
                register(beta_node.map(|node| node.id), backward.beta);
                register(residual.map(|node| node.id), backward.input.clone());
                if let Some(node) = input {
                    let value = match mask {
                        None => backward.input,
                        Some(mask) => B::dropout_kernel(backward.input, mask),
                    };
                    register(Some(node.id), value);
                }
            }
        }

        let prepared = AddLayerNorm
            .prepare::<C>([input.node(), residual.node(), gamma.node(), beta.node()])
            .compute_bound()
            .stateful();
        let (gamma, beta) = (gamma.into_primitive(), beta.into_primitive());
        let forward = B::add_layer_norm_kernel(
            input.into_primitive(),
            residual.into_primitive(),
            gamma.clone(),
            beta.clone(),
            epsilon,
            mask,
        );
        match prepared {
            OpsKind::Tracked(prep) => {
                let output = forward.output.clone();
                prep.finish((forward, gamma, beta, mask), output)
            }
            OpsKind::UnTracked(prep) => prep.finish(forward.output),
        }
    }
}
