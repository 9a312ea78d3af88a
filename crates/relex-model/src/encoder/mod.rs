//! From token ids to hidden states.

mod attention;
mod config;
mod embeddings;
mod layer;

use burn::{
    module::Module,
    nn::Linear,
    tensor::{Device, Int, Tensor},
};

pub use config::{Architecture, EncoderConfig};
use embeddings::Embeddings;
use layer::Layer;

use crate::{
    ModelError, NewToken,
    head::linear,
    ops::{Pass, Precision, recomputed},
};

/// An encoder of one of the families in [`Architecture`]: embeddings, then a stack of transformer layers
/// (Devlin et al. 2019; post-norm, learnt absolute positions).
#[derive(Module, Debug)]
pub struct Encoder {
    embeddings: Embeddings,
    /// From the embeddings' width to that of the hidden states, where they differ.
    embeddings_project: Option<Linear>,
    layers: Vec<Layer>,
    #[module(skip)]
    architecture: Architecture,
    #[module(skip)]
    activations: Activations,
}

/// What becomes of a layer's activations until the backward pass needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activations {
    /// They are kept.
    #[default]
    Kept,
    /// They are computed a second time, from the layer's input, which alone is kept: less memory for more time, with
    /// the same gradients (gradient checkpointing, Chen et al. 2016).
    Recomputed,
}

impl Encoder {
    /// An encoder whose weights are to be loaded: until then they are zeros and ones.
    pub fn new(config: &EncoderConfig, device: &Device) -> Self {
        Self {
            embeddings: Embeddings::new(config, device),
            embeddings_project: (config.embedding_size != config.hidden_size)
                .then(|| linear(config.embedding_size, config.hidden_size, device)),
            layers: (0..config.num_hidden_layers)
                .map(|_| Layer::new(config, device))
                .collect(),
            architecture: config.architecture,
            activations: Activations::default(),
        }
    }

    /// The family of encoders that it is of.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// The same encoder, whose layers compute their matrix products so.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        let layers = self.layers.into_iter();
        self.layers = layers.map(|layer| layer.with_precision(precision)).collect();
        self
    }

    /// The same encoder, whose layers do so with their activations. It makes no difference where nothing is learnt.
    #[must_use]
    pub fn with_activations(mut self, activations: Activations) -> Self {
        self.activations = activations;
        self
    }

    /// Number of rows of the word embeddings.
    pub fn vocab_size(&self) -> usize {
        self.embeddings.vocab_size()
    }

    /// The word embeddings, `[vocabulary, embedding]`.
    pub(crate) fn word_embeddings(&self) -> Tensor<2> {
        self.embeddings.words()
    }

    /// Width of what [`Self::forward_with`] adds to the input embeddings.
    pub fn embedding_size(&self) -> usize {
        self.embeddings.width()
    }

    /// Gives each new token a row of the word embeddings and raises `config.vocab_size` to their number.
    ///
    /// The row is the mean of the rows of the token's pieces, so a token begins as what its description
    /// says; nothing is drawn. (Hewitt 2021, "Initializing New Word Embeddings for Pretrained Language
    /// Models", takes the mean of all rows, which is what a token without pieces gets.) A row that a table
    /// larger than its vocabulary has for the id already is overwritten; every other row stays as it is,
    /// bit for bit, as with transformers' `resize_token_embeddings`, which however cuts spare rows off.
    ///
    /// # Errors
    ///
    /// When a piece has no row, or the device does not hand the table over.
    pub fn add_tokens(mut self, tokens: &[NewToken], config: &mut EncoderConfig) -> Result<Self, ModelError> {
        if !tokens.is_empty() {
            let refuse = |reason| ModelError::NewTokens { reason };
            self.embeddings = self.embeddings.add_tokens(tokens).map_err(refuse)?;
            config.vocab_size = self.vocab_size();
        }
        Ok(self)
    }

    /// Hidden states of the last layer, `[batch, seq_len, hidden]`.
    ///
    /// `input_ids` and `token_type_ids` are `[batch, seq_len]`; `attention_mask` is
    /// `[batch, seq_len]` with 1 for real tokens and 0 for padding, which no token attends to.
    ///
    /// # Panics
    ///
    /// When rows are longer, padding counted, than [`EncoderConfig::max_tokens`]; on the CPU also when an id or a token type has no
    /// embedding, which on other devices gives whatever the device makes of it. [`crate::TextEncoder::check_fits`] makes sure that
    /// no text of a tokenizer's leads to either, [`crate::Batch::checked`] that no example made by hand does.
    pub fn forward(
        &self,
        input_ids: Tensor<2, Int>,
        token_type_ids: Option<Tensor<2, Int>>,
        attention_mask: Tensor<2>,
        pass: &mut Pass<'_>,
    ) -> Tensor<3> {
        self.forward_with(None, input_ids, token_type_ids, attention_mask, None, pass)
    }

    /// As [`Self::forward`], with `added`, `[batch, seq_len, embedding]`, added to the sum of the input embeddings before it is
    /// normalised, and the hidden states of the tokens at the positions `chosen`, `[batch, n]`, alone: `[batch, n, hidden]`. The
    /// last layer then computes only keys and values of the others, which saves most of its work.
    ///
    /// # Panics
    ///
    /// As [`Self::forward`].
    pub fn forward_with(
        &self,
        added: Option<Tensor<3>>,
        input_ids: Tensor<2, Int>,
        token_type_ids: Option<Tensor<2, Int>>,
        attention_mask: Tensor<2>,
        chosen: Option<&Tensor<2, Int>>,
        pass: &mut Pass<'_>,
    ) -> Tensor<3> {
        let attention_bias = attention_bias(attention_mask);
        let embedded = self.embeddings.forward(added, input_ids, token_type_ids, pass);
        let embedded = match &self.embeddings_project {
            None => embedded,
            Some(project) => project.forward(embedded),
        };
        let last = self.layers.len() - 1;
        self.layers.iter().enumerate().fold(embedded, |hidden, (index, layer)| {
            let chosen = chosen.filter(|_| index == last).cloned();
            match self.activations {
                Activations::Kept => layer.forward(hidden, attention_bias.clone(), chosen, pass),
                Activations::Recomputed => {
                    let bias = attention_bias.clone().inner();
                    let chosen = chosen.map(Tensor::inner);
                    recomputed(layer, hidden, pass, move |layer: &Layer, hidden, pass| {
                        layer.forward(hidden, bias.clone(), chosen.clone(), pass)
                    })
                }
            }
        })
    }
}

/// What is added to attention scores so that padding gets no weight: 0 on real tokens, -1e9 on
/// padding, `[batch, 1, 1, seq_len]`. Finite, so that a row of padding alone gives no NaN.
fn attention_bias(attention_mask: Tensor<2>) -> Tensor<4> {
    let [batch, seq_len] = attention_mask.dims();
    attention_mask
        .sub_scalar(1.0)
        .mul_scalar(1e9)
        .reshape([batch, 1, 1, seq_len])
}
