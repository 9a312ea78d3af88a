//! The matrix products of a training step by themselves: the floor under `cargo bench -p relex-train --bench training`, whose
//! steps read the same batches with the same encoder. Operands and outputs are there already and nothing else is computed.
//!
//! `cargo bench -p relex-model --bench products`; `docs/benchmarks/products.py` is the same in PyTorch.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use faer::{Accum, Mat, Par, linalg::matmul::matmul};
use rayon::prelude::*;

const ROWS: usize = 32;
const HIDDEN: usize = 384;
const INTERMEDIATE: usize = 1536;
const HEADS: usize = 12;
/// The last of twelve layers computes keys and values for every token and the rest for the tokens alone that the head reads.
const WHOLE_LAYERS: usize = 11;

/// A piece of an output is at most so high, as in relex's own products.
const PIECE: usize = 192;

/// Products with one right side, done `layers` times over. Each piece is one thread's.
struct Products {
    layers: usize,
    pieces: Vec<[Mat<f32>; 2]>,
    right: Mat<f32>,
}

impl Products {
    /// `count` products of `[rows, inner] · [inner, columns]` in every layer.
    fn new(layers: usize, count: usize, [rows, inner, columns]: [usize; 3]) -> Self {
        let filled = |rows, columns| Mat::from_fn(rows, columns, |row, column| ((row * 7 + column) % 13) as f32 / 13.0);
        let heights = (0..rows).step_by(PIECE).map(|first| PIECE.min(rows - first));
        Self {
            layers,
            pieces: std::iter::repeat_n(heights, count)
                .flatten()
                .map(|height| [filled(height, inner), Mat::zeros(height, columns)])
                .collect(),
            right: filled(inner, columns),
        }
    }

    fn operations(&self) -> u64 {
        let rows: usize = self.pieces.iter().map(|[left, _]| left.nrows()).sum();
        2 * (self.layers * rows * self.right.nrows() * self.right.ncols()) as u64
    }

    fn compute(&mut self) {
        for _ in 0..self.layers {
            self.pieces
                .par_iter_mut()
                .for_each(|[left, output]| matmul(output, Accum::Replace, &*left, &self.right, 1.0, Par::Seq));
        }
    }
}

/// All products of forward and backward pass over rows of `tokens` tokens.
fn of_a_step(tokens: usize) -> Vec<Products> {
    let all = ROWS * tokens;
    let head = HIDDEN / HEADS;
    let attention = ROWS * HEADS;
    [
        // Queries, keys and values, and the attention's output.
        (4 * WHOLE_LAYERS + 2, 1, [all, HIDDEN, HIDDEN]),
        (WHOLE_LAYERS, 1, [all, HIDDEN, INTERMEDIATE]),
        (WHOLE_LAYERS, 1, [all, INTERMEDIATE, HIDDEN]),
        (WHOLE_LAYERS, attention, [tokens, head, tokens]),
        (WHOLE_LAYERS, attention, [tokens, tokens, head]),
    ]
    .into_iter()
    .flat_map(|(layers, count, [rows, inner, columns])| {
        // The product of the forward pass, and the two of its backward pass.
        [[rows, inner, columns], [rows, columns, inner], [inner, rows, columns]]
            .map(|shape| Products::new(layers, count, shape))
    })
    .collect()
}

fn products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("products");
    group.sample_size(10);
    for tokens in [32, 64, 128] {
        let mut products = of_a_step(tokens);
        group.throughput(Throughput::Elements(products.iter().map(Products::operations).sum()));
        group.bench_function(BenchmarkId::new("tokens", tokens), |bencher| {
            bencher.iter(|| products.iter_mut().for_each(Products::compute));
        });
    }
    group.finish();
}

criterion_group!(benches, products);
criterion_main!(benches);
