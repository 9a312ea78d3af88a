//! Every head against PyTorch in values and gradients, against finite differences, and under padding.

mod chosen;
mod gradients;
mod padding;
mod reference;

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Head, HeadConfig, HeadInput, HeadKind};

const HIDDEN: usize = 12;
const LABELS: usize = 5;

/// A head in every kind, some with settings, and all kinds as cosine classifiers.
fn configs() -> Vec<HeadConfig> {
    let named = || HeadKind::NAMES.iter().map(|name| format!("{{\"kind\": {name:?}}}"));
    let with_settings = [
        r#"{"kind": "cls", "width": 2, "depth": 3}"#,
        r#"{"kind": "cls", "width": 3}"#,
        r#"{"kind": "bilstm", "layers": 2, "units": 7}"#,
        r#"{"kind": "bilstm-v2", "layers": 2, "units": 7}"#,
    ];
    let parsed = |json: String| config(serde_json::from_str(&json).unwrap());
    let plain = named().chain(with_settings.map(String::from)).map(parsed);
    let cosine = named().map(|json| HeadConfig {
        cosine_scale: Some(5.0),
        ..parsed(json)
    });
    plain.chain(cosine).collect()
}

fn config(kind: HeadKind) -> HeadConfig {
    HeadConfig {
        kind,
        hidden_size: HIDDEN,
        labels: LABELS,
        dropout: 0.1,
        cosine_scale: None,
    }
}

/// One sentence as a head reads it.
#[derive(Debug, Clone)]
struct Sentence {
    /// `HIDDEN` for each token.
    hidden: Vec<f32>,
    starts: [usize; 2],
    spans: [[usize; 2]; 2],
}

/// Sentences side by side, padded to `seq_len` tokens with `filling`.
fn batch(sentences: &[Sentence], seq_len: usize, filling: f32, device: &Device) -> HeadInput {
    let size = sentences.len();
    let mut hidden = vec![filling; size * seq_len * HIDDEN];
    let mut mask = vec![0.0f32; size * seq_len];
    for (row, sentence) in sentences.iter().enumerate() {
        hidden[row * seq_len * HIDDEN..][..sentence.hidden.len()].copy_from_slice(&sentence.hidden);
        mask[row * seq_len..][..sentence.hidden.len() / HIDDEN].fill(1.0);
    }
    let ints = |of: &dyn Fn(&Sentence) -> Vec<usize>| -> Vec<i64> {
        sentences.iter().flat_map(of).map(|place| place as i64).collect()
    };
    let starts = ints(&|sentence| sentence.starts.to_vec());
    let spans = ints(&|sentence| sentence.spans.concat());
    HeadInput {
        hidden: Tensor::from_data(TensorData::new(hidden, [size, seq_len, HIDDEN]), device),
        attention_mask: Tensor::from_data(TensorData::new(mask, [size, seq_len]), device),
        entity_starts: Tensor::<2, Int>::from_data(TensorData::new(starts, [size, 2]), device),
        entity_spans: Tensor::<3, Int>::from_data(TensorData::new(spans, [size, 2, 2]), device),
    }
}

/// A head with weights drawn from a seed.
fn drawn(config: &HeadConfig, seed: u64, device: &Device) -> Head {
    Head::drawn(config, &mut ChaCha8Rng::seed_from_u64(seed), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}
