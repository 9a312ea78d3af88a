//! Scores for relation classification, each with an interval, and the report that shows them.
//!
//! This crate is the last part of the flow: file → Example → audit → split → train → predict →
//! **metrics → report**. It knows nothing of the parts before it: it takes slices and files, so
//! predictions of any system can be scored.
//!
//! - [`Predictions`] reads and writes the predictions file.
//! - [`evaluate`] gives an [`Evaluation`]: every [`Metric`] with its intervals, every label, the confusion matrix;
//!   [`evaluate_slices`] the same of parts of the rows. Each score is also a function of its own ([`micro_f1`], [`auprc`],
//!   [`macro_average`], [`semeval_f1`], [`brier_score`] …), and [`bootstrap`] and [`jackknife`] resample for any other.
//! - [`compare`] says which of several systems is better and what may be claimed of it.
//! - [`render_terminal`], [`render_comparison`] and [`render_html`] show it.
//! - [`SemevalReport`] is the report of SemEval-2010 Task 8's official scorer.
//! - [`lint_submission`] checks a submission before a leaderboard does.
//!
//! Scores are in percent unless their documentation says otherwise; a label is its index in the label order; randomness
//! comes from the seed that is passed in.
//!
//! ```
//! use relex_eval::{BootstrapConfig, EvaluationInput, evaluate, render_terminal};
//!
//! let labels = ["no_relation", "org:members", "per:title"].map(String::from);
//! let evaluation = evaluate(&EvaluationInput {
//!     labels: &labels,
//!     negative: 0,
//!     gold: &[0, 1, 2, 1],
//!     probabilities: &[
//!         0.8, 0.1, 0.1,
//!         0.2, 0.7, 0.1,
//!         0.1, 0.3, 0.6,
//!         0.5, 0.4, 0.1,
//!     ],
//!     groups: &[0, 0, 1, 2], // the first two rows share a sentence
//!     bootstrap: BootstrapConfig { resamples: 1_000, seed: 7, level: 0.95 },
//! })?;
//! // Two true positives; two rows predicted and three gold as a relation.
//! assert!((evaluation.micro_f1.value - 2.0 * 2.0 / (2.0 + 3.0) * 100.0).abs() < 1e-9);
//! assert!(render_terminal(&evaluation).contains("micro-F1 without no_relation"));
//! # Ok::<(), relex_eval::EvalError>(())
//! ```

mod atomic;
mod bca;
mod bootstrap;
mod compare;
mod distribution;
mod error;
mod evaluation;
mod groups;
mod interval;
mod jackknife;
mod lint;
mod metric;
mod predictions;
mod report;
mod semeval;
mod text;

pub use bca::bca_interval;
pub use bootstrap::{BootstrapConfig, LANES, RowWeights, auprc_interval, bootstrap, micro_f1_interval};
pub use compare::{
    Arm, ArmScore, COMPARISON_FORMAT_VERSION, Comparison, ComparisonInput, MINIMUM_RUNS, McNemar, DETECTABLE_POWER,
    ComparisonTest, PairComparison, RunRows, Verdict, compare, detectable_difference, holm, matching_rows, mcnemar_exact,
    render_comparison,
};
pub use error::EvalError;
pub use evaluation::{
    ConfusedLabels, EVALUATION_FORMAT_VERSION, Evaluation, EvaluationInput, LabelRow, MetricScore, SliceRow,
    SliceTable, Slicing, evaluate, evaluate_slices, render_terminal,
};
pub use interval::{Interval, Score, percentile_interval};
pub use jackknife::jackknife;
pub use lint::{LintCheck, LintExample, LintProblem, LintReport, SUM_TOLERANCE, lint_submission};
pub use metric::{
    Auprc, Binning, ConfusedPair, ConfusionMatrix, LabelScore, MacroAverage, Metric, MicroAverage, accuracy, auprc,
    brier_score, calibration_error, confusion_matrix, log_loss, macro_average, micro_average, micro_f1, per_label,
    semeval_f1,
};
pub use predictions::{PREDICTIONS_FORMAT_VERSION, Predictions, PredictionsMeta, argmax};
pub use report::{Report, ReportRow, render_html};

pub use semeval::{SemevalAnswers, SemevalReport};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
