//! The arithmetic of the fused operations on slices.
//!
//! Work is cut into chunks of a fixed number of rows, and sums over rows are added up in chunk
//! order, so results do not depend on the number of threads. `pulp` picks the vector instructions
//! of the processor at run time.

use pulp::Arch;
use rayon::prelude::*;

use super::math;
use crate::ops::{Activation, DropoutMask, dropout::factor};

/// Elements in one piece of work: enough to hide its scheduling, small enough to balance.
const CHUNK: usize = 16 * 1024;

/// Softmax over rows of `keys` elements of `scale · scores + bias`, in place. One row of `bias`
/// serves `rows_per_batch` rows of scores.
pub(super) fn softmax(scores: &mut [f32], bias: &[f32], rows_per_batch: usize, keys: usize, scale: f32) {
    for_row_chunks(
        scores,
        keys,
        #[inline(always)]
        |first_row, rows| {
            for (i, row) in rows.chunks_exact_mut(keys).enumerate() {
                let batch = (first_row + i) / rows_per_batch;
                softmax_row(row, &bias[batch * keys..][..keys], scale);
            }
        },
    );
}

#[inline(always)]
fn softmax_row(row: &mut [f32], bias: &[f32], scale: f32) {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for_lanes_mut(
        row,
        bias,
        f32::NEG_INFINITY,
        #[inline(always)]
        |lane, x, b| {
            *x = x.mul_add(scale, b);
            lanes[lane] = if *x > lanes[lane] { *x } else { lanes[lane] };
        },
    );
    let highest = lanes.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sums = [0.0; LANES];
    for_lanes_mut(
        row,
        bias,
        f32::NEG_INFINITY,
        #[inline(always)]
        |lane, x, _| {
            *x = math::exp(*x - highest);
            sums[lane] += *x;
        },
    );
    let inverse = 1.0 / sums.iter().sum::<f32>();
    for x in row {
        *x *= inverse;
    }
}

/// Turns the gradient at the softmax's (dropped-out) output into the one at its scores, in place:
/// `p · (m g − Σ p m g) · scale`, with `m` the dropout factors from the index `first` on. Leaves in `probabilities` that output, `m p`.
pub(super) fn softmax_backward(
    grad: &mut [f32],
    probabilities: &mut [f32],
    keys: usize,
    scale: f32,
    mask: Option<DropoutMask>,
    first: usize,
) {
    for_row_chunk_pairs(
        grad,
        probabilities,
        keys,
        #[inline(always)]
        |first_row, rows, probabilities| {
            if let Some(mask) = mask {
                drop_out(rows, first + first_row * keys, mask);
            }
            for (row, p) in rows.chunks_exact_mut(keys).zip(probabilities.chunks_exact(keys)) {
                let mut sums = [0.0; LANES];
                for_lanes_mut(
                    row,
                    p,
                    0.0,
                    #[inline(always)]
                    |lane, g, p| sums[lane] = g.mul_add(p, sums[lane]),
                );
                let sum: f32 = sums.iter().sum();
                for (g, p) in row.iter_mut().zip(p) {
                    *g = p * (*g - sum) * scale;
                }
            }
            if let Some(mask) = mask {
                drop_out(probabilities, first + first_row * keys, mask);
            }
        },
    );
}

/// The sum of all rows of `width` elements.
pub(super) fn sum_rows(values: &[f32], width: usize) -> Vec<f32> {
    let partial: Vec<Vec<f32>> = values
        .par_chunks(rows_per_chunk(width) * width)
        .map(|rows| {
            let mut sum = vec![0.0; width];
            Arch::new().dispatch(Run(
                #[inline(always)]
                || {
                    for row in rows.chunks_exact(width) {
                        add(&mut sum, row);
                    }
                },
            ));
            sum
        })
        .collect();
    let mut total = vec![0.0; width];
    for sum in &partial {
        add(&mut total, sum);
    }
    total
}

/// Applies the activation to `input + bias`, row by row, into `output`.
pub(super) fn activate(input: &[f32], bias: &[f32], activation: Activation, output: &mut [f32]) {
    match activation {
        Activation::Gelu => activate_by(input, bias, output, math::gelu),
        Activation::GeluTanh => activate_by(input, bias, output, math::gelu_tanh),
        Activation::Relu => activate_by(input, bias, output, math::relu),
    }
}

/// Turns the gradient at the output of [`activate`] into the one at its input, in place, and the input into the output.
pub(super) fn activate_backward(grad: &mut [f32], input: &mut [f32], bias: &[f32], activation: Activation) {
    match activation {
        Activation::Gelu => activate_backward_by(grad, input, bias, math::gelu_with_slope),
        Activation::GeluTanh => activate_backward_by(grad, input, bias, math::gelu_tanh_with_slope),
        Activation::Relu => activate_backward_by(grad, input, bias, math::relu_with_slope),
    }
}

#[inline(always)]
fn activate_by(input: &[f32], bias: &[f32], output: &mut [f32], value: impl Fn(f32) -> f32 + Sync) {
    let width = bias.len();
    for_row_chunks(
        output,
        width,
        #[inline(always)]
        |first_row, rows| {
            let input = &input[first_row * width..][..rows.len()];
            for (y, x) in rows.chunks_exact_mut(width).zip(input.chunks_exact(width)) {
                for ((y, x), b) in y.iter_mut().zip(x).zip(bias) {
                    *y = value(x + b);
                }
            }
        },
    );
}

#[inline(always)]
fn activate_backward_by(
    grad: &mut [f32],
    input: &mut [f32],
    bias: &[f32],
    value_with_slope: impl Fn(f32) -> (f32, f32) + Sync,
) {
    let width = bias.len();
    for_row_chunk_pairs(
        grad,
        input,
        width,
        #[inline(always)]
        |_, grad, input| {
            for (g, x) in grad.chunks_exact_mut(width).zip(input.chunks_exact_mut(width)) {
                for ((g, x), b) in g.iter_mut().zip(x).zip(bias) {
                    let (value, slope) = value_with_slope(*x + b);
                    *x = value;
                    *g *= slope;
                }
            }
        },
    );
}

/// Dropout in place, by the mask's factors from the index `first` on; also its own backward pass.
pub(super) fn dropout(values: &mut [f32], mask: DropoutMask, first: usize) {
    for_row_chunks(
        values,
        1,
        #[inline(always)]
        |start, chunk| drop_out(chunk, first + start, mask),
    );
}

#[inline(always)]
pub(super) fn drop_out(values: &mut [f32], first: usize, mask: DropoutMask) {
    let ([low, high], threshold, scale) = (mask.halves(), mask.threshold(), mask.scale());
    for (i, x) in values.iter_mut().enumerate() {
        *x *= factor((first as u32).wrapping_add(i as u32), low, high, threshold, scale);
    }
}

#[inline(always)]
pub(super) fn add(total: &mut [f32], part: &[f32]) {
    for (t, p) in total.iter_mut().zip(part) {
        *t += p;
    }
}

pub(super) fn rows_per_chunk(width: usize) -> usize {
    (CHUNK / width).max(1)
}

/// Runs `work`, which must be an `#[inline(always)]` closure to be compiled for those vectors, as
/// `work(first_row, rows)` over chunks of whole rows of `width` elements, in parallel and
/// with the processor's widest vectors.
fn for_row_chunks(values: &mut [f32], width: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
    let rows = rows_per_chunk(width);
    values
        .par_chunks_mut(rows * width)
        .enumerate()
        .for_each(|(chunk, values)| {
            Arch::new().dispatch(Run(
                #[inline(always)]
                || work(chunk * rows, values),
            ));
        });
}

/// As [`for_row_chunks`], over two slices of the same length at once.
fn for_row_chunk_pairs(
    first: &mut [f32],
    second: &mut [f32],
    width: usize,
    work: impl Fn(usize, &mut [f32], &mut [f32]) + Sync,
) {
    let rows = rows_per_chunk(width);
    first
        .par_chunks_mut(rows * width)
        .zip(second.par_chunks_mut(rows * width))
        .enumerate()
        .for_each(|(chunk, (first, second))| {
            Arch::new().dispatch(Run(
                #[inline(always)]
                || work(chunk * rows, first, second),
            ));
        });
}

/// `pulp` inlines this call into code compiled for the processor's instructions. `FnMut` because
/// that is what the closures are: called as `FnOnce` they would go through a shim, which is not
/// inlined.
pub(in crate::ops) struct Run<F>(pub(in crate::ops) F);

impl<F: FnMut()> pulp::NullaryFnOnce for Run<F> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        (self.0)();
    }
}

/// Running sums are kept in this many lanes, so that adding up needs no fixed order within a
/// vector and stays the same on every processor.
pub(super) const LANES: usize = 32;

#[inline(always)]
pub(super) fn for_lanes(row: &[f32], mut work: impl FnMut(usize, f32)) {
    let mut blocks = row.chunks_exact(LANES);
    for block in &mut blocks {
        for (lane, &x) in block.iter().enumerate() {
            work(lane, x);
        }
    }
    for (lane, &x) in blocks.remainder().iter().enumerate() {
        work(lane, x);
    }
}

/// As [`for_lanes`], with the elements of `other` beside those of `row`. The last block is filled up with `padding`, whose lanes
/// `work` must leave sums as they are for, so that no element is worked on alone.
#[inline(always)]
pub(super) fn for_lanes_mut(row: &mut [f32], other: &[f32], padding: f32, mut work: impl FnMut(usize, &mut f32, f32)) {
    let (blocks, rest) = row.as_chunks_mut();
    let (others, other_rest) = other.as_chunks();
    for (block, other) in blocks.iter_mut().zip(others) {
        for_block(block, other, &mut work);
    }
    if !rest.is_empty() {
        let (mut block, mut other) = ([padding; LANES], [0.0; LANES]);
        block[..rest.len()].copy_from_slice(rest);
        other[..rest.len()].copy_from_slice(other_rest);
        for_block(&mut block, &other, &mut work);
        rest.copy_from_slice(&block[..rest.len()]);
    }
}

#[inline(always)]
fn for_block(block: &mut [f32; LANES], other: &[f32; LANES], work: &mut impl FnMut(usize, &mut f32, f32)) {
    for lane in 0..LANES {
        work(lane, &mut block[lane], other[lane]);
    }
}
