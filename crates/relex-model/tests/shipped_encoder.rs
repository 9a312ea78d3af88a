//! The encoder that the project ships, its unquantised twin, and other real encoders where they are at hand.

#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Int, Tensor};
use relex_model::{Pass, load_encoder, open_weights};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder with large reference files; tests that need it are skipped without it.
fn shared(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("RELEX_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let path = folder.join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

#[test]
fn gguf_and_safetensors_hold_the_same_weights() {
    let Some(twin) = shared("encoders/e5-small-ko-en/model.safetensors") else {
        return;
    };
    let shipped = root().join("datasets/encoders/e5-small-ko-en/model-q4_0.gguf");
    let (gguf, safetensors) = (open_weights(&shipped).unwrap(), open_weights(&twin).unwrap());
    let mut names = gguf.names();
    names.sort();
    let mut twin_names = safetensors.names();
    twin_names.sort();
    assert_eq!(names, twin_names);
    for name in names {
        let (a, b) = (
            gguf.read(&name).unwrap().unwrap(),
            safetensors.read(&name).unwrap().unwrap(),
        );
        assert_eq!(a.shape, b.shape, "{name}");
        let largest = b.values.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        for (x, y) in a.values.iter().zip(&b.values) {
            // the twin is in f16, which has 11 significant bits
            assert!((x - y).abs() <= largest / 1024.0, "{name}: {x} is not {y}");
        }
    }
}

/// transformers' hidden states (first five of 384) for the same weights in f16.
#[test]
fn hidden_states_match_transformers() {
    let device = Device::flex();
    let (config, encoder, report) = load_encoder(&root().join("datasets/encoders/e5-small-ko-en"), &device).unwrap();
    assert_eq!((report.used.len(), report.unused.len()), (5 + 12 * 16, 0));
    let ids = Tensor::<2, Int>::from_ints([[0, 5, 100, 2000, 30000, 2]], &device);
    let hidden = encoder.forward(ids, None, Tensor::ones([1, 6], &device), &mut Pass::Inference);
    assert_eq!(hidden.dims(), [1, 6, config.hidden_size]);
    let values: Vec<f32> = hidden.into_data().try_to_vec().unwrap();
    for (token, expected) in [
        (0, [0.20433, -0.0489, -0.24335, -0.36749, 0.27348]),
        (3, [0.32379, -0.15173, -0.31412, -0.70963, 0.29786]),
        (5, [0.26411, -0.11157, -0.37485, -0.68566, 0.43102]),
    ] {
        for (actual, expected) in values[token * config.hidden_size..].iter().zip(expected) {
            // f16 rounds each weight by up to 5e-4 of itself
            assert!(
                (actual - expected).abs() < 1e-3,
                "token {token}: {actual} is not {expected}"
            );
        }
    }
}

/// transformers' hidden states (first five of the first and of the last token) in f32, for English `[CLS] hello world . [SEP]`.
/// One is a BertForMaskedLM of old, with a prefix and `gamma` and `beta`; the other is in f16.
#[test]
fn real_encoders_match_transformers() {
    let check = |name: &str, unused: usize, expected: [[f32; 5]; 2]| {
        let Some(folder) = shared(&format!("encoders/{name}")) else {
            return;
        };
        let device = Device::flex();
        let (config, encoder, report) = load_encoder(&folder, &device).unwrap();
        assert_eq!(report.used.len(), 5 + 16 * config.num_hidden_layers, "{name}");
        assert_eq!(report.unused.len(), unused, "{name}: {:?}", report.unused);
        let ids = Tensor::<2, Int>::from_ints([[101, 7592, 2088, 1012, 102]], &device);
        let hidden = encoder.forward(ids, None, Tensor::ones([1, 5], &device), &mut Pass::Inference);
        let values: Vec<f32> = hidden.into_data().try_to_vec().unwrap();
        for (token, expected) in [0, 4].into_iter().zip(expected) {
            for (actual, expected) in values[token * config.hidden_size..].iter().zip(expected) {
                // the values were written down with five decimals
                assert!((actual - expected).abs() < 2e-5, "{name}: {actual} is not {expected}");
            }
        }
    };
    check(
        "bert-tiny",
        5,
        [
            [0.2331, -1.45716, -3.21536, -0.80764, -0.7616],
            [0.00774, -1.46786, -2.54173, -1.50532, -0.95485],
        ],
    );
    check(
        "minilm-l6",
        3,
        [
            [0.16787, 0.06296, 0.0406, 0.2696, -0.15155],
            [-0.30801, -0.09813, -0.33142, 0.38651, -0.35379],
        ],
    );
}
