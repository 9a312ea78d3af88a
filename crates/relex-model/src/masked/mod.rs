//! Masked language modelling: from the hidden states at masked places back to the vocabulary.
//!
//! This is how encoders are pre-trained (Devlin et al. 2019, "BERT", §3.1, task 1), and how one is trained further on sentences
//! without labels. Which places are masked is not this module's business.

mod head;
mod load;
mod names;
mod save;
#[cfg(test)]
mod tests;

use burn::{
    module::Module,
    tensor::{Int, Tensor},
};

pub use head::MaskedHead;
pub use load::{HeadOrigin, LoadedMaskedModel, load_masked_model};
pub use save::save_masked_model;

use crate::{
    BatchTensors, Encoder, EncoderConfig, ModelError, NewToken,
    ops::{Pass, Precision},
};

/// An encoder with a head that says which token belongs at a masked place.
#[derive(Module, Debug)]
pub struct MaskedModel {
    /// Tokens to hidden states.
    pub encoder: Encoder,
    /// Hidden states to the vocabulary, by the encoder's own word embeddings.
    pub head: MaskedHead,
}

impl MaskedModel {
    /// Logits `[masked, vocabulary]` of the places in `masked`, `[masked]`, which are counted through the batch row by row: token
    /// `t` of row `r` is place `r · seq_len + t`. Only these are projected to the vocabulary.
    pub fn forward(&self, batch: BatchTensors, masked: Tensor<1, Int>, pass: &mut Pass<'_>) -> Tensor<2> {
        let hidden = self
            .encoder
            .forward(batch.input_ids, batch.token_types, batch.attention_mask, pass);
        let [rows, seq_len, width] = hidden.dims();
        let hidden = hidden.reshape([rows * seq_len, width]).select(0, masked);
        self.head.forward(hidden, self.encoder.word_embeddings())
    }

    /// The same model, computing its matrix products so.
    #[must_use]
    pub fn with_precision(self, precision: Precision) -> Self {
        Self {
            encoder: self.encoder.with_precision(precision),
            head: self.head.with_precision(precision),
        }
    }

    /// Gives each new token an embedding, as [`Encoder::add_tokens`] does, and a bias of 0.
    ///
    /// # Errors
    ///
    /// As [`Encoder::add_tokens`].
    pub fn add_tokens(self, tokens: &[NewToken], config: &mut EncoderConfig) -> Result<Self, ModelError> {
        let encoder = self.encoder.add_tokens(tokens, config)?;
        let head = self.head.with_vocabulary(encoder.vocab_size());
        Ok(Self { encoder, head })
    }
}
