//! Rows of a table as one operation: Burn's own makes the table's gradient twice, on one thread, and most of a vocabulary's is zeros.

use burn::{
    backend::{
        Autodiff, Backend, Dispatch, Flex,
        autodiff::{
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops, OpsKind, unary},
        },
        backend_extension,
        tensor::FloatTensor,
    },
    tensor::Tensor,
};
use burn_flex::FlexTensor;

use super::FusedKernels;

/// The `rows` of a table `[count, width]`, in their order: `[rows, width]`.
pub(in crate::ops) fn embedding(table: Tensor<2>, rows: Vec<usize>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as EmbeddingOps>::fused_embedding(table.into_dispatch(), rows))
}

/// The operation as Burn's dispatch sees it.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait EmbeddingOps: Backend {
    fn fused_embedding(table: FloatTensor<Self>, rows: Vec<usize>) -> FloatTensor<Self>;
}

impl EmbeddingOps for Flex {
    fn fused_embedding(table: FlexTensor, rows: Vec<usize>) -> FlexTensor {
        Self::embedding_kernel(table, &rows)
    }
}

impl<B: FusedKernels, C: CheckpointStrategy> EmbeddingOps for Autodiff<B, C> {
    fn fused_embedding(table: FloatTensor<Self>, rows: Vec<usize>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Embedding;

        impl<B: FusedKernels> Backward<B, 1> for Embedding {
            /// The table, for its size, and which rows of it were taken.
            type State = (FloatTensor<B>, Vec<usize>);

            fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let (table, rows) = ops.state;
                unary::<B, _>(ops.parents, ops.node, grads, |grad| {
                    B::embedding_backward_kernel(grad, &table, &rows)
                });
            }
        }

        let prepared = Embedding.prepare::<C>([table.node()]).compute_bound().stateful();
        let table = table.into_primitive();
        let output = B::embedding_kernel(table.clone(), &rows);
        match prepared {
            OpsKind::Tracked(prep) => prep.finish((table, rows), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}

/// The rows of a table of this width, one after the other.
pub(super) fn taken(table: &[f32], width: usize, rows: &[usize]) -> Vec<f32> {
    let mut taken = Vec::with_capacity(rows.len() * width);
    for row in rows {
        taken.extend_from_slice(&table[row * width..][..width]);
    }
    taken
}

/// Adds the gradients of taken rows to those of the table's, in the rows' order.
pub(super) fn give_back(grad: &[f32], width: usize, rows: &[usize], of_table: &mut [f32]) {
    for (row, grad) in rows.iter().zip(grad.chunks_exact(width)) {
        for (total, g) in of_table[row * width..][..width].iter_mut().zip(grad) {
            *total += g;
        }
    }
}
