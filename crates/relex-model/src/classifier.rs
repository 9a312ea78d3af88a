use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use rand::Rng;

use crate::{
    BatchTensors, Encoder, Head, HeadConfig, HeadInput, TypeEmbedding,
    ops::{Pass, Precision},
};

/// An encoder with a head on it.
#[derive(Module, Debug)]
pub struct Classifier {
    /// Tokens to hidden states.
    pub encoder: Encoder,
    /// Hidden states to logits.
    pub head: Head,
    /// What is added to the encoder's input, if anything.
    pub type_embedding: Option<TypeEmbedding>,
}

impl Classifier {
    /// Puts a freshly drawn head, see [`Head::drawn`], on a pre-trained encoder.
    pub fn with_new_head(encoder: Encoder, head: &HeadConfig, random: &mut impl Rng, device: &Device) -> Self {
        Self {
            head: Head::drawn(head, random, device).of_family(encoder.architecture()),
            encoder,
            type_embedding: None,
        }
    }

    /// Adds a new [`TypeEmbedding`] of so many rows, 0 for none; see [`crate::ClassifierConfig::type_rows`].
    #[must_use]
    pub fn with_type_embedding(mut self, rows: usize, device: &Device) -> Self {
        let width = self.encoder.embedding_size();
        self.type_embedding = (rows > 0).then(|| TypeEmbedding::new(rows, width, device));
        self
    }

    /// The same classifier, whose encoder computes its matrix products so.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.encoder = self.encoder.with_precision(precision);
        self
    }

    /// Logits `[batch, labels]`. What the head does not read is not computed in the encoder's last layer.
    ///
    /// # Panics
    ///
    /// As [`Encoder::forward`], and on the CPU when an entity's type has no row in the type embedding.
    pub fn forward(&self, batch: BatchTensors, pass: &mut Pass<'_>) -> Tensor<2> {
        let chosen = self.head.tokens().positions(&batch);
        let types = self.type_embedding.as_ref().zip(batch.entity_types);
        let hidden = self.encoder.forward_with(
            types.map(|(embedding, types)| embedding.forward(types)),
            batch.input_ids,
            batch.token_types,
            batch.attention_mask.clone(),
            chosen.as_ref(),
            pass,
        );
        let input = if chosen.is_some() {
            HeadInput::of_chosen(hidden)
        } else {
            HeadInput {
                hidden,
                attention_mask: batch.attention_mask,
                entity_starts: batch.entity_starts,
                entity_spans: batch.entity_spans,
            }
        };
        self.head.forward(&input, pass)
    }
}
