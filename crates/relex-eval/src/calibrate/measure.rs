//! Log loss, calibration error and micro-F1 over rows of any weight.

use crate::probabilities::{ProbabilityTable, floored_ln};
use crate::resample::{stream, uniform};

/// Bins of [`CalibrationBins`].
const BINS: usize = 15;

/// `-ln p(gold)` of each row, in nats. `[rows]`
pub(crate) fn log_loss_of(table: &ProbabilityTable, gold: &[usize]) -> Vec<f64> {
    table
        .rows()
        .zip(gold)
        .map(|(row, &gold)| -floored_ln(row[gold]))
        .collect()
}

/// The mean of `losses` under `weights`.
pub(crate) fn weighted_log_loss(losses: &[f64], weights: &[f64]) -> f64 {
    let sum: f64 = losses.iter().zip(weights).map(|(loss, weight)| loss * weight).sum();
    sum / weights.iter().sum::<f64>()
}

/// Micro-F1 without `negative` in percent, each row counted `weights[row]` times.
pub(crate) fn weighted_f1(gold: &[usize], predicted: &[usize], negative: usize, weights: &[f64]) -> f64 {
    let (mut hits, mut claims) = (0.0, 0.0);
    for ((&gold, &predicted), weight) in gold.iter().zip(predicted).zip(weights) {
        if gold == predicted && gold != negative {
            hits += weight;
        }
        claims += weight * (f64::from(u8::from(gold != negative)) + f64::from(u8::from(predicted != negative)));
    }
    if claims > 0.0 { 2.0 * hits / claims * 100.0 } else { 0.0 }
}

/// Rows by how sure the model was, in bins of equally many.
pub(crate) struct CalibrationBins {
    /// Bin of each row. `[rows]`
    bin: Vec<usize>,
    /// Probability of the predicted label. `[rows]`
    confidence: Vec<f64>,
    /// Whether it is the gold one. `[rows]`
    right: Vec<bool>,
}

impl CalibrationBins {
    pub(crate) fn new(table: &ProbabilityTable, gold: &[usize]) -> Self {
        let predicted = table.predicted();
        let confidence: Vec<f64> = table.rows().zip(&predicted).map(|(row, &label)| row[label]).collect();
        let mut order: Vec<usize> = (0..confidence.len()).collect();
        order.sort_by(|&a, &b| confidence[a].total_cmp(&confidence[b]));
        let mut bin = vec![0; order.len()];
        for (position, &row) in order.iter().enumerate() {
            bin[row] = position * BINS / order.len();
        }
        Self {
            bin,
            right: predicted
                .iter()
                .zip(gold)
                .map(|(predicted, gold)| predicted == gold)
                .collect(),
            confidence,
        }
    }

    /// The expected calibration error in percent: the mean over rows of the distance between a bin's
    /// mean confidence and its accuracy.
    pub(crate) fn error(&self, weights: &[f64]) -> f64 {
        self.error_where(weights, |row| self.right[row])
    }

    /// The error that a calibrated model would show on rows of these confidences: the 99 % quantile of
    /// `draws` simulations in which each prediction is right with the probability that it claims
    /// (Bröcker & Smith 2007, "consistency resampling").
    pub(crate) fn calibrated_error(&self, draws: usize, seed: u64) -> f64 {
        let ones = vec![1.0; self.bin.len()];
        let mut errors = crate::resample::in_each(draws, |draw| {
            let mut chance = stream(seed, "calibrated", draw);
            let right: Vec<bool> = self
                .confidence
                .iter()
                .map(|&claimed| uniform(&mut chance) < claimed)
                .collect();
            self.error_where(&ones, |row| right[row])
        });
        errors.sort_by(f64::total_cmp);
        errors[(errors.len() * 99 / 100).min(errors.len() - 1)]
    }

    fn error_where(&self, weights: &[f64], right: impl Fn(usize) -> bool) -> f64 {
        let mut gaps = [0.0; BINS];
        for (row, (&bin, weight)) in self.bin.iter().zip(weights).enumerate() {
            gaps[bin] += weight * (self.confidence[row] - f64::from(u8::from(right(row))));
        }
        gaps.iter().map(|gap| gap.abs()).sum::<f64>() / weights.iter().sum::<f64>() * 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_and_errors_by_hand() {
        let table = ProbabilityTable::new(vec![0.8, 0.2, 0.4, 0.6], 2).unwrap();
        let losses = log_loss_of(&table, &[0, 0]);
        approx::assert_abs_diff_eq!(
            weighted_log_loss(&losses, &[1.0, 3.0]),
            -(0.8_f64.ln() + 3.0 * 0.4_f64.ln()) / 4.0,
            epsilon = 1e-12
        );
        // Two rows fall into two of the bins: |0.8 - 1| and |0.6 - 0|.
        let bins = CalibrationBins::new(&table, &[0, 0]);
        approx::assert_abs_diff_eq!(bins.error(&[1.0, 1.0]), (0.2 + 0.6) / 2.0 * 100.0, epsilon = 1e-12);
    }

    #[test]
    fn weighted_f1_is_the_f1_of_rows_written_out() {
        let found = weighted_f1(&[0, 1, 2], &[1, 1, 0], 0, &[2.0, 3.0, 1.0]);
        let written_out = crate::micro_f1(&[0, 0, 1, 1, 1, 2], &[1, 1, 1, 1, 1, 0], 0).unwrap();
        approx::assert_abs_diff_eq!(found, written_out, epsilon = 1e-12);
        assert_eq!(weighted_f1(&[0], &[0], 0, &[1.0]), 0.0);
    }
}
