use burn::tensor::{Device, Int, Tensor, TensorData};

use super::EncodedExample;
use crate::{EncoderConfig, ModelError};

/// Sentences side by side, padded to the longest of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Which examples these are: indices into the list that they came from.
    pub rows: Vec<usize>,
    seq_len: usize,
    input_ids: Vec<i32>,
    attention_mask: Vec<f32>,
    /// Empty if all are 0.
    token_types: Vec<i32>,
    entity_starts: Vec<i32>,
    entity_spans: Vec<i32>,
    /// Empty if all are 0.
    entity_types: Vec<i32>,
}

/// A batch on a device.
#[derive(Debug, Clone)]
pub struct BatchTensors {
    /// Token ids, `[batch, seq_len]`.
    pub input_ids: Tensor<2, Int>,
    /// 1 for tokens, 0 for padding, `[batch, seq_len]`.
    pub attention_mask: Tensor<2>,
    /// Which segment each token belongs to, `[batch, seq_len]`; none if all are of type 0.
    pub token_types: Option<Tensor<2, Int>>,
    /// Positions of the subject's and the object's opening marker, `[batch, 2]`.
    pub entity_starts: Tensor<2, Int>,
    /// The subject's and the object's first token and the one behind their last, `[batch, 2, 2]`.
    pub entity_spans: Tensor<3, Int>,
    /// Of which entity and type each token is, see [`EncodedExample::entity_types`]; 0 for tokens outside the entities and for
    /// padding. `[batch, seq_len]`; none if all are 0.
    pub entity_types: Option<Tensor<2, Int>>,
}

impl Batch {
    /// As [`Self::new`], for examples that no [`crate::TextEncoder`] made: each must fit the encoder.
    ///
    /// # Errors
    ///
    /// When an example has no token or more than the encoder has positions for, a token or a token type without an embedding, or an
    /// entity outside its tokens. The types of entities are not looked at: how many there are, a classifier knows.
    pub fn checked(examples: &[EncodedExample], rows: &[usize], config: &EncoderConfig) -> Result<Self, ModelError> {
        for &row in rows {
            check(&examples[row], config).map_err(|reason| ModelError::Encoded { row, reason })?;
        }
        Ok(Self::new(examples, rows, config.pad_token_id))
    }

    /// Puts the chosen examples together; `pad_token_id` fills up the shorter ones.
    pub fn new(examples: &[EncodedExample], rows: &[usize], pad_token_id: u32) -> Self {
        let seq_len = rows.iter().map(|&row| examples[row].ids.len()).max().unwrap_or(0);
        let has_types = rows.iter().any(|&row| !examples[row].token_types.is_empty());
        let has_entity_types = rows.iter().any(|&row| examples[row].entity_types != [0, 0]);
        let mut batch = Self {
            rows: rows.to_vec(),
            seq_len,
            token_types: vec![0; if has_types { rows.len() * seq_len } else { 0 }],
            input_ids: vec![pad_token_id as i32; rows.len() * seq_len],
            attention_mask: vec![0.0; rows.len() * seq_len],
            entity_starts: Vec::with_capacity(rows.len() * 2),
            entity_spans: Vec::with_capacity(rows.len() * 4),
            entity_types: vec![0; if has_entity_types { rows.len() * seq_len } else { 0 }],
        };
        for (place, &row) in rows.iter().enumerate() {
            let example = &examples[row];
            let start = place * seq_len;
            for (slot, &id) in batch.input_ids[start..].iter_mut().zip(&example.ids) {
                *slot = id as i32;
            }
            for (place, &token_type) in example.token_types.iter().enumerate() {
                batch.token_types[start + place] = token_type as i32;
            }
            batch.attention_mask[start..start + example.ids.len()].fill(1.0);
            batch
                .entity_starts
                .extend(example.entity_starts.map(|position| position as i32));
            for (span, &entity_type) in example.entity_spans.iter().zip(&example.entity_types) {
                batch.entity_spans.extend([span.start as i32, span.end as i32]);
                if has_entity_types {
                    batch.entity_types[start + span.start..start + span.end].fill(entity_type as i32);
                }
            }
        }
        batch
    }

    /// Number of tokens, padding not counted.
    pub fn tokens(&self) -> usize {
        self.attention_mask.iter().filter(|&&mask| mask > 0.0).count()
    }

    /// Number of tokens, padding counted.
    pub fn padded_tokens(&self) -> usize {
        self.input_ids.len()
    }

    /// Copies the batch to a device.
    pub fn to_device(&self, device: &Device) -> BatchTensors {
        let size = [self.rows.len(), self.seq_len];
        let of_tokens = |values: &[i32]| {
            (!values.is_empty()).then(|| Tensor::from_data(TensorData::new(values.to_vec(), size), device))
        };
        BatchTensors {
            input_ids: Tensor::from_data(TensorData::new(self.input_ids.clone(), size), device),
            token_types: of_tokens(&self.token_types),
            attention_mask: Tensor::from_data(TensorData::new(self.attention_mask.clone(), size), device),
            entity_starts: Tensor::from_data(
                TensorData::new(self.entity_starts.clone(), [self.rows.len(), 2]),
                device,
            ),
            entity_spans: Tensor::from_data(
                TensorData::new(self.entity_spans.clone(), [self.rows.len(), 2, 2]),
                device,
            ),
            entity_types: of_tokens(&self.entity_types),
        }
    }
}

fn check(example: &EncodedExample, config: &EncoderConfig) -> Result<(), String> {
    let (tokens, room) = (example.ids.len(), config.max_tokens());
    if tokens == 0 || tokens > room {
        return Err(format!("{tokens} tokens, but it must have 1 to {room}"));
    }
    if let Some(id) = example.ids.iter().find(|&&id| id as usize >= config.vocab_size) {
        return Err(format!(
            "token id {id} is outside the vocabulary of {}",
            config.vocab_size
        ));
    }
    let types = &example.token_types;
    if !types.is_empty() && types.len() != tokens {
        return Err(format!("{} token types for {tokens} tokens", types.len()));
    }
    // An encoder with one type does not look at them.
    let known = config.type_vocab_size;
    if let Some(kind) = types.iter().find(|&&kind| known > 1 && kind as usize >= known) {
        return Err(format!("token type {kind}, but the encoder has {known}"));
    }
    if let Some(start) = example.entity_starts.iter().find(|&&start| start >= tokens) {
        return Err(format!("an entity's marker at {start}, behind its {tokens} tokens"));
    }
    let is_outside = |span: &&std::ops::Range<usize>| span.is_empty() || span.end > tokens;
    match example.entity_spans.iter().find(is_outside) {
        Some(span) => Err(format!(
            "an entity at {span:?}, which is no place in its {tokens} tokens"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> EncodedExample {
        EncodedExample {
            ids: vec![0, 9, 4, 2],
            token_types: vec![0, 0, 1, 1],
            entity_starts: [1, 3],
            entity_spans: [1..3, 3..4],
            entity_types: [0, 0],
            truncated: 0,
        }
    }

    fn encoder(json: &str) -> EncoderConfig {
        let sizes = r#""hidden_size": 8, "embedding_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 8, "vocab_size": 10, "max_position_embeddings": 6, "pad_token_id": 1"#;
        serde_json::from_str(&format!("{{{json}, {sizes}}}")).unwrap()
    }

    #[test]
    fn what_does_not_fit_the_encoder_is_refused_by_name() {
        let config = encoder(r#""model_type": "roberta", "type_vocab_size": 2"#);
        assert_eq!(config.max_tokens(), 4);
        let examples = [sound(), sound()];
        let batch = Batch::checked(&examples, &[1, 0], &config).unwrap();
        assert_eq!(batch, Batch::new(&examples, &[1, 0], 1));
        let refused = |edit: &dyn Fn(&mut EncodedExample), part: &str| {
            let mut examples = [sound(), sound()];
            edit(&mut examples[1]);
            let message = Batch::checked(&examples, &[0, 1], &config).unwrap_err().to_string();
            assert!(
                message.starts_with("encoded example 1: ") && message.contains(part),
                "{part} is not in {message}"
            );
            // It is only in the way where it is taken.
            assert!(Batch::checked(&examples, &[0], &config).is_ok());
        };
        refused(&|example| example.ids.push(3), "5 tokens, but it must have 1 to 4");
        refused(&|example| example.ids.clear(), "0 tokens");
        refused(
            &|example| example.ids[2] = 10,
            "token id 10 is outside the vocabulary of 10",
        );
        refused(&|example| example.token_types[0] = 2, "token type 2");
        refused(&|example| example.token_types.truncate(2), "2 token types for 4");
        refused(&|example| example.entity_starts[1] = 4, "marker at 4");
        refused(&|example| example.entity_spans[0] = 2..5, "2..5");
        refused(&|example| example.entity_spans[1] = 2..2, "2..2");
    }

    #[test]
    fn shorter_rows_are_padded() {
        let example = |ids: &[u32], entity_starts| EncodedExample {
            ids: ids.to_vec(),
            token_types: Vec::new(),
            entity_starts,
            entity_spans: [0..1, 0..ids.len()],
            entity_types: [0, 0],
            truncated: 0,
        };
        let mut examples = [
            example(&[5, 6], [0, 1]),
            example(&[7], [0, 0]),
            example(&[8, 9, 10], [2, 1]),
        ];
        let batch = Batch::new(&examples, &[2, 0], 1);
        assert_eq!(batch.input_ids, [8, 9, 10, 5, 6, 1]);
        assert_eq!(batch.attention_mask, [1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
        assert_eq!(batch.entity_starts, [2, 1, 0, 1]);
        assert_eq!((batch.tokens(), batch.padded_tokens()), (5, 6));
        assert_eq!(batch.entity_spans, [0, 1, 0, 3, 0, 1, 0, 2]);
        let tensors = batch.to_device(&Device::flex());
        assert!(tensors.token_types.is_none() && tensors.entity_types.is_none());

        examples[0].token_types = vec![0, 1];
        examples[0].entity_spans = [1..2, 0..1];
        examples[0].entity_types = [3, 5];
        let batch = Batch::new(&examples, &[2, 0], 1);
        assert_eq!(batch.token_types, [0, 0, 0, 0, 1, 0]);
        let types = batch.to_device(&Device::flex()).token_types.unwrap();
        assert_eq!(types.dims(), [2, 3]);
        assert_eq!(batch.entity_types, [0, 0, 0, 5, 3, 0]);
    }
}
