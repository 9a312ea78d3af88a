//! Rows a second that the shipped encoder with its head trains, by sentence length: batches of 32,
//! dropout 0.1, clipping and AdamW included.
//!
//! `cargo bench -p relex-train --bench training`

use std::{hint::black_box, ops::ControlFlow, path::Path};

use burn::tensor::Device;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use relex_data::LabelSet;
use relex_model::{Classifier, EncodedExample, HeadConfig, HeadKind, load_encoder};
use relex_train::{CheckedTrainConfig, DataConfig, FitInput, LabelledRows, ModelConfig, TrainConfig, fit};

const STEPS: usize = 2;

fn training(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/encoders/e5-small-ko-en");
    let device = Device::flex().autodiff();
    let (encoder_config, encoder, _) = load_encoder(&folder, &device).expect("the encoder is part of the repository");
    let head = HeadConfig {
        kind: HeadKind::default(),
        hidden_size: encoder_config.hidden_size,
        labels: 30,
        dropout: 0.1,
        cosine_scale: None,
    };
    let classifier = Classifier::with_new_head(encoder, &head, &mut ChaCha8Rng::seed_from_u64(0), &device);
    let config = one_epoch();
    let loss = config
        .values()
        .loss
        .build(&[1; 30], None)
        .expect("cross entropy fits any labels");
    let batch_size = config.values().training.batch_size;

    let names = (0..30).map(|label| label.to_string());
    let labels = LabelSet::new(names, "0").expect("30 names");
    let mut group = criterion.benchmark_group("training");
    group
        .sample_size(10)
        .throughput(Throughput::Elements((STEPS * batch_size) as u64));
    for tokens in [32, 64, 128] {
        let train = rows(STEPS * batch_size, tokens);
        let valid = rows(1, tokens);
        let input = FitInput {
            config: &config,
            loss: &loss,
            train: &train,
            valid: &valid,
            labels: &labels,
            pad_token_id: encoder_config.pad_token_id,
            device: &device,
            more_devices: &[],
            checkpoints: None,
        };
        group.bench_function(BenchmarkId::new("tokens", tokens), |bencher| {
            bencher.iter_batched(
                || classifier.clone(),
                |classifier| black_box(fit(classifier, &input, |_| ControlFlow::Continue(())).expect("it trains")),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// The defaults; the loop itself reads neither data set nor encoder folder.
fn one_epoch() -> CheckedTrainConfig {
    let mut config = TrainConfig {
        data: DataConfig {
            dataset: "-".into(),
            split: "-".into(),
            ..DataConfig::default()
        },
        model: ModelConfig {
            encoder: "-".into(),
            ..ModelConfig::default()
        },
        ..TrainConfig::default()
    };
    config.training.epochs = 1;
    config.training.batch_size = 32;
    config.check().expect("the defaults are in order")
}

fn rows(count: usize, tokens: usize) -> LabelledRows {
    let row = EncodedExample {
        ids: (0..tokens as u32).map(|token| 4 + token * 97 % 30_000).collect(),
        entity_starts: [1, tokens / 2],
        entity_spans: [2..3, tokens / 2 + 1..tokens / 2 + 2],
        entity_types: [0, 0],
        token_types: Vec::new(),
        truncated: 0,
    };
    LabelledRows {
        ids: (0..count).map(|row| row.to_string()).collect(),
        encoded: vec![row; count],
        labels: (0..count).map(|row| row % 30).collect(),
    }
}

criterion_group!(benches, training);
criterion_main!(benches);
