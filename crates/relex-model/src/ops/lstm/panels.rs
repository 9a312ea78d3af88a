//! A few rows times the same matrix, step after step. A general matrix product would put the matrix in a better order for each
//! step; here that is done once for all of them.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Columns in a panel: two vectors of the widest kind.
const PANEL: usize = 32;
/// Rows in a block.
const BLOCK: usize = 12;

/// A matrix `[inputs, outputs]` as panels of columns, each `[inputs, PANEL]`; the last one is filled up with zeros.
pub(super) struct Panels {
    values: Vec<f32>,
    inputs: usize,
}

impl Panels {
    /// From `[inputs, outputs]`.
    pub(super) fn new(matrix: &[f32], inputs: usize, outputs: usize) -> Self {
        let mut values = vec![0.0; outputs.div_ceil(PANEL) * PANEL * inputs];
        for (first, panel) in (0..outputs).step_by(PANEL).zip(values.chunks_exact_mut(PANEL * inputs)) {
            let columns = PANEL.min(outputs - first);
            for (input, row) in panel.chunks_exact_mut(PANEL).enumerate() {
                row[..columns].copy_from_slice(&matrix[input * outputs + first..][..columns]);
            }
        }
        Self { values, inputs }
    }

    /// From `[outputs, inputs]`.
    pub(super) fn transposed(matrix: &[f32], inputs: usize, outputs: usize) -> Self {
        let mut values = vec![0.0; outputs.div_ceil(PANEL) * PANEL * inputs];
        for (output, row) in matrix.chunks_exact(inputs).enumerate() {
            let panel = &mut values[output / PANEL * PANEL * inputs..];
            for (place, &value) in panel[output % PANEL..].iter_mut().step_by(PANEL).zip(row) {
                *place = value;
            }
        }
        Self { values, inputs }
    }

    /// The product of `rows`, `[rows, inputs]`, with the matrix.
    pub(super) fn product(&self, rows: &[f32]) -> Product {
        let count = rows.len() / self.inputs;
        let blocks = self.blocks(rows);
        let mut values = vec![0.0; self.values.len() / self.inputs * count];
        values
            .par_chunks_mut(PANEL * count)
            .zip(self.values.par_chunks(PANEL * self.inputs))
            .with_min_len(4)
            .for_each(|(product, panel)| {
                Arch::new().dispatch(PanelProduct {
                    panel,
                    blocks: &blocks,
                    inputs: self.inputs,
                    product,
                });
            });
        Product { values, rows: count }
    }

    /// The rows in blocks, in each of them input by input; the last block is filled up with zeros.
    fn blocks(&self, rows: &[f32]) -> Vec<[f32; BLOCK]> {
        let mut blocks = Vec::with_capacity(rows.len().div_ceil(BLOCK * self.inputs) * self.inputs);
        for rows in rows.chunks(BLOCK * self.inputs) {
            let count = rows.len() / self.inputs;
            blocks.extend((0..self.inputs).map(|input| {
                std::array::from_fn(|row| {
                    if row < count {
                        rows[row * self.inputs + input]
                    } else {
                        0.0
                    }
                })
            }));
        }
        blocks
    }
}

/// What [`Panels::product`] makes: `[rows, PANEL]` of each panel.
pub(super) struct Product {
    values: Vec<f32>,
    rows: usize,
}

impl Product {
    /// Adds one of its rows to another.
    #[inline(always)]
    pub(super) fn add_row_to(&self, row: usize, sum: &mut [f32]) {
        let panels = self.values.chunks_exact(PANEL * self.rows);
        for (sum, panel) in sum.chunks_mut(PANEL).zip(panels) {
            for (sum, value) in sum.iter_mut().zip(&panel[row * PANEL..][..PANEL]) {
                *sum += value;
            }
        }
    }
}

/// One panel's share of a product.
struct PanelProduct<'a> {
    panel: &'a [f32],
    blocks: &'a [[f32; BLOCK]],
    inputs: usize,
    product: &'a mut [f32],
}

impl WithSimd for PanelProduct<'_> {
    type Output = ();

    /// As many rows at once as their sums find registers.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F32_LANES {
            16 => self.multiply::<S, 2, 1, 12>(simd),
            8 => self.multiply::<S, 2, 2, 6>(simd),
            4 => self.multiply::<S, 2, 4, 6>(simd),
            _ => self.multiply::<S, PANEL, 1, 1>(simd),
        }
    }
}

impl PanelProduct<'_> {
    /// A row of the panel is `G` groups of `V` vectors; a group and `R` rows of a block go through together.
    #[inline(always)]
    fn multiply<S: Simd, const V: usize, const G: usize, const R: usize>(self, simd: S) {
        let (panel, _) = S::as_simd_f32s(self.panel);
        let (panel, _) = panel.as_chunks::<V>();
        let (panel, _) = panel.as_chunks::<G>();
        let blocks = self.blocks.chunks_exact(self.inputs);
        for (block, product) in blocks.zip(self.product.chunks_mut(BLOCK * PANEL)) {
            for group in 0..G {
                for (part, product) in product.chunks_mut(R * PANEL).enumerate() {
                    let mut sums = [[simd.splat_f32s(0.0); V]; R];
                    for (inputs, weights) in block.iter().zip(panel) {
                        let (inputs, _) = inputs.as_chunks::<R>();
                        for (sums, &input) in sums.iter_mut().zip(&inputs[part]) {
                            let input = simd.splat_f32s(input);
                            for (sum, &weight) in sums.iter_mut().zip(&weights[group]) {
                                *sum = simd.mul_add_e_f32s(input, weight, *sum);
                            }
                        }
                    }
                    for (product, sums) in product.chunks_exact_mut(PANEL).zip(&sums) {
                        let (product, _) = S::as_mut_simd_f32s(product);
                        product[group * V..][..V].copy_from_slice(sums);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(count: usize, salt: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7 + salt) as f32).sin()).collect()
    }

    #[test]
    fn products_are_those_of_the_definition() {
        let shapes = [
            (1, 1, 1),
            (BLOCK / 2, 5, PANEL),
            (BLOCK / 2 + 1, 5, PANEL - 1),
            (BLOCK, 40, PANEL + 1),
            (BLOCK + 1, 17, 100),
            (2 * BLOCK, 9, 64),
            (32, 24, 96),
        ];
        for (rows, inputs, outputs) in shapes {
            let (left, right) = (values(rows * inputs, 1), values(inputs * outputs, 2));
            let turned: Vec<f32> = (0..inputs * outputs)
                .map(|i| right[i % inputs * outputs + i / inputs])
                .collect();
            for panels in [
                Panels::new(&right, inputs, outputs),
                Panels::transposed(&turned, inputs, outputs),
            ] {
                let product = panels.product(&left);
                for row in 0..rows {
                    let mut actual = vec![1.0; outputs];
                    product.add_row_to(row, &mut actual);
                    for (output, actual) in actual.iter().enumerate() {
                        let terms = (0..inputs)
                            .map(|i| f64::from(left[row * inputs + i]) * f64::from(right[i * outputs + output]));
                        approx::assert_abs_diff_eq!(f64::from(*actual), 1.0 + terms.sum::<f64>(), epsilon = 1e-5);
                    }
                }
            }
        }
    }
}
