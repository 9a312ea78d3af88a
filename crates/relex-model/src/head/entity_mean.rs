use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor},
};

use super::{HeadConfig, HeadInput, NoSettings, Tokens, linear, output};
use crate::ops::{self, Pass};

/// `output(dropout(tanh(dense(dropout([mean_subject; mean_object])))))`, with the means of the hidden states of each entity's
/// tokens, markers not included: `entity-start` with other places to read.
#[derive(Module, Debug)]
pub struct EntityMeanHead {
    dense: Linear,
    output: Linear,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    cosine_scale: Option<f32>,
}

impl EntityMeanHead {
    pub(super) const TOKENS: Tokens = Tokens::All;

    pub(super) fn new(_: NoSettings, config: &HeadConfig, device: &Device) -> Self {
        Self {
            dense: linear(2 * config.hidden_size, config.hidden_size, device),
            output: output::output_layer(config, config.hidden_size, device),
            dropout: config.dropout,
            cosine_scale: config.cosine_scale,
        }
    }

    pub(super) fn forward(&self, input: &HeadInput, pass: &mut Pass<'_>) -> Tensor<2> {
        let [batch, _, width] = input.hidden.dims();
        let pair = input.entity_means().reshape([batch, 2 * width]);
        let pair = ops::dropout(pair, pass.mask(self.dropout));
        let features = output::inner(&self.dense, pair, self.dropout, pass);
        output::logits(&self.output, features, self.cosine_scale)
    }
}
