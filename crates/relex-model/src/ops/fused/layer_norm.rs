//! A layer norm on slices, there and back.

use pulp::Arch;
use rayon::prelude::*;

use super::kernel::{LANES, Run, add, drop_out, for_lanes, for_lanes_mut, rows_per_chunk};
use crate::ops::DropoutMask;

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
/// `(y - beta) / gamma` would be more rounding than value. Elsewhere a value x comes back to 2.4e-7 · (1 + |x|).
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
