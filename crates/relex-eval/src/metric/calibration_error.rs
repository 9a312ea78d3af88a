//! How far confidence is from accuracy.

use super::{check_labels, check_length, percent};
use crate::bootstrap::{LANES, RowWeights};
use crate::chance::{stream, uniform};
use crate::error::EvalError;
use crate::groups::RowGroups;
use crate::interval::quantile;
use crate::predictions::{ROUNDING_TOLERANCE, argmax};
use crate::probabilities::check_distributions;
use crate::resample::in_each;

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
/// [`EvalError::NotADistribution`] if a row does not hold probabilities, [`EvalError::Setting`] for no bins.
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
    check_distributions(probabilities, classes, ROUNDING_TOLERANCE)
}

/// The rows of one bin: a point of a reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ReliabilityBin {
    /// Number of rows, at least 1.
    pub(crate) rows: usize,
    /// Mean probability of their predicted labels, in percent.
    pub(crate) confidence: f64,
    /// Share of them that are right, in percent.
    pub(crate) accuracy: f64,
}

/// Rows by how sure the model was. Bins stay those of all rows when rows are resampled.
#[derive(Debug)]
pub(crate) struct ConfidenceBins {
    /// `[rows]`
    bin: Vec<u32>,
    /// Probability of the predicted label. `[rows]`
    confidence: Vec<f64>,
    /// Whether it is the gold one. `[rows]`
    right: Vec<bool>,
    bins: usize,
}

impl ConfidenceBins {
    /// Takes checked input and at least one bin.
    pub(crate) fn new(gold: &[usize], probabilities: &[f64], classes: usize, binning: Binning) -> Self {
        let best = || probabilities.chunks(classes).map(|row| (row, argmax(row)));
        let confidence: Vec<f64> = best().map(|(row, label)| row[label]).collect();
        let (bin, bins) = match binning {
            Binning::EqualWidth(bins) => (equal_width(&confidence, bins), bins),
            Binning::EqualMass(bins) => (equal_mass(&confidence, bins), bins),
        };
        Self {
            bin,
            confidence,
            right: best().zip(gold).map(|((_, label), gold)| label == *gold).collect(),
            bins,
        }
    }

    /// The error in percent in each lane; 0 where no row has weight.
    pub(crate) fn weighted_error(&self, weights: &[RowWeights]) -> [f64; LANES] {
        let mut gaps = vec![[0.0; LANES]; self.bins];
        let mut total = [0_u32; LANES];
        for (row, (&bin, weight)) in self.bin.iter().zip(weights).enumerate() {
            let gap = self.gap(row, self.right[row]);
            let sum = &mut gaps[bin as usize];
            for lane in 0..LANES {
                // Signed integers become floats in one instruction, unsigned ones do not.
                sum[lane] += gap * f64::from(weight[lane].cast_signed());
                total[lane] += weight[lane];
            }
        }
        std::array::from_fn(|lane| percent(gaps.iter().map(|gap| gap[lane].abs()).sum(), f64::from(total[lane])))
    }

    /// The error in percent without each group in turn. `[groups]`
    pub(crate) fn leave_one_out(&self, groups: &RowGroups) -> Vec<f64> {
        let mut gaps = vec![0.0; self.bins];
        for (row, &bin) in self.bin.iter().enumerate() {
            gaps[bin as usize] += self.gap(row, self.right[row]);
        }
        let without = |left_out: &Vec<u32>| {
            let mut gaps = gaps.clone();
            for &row in left_out {
                let row = row as usize;
                gaps[self.bin[row] as usize] -= self.gap(row, self.right[row]);
            }
            let rows = self.bin.len() - left_out.len();
            percent(gaps.into_iter().map(f64::abs).sum(), rows as f64)
        };
        groups.members().iter().map(without).collect()
    }

    /// The error in percent, each row counted `weights[row]` times.
    pub(crate) fn error(&self, weights: &[f64]) -> f64 {
        self.error_where(|row| (self.right[row], weights[row]))
    }

    /// Each bin's rows; `None` where it has none. `[bins]`
    pub(crate) fn reliability(&self) -> Vec<Option<ReliabilityBin>> {
        let mut sums = vec![(0_usize, 0.0, 0_usize); self.bins];
        for (row, &bin) in self.bin.iter().enumerate() {
            let (rows, confidence, right) = &mut sums[bin as usize];
            *rows += 1;
            *confidence += self.confidence[row];
            *right += usize::from(self.right[row]);
        }
        let summary = |(rows, confidence, right): (usize, f64, usize)| {
            (rows > 0).then(|| ReliabilityBin {
                rows,
                confidence: percent(confidence, rows as f64),
                accuracy: percent(right as f64, rows as f64),
            })
        };
        sums.into_iter().map(summary).collect()
    }

    /// The error that a calibrated model would show on rows of these confidences: the 99 % quantile of `draws`
    /// simulations in which each prediction is right with the probability that it claims (Bröcker & Smith 2007,
    /// "consistency resampling").
    pub(crate) fn calibrated_error(&self, draws: usize, seed: u64) -> f64 {
        let mut errors = in_each(draws, |draw| {
            let mut chance = stream(seed, "calibrated", draw);
            self.error_where(|row| (uniform(&mut chance) < self.confidence[row], 1.0))
        });
        errors.sort_unstable_by(f64::total_cmp);
        quantile(&errors, 0.99)
    }

    /// `outcome` gives whether a row is right, and its weight; rows are asked for in order.
    fn error_where(&self, mut outcome: impl FnMut(usize) -> (bool, f64)) -> f64 {
        let mut gaps = vec![0.0; self.bins];
        let mut total = 0.0;
        for (row, &bin) in self.bin.iter().enumerate() {
            let (right, weight) = outcome(row);
            gaps[bin as usize] += weight * self.gap(row, right);
            total += weight;
        }
        percent(gaps.iter().map(|gap| gap.abs()).sum(), total)
    }

    fn gap(&self, row: usize, right: bool) -> f64 {
        self.confidence[row] - f64::from(u8::from(right))
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
        check(
            &[(0.5, true), (0.5, false), (0.5, false)],
            Binning::EqualMass(3),
            0.5 / 3.0,
        );
        // More bins than rows: each row by itself.
        check(&[(0.9, true), (0.6, false)], Binning::EqualMass(9), (0.1 + 0.6) / 2.0);
    }

    #[test]
    fn bins_as_points_of_a_diagram() {
        // [0.5, 0.75): 0.6 right, 0.7 wrong; [0.75, 1]: 0.8 right.
        let probabilities = [0.6, 0.4, 0.3, 0.7, 0.8, 0.2];
        let bins = ConfidenceBins::new(&[0, 0, 0], &probabilities, 2, Binning::EqualWidth(4)).reliability();
        assert_eq!(bins[..2], [None, None]);
        let (low, high) = (bins[2].unwrap(), bins[3].unwrap());
        assert_eq!((low.rows, high.rows, low.accuracy, high.accuracy), (2, 1, 50.0, 100.0));
        approx::assert_abs_diff_eq!(low.confidence, (0.6 + 0.7) / 2.0 * 100.0, epsilon = 1e-9);
    }

    #[test]
    fn one_row_and_certainty() {
        check(&[(1.0, true)], Binning::EqualWidth(15), 0.0);
        check(&[(1.0, false)], Binning::EqualMass(15), 1.0);
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        let error =
            |probabilities: &[f64]| calibration_error(&[0], probabilities, 2, Binning::EqualWidth(15)).unwrap_err();
        for logits in [[3.0, -2.0], [0.7, 0.7], [f64::NAN, 1.0]] {
            assert!(matches!(error(&logits), EvalError::NotADistribution { row: 0, .. }));
        }
        assert!(matches!(error(&[1.0]), EvalError::Length { .. }));
        let none = calibration_error(&[0], &[1.0, 0.0], 2, Binning::EqualMass(0));
        assert!(matches!(none, Err(EvalError::Setting { name: "bins", .. })));
    }

    #[test]
    fn rows_of_any_weight_and_lanes_agree() {
        let gold = [0, 0, 1, 0, 1];
        let probabilities = [0.8, 0.2, 0.4, 0.6, 0.3, 0.7, 0.95, 0.05, 0.55, 0.45];
        let bins = ConfidenceBins::new(&gold, &probabilities, 2, Binning::EqualMass(2));
        let counts = [2, 0, 1, 3, 1];
        let lanes: Vec<RowWeights> = counts.iter().map(|&count| [count; LANES]).collect();
        let weights: Vec<f64> = counts.iter().map(|&count| f64::from(count)).collect();
        approx::assert_abs_diff_eq!(bins.error(&weights), bins.weighted_error(&lanes)[0], epsilon = 1e-12);
    }

    #[test]
    fn a_calibrated_model_seldom_shows_more() {
        // 1,000 rows of confidence 0.7 in one bin: the error is |0.7 - share right|, about normal with
        // sqrt(0.7 · 0.3 / 1000), whose absolute value stays below 2.576 of it 99 times of 100.
        let probabilities = [0.7, 0.3].repeat(1_000);
        let bins = ConfidenceBins::new(&[0; 1_000], &probabilities, 2, Binning::EqualMass(1));
        let expected = 2.576 * (0.7 * 0.3 / 1_000.0_f64).sqrt() * 100.0;
        approx::assert_relative_eq!(bins.calibrated_error(4_000, 1), expected, max_relative = 0.06);
    }
}
