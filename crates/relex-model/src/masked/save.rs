use std::path::Path;

use burn::module::Module;
use serde_json::{Map, Value, json};

use super::{
    MaskedModel,
    names::{PREFIX, in_checkpoint},
};
use crate::{
    EncoderConfig, ModelError, TextEncoder,
    export::{json_bytes, write_tokenizer},
    load::Collect,
    save::{new_folder, replace_folder, write, write_weights},
    tensor_file::LazyTensor,
    transformers::{masked_class_name, prefix},
};

/// Writes a masked language model, whole or not at all, as an encoder's folder: `config.json`, `model.safetensors` with encoder
/// and head under the names of transformers' `…ForMaskedLM`, and `tokenizer.json` with its two companions. [`crate::load_encoder`]
/// and [`super::load_masked_model`] read it, and so does transformers. `source` is the folder that the encoder was loaded from,
/// whose `config.json` is taken over. A folder that is already there is replaced.
///
/// # Errors
///
/// When a file cannot be written, a weight cannot be read back from the device, or `config.json` has vanished.
pub fn save_masked_model(
    folder: &Path,
    model: &MaskedModel,
    config: &EncoderConfig,
    text_encoder: &TextEncoder,
    source: &Path,
) -> Result<(), ModelError> {
    let temporary = new_folder(folder)?;
    let place = |name: &str| temporary.path().join(name);
    write_weights(temporary.path(), tensors(model, config))?;
    write(&place("config.json"), &config_json(config, source)?)?;
    write_tokenizer(temporary.path(), text_encoder, config)?;
    replace_folder(temporary, folder)
}

/// Every weight under transformers' name.
fn tensors(model: &MaskedModel, config: &EncoderConfig) -> Vec<LazyTensor<'static>> {
    let mut encoder = Collect::with_prefix(prefix(config.architecture));
    model.encoder.visit(&mut encoder);
    let mut head = Collect::with_prefix(PREFIX);
    model.head.visit(&mut head);
    let head = head.tensors.into_iter().map(|tensor| {
        let [theirs, _] = in_checkpoint(config.architecture, tensor.name());
        match theirs {
            Some(name) => tensor.renamed(name),
            None => tensor,
        }
    });
    encoder.tensors.into_iter().chain(head).collect()
}

fn config_json(config: &EncoderConfig, source: &Path) -> Result<Vec<u8>, ModelError> {
    let path = source.join("config.json");
    let text = std::fs::read_to_string(&path).map_err(ModelError::io(&path))?;
    let mut json: Map<String, Value> = serde_json::from_str(&text).map_err(|error| ModelError::Config {
        path,
        reason: error.to_string(),
    })?;
    json.insert("vocab_size".into(), config.vocab_size.into());
    json.insert("architectures".into(), json!([masked_class_name(config.architecture)]));
    json.insert("tie_word_embeddings".into(), true.into());
    // The encoder's weights may have been of another type than these.
    json.shift_remove("torch_dtype");
    json.insert("dtype".into(), "float32".into());
    Ok(json_bytes(&json))
}
