//! Matrix products into memory of our own.
//!
//! Burn's CPU backend makes the output of a product by zeroing it, allocating it again with another alignment and copying the
//! zeros, all on one thread. Here an output is filled once, by all threads, with what the product is added to. A product is cut
//! into tiles by its shape alone and each is computed by one thread, so results do not depend on the number of threads.

use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};
use rayon::prelude::*;

/// A tile is at most so high and so wide: enough work for packing its operands to be small beside it, small enough for every
/// thread to get a share.
const TILE: [usize; 2] = [320, 192];

/// Elements in one piece of filling, transposing and copying.
const BLOCK: usize = 32;

/// A row-major matrix of `width` columns.
pub(in crate::ops) fn matrix(values: &[f32], width: usize) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice(values, values.len() / width, width)
}

/// As [`matrix`], to write to.
pub(in crate::ops) fn matrix_mut(values: &mut [f32], width: usize) -> MatMut<'_, f32> {
    let rows = values.len() / width;
    MatMut::from_row_major_slice_mut(values, rows, width)
}

/// `left · right`, as a row-major matrix.
pub(in crate::ops) fn product(left: MatRef<'_, f32>, right: MatRef<'_, f32>) -> Vec<f32> {
    let mut output = zeros(left.nrows() * right.ncols());
    add_product(matrix_mut(&mut output, right.ncols()), left, right, Accum::Replace);
    output
}

/// `left · right + bias`, the bias added to each row.
pub(in crate::ops) fn product_with_bias(left: MatRef<'_, f32>, right: MatRef<'_, f32>, bias: &[f32]) -> Vec<f32> {
    let mut output = repeated(bias, left.nrows());
    add_product(matrix_mut(&mut output, bias.len()), left, right, Accum::Add);
    output
}

/// `leftᵀ · right` of two row-major matrices with as many rows. One of them is turned over first, the narrower, because a product
/// down the columns of both is slow.
pub(in crate::ops) fn transposed_product(
    left: &[f32],
    right: &[f32],
    [left_width, right_width]: [usize; 2],
) -> Vec<f32> {
    if left_width > right_width {
        let turned = transposed_product(right, left, [right_width, left_width]);
        return transposed(&turned, left_width);
    }
    let turned = transposed(left, left_width);
    product(matrix(&turned, left.len() / left_width), matrix(right, right_width))
}

/// Puts `left · right` into `output`, or adds it.
pub(in crate::ops) fn add_product(
    output: MatMut<'_, f32>,
    left: MatRef<'_, f32>,
    right: MatRef<'_, f32>,
    accumulation: Accum,
) {
    let [rows, columns] = [output.nrows(), output.ncols()];
    if rows > TILE[0] {
        let half = half(rows);
        let (upper, lower) = output.split_at_row_mut(half);
        let (of_upper, of_lower) = left.split_at_row(half);
        rayon::join(
            || add_product(upper, of_upper, right, accumulation),
            || add_product(lower, of_lower, right, accumulation),
        );
    } else if columns > TILE[1] {
        let half = half(columns);
        let (first, second) = output.split_at_col_mut(half);
        let (of_first, of_second) = right.split_at_col(half);
        rayon::join(
            || add_product(first, left, of_first, accumulation),
            || add_product(second, left, of_second, accumulation),
        );
    } else {
        add_tile(output, left, right, accumulation);
    }
}

/// As [`add_product`], on the thread that calls it.
pub(in crate::ops) fn add_tile(
    output: MatMut<'_, f32>,
    left: MatRef<'_, f32>,
    right: MatRef<'_, f32>,
    accumulation: Accum,
) {
    matmul(output, accumulation, left, right, 1.0, Par::Seq);
}

/// About half, in whole blocks.
fn half(count: usize) -> usize {
    (count / 2).next_multiple_of(BLOCK)
}

/// So many zeros, written by all threads.
pub(in crate::ops) fn zeros(count: usize) -> Vec<f32> {
    if count.is_multiple_of(BLOCK) {
        repeated(&[0.0; BLOCK], count / BLOCK)
    } else {
        vec![0.0; count]
    }
}

/// A matrix whose rows are all the same.
pub(in crate::ops) fn repeated(row: &[f32], rows: usize) -> Vec<f32> {
    let (blocks, rest) = row.as_chunks::<BLOCK>();
    if blocks.is_empty() || !rest.is_empty() {
        return row.repeat(rows);
    }
    // Collecting arrays is how memory gets its first values from several threads.
    let arrays: Vec<[f32; BLOCK]> = (0..rows * blocks.len())
        .into_par_iter()
        .with_min_len(512)
        .map(|index| blocks[index % blocks.len()])
        .collect();
    arrays.into_flattened()
}

/// The transpose of a row-major matrix of `width` columns.
pub(crate) fn transposed(values: &[f32], width: usize) -> Vec<f32> {
    let rows = values.len() / width;
    let mut output = zeros(values.len());
    output
        .par_chunks_mut(BLOCK * rows)
        .enumerate()
        .for_each(|(block, output)| {
            let first = block * BLOCK;
            let columns = BLOCK.min(width - first);
            // A square at a time, so that what is read stays in the cache until it is read again.
            for from in (0..rows).step_by(BLOCK) {
                let square = from..(from + BLOCK).min(rows);
                for column in 0..columns {
                    let target = &mut output[column * rows..][square.clone()];
                    for (x, row) in target.iter_mut().zip(square.clone()) {
                        *x = values[row * width + first + column];
                    }
                }
            }
        });
    output
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(count: usize, salt: usize) -> Vec<f32> {
        (0..count)
            .map(|i| ((i * 7919 + salt * 104_729) % 1013) as f32 / 1013.0 - 0.5)
            .collect()
    }

    /// By the definition, in `f64`.
    fn expected(left: &[f32], right: &[f32], [rows, inner, columns]: [usize; 3]) -> Vec<f64> {
        let mut output = vec![0.0; rows * columns];
        for row in 0..rows {
            for column in 0..columns {
                output[row * columns + column] = (0..inner)
                    .map(|k| f64::from(left[row * inner + k]) * f64::from(right[k * columns + column]))
                    .sum();
            }
        }
        output
    }

    fn assert_close(actual: &[f32], expected: &[f64], what: &str) {
        assert_eq!(actual.len(), expected.len(), "{what}");
        for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
            assert!((f64::from(*a) - e).abs() < 2e-5, "{what}[{i}]: {a} is not {e}");
        }
    }

    fn check(shape @ [rows, inner, columns]: [usize; 3]) {
        let (left, right) = (values(rows * inner, 1), values(inner * columns, 2));
        let plain = expected(&left, &right, shape);
        let output = product(matrix(&left, inner), matrix(&right, columns));
        assert_close(&output, &plain, "product");

        let bias = values(columns, 3);
        let with_bias: Vec<f64> = plain
            .iter()
            .zip(bias.iter().cycle())
            .map(|(x, b)| x + f64::from(*b))
            .collect();
        let output = product_with_bias(matrix(&left, inner), matrix(&right, columns), &bias);
        assert_close(&output, &with_bias, "product with bias");

        let turned = transposed(&left, inner);
        let output = transposed_product(&turned, &right, [rows, columns]);
        assert_close(&output, &plain, "transposed product");
    }

    #[test]
    fn products_over_several_tiles_are_those_of_the_definition() {
        // More rows and more columns than a tile has; widths in whole blocks and not; one row, one column.
        for shape in [
            [700, 40, 31],
            [33, 70, 1600],
            [330, 32, 800],
            [1, 64, 96],
            [50, 9, 1],
            [321, 1, 769],
        ] {
            check(shape);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn products_of_any_shape_are_those_of_the_definition(shape in [1..80usize, 1..80usize, 1..80usize]) {
            check(shape);
        }

        #[test]
        fn transposing_twice_gives_the_matrix(rows in 1..100usize, width in 1..100usize) {
            let matrix = values(rows * width, 4);
            prop_assert_eq!(transposed(&transposed(&matrix, width), rows), matrix);
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let (left, right) = (values(700 * 90, 1), values(90 * 1600, 2));
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| product(matrix(&left, 90), matrix(&right, 1600)))
        };
        assert_eq!(on(1), on(5));
    }
}
