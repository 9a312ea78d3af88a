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
fn drop_out(values: &mut [f32], first: usize, mask: DropoutMask) {
    let ([low, high], threshold, scale) = (mask.halves(), mask.threshold(), mask.scale());
    for (i, x) in values.iter_mut().enumerate() {
        *x *= factor((first as u32).wrapping_add(i as u32), low, high, threshold, scale);
    }
}

/// Layer norm of `residual + dropout(input)`, in place of the input. `inverse_deviation` is filled with a number for each row, and
/// `kept` with what `columns` have before `gamma` and `beta`.
#[expect(
    clippy::too_many_arguments,
    reason = "three results and their inputs, all of them slices"
)]
pub(super) fn add_layer_norm(
    input: &mut [f32],
    residual: Option<&[f32]>,
    gamma: &[f32],
    beta: &[f32],
    epsilon: f32,
    mask: Option<DropoutMask>,
    columns: &[usize],
    kept: &mut [f32],
    inverse_deviation: &mut [f32],
) {
    let width = gamma.len();
    let rows = rows_per_chunk(width);
    let kept = pieces_mut(kept, rows * columns.len(), inverse_deviation.len().div_ceil(rows));
    input
        .par_chunks_mut(rows * width)
        .zip(kept)
        .zip(inverse_deviation.par_chunks_mut(rows))
        .enumerate()
        .for_each(|(chunk, ((input, kept), deviations))| {
            Arch::new().dispatch(Run(
                #[inline(always)]
                || {
                    let first = chunk * rows * width;
                    if let Some(mask) = mask {
                        drop_out(input, first, mask);
                    }
                    if let Some(residual) = residual {
                        for (x, r) in input.iter_mut().zip(&residual[first..]) {
                            *x += r;
                        }
                    }
                    let mut kept = kept.iter_mut();
                    for (row, deviation) in input.chunks_exact_mut(width).zip(deviations.iter_mut()) {
                        *deviation = normalize_row(row, epsilon);
                        for (&column, kept) in columns.iter().zip(&mut kept) {
                            *kept = row[column];
                        }
                        for ((x, gamma), beta) in row.iter_mut().zip(gamma).zip(beta) {
                            *x = x.mul_add(*gamma, *beta);
                        }
                    }
                },
            ));
        });
}

/// The columns of a layer norm whose normalised values cannot be had back from its output: where `gamma` is small beside `beta`,
/// `(y - beta) / gamma` would be more rounding than value. Elsewhere it is good to 5e-7.
pub(super) fn hidden_columns(gamma: &[f32], beta: &[f32]) -> Vec<usize> {
    /// What is smaller, times a normalised value, could be smaller than any normal number.
    const SMALLEST: f32 = 1e-30;
    let is_plain = |gamma: f32, beta: f32| gamma.abs() >= SMALLEST && beta.abs() <= 4.0 * gamma.abs();
    let columns = gamma.iter().zip(beta).enumerate();
    columns
        .filter(|&(_, (&gamma, &beta))| !is_plain(gamma, beta))
        .map(|(column, _)| column)
        .collect()
}

/// `count` pieces of this size, the last as long as what is left; empty ones of nothing.
fn pieces_mut(values: &mut [f32], size: usize, count: usize) -> Vec<&mut [f32]> {
    if size == 0 {
        return (0..count).map(|_| Default::default()).collect();
    }
    values.chunks_mut(size).collect()
}

/// Subtracts the mean, multiplies by the inverse deviation and returns that.
#[inline(always)]
fn normalize_row(row: &mut [f32], epsilon: f32) -> f32 {
    let count = row.len() as f32;
    let mut sums = [0.0; LANES];
    for_lanes(
        row,
        #[inline(always)]
        |lane, x| sums[lane] += x,
    );
    let mean = sums.iter().sum::<f32>() / count;
    let mut squares = [0.0; LANES];
    for_lanes(
        row,
        #[inline(always)]
        |lane, x| squares[lane] = (x - mean).mul_add(x - mean, squares[lane]),
    );
    let inverse = 1.0 / (squares.iter().sum::<f32>() / count + epsilon).sqrt();
    for x in row {
        *x = (*x - mean) * inverse;
    }
    inverse
}

/// What is known of a layer norm when its backward pass begins.
pub(super) struct LayerNormPast<'a> {
    pub(super) output: &'a [f32],
    pub(super) gamma: &'a [f32],
    pub(super) beta: &'a [f32],
    /// What the [`hidden_columns`] had before `gamma` and `beta`, row by row.
    pub(super) kept: &'a [f32],
    pub(super) inverse_deviation: &'a [f32],
}

/// Turns the gradient at the output into the one at the layer norm's input, in place, and returns
/// those of `gamma` and `beta`.
pub(super) fn layer_norm_backward(grad: &mut [f32], past: &LayerNormPast<'_>) -> (Vec<f32>, Vec<f32>) {
    let LayerNormPast {
        output,
        gamma,
        beta,
        kept,
        inverse_deviation,
    } = *past;
    let width = gamma.len();
    let rows = rows_per_chunk(width);
    let columns = hidden_columns(gamma, beta);
    let inverse_gamma: Vec<f32> = gamma.iter().map(|gamma| 1.0 / gamma).collect();
    let partial: Vec<(Vec<f32>, Vec<f32>)> = grad
        .par_chunks_mut(rows * width)
        .zip(output.par_chunks(rows * width))
        .zip(inverse_deviation.par_chunks(rows))
        .enumerate()
        .map(|(chunk, ((grad, output), deviations))| {
            let mut sums = (vec![0.0; width], vec![0.0; width]);
            let mut normalized = vec![0.0; width];
            Arch::new().dispatch(Run(
                #[inline(always)]
                || {
                    let mut kept = kept[chunk * rows * columns.len()..].iter();
                    let pairs = grad.chunks_exact_mut(width).zip(output.chunks_exact(width));
                    for ((g, y), &inverse) in pairs.zip(deviations) {
                        let weights = inverse_gamma.iter().zip(beta);
                        for ((x, y), (inverse_gamma, beta)) in normalized.iter_mut().zip(y).zip(weights) {
                            *x = (y - beta) * inverse_gamma;
                        }
                        for (&column, kept) in columns.iter().zip(&mut kept) {
                            normalized[column] = *kept;
                        }
                        layer_norm_backward_row(g, &normalized, inverse, gamma, &mut sums.0, &mut sums.1);
                    }
                },
            ));
            sums
        })
        .collect();
    let mut total = (vec![0.0; width], vec![0.0; width]);
    for (gamma, beta) in &partial {
        add(&mut total.0, gamma);
        add(&mut total.1, beta);
    }
    total
}

#[inline(always)]
fn layer_norm_backward_row(
    grad: &mut [f32],
    normalized: &[f32],
    inverse: f32,
    gamma: &[f32],
    gamma_sum: &mut [f32],
    beta_sum: &mut [f32],
) {
    let width = grad.len();
    let sums = gamma_sum.iter_mut().zip(beta_sum);
    for (((g, x), gamma), (gamma_sum, beta_sum)) in grad.iter_mut().zip(normalized).zip(gamma).zip(sums) {
        *beta_sum += *g;
        *gamma_sum = g.mul_add(*x, *gamma_sum);
        *g *= gamma;
    }
    let (mut sums, mut products) = ([0.0; LANES], [0.0; LANES]);
    for_lanes_mut(
        grad,
        normalized,
        0.0,
        #[inline(always)]
        |lane, g, x| {
            sums[lane] += *g;
            products[lane] = g.mul_add(x, products[lane]);
        },
    );
    let mean = sums.iter().sum::<f32>() / width as f32;
    let projection = products.iter().sum::<f32>() / width as f32;
    for (g, x) in grad.iter_mut().zip(normalized) {
        *g = inverse * (*g - mean - x * projection);
    }
}

#[inline(always)]
fn add(total: &mut [f32], part: &[f32]) {
    for (t, p) in total.iter_mut().zip(part) {
        *t += p;
    }
}

fn rows_per_chunk(width: usize) -> usize {
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
const LANES: usize = 32;

#[inline(always)]
fn for_lanes(row: &[f32], mut work: impl FnMut(usize, f32)) {
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
fn for_lanes_mut(row: &mut [f32], other: &[f32], padding: f32, mut work: impl FnMut(usize, &mut f32, f32)) {
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
