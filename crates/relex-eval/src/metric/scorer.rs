//! Any of the scores, of one set of predictions, in [`LANES`] resamples at a time.

use rayon::prelude::*;

use super::calibration_error::{Binning, ConfidenceBins, check_probabilities};
use super::cells::{Cells, LabelCounts};
use super::proper_score::{brier_rows, log_loss_rows};
use super::semeval_f1::RelationPairs;
use super::{Metric, RankedScores, check_labels, check_scores};
use crate::bootstrap::{LANES, RowWeights, transpose};
use crate::error::EvalError;
use crate::groups::RowGroups;
use crate::predictions::argmax;

/// Bins of the calibration errors that are shown; the number that Guo et al. (2017) use.
pub(crate) const BINS: usize = 15;

/// Predictions beside their gold labels, one value or one row of values a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScoredRows<'a> {
    /// The label order. `[labels]`
    pub(crate) labels: &'a [String],
    pub(crate) negative: usize,
    /// `[rows]`
    pub(crate) gold: &'a [usize],
    /// Row-major `[rows, labels]`.
    pub(crate) probabilities: &'a [f64],
}

/// The scores to compute and what each of them needs.
#[derive(Debug)]
pub(crate) struct Scorer {
    rows: usize,
    cells: Cells,
    parts: Vec<Part>,
}

/// One score, prepared so that weights are all that it still needs.
#[derive(Debug)]
enum Part {
    Labels(fn(&LabelCounts) -> [f64; LANES]),
    /// The F1 of one label.
    OneLabel(usize),
    Relations(RelationPairs),
    Ranking(RankedScores),
    Bins(ConfidenceBins),
    /// The mean of a value that each row has.
    Mean(Vec<f64>),
}

impl Scorer {
    /// # Errors
    /// [`EvalError::NoRows`], [`EvalError::Length`], [`EvalError::LabelIndex`], [`EvalError::NotFinite`],
    /// [`EvalError::NotADistribution`] or [`EvalError::Setting`] where a metric cannot score the rows.
    pub(crate) fn new(rows: ScoredRows<'_>, metrics: &[Metric]) -> Result<Self, EvalError> {
        let ScoredRows {
            labels,
            negative,
            gold,
            probabilities,
        } = rows;
        let classes = labels.len();
        check_labels("negative", &[negative], classes)?;
        check_scores(gold, probabilities, classes)?;
        if metrics.iter().any(|metric| metric.needs_distributions()) {
            check_probabilities(gold, probabilities, classes)?;
        }
        let predicted: Vec<usize> = probabilities.chunks(classes).map(argmax).collect();
        let bins = |binning| Part::Bins(ConfidenceBins::new(gold, probabilities, classes, binning));
        let part = |metric: &Metric| {
            Ok(match metric {
                Metric::Auprc => Part::Ranking(RankedScores::new(gold, probabilities, classes)?),
                Metric::SemevalF1 => Part::Relations(RelationPairs::required(labels, negative)?),
                Metric::CalibrationErrorEqualWidth => bins(Binning::EqualWidth(BINS)),
                Metric::CalibrationErrorEqualMass => bins(Binning::EqualMass(BINS)),
                Metric::BrierScore => Part::Mean(brier_rows(gold, probabilities, classes)),
                Metric::LogLoss => Part::Mean(log_loss_rows(gold, probabilities, classes)),
                Metric::MicroF1 => Part::Labels(LabelCounts::micro_f1),
                Metric::MicroPrecision => Part::Labels(LabelCounts::micro_precision),
                Metric::MicroRecall => Part::Labels(LabelCounts::micro_recall),
                Metric::MacroF1 => Part::Labels(LabelCounts::macro_f1),
                Metric::MacroPrecision => Part::Labels(LabelCounts::macro_precision),
                Metric::MacroRecall => Part::Labels(LabelCounts::macro_recall),
                Metric::Accuracy => Part::Labels(LabelCounts::accuracy),
            })
        };
        Ok(Self {
            rows: gold.len(),
            parts: metrics.iter().map(part).collect::<Result<_, EvalError>>()?,
            cells: Cells::new(gold, &predicted, classes, negative),
        })
    }

    /// With the F1 of every label, in label order, after the metrics.
    pub(crate) fn and_every_label(mut self) -> Self {
        self.parts.extend((0..self.cells.classes()).map(Part::OneLabel));
        self
    }

    /// How many scores there are.
    pub(crate) fn scores(&self) -> usize {
        self.parts.len()
    }

    /// Each score on the rows as they are. `[metrics]`
    pub(crate) fn values(&self) -> Vec<f64> {
        let mut lanes = vec![[0.0; LANES]; self.parts.len()];
        self.score(&vec![[1; LANES]; self.rows], &mut lanes);
        lanes.iter().map(|lanes| lanes[0]).collect()
    }

    /// Each score under the weights of every row, into `[metrics]`.
    pub(crate) fn score(&self, weights: &[RowWeights], scores: &mut [[f64; LANES]]) {
        let counts = self.cells.count(weights);
        for (part, score) in self.parts.iter().zip(scores) {
            *score = match part {
                Part::Labels(_) | Part::OneLabel(_) | Part::Relations(_) => part.of_labels(&counts),
                Part::Ranking(ranked) => ranked.weighted_mean(weights),
                Part::Bins(bins) => bins.weighted_error(weights),
                Part::Mean(values) => weighted_mean(values, weights),
            };
        }
    }

    /// Each score without each group in turn. `[metrics][groups]`
    pub(crate) fn leave_one_out(&self, groups: &RowGroups) -> Vec<Vec<f64>> {
        // What is a sum over rows is had by subtraction; no walk over all rows for each group.
        let all = self.cells.count(&vec![[1; LANES]; self.rows]);
        let blocks: Vec<Vec<[f64; LANES]>> = groups
            .members()
            .par_chunks(LANES)
            .map(|left_out| {
                let counts = self.cells.count_without(&all, left_out);
                self.parts.iter().map(|part| part.of_labels(&counts)).collect()
            })
            .collect();
        let mut values = transpose(&blocks, self.parts.len(), groups.count());
        for (part, values) in self.parts.iter().zip(&mut values) {
            match part {
                Part::Labels(_) | Part::OneLabel(_) | Part::Relations(_) => {}
                Part::Ranking(ranked) => *values = ranked.leave_one_out(groups),
                Part::Bins(bins) => *values = bins.leave_one_out(groups),
                Part::Mean(of_rows) => *values = means_without(of_rows, groups),
            }
        }
        values
    }
}

impl Part {
    /// The score, if it follows from how often labels are given and predicted; else 0.
    fn of_labels(&self, counts: &LabelCounts) -> [f64; LANES] {
        match self {
            Self::Labels(score) => score(counts),
            Self::OneLabel(class) => counts.label_f1(*class),
            Self::Relations(pairs) => pairs.official_f1(counts),
            Self::Ranking(_) | Self::Bins(_) | Self::Mean(_) => [0.0; LANES],
        }
    }
}

/// The mean in each lane; 0 where no row has weight.
fn weighted_mean(values: &[f64], weights: &[RowWeights]) -> [f64; LANES] {
    let mut sum = [0.0; LANES];
    let mut total = [0_u32; LANES];
    for (value, weight) in values.iter().zip(weights) {
        for lane in 0..LANES {
            // Signed integers become floats in one instruction, unsigned ones do not.
            sum[lane] += value * f64::from(weight[lane].cast_signed());
            total[lane] += weight[lane];
        }
    }
    std::array::from_fn(|lane| sum[lane] / f64::from(total[lane].max(1)))
}

/// The mean without each group in turn; 0 where no row is left. `[groups]`
fn means_without(values: &[f64], groups: &RowGroups) -> Vec<f64> {
    let total: f64 = values.iter().sum();
    let without = |left_out: &Vec<u32>| {
        let rows = values.len() - left_out.len();
        let own: f64 = left_out.iter().map(|&row| values[row as usize]).sum();
        if rows == 0 { 0.0 } else { (total - own) / rows as f64 }
    };
    groups.members().iter().map(without).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::jackknife::leave_one_out;

    proptest! {
        #[test]
        fn a_group_left_out_is_a_group_of_no_weight(
            rows in prop::collection::vec((0_usize..5, 0_usize..6, prop::collection::vec(0.01_f64..1.0, 5)), 2..40)
        ) {
            let labels = ["Other", "A(e1,e2)", "A(e2,e1)", "B(e1,e2)", "B(e2,e1)"].map(String::from);
            let gold: Vec<usize> = rows.iter().map(|(gold, ..)| *gold).collect();
            let keys: Vec<usize> = rows.iter().map(|(_, group, _)| *group).collect();
            let share = |row: &[f64]| -> Vec<f64> { row.iter().map(|value| value / row.iter().sum::<f64>()).collect() };
            let probabilities: Vec<f64> = rows.iter().flat_map(|(.., row)| share(row)).collect();
            let scored = ScoredRows { labels: &labels, negative: 0, gold: &gold, probabilities: &probabilities };
            let metrics = [
                Metric::MicroF1, Metric::MacroF1, Metric::Accuracy, Metric::SemevalF1, Metric::Auprc, Metric::BrierScore,
                Metric::LogLoss, Metric::CalibrationErrorEqualWidth, Metric::CalibrationErrorEqualMass,
            ];
            let scorer = Scorer::new(scored, &metrics).unwrap().and_every_label();
            let groups = RowGroups::new(&keys);
            let slow = leave_one_out(&groups, scorer.scores(), |weights, lanes| scorer.score(weights, lanes));
            for (score, (fast, slow)) in scorer.leave_one_out(&groups).iter().zip(&slow).enumerate() {
                for (fast, slow) in fast.iter().zip(slow) {
                    prop_assert!((fast - slow).abs() < 1e-9, "score {score}: {fast}, {slow}");
                }
            }
        }
    }
}
