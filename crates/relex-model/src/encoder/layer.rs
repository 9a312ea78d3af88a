use burn::{
    module::Module,
    nn::{LayerNorm, LayerNormConfig, Linear},
    tensor::{Device, Int, Tensor},
};

use super::{EncoderConfig, attention::Attention};
use crate::{
    head::linear,
    ops::{self, Activation, Pass, Precision},
};

/// One transformer layer: self-attention, then a feed-forward network, each with a residual
/// connection and a layer norm after it.
#[derive(Module, Debug)]
pub(super) struct Layer {
    attention: Attention,
    intermediate: Linear,
    output: Linear,
    layer_norm: LayerNorm,
    #[module(skip)]
    epsilon: f64,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    precision: Precision,
}

impl Layer {
    pub(super) fn new(config: &EncoderConfig, device: &Device) -> Self {
        Self {
            attention: Attention::new(config, device),
            intermediate: linear(config.hidden_size, config.intermediate_size, device),
            output: linear(config.intermediate_size, config.hidden_size, device),
            layer_norm: LayerNormConfig::new(config.hidden_size)
                .with_epsilon(config.layer_norm_eps)
                .init(device),
            epsilon: config.layer_norm_eps,
            activation: config.hidden_act,
            dropout: config.hidden_dropout_prob,
            precision: Precision::F32,
        }
    }

    /// The same layer, computing its matrix products so.
    pub(super) fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self.attention.precision = precision;
        self
    }

    /// `hidden` is `[batch, seq_len, hidden]`, `bias` is `[batch, 1, 1, seq_len]`; the output that of all tokens, or of those at
    /// the positions `chosen`, `[batch, n]`.
    pub(super) fn forward(
        &self,
        hidden: Tensor<3>,
        bias: Tensor<4>,
        chosen: Option<Tensor<2, Int>>,
        pass: &mut Pass<'_>,
    ) -> Tensor<3> {
        let attended = self.attention.forward(hidden, bias, chosen, pass);
        let output = ops::feed_forward(
            attended.clone(),
            &self.intermediate,
            &self.output,
            self.activation,
            self.precision,
        );
        ops::add_layer_norm(
            output,
            attended,
            &self.layer_norm,
            self.epsilon,
            pass.mask(self.dropout),
        )
    }
}
