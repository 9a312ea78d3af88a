//! BERT's tokenizer from `vocab.txt` and `tokenizer_config.json`: what transformers' `BertTokenizer` makes of them.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use super::tokenizer_config::TokenizerConfig;
use crate::ModelError;

/// Classes of transformers that do with these files what is done here.
const CLASSES: [&str; 3] = ["BertTokenizer", "ElectraTokenizer", "DistilBertTokenizer"];

/// `BertTokenizer`'s own defaults.
const SPECIAL_TOKENS: [(&str, &str); 5] = [
    ("unk_token", "[UNK]"),
    ("sep_token", "[SEP]"),
    ("pad_token", "[PAD]"),
    ("cls_token", "[CLS]"),
    ("mask_token", "[MASK]"),
];

/// The files that were read, and the `tokenizer.json` that they amount to.
///
/// `do_lower_case` (true where the configuration leaves it out), `strip_accents` (as `do_lower_case`) and
/// `tokenize_chinese_chars` (true) are followed. Words of more than 100 characters are unknown.
///
/// # Errors
///
/// When a file cannot be read or was written for another tokenizer, or `tokenizer_config.json` is missing: nothing else
/// tells whether the vocabulary is cased, and a guess would spoil every text without a word.
pub(super) fn read(folder: &Path) -> Result<(Vec<PathBuf>, Value), ModelError> {
    let (path, config_path) = (folder.join("vocab.txt"), folder.join("tokenizer_config.json"));
    if !config_path.is_file() {
        return Err(ModelError::Config {
            path: config_path,
            reason: "there is no such file, and vocab.txt does not tell whether its words are cased; write \
                     {\"do_lower_case\": false} into it for a cased vocabulary, {\"do_lower_case\": true} for an uncased one"
                .into(),
        });
    }
    let config = TokenizerConfig::read(folder)?.with_defaults(&SPECIAL_TOKENS);
    config.check_class(&CLASSES)?;
    let text = std::fs::read_to_string(&path).map_err(ModelError::io(&path))?;
    let vocabulary: HashMap<&str, u32> = words(&text).collect();
    let (unknown, _) = config.token("unk_token", &vocabulary)?;
    let (cls, cls_id) = config.token("cls_token", &vocabulary)?;
    let (sep, sep_id) = config.token("sep_token", &vocabulary)?;
    let special = |token: &str, segment: u32| json!({"SpecialToken": {"id": token, "type_id": segment}});
    let sequence = |name: &str, segment: u32| json!({"Sequence": {"id": name, "type_id": segment}});
    let json = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": config.added_tokens(&vocabulary)?,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": true,
            "handle_chinese_chars": config.flag("tokenize_chinese_chars")?.unwrap_or(true),
            "strip_accents": config.flag("strip_accents")?,
            "lowercase": config.flag("do_lower_case")?.unwrap_or(true),
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special(&cls, 0), sequence("A", 0), special(&sep, 0)],
            "pair": [special(&cls, 0), sequence("A", 0), special(&sep, 0), sequence("B", 1), special(&sep, 1)],
            "special_tokens": {
                &cls: {"id": cls, "ids": [cls_id], "tokens": [cls]},
                &sep: {"id": sep, "ids": [sep_id], "tokens": [sep]},
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {
            "type": "WordPiece",
            "unk_token": unknown,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": words(&text).map(|(word, id)| (word.to_owned(), id.into())).collect::<Map<_, _>>(),
        },
    });
    Ok((vec![path, config_path], json))
}

/// The pieces with their ids, which are their lines; of a piece that stands there twice the last line counts.
fn words(text: &str) -> impl Iterator<Item = (&str, u32)> {
    text.lines().zip(0..).map(|(line, id)| (line.trim_end(), id))
}
