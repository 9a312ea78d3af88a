//! Rows a second that the shipped encoder with its head predicts, by sentence length.
//!
//! `cargo bench -p relex-model --bench inference`

use std::path::Path;

use burn::tensor::Device;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use relex_model::{Batch, Classifier, EncodedExample, HeadConfig, HeadKind, Pass, load_encoder};

const ROWS: usize = 32;

fn inference(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/encoders/e5-small-ko-en");
    let device = Device::flex();
    let (config, encoder, _) = load_encoder(&folder, &device).expect("the encoder is part of the repository");
    let head = HeadConfig {
        kind: HeadKind::default(),
        hidden_size: config.hidden_size,
        labels: 30,
        dropout: 0.1,
        cosine_scale: None,
    };
    let classifier = Classifier::with_new_head(encoder, &head, &mut ChaCha8Rng::seed_from_u64(0), &device);

    let mut group = criterion.benchmark_group("inference");
    group.sample_size(10).throughput(Throughput::Elements(ROWS as u64));
    for tokens in [32, 64, 128, 256] {
        let row = EncodedExample {
            ids: (0..tokens as u32).map(|token| 4 + token * 97 % 30_000).collect(),
            entity_starts: [1, tokens / 2],
            entity_spans: [2..3, tokens / 2 + 1..tokens / 2 + 2],
            entity_types: [0, 0],
            token_types: Vec::new(),
            truncated: 0,
        };
        let rows: Vec<usize> = (0..ROWS).collect();
        let batch = Batch::new(&vec![row; ROWS], &rows, config.pad_token_id);
        group.bench_function(BenchmarkId::new("tokens", tokens), |bencher| {
            bencher.iter(|| {
                classifier
                    .forward(batch.to_device(&device), &mut Pass::Inference)
                    .into_data()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, inference);
criterion_main!(benches);
