use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor},
};

use super::{HeadConfig, HeadInput, NoSettings, Tokens, linear, output};
use crate::ops::{self, Pass};

/// `output(dropout(tanh(dense(dropout([h₀; subject; object])))))`, where an entity is the hidden states of its first and its last
/// token side by side (Lee et al. 2017, "End-to-end Neural Coreference Resolution", span representations without their attention
/// and width parts), markers not included, and `h₀` is the first token's.
#[derive(Module, Debug)]
pub struct EntitySpanClsHead {
    dense: Linear,
    output: Linear,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    cosine_scale: Option<f32>,
}

impl EntitySpanClsHead {
    pub(super) const TOKENS: Tokens = Tokens::FirstAndEntityEnds;

    pub(super) fn new(_: NoSettings, config: &HeadConfig, device: &Device) -> Self {
        Self {
            dense: linear(5 * config.hidden_size, config.hidden_size, device),
            output: output::output_layer(config, config.hidden_size, device),
            dropout: config.dropout,
            cosine_scale: config.cosine_scale,
        }
    }

    pub(super) fn forward(&self, input: &HeadInput, pass: &mut Pass<'_>) -> Tensor<2> {
        let all = Tensor::cat(vec![input.first(), input.entity_ends()], 1);
        let all = ops::dropout(all, pass.mask(self.dropout));
        let features = output::inner(&self.dense, all, self.dropout, pass);
        output::logits(&self.output, features, self.cosine_scale)
    }
}
