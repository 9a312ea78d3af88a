use serde_json::{Map, Value};

use super::TextEncoder;

impl TextEncoder {
    /// The special tokens by the parts that transformers has for them: `cls_token` and `sep_token` are what begins and ends a
    /// text, `additional_special_tokens` the others, such as markers. The padding token is the one that the tokenizer has for it;
    /// the encoder's `pad_token_id` may be another (in multilingual-e5-small it is that of `<s>`), and counts only where the tokenizer
    /// has none.
    pub(crate) fn special_tokens(&self, pad_token_id: u32) -> Map<String, Value> {
        let token = |id: u32| self.tokenizer.id_to_token(id);
        let known = |names: &[&str]| {
            let found = names.iter().find(|name| self.tokenizer.token_to_id(name).is_some());
            found.map(|&name| name.to_owned())
        };
        let own_padding = self.padding.as_ref().map(|padding| padding.pad_token.as_str());
        let padding = own_padding
            .and_then(|name| known(&[name]))
            .or_else(|| known(&["[PAD]", "<pad>"]))
            .or_else(|| token(pad_token_id));
        let around = self.tokenizer.encode("", true);
        let around = around.map_or_else(|_| Vec::new(), |encoding| encoding.get_ids().to_vec());
        let (first, last) = match around.as_slice() {
            [first, .., last] => (token(*first), token(*last)),
            _ => (None, None),
        };
        let parts = [
            ("cls_token", first),
            ("sep_token", last),
            ("pad_token", padding),
            ("unk_token", known(&["[UNK]", "<unk>"])),
            ("mask_token", known(&["[MASK]", "<mask>"])),
        ];
        let mut map: Map<String, Value> = parts
            .into_iter()
            .filter_map(|(part, token)| Some((part.to_owned(), Value::String(token?))))
            .collect();
        let added = self.tokenizer.get_added_tokens_decoder();
        let mut others: Vec<(u32, String)> = added
            .into_iter()
            .filter(|(_, token)| token.special && !map.values().any(|part| part == &token.content))
            .map(|(id, token)| (id, token.content))
            .collect();
        others.sort_unstable();
        let others: Vec<Value> = others.into_iter().map(|(_, token)| Value::String(token)).collect();
        if !others.is_empty() {
            map.insert("additional_special_tokens".into(), Value::Array(others));
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The padding token of a tokenizer with these words, numbered from 0, for an encoder whose `pad_token_id` is 0.
    fn padding(words: &[&str], padding: &Value) -> Option<Value> {
        let vocabulary: Map<String, Value> = (0..)
            .zip(words)
            .map(|(id, &word)| (word.to_owned(), Value::from(id)))
            .collect();
        let json = serde_json::json!({
            "version": "1.0", "truncation": null, "padding": padding, "added_tokens": [], "normalizer": null,
            "pre_tokenizer": null, "post_processor": null, "decoder": null,
            "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": words[2] },
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer.json");
        std::fs::write(&path, json.to_string()).unwrap();
        let text_encoder = TextEncoder::from_file(&path, 16).unwrap();
        text_encoder.special_tokens(0).remove("pad_token")
    }

    #[test]
    fn the_tokenizers_padding_token_goes_before_the_encoders() {
        let of = |pad_id: u32, pad_token: &str| {
            serde_json::json!({
                "strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": null,
                "pad_id": pad_id, "pad_type_id": 0, "pad_token": pad_token,
            })
        };
        assert_eq!(padding(&["<s>", "<pad>", "<unk>"], &Value::Null), Some("<pad>".into()));
        assert_eq!(
            padding(&["[PAD]", "[CLS]", "[UNK]"], &Value::Null),
            Some("[PAD]".into())
        );
        assert_eq!(padding(&["<s>", "</s>", "<unk>"], &of(1, "</s>")), Some("</s>".into()));
        // What the tokenizer does not hold is no token of it.
        assert_eq!(
            padding(&["<s>", "<pad>", "<unk>"], &of(9, "<gone>")),
            Some("<pad>".into())
        );
        assert_eq!(padding(&["#", "a", "b"], &Value::Null), Some("#".into()));
    }
}
