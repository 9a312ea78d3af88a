//! The matrix products of a training step by themselves: the floor under `cargo bench -p relex-train --bench training`, whose
//! steps read batches of this size with this encoder. Operands and outputs are there already and nothing else is computed.
//!
//! `cargo bench -p relex-model --bench products`; `docs/benchmarks/products.py` has the same products in PyTorch.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use faer::{Accum, Mat, Par, linalg::matmul::matmul};
use rayon::prelude::*;

const ROWS: usize = 32;
const HIDDEN: usize = 384;
const INTERMEDIATE: usize = 1536;
const HEADS: usize = 12;
/// The last of twelve layers computes keys and values for every token and the rest for the tokens alone that the head reads.
const WHOLE_LAYERS: usize = 11;

/// Pieces of an output are so high at most; each is one thread's.
const PIECE: usize = 192;

/// A product of `[rows, inner] · [inner, columns]`: the left side and the output in pieces.
struct Product {
    pieces: Vec<[Mat<f32>; 2]>,
    right: Mat<f32>,
}

impl Product {
    fn new([rows, inner, columns]: [usize; 3]) -> Self {
        let filled = |rows, columns| Mat::from_fn(rows, columns, |row, column| ((row * 7 + column) % 13) as f32 / 13.0);
        let heights = (0..rows).step_by(PIECE).map(|first| PIECE.min(rows - first));
        Self {
            pieces: heights
                .map(|height| [filled(height, inner), Mat::zeros(height, columns)])
                .collect(),
            right: filled(inner, columns),
        }
    }

    fn compute(&mut self) {
        let right = &self.right;
        self.pieces
            .par_iter_mut()
            .for_each(|[left, output]| matmul(output, Accum::Replace, &*left, right, 1.0, Par::Seq));
    }
}

/// Products that a layer computes side by side, in so many layers.
struct Products {
    times: usize,
    products: Vec<Product>,
    operations: usize,
}

impl Products {
    fn new(times: usize, count: usize, [rows, inner, columns]: [usize; 3]) -> Self {
        Self {
            times,
            products: (0..count).map(|_| Product::new([rows, inner, columns])).collect(),
            operations: 2 * times * count * rows * inner * columns,
        }
    }

    fn compute(&mut self) {
        for _ in 0..self.times {
            self.products.par_iter_mut().for_each(Product::compute);
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
    .flat_map(|(times, count, [rows, inner, columns])| {
        // The product of the forward pass, and the two of its backward pass.
        [[rows, inner, columns], [rows, columns, inner], [inner, rows, columns]]
            .map(|shape| Products::new(times, count, shape))
    })
    .collect()
}

fn products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("products");
    group.sample_size(10);
    for tokens in [32, 64, 128] {
        let mut products = of_a_step(tokens);
        let operations: usize = products.iter().map(|products| products.operations).sum();
        group.throughput(Throughput::Elements(operations as u64));
        group.bench_function(BenchmarkId::new("tokens", tokens), |bencher| {
            bencher.iter(|| products.iter_mut().for_each(Products::compute));
        });
    }
    group.finish();
}

criterion_group!(benches, products);
criterion_main!(benches);
