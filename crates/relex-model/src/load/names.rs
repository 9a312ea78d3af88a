//! One table for names: what a parameter is called here, in Hugging Face's files and in
//! llama.cpp's.

use std::collections::HashMap;

/// (module path here, Hugging Face, llama.cpp); `{}` stands for the layer's number.
const TABLE: [(&str, &str, &str); 12] = [
    ("embeddings.word_embeddings", "embeddings.word_embeddings", "token_embd"),
    (
        "embeddings.position_embeddings",
        "embeddings.position_embeddings",
        "position_embd",
    ),
    (
        "embeddings.token_type_embeddings",
        "embeddings.token_type_embeddings",
        "token_types",
    ),
    ("embeddings.layer_norm", "embeddings.LayerNorm", "token_embd_norm"),
    (
        "layers.{}.attention.query",
        "encoder.layer.{}.attention.self.query",
        "blk.{}.attn_q",
    ),
    (
        "layers.{}.attention.key",
        "encoder.layer.{}.attention.self.key",
        "blk.{}.attn_k",
    ),
    (
        "layers.{}.attention.value",
        "encoder.layer.{}.attention.self.value",
        "blk.{}.attn_v",
    ),
    (
        "layers.{}.attention.output",
        "encoder.layer.{}.attention.output.dense",
        "blk.{}.attn_output",
    ),
    (
        "layers.{}.attention.layer_norm",
        "encoder.layer.{}.attention.output.LayerNorm",
        "blk.{}.attn_output_norm",
    ),
    (
        "layers.{}.intermediate",
        "encoder.layer.{}.intermediate.dense",
        "blk.{}.ffn_up",
    ),
    ("layers.{}.output", "encoder.layer.{}.output.dense", "blk.{}.ffn_down"),
    (
        "layers.{}.layer_norm",
        "encoder.layer.{}.output.LayerNorm",
        "blk.{}.layer_output_norm",
    ),
];

/// Prefixes that task models put before their encoder's names.
const PREFIXES: [&str; 4] = ["bert.", "roberta.", "electra.", "model."];

/// The canonical name (Hugging Face's, without prefix) of a parameter of this crate's modules.
/// Paths outside the table, such as those of heads, are their own names.
pub(super) fn from_path(path: &str) -> String {
    let path = match path.rsplit_once('.') {
        Some((module, "gamma")) => format!("{module}.weight"),
        Some((module, "beta")) => format!("{module}.bias"),
        _ => path.to_owned(),
    };
    translate(&path, |row| (row.0, row.1)).unwrap_or(path)
}

/// The canonical name of a tensor in a Hugging Face file: prefix stripped, TensorFlow's old
/// `gamma` and `beta` renamed.
pub(super) fn from_hugging_face(name: &str) -> String {
    let bare = PREFIXES
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    match bare.rsplit_once('.') {
        Some((module, "gamma")) => format!("{module}.weight"),
        Some((module, "beta")) => format!("{module}.bias"),
        _ => bare.to_owned(),
    }
}

/// The file's names by canonical ones.
///
/// # Errors
///
/// When two names are the same parameter.
pub(super) fn originals(names: Vec<String>) -> Result<HashMap<String, String>, String> {
    let mut originals = HashMap::new();
    for name in names {
        if let Some(other) = originals.insert(from_hugging_face(&name), name.clone()) {
            return Err(format!("tensors {other:?} and {name:?} are the same parameter"));
        }
    }
    Ok(originals)
}

/// The canonical name of a tensor in a GGUF file; its own where llama.cpp has none for it.
pub(super) fn from_gguf(name: &str) -> String {
    translate(name, |row| (row.2, row.1)).unwrap_or_else(|| name.to_owned())
}

type Row = (&'static str, &'static str, &'static str);

fn translate(name: &str, columns: impl Fn(&Row) -> (&'static str, &'static str)) -> Option<String> {
    let (module, parameter) = name.rsplit_once('.')?;
    TABLE.iter().find_map(|row| {
        let (from, to) = columns(row);
        let number = layer_number(module, from)?;
        Some(format!("{}.{parameter}", to.replacen("{}", number, 1)))
    })
}

/// What stands in `pattern`'s `{}` if `name` matches it; an empty text if it has none.
fn layer_number<'a>(name: &'a str, pattern: &str) -> Option<&'a str> {
    let Some((before, after)) = pattern.split_once("{}") else {
        return (name == pattern).then_some("");
    };
    let number = name.strip_prefix(before)?.strip_suffix(after)?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parameter_in_three_spellings() {
        let check = |path: &str, hugging_face: &str, gguf: &str, canonical: &str| {
            assert_eq!(from_path(path), canonical);
            assert_eq!(from_hugging_face(hugging_face), canonical);
            assert_eq!(from_gguf(gguf), canonical);
        };
        check(
            "embeddings.layer_norm.gamma",
            "bert.embeddings.LayerNorm.gamma",
            "token_embd_norm.weight",
            "embeddings.LayerNorm.weight",
        );
        check(
            "layers.11.attention.query.bias",
            "encoder.layer.11.attention.self.query.bias",
            "blk.11.attn_q.bias",
            "encoder.layer.11.attention.self.query.bias",
        );
        check(
            "layers.0.attention.output.weight",
            "model.encoder.layer.0.attention.output.dense.weight",
            "blk.0.attn_output.weight",
            "encoder.layer.0.attention.output.dense.weight",
        );
        check(
            "layers.3.layer_norm.beta",
            "bert.encoder.layer.3.output.LayerNorm.beta",
            "blk.3.layer_output_norm.bias",
            "encoder.layer.3.output.LayerNorm.bias",
        );
    }

    #[test]
    fn prefixes_of_all_families_are_stripped() {
        for prefix in ["bert", "roberta", "electra"] {
            let name = format!("{prefix}.embeddings.LayerNorm.weight");
            assert_eq!(from_hugging_face(&name), "embeddings.LayerNorm.weight");
        }
        let projection = "embeddings_project.weight";
        assert_eq!(from_path(projection), projection);
        assert_eq!(from_hugging_face(&format!("electra.{projection}")), projection);
    }

    #[test]
    fn foreign_names_stay_as_they_are() {
        assert_eq!(from_path("head.dense.weight"), "head.dense.weight");
        assert_eq!(from_gguf("cls.weight"), "cls.weight");
        assert_eq!(from_gguf("blk.x.attn_q.bias"), "blk.x.attn_q.bias");
        for head in [
            "cls.predictions.bias",
            "lm_head.bias",
            "discriminator_predictions.dense.bias",
        ] {
            assert_eq!(from_hugging_face(head), head);
        }
    }
}
