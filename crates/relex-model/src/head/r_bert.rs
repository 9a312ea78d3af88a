use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor},
};

use super::{HeadConfig, HeadInput, NoSettings, Tokens, linear, output};
use crate::ops::{self, Pass};

/// `output(dropout([first(h₀); entity(mean_subject); entity(mean_object)]))`, where a layer is `W · dropout(tanh(x)) + b` and both
/// entities share one (Wu & He 2019, "Enriching Pre-trained Language Model with Entity Information for Relation Classification",
/// equations 1 to 4; there with dropout before each layer too, and the entities in the sentence's order instead of by role).
#[derive(Module, Debug)]
pub struct RBertHead {
    first: Linear,
    entity: Linear,
    output: Linear,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    cosine_scale: Option<f32>,
}

impl RBertHead {
    pub(super) const TOKENS: Tokens = Tokens::All;

    pub(super) fn new(_: NoSettings, config: &HeadConfig, device: &Device) -> Self {
        let width = config.hidden_size;
        Self {
            first: linear(width, width, device),
            entity: linear(width, width, device),
            output: output::output_layer(config, 3 * width, device),
            dropout: config.dropout,
            cosine_scale: config.cosine_scale,
        }
    }

    pub(super) fn forward(&self, input: &HeadInput, pass: &mut Pass<'_>) -> Tensor<2> {
        let [batch, _, width] = input.hidden.dims();
        let first = ops::dropout(input.first().tanh(), pass.mask(self.dropout));
        let entities = ops::dropout(input.entity_means().tanh(), pass.mask(self.dropout));
        let entities = self.entity.forward(entities).reshape([batch, 2 * width]);
        let all = Tensor::cat(vec![self.first.forward(first), entities], 1);
        let features = ops::dropout(all, pass.mask(self.dropout));
        output::logits(&self.output, features, self.cosine_scale)
    }
}
