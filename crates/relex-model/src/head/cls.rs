use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor},
};

use super::{HeadConfig, linear};
use crate::ops::{self, Pass};

/// `output(dropout(tanh(dense(h₀))))`, with `h₀` the first token's hidden state: BERT's pooler and
/// classifier.
#[derive(Module, Debug)]
pub struct ClsHead {
    dense: Linear,
    output: Linear,
    #[module(skip)]
    dropout: f32,
}

impl ClsHead {
    pub(super) fn new(config: &HeadConfig, device: &Device) -> Self {
        Self {
            dense: linear(config.hidden_size, config.hidden_size, device),
            output: linear(config.hidden_size, config.labels, device),
            dropout: config.dropout,
        }
    }

    /// `[batch, seq_len, hidden]` → `[batch, labels]`.
    pub(super) fn forward(&self, hidden: Tensor<3>, pass: &mut Pass<'_>) -> Tensor<2> {
        let [batch, _, width] = hidden.dims();
        let first = hidden.slice([0..batch, 0..1, 0..width]).reshape([batch, width]);
        let pooled = self.dense.forward(first).tanh();
        self.output.forward(ops::dropout(pooled, pass.mask(self.dropout)))
    }
}
