//! Any of the scores, of one set of predictions, in [`LANES`] resamples at a time.

use super::calibration_error::{Binning, ConfidenceBins, check_probabilities};
use super::cells::{Cells, LabelCounts};
use super::proper_score::{brier_rows, log_loss_rows};
use super::semeval_f1::RelationPairs;
use super::{Metric, RankedScores, check_labels, check_scores};
use crate::bootstrap::{LANES, RowWeights};
use crate::error::EvalError;
use crate::groups::RowGroups;
use crate::jackknife::leave_one_out;
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
        self.score_where(weights, scores, |_| true);
    }

    /// Each score without each group in turn. `[metrics][groups]`
    pub(crate) fn leave_one_out(&self, groups: &RowGroups) -> Vec<Vec<f64>> {
        let by_weights = |part: &Part| !matches!(part, Part::Ranking(_));
        let mut values = leave_one_out(groups, self.parts.len(), |weights, scores| {
            self.score_where(weights, scores, by_weights);
        });
        for (part, values) in self.parts.iter().zip(&mut values) {
            if let Part::Ranking(ranked) = part {
                *values = ranked.leave_one_out(groups);
            }
        }
        values
    }

    fn score_where(&self, weights: &[RowWeights], scores: &mut [[f64; LANES]], wanted: impl Fn(&Part) -> bool) {
        let counts = self.cells.count(weights);
        for (part, score) in self.parts.iter().zip(scores).filter(|(part, _)| wanted(part)) {
            *score = match part {
                Part::Labels(score) => score(&counts),
                Part::OneLabel(class) => counts.label_f1(*class),
                Part::Relations(pairs) => pairs.official_f1(&counts),
                Part::Ranking(ranked) => ranked.weighted_mean(weights),
                Part::Bins(bins) => bins.weighted_error(weights),
                Part::Mean(values) => weighted_mean(values, weights),
            };
        }
    }
}

/// The mean in each lane; 0 where no row has weight.
fn weighted_mean(values: &[f64], weights: &[RowWeights]) -> [f64; LANES] {
    let mut sum = [0.0; LANES];
    let mut total = [0.0_f64; LANES];
    for (value, weight) in values.iter().zip(weights) {
        for lane in 0..LANES {
            let weight = f64::from(weight[lane]);
            sum[lane] += value * weight;
            total[lane] += weight;
        }
    }
    std::array::from_fn(|lane| sum[lane] / total[lane].max(1.0))
}
