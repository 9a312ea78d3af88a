//! A `bilstm-v2` head on hidden states of a batch, forward alone and with its backward pass.
//!
//! `cargo bench -p relex-model --bench bilstm`, with `GLIBC_TUNABLES` as in `relex-cli/src/allocator.rs`;
//! `docs/benchmarks/bilstm.py` is the same in PyTorch.

use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use criterion::{Criterion, criterion_group, criterion_main};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use relex_model::{Head, HeadConfig, HeadInput, Pass};

const HIDDEN: usize = 384;
const BATCH: usize = 32;
const SEQ_LEN: usize = 64;

fn input(lengths: impl Fn(usize) -> usize, device: &Device) -> HeadInput {
    let mask: Vec<f32> = (0..BATCH * SEQ_LEN)
        .map(|i| if i % SEQ_LEN < lengths(i / SEQ_LEN) { 1.0 } else { 0.0 })
        .collect();
    HeadInput {
        hidden: Tensor::random([BATCH, SEQ_LEN, HIDDEN], Distribution::Normal(0.0, 1.0), device),
        attention_mask: Tensor::from_data(TensorData::new(mask, [BATCH, SEQ_LEN]), device),
        entity_starts: Tensor::<2, Int>::zeros([BATCH, 2], device),
        entity_spans: Tensor::<3, Int>::ones([BATCH, 2, 2], device),
    }
}

fn bilstm(criterion: &mut Criterion) {
    let config = HeadConfig {
        kind: serde_json::from_str("\"bilstm-v2\"").expect("a head's name"),
        hidden_size: HIDDEN,
        labels: 30,
        dropout: 0.0,
        cosine_scale: None,
    };
    let mut group = criterion.benchmark_group("bilstm");
    group.sample_size(20);
    let device = Device::flex();
    for (name, device) in [("forward", device.clone()), ("forward and backward", device.autodiff())] {
        let head = Head::drawn(&config, &mut ChaCha8Rng::seed_from_u64(0), &device);
        for (lengths, input) in [
            ("even", input(|_| SEQ_LEN, &device)),
            ("uneven", input(|row| SEQ_LEN - row / 2, &device)),
        ] {
            group.bench_function(format!("{name}, {lengths}"), |bencher| {
                bencher.iter(|| {
                    if device.is_autodiff() {
                        let input = HeadInput {
                            hidden: input.hidden.clone().require_grad(),
                            ..input.clone()
                        };
                        let hidden = input.hidden.clone();
                        let gradients = head.forward(&input, &mut Pass::Inference).sum().backward();
                        hidden.grad(&gradients).expect("a gradient").into_data()
                    } else {
                        head.forward(&input, &mut Pass::Inference).into_data()
                    }
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, bilstm);
criterion_main!(benches);
