/// Class-balanced weights by the effective number of rows (Cui et al. 2019, proposition 1): class `c`
/// with `n_c` rows weighs `(1 - β) / (1 - β^n_c)`, and the weights are scaled to sum to the number
/// of classes that have rows. β in `[0, 1)`: 0 gives 1 to each, β → 1 the inverse of the frequency.
///
/// A class without rows weighs 0: it is nobody's target, and without that its weight would be
/// infinite.
///
/// ```
/// // (1 - 0.5) / (1 - 0.5¹) = 1 and (1 - 0.5) / (1 - 0.5²) = 2/3, scaled by 2 / (5/3)
/// let weights = relex_loss::effective_number_weights(&[1, 2, 0], 0.5);
/// assert!((weights[0] - 1.2).abs() < 1e-6 && (weights[1] - 0.8).abs() < 1e-6 && weights[2] == 0.0);
/// ```
pub fn effective_number_weights(class_counts: &[usize], beta: f64) -> Vec<f32> {
    // 1 - β^n by way of expm1, which is exact where β^n is nearly 1. The factor 1 - β is the same
    // for all, and the scaling takes it away.
    balanced(class_counts, |count| -1.0 / (count * beta.ln()).exp_m1())
}

/// Weights by the inverse of each class's frequency, `1 / n_c`, scaled to sum to the number of
/// classes that have rows; a class without rows weighs 0. Up to that scale they are scikit-learn's
/// `class_weight="balanced"`.
///
/// ```
/// // 1 and 1/3, scaled by 2 / (4/3)
/// assert_eq!(relex_loss::inverse_frequency_weights(&[1, 3]), [1.5, 0.5]);
/// ```
pub fn inverse_frequency_weights(class_counts: &[usize]) -> Vec<f32> {
    balanced(class_counts, |count| 1.0 / count)
}

fn balanced(class_counts: &[usize], weight: impl Fn(f64) -> f64) -> Vec<f32> {
    let raw: Vec<f64> = class_counts
        .iter()
        .map(|&count| if count == 0 { 0.0 } else { weight(count as f64) })
        .collect();
    let classes = class_counts.iter().filter(|&&count| count > 0).count();
    let scale = classes as f64 / raw.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    raw.iter().map(|weight| (weight * scale) as f32).collect()
}
