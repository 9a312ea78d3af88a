//! Scaled dot-product attention of several heads (Vaswani et al. 2017, equation 1) as one operation.
//!
//! For the backward pass it keeps the probabilities, but not what dropout left of them, which is as large: that is made again
//! from the mask while the softmax's gradient is computed.

use burn::{
    backend::{
        Autodiff, Backend, Dispatch, Flex, TensorMetadata,
        autodiff::{
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops, OpsKind},
        },
        backend_extension,
        tensor::FloatTensor,
    },
    tensor::{Shape, Tensor},
};
use burn_flex::FlexTensor;

use super::FusedKernels;
use crate::ops::DropoutMask;

/// All but the bias are `[batch, seq_len, hidden]`; `bias` is `[batch, 1, 1, seq_len]`.
pub(in crate::ops) fn attention(
    [query, key, value]: [Tensor<3>; 3],
    bias: Tensor<4>,
    heads: usize,
    mask: Option<DropoutMask>,
) -> Tensor<3> {
    let context = <Dispatch as AttentionOps>::fused_attention(
        query.into_dispatch(),
        key.into_dispatch(),
        value.into_dispatch(),
        bias.into_dispatch(),
        heads,
        mask,
    );
    Tensor::from_dispatch(context)
}

/// The operation as Burn's dispatch sees it.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait AttentionOps: Backend {
    fn fused_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        heads: usize,
        mask: Option<DropoutMask>,
    ) -> FloatTensor<Self>;
}

impl AttentionOps for Flex {
    fn fused_attention(
        query: FlexTensor,
        key: FlexTensor,
        value: FlexTensor,
        bias: FlexTensor,
        heads: usize,
        mask: Option<DropoutMask>,
    ) -> FlexTensor {
        let [query, key, value] = [query, key, value].map(|states| split::<Self>(states, heads));
        let (_, dropped) = probabilities::<Self>(query, key, bias, mask);
        context::<Self>(dropped, value)
    }
}

impl<B: FusedKernels, C: CheckpointStrategy> AttentionOps for Autodiff<B, C> {
    fn fused_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        heads: usize,
        mask: Option<DropoutMask>,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Attention;

        impl<B: FusedKernels> Backward<B, 3> for Attention {
            type State = Kept<B>;

            fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let Kept {
                    query,
                    key,
                    value,
                    probabilities,
                    mask,
                } = ops.state;
                let [query_node, key_node, value_node] = ops.parents;
                let scale = scale::<B>(&query);
                let heads = query.shape()[1];
                let grad = split::<B>(grads.consume::<B>(&ops.node), heads);
                let at_probabilities = B::float_matmul(grad.clone(), B::float_swap_dims(value, 2, 3));
                let (scores, dropped) = B::softmax_backward_kernel(at_probabilities, probabilities, scale, mask);
                if let Some(node) = value_node {
                    let gradient = B::float_matmul(B::float_swap_dims(dropped, 2, 3), grad);
                    grads.register::<B>(node.id, merge::<B>(gradient));
                }
                if let Some(node) = query_node {
                    let gradient = B::float_matmul(scores.clone(), key);
                    grads.register::<B>(node.id, merge::<B>(gradient));
                }
                if let Some(node) = key_node {
                    let gradient = B::float_matmul(B::float_swap_dims(scores, 2, 3), query);
                    grads.register::<B>(node.id, merge::<B>(gradient));
                }
            }
        }

        // The bias comes from the attention mask, which has no gradient.
        let prepared = Attention
            .prepare::<C>([query.node(), key.node(), value.node()])
            .compute_bound()
            .stateful();
        let [query, key, value] = [query, key, value].map(|states| split::<B>(states.into_primitive(), heads));
        let (probabilities, dropped) = probabilities::<B>(query.clone(), key.clone(), bias.into_primitive(), mask);
        let context = context::<B>(dropped, value.clone());
        match prepared {
            OpsKind::Tracked(prep) => {
                let kept = Kept {
                    query,
                    key,
                    value,
                    probabilities,
                    mask,
                };
                prep.finish(kept, context)
            }
            OpsKind::UnTracked(prep) => prep.finish(context),
        }
    }
}

/// What the backward pass needs; queries, keys and values split into heads.
#[derive(Debug, Clone)]
struct Kept<B: Backend> {
    query: FloatTensor<B>,
    key: FloatTensor<B>,
    value: FloatTensor<B>,
    /// Before dropout.
    probabilities: FloatTensor<B>,
    mask: Option<DropoutMask>,
}

/// The attention probabilities, and what dropout leaves of them.
fn probabilities<B: FusedKernels>(
    query: FloatTensor<B>,
    key: FloatTensor<B>,
    bias: FloatTensor<B>,
    mask: Option<DropoutMask>,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let scale = scale::<B>(&query);
    let scores = B::float_matmul(query, B::float_swap_dims(key, 2, 3));
    B::softmax_kernel(scores, bias, scale, mask)
}

fn context<B: Backend>(probabilities: FloatTensor<B>, value: FloatTensor<B>) -> FloatTensor<B> {
    merge::<B>(B::float_matmul(probabilities, value))
}

/// One over the root of a head's width.
fn scale<B: Backend>(query: &FloatTensor<B>) -> f32 {
    let [.., head_size] = query.shape().dims::<4>();
    1.0 / (head_size as f32).sqrt()
}

/// `[batch, seq_len, hidden]` as `[batch, heads, seq_len, hidden / heads]`, without a copy.
fn split<B: Backend>(states: FloatTensor<B>, heads: usize) -> FloatTensor<B> {
    let [batch, seq_len, width] = states.shape().dims();
    let states = B::float_reshape(states, Shape::new([batch, seq_len, heads, width / heads]));
    B::float_swap_dims(states, 1, 2)
}

/// The inverse of [`split`]; a copy.
fn merge<B: Backend>(states: FloatTensor<B>) -> FloatTensor<B> {
    let [batch, heads, seq_len, head_size] = states.shape().dims();
    let states = B::float_swap_dims(states, 1, 2);
    B::float_reshape(states, Shape::new([batch, seq_len, heads * head_size]))
}
