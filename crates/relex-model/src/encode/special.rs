use serde_json::{Map, Value};

use super::TextEncoder;

impl TextEncoder {
    /// The special tokens by the parts that transformers has for them: `cls_token` and `sep_token` are what begins and ends a
    /// text, `additional_special_tokens` the others, such as markers.
    pub(crate) fn special_tokens(&self, pad_token_id: u32) -> Map<String, Value> {
        let token = |id: u32| self.tokenizer.id_to_token(id);
        let known = |names: &[&str]| {
            let found = names.iter().find(|name| self.tokenizer.token_to_id(name).is_some());
            found.map(|&name| name.to_owned())
        };
        let around = self.tokenizer.encode("", true);
        let around = around.map_or_else(|_| Vec::new(), |encoding| encoding.get_ids().to_vec());
        let (first, last) = match around.as_slice() {
            [first, .., last] => (token(*first), token(*last)),
            _ => (None, None),
        };
        let parts = [
            ("cls_token", first),
            ("sep_token", last),
            ("pad_token", token(pad_token_id)),
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
