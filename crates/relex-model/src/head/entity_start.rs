use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Int, Tensor},
};

use super::{HeadConfig, linear};
use crate::ops::{self, Pass};

/// `output(dropout(tanh(dense(dropout([h_subject; h_object])))))`, with the hidden states of the
/// two opening markers (Baldini Soares et al. 2019, "entity start").
#[derive(Module, Debug)]
pub struct EntityStartHead {
    dense: Linear,
    output: Linear,
    #[module(skip)]
    dropout: f32,
}

impl EntityStartHead {
    pub(super) fn new(config: &HeadConfig, device: &Device) -> Self {
        Self {
            dense: linear(2 * config.hidden_size, config.hidden_size, device),
            output: linear(config.hidden_size, config.labels, device),
            dropout: config.dropout,
        }
    }

    /// `[batch, seq_len, hidden]` and positions `[batch, 2]` → `[batch, labels]`.
    pub(super) fn forward(
        &self,
        hidden: Tensor<3>,
        entity_starts: Tensor<2, Int>,
        pass: &mut Pass<'_>,
    ) -> Tensor<2> {
        let [batch, _, width] = hidden.dims();
        let index = entity_starts
            .reshape([batch, 2, 1])
            .expand([batch, 2, width]);
        let pair = hidden.gather(1, index).reshape([batch, 2 * width]);
        let pair = ops::dropout(pair, pass.mask(self.dropout));
        let inner = self.dense.forward(pair).tanh();
        self.output
            .forward(ops::dropout(inner, pass.mask(self.dropout)))
    }
}
