//! The range in which a score would plausibly have fallen on other rows of the same kind.

use serde::{Deserialize, Serialize};

use crate::error::EvalError;

/// A confidence interval, in the units of the score that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end, not below `low`.
    pub high: f64,
    /// Share of intervals made in this way that cover the true score, e.g. `0.95`.
    pub level: f64,
}

impl Interval {
    /// `high - low`.
    pub fn width(&self) -> f64 {
        self.high - self.low
    }

    /// The part of it that lies between two values, of which at least one point does.
    pub(crate) fn clipped_to(self, (low, high): (f64, f64)) -> Self {
        Self {
            low: self.low.clamp(low, high),
            high: self.high.clamp(low, high),
            ..self
        }
    }
}

/// A score and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The score on the rows at hand, in percent.
    pub value: f64,
    /// Its interval, in percent.
    pub interval: Interval,
}

/// The percentile interval of a bootstrap distribution: its `(1 - level) / 2` and
/// `(1 + level) / 2` quantiles, interpolated linearly between neighbours (`NumPy`'s default).
///
/// `values` are the score of each resample, in any order.
///
/// # Errors
/// [`EvalError::NoRows`] without values, [`EvalError::Setting`] if `level` is not between 0 and 1,
/// [`EvalError::NotFinite`] if a value is not a number.
pub fn percentile_interval(values: &[f64], level: f64) -> Result<Interval, EvalError> {
    Ok(percentile_of_sorted(&sorted_values(values, level)?, level))
}

/// [`percentile_interval`] of checked values in ascending order.
pub(crate) fn percentile_of_sorted(sorted: &[f64], level: f64) -> Interval {
    Interval {
        low: quantile(sorted, (1.0 - level) / 2.0),
        high: quantile(sorted, (1.0 + level) / 2.0),
        level,
    }
}

/// The values in ascending order, once they and the level have been checked as [`percentile_interval`] says.
pub(crate) fn sorted_values(values: &[f64], level: f64) -> Result<Vec<f64>, EvalError> {
    check_level(level)?;
    if values.is_empty() {
        return Err(EvalError::NoRows);
    }
    if let Some(row) = values.iter().position(|value| !value.is_finite()) {
        return Err(EvalError::NotFinite {
            row,
            class: 0,
            value: values[row],
        });
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    Ok(sorted)
}

pub(crate) fn check_level(level: f64) -> Result<(), EvalError> {
    if level > 0.0 && level < 1.0 {
        return Ok(());
    }
    Err(EvalError::Setting {
        name: "level",
        value: level.to_string(),
        allowed: "between 0 and 1, such as 0.95",
    })
}

/// `sorted` ascends and is not empty; `share` lies in `[0, 1]`.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_between_neighbours() {
        // 0, 1, …, 10: the 5 % and 95 % quantiles lie at 0.05 * 10 and 0.95 * 10.
        let values: Vec<f64> = (0..=10).rev().map(f64::from).collect();
        let interval = percentile_interval(&values, 0.9).unwrap();
        approx::assert_abs_diff_eq!(interval.low, 0.5, epsilon = 1e-12);
        approx::assert_abs_diff_eq!(interval.high, 9.5, epsilon = 1e-12);
        approx::assert_abs_diff_eq!(interval.width(), 9.0, epsilon = 1e-12);
    }

    #[test]
    fn one_value_is_its_own_interval() {
        let interval = percentile_interval(&[3.5], 0.95).unwrap();
        assert_eq!((interval.low, interval.high), (3.5, 3.5));
    }

    #[test]
    fn what_lies_outside_the_range_is_cut_off() {
        let clipped = |low, high, range| {
            let Interval { low, high, .. } = Interval { low, high, level: 0.95 }.clipped_to(range);
            (low, high)
        };
        assert_eq!(clipped(20.86, 100.71, (0.0, 100.0)), (20.86, 100.0));
        assert_eq!(clipped(-3.0, 1.0, (0.0, f64::INFINITY)), (0.0, 1.0));
        assert_eq!(clipped(-3.0, 1.0, (f64::NEG_INFINITY, f64::INFINITY)), (-3.0, 1.0));
    }

    #[test]
    fn refuses_nothing_nonsense_and_impossible_levels() {
        assert!(matches!(percentile_interval(&[], 0.95), Err(EvalError::NoRows)));
        assert!(matches!(
            percentile_interval(&[1.0, f64::NAN], 0.95),
            Err(EvalError::NotFinite { row: 1, .. })
        ));
        for level in [0.0, 1.0, -0.1, 95.0, f64::NAN] {
            assert!(
                matches!(percentile_interval(&[1.0], level), Err(EvalError::Setting { .. })),
                "{level}"
            );
        }
    }
}
