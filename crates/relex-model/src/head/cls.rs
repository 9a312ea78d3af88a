use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor},
};

use super::{HeadConfig, linear, output};
use crate::ops::{self, Pass};

/// `output(dropout(tanh(dense(h₀))))`, with `h₀` the first token's hidden state: BERT's pooler and
/// classifier.
#[derive(Module, Debug)]
pub struct ClsHead {
    dense: Linear,
    output: Linear,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    cosine_scale: Option<f32>,
}

impl ClsHead {
    pub(super) fn new(config: &HeadConfig, device: &Device) -> Self {
        Self {
            dense: linear(config.hidden_size, config.hidden_size, device),
            output: output::output_layer(config, device),
            dropout: config.dropout,
            cosine_scale: config.cosine_scale,
        }
    }

    /// `[batch, seq_len, hidden]` → `[batch, labels]`.
    pub(super) fn forward(&self, hidden: Tensor<3>, pass: &mut Pass<'_>) -> Tensor<2> {
        let [batch, _, width] = hidden.dims();
        let first = hidden.slice([0..batch, 0..1, 0..width]).reshape([batch, width]);
        let pooled = self.dense.forward(first).tanh();
        let features = ops::dropout(pooled, pass.mask(self.dropout));
        output::logits(&self.output, features, self.cosine_scale)
    }
}
