//! GGUF files against llama.cpp's own package: `tests/fixtures/make_gguf.py`.

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Int, Tensor};

use super::says;
use crate::{Encoder, EncoderConfig, ModelError, Pass, load_encoder, open_weights};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/gguf")
        .join(name)
}

#[test]
fn every_type_of_block_is_dequantised_as_by_llama_cpp() {
    let file = open_weights(&fixture("quantized.gguf")).unwrap();
    let names = ["BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"];
    assert_eq!(file.names().len(), 2 * names.len());
    for name in names {
        let actual = file.read(name).unwrap().unwrap();
        let expected = file.read(&format!("{name}.expected")).unwrap().unwrap();
        assert_eq!(actual.shape, [2, 256], "{name}");
        assert!(expected.values.iter().any(|x| *x != 0.0), "{name}");
        assert!(actual == expected, "{name}: {:?}", &actual.values[..8]);
    }
}

/// The tiny RoBERTa's configuration, and its weights from one of its two files.
fn folder(weights: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", weights] {
        std::fs::copy(fixture(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn load(folder: &Path) -> Result<(EncoderConfig, Encoder), ModelError> {
    let (config, encoder, report) = load_encoder(folder, &Device::flex())?;
    assert_eq!(report.used.len(), 5 + 16);
    Ok((config, encoder))
}

/// Hidden states of the tokens of two sentences, the second of which is padded.
fn hidden_states(encoder: &Encoder) -> Vec<f32> {
    let device = Device::flex();
    // As long as positions reach.
    let ids = Tensor::<2, Int>::from_ints([[0, 5, 6, 7, 8, 9, 2], [0, 4, 3, 2, 1, 1, 1]], &device);
    let mask = ids.clone().not_equal_elem(1).float();
    let hidden = encoder.forward(ids, None, mask, &mut Pass::Inference);
    let hidden: Vec<f32> = hidden.reshape([-1]).into_data().try_to_vec().unwrap();
    hidden[..(7 + 4) * 8].to_vec()
}

#[test]
fn a_roberta_without_the_rows_that_llama_cpp_cuts_off_is_the_same() {
    let (_, whole) = load(folder("model.safetensors").path()).unwrap();
    let cut = folder("model.gguf");
    let file = open_weights(&cut.path().join("model.gguf")).unwrap();
    let positions = "embeddings.position_embeddings.weight";
    assert_eq!(file.shape(positions), Some(vec![9 - 2, 8]));
    let (config, encoder) = load(cut.path()).unwrap();
    assert_eq!((config.max_position_embeddings, config.max_tokens()), (9, 7));
    assert_eq!(hidden_states(&encoder), hidden_states(&whole));
}

/// Neither more rows nor fewer, and none where positions begin at 0.
#[test]
fn other_rows_are_not_made_up() {
    let folder = folder("model.gguf");
    let path = folder.path().join("config.json");
    let config = std::fs::read_to_string(&path).unwrap();
    let with = |from: &str, to: &str| {
        assert!(config.contains(from));
        std::fs::write(&path, config.replace(from, to)).unwrap();
        load(folder.path()).unwrap_err().to_string()
    };
    let positions = "\"max_position_embeddings\": ";
    let (now, fewer, more) = (
        format!("{positions}9"),
        format!("{positions}8"),
        format!("{positions}10"),
    );
    says(&with(&now, &fewer), &["shape [7, 8]", "asks for [8, 8]"]);
    says(&with(&now, &more), &["shape [7, 8]", "asks for [10, 8]"]);
    says(&with("roberta", "bert"), &["shape [7, 8]", "asks for [9, 8]"]);
}
