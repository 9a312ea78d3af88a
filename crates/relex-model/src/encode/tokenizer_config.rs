//! `tokenizer_config.json` and the older files beside it, read as transformers reads them.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};
use tokenizers::AddedToken;

use crate::ModelError;

/// The keys that name one special token each, in the order in which transformers looks at them.
const NAMED: [&str; 7] = [
    "bos_token",
    "eos_token",
    "unk_token",
    "sep_token",
    "pad_token",
    "cls_token",
    "mask_token",
];

/// The keys that hold more special tokens, under their older and their newer name.
const LISTED: [&str; 2] = ["additional_special_tokens", "extra_special_tokens"];

/// What the files beside a vocabulary say about it.
pub(super) struct TokenizerConfig {
    path: PathBuf,
    values: Map<String, Value>,
    /// Tokens that the files give an id, by id.
    numbered: Vec<(u32, AddedToken)>,
}

impl TokenizerConfig {
    /// Reads `tokenizer_config.json`; unless that holds `added_tokens_decoder`, also
    /// `special_tokens_map.json`, whose keys win, and `added_tokens.json`. Each may be absent.
    pub(super) fn read(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join("tokenizer_config.json");
        let mut values = object(&path)?;
        let mut numbered = Vec::new();
        if let Some(decoder) = values.remove("added_tokens_decoder") {
            for (id, token) in decoder.as_object().into_iter().flatten() {
                let parsed = id.parse().ok().zip(added_token(token));
                let (id, mut parsed) =
                    parsed.ok_or_else(|| refuse(&path, unreadable("added_tokens_decoder", token)))?;
                parsed.special = flag_of(token, "special");
                numbered.push((id, parsed));
            }
        } else {
            values.extend(object(&folder.join("special_tokens_map.json"))?);
            let added = folder.join("added_tokens.json");
            for (text, id) in object(&added)? {
                let number = id.as_u64().and_then(|id| u32::try_from(id).ok());
                let number = number.ok_or_else(|| refuse(&added, unreadable(&text, &id)))?;
                let is_special = special(&values).any(|token| token.content == text);
                numbered.push((number, AddedToken::from(text, is_special)));
            }
        }
        numbered.sort_by_key(|(id, _)| *id);
        Ok(Self { path, values, numbered })
    }

    /// Sets the special tokens that the files do not name.
    pub(super) fn with_defaults(mut self, defaults: &[(&str, &str)]) -> Self {
        for (key, token) in defaults {
            self.values.entry(*key).or_insert_with(|| (*token).into());
        }
        self
    }

    /// Refuses files that were written for another kind of tokenizer.
    pub(super) fn check_class(&self, known: &[&str]) -> Result<(), ModelError> {
        let Some(class) = self.values.get("tokenizer_class").and_then(Value::as_str) else {
            return Ok(());
        };
        if known.contains(&class.trim_end_matches("Fast")) {
            return Ok(());
        }
        Err(refuse(
            &self.path,
            format!(
                "tokenizer_class {class:?} is not one of {}; save it as tokenizer.json, which transformers' \
                 `AutoTokenizer.from_pretrained(..).save_pretrained(..)` does",
                known.join(", ")
            ),
        ))
    }

    /// A key that is true, false, or `null`, which counts as absent.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, ModelError> {
        match self.values.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(other) => Err(refuse(&self.path, format!("{key} = {other}: it must be true or false"))),
        }
    }

    /// A special token that every text needs, and its id.
    pub(super) fn token(&self, key: &str, vocabulary: &HashMap<&str, u32>) -> Result<(String, u32), ModelError> {
        let token = self
            .values
            .get(key)
            .and_then(added_token)
            .ok_or_else(|| refuse(&self.path, format!("{key} is not set")))?;
        match vocabulary.get(token.content.as_str()) {
            Some(id) => Ok((token.content, *id)),
            None => Err(refuse(
                &self.path,
                format!(
                    "{key} is {:?}, which the vocabulary beside it does not hold; name the token that it does",
                    token.content
                ),
            )),
        }
    }

    /// All tokens that are found in a text before it is cut into pieces, in `tokenizer.json`'s form. Those that the
    /// vocabulary lacks are numbered behind it.
    pub(super) fn added_tokens(&self, vocabulary: &HashMap<&str, u32>) -> Result<Vec<Value>, ModelError> {
        let mut tokens: Vec<(Option<u32>, AddedToken)> = Vec::new();
        let numbered = self.numbered.iter().map(|(id, token)| (Some(*id), token.clone()));
        for (id, mut token) in numbered.chain(special(&self.values).map(|token| (None, token))) {
            if tokens.iter().any(|(_, known)| known.content == token.content) {
                continue;
            }
            token.special |= special(&self.values).any(|named| named.content == token.content);
            tokens.push((id, token));
        }
        let is_free = |id: u32| vocabulary.values().all(|used| *used != id);
        let mut next = vocabulary.len() as u32;
        let mut listed = Vec::new();
        for (wanted, token) in tokens {
            let known = vocabulary.get(token.content.as_str());
            let id = *known.unwrap_or(&next);
            if wanted.is_some_and(|wanted| wanted != id) || (known.is_none() && !is_free(id)) {
                return Err(refuse(
                    &self.path,
                    format!(
                        "the token {:?} cannot have the id {}: by the vocabulary's {} tokens it would be {id}; number them \
                         without gaps",
                        token.content,
                        wanted.unwrap_or(id),
                        vocabulary.len()
                    ),
                ));
            }
            next += u32::from(known.is_none());
            listed.push((id, token));
        }
        listed.sort_by_key(|(id, _)| *id);
        Ok(listed.iter().map(|(id, token)| in_json(*id, token)).collect())
    }
}

/// The special tokens of a configuration, named ones first.
fn special(values: &Map<String, Value>) -> impl Iterator<Item = AddedToken> {
    let named = NAMED.iter().filter_map(|key| values.get(*key));
    let listed = LISTED.iter().filter_map(|key| values.get(*key)).flat_map(|list| {
        let array = list.as_array().into_iter().flatten();
        array.chain(list.as_object().into_iter().flat_map(Map::values))
    });
    named.chain(listed).filter_map(added_token)
}

/// A special token, written as a string or with its flags.
fn added_token(value: &Value) -> Option<AddedToken> {
    let text = value.as_str().or_else(|| value.get("content")?.as_str())?;
    Some(
        AddedToken::from(text, true)
            .single_word(flag_of(value, "single_word"))
            .lstrip(flag_of(value, "lstrip"))
            .rstrip(flag_of(value, "rstrip"))
            .normalized(flag_of(value, "normalized")),
    )
}

fn flag_of(token: &Value, key: &str) -> bool {
    token.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn in_json(id: u32, token: &AddedToken) -> Value {
    serde_json::json!({
        "id": id,
        "content": token.content,
        "single_word": token.single_word,
        "lstrip": token.lstrip,
        "rstrip": token.rstrip,
        "normalized": token.normalized,
        "special": token.special,
    })
}

/// A JSON file with an object in it; an empty object if there is no file.
fn object(path: &Path) -> Result<Map<String, Value>, ModelError> {
    if !path.is_file() {
        return Ok(Map::new());
    }
    let text = std::fs::read_to_string(path).map_err(ModelError::io(path))?;
    serde_json::from_str(&text).map_err(|error| refuse(path, format!("not a JSON object: {error}")))
}

fn unreadable(key: &str, value: &Value) -> String {
    format!("{key} holds {value}, which is no token with an id")
}

fn refuse(path: &Path, reason: String) -> ModelError {
    ModelError::Config {
        path: path.into(),
        reason,
    }
}
