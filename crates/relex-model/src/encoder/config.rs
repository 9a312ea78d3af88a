use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ModelError, ops::Activation};

/// Which family of encoders a `config.json` describes (its `model_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Architecture {
    /// BERT (Devlin et al. 2019), and what shares its layout, such as E5-small and MiniLM.
    Bert,
    /// RoBERTa (Liu et al. 2019): BERT whose positions begin after the padding token's id.
    Roberta,
    /// XLM-R (Conneau et al. 2020), and the larger multilingual E5: RoBERTa under another name.
    XlmRoberta,
    /// ELECTRA's discriminator (Clark et al. 2020): BERT with embeddings of a width of their own.
    Electra,
}

/// The values of `model_type` that [`Architecture`] has, for messages.
const SUPPORTED: &str = "bert, roberta, xlm-roberta, electra";

impl Architecture {
    /// Whether the position of a token is counted from the padding token's id on, instead of from 0.
    pub(super) fn counts_from_padding(self) -> bool {
        matches!(self, Self::Roberta | Self::XlmRoberta)
    }
}

/// The part of a Hugging Face `config.json` that fixes an encoder's shape; names and defaults are
/// those of the family's configuration in transformers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncoderConfig {
    /// The family of encoders.
    #[serde(rename = "model_type")]
    pub architecture: Architecture,
    /// Width of the hidden states.
    pub hidden_size: usize,
    /// Width of the embeddings; all families but ELECTRA have `hidden_size` here, whatever the file says.
    pub embedding_size: usize,
    /// Number of transformer layers.
    pub num_hidden_layers: usize,
    /// Number of attention heads; divides `hidden_size`.
    pub num_attention_heads: usize,
    /// Width of the feed-forward layer.
    pub intermediate_size: usize,
    /// Number of rows of the word embeddings.
    pub vocab_size: usize,
    /// Number of rows of the position embeddings; see [`Self::max_tokens`].
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
        let mut json = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        fill_in(&mut json).map_err(refuse)?;
        let config: Self = serde_json::from_value(json)
            .map_err(|error| refuse(format!("{error}; supported model_type: {SUPPORTED}")))?;
        let sizes = [
            ("hidden_size", config.hidden_size),
            ("embedding_size", config.embedding_size),
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
        if config.max_tokens() == 0 {
            return Err(refuse(format!(
                "max_position_embeddings {} leaves no position: the first token's is pad_token_id {} + 1",
                config.max_position_embeddings, config.pad_token_id
            )));
        }
        Ok(config)
    }

    /// The longest text in tokens that every token has a position in. RoBERTa and XLM-R spend the first
    /// `pad_token_id + 1` rows of their position embeddings on padding.
    pub fn max_tokens(&self) -> usize {
        if self.architecture.counts_from_padding() {
            self.max_position_embeddings
                .saturating_sub(self.pad_token_id as usize + 1)
        } else {
            self.max_position_embeddings
        }
    }
}

/// Adds what the family's configuration in transformers has by default and refuses what encoders here do
/// not do: read over, both would give wrong numbers without a word.
fn fill_in(json: &mut Value) -> Result<(), String> {
    let Some(json) = json.as_object_mut() else {
        return Err("not a JSON object".into());
    };
    json.retain(|_, value| !value.is_null());
    if let Some(kind) = json.get("position_embedding_type").and_then(Value::as_str)
        && kind != "absolute"
    {
        return Err(format!(
            "position_embedding_type {kind:?} is not supported; \"absolute\" is"
        ));
    }
    if json.get("is_decoder") == Some(&Value::Bool(true)) {
        return Err("is_decoder is true, but decoders are not supported; take an encoder".into());
    }
    let family = json.get("model_type").and_then(Value::as_str).unwrap_or_default();
    let is_electra = family == "electra";
    let pads_with_one = matches!(family, "roberta" | "xlm-roberta");
    if is_electra {
        json.entry("embedding_size").or_insert(128.into());
    } else if let Some(width) = json.get("hidden_size").cloned() {
        json.insert("embedding_size".into(), width);
    }
    json.entry("pad_token_id").or_insert(u32::from(pads_with_one).into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: &str = r#""hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96,
        "vocab_size": 50, "max_position_embeddings": 20"#;

    fn read(rest: &str) -> Result<EncoderConfig, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, format!("{{{SIZES}, {rest}}}")).unwrap();
        EncoderConfig::from_file(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn what_a_file_leaves_out_is_the_familys_default() {
        let check = |rest: &str, pad_token_id, embedding_size, max_tokens| {
            let config = read(rest).unwrap();
            let actual = (config.pad_token_id, config.embedding_size, config.max_tokens());
            assert_eq!(actual, (pad_token_id, embedding_size, max_tokens), "{rest}");
        };
        check(r#""model_type": "bert""#, 0, 64, 20);
        // 20 positions, of which 0 and 1 are padding's
        check(r#""model_type": "roberta""#, 1, 64, 18);
        check(r#""model_type": "xlm-roberta", "pad_token_id": 3"#, 3, 64, 16);
        check(r#""model_type": "electra""#, 0, 128, 20);
        check(r#""model_type": "electra", "embedding_size": 32"#, 0, 32, 20);
        check(r#""model_type": "bert", "embedding_size": 32"#, 0, 64, 20);
    }

    #[test]
    fn activations_go_by_their_names() {
        for (name, activation) in [
            ("gelu", Activation::Gelu),
            ("gelu_new", Activation::GeluTanh),
            ("gelu_pytorch_tanh", Activation::GeluTanh),
            ("relu", Activation::Relu),
        ] {
            let config = read(&format!(r#""model_type": "bert", "hidden_act": "{name}""#)).unwrap();
            assert_eq!(config.hidden_act, activation);
        }
        let message = read(r#""model_type": "bert", "hidden_act": "silu""#).unwrap_err();
        assert!(message.contains("silu") && message.contains("gelu_new"), "{message}");
    }

    #[test]
    fn what_would_give_wrong_numbers_is_refused() {
        let check = |rest: &str, part: &str| {
            let message = read(rest).unwrap_err();
            assert!(message.contains(part), "{message}");
        };
        check(r#""model_type": "deberta-v2""#, "supported model_type: bert, roberta");
        check(
            r#""model_type": "bert", "position_embedding_type": "relative_key""#,
            "\"relative_key\" is not supported",
        );
        check(r#""model_type": "bert", "is_decoder": true"#, "take an encoder");
        check(r#""model_type": "roberta", "pad_token_id": 19"#, "leaves no position");
        check(r#""model_type": "electra", "embedding_size": 0"#, "embedding_size is 0");
    }
}
