//! RoBERTa's tokenizer from `vocab.json` and `merges.txt`: what transformers' `RobertaTokenizer` makes of them.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::tokenizer_config::TokenizerConfig;
use crate::ModelError;

/// Classes of transformers that do with these files what is done here.
const CLASSES: [&str; 1] = ["RobertaTokenizer"];

/// `RobertaTokenizer`'s own defaults.
const SPECIAL_TOKENS: [(&str, &str); 7] = [
    ("bos_token", "<s>"),
    ("eos_token", "</s>"),
    ("unk_token", "<unk>"),
    ("sep_token", "</s>"),
    ("pad_token", "<pad>"),
    ("cls_token", "<s>"),
    ("mask_token", "<mask>"),
];

/// The files that were read, and the `tokenizer.json` that they amount to. `tokenizer_config.json` may be absent;
/// `add_prefix_space` (false where it is left out) and `trim_offsets` (true) are followed.
///
/// # Errors
///
/// When a file cannot be read or was written for another tokenizer.
pub(super) fn read(folder: &Path) -> Result<(Vec<PathBuf>, Value), ModelError> {
    let (path, merges_path) = (folder.join("vocab.json"), folder.join("merges.txt"));
    let config = TokenizerConfig::read(folder)?.with_defaults(&SPECIAL_TOKENS);
    config.check_class(&CLASSES)?;
    let text = std::fs::read_to_string(&path).map_err(ModelError::io(&path))?;
    // In an order of its own, so that the same files always amount to the same bytes.
    let pieces: BTreeMap<String, u32> = serde_json::from_str(&text).map_err(|error| ModelError::Config {
        path: path.clone(),
        reason: format!("not an object of pieces and their ids: {error}"),
    })?;
    let vocabulary: HashMap<&str, u32> = pieces.iter().map(|(piece, id)| (piece.as_str(), *id)).collect();
    let merges = merges(&merges_path)?;
    let (cls, cls_id) = config.token("cls_token", &vocabulary)?;
    let (sep, sep_id) = config.token("sep_token", &vocabulary)?;
    let add_prefix_space = config.flag("add_prefix_space")?.unwrap_or(false);
    let trim_offsets = config.flag("trim_offsets")?.unwrap_or(true);
    let byte_level = |add_prefix_space: bool| json!({"type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": true, "use_regex": true});
    let json = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": config.added_tokens(&vocabulary)?,
        "normalizer": null,
        "pre_tokenizer": byte_level(add_prefix_space),
        "post_processor": {
            "type": "RobertaProcessing",
            "sep": [sep, sep_id],
            "cls": [cls, cls_id],
            "trim_offsets": trim_offsets,
            "add_prefix_space": add_prefix_space,
        },
        "decoder": byte_level(true),
        "model": {
            "type": "BPE",
            "dropout": null,
            "unk_token": null,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": false,
            "byte_fallback": false,
            "ignore_merges": false,
            "vocab": pieces,
            "merges": merges,
        },
    });
    let config_path = folder.join("tokenizer_config.json");
    let files = [path, merges_path, config_path];
    Ok((files.into_iter().filter(|file| file.is_file()).collect(), json))
}

/// The pairs that are merged, the first first.
fn merges(path: &Path) -> Result<Vec<[String; 2]>, ModelError> {
    let text = std::fs::read_to_string(path).map_err(ModelError::io(path))?;
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with("#version"))
        .map(|(number, line)| match line.split(' ').collect::<Vec<_>>()[..] {
            [left, right] => Ok([left.to_owned(), right.to_owned()]),
            _ => Err(ModelError::Config {
                path: path.into(),
                reason: format!("line {}: {line:?} is not two pieces with a space between", number + 1),
            }),
        })
        .collect()
}
