//! The one-dimensional convex problem behind temperatures and prior strengths.

use crate::probabilities::softmax;

/// Where the likelihood is largest, and whether it would have grown beyond the range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Optimum {
    pub(super) at: f64,
    pub(super) at_bound: bool,
}

/// The `slope` in `range` under which `softmax(base + slope · direction)` gives the gold labels the
/// largest likelihood.
///
/// The negative log likelihood is convex in the slope: its derivative is the sum over rows of the
/// direction's mean under the model less its value at the gold label, and grows with the slope, by the
/// variance. So Newton's steps, halving the bracket where they leave it, end at the only minimum.
/// `base` and `direction` are row-major `[rows, classes]`.
pub(super) fn maximise_likelihood(
    base: &[f64],
    direction: &[f64],
    gold: &[usize],
    classes: usize,
    range: (f64, f64),
) -> Optimum {
    let (mut low, mut high) = range;
    let derivatives = |slope: f64| derivatives(base, direction, gold, classes, slope);
    if derivatives(low).0 >= 0.0 {
        return Optimum {
            at: low,
            at_bound: true,
        };
    }
    if derivatives(high).0 <= 0.0 {
        return Optimum {
            at: high,
            at_bound: true,
        };
    }
    let mut slope = 1.0_f64.clamp(low, high);
    for _ in 0..200 {
        let (first, second) = derivatives(slope);
        if first > 0.0 {
            high = slope;
        } else {
            low = slope;
        }
        let newton = slope - first / second;
        let next = if newton > low && newton < high {
            newton
        } else {
            f64::midpoint(low, high)
        };
        let step = (next - slope).abs();
        slope = next;
        if step <= 1e-12 * slope.abs().max(1e-3) {
            break;
        }
    }
    Optimum {
        at: slope,
        at_bound: false,
    }
}

/// First and second derivative of the negative log likelihood.
fn derivatives(base: &[f64], direction: &[f64], gold: &[usize], classes: usize, slope: f64) -> (f64, f64) {
    let mut shares = vec![0.0; classes];
    let (mut first, mut second) = (0.0, 0.0);
    let rows = base.chunks_exact(classes).zip(direction.chunks_exact(classes));
    for ((base, direction), &gold) in rows.zip(gold) {
        for ((share, base), direction) in shares.iter_mut().zip(base).zip(direction) {
            *share = base + slope * direction;
        }
        softmax(&mut shares);
        let mean: f64 = shares.iter().zip(direction).map(|(share, value)| share * value).sum();
        let variance: f64 = shares
            .iter()
            .zip(direction)
            .map(|(share, value)| share * (value - mean).powi(2))
            .sum();
        first += mean - direction[gold];
        second += variance;
    }
    (first, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_optimum_by_hand() {
        // Two labels, direction (0, 1): the model gives the second label 1 / (1 + exp(-slope)) in every
        // row. Three of four rows have it: slope = ln 3.
        let direction = [0.0, 1.0].repeat(4);
        let found = maximise_likelihood(&[0.0; 8], &direction, &[1, 1, 0, 1], 2, (-5.0, 5.0));
        approx::assert_abs_diff_eq!(found.at, 3_f64.ln(), epsilon = 1e-10);
        assert!(!found.at_bound);
    }

    #[test]
    fn a_likelihood_that_grows_for_ever_ends_at_the_bound() {
        let direction = [0.0, 1.0].repeat(2);
        let check = |gold: &[usize], expected: f64| {
            let found = maximise_likelihood(&[0.0; 4], &direction, gold, 2, (-5.0, 5.0));
            assert_eq!(
                found,
                Optimum {
                    at: expected,
                    at_bound: true
                }
            );
        };
        check(&[1, 1], 5.0);
        check(&[0, 0], -5.0);
    }
}
