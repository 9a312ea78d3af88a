//! Scores for relation classification, each with an interval, and the report that shows them.
//!
//! This crate is the last part of the flow: file → Example → audit → split → train → predict →
//! **metrics → report**. It knows nothing of the parts before it: it takes slices and files, so
//! predictions of any system can be scored.
//!
//! - [`Predictions`] reads and writes the predictions file.
//! - [`evaluate`] gives an [`Evaluation`]: KLUE-RE's two scores, accuracy, every label, the
//!   confusion matrix, with bootstrap intervals over sentences. Each score is also a function of
//!   its own ([`micro_f1`], [`auprc`], [`accuracy`], [`per_label`], [`confusion_matrix`]), and
//!   [`bootstrap`] resamples for any other.
//! - [`render_terminal`] and [`render_html`] show it.
//! - [`lint_submission`] checks a submission before a leaderboard does.
//! - [`blend`] averages several systems, [`select_members`] chooses which.
//! - [`calibrate`] corrects probabilities and says what that is worth, [`diagnose_shift`] looks whether the
//!   target's labels are mixed otherwise, [`forecast`] predicts the score there.
//! - [`find_label_errors`] ranks rows by how likely their label is wrong.
//!
//! Every score is in percent; a label is its index in the label order; randomness comes from the
//! seed that is passed in.
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
mod bootstrap;
mod calibrate;
mod ensemble;
mod error;
mod estimate;
mod evaluation;
mod gain;
mod interval;
mod lint;
mod member;
mod metric;
mod noise;
mod out_of_fold;
mod predictions;
mod probabilities;
mod report;
mod resample;
mod shift;
mod text;

pub use bootstrap::{BootstrapConfig, LANES, RowWeights, auprc_interval, bootstrap, micro_f1_interval};
pub use calibrate::{
    CalibrationConfig, CalibrationReport, CalibrationStep, FittedStep, NegativeThreshold, StepFit, Temperature,
    TypePairPriors, apply_steps, calibrate, fit_negative_threshold, fit_temperature, fit_type_pair_strength,
    render_calibration,
};
pub use ensemble::{
    Blend, GreedyConfig, MemberWeights, Selection, SelectionStep, blend, render_selection, select_members,
};
pub use error::EvalError;
pub use estimate::{Forecast, ForecastMethod, forecast, render_forecasts};
pub use evaluation::{
    ConfusedLabels, EVALUATION_FORMAT_VERSION, Evaluation, EvaluationInput, LabelRow, evaluate, render_terminal,
};
pub use gain::{Gain, Objective, Truth};
pub use interval::{Interval, Score, percentile_interval};
pub use lint::{LintCheck, LintExample, LintProblem, LintReport, SUM_TOLERANCE, lint_submission};
pub use member::Member;
pub use metric::{
    Auprc, ConfusedPair, ConfusionMatrix, LabelScore, accuracy, auprc, confusion_matrix, micro_f1, per_label,
};
pub use noise::{
    ConfidentJoint, NoiseRanking, Suspect, confident_joint, find_label_errors, render_suspects, write_suspects,
};
pub use out_of_fold::OutOfFold;
pub use predictions::{
    DeclaredValues, PREDICTIONS_FORMAT_VERSION, Predictions, PredictionsMeta, ROUNDING_TOLERANCE, ValueKind, argmax,
    read_label_order,
};
pub use probabilities::{PROBABILITY_FLOOR, ProbabilityTable};
pub use report::{Report, ReportRow, render_html};
pub use shift::{
    BbseEstimate, DistributionTest, EmEstimate, Prior, PriorEstimate, PriorMethod, PriorScope, SelfTest, ShiftInput,
    ShiftLimits, ShiftRefusal, ShiftReport, TargetMix, TargetPrior, diagnose_shift, estimate_prior_bbse,
    estimate_prior_em, render_shift, render_target_mix, reweight, target_mix,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
