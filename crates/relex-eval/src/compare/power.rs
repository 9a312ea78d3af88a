//! How large a difference a comparison could have shown.

use crate::distribution::student_quantile;

/// The power that [`detectable_difference`] is quoted for: a true difference of that size is found four times in five.
pub const DETECTABLE_POWER: f64 = 0.8;

/// The smallest true difference that a two-sided test at 1 − `level` finds with probability `power`:
/// (t at (1 + `level`) / 2 + t at `power`) × `standard_error`, by Student's t with `freedom` degrees of freedom, which may be
/// infinite (Bloom 1995, "Minimum detectable effects").
///
/// ```
/// # use relex_eval::detectable_difference;
/// let found = detectable_difference(1.0, f64::INFINITY, 0.95, 0.8);
/// assert!((found - (1.959964 + 0.841621)).abs() < 1e-5);
/// ```
pub fn detectable_difference(standard_error: f64, freedom: f64, level: f64, power: f64) -> f64 {
    (student_quantile((1.0 + level) / 2.0, freedom) + student_quantile(power, freedom)) * standard_error
}
