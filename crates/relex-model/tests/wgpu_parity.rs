//! Training steps on the `wgpu` device against the CPU. Needs a Vulkan, Metal or DirectX 12 driver
//! (a software one will do) and says so where there is none.

#![cfg(feature = "wgpu")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]
#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::path::{Path, PathBuf};

use burn::{
    optim::{AdamWConfig, GradientsParams},
    tensor::{Device, Int, Tensor, TensorData, activation::log_softmax},
};
use rand::SeedableRng;
use relex_model::{Batch, Classifier, EncodedExample, HeadConfig, HeadKind, Pass, load_encoder, open_device};

/// bert-tiny where the large reference files are at hand, else the fixture's random encoder.
fn encoder_folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("RELEX_SHARED").map_or_else(|| root.join("../../../shared"), PathBuf::from);
    let tiny = shared.join("encoders/bert-tiny");
    if tiny.exists() {
        tiny
    } else {
        root.join("tests/fixtures/bert")
    }
}

/// Losses of five AdamW steps without dropout.
fn losses(device: &Device) -> Vec<f32> {
    let device = device.clone().autodiff();
    let (config, encoder, _) = load_encoder(&encoder_folder(), &device).unwrap();
    let head = HeadConfig {
        kind: HeadKind::default(),
        hidden_size: config.hidden_size,
        labels: 5,
        dropout: 0.0,
        cosine_scale: None,
    };
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut classifier = Classifier::with_new_head(encoder, &head, &mut random, &device);
    let example = |row: u32| EncodedExample {
        ids: (0..12 + row).map(|token| 5 + (token * 13 + row * 7) % 80).collect(),
        token_types: Vec::new(),
        entity_starts: [2, 7],
        entity_spans: [3..5, 8..9],
        entity_types: [0, 0],
        truncated: 0,
    };
    let examples: Vec<EncodedExample> = (0..6).map(example).collect();
    let targets = Tensor::<1, Int>::from_data(TensorData::from([0i32, 1, 2, 3, 4, 0]), &device);
    let batch = Batch::new(&examples, &[0, 1, 2, 3, 4, 5], config.pad_token_id);
    let mut optimizer = AdamWConfig::new().with_epsilon(1e-8).init();
    (0..5)
        .map(|_| {
            let logits = classifier.forward(batch.to_device(&device), &mut Pass::Inference);
            let loss = log_softmax(logits, 1)
                .gather(1, targets.clone().reshape([6, 1]))
                .mean()
                .neg();
            let gradients = GradientsParams::from_grads(loss.backward(), &classifier);
            classifier = optimizer.step(1e-3, classifier.clone(), gradients);
            loss.into_scalar::<f32>()
        })
        .collect()
}

#[test]
fn a_few_training_steps_agree_with_the_cpu() {
    let device = match open_device("wgpu".parse().unwrap()) {
        Ok(device) => device,
        Err(error) => return eprintln!("skipped: {error}"),
    };
    let (cpu, gpu) = (losses(&Device::flex()), losses(&device));
    eprintln!("losses on the CPU {cpu:?}, on wgpu {gpu:?}");
    assert!(cpu[4] < cpu[0], "nothing was learnt: {cpu:?}");
    for (step, (expected, actual)) in cpu.iter().zip(&gpu).enumerate() {
        assert!(
            (expected - actual).abs() < 1e-3,
            "step {step}: {actual} is not {expected}"
        );
    }
}
