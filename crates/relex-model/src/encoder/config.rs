use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{ModelError, ops::Activation};

/// Which family of encoders a `config.json` describes (its `model_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Architecture {
    /// BERT (Devlin et al. 2019), and what shares its layout, such as E5 and MiniLM.
    Bert,
}

/// The part of a Hugging Face `config.json` that fixes an encoder's shape; names and defaults are
/// those of `transformers.BertConfig`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncoderConfig {
    /// The family of encoders.
    #[serde(rename = "model_type")]
    pub architecture: Architecture,
    /// Width of the hidden states.
    pub hidden_size: usize,
    /// Number of transformer layers.
    pub num_hidden_layers: usize,
    /// Number of attention heads; divides `hidden_size`.
    pub num_attention_heads: usize,
    /// Width of the feed-forward layer.
    pub intermediate_size: usize,
    /// Number of rows of the word embeddings.
    pub vocab_size: usize,
    /// Number of positions: no text may have more tokens.
    pub max_position_embeddings: usize,
    /// Number of token types (segments).
    #[serde(default = "two")]
    pub type_vocab_size: usize,
    /// Added to the variance in every layer norm.
    #[serde(default = "default_epsilon")]
    pub layer_norm_eps: f64,
    /// Activation of the feed-forward layer.
    #[serde(default)]
    pub hidden_act: Activation,
    /// Dropout on embeddings and on each sub-layer's output.
    #[serde(default = "tenth")]
    pub hidden_dropout_prob: f32,
    /// Dropout on attention probabilities.
    #[serde(default = "tenth")]
    pub attention_probs_dropout_prob: f32,
    /// The token that fills a batch up to its longest row.
    #[serde(default)]
    pub pad_token_id: u32,
}

fn two() -> usize {
    2
}
fn default_epsilon() -> f64 {
    1e-12
}
fn tenth() -> f32 {
    0.1
}
impl EncoderConfig {
    /// Reads `config.json` and checks that its sizes fit together.
    ///
    /// # Errors
    ///
    /// When the file is missing, is not JSON, names an architecture that is not supported, or
    /// holds sizes that contradict each other.
    pub fn from_file(path: &Path) -> Result<Self, ModelError> {
        let text = std::fs::read_to_string(path).map_err(ModelError::io(path))?;
        let refuse = |reason: String| ModelError::Config {
            path: path.into(),
            reason,
        };
        let config: Self =
            serde_json::from_str(&text).map_err(|error| refuse(format!("{error}; supported model_type: bert")))?;
        let sizes = [
            ("hidden_size", config.hidden_size),
            ("num_hidden_layers", config.num_hidden_layers),
            ("num_attention_heads", config.num_attention_heads),
            ("intermediate_size", config.intermediate_size),
            ("vocab_size", config.vocab_size),
            ("max_position_embeddings", config.max_position_embeddings),
            ("type_vocab_size", config.type_vocab_size),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(refuse(format!("{name} is 0")));
        }
        if !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            return Err(refuse(format!(
                "hidden_size {} is not a multiple of num_attention_heads {}",
                config.hidden_size, config.num_attention_heads
            )));
        }
        for (name, probability) in [
            ("hidden_dropout_prob", config.hidden_dropout_prob),
            ("attention_probs_dropout_prob", config.attention_probs_dropout_prob),
        ] {
            if !(0.0..1.0).contains(&probability) {
                return Err(refuse(format!("{name} {probability} is outside [0, 1)")));
            }
        }
        if !(config.layer_norm_eps > 0.0 && config.layer_norm_eps < 1.0) {
            return Err(refuse(format!(
                "layer_norm_eps {} is outside (0, 1)",
                config.layer_norm_eps
            )));
        }
        if config.pad_token_id as usize >= config.vocab_size {
            return Err(refuse(format!(
                "pad_token_id {} is outside the vocabulary of {} tokens (vocab_size)",
                config.pad_token_id, config.vocab_size
            )));
        }
        Ok(config)
    }
}
