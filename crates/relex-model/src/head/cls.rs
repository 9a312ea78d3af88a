use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor, activation::gelu},
};

use super::{HeadConfig, linear, output};
use crate::{
    Architecture,
    ops::{self, Pass},
};

/// `output(dropout(tanh(dense(h₀))))`, with `h₀` the first token's hidden state: BERT's pooler and
/// classifier. On ELECTRA, GELU stands for tanh.
#[derive(Module, Debug)]
pub struct ClsHead {
    dense: Linear,
    output: Linear,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    cosine_scale: Option<f32>,
}

#[derive(Debug, Clone, Copy)]
enum Activation {
    Tanh,
    Gelu,
}

impl ClsHead {
    pub(super) fn new(config: &HeadConfig, device: &Device) -> Self {
        Self {
            dense: linear(config.hidden_size, config.hidden_size, device),
            output: output::output_layer(config, device),
            activation: Activation::Tanh,
            dropout: config.dropout,
            cosine_scale: config.cosine_scale,
        }
    }

    /// See [`super::Head::of_family`].
    pub(super) fn of_family(mut self, architecture: Architecture) -> Self {
        self.activation = match architecture {
            Architecture::Electra => Activation::Gelu,
            Architecture::Bert | Architecture::Roberta | Architecture::XlmRoberta => Activation::Tanh,
        };
        self
    }

    /// `[batch, seq_len, hidden]` → `[batch, labels]`.
    pub(super) fn forward(&self, hidden: Tensor<3>, pass: &mut Pass<'_>) -> Tensor<2> {
        let [batch, _, width] = hidden.dims();
        let first = hidden.slice([0..batch, 0..1, 0..width]).reshape([batch, width]);
        let dense = self.dense.forward(first);
        let pooled = match self.activation {
            Activation::Tanh => dense.tanh(),
            Activation::Gelu => gelu(dense),
        };
        let features = ops::dropout(pooled, pass.mask(self.dropout));
        output::logits(&self.output, features, self.cosine_scale)
    }
}
