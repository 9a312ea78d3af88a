use burn::{
    module::Module,
    nn::{LayerNorm, LayerNormConfig, Linear},
    tensor::{Device, Tensor},
};

use super::EncoderConfig;
use crate::{
    head::linear,
    ops::{self, Pass, Precision},
};

/// Multi-head self-attention with its output projection, residual connection and layer norm.
#[derive(Module, Debug)]
pub(super) struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    layer_norm: LayerNorm,
    #[module(skip)]
    epsilon: f64,
    #[module(skip)]
    heads: usize,
    #[module(skip)]
    hidden_dropout: f32,
    #[module(skip)]
    attention_dropout: f32,
    #[module(skip)]
    pub(super) precision: Precision,
}

impl Attention {
    pub(super) fn new(config: &EncoderConfig, device: &Device) -> Self {
        let square = || linear(config.hidden_size, config.hidden_size, device);
        Self {
            query: square(),
            key: square(),
            value: square(),
            output: square(),
            layer_norm: LayerNormConfig::new(config.hidden_size)
                .with_epsilon(config.layer_norm_eps)
                .init(device),
            epsilon: config.layer_norm_eps,
            heads: config.num_attention_heads,
            hidden_dropout: config.hidden_dropout_prob,
            attention_dropout: config.attention_probs_dropout_prob,
            precision: Precision::F32,
        }
    }

    /// `hidden` is `[batch, seq_len, hidden]`, `bias` is `[batch, 1, 1, seq_len]`.
    pub(super) fn forward(&self, hidden: Tensor<3>, bias: Tensor<4>, pass: &mut Pass<'_>) -> Tensor<3> {
        let [batch, seq_len, width] = hidden.dims();
        let head_size = width / self.heads;
        // [batch, seq_len, hidden] → [batch, heads, seq_len, head_size]
        let split = |x: Tensor<3>| x.reshape([batch, seq_len, self.heads, head_size]).swap_dims(1, 2);
        let precision = self.precision;
        let input = precision.lower(hidden.clone());
        let query = split(precision.linear(&self.query, input.clone()));
        let key = split(precision.linear(&self.key, input.clone()));
        let value = split(precision.linear(&self.value, input));

        let scores = precision.raise(query.matmul(key.swap_dims(2, 3)));
        let scale = 1.0 / (head_size as f32).sqrt();
        let weights = ops::softmax(scores, bias, scale, pass.mask(self.attention_dropout));
        let context = precision.lower(weights).matmul(value);
        let context = context.swap_dims(1, 2).reshape([batch, seq_len, width]);

        let output = precision.raise(precision.linear(&self.output, context));
        ops::add_layer_norm(
            output,
            hidden,
            &self.layer_norm,
            self.epsilon,
            pass.mask(self.hidden_dropout),
        )
    }
}
