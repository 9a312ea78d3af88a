use std::num::NonZeroU8;

use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Tensor, activation::gelu},
};
use serde::{Deserialize, Serialize};

use super::{HeadConfig, HeadInput, Tokens, linear, output};
use crate::{
    Architecture,
    ops::{self, Pass},
};

/// How large a [`ClsHead`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClsSettings {
    /// Width of the inner layers, in widths of the hidden states.
    pub width: NonZeroU8,
    /// Number of inner layers.
    pub depth: NonZeroU8,
}

impl Default for ClsSettings {
    fn default() -> Self {
        Self {
            width: NonZeroU8::MIN,
            depth: NonZeroU8::MIN,
        }
    }
}

/// `output(inner(… inner(h₀)))` with `inner(x) = dropout(tanh(dense(x)))` and `h₀` the first token's hidden state. One inner
/// layer as wide as the hidden states, the default, makes it BERT's pooler and classifier.
/// On ELECTRA, GELU stands for tanh.
#[derive(Module, Debug)]
pub struct ClsHead {
    dense: Linear,
    /// The inner layers after the first.
    deeper: Vec<Linear>,
    output: Linear,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    dropout: f32,
    #[module(skip)]
    cosine_scale: Option<f32>,
}

#[derive(Debug, Clone, Copy)]
enum Activation {
    Tanh,
    Gelu,
}

impl ClsHead {
    pub(super) const TOKENS: Tokens = Tokens::First;

    pub(super) fn new(settings: ClsSettings, config: &HeadConfig, device: &Device) -> Self {
        let width = config.hidden_size * usize::from(settings.width.get());
        Self {
            dense: linear(config.hidden_size, width, device),
            deeper: (1..settings.depth.get())
                .map(|_| linear(width, width, device))
                .collect(),
            output: output::output_layer(config, width, device),
            activation: Activation::Tanh,
            dropout: config.dropout,
            cosine_scale: config.cosine_scale,
        }
    }

    /// See [`super::Head::of_family`].
    pub(super) fn of_family(mut self, architecture: Architecture) -> Self {
        self.activation = match architecture {
            Architecture::Electra => Activation::Gelu,
            Architecture::Bert | Architecture::Roberta | Architecture::XlmRoberta => Activation::Tanh,
        };
        self
    }

    pub(super) fn forward(&self, input: &HeadInput, pass: &mut Pass<'_>) -> Tensor<2> {
        let features =
            std::iter::once(&self.dense)
                .chain(&self.deeper)
                .fold(input.first(), |features, layer| match self.activation {
                    Activation::Tanh => output::inner(layer, features, self.dropout, pass),
                    Activation::Gelu => ops::dropout(gelu(layer.forward(features)), pass.mask(self.dropout)),
                });
        output::logits(&self.output, features, self.cosine_scale)
    }
}
