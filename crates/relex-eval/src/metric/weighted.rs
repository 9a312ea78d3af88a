//! Scores over rows of any weight, such as the importance weights of another mix of labels.

use super::percent;

/// [`micro_f1`](crate::micro_f1) with each row counted `weights[row]` times.
pub(crate) fn weighted_f1(gold: &[usize], predicted: &[usize], negative: usize, weights: &[f64]) -> f64 {
    let (mut hits, mut claims) = (0.0, 0.0);
    for ((&gold, &predicted), weight) in gold.iter().zip(predicted).zip(weights) {
        if gold == predicted && gold != negative {
            hits += weight;
        }
        claims += weight * (f64::from(u8::from(gold != negative)) + f64::from(u8::from(predicted != negative)));
    }
    percent(2.0 * hits, claims)
}

/// [`accuracy`](crate::accuracy) with each row counted `weights[row]` times; NaN where no row has weight.
pub(crate) fn weighted_accuracy(gold: &[usize], predicted: &[usize], weights: &[f64]) -> f64 {
    let right = gold
        .iter()
        .zip(predicted)
        .map(|(gold, predicted)| if gold == predicted { 100.0 } else { 0.0 });
    weighted_mean(right, weights)
}

/// The mean of `values` under `weights`; NaN where no row has weight.
pub(crate) fn weighted_mean(values: impl IntoIterator<Item = f64>, weights: &[f64]) -> f64 {
    let sum: f64 = values
        .into_iter()
        .zip(weights)
        .map(|(value, weight)| value * weight)
        .sum();
    sum / weights.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_rows_written_out() {
        let found = weighted_f1(&[0, 1, 2], &[1, 1, 0], 0, &[2.0, 3.0, 1.0]);
        let written_out = crate::micro_f1(&[0, 0, 1, 1, 1, 2], &[1, 1, 1, 1, 1, 0], 0).unwrap();
        approx::assert_abs_diff_eq!(found, written_out, epsilon = 1e-12);
        assert_eq!(weighted_f1(&[0], &[0], 0, &[1.0]), 0.0);
        assert_eq!(weighted_accuracy(&[0, 1], &[0, 0], &[3.0, 1.0]), 75.0);
        assert_eq!(weighted_mean([2.0, 6.0], &[1.0, 3.0]), (2.0 + 18.0) / 4.0);
        assert!(weighted_mean([2.0], &[0.0]).is_nan());
    }
}
