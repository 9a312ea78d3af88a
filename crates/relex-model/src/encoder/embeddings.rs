use burn::{
    module::Module,
    nn::{Embedding, EmbeddingConfig, Initializer, LayerNorm, LayerNormConfig},
    tensor::{Device, Int, Tensor},
};

use super::EncoderConfig;
use crate::ops::{self, Pass};

/// Word, position and token-type embeddings, summed, normalised, dropped out.
#[derive(Module, Debug)]
pub(super) struct Embeddings {
    word_embeddings: Embedding,
    position_embeddings: Embedding,
    token_type_embeddings: Embedding,
    layer_norm: LayerNorm,
    #[module(skip)]
    epsilon: f64,
    #[module(skip)]
    dropout: f32,
}

impl Embeddings {
    pub(super) fn new(config: &EncoderConfig, device: &Device) -> Self {
        let table = |rows| {
            EmbeddingConfig::new(rows, config.hidden_size)
                .with_initializer(Initializer::Zeros)
                .init(device)
        };
        Self {
            word_embeddings: table(config.vocab_size),
            position_embeddings: table(config.max_position_embeddings),
            token_type_embeddings: table(config.type_vocab_size),
            layer_norm: LayerNormConfig::new(config.hidden_size)
                .with_epsilon(config.layer_norm_eps)
                .init(device),
            epsilon: config.layer_norm_eps,
            dropout: config.hidden_dropout_prob,
        }
    }

    /// `[batch, seq_len]` → `[batch, seq_len, hidden]`. Without `token_type_ids` every token is of
    /// type 0.
    pub(super) fn forward(
        &self,
        input_ids: Tensor<2, Int>,
        token_type_ids: Option<Tensor<2, Int>>,
        pass: &mut Pass<'_>,
    ) -> Tensor<3> {
        let [_, seq_len] = input_ids.dims();
        let words = self.word_embeddings.forward(input_ids);
        let positions = self
            .position_embeddings
            .weight
            .val()
            .narrow(0, 0, seq_len)
            .unsqueeze::<3>();
        let types = match token_type_ids {
            Some(ids) => self.token_type_embeddings.forward(ids),
            None => self.token_type_embeddings.weight.val().narrow(0, 0, 1).unsqueeze::<3>(),
        };
        let normed = ops::layer_norm(words + (positions + types), &self.layer_norm, self.epsilon);
        ops::dropout(normed, pass.mask(self.dropout))
    }
}
