//! Elementary functions as straight-line arithmetic, so that loops over them run in vector
//! registers.

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

/// `eˣ` to 2 units in the last place; 0 below -87.3, finite above 88.
///
/// Range reduction by `2ⁿ · eʳ` with `|r| ≤ ln2 / 2`, then a Taylor polynomial of degree 7.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // 1.5 · 2²³: adding it rounds to the nearest integer and leaves that in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let clamped = x.clamp(-87.3, 88.0);
    let rounded = clamped.mul_add(LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(-LN2_LOW, n.mul_add(-LN2_HIGH, clamped));
    let mut p = 1.0 / 5040.0;
    for coefficient in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = r.mul_add(p, coefficient);
    }
    let power = f32::from_bits(rounded.to_bits().wrapping_shl(23).wrapping_add(0x3f80_0000));
    if x < -87.3 { 0.0 } else { p * power }
}

/// The error function to 3e-7, as a ratio of polynomials on [-4, 4], beyond which it is ±1 in
/// `f32` (the coefficients are Eigen's).
#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    const NUMERATOR: [f32; 7] = [
        -2.726_142_3e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_4e-5,
        -7.349_906_3e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const DENOMINATOR: [f32; 5] = [
        -1.456_607_2e-5,
        -2.133_740_6e-4,
        -1.682_827e-3,
        -7.373_329_2e-3,
        -1.426_473_9e-2,
    ];
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    let mut p = NUMERATOR[0];
    for coefficient in &NUMERATOR[1..] {
        p = p.mul_add(square, *coefficient);
    }
    let mut q = DENOMINATOR[0];
    for coefficient in &DENOMINATOR[1..] {
        q = q.mul_add(square, *coefficient);
    }
    x * p / q
}

/// The logistic function, `1 / (1 + e⁻ˣ)`.
#[inline(always)]
pub(in crate::ops) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent to 1e-7, absolute.
#[inline(always)]
pub(in crate::ops) fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (1.0 + exp(2.0 * x))
}

/// Exact GELU (Hendrycks & Gimpel 2016).
#[inline(always)]
pub(super) fn gelu(x: f32) -> f32 {
    x * normal_distribution(x)
}

/// [`gelu`] and its derivative, `Φ(x) + x φ(x)`.
#[inline(always)]
pub(super) fn gelu_with_slope(x: f32) -> (f32, f32) {
    let share = normal_distribution(x);
    (x * share, x.mul_add(normal_density(x), share))
}

/// `√(2/π)` and `0.044715`, of GELU by its tanh approximation.
const ROOT: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044_715;

/// GELU by its tanh approximation, `x · σ(2 √(2/π) (x + 0.044715 x³))`, which is the same as half of `x (1 + tanh …)`.
#[inline(always)]
pub(super) fn gelu_tanh(x: f32) -> f32 {
    x * sigmoid(2.0 * ROOT * x * CUBIC.mul_add(x * x, 1.0))
}

/// [`gelu_tanh`] and its derivative.
#[inline(always)]
pub(super) fn gelu_tanh_with_slope(x: f32) -> (f32, f32) {
    let square = x * x;
    let share = sigmoid(2.0 * ROOT * x * CUBIC.mul_add(square, 1.0));
    let inner_slope = 2.0 * ROOT * (3.0 * CUBIC).mul_add(square, 1.0);
    (x * share, (x * share * (1.0 - share)).mul_add(inner_slope, share))
}

/// `max(x, 0)`.
#[inline(always)]
pub(super) fn relu(x: f32) -> f32 {
    x.max(0.0)
}

/// [`relu`] and its derivative, 0 at 0 as PyTorch has it.
#[inline(always)]
pub(super) fn relu_with_slope(x: f32) -> (f32, f32) {
    if x > 0.0 { (x, 1.0) } else { (0.0, 0.0) }
}

/// The standard normal's distribution function.
#[inline(always)]
fn normal_distribution(x: f32) -> f32 {
    0.5 + 0.5 * erf(x * FRAC_1_SQRT_2)
}

/// The standard normal's density.
#[inline(always)]
fn normal_density(x: f32) -> f32 {
    const FRAC_1_SQRT_2_PI: f32 = 0.398_942_3;
    FRAC_1_SQRT_2_PI * exp(-0.5 * x * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_equals_the_double_precision_one() {
        for i in -870..=880 {
            let x = i as f32 * 0.1;
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 2.5e-7, "exp({x}) is off by {error}");
        }
        assert_eq!(exp(-1e9), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert!(exp(1e9).is_finite());
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn sigmoid_and_tanh_equal_the_double_precision_ones() {
        for i in -1000..=1000 {
            let x = i as f32 * 0.1;
            let exact = f64::from(x);
            let error = (f64::from(sigmoid(x)) - 1.0 / (1.0 + (-exact).exp())).abs();
            assert!(error < 1.5e-7, "sigmoid({x}) is off by {error}");
            let error = (f64::from(tanh(x)) - exact.tanh()).abs();
            assert!(error < 2.5e-7, "tanh({x}) is off by {error}");
        }
        assert_eq!((tanh(1e9), tanh(-1e9), tanh(0.0)), (1.0, -1.0, 0.0));
        assert_eq!(sigmoid(1e9), 1.0);
        assert!(sigmoid(-1e9) < 1e-38);
    }

    /// `erf` by its Maclaurin series in double precision, which converges everywhere.
    fn erf_series(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            let n = f64::from(n);
            term *= -x * x / n;
            sum += term / (2.0 * n + 1.0);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    }

    #[test]
    fn erf_equals_its_series() {
        for i in -400..=400 {
            let x = i as f32 * 0.01;
            let error = (f64::from(erf(x)) - erf_series(f64::from(x))).abs();
            assert!(error < 3e-7, "erf({x}) is off by {error}");
        }
        assert!((erf(30.0) - 1.0).abs() < 1e-6 && (erf(-30.0) + 1.0).abs() < 1e-6);
    }
}
