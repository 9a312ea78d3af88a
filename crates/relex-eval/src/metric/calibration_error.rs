//! How far confidence is from accuracy.

use super::{are_distributions, check_labels, check_length, percent};
use crate::bootstrap::{LANES, RowWeights};
use crate::error::EvalError;
use crate::predictions::argmax;

/// How rows are put into bins by their confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binning {
    /// This many bins of equal width: bin *b* of *n* holds confidences in `[b / n, (b + 1) / n)`, the last one 1 as well.
    EqualWidth(usize),
    /// This many bins of about equally many rows; rows of one confidence are in one bin, so some may be empty.
    EqualMass(usize),
}

/// Expected calibration error in percent: the mean over rows of the distance between confidence and accuracy in the
/// row's bin (Guo et al. 2017, equation 3; with equal mass Nguyen & O'Connor 2015).
///
/// A row's confidence is its largest probability, and it is right if that label (the first of equal ones) is the gold one. `gold`
/// is `[rows]`, `probabilities` row-major `[rows, classes]`. The error of a perfectly calibrated system is above 0 on any finite
/// number of rows, the more so the more bins; compare systems by [`brier_score`](crate::brier_score) or [`log_loss`](crate::log_loss).
///
/// # Errors
/// [`EvalError::NoRows`], [`EvalError::Length`], [`EvalError::LabelIndex`] where the slices do not fit,
/// [`EvalError::NotDistributions`] if a row does not hold probabilities, [`EvalError::Setting`] for no bins.
///
/// ```
/// # use relex_eval::{Binning, calibration_error};
/// // Confidence 0.8 and right, 0.9 and wrong: one bin of ten each.
/// let error = calibration_error(&[0, 0], &[0.8, 0.2, 0.1, 0.9], 2, Binning::EqualWidth(10))?;
/// assert!((error - (0.2 + 0.9) / 2.0 * 100.0).abs() < 1e-9);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn calibration_error(
    gold: &[usize],
    probabilities: &[f64],
    classes: usize,
    binning: Binning,
) -> Result<f64, EvalError> {
    check_probabilities(gold, probabilities, classes)?;
    let (Binning::EqualWidth(count) | Binning::EqualMass(count)) = binning;
    if count == 0 {
        return Err(EvalError::Setting {
            name: "bins",
            value: "0".to_owned(),
            allowed: "at least 1, such as 15",
        });
    }
    let bins = ConfidenceBins::new(gold, probabilities, classes, binning);
    Ok(bins.weighted_error(&vec![[1; LANES]; gold.len()])[0])
}

/// Refuses what is not one distribution a row beside one gold label a row.
pub(super) fn check_probabilities(gold: &[usize], probabilities: &[f64], classes: usize) -> Result<(), EvalError> {
    if gold.is_empty() {
        return Err(EvalError::NoRows);
    }
    check_labels("gold", gold, classes)?;
    check_length("probabilities", gold.len().saturating_mul(classes), probabilities.len())?;
    match probabilities
        .chunks(classes)
        .position(|row| !are_distributions(row, classes))
    {
        Some(row) => Err(EvalError::NotDistributions { row }),
        None => Ok(()),
    }
}

/// Every row's bin and what it adds to it. Bins stay those of all rows when rows are resampled.
#[derive(Debug)]
pub(crate) struct ConfidenceBins {
    /// `[rows]`
    bin: Vec<u32>,
    /// Confidence less 1 if the row is right, less 0 if not. `[rows]`
    gap: Vec<f64>,
    bins: usize,
}

impl ConfidenceBins {
    /// Takes checked input and at least one bin.
    pub(crate) fn new(gold: &[usize], probabilities: &[f64], classes: usize, binning: Binning) -> Self {
        let best: Vec<usize> = probabilities.chunks(classes).map(argmax).collect();
        let confidence: Vec<f64> = probabilities
            .chunks(classes)
            .zip(&best)
            .map(|(row, &label)| row[label])
            .collect();
        let gap = confidence.iter().zip(best.iter().zip(gold));
        let (bin, bins) = match binning {
            Binning::EqualWidth(bins) => (equal_width(&confidence, bins), bins),
            Binning::EqualMass(bins) => (equal_mass(&confidence, bins), bins),
        };
        Self {
            gap: gap
                .map(|(confidence, (label, gold))| confidence - f64::from(u8::from(label == gold)))
                .collect(),
            bin,
            bins,
        }
    }

    /// The error in percent in each lane; 0 where no row has weight.
    pub(crate) fn weighted_error(&self, weights: &[RowWeights]) -> [f64; LANES] {
        let mut gaps = vec![[0.0; LANES]; self.bins];
        let mut total = [0.0; LANES];
        for ((&bin, &gap), weight) in self.bin.iter().zip(&self.gap).zip(weights) {
            let sum = &mut gaps[bin as usize];
            for lane in 0..LANES {
                let weight = f64::from(weight[lane]);
                sum[lane] += gap * weight;
                total[lane] += weight;
            }
        }
        std::array::from_fn(|lane| percent(gaps.iter().map(|gap| gap[lane].abs()).sum(), total[lane]))
    }
}

fn equal_width(confidence: &[f64], bins: usize) -> Vec<u32> {
    let last = bins - 1;
    let bin = |value: &f64| ((value * bins as f64) as usize).min(last) as u32;
    confidence.iter().map(bin).collect()
}

fn equal_mass(confidence: &[f64], bins: usize) -> Vec<u32> {
    let mut order: Vec<usize> = (0..confidence.len()).collect();
    order.sort_by(|&a, &b| confidence[a].total_cmp(&confidence[b]));
    let mut bin = vec![0; confidence.len()];
    let mut rank = 0;
    for tied in order.chunk_by(|&a, &b| confidence[a] == confidence[b]) {
        for &row in tied {
            bin[row] = (rank * bins / confidence.len()) as u32;
        }
        rank += tied.len();
    }
    bin
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two labels; `(confidence, right)` rows, the confidence at least one half.
    fn check(rows: &[(f64, bool)], binning: Binning, expected: f64) {
        let gold: Vec<usize> = rows.iter().map(|row| usize::from(!row.1)).collect();
        let probabilities: Vec<f64> = rows.iter().flat_map(|row| [row.0, 1.0 - row.0]).collect();
        let found = calibration_error(&gold, &probabilities, 2, binning).unwrap();
        approx::assert_abs_diff_eq!(found, expected * 100.0, epsilon = 1e-9);
    }

    #[test]
    fn bins_of_equal_width() {
        // [0.6, 0.8): 0.6 right, 0.7 wrong, together 1.3 against 1; [0.8, 1]: 1.0 right.
        let rows = [(0.6, true), (0.7, false), (1.0, true)];
        check(&rows, Binning::EqualWidth(5), ((0.6_f64 + 0.7 - 1.0).abs() + 0.0) / 3.0);
        // One bin: 2.3 against 2.
        check(&rows, Binning::EqualWidth(1), 0.3 / 3.0);
    }

    #[test]
    fn bins_of_equal_mass() {
        // Two rows a bin: 0.6 + 0.7 against 1, 0.8 + 0.9 against 2.
        let rows = [(0.9, true), (0.6, true), (0.8, true), (0.7, false)];
        check(&rows, Binning::EqualMass(2), (0.3 + 0.3) / 4.0);
        // Rows of one confidence stay together, in the bin of the first of them.
        check(&[(0.5, true), (0.5, false), (0.5, false)], Binning::EqualMass(3), 0.5 / 3.0);
        // More bins than rows: each row by itself.
        check(&[(0.9, true), (0.6, false)], Binning::EqualMass(9), (0.1 + 0.6) / 2.0);
    }

    #[test]
    fn one_row_and_certainty() {
        check(&[(1.0, true)], Binning::EqualWidth(15), 0.0);
        check(&[(1.0, false)], Binning::EqualMass(15), 1.0);
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        let error = |probabilities: &[f64]| calibration_error(&[0], probabilities, 2, Binning::EqualWidth(15)).unwrap_err();
        for logits in [[3.0, -2.0], [0.7, 0.7], [f64::NAN, 1.0]] {
            assert!(matches!(error(&logits), EvalError::NotDistributions { row: 0 }));
        }
        assert!(matches!(error(&[1.0]), EvalError::Length { .. }));
        let none = calibration_error(&[0], &[1.0, 0.0], 2, Binning::EqualMass(0));
        assert!(matches!(none, Err(EvalError::Setting { name: "bins", .. })));
    }
}
