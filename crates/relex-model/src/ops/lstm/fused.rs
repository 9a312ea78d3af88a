//! The recurrence as one operation of Burn's backends, with its backward pass.

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

use super::{
    Reading,
    kernel::{self, Sentences},
};
use crate::flex::{contiguous, values};

pub(super) fn bilstm(gates: [Tensor<3>; 2], recurrent: [Tensor<2>; 2], attention_mask: Tensor<2>) -> Tensor<3> {
    let ([forward, backward], [forward_weight, backward_weight]) = (gates, recurrent);
    let states = <Dispatch as LstmOps>::fused_bilstm(
        forward.into_dispatch(),
        backward.into_dispatch(),
        forward_weight.into_dispatch(),
        backward_weight.into_dispatch(),
        attention_mask.into_dispatch(),
    );
    Tensor::from_dispatch(states)
}

/// The operation as Burn's dispatch sees it.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait LstmOps: Backend {
    fn fused_bilstm(
        forward: FloatTensor<Self>,
        backward: FloatTensor<Self>,
        forward_weight: FloatTensor<Self>,
        backward_weight: FloatTensor<Self>,
        attention_mask: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

impl LstmOps for Flex {
    fn fused_bilstm(
        forward: FlexTensor,
        backward: FlexTensor,
        forward_weight: FlexTensor,
        backward_weight: FlexTensor,
        attention_mask: FlexTensor,
    ) -> FlexTensor {
        Self::bilstm_kernel([forward, backward], [forward_weight, backward_weight], attention_mask).0
    }
}

/// Forward and backward kernels on a backend's own tensors; what [`LstmOps`] on an autodiff backend is made of.
pub(crate) trait LstmKernels: Backend {
    /// The states `[batch, seq_len, 2 · units]`, and what the backward pass needs.
    fn bilstm_kernel(
        gates: [FloatTensor<Self>; 2],
        recurrent: [FloatTensor<Self>; 2],
        attention_mask: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, [Trace<Self>; 2]);
    /// Gradients of each direction's gates and recurrent weights, from that of the states.
    fn bilstm_backward_kernel(
        grad: FloatTensor<Self>,
        traces: [Trace<Self>; 2],
        recurrent: [FloatTensor<Self>; 2],
        attention_mask: FloatTensor<Self>,
    ) -> [(FloatTensor<Self>, FloatTensor<Self>); 2];
}

/// What one direction leaves for its backward pass; all of `[batch, seq_len, …]`, and 0 on padding.
#[derive(Debug, Clone)]
pub(crate) struct Trace<B: Backend> {
    /// The gates after their activations, `4 · units`.
    gates: FloatTensor<B>,
    /// The cells, `units`.
    cells: FloatTensor<B>,
    /// The states, `units`.
    states: FloatTensor<B>,
}

const READINGS: [Reading; 2] = [Reading::Forward, Reading::Backward];

impl LstmKernels for Flex {
    fn bilstm_kernel(
        gates: [FlexTensor; 2],
        recurrent: [FlexTensor; 2],
        attention_mask: FlexTensor,
    ) -> (FlexTensor, [Trace<Self>; 2]) {
        let [batch, seq_len, width] = gates[0].shape().dims();
        let units = width / 4;
        let sentences = Sentences::new(values(&contiguous(attention_mask)), batch, seq_len);
        let traces = both(gates, |direction, gates| {
            kernel::forward(gates, &recurrent[direction], &sentences, READINGS[direction])
        });
        let states = kernel::side_by_side(&traces[0].states, &traces[1].states, units);
        let tensor = |values: Vec<f32>, width| FlexTensor::from_data(TensorData::new(values, [batch, seq_len, width]));
        let traces = traces.map(|trace| Trace {
            gates: trace.gates,
            cells: tensor(trace.cells, units),
            states: tensor(trace.states, units),
        });
        (tensor(states, 2 * units), traces)
    }

    fn bilstm_backward_kernel(
        grad: FlexTensor,
        traces: [Trace<Self>; 2],
        recurrent: [FlexTensor; 2],
        attention_mask: FlexTensor,
    ) -> [(FlexTensor, FlexTensor); 2] {
        let [batch, seq_len, _] = grad.shape().dims();
        let sentences = Sentences::new(values(&contiguous(attention_mask)), batch, seq_len);
        let grad = contiguous(grad);
        both(traces, |direction, trace| {
            let trace = kernel::Trace {
                gates: trace.gates,
                cells: values(&trace.cells),
                states: values(&trace.states),
            };
            kernel::backward(
                values(&grad),
                trace,
                &recurrent[direction],
                &sentences,
                READINGS[direction],
            )
        })
    }
}

/// Both directions at once, each on a thread of its own.
fn both<I: Send, T: Send>(inputs: [I; 2], work: impl Fn(usize, I) -> T + Sync) -> [T; 2] {
    let [forward, backward] = inputs;
    let (forward, backward) = rayon::join(|| work(0, forward), || work(1, backward));
    [forward, backward]
}

impl<B: LstmKernels, C: CheckpointStrategy> LstmOps for Autodiff<B, C> {
    fn fused_bilstm(
        forward: FloatTensor<Self>,
        backward: FloatTensor<Self>,
        forward_weight: FloatTensor<Self>,
        backward_weight: FloatTensor<Self>,
        attention_mask: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct BiLstm;

        impl<B: LstmKernels> Backward<B, 4> for BiLstm {
            /// Traces, recurrent weights, attention mask.
            type State = ([Trace<B>; 2], [FloatTensor<B>; 2], FloatTensor<B>);

            fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
                let (traces, recurrent, attention_mask) = ops.state;
                let grad = grads.consume::<B>(&ops.node);
                let [forward, backward] = B::bilstm_backward_kernel(grad, traces, recurrent, attention_mask);
                let gradients = [forward.0, backward.0, forward.1, backward.1];
                for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
                    if let Some(node) = parent {
                        grads.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        // The mask has no gradient.
        let nodes = [
            forward.node(),
            backward.node(),
            forward_weight.node(),
            backward_weight.node(),
        ];
        let prepared = BiLstm.prepare::<C>(nodes).compute_bound().stateful();
        let gates = [forward.into_primitive(), backward.into_primitive()];
        let recurrent = [forward_weight.into_primitive(), backward_weight.into_primitive()];
        let attention_mask = attention_mask.into_primitive();
        let (states, traces) = B::bilstm_kernel(gates, recurrent.clone(), attention_mask.clone());
        match prepared {
            OpsKind::Tracked(prep) => prep.finish((traces, recurrent, attention_mask), states),
            OpsKind::UnTracked(prep) => prep.finish(states),
        }
    }
}
