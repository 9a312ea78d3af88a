use burn::{
    module::Module,
    nn::{LayerNorm, LayerNormConfig, Linear},
    tensor::{Device, Int, Tensor},
};

use super::EncoderConfig;
use crate::{
    head::{chosen, linear},
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

    /// `hidden` is `[batch, seq_len, hidden]`, `bias` is `[batch, 1, 1, seq_len]`. All tokens are attended to; the output is that
    /// of all of them, or of those at the positions `asking`, `[batch, n]`.
    pub(super) fn forward(
        &self,
        hidden: Tensor<3>,
        bias: Tensor<4>,
        asking: Option<Tensor<2, Int>>,
        pass: &mut Pass<'_>,
    ) -> Tensor<3> {
        let precision = self.precision;
        let input = precision.lower(hidden.clone());
        let [key, value] = [&self.key, &self.value].map(|layer| precision.linear(layer, input.clone()));
        let (input, residual) = match asking {
            None => (input, hidden),
            Some(positions) => {
                let hidden = chosen(hidden, positions);
                (precision.lower(hidden.clone()), hidden)
            }
        };
        let states = [precision.linear(&self.query, input), key, value];
        let mask = pass.mask(self.attention_dropout);
        let context = ops::attention(states, bias, self.heads, precision, mask);
        let output = precision.raise(precision.linear(&self.output, context));
        ops::add_layer_norm(
            output,
            residual,
            &self.layer_norm,
            self.epsilon,
            pass.mask(self.hidden_dropout),
        )
    }
}
