//! How long it takes to score as many rows as KLUE-RE's competition has: 7,765 rows, 30 labels, each score with its
//! interval.
//!
//! `cargo bench -p relex-eval --bench scores`

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use relex_eval::{BootstrapConfig, EvaluationInput, evaluate};

const ROWS: usize = 7_765;
const LABELS: usize = 30;

fn scores(criterion: &mut Criterion) {
    let labels: Vec<String> = (0..LABELS).map(|label| format!("label {label}")).collect();
    let (gold, probabilities) = predictions();
    let groups: Vec<usize> = (0..ROWS).map(|row| row * 9 / 10).collect();

    let mut group = criterion.benchmark_group("evaluate");
    group.sample_size(10);
    for resamples in [1_000, 10_000] {
        let input = EvaluationInput {
            labels: &labels,
            negative: 0,
            gold: &gold,
            probabilities: &probabilities,
            groups: &groups,
            bootstrap: BootstrapConfig {
                resamples,
                seed: 0,
                level: 0.95,
            },
        };
        group.bench_function(BenchmarkId::new("resamples", resamples), |bencher| {
            bencher.iter(|| evaluate(black_box(&input)).expect("the rows are in order"));
        });
    }
    group.finish();
}

/// Labels with a long tail, and a model that is right about two times of three.
fn predictions() -> (Vec<usize>, Vec<f64>) {
    // A full-period linear congruential sequence (Knuth, MMIX): any will do.
    let mut state = 1u64;
    let mut chance = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut gold = Vec::with_capacity(ROWS);
    let mut probabilities = Vec::with_capacity(ROWS * LABELS);
    for _ in 0..ROWS {
        let label = (chance().powi(2) * LABELS as f64) as usize;
        let weights: Vec<f64> = (0..LABELS)
            .map(|candidate| chance().powi(8) + if candidate == label { 0.5 } else { 0.0 })
            .collect();
        let total: f64 = weights.iter().sum();
        probabilities.extend(weights.iter().map(|weight| weight / total));
        gold.push(label);
    }
    (gold, probabilities)
}

criterion_group!(benches, scores);
criterion_main!(benches);
