//! The little linear algebra that confusion matrices need.

/// A matrix by columns.
pub(super) type Columns = Vec<Vec<f64>>;

/// The ratio of the largest to the smallest singular value (one-sided Jacobi, Hestenes 1958): how many
/// times an error in shares of predictions may grow in shares of labels. Infinite where columns depend on
/// each other.
pub(super) fn condition_number(matrix: &Columns) -> f64 {
    let mut columns = matrix.clone();
    for _ in 0..60 {
        let mut largest: f64 = 0.0;
        for first in 0..columns.len() {
            for second in first + 1..columns.len() {
                let (a, b) = (
                    dot(&columns[first], &columns[first]),
                    dot(&columns[second], &columns[second]),
                );
                let c = dot(&columns[first], &columns[second]);
                if c.abs() <= 1e-15 * (a * b).sqrt() || c == 0.0 {
                    continue;
                }
                largest = largest.max(c.abs() / (a * b).sqrt());
                let zeta = (b - a) / (2.0 * c);
                let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                let sine = cosine * tangent;
                let (left, right) = columns.split_at_mut(second);
                for (x, y) in left[first].iter_mut().zip(&mut right[0]) {
                    (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
                }
            }
        }
        if largest < 1e-14 {
            break;
        }
    }
    let lengths: Vec<f64> = columns.iter().map(|column| dot(column, column).sqrt()).collect();
    let largest = lengths.iter().copied().fold(0.0, f64::max);
    let smallest = lengths.iter().copied().fold(f64::INFINITY, f64::min);
    if smallest <= largest * 1e-14 {
        f64::INFINITY
    } else {
        largest / smallest
    }
}

/// The shares `q` (not negative, summing to 1) with the smallest `|matrix · q - goal|²`, by accelerated
/// projected gradient descent with restarts (O'Donoghue & Candès 2015).
pub(super) fn least_squares_on_simplex(matrix: &Columns, goal: &[f64]) -> Vec<f64> {
    let classes = matrix.len();
    let gram: Vec<Vec<f64>> = matrix
        .iter()
        .map(|a| matrix.iter().map(|b| dot(a, b)).collect())
        .collect();
    let linear: Vec<f64> = matrix.iter().map(|column| dot(column, goal)).collect();
    // A bound of the largest eigenvalue: the largest sum of absolute values in a row.
    let steepest = gram
        .iter()
        .map(|row| row.iter().map(|value| value.abs()).sum::<f64>())
        .fold(1e-300, f64::max);
    let mut current = vec![1.0 / classes as f64; classes];
    let mut ahead = current.clone();
    let mut momentum = 1.0_f64;
    for _ in 0..20_000 {
        let gradient: Vec<f64> = gram
            .iter()
            .zip(&linear)
            .map(|(row, linear)| dot(row, &ahead) - linear)
            .collect();
        let moved: Vec<f64> = ahead
            .iter()
            .zip(&gradient)
            .map(|(share, slope)| share - slope / steepest)
            .collect();
        let next = project_on_simplex(&moved);
        let change: Vec<f64> = next
            .iter()
            .zip(&current)
            .map(|(next, current)| next - current)
            .collect();
        let uphill = dot(&gradient, &change) > 0.0;
        let next_momentum = if uphill {
            1.0
        } else {
            f64::midpoint(1.0, (1.0 + 4.0 * momentum * momentum).sqrt())
        };
        let inertia = if uphill { 0.0 } else { (momentum - 1.0) / next_momentum };
        ahead = next
            .iter()
            .zip(&change)
            .map(|(share, change)| share + inertia * change)
            .collect();
        let largest = change.iter().map(|change| change.abs()).fold(0.0, f64::max);
        (current, momentum) = (next, next_momentum);
        if largest < 1e-13 {
            break;
        }
    }
    current
}

/// The nearest shares to `point` (Held, Wolfe & Crowder 1974).
fn project_on_simplex(point: &[f64]) -> Vec<f64> {
    let mut sorted = point.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut cut) = (0.0, 0.0);
    for (at, value) in sorted.iter().enumerate() {
        sum += value;
        let candidate = (sum - 1.0) / (at + 1) as f64;
        if *value > candidate {
            cut = candidate;
        }
    }
    point.iter().map(|value| (value - cut).max(0.0)).collect()
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn condition_numbers_by_hand() {
        approx::assert_abs_diff_eq!(
            condition_number(&vec![vec![3.0, 0.0], vec![0.0, 2.0]]),
            1.5,
            epsilon = 1e-12
        );
        // [[0.75, 0.25], [0.25, 0.75]] has the singular values 1 and 0.5.
        let even = vec![vec![0.75, 0.25], vec![0.25, 0.75]];
        approx::assert_abs_diff_eq!(condition_number(&even), 2.0, epsilon = 1e-12);
        assert!(condition_number(&vec![vec![0.5, 0.5], vec![0.5, 0.5]]).is_infinite());
        assert!(condition_number(&vec![vec![0.5, 0.5], vec![0.0, 0.0]]).is_infinite());
    }

    #[test]
    fn inside_the_simplex_the_system_is_solved_and_outside_the_nearest_point_is_taken() {
        let matrix = vec![vec![0.75, 0.25], vec![0.25, 0.75]];
        let found = least_squares_on_simplex(&matrix, &[0.35, 0.65]);
        approx::assert_abs_diff_eq!(found[0], 0.2, epsilon = 1e-9);
        let found = least_squares_on_simplex(&matrix, &[0.1, 0.9]);
        approx::assert_abs_diff_eq!(found[1], 1.0, epsilon = 1e-9);
    }
}
