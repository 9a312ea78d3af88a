//! Encoder folders with something wrong: refused before the run folder is touched.

use crate::bench::Bench;

fn check(edit: impl FnOnce(&Bench), parts: &[&str]) {
    let bench = Bench::with_split();
    edit(&bench);
    bench.refuse(&["train", "--config", "tiny.toml", "--run", "new/run"], parts);
}

const NEEDS: &str =
    "it needs config.json, tokenizer.json and weights: model.safetensors, pytorch_model.bin or a .gguf file";

#[test]
fn without_tokenizer() {
    check(
        |bench| bench.remove("encoder/tokenizer.json"),
        &["encoder: no tokenizer.json", NEEDS],
    );
}

#[test]
fn without_weights() {
    check(
        |bench| bench.remove("encoder/model.safetensors"),
        &["encoder: no model.safetensors, pytorch_model.bin or *.gguf", NEEDS],
    );
}

#[test]
fn without_configuration() {
    check(
        |bench| bench.remove("encoder/config.json"),
        &["encoder: no config.json", NEEDS],
    );
}

#[test]
fn no_folder_at_all() {
    let bench = Bench::with_split();
    let arguments = [
        "train",
        "--config",
        "tiny.toml",
        "--set",
        "model.encoder=nowhere",
        "--run",
        "new/run",
    ];
    bench.refuse(
        &arguments,
        &[
            "model.encoder = \"nowhere\": there is no such folder",
            "does not hold all of nowhere at main",
            "HF_HUB_OFFLINE",
        ],
    );
}

/// Nothing is asked of a network for what cannot be a name.
#[test]
fn a_path_that_leads_nowhere() {
    let bench = Bench::with_split();
    let set = "model.encoder=no/such/folder";
    bench.refuse(
        &["train", "--config", "tiny.toml", "--set", set, "--run", "new/run"],
        &["\"no/such/folder\": there is no such folder", "no name of the hub's"],
    );
}

#[test]
fn truncated_weights() {
    for percent in [0, 3, 50, 99] {
        check(
            |bench| bench.truncate("encoder/model.safetensors", percent),
            &["encoder/model.safetensors", "not a whole safetensors file", "cut short"],
        );
    }
}

/// Sixteen tensors make one layer.
#[test]
fn missing_tensors() {
    check(
        |bench| {
            bench.edit(
                "encoder/config.json",
                "\"num_hidden_layers\": 1",
                "\"num_hidden_layers\": 2",
            );
        },
        &[
            "encoder/model.safetensors",
            "16 of the encoder's tensors are missing",
            "encoder.layer.1.attention.self.query.weight",
            "right file for its config.json?",
        ],
    );
}

#[test]
fn tensors_of_another_shape() {
    check(
        |bench| {
            bench.edit(
                "encoder/config.json",
                "\"intermediate_size\": 32",
                "\"intermediate_size\": 64",
            );
        },
        &[
            "encoder/model.safetensors",
            "encoder.layer.0.intermediate.dense",
            "[32, 16]",
            "config.json asks for [64, 16]",
        ],
    );
}

#[test]
fn unsupported_architecture() {
    check(
        |bench| bench.edit("encoder/config.json", "\"bert\"", "\"t5\""),
        &["encoder/config.json", "t5", "supported model_type: bert"],
    );
}

#[test]
fn tokenizer_that_is_none() {
    check(
        |bench| bench.write("encoder/tokenizer.json", "{}"),
        &["encoder/tokenizer.json"],
    );
}

#[test]
fn texts_longer_than_the_encoder() {
    let bench = Bench::with_split();
    let arguments = [
        "train",
        "--config",
        "tiny.toml",
        "--set",
        "model.max_tokens=129",
        "--run",
        "new/run",
    ];
    bench.refuse(&arguments, &["model.max_tokens = 129", "only 128 positions"]);
}

#[test]
fn a_query_for_a_tokenizer_that_does_not_separate_segments() {
    let bench = Bench::with_split();
    bench.edit(
        "encoder/tokenizer.json",
        r#"{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},{"Sequence""#,
        r#"{"Sequence":{"id":"A","type_id":0}},{"Sequence""#,
    );
    let arguments = [
        "train",
        "--config",
        "tiny.toml",
        "--set",
        "model.query.template={subject}?",
        "--set",
        "model.query.place=second-segment",
        "--run",
        "new/run",
    ];
    bench.refuse(
        &arguments,
        &["encoder/tokenizer.json", "no token between two segments", "\"before\""],
    );
}
