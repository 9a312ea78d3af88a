use std::num::{NonZeroU8, NonZeroU16};

use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor},
};
use serde::{Deserialize, Serialize};

use super::{HeadConfig, HeadInput, Tokens, input, lstm::BiLstm, output};
use crate::ops::{self, Pass};

/// How large the LSTM of a [`BiLstmHead`] or [`super::BiLstmV2Head`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BiLstmSettings {
    /// Layers on one another; dropout is between them.
    pub layers: NonZeroU8,
    /// Width of one direction's states; that of the hidden states if it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<NonZeroU16>,
}

impl Default for BiLstmSettings {
    fn default() -> Self {
        Self {
            layers: NonZeroU8::MIN,
            units: None,
        }
    }
}

impl BiLstmSettings {
    /// The LSTM, and the layer from both directions' states to logits.
    pub(super) fn build(self, config: &HeadConfig, device: &Device) -> (BiLstm, Linear) {
        let units = self.units.map_or(config.hidden_size, |units| usize::from(units.get()));
        let layers = usize::from(self.layers.get());
        let lstm = BiLstm::new(config.hidden_size, units, layers, config.dropout, device);
        (lstm, output::output_layer(config, 2 * units, device))
    }
}

/// `output(dropout([→h_n; ←h_n]))`, with both directions' states at the last of `n` tokens. There the backward direction has read
/// only that one token; published solutions that take an LSTM's output at its last position do this.
#[derive(Module, Debug)]
pub struct BiLstmHead {
    lstm: BiLstm,
    output: Linear,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    cosine_scale: Option<f32>,
}

impl BiLstmHead {
    pub(super) const TOKENS: Tokens = Tokens::All;

    pub(super) fn new(settings: BiLstmSettings, config: &HeadConfig, device: &Device) -> Self {
        let (lstm, output) = settings.build(config, device);
        Self {
            lstm,
            output,
            dropout: config.dropout,
            cosine_scale: config.cosine_scale,
        }
    }

    pub(super) fn forward(&self, input: &HeadInput, pass: &mut Pass<'_>) -> Tensor<2> {
        let last = input.last();
        let states = self.lstm.forward(input.hidden.clone(), &input.attention_mask, pass);
        let features = ops::dropout(input::at(states, last), pass.mask(self.dropout));
        output::logits(&self.output, features, self.cosine_scale)
    }
}
