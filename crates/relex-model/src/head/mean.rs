use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor},
};

use super::{HeadConfig, HeadInput, NoSettings, Tokens, linear, output};
use crate::ops::Pass;

/// `output(dropout(tanh(dense(mean))))`, with the mean of the hidden states of all tokens, special tokens and markers included.
#[derive(Module, Debug)]
pub struct MeanHead {
    dense: Linear,
    output: Linear,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    cosine_scale: Option<f32>,
}

impl MeanHead {
    pub(super) const TOKENS: Tokens = Tokens::All;

    pub(super) fn new(_: NoSettings, config: &HeadConfig, device: &Device) -> Self {
        Self {
            dense: linear(config.hidden_size, config.hidden_size, device),
            output: output::output_layer(config, config.hidden_size, device),
            dropout: config.dropout,
            cosine_scale: config.cosine_scale,
        }
    }

    pub(super) fn forward(&self, input: &HeadInput, pass: &mut Pass<'_>) -> Tensor<2> {
        let features = output::inner(&self.dense, input.mean(), self.dropout, pass);
        output::logits(&self.output, features, self.cosine_scale)
    }
}
