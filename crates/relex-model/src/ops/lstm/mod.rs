//! The recurrence of a bidirectional LSTM layer (Hochreiter & Schmidhuber 1997; gates, their order and their equations are
//! PyTorch's), over sentences of unequal length as PyTorch's packed sequences: padding never reaches a state.
//!
//! What does not depend on the state before, the product of inputs and weights, is one matrix product for all time steps and
//! comes in as `gates`; only `gates + state · recurrent` is left for each step. On the CPU in `f32` that is one operation with a
//! hand-written backward pass (`fused`), everywhere else it is composed of Burn's own.

mod composed;
mod fused;
mod kernel;
mod panels;
#[cfg(test)]
mod tests;

use burn::tensor::Tensor;

/// Which way a layer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// From the first token to the last.
    Forward,
    /// From the last token to the first.
    Backward,
}

impl Reading {
    /// The token that is read in a step, of a sentence of `length` tokens that has a step of this number.
    fn token(self, step: usize, length: usize) -> usize {
        match self {
            Self::Forward => step,
            Self::Backward => length - 1 - step,
        }
    }
}

/// States of both directions side by side, `[batch, seq_len, 2 · units]`, the forward ones first; 0 on padding.
///
/// `gates` are what the inputs add to the gates of each direction, biases included: `[batch, seq_len, 4 · units]`, in
/// PyTorch's order input, forget, candidate, output. `recurrent` is each direction's `[units, 4 · units]`. `attention_mask`,
/// `[batch, seq_len]`, is 1 for tokens and 0 for the padding behind them.
pub(crate) fn bilstm(gates: [Tensor<3>; 2], recurrent: [Tensor<2>; 2], attention_mask: Tensor<2>) -> Tensor<3> {
    if super::fuses(&gates[0]) {
        fused::bilstm(gates, recurrent, attention_mask)
    } else {
        composed::bilstm(gates, recurrent, &attention_mask)
    }
}
