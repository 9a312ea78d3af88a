//! Tokenizers without a `tokenizer.json`, against transformers' (`tests/fixtures/tokenizers/make.py`).

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::TextEncoder;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tokenizers")
}

fn golden() -> (Map<String, Value>, Vec<Value>) {
    let text = std::fs::read_to_string(fixtures().join("cases.json")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let texts = json["texts"].as_object().unwrap().clone();
    (texts, json["cases"].as_array().unwrap().clone())
}

/// A folder with a vocabulary of the fixtures and these files beside it.
fn folder(kind: &str, files: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let vocabulary: &[&str] = if kind == "bert" {
        &["vocab.txt"]
    } else {
        &["vocab.json", "merges.txt"]
    };
    for name in vocabulary {
        std::fs::copy(fixtures().join(name), folder.path().join(name)).unwrap();
    }
    for (name, content) in files.as_object().unwrap() {
        std::fs::write(folder.path().join(name), content.to_string()).unwrap();
    }
    folder
}

fn ids(encoder: &TextEncoder, text: &str) -> Vec<u32> {
    encoder.tokenizer.encode(text, true).unwrap().get_ids().to_vec()
}

fn numbers(value: &Value) -> Vec<u32> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_u64().unwrap() as u32)
        .collect()
}

/// The pure Python tokenizer composes letters and accents before it looks at them, the others do not.
const SLOW_DIFFERS: &[&str] = &["decomposed"];

#[test]
fn ids_are_those_of_transformers() {
    let (texts, cases) = golden();
    assert_eq!(cases.len(), 13);
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let folder = folder(case["kind"].as_str().unwrap(), &case["files"]);
        let encoder = TextEncoder::from_folder(folder.path(), 512).unwrap();
        for (key, text) in &texts {
            let found = ids(&encoder, text.as_str().unwrap());
            assert_eq!(found, numbers(&case["ids"][key]), "{name}, {key}");
            if let Some(slow) = case.get("slow").filter(|_| !SLOW_DIFFERS.contains(&key.as_str())) {
                assert_eq!(found, numbers(&slow[key]), "{name}, {key}, pure Python");
            }
        }
        let pair = (texts["korean"].as_str().unwrap(), texts["english"].as_str().unwrap());
        let pair = encoder.tokenizer.encode(pair, true).unwrap();
        assert_eq!(pair.get_ids(), numbers(&case["pair"]["ids"]), "{name}");
        assert_eq!(pair.get_type_ids(), numbers(&case["pair"]["types"]), "{name}");
    }
}

/// What is saved with a classifier gives the same ids, and its cache files are told apart by what went in.
#[test]
fn what_is_saved_reads_the_same() {
    let (texts, cases) = golden();
    let mut fingerprints = Vec::new();
    for case in &cases {
        let folder = folder(case["kind"].as_str().unwrap(), &case["files"]);
        let encoder = TextEncoder::from_folder(folder.path(), 512).unwrap();
        assert_eq!(
            TextEncoder::from_folder(folder.path(), 512).unwrap().fingerprint,
            encoder.fingerprint
        );
        fingerprints.push(encoder.fingerprint);
        let saved = folder.path().join("tokenizer.json");
        std::fs::write(&saved, encoder.to_json().unwrap()).unwrap();
        let again = TextEncoder::from_folder(folder.path(), 512).unwrap();
        assert_eq!((again.path(), again.files().len()), (saved.as_path(), 1));
        for text in texts.values() {
            let text = text.as_str().unwrap();
            assert_eq!(ids(&again, text), ids(&encoder, text), "{}, {text:?}", case["name"]);
        }
    }
    let count = fingerprints.len();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    // KoELECTRA's files say what KLUE's do, and `{}` what "uncased" does.
    assert_eq!(fingerprints.len(), count - 2);
}

/// The messages of folders that hold no tokenizer, or one that cannot be read rightly.
#[test]
fn refusals_name_files_and_remedies() {
    let refused = |kind: &str, files: Value, parts: &[&str]| {
        let folder = folder(kind, &files);
        for name in ["vocab.txt", "vocab.json"] {
            if files.get(name).is_some_and(Value::is_null) {
                std::fs::remove_file(folder.path().join(name)).unwrap();
            }
        }
        let message = TextEncoder::from_folder(folder.path(), 64).unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in {message:?}");
        }
    };
    let config = |values: Value| serde_json::json!({ "tokenizer_config.json": values });
    refused(
        "bert",
        serde_json::json!({ "vocab.txt": null }),
        &["no tokenizer.json, nor vocab.txt with tokenizer_config.json, nor vocab.json with merges.txt"],
    );
    refused(
        "roberta",
        serde_json::json!({ "vocab.json": null, "spiece.model": 0 }),
        &["spiece.model", "SentencePiece", "save_pretrained"],
    );
    refused(
        "bert",
        serde_json::json!({}),
        &[
            "tokenizer_config.json: there is no such file",
            "{\"do_lower_case\": false}",
        ],
    );
    refused(
        "bert",
        config(serde_json::json!({ "tokenizer_class": "BertJapaneseTokenizer" })),
        &[
            "\"BertJapaneseTokenizer\" is not one of BertTokenizer",
            "tokenizer.json",
        ],
    );
    refused(
        "bert",
        config(serde_json::json!({ "do_lower_case": "no" })),
        &["do_lower_case = \"no\": it must be true or false"],
    );
    refused(
        "bert",
        config(serde_json::json!({ "cls_token": "<cls>" })),
        &["cls_token is \"<cls>\", which the vocabulary beside it does not hold"],
    );
    refused(
        "bert",
        config(serde_json::json!({ "sep_token": null })),
        &["sep_token is not set"],
    );
    refused(
        "bert",
        config(serde_json::json!([])),
        &["tokenizer_config.json: not a JSON object"],
    );
    refused(
        "bert",
        serde_json::json!({ "tokenizer_config.json": {}, "added_tokens.json": { "[E1]": 100_000 } }),
        &["the token \"[E1]\" cannot have the id 100000", "without gaps"],
    );
    refused(
        "bert",
        serde_json::json!({ "tokenizer_config.json": {}, "added_tokens.json": { "[E1]": "last" } }),
        &["added_tokens.json: [E1] holds \"last\""],
    );
    refused(
        "roberta",
        serde_json::json!({ "merges.txt": "three pieces here" }),
        &["merges.txt: line 1", "not two pieces"],
    );
    refused(
        "roberta",
        serde_json::json!({ "vocab.json": [] }),
        &["vocab.json: not an object of pieces"],
    );
}

/// The real Korean vocabularies, where they are at hand: built from `vocab.txt` they give what `tokenizer.json` gives.
#[test]
#[expect(clippy::print_stderr, reason = "a test says what it skips")]
fn a_real_vocabulary_gives_what_its_tokenizer_json_gives() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("RELEX_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    for name in ["tokenizers/kpfbert", "encoders/minilm-l6"] {
        let real = shared.join(name);
        if !real.is_dir() {
            eprintln!("skipped: {} is not there; set RELEX_SHARED to check it", real.display());
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        for file in ["vocab.txt", "tokenizer_config.json", "special_tokens_map.json"] {
            std::fs::copy(real.join(file), folder.path().join(file)).unwrap();
        }
        let built = TextEncoder::from_folder(folder.path(), 512).unwrap();
        let read = TextEncoder::from_folder(&real, 512).unwrap();
        assert_eq!((built.files().len(), read.files().len()), (2, 1));
        let sample = std::fs::read_to_string(workspace.join("datasets/sample/train.csv")).unwrap();
        for text in golden().0.values().filter_map(Value::as_str).chain(sample.lines()) {
            assert_eq!(ids(&built, text), ids(&read, text), "{name}, {text:?}");
        }
    }
}
