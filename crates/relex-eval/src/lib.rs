//! Scores for relation classification, each with an interval, and the report that shows them.
//!
//! This crate is the last part of the flow: file → Example → audit → split → train → predict →
//! **metrics → report**. It takes slices and predictions files, so that predictions of any system can be scored, and of
//! the parts before it nothing but how [`relex_data`] reads and writes files.
//!
//! - [`Predictions`] reads and writes the predictions file.
//! - [`evaluate`] gives an [`Evaluation`]: every [`Metric`] with its intervals, every label, the confusion matrix;
//!   [`evaluate_slices`] the same of parts of the rows. Each score is also a function of its own ([`micro_f1`], [`auprc`],
//!   [`macro_average`], [`semeval_f1`], [`brier_score`] …), and [`bootstrap`] and [`jackknife`] resample for any other.
//! - [`compare`] says which of several systems is better and what may be claimed of it.
//! - [`render_terminal`], [`render_comparison`] and [`render_html`] show them.
//! - [`SemevalReport`] is the report of SemEval-2010 Task 8's official scorer.
//! - [`lint_submission`] checks a submission before a leaderboard does.
//! - [`Member`] reads predictions as they are found in the wild, [`OutOfFold`] marks those that others may be learnt from.
//! - [`blend`] averages several systems, [`select_members`] chooses which.
//! - [`calibrate`] corrects probabilities and says what that is worth, [`diagnose_shift`] looks whether the
//!   target's labels are mixed otherwise, [`forecast`] predicts the score there.
//! - [`find_label_errors`] ranks rows by how likely their label is wrong.
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

mod agreement;
mod bca;
mod bootstrap;
mod calibrate;
mod chance;
mod compare;
mod distribution;
mod ensemble;
mod error;
mod estimate;
mod evaluation;
mod files;
mod gain;
mod groups;
mod interval;
mod jackknife;
mod lint;
mod matching;
mod member;
mod metric;
mod noise;
mod out_of_fold;
mod predictions;
mod probabilities;
mod report;
mod resample;
mod semeval;
mod shift;
mod text;

pub use agreement::Agreement;
pub use bca::bca_interval;
pub use bootstrap::{
    BootstrapConfig, LANES, RowWeights, auprc_interval, bootstrap, enough_resamples, micro_f1_interval,
};
pub use calibrate::{
    CalibrationConfig, CalibrationReport, CalibrationStep, FittedStep, NegativeThreshold, StepFit, Temperature,
    TypePairPriors, apply_steps, calibrate, fit_negative_threshold, fit_temperature, fit_type_pair_strength,
    render_calibration,
};
pub use compare::{
    Arm, ArmScore, COMPARISON_FORMAT_VERSION, Comparison, ComparisonInput, ComparisonTest, DETECTABLE_POWER,
    MINIMUM_RUNS, McNemar, PairComparison, RunRows, Verdict, compare, detectable_difference, holm, matching_rows,
    mcnemar_exact, render_comparison,
};
pub use ensemble::{
    Blend, GreedyConfig, MemberWeights, Selection, SelectionStep, blend, render_selection, select_members,
};
pub use error::EvalError;
pub use estimate::{Forecast, ForecastMethod, forecast, render_forecasts};
pub use evaluation::{
    ConfusedLabels, EVALUATION_FORMAT_VERSION, Evaluation, EvaluationInput, LabelRow, MetricScore, SliceRow,
    SliceTable, Slicing, evaluate, evaluate_slices, render_terminal,
};
pub use gain::{Gain, Truth};
pub use interval::{Interval, Score, percentile_interval};
pub use jackknife::jackknife;
pub use lint::{LintCheck, LintExample, LintProblem, LintReport, SUM_TOLERANCE, lint_submission};
pub use member::Member;
pub use metric::{
    Auprc, Binning, ConfusedPair, ConfusionMatrix, CurvePoint, LabelScore, MacroAverage, Metric, MicroAverage,
    accuracy, auprc, brier_score, calibration_error, confusion_matrix, log_loss, macro_average, micro_average,
    micro_f1, per_label, precision_recall_curve, semeval_f1,
};
pub use noise::{
    ConfidentJoint, NoiseRanking, Suspect, SuspectColumn, confident_joint, find_label_errors, render_suspects,
    write_suspects,
};
pub use out_of_fold::OutOfFold;
pub use predictions::{
    DeclaredValues, PREDICTIONS_FORMAT_VERSION, Predictions, PredictionsMeta, ROUNDING_TOLERANCE, ValueKind, argmax,
    read_label_order,
};
pub use probabilities::{PROBABILITY_FLOOR, ProbabilityTable};
pub use report::{
    BrowsedRows, Report, ReportRow, ReportSystem, TrainingEvaluation, TrainingHistory, TrainingStep, render_html,
};
pub use semeval::{SemevalAnswers, SemevalReport};
pub use shift::{
    BbseEstimate, CheckOutcome, DistributionTest, EmEstimate, Prior, PriorEstimate, PriorMethod, PriorScope, SelfTest,
    ShiftChecks, ShiftInput, ShiftLimits, ShiftRefusal, ShiftReport, TargetMix, TargetPrior, diagnose_shift,
    estimate_prior_bbse, estimate_prior_em, render_shift, reweight, target_mix,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
