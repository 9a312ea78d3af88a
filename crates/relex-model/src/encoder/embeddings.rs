use burn::{
    module::Module,
    nn::{Embedding, EmbeddingConfig, Initializer, LayerNorm, LayerNormConfig},
    tensor::{Device, Int, Tensor, TensorData},
};

use super::EncoderConfig;
use crate::{
    NewToken,
    ops::{self, Pass},
};

/// Word, position and token-type embeddings, summed, normalised, dropped out.
#[derive(Module, Debug)]
pub(super) struct Embeddings {
    word_embeddings: Embedding,
    position_embeddings: Embedding,
    token_type_embeddings: Embedding,
    layer_norm: LayerNorm,
    #[module(skip)]
    positions: Positions,
    #[module(skip)]
    epsilon: f64,
    #[module(skip)]
    dropout: f32,
}

/// How the positions of a text's tokens are counted.
#[derive(Debug, Clone, Copy)]
enum Positions {
    /// From 0 on (BERT, ELECTRA).
    FromZero,
    /// The n-th token that is not padding has the padding token's id plus n, and padding has that id
    /// (RoBERTa, XLM-R; `create_position_ids_from_input_ids` in transformers).
    AfterPadding(u32),
}

impl Embeddings {
    pub(super) fn new(config: &EncoderConfig, device: &Device) -> Self {
        let table = |rows| {
            EmbeddingConfig::new(rows, config.embedding_size)
                .with_initializer(Initializer::Zeros)
                .init(device)
        };
        Self {
            word_embeddings: table(config.vocab_size),
            position_embeddings: table(config.max_position_embeddings),
            token_type_embeddings: table(config.type_vocab_size),
            layer_norm: LayerNormConfig::new(config.embedding_size)
                .with_epsilon(config.layer_norm_eps)
                .init(device),
            positions: if config.architecture.counts_from_padding() {
                Positions::AfterPadding(config.pad_token_id)
            } else {
                Positions::FromZero
            },
            epsilon: config.layer_norm_eps,
            dropout: config.hidden_dropout_prob,
        }
    }

    /// Rows of the word embeddings.
    pub(super) fn vocab_size(&self) -> usize {
        self.word_embeddings.weight.shape()[0]
    }

    /// The word embeddings, `[vocabulary, embedding]`.
    pub(super) fn words(&self) -> Tensor<2> {
        self.word_embeddings.weight.val()
    }

    /// Width of every table.
    pub(super) fn width(&self) -> usize {
        self.word_embeddings.weight.shape()[1]
    }

    /// See [`EncoderConfig::max_tokens`].
    fn max_tokens(&self) -> usize {
        let [rows, _] = self.position_embeddings.weight.dims();
        match self.positions {
            Positions::FromZero => rows,
            Positions::AfterPadding(padding) => rows.saturating_sub(padding as usize + 1),
        }
    }

    /// See [`super::Encoder::add_tokens`].
    pub(super) fn add_tokens(mut self, tokens: &[NewToken]) -> Result<Self, String> {
        let table = self.word_embeddings.weight;
        let width = table.shape()[1];
        let values = table
            .val()
            .try_into_vec_as::<f32>()
            .map_err(|error| format!("{error:?}"))?;
        let values = with_rows(values, width, tokens)?;
        let size = [values.len() / width, width];
        let grown = Tensor::from_data(TensorData::new(values, size), &table.device());
        let id = table.id;
        self.word_embeddings.weight = table.transform_for_load(grown, id);
        Ok(self)
    }

    /// `[batch, seq_len]` → `[batch, seq_len, embedding]`. Without `token_type_ids`, or with a single type,
    /// every token is of type 0.
    pub(super) fn forward(
        &self,
        added: Option<Tensor<3>>,
        input_ids: Tensor<2, Int>,
        token_type_ids: Option<Tensor<2, Int>>,
        pass: &mut Pass<'_>,
    ) -> Tensor<3> {
        let positions = self.positions(&input_ids);
        let words = ops::embedding(&self.word_embeddings, input_ids, "token id");
        let types = match token_type_ids {
            Some(ids) if self.token_type_embeddings.weight.shape()[0] > 1 => {
                ops::embedding(&self.token_type_embeddings, ids, "token type")
            }
            _ => self.token_type_embeddings.weight.val().narrow(0, 0, 1).unsqueeze::<3>(),
        };
        let sum = words + (positions + types);
        let sum = match added {
            Some(added) => sum + added,
            None => sum,
        };
        let normed = ops::layer_norm(sum, &self.layer_norm, self.epsilon);
        ops::dropout(normed, pass.mask(self.dropout))
    }

    /// Position embeddings of `[batch, seq_len]` tokens: `[batch, seq_len, embedding]`, or
    /// `[1, seq_len, embedding]` where all rows have the same.
    fn positions(&self, input_ids: &Tensor<2, Int>) -> Tensor<3> {
        let [_, seq_len] = input_ids.dims();
        let room = self.max_tokens();
        assert!(
            seq_len <= room,
            "a batch of {seq_len} tokens a row, but the encoder has positions for {room}"
        );
        match self.positions {
            Positions::FromZero => {
                let table = self.position_embeddings.weight.val();
                table.narrow(0, 0, seq_len).unsqueeze()
            }
            Positions::AfterPadding(padding) => {
                let is_token = input_ids.clone().not_equal_elem(padding).int();
                let count = is_token.clone().cumsum(1) * is_token;
                ops::embedding(&self.position_embeddings, count.add_scalar(padding), "position")
            }
        }
    }
}

/// A table `[rows, width]` with a row for each token, as long as that needs; all other rows stay as
/// they are.
fn with_rows(mut table: Vec<f32>, width: usize, tokens: &[NewToken]) -> Result<Vec<f32>, String> {
    let rows = table.len() / width;
    let means = tokens
        .iter()
        .map(|token| Ok((token.id as usize, mean(&table, width, token)?)));
    let means = means.collect::<Result<Vec<(usize, Vec<f32>)>, String>>()?;
    let last = means.iter().map(|(row, _)| row + 1).max().unwrap_or(0);
    table.resize(rows.max(last) * width, 0.0);
    for (row, mean) in means {
        table[row * width..][..width].copy_from_slice(&mean);
    }
    Ok(table)
}

/// The mean of the rows of a token's pieces, of all rows if it has no piece; summed in `f64`, so that
/// rounding shows nowhere.
fn mean(table: &[f32], width: usize, token: &NewToken) -> Result<Vec<f32>, String> {
    let rows = table.len() / width;
    let pieces: Vec<usize> = match token.pieces.as_slice() {
        [] => (0..rows).collect(),
        pieces => pieces.iter().map(|&piece| piece as usize).collect(),
    };
    let mut sum = vec![0.0f64; width];
    for &piece in &pieces {
        let row = table.get(piece * width..(piece + 1) * width);
        let row = row.ok_or_else(|| {
            format!(
                "the description of {:?} has a token with id {piece}, but there are only {rows} embeddings",
                token.text
            )
        })?;
        for (total, &value) in sum.iter_mut().zip(row) {
            *total += f64::from(value);
        }
    }
    Ok(sum
        .into_iter()
        .map(|total| (total / pieces.len() as f64) as f32)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: u32, pieces: &[u32]) -> NewToken {
        NewToken {
            text: "[E1]".into(),
            id,
            pieces: pieces.to_vec(),
        }
    }

    #[test]
    fn new_rows_are_means_of_old_ones_and_old_rows_stay() {
        let table = vec![1.0, 2.0, 3.0, 5.0, 0.1, f32::MIN_POSITIVE];
        let grown = with_rows(table.clone(), 2, &[token(3, &[0, 1]), token(4, &[2]), token(5, &[])]).unwrap();
        assert_eq!(grown[..6], table);
        // (1 + 3) / 2, (2 + 5) / 2; row 2 itself; (1 + 3 + 0.1) / 3, (2 + 5 + tiny) / 3
        assert_eq!(grown[6..10], [2.0, 3.5, 0.1, f32::MIN_POSITIVE]);
        assert_eq!(
            grown[10..],
            [((4.0 + f64::from(0.1f32)) / 3.0) as f32, (7.0 / 3.0) as f32]
        );
    }

    /// Many checkpoints have more rows than tokens.
    #[test]
    fn a_spare_row_is_used_before_the_table_grows() {
        let table = vec![1.0, 2.0, 9.0, 9.0];
        assert_eq!(
            with_rows(table.clone(), 1, &[token(2, &[0, 1])]).unwrap(),
            [1.0, 2.0, 1.5, 9.0]
        );
        assert_eq!(with_rows(table.clone(), 1, &[]).unwrap(), table);
    }

    #[test]
    fn a_description_beyond_the_table_is_refused() {
        let message = with_rows(vec![1.0, 2.0], 1, &[token(2, &[7])]).unwrap_err();
        assert!(message.contains("id 7, but there are only 2"), "{message}");
    }
}
