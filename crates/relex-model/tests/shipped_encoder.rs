//! The encoder that the project ships, and its unquantised twin where it is at hand.

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

#[test]
fn similar_words_have_similar_hidden_states() {
    let device = Device::flex();
    let (config, encoder, report) = load_encoder(&root().join("datasets/encoders/e5-small-ko-en"), &device).unwrap();
    assert_eq!((report.used.len(), report.unused.len()), (5 + 12 * 16, 0));
    let ids = Tensor::<2, Int>::from_ints([[0, 5, 6, 2], [0, 5, 6, 2]], &device);
    let mask = Tensor::<2>::ones([2, 4], &device);
    let hidden = encoder.forward(ids, None, mask, &mut Pass::Inference);
    assert_eq!(hidden.dims(), [2, 4, config.hidden_size]);
    let values: Vec<f32> = hidden.into_data().try_to_vec().unwrap();
    let (first, second) = values.split_at(4 * config.hidden_size);
    assert!(values.iter().all(|x| x.is_finite()) && first == second);
}
