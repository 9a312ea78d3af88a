use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor, activation::softmax},
};

use super::{HeadConfig, HeadInput, NoSettings, Tokens, linear, linear_without_bias, output};
use crate::ops::Pass;

/// `output(dropout(tanh(dense(Σ αₜ hₜ))))` with `α = softmax(query · tanh(key(hₜ)))` over all tokens (Yang et al. 2016,
/// "Hierarchical Attention Networks for Document Classification", equations 5 to 7).
#[derive(Module, Debug)]
pub struct AttentionHead {
    key: Linear,
    query: Linear,
    dense: Linear,
    output: Linear,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    cosine_scale: Option<f32>,
}

impl AttentionHead {
    pub(super) const TOKENS: Tokens = Tokens::All;

    pub(super) fn new(_: NoSettings, config: &HeadConfig, device: &Device) -> Self {
        let width = config.hidden_size;
        Self {
            key: linear(width, width, device),
            query: linear_without_bias(width, 1, device),
            dense: linear(width, width, device),
            output: output::output_layer(config, width, device),
            dropout: config.dropout,
            cosine_scale: config.cosine_scale,
        }
    }

    pub(super) fn forward(&self, input: &HeadInput, pass: &mut Pass<'_>) -> Tensor<2> {
        let [batch, seq_len, _] = input.hidden.dims();
        let scores = self.query.forward(self.key.forward(input.hidden.clone()).tanh());
        // Far below every score, so that padding has weight 0; finite, so that no sum is NaN.
        let padding = input.attention_mask.clone().sub_scalar(1.0).mul_scalar(1e9);
        let weights = softmax(scores.reshape([batch, seq_len]) + padding, 1);
        let features = output::inner(&self.dense, input.weighted_mean(weights), self.dropout, pass);
        output::logits(&self.output, features, self.cosine_scale)
    }
}
