//! Scaled dot-product attention of several heads (Vaswani et al. 2017, equation 1) as one operation: one sentence's head at a
//! time, so that the scores of all of them, which grow with the square of the length, are never there at once. The backward
//! pass computes them again, from query and key.

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
    tensor::{Tensor, TensorData},
};
use burn_flex::FlexTensor;
use faer::{Accum, MatMut, MatRef};
use rayon::prelude::*;

use super::{
    kernel,
    product::{add_tile, matrix, matrix_mut, zeros},
};
use crate::{
    flex::{contiguous, values},
    ops::DropoutMask,
};

/// `query` is `[batch, queries, hidden]`, `key` and `value` are `[batch, seq_len, hidden]`, `bias` is `[batch, 1, 1, seq_len]`.
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
        Config { heads, mask },
    );
    Tensor::from_dispatch(context)
}

/// What it is computed with, besides its inputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Config {
    heads: usize,
    /// Dropout of the probabilities.
    mask: Option<DropoutMask>,
}

/// The operation as Burn's dispatch sees it.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait AttentionOps: Backend {
    fn fused_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        config: Config,
    ) -> FloatTensor<Self>;
}

impl AttentionOps for Flex {
    fn fused_attention(
        query: FlexTensor,
        key: FlexTensor,
        value: FlexTensor,
        bias: FlexTensor,
        config: Config,
    ) -> FlexTensor {
        Self::attention_kernel([query, key, value], bias, config)
    }
}

/// Forward and backward kernels on a backend's own tensors; what [`AttentionOps`] on an autodiff backend is made of.
pub(crate) trait AttentionKernels: Backend {
    fn attention_kernel(inputs: [FloatTensor<Self>; 3], bias: FloatTensor<Self>, config: Config) -> FloatTensor<Self>;
    /// Gradients of query, key and value.
    fn attention_backward_kernel(
        grad: FloatTensor<Self>,
        inputs: [FloatTensor<Self>; 3],
        bias: FloatTensor<Self>,
        config: Config,
    ) -> [FloatTensor<Self>; 3];
}

impl<B: AttentionKernels, C: CheckpointStrategy> AttentionOps for Autodiff<B, C> {
    fn fused_attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        config: Config,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Attention;

        impl<B: AttentionKernels> Backward<B, 3> for Attention {
            type State = ([FloatTensor<B>; 3], FloatTensor<B>, Config);

            fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let (inputs, bias, config) = ops.state;
                let grad = grads.consume::<B>(&ops.node);
                let backward = B::attention_backward_kernel(grad, inputs, bias, config);
                for (node, grad) in ops.parents.into_iter().zip(backward) {
                    if let Some(node) = node {
                        grads.register::<B>(node.id, grad);
                    }
                }
            }
        }

        // The bias comes from the attention mask, which has no gradient.
        let prepared = Attention
            .prepare::<C>([query.node(), key.node(), value.node()])
            .compute_bound()
            .stateful();
        let inputs = [query, key, value].map(FloatTensor::<Self>::into_primitive);
        let bias = bias.into_primitive();
        match prepared {
            OpsKind::Tracked(prep) => {
                let context = B::attention_kernel(inputs.clone(), bias.clone(), config);
                prep.finish((inputs, bias, config), context)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::attention_kernel(inputs, bias, config)),
        }
    }
}

impl AttentionKernels for Flex {
    fn attention_kernel(inputs: [FlexTensor; 3], bias: FlexTensor, config: Config) -> FlexTensor {
        let size = Size::new(&inputs, config);
        let inputs = inputs.map(contiguous);
        let bias = contiguous(bias);
        let mut context = zeros(inputs[0].shape().num_elements());
        size.heads(&mut context, size.queries)
            .into_par_iter()
            .enumerate()
            .for_each_init(Vec::new, |scores, (index, context)| {
                let [query, key, value] = inputs.each_ref().map(|input| size.head(input, index));
                size.probabilities(query, key, &bias, index, scores);
                if let Some(mask) = config.mask {
                    kernel::dropout(scores, mask, size.first(index));
                }
                add_tile(context, matrix(scores, size.seq_len), value, Accum::Replace);
            });
        FlexTensor::from_data(TensorData::new(context, inputs[0].shape()))
    }

    fn attention_backward_kernel(
        grad: FlexTensor,
        inputs: [FlexTensor; 3],
        bias: FlexTensor,
        config: Config,
    ) -> [FlexTensor; 3] {
        let size = Size::new(&inputs, config);
        let inputs = inputs.map(contiguous);
        let (grad, bias) = (contiguous(grad), contiguous(bias));
        let mut gradients = inputs.each_ref().map(|input| zeros(input.shape().num_elements()));
        let [of_query, of_key, of_value] = &mut gradients;
        let of_query = size.heads(of_query, size.queries);
        let [of_key, of_value] = [of_key, of_value].map(|gradient| size.heads(gradient, size.seq_len));
        (of_query, of_key, of_value).into_par_iter().enumerate().for_each_init(
            || (Vec::new(), Vec::new()),
            |(probabilities, of_scores), (index, (of_query, of_key, of_value))| {
                let [query, key, value] = inputs.each_ref().map(|input| size.head(input, index));
                let grad = size.head(&grad, index);
                size.probabilities(query, key, &bias, index, probabilities);
                size.scores(grad, value, of_scores);
                let first = size.first(index);
                kernel::softmax_backward(of_scores, probabilities, size.seq_len, size.scale(), config.mask, first);
                let [probabilities, of_scores] =
                    [&*probabilities, of_scores].map(|scores| matrix(scores, size.seq_len));
                add_tile(of_value, probabilities.transpose(), grad, Accum::Replace);
                add_tile(of_key, of_scores.transpose(), query, Accum::Replace);
                add_tile(of_query, of_scores, key, Accum::Replace);
            },
        );
        let [of_query, of_key, of_value] = gradients;
        let [query, key, value] = inputs.each_ref().map(TensorMetadata::shape);
        [(of_query, query), (of_key, key), (of_value, value)]
            .map(|(gradient, shape)| FlexTensor::from_data(TensorData::new(gradient, shape)))
    }
}

#[derive(Clone, Copy)]
struct Size {
    queries: usize,
    seq_len: usize,
    width: usize,
    config: Config,
}

impl Size {
    /// Of query, key and value.
    fn new([query, key, _]: &[FlexTensor; 3], config: Config) -> Self {
        let [_, queries, width] = query.shape().dims();
        let [_, seq_len, _] = key.shape().dims();
        Self {
            queries,
            seq_len,
            width,
            config,
        }
    }

    fn head_size(&self) -> usize {
        self.width / self.config.heads
    }

    fn scale(&self) -> f32 {
        1.0 / (self.head_size() as f32).sqrt()
    }

    /// The head of this index in `[batch, tokens, width]`, sentence by sentence: `[tokens, head_size]`.
    fn head<'a>(&self, input: &'a FlexTensor, index: usize) -> MatRef<'a, f32> {
        let [_, tokens, _] = input.shape().dims();
        let (row, head) = (index / self.config.heads, index % self.config.heads);
        let first = [row * tokens, head * self.head_size()];
        matrix(values(input), self.width).submatrix(first[0], first[1], tokens, self.head_size())
    }

    /// All heads of `tokens` a sentence, in the order of their indices, to write to.
    fn heads<'a>(&self, output: &'a mut [f32], tokens: usize) -> Vec<MatMut<'a, f32>> {
        let mut heads = Vec::new();
        for sentence in output.chunks_exact_mut(tokens * self.width) {
            let mut rest = matrix_mut(sentence, self.width);
            for _ in 0..self.config.heads {
                let (head, others) = rest.split_at_col_mut(self.head_size());
                heads.push(head);
                rest = others;
            }
        }
        heads
    }

    /// Index of a head's first score among those of all of them, by which masks go.
    fn first(&self, index: usize) -> usize {
        index * self.queries * self.seq_len
    }

    /// `left · rightᵀ`, `[queries, seq_len]`.
    fn scores(&self, left: MatRef<'_, f32>, right: MatRef<'_, f32>, scores: &mut Vec<f32>) {
        scores.resize(self.queries * self.seq_len, 0.0);
        add_tile(
            matrix_mut(scores, self.seq_len),
            left,
            right.transpose(),
            Accum::Replace,
        );
    }

    /// `[queries, seq_len]`, before dropout.
    fn probabilities(
        &self,
        query: MatRef<'_, f32>,
        key: MatRef<'_, f32>,
        bias: &FlexTensor,
        index: usize,
        scores: &mut Vec<f32>,
    ) {
        self.scores(query, key, scores);
        let bias = &values(bias)[index / self.config.heads * self.seq_len..][..self.seq_len];
        kernel::softmax(scores, bias, self.queries, self.seq_len, self.scale());
    }
}
