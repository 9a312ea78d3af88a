use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor},
};

use super::{HeadConfig, HeadInput, NoSettings, Tokens, linear, output};
use crate::ops::{self, Pass};

/// `output(dropout(tanh(dense(dropout([h_subject; h_object])))))`, with the hidden states of the
/// two opening markers (Baldini Soares et al. 2019, "entity start").
#[derive(Module, Debug)]
pub struct EntityStartHead {
    dense: Linear,
    output: Linear,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    cosine_scale: Option<f32>,
}

impl EntityStartHead {
    pub(super) const TOKENS: Tokens = Tokens::Markers;

    pub(super) fn new(_: NoSettings, config: &HeadConfig, device: &Device) -> Self {
        Self {
            dense: linear(2 * config.hidden_size, config.hidden_size, device),
            output: output::output_layer(config, config.hidden_size, device),
            dropout: config.dropout,
            cosine_scale: config.cosine_scale,
        }
    }

    pub(super) fn forward(&self, input: &HeadInput, pass: &mut Pass<'_>) -> Tensor<2> {
        let pair = ops::dropout(input.markers(), pass.mask(self.dropout));
        let features = output::inner(&self.dense, pair, self.dropout, pass);
        output::logits(&self.output, features, self.cosine_scale)
    }
}
