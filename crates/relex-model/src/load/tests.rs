//! Every form of weight file holds the same weights, and damaged or hostile ones are refused. The files come from PyTorch:
//! `docs/checks/weight_files.py`.

mod gguf;

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use proptest::prelude::*;

use super::{WEIGHT_FILES, WeightFile, WeightTensor, find_weights, load_encoder, open_weights, weight_parts};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/weight-files")
        .join(name)
}

/// A folder with these fixtures.
fn folder(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        std::fs::copy(fixture(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn content(file: &dyn WeightFile) -> Vec<(String, WeightTensor)> {
    let mut names = file.names();
    names.sort();
    names.retain(|name| name != "embeddings.position_ids");
    names
        .into_iter()
        .map(|name| {
            let tensor = file.read(&name).unwrap().unwrap();
            assert_eq!(file.shape(&name).as_ref(), Some(&tensor.shape), "{name}");
            (name, tensor)
        })
        .collect()
}

fn message(path: &Path) -> String {
    match open_weights(path) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
}

#[test]
fn all_forms_hold_the_same_weights() {
    let expected = content(open_weights(&fixture("model.safetensors")).unwrap().as_ref());
    // 5 embedding tensors, 16 in the layer, 5 in the language model's head
    assert_eq!(expected.len(), 5 + 16 + 5);
    for name in [
        "pytorch_model.bin",
        "legacy.bin",
        "protocol-4.bin",
        "views.bin",
        "mixed.bin",
        "mixed.safetensors",
        "gamma-beta.bin",
        "gamma-beta.safetensors",
        "model.safetensors.index.json",
        "pytorch_model.bin.index.json",
    ] {
        let file = open_weights(&fixture(name)).unwrap();
        assert!(content(file.as_ref()) == expected, "{name}");
    }
    let old = std::fs::read(fixture("gamma-beta.safetensors")).unwrap();
    says(
        &String::from_utf8_lossy(&old),
        &["embeddings.LayerNorm.gamma", "embeddings.LayerNorm.beta"],
    );
}

#[test]
fn an_encoder_is_found_in_every_form() {
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let bins = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"];
    let extras: [&[&str]; 4] = [&[], &shards, &[], &bins];
    for (weights, parts) in WEIGHT_FILES.into_iter().zip(extras) {
        let names = [&["config.json", weights], parts].concat();
        let folder = folder(&names);
        let path = find_weights(folder.path()).unwrap();
        assert_eq!(path, folder.path().join(weights));
        assert_eq!(weight_parts(&path).unwrap().len(), 1 + parts.len());
        let (_, _, report) = load_encoder(folder.path(), &Device::flex()).unwrap();
        assert_eq!(report.used.len(), 5 + 16);
        // The head of the language model, and a buffer.
        assert_eq!(report.unused.len(), 5 + 1, "{:?}", report.unused);
        assert!(report.unused.contains(&"cls.predictions.bias".into()));
    }
    let all = folder(&WEIGHT_FILES);
    for name in WEIGHT_FILES {
        assert_eq!(find_weights(all.path()).unwrap(), all.path().join(name));
        std::fs::remove_file(all.path().join(name)).unwrap();
    }
    says(
        &find_weights(all.path()).unwrap_err().to_string(),
        &["pytorch_model.bin"],
    );
}

#[test]
fn files_cut_short_are_named() {
    for name in ["model.safetensors", "pytorch_model.bin", "legacy.bin"] {
        let bytes = std::fs::read(fixture(name)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        for parts in [0, 1, 10, 50, 90, 99] {
            std::fs::write(&path, &bytes[..bytes.len() * parts / 100]).unwrap();
            says(&message(&path), &[name, "not a whole", "cut short"]);
        }
    }
}

#[test]
fn an_index_and_its_files_must_fit() {
    let index = "model.safetensors.index.json";
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let folder = folder(&[index, shards[0], shards[1]]);
    let path = |name: &str| folder.path().join(name);
    assert!(open_weights(&path(index)).is_ok());

    let text = std::fs::read_to_string(path(index)).unwrap();
    let with = |text: &str| {
        std::fs::write(path(index), text).unwrap();
        message(&path(index))
    };
    says(
        &with(&text.replace(shards[1], shards[0])),
        &["should be in", shards[0], "but is not"],
    );
    says(
        &with(&text.replace(shards[1], "../secret.bin")),
        &["../secret.bin", "beside the index"],
    );
    says(&with(&text.replace(shards[1], index)), &["another index"]);
    says(&with("{}"), &[index, "weight_map"]);
    std::fs::write(path(index), &text).unwrap();
    std::fs::remove_file(path(shards[1])).unwrap();
    says(&message(&path(index)), &["in 2 files", shards[1], "not there"]);
    std::fs::write(path(shards[1]), "short").unwrap();
    says(&message(&path(index)), &[shards[1], "cut short"]);
}

fn pickle(name: &str, body: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, body).unwrap();
    (folder, path)
}

/// What Python would run on loading is neither run nor taken for a tensor.
#[test]
fn a_pickle_that_calls_a_program_calls_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let command = format!("touch {}", trace.display());
    let call = |head: &[u8], tail: &[u8]| {
        let mut body = head.to_vec();
        body.extend(b"cposix\nsystem\nX");
        body.extend((command.len() as u32).to_le_bytes());
        body.extend(command.as_bytes());
        body.extend(b"\x85R");
        body.extend(tail);
        body
    };
    let whole = call(b"\x80\x02", b".");
    let value = call(b"\x80\x02}X\x01\x00\x00\x00w", b"s.");
    for body in [whole, value] {
        let (_folder, path) = pickle("pytorch_model.bin", &body);
        says(&message(&path), &["pytorch_model.bin"]);
        assert!(!trace.exists());
    }
}

#[test]
fn pickles_that_grow_without_bound_are_refused() {
    // Lists in lists, a hundred thousand deep; and a tuple of two of the last tuple, forty times over.
    let depth = 100_000;
    let deep = [
        b"\x80\x02".to_vec(),
        vec![b']'; depth],
        vec![b'a'; depth - 1],
        b".".to_vec(),
    ]
    .concat();
    let mut wide = b"\x80\x02K\x01q\x00".to_vec();
    for level in 0..40u8 {
        wide.extend([b'h', level, b'h', level, 0x86, b'q', level + 1]);
    }
    wide.push(b'.');
    for body in [deep, wide] {
        let (_folder, path) = pickle("pytorch_model.bin", &body);
        says(&message(&path), &["pytorch_model.bin"]);
    }
}

proptest! {
    #[test]
    fn damage_never_panics(place in 0usize..100_000, value: u8, which in 0usize..3) {
        let name = ["model.safetensors", "pytorch_model.bin", "legacy.bin"][which];
        let mut bytes = std::fs::read(fixture(name)).unwrap();
        let place = place % bytes.len();
        bytes[place] = value;
        let (_folder, path) = pickle(name, &bytes);
        if let Ok(file) = open_weights(&path) {
            for name in file.names() {
                let _ = file.read(&name);
            }
        }
    }
}
