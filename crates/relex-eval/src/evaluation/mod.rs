//! Every score of one set of predictions, with intervals and counts, in one value.

mod scores;
mod slices;
mod terminal;

pub use scores::MetricScore;
pub use slices::{SliceRow, SliceTable, Slicing, evaluate_slices};
pub use terminal::render_terminal;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::bootstrap::BootstrapConfig;
use crate::error::EvalError;
use crate::files::write_atomically;
use crate::groups::RowGroups;
use crate::interval::{Interval, Score};
use crate::metric::{
    ConfusionMatrix, Metric, RelationPairs, ScoredRows, Scorer, auprc, check_length, confusion_matrix, per_label,
};
use crate::predictions::{ROUNDING_TOLERANCE, argmax, check_label_order};
use crate::probabilities::check_distributions;
use crate::shift::TargetMix;
use scores::measure;

/// The version of the JSON that [`Evaluation::write`] writes and [`Evaluation::read`] reads.
pub const EVALUATION_FORMAT_VERSION: u32 = 2;

/// How many pairs [`Evaluation::most_confused`] holds at most.
const MOST_CONFUSED: usize = 15;

/// What is scored: slices with one value a row.
#[derive(Debug, Clone, Copy)]
pub struct EvaluationInput<'a> {
    /// The label order. `[labels]`
    pub labels: &'a [String],
    /// Index of the label that micro-F1 leaves out.
    pub negative: usize,
    /// Index of each row's gold label. `[rows]`
    pub gold: &'a [usize],
    /// Row-major `[rows, labels]`; a row's prediction is its largest value, the first of equal ones.
    pub probabilities: &'a [f64],
    /// Group of each row: rows that share a sentence have the same number. `[rows]`
    pub groups: &'a [usize],
    /// How the intervals are made.
    pub bootstrap: BootstrapConfig,
}

/// The scores of one set of predictions. Scores are in percent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// [`EVALUATION_FORMAT_VERSION`].
    pub format_version: u32,
    /// Number of rows scored.
    pub rows: usize,
    /// Number of groups (distinct sentences) that the rows belong to.
    pub groups: usize,
    /// The label that micro-F1 leaves out.
    pub negative_label: String,
    /// Micro-F1 over the other labels, see [`micro_f1`](crate::micro_f1).
    pub micro_f1: Score,
    /// Mean area under the precision-recall curves, see [`auprc`].
    pub auprc: Score,
    /// How many labels have a gold row, and so entered the mean of `auprc`.
    pub auprc_labels: usize,
    /// Share of rows predicted right, see [`accuracy`](crate::accuracy).
    pub accuracy: Score,
    /// Every score that is defined for the predictions, those above among them, in the order in which they are shown.
    pub scores: Vec<MetricScore>,
    /// Number of bootstrap resamples behind each interval.
    pub resamples: usize,
    /// Seed of the resamples.
    pub seed: u64,
    /// Every label in label order.
    pub per_label: Vec<LabelRow>,
    /// Rows by gold and predicted label, in label order.
    pub confusion: ConfusionMatrix,
    /// The most frequent mistakes, at most 15, the most frequent first.
    pub most_confused: Vec<ConfusedLabels>,
    /// Scores of parts of the rows, of [`evaluate_slices`]; empty until they are put there.
    pub slices: Vec<SliceTable>,
    /// Scores at another mix of labels, of [`target_mix`](crate::target_mix); `None` until they are put there.
    pub target_mix: Option<TargetMix>,
}

/// How one label fared; scores in percent, 0 where they divide by no row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelRow {
    /// The label.
    pub label: String,
    /// Share of the rows predicted as the label that are of it.
    pub precision: f64,
    /// Share of the label's gold rows that were predicted as it.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Its [BCa interval](crate::bca_interval).
    pub f1_interval: Interval,
    /// Area under the label's precision-recall curve; `None` without a gold row.
    pub auprc: Option<f64>,
    /// Gold rows of the label.
    pub support: usize,
    /// Rows predicted as the label.
    pub predicted: usize,
}

/// A gold label, what it was taken for, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfusedLabels {
    /// The gold label.
    pub gold: String,
    /// The label predicted in its place.
    pub predicted: String,
    /// Rows.
    pub count: usize,
    /// Share of the gold label's rows that this is, in percent.
    pub share_of_gold: f64,
}

/// Scores predictions: every [`Metric`] that they allow, with intervals over groups, every label, and who was taken for
/// whom.
///
/// Calibration errors, Brier score and log loss are there if every row holds probabilities that sum to 1, and
/// SemEval-2010 Task 8's score if every label but the negative one has a direction.
///
/// # Errors
/// [`EvalError::NoRows`], [`EvalError::Length`], [`EvalError::LabelIndex`],
/// [`EvalError::NotFinite`], [`EvalError::RepeatedLabel`] or [`EvalError::Setting`] where the
/// input cannot be scored.
pub fn evaluate(input: &EvaluationInput<'_>) -> Result<Evaluation, EvalError> {
    let EvaluationInput {
        labels,
        negative,
        gold,
        probabilities,
        groups,
        bootstrap: config,
    } = *input;
    let classes = labels.len();
    check_label_order(labels)?;
    check_length("groups", gold.len(), groups.len())?;
    let scored = ScoredRows {
        labels,
        negative,
        gold,
        probabilities,
    };
    let metrics = applicable(&scored);
    let scorer = Scorer::new(scored, &metrics)?.and_every_label();
    let groups = RowGroups::new(groups);
    let mut measured = measure(&scorer, &groups, &config)?.into_iter();
    let scores: Vec<MetricScore> = metrics
        .iter()
        .zip(measured.by_ref())
        .map(|(&metric, measured)| measured.of(metric))
        .collect();
    let headline = |metric| {
        let score = scores.iter().find(|score| score.metric == metric);
        score.map(MetricScore::score).ok_or(EvalError::NoRows)
    };

    let predicted: Vec<usize> = probabilities.chunks_exact(classes).map(argmax).collect();
    let area = auprc(gold, probabilities, classes)?;
    let label_scores = per_label(gold, &predicted, classes)?;
    let confusion = confusion_matrix(gold, &predicted, classes)?;
    let most_confused = confusion
        .most_confused(MOST_CONFUSED)
        .into_iter()
        .map(|pair| ConfusedLabels {
            gold: labels[pair.gold].clone(),
            predicted: labels[pair.predicted].clone(),
            count: pair.count,
            share_of_gold: pair.count as f64 / label_scores[pair.gold].support as f64 * 100.0,
        });

    Ok(Evaluation {
        format_version: EVALUATION_FORMAT_VERSION,
        rows: gold.len(),
        groups: groups.count(),
        negative_label: labels[negative].clone(),
        micro_f1: headline(Metric::MicroF1)?,
        auprc: headline(Metric::Auprc)?,
        auprc_labels: area.defined(),
        accuracy: headline(Metric::Accuracy)?,
        scores,
        resamples: config.resamples,
        seed: config.seed,
        per_label: labels
            .iter()
            .zip(&label_scores)
            .zip(&area.per_class)
            .zip(measured)
            .map(|(((label, score), &auprc), f1)| LabelRow {
                label: label.clone(),
                precision: score.precision,
                recall: score.recall,
                f1: score.f1,
                f1_interval: f1.bca,
                auprc,
                support: score.support,
                predicted: score.predicted,
            })
            .collect(),
        most_confused: most_confused.collect(),
        confusion,
        slices: Vec::new(),
        target_mix: None,
    })
}

/// The metrics that are defined for the rows, in the order in which they are shown.
fn applicable(rows: &ScoredRows<'_>) -> Vec<Metric> {
    let has_directions = RelationPairs::of(rows.labels, rows.negative).is_some();
    let has_probabilities = check_distributions(rows.probabilities, rows.labels.len(), ROUNDING_TOLERANCE).is_ok();
    [
        Metric::MicroF1,
        Metric::MicroPrecision,
        Metric::MicroRecall,
        Metric::MacroF1,
        Metric::MacroPrecision,
        Metric::MacroRecall,
        Metric::SemevalF1,
        Metric::Auprc,
        Metric::Accuracy,
        Metric::CalibrationErrorEqualWidth,
        Metric::CalibrationErrorEqualMass,
        Metric::BrierScore,
        Metric::LogLoss,
    ]
    .into_iter()
    .filter(|&metric| metric != Metric::SemevalF1 || has_directions)
    .filter(|metric| !metric.needs_distributions() || has_probabilities)
    .collect()
}

impl Evaluation {
    /// Writes the evaluation to `path` as JSON, whole or not at all.
    ///
    /// # Errors
    /// [`EvalError::Write`] if the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), EvalError> {
        write_atomically(path.as_ref(), |writer| {
            serde_json::to_writer_pretty(&mut *writer, self)?;
            writer.write_all(b"\n")
        })
    }

    /// Reads an evaluation that [`Evaluation::write`] wrote.
    ///
    /// # Errors
    /// [`EvalError::Read`], [`EvalError::Json`] or [`EvalError::FormatVersion`] if it cannot be used.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, EvalError> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| EvalError::Read {
            path: path.to_owned(),
            source,
        })?;
        let json = |source| EvalError::Json {
            path: path.to_owned(),
            expected: "an evaluation",
            source,
        };
        let Version { format_version: found } = serde_json::from_str(&text).map_err(json)?;
        if found != EVALUATION_FORMAT_VERSION {
            return Err(EvalError::FormatVersion {
                path: path.to_owned(),
                found,
                supported: EVALUATION_FORMAT_VERSION,
            });
        }
        serde_json::from_str(&text).map_err(json)
    }
}
