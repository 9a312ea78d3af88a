//! A classifier as a folder for transformers.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::{
    EncoderConfig, Head, LoadedClassifier, ModelError, TextEncoder,
    save::{Tensors, new_folder, replace_folder, tensors, write, write_weights},
    transformers::{TransformersTask, class_name, classifier_name},
};

/// Writes a classifier, whole or not at all, as a folder that transformers reads: `config.json` with the labels,
/// `model.safetensors` under transformers' names, `tokenizer.json` with its two companions, and the `relex.json` with which
/// [`crate::load_classifier`] reads it back. `source` is the folder that the classifier was loaded from, whose
/// `config.json` is taken over. The answer says what transformers makes of it.
///
/// A `cls` head becomes that of the family's `…ForSequenceClassification`, which gives the same logits. It has no counterpart
/// there if it is a cosine classifier or has other layers; it and every other kind of head stand in `model.safetensors` under
/// `head.`, beside an encoder for `AutoModel`.
///
/// # Errors
///
/// When a file cannot be written, a weight cannot be read back from the device, or `config.json` has vanished.
pub fn export_classifier(
    folder: &Path,
    model: &LoadedClassifier,
    source: &Path,
) -> Result<TransformersTask, ModelError> {
    let tensors = tensors(&model.classifier);
    let task = task(model, &tensors);
    let mut tensors = tensors.all();
    if task == TransformersTask::SequenceClassification {
        let theirs = |name: &str| classifier_name(model.encoder_config.architecture, name);
        let renamed = tensors.into_iter().map(|tensor| {
            let name = theirs(tensor.name());
            tensor.renamed(name)
        });
        tensors = renamed.collect();
    }
    let temporary = new_folder(folder)?;
    let place = |name: &str| temporary.path().join(name);
    write_weights(temporary.path(), tensors)?;
    write(&place("config.json"), &config(model, source, task)?)?;
    write(&place("relex.json"), &json_bytes(&model.config))?;
    write_tokenizer(temporary.path(), &model.text_encoder, &model.encoder_config)?;
    replace_folder(temporary, folder)?;
    Ok(task)
}

/// Writes `tokenizer.json` and the two files beside it that transformers looks for.
pub(crate) fn write_tokenizer(
    folder: &Path,
    text_encoder: &TextEncoder,
    encoder: &EncoderConfig,
) -> Result<(), ModelError> {
    write(&folder.join("tokenizer.json"), &text_encoder.to_json()?)?;
    let special = text_encoder.special_tokens(encoder.pad_token_id);
    write(&folder.join("special_tokens_map.json"), &json_bytes(&special))?;
    let mut tokenizer = Map::new();
    tokenizer.insert("tokenizer_class".into(), "PreTrainedTokenizerFast".into());
    tokenizer.insert("model_max_length".into(), encoder.max_tokens().into());
    if encoder.type_vocab_size == 1 {
        tokenizer.insert("model_input_names".into(), json!(["input_ids", "attention_mask"]));
    }
    tokenizer.extend(special);
    write(&folder.join("tokenizer_config.json"), &json_bytes(&tokenizer))
}

/// Whether a classifier has nothing on its encoder but a dense layer as wide, and an output layer with a bias, for the first
/// token.
fn task(model: &LoadedClassifier, tensors: &Tensors) -> TransformersTask {
    let width = model.encoder_config.hidden_size;
    let labels = model.config.labels.len();
    let mut rest: Vec<(&str, &[usize])> = tensors
        .rest
        .iter()
        .map(|tensor| (tensor.name(), tensor.shape()))
        .collect();
    rest.sort_unstable();
    let expected: [(&str, &[usize]); 4] = [
        ("head.dense.bias", &[width]),
        ("head.dense.weight", &[width, width]),
        ("head.output.bias", &[labels]),
        ("head.output.weight", &[labels, width]),
    ];
    if matches!(model.classifier.head, Head::Cls(_)) && rest == expected {
        TransformersTask::SequenceClassification
    } else {
        TransformersTask::Encoder
    }
}

fn config(model: &LoadedClassifier, source: &Path, task: TransformersTask) -> Result<Vec<u8>, ModelError> {
    let path = source.join("config.json");
    let text = std::fs::read_to_string(&path).map_err(ModelError::io(&path))?;
    let mut config: Map<String, Value> = serde_json::from_str(&text).map_err(|error| ModelError::Config {
        path,
        reason: error.to_string(),
    })?;
    let labels = || model.config.labels.iter().enumerate();
    config.insert("vocab_size".into(), model.encoder_config.vocab_size.into());
    config.insert(
        "architectures".into(),
        json!([class_name(model.encoder_config.architecture, task)]),
    );
    config.insert(
        "id2label".into(),
        labels().map(|(id, label)| (id.to_string(), json!(label))).collect(),
    );
    config.insert(
        "label2id".into(),
        labels().map(|(id, label)| (label.clone(), json!(id))).collect(),
    );
    config.insert("problem_type".into(), "single_label_classification".into());
    // By its own digits, not those of the nearest double.
    let dropout: Option<f64> = model.config.head_dropout.to_string().parse().ok();
    config.insert("classifier_dropout".into(), json!(dropout));
    // The encoder's weights may have been of another type than these.
    config.shift_remove("torch_dtype");
    config.insert("dtype".into(), "float32".into());
    Ok(json_bytes(&config))
}

/// What is made of maps, texts and numbers cannot fail to be JSON.
pub(crate) fn json_bytes(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec_pretty(value).unwrap_or_default()
}
