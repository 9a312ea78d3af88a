use pulp::Arch;
use rayon::prelude::*;

use super::{CHUNK, kernel};
use crate::optimizer::adafactor::Update;

/// Turns a gradient, matrices of `[rows, columns]` one behind the other, into Adafactor's change, and brings the means of
/// the rows' and columns' squares forward. Sums are made block by block of rows and the blocks' added in order, so that they
/// do not depend on the number of threads.
pub(super) fn change(
    gradient: &mut [f32],
    row_means: &mut [f32],
    column_means: &mut [f32],
    [rows, columns]: [usize; 2],
    update: Update,
) {
    if gradient.is_empty() {
        return;
    }
    let count = gradient.len();
    let matrices = gradient
        .chunks_exact_mut(rows * columns)
        .zip(row_means.chunks_exact_mut(rows))
        .zip(column_means.chunks_exact_mut(columns));
    let squares: f64 = matrices
        .map(|((matrix, row_means), column_means)| matrix_change(matrix, row_means, column_means, update))
        .sum();
    let factor = update.factor(squares / count as f64);
    gradient
        .par_chunks_mut(CHUNK)
        .for_each(|chunk| Arch::new().dispatch(kernel::Scale(chunk, factor)));
}

/// The same of one matrix, neither clipped nor multiplied by the rate yet; the sum of the squares.
fn matrix_change(matrix: &mut [f32], row_means: &mut [f32], column_means: &mut [f32], update: Update) -> f64 {
    let (rows, columns) = (row_means.len(), column_means.len());
    let block_rows = (CHUNK / columns).max(1);
    let mut row_sums = vec![0.0f32; rows];
    let column_sums: Vec<Vec<f32>> = matrix
        .par_chunks(block_rows * columns)
        .zip(row_sums.par_chunks_mut(block_rows))
        .map(|(block, rows)| {
            let mut sums = vec![0.0f32; columns];
            Arch::new().dispatch(kernel::RowsAndColumns {
                block,
                rows,
                columns: &mut sums,
            });
            sums
        })
        .collect();

    let forward = |mean: &mut f32, sum: f64, count: usize| {
        let fresh = (sum / count as f64) as f32 + update.epsilon;
        *mean = *mean * update.beta_2 + fresh * (1.0 - update.beta_2);
    };
    for (mean, &sum) in row_means.iter_mut().zip(&row_sums) {
        forward(mean, sum.into(), columns);
    }
    for (column, mean) in column_means.iter_mut().enumerate() {
        forward(
            mean,
            column_sums.iter().map(|block| f64::from(block[column])).sum(),
            rows,
        );
    }

    let mean = (row_means.iter().map(|&mean| f64::from(mean)).sum::<f64>() / rows as f64) as f32;
    let row_factors: Vec<f32> = row_means.iter().map(|row| 1.0 / (row / mean).sqrt()).collect();
    let column_factors: Vec<f32> = column_means.iter().map(|column| 1.0 / column.sqrt()).collect();
    let squares: Vec<f32> = matrix
        .par_chunks_mut(block_rows * columns)
        .zip(row_factors.par_chunks(block_rows))
        .map(|(block, rows)| {
            Arch::new().dispatch(kernel::Factors {
                block,
                rows,
                columns: &column_factors,
            })
        })
        .collect();
    squares.iter().map(|&sum| f64::from(sum)).sum()
}
