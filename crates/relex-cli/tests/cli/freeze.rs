//! Layers that do not learn.

use crate::bench::Bench;

fn train(bench: &Bench, freeze: &str, run: &str) -> Vec<u8> {
    let freeze = format!("model.freeze_layers={freeze}");
    let more = ["--set", "training.epochs=1", "--run", run, "--quiet"];
    bench.succeed(&[&["train", "--config", "tiny.toml", "--set", &freeze][..], &more].concat());
    bench.bytes(&format!("{run}/best/model.safetensors"))
}

/// The bytes of tensors whose names begin so.
fn tensors(file: &[u8], start: &str) -> Vec<(String, Vec<u8>)> {
    let size = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let (header, data) = file[8..].split_at(size);
    let header: serde_json::Value = serde_json::from_slice(header).unwrap();
    let mut found: Vec<(String, Vec<u8>)> = header
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.starts_with(start))
        .map(|(name, info)| {
            let offset = |place: usize| info["data_offsets"][place].as_u64().unwrap() as usize;
            (name.clone(), data[offset(0)..offset(1)].to_vec())
        })
        .collect();
    found.sort();
    found
}

#[test]
fn frozen_weights_are_those_of_the_encoder() {
    let bench = Bench::with_split();
    let encoder = bench.bytes("encoder/model.safetensors");
    let frozen = train(&bench, "1", "frozen");
    let free = train(&bench, "0", "free");
    for start in ["embeddings.", "encoder.layer.0."] {
        let before = tensors(&encoder, start);
        assert!(!before.is_empty());
        assert!(tensors(&frozen, start) == before, "{start}");
        assert!(tensors(&free, start) != before, "{start}");
    }
    assert_ne!(tensors(&frozen, "head."), tensors(&free, "head."));
}
