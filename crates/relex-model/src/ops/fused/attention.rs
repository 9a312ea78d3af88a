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
        ops::FloatTensorOps,
        tensor::FloatTensor,
    },
    tensor::{Tensor, TensorData},
};
use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::kernel;
use crate::{
    flex::{contiguous, values, values_mut},
    ops::DropoutMask,
};

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
        let size = Size::new(&inputs[0], config);
        let inputs = inputs.map(contiguous);
        let bias = contiguous(bias);
        let [context] = size.by_rows(|row, head| {
            let [query, key, value] = inputs.each_ref().map(|input| size.part(input, row, head));
            let mut weights = size.probabilities(query, &key, &bias, row);
            size.drop_out(&mut weights, row, head);
            [Flex::float_matmul(weights, value)]
        });
        context
    }

    fn attention_backward_kernel(
        grad: FlexTensor,
        inputs: [FlexTensor; 3],
        bias: FlexTensor,
        config: Config,
    ) -> [FlexTensor; 3] {
        let size = Size::new(&grad, config);
        let inputs = inputs.map(contiguous);
        let (grad, bias) = (contiguous(grad), contiguous(bias));
        size.by_rows(|row, head| {
            let [query, key, value] = inputs.each_ref().map(|input| size.part(input, row, head));
            let grad = size.part(&grad, row, head);
            let mut probabilities = size.probabilities(query.clone(), &key, &bias, row);
            let mut of_scores = Flex::float_matmul(grad.clone(), value.transpose(0, 1));
            kernel::softmax_backward(
                values_mut(&mut of_scores),
                values_mut(&mut probabilities),
                size.seq_len,
                size.scale(),
                config.mask,
                size.first(row, head),
            );
            let of_value = Flex::float_matmul(probabilities.transpose(0, 1), grad);
            let of_key = Flex::float_matmul(of_scores.transpose(0, 1), query);
            [Flex::float_matmul(of_scores, key), of_key, of_value]
        })
    }
}

#[derive(Clone, Copy)]
struct Size {
    batch: usize,
    seq_len: usize,
    width: usize,
    config: Config,
}

impl Size {
    /// Of `[batch, seq_len, width]`.
    fn new(input: &FlexTensor, config: Config) -> Self {
        let [batch, seq_len, width] = input.shape().dims();
        Self {
            batch,
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

    /// A sentence's head in `[batch, seq_len, width]`: `[seq_len, head_size]`.
    fn part(&self, input: &FlexTensor, row: usize, head: usize) -> FlexTensor {
        input
            .reshape([self.batch * self.seq_len, self.width].into())
            .narrow(0, row * self.seq_len, self.seq_len)
            .narrow(1, head * self.head_size(), self.head_size())
    }

    /// Index of the first score of a sentence's head among those of all of them, by which masks go.
    fn first(&self, row: usize, head: usize) -> usize {
        (row * self.config.heads + head) * self.seq_len * self.seq_len
    }

    /// `[seq_len, seq_len]`, before dropout.
    fn probabilities(&self, query: FlexTensor, key: &FlexTensor, bias: &FlexTensor, row: usize) -> FlexTensor {
        let mut scores = Flex::float_matmul(query, key.transpose(0, 1));
        let bias = &values(bias)[row * self.seq_len..][..self.seq_len];
        kernel::softmax(values_mut(&mut scores), bias, self.seq_len, self.seq_len, self.scale());
        scores
    }

    fn drop_out(&self, weights: &mut FlexTensor, row: usize, head: usize) {
        if let Some(mask) = self.config.mask {
            kernel::dropout(values_mut(weights), mask, self.first(row, head));
        }
    }

    /// Tensors of `[batch, seq_len, width]` made of `work(row, head)`'s of `[seq_len, head_size]`.
    fn by_rows<const N: usize>(&self, work: impl Fn(usize, usize) -> [FlexTensor; N] + Sync) -> [FlexTensor; N] {
        let (row_size, head_size) = (self.seq_len * self.width, self.head_size());
        let mut outputs: [Vec<f32>; N] = std::array::from_fn(|_| vec![0.0; self.batch * row_size]);
        let mut rows: Vec<Vec<&mut [f32]>> = (0..self.batch).map(|_| Vec::with_capacity(N)).collect();
        for output in &mut outputs {
            for (row, part) in rows.iter_mut().zip(output.chunks_mut(row_size)) {
                row.push(part);
            }
        }
        rows.into_par_iter().enumerate().for_each(|(row, mut outputs)| {
            let heads = (0..self.config.heads).into_par_iter().map(|head| work(row, head));
            for (head, parts) in heads.collect::<Vec<_>>().iter().enumerate() {
                for (output, part) in outputs.iter_mut().zip(parts) {
                    let places = output.chunks_exact_mut(self.width);
                    for (place, token) in places.zip(values(part).chunks_exact(head_size)) {
                        place[head * head_size..][..head_size].copy_from_slice(token);
                    }
                }
            }
        });
        let shape = [self.batch, self.seq_len, self.width];
        outputs.map(|values| FlexTensor::from_data(TensorData::new(values, shape)))
    }
}
