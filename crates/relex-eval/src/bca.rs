//! Bootstrap intervals that correct for bias and for skew.

use crate::distribution::{normal_cdf, normal_quantile};
use crate::error::EvalError;
use crate::interval::{Interval, quantile, sorted_values};

/// The bias-corrected and accelerated bootstrap interval (Efron 1987, "Better bootstrap confidence intervals",
/// equation 2.3): the quantiles of `resampled` at Φ(z₀ + (z₀ + z) / (1 − a (z₀ + z))) for z = ±Φ⁻¹((1 + `level`) / 2).
///
/// `value` is the score of the rows themselves; `resampled` its value in each resample, of
/// [`bootstrap`](crate::bootstrap); `left_out` its value without each group in turn, of [`jackknife`](crate::jackknife). z₀ = Φ⁻¹(share of
/// `resampled` below `value`), where ties count half, and a = Σ d³ / (6 (Σ d²)^1.5) with d = mean of `left_out` − value left out.
///
/// Conventions: where all of `resampled` lie on one side of `value`, the share is taken as half a resample; where
/// `left_out` holds fewer than two values, or equal ones, a is 0; where the fraction's denominator is not positive, the end is the
/// distribution's. Without bias and skew it is the [percentile interval](crate::percentile_interval).
///
/// # Errors
/// [`EvalError::NoRows`] without resampled values, [`EvalError::Setting`] if `level` is not between 0 and 1,
/// [`EvalError::NotFinite`] if a value is not a number.
///
/// ```
/// use relex_eval::bca_interval;
///
/// let resampled: Vec<f64> = (0..=100).map(f64::from).collect();
/// let plain = bca_interval(50.0, &resampled, &[1.0, 2.0, 3.0], 0.95)?;
/// assert!((plain.low - 2.5).abs() < 1e-6 && (plain.high - 97.5).abs() < 1e-6);
/// // Resamples that lie too high (60 % of them above the score) pull the interval down.
/// assert!(bca_interval(40.0, &resampled, &[1.0, 2.0, 3.0], 0.95)?.high < 95.0);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn bca_interval(value: f64, resampled: &[f64], left_out: &[f64], level: f64) -> Result<Interval, EvalError> {
    let sorted = sorted_values(resampled, level)?;
    Ok(bca_of_sorted(value, &sorted, left_out, level))
}

/// [`bca_interval`] of checked values in ascending order.
pub(crate) fn bca_of_sorted(value: f64, sorted: &[f64], left_out: &[f64], level: f64) -> Interval {
    let bias = normal_quantile(share_below(value, sorted));
    let skew = acceleration(left_out);
    let end = |share: f64| {
        let shifted = bias + normal_quantile(share);
        let denominator = 1.0 - skew * shifted;
        if denominator > 0.0 {
            quantile(sorted, normal_cdf(bias + shifted / denominator))
        } else if shifted > 0.0 {
            sorted[sorted.len() - 1]
        } else {
            sorted[0]
        }
    };
    let (low, high) = (end((1.0 - level) / 2.0), end((1.0 + level) / 2.0));
    Interval { low, high, level }
}

/// The share of `sorted` below `value`, half of those equal to it included, at least half a value from 0 and 1.
fn share_below(value: f64, sorted: &[f64]) -> f64 {
    // The same counts, divided in another order, may differ in the last digit.
    let tolerance = 1e-10 * value.abs().max(1.0);
    let below = sorted.partition_point(|other| *other < value - tolerance);
    let not_above = sorted.partition_point(|other| *other <= value + tolerance);
    let count = sorted.len() as f64;
    ((below + not_above) as f64 / 2.0).clamp(0.5, count - 0.5) / count
}

/// A sixth of the skewness of the score's influence, in standard errors (Efron 1987, equation 4.4, by the jackknife).
fn acceleration(left_out: &[f64]) -> f64 {
    let mean = left_out.iter().sum::<f64>() / left_out.len().max(1) as f64;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for value in left_out {
        let distance = mean - value;
        squares += distance * distance;
        cubes += distance * distance * distance;
    }
    // Equal values leave rounding errors of about 1e-30 behind.
    if squares > 1e-20 {
        cubes / (6.0 * squares.powf(1.5))
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formula written out in `NumPy` with `scipy.stats.norm`; `resampled` are 4 sin(i) + i / 50 for i below 400,
    /// `left_out` are exp(i / 9) for i below 20.
    #[test]
    fn values_are_those_of_numpy() {
        let resampled: Vec<f64> = (0..400)
            .map(|i| 4.0 * f64::from(i).sin() + f64::from(i) / 50.0)
            .collect();
        let left_out: Vec<f64> = (0..20).map(|i| (f64::from(i) / 9.0).exp()).collect();
        let check = |value, level, low, high| {
            let found = bca_interval(value, &resampled, &left_out, level).unwrap();
            approx::assert_abs_diff_eq!(found.low, low, epsilon = 1e-8);
            approx::assert_abs_diff_eq!(found.high, high, epsilon = 1e-8);
        };
        check(3.5, 0.95, -3.328_842_751_736_064, 9.826_427_337_785_045);
        check(4.4, 0.9, -1.815_715_253_050_34, 10.389_663_685_334_913);
    }

    #[test]
    fn one_sided_resamples_and_constant_scores_have_an_interval() {
        let check = |value, resampled: &[f64], low, high| {
            let found = bca_interval(value, resampled, &[1.0; 5], 0.95).unwrap();
            assert_eq!((found.low, found.high), (low, high));
        };
        check(100.0, &[100.0; 50], 100.0, 100.0);
        // All above: half a resample of three is a sixth, so both ends move down, but not below the least.
        let above = bca_interval(0.0, &[1.0, 2.0, 3.0], &[], 0.95).unwrap();
        assert!(above.low >= 1.0 && above.high < 3.0, "{above:?}");
        let below = bca_interval(9.0, &[1.0, 2.0, 3.0], &[], 0.95).unwrap();
        assert!(below.low > 1.0 && below.high <= 3.0, "{below:?}");
    }

    #[test]
    fn skew_moves_the_interval_towards_the_long_tail() {
        let resampled: Vec<f64> = (0..=1000).map(f64::from).collect();
        let with = |left_out: &[f64]| bca_interval(500.0, &resampled, left_out, 0.95).unwrap();
        let plain = with(&[0.0, 1.0, 2.0]);
        // One group that raises the score much when it is there: left out, the score falls far.
        let long_above = with(&[-9.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        assert!(
            long_above.low > plain.low && long_above.high > plain.high,
            "{long_above:?}"
        );
    }

    #[test]
    fn refuses_nothing_nonsense_and_impossible_levels() {
        assert!(matches!(bca_interval(0.0, &[], &[], 0.95), Err(EvalError::NoRows)));
        assert!(matches!(
            bca_interval(0.0, &[f64::NAN], &[], 0.95),
            Err(EvalError::NotFinite { .. })
        ));
        assert!(matches!(
            bca_interval(0.0, &[1.0], &[], 1.5),
            Err(EvalError::Setting { .. })
        ));
    }
}
