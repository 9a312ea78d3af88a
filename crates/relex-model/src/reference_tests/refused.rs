//! Checkpoints that do not fit their configuration.

use burn::tensor::Device;

use super::Reference;
use crate::{ModelError, load_encoder};

#[test]
fn missing_tensors_and_wrong_shapes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let reference = Reference::open("bert");
    for name in ["config.json", "model.safetensors"] {
        std::fs::copy(reference.folder.join(name), path(name)).unwrap();
    }
    let load = || load_encoder(folder.path(), &Device::flex());
    assert!(load().is_ok());

    let config = std::fs::read_to_string(path("config.json")).unwrap();
    let deeper = config.replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4");
    std::fs::write(path("config.json"), deeper).unwrap();
    let error = load().unwrap_err();
    assert!(
        matches!(&error, ModelError::Holes { missing, .. } if missing.len() == 16),
        "{error}"
    );
    let message = error.to_string();
    for part in [
        "encoder.layer.3.attention.self.query.weight",
        "13 others",
        "classifier.bias",
    ] {
        assert!(message.contains(part), "{part} is not in {message}");
    }

    let wider = config.replace("\"intermediate_size\": 80", "\"intermediate_size\": 96");
    std::fs::write(path("config.json"), wider).unwrap();
    let error = load().unwrap_err();
    assert!(
        matches!(&error, ModelError::Shape { found, expected, .. } if found == &[80, 48] && expected == &[96, 48]),
        "{error}"
    );
}

/// Without the projection that narrow embeddings need, an ELECTRA checkpoint has holes.
#[test]
fn an_electra_of_another_width_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let narrow = Reference::open("electra");
    let wide = Reference::open("electra-same-width");
    std::fs::copy(narrow.folder.join("config.json"), folder.path().join("config.json")).unwrap();
    let weights = "model.safetensors";
    std::fs::copy(wide.folder.join(weights), folder.path().join(weights)).unwrap();
    let message = load_encoder(folder.path(), &Device::flex()).unwrap_err().to_string();
    assert!(
        message.contains("[97, 48]") && message.contains("[97, 32]"),
        "{message}"
    );
}
