//! Diagnostics first: is it label shift, may the probabilities be trusted, do two ways agree.

use serde::Serialize;

use super::bbse::estimate_prior_bbse;
use super::checks::ShiftChecks;
use super::em::{TOLERANCE, most_likely_shares, weighted_em};
use super::fit_test::{Bins, DistributionTest, test_equal, test_label_shift};
use super::prior::Prior;
use super::problem::{PriorScope, Problem};
use super::refusal::{ShiftLimits, ShiftRefusal};
use crate::agreement::Agreement;
use crate::bootstrap::BootstrapConfig;
use crate::error::EvalError;
use crate::gain::Truth;
use crate::interval::Score;
use crate::metric::{BINS, Binning, ConfidenceBins, check_length};
use crate::predictions::check_label_order;
use crate::probabilities::ProbabilityTable;
use crate::resample::{Resampler, in_each, with_interval};

/// Labelled rows that the model did not learn from, and unlabelled ones of the target.
#[derive(Debug, Clone, Copy)]
pub struct ShiftInput<'a> {
    /// The label order. `[labels]`
    pub labels: &'a [String],
    /// Predictions for the labelled rows.
    pub valid: &'a ProbabilityTable,
    /// Their labels and groups.
    pub truth: Truth<'a>,
    /// Predictions for the target's rows.
    pub target: &'a ProbabilityTable,
    /// Group of each target row: rows that share a sentence have the same number. `[target rows]`
    pub target_groups: &'a [usize],
    /// Which shares are estimated.
    pub scope: PriorScope,
    /// How the intervals are made; as many simulations stand behind each p-value.
    pub bootstrap: BootstrapConfig,
    /// Where assumptions count as broken.
    pub limits: ShiftLimits,
}

/// What the diagnostics say, and the estimates with the reasons, if any, not to use them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShiftReport {
    /// Number of labelled rows.
    pub valid_rows: usize,
    /// Number of target rows.
    pub target_rows: usize,
    /// Which shares were estimated.
    pub scope: PriorScope,
    /// Index of the negative label.
    pub negative: usize,
    /// The shares of gold labels among the labelled rows.
    pub source: Prior,
    /// How the labelled rows are predicted beside their labels.
    pub agreement: Agreement,
    /// What the checks below come to.
    pub checks: ShiftChecks,
    /// Whether the target's predictions are distributed otherwise at all.
    pub any_shift: DistributionTest,
    /// Whether a mix of the validation rows' labels explains them.
    pub label_shift: DistributionTest,
    /// Expected calibration error on the labelled rows, in percent.
    pub calibration_error: Score,
    /// What a calibrated model would show there at most (99 of 100 times), in percent.
    pub calibrated_error: f64,
    /// EM where the answer is known.
    pub self_test: SelfTest,
    /// The condition number of the confusion matrix.
    pub condition: f64,
    /// What EM gives the negative label above BBSE, as a share.
    pub disagreement: Score,
    /// By maximum likelihood.
    pub em: PriorEstimate,
    /// By black-box shift estimation.
    pub bbse: PriorEstimate,
}

/// What EM makes of the labelled rows' predictions, their labels set aside. Shares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SelfTest {
    /// The negative label's share that it finds.
    pub estimated: f64,
    /// The share that it has.
    pub actual: f64,
    /// The difference, with its interval.
    pub difference: Score,
}

/// How shares of labels were estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriorMethod {
    /// [`estimate_prior_em`](super::estimate_prior_em).
    Em,
    /// [`estimate_prior_bbse`](super::estimate_prior_bbse).
    Bbse,
}

/// Shares of labels on the target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PriorEstimate {
    /// How they were estimated.
    pub method: PriorMethod,
    /// The shares of all labels.
    pub prior: Prior,
    /// The share of each label with its interval from resampled sentences of both sides. `[labels]`
    pub shares: Vec<Score>,
    /// Why not to use them; empty if nothing speaks against it.
    pub refusals: Vec<ShiftRefusal>,
    /// The shares in each resample.
    #[serde(skip)]
    pub(super) resampled: Vec<Prior>,
}

impl ShiftReport {
    /// The estimate to use: EM's where its assumptions hold (its interval is the narrower one), else BBSE's.
    ///
    /// # Errors
    /// [`EvalError::ShiftRefused`] with the reasons, where the assumptions of neither hold.
    pub fn recommended(&self) -> Result<&PriorEstimate, EvalError> {
        let usable = [&self.em, &self.bbse]
            .into_iter()
            .find(|estimate| estimate.refusals.is_empty());
        usable.ok_or_else(|| {
            let mut reasons: Vec<String> = Vec::new();
            for refusal in self.bbse.refusals.iter().chain(&self.em.refusals) {
                let reason = refusal.to_string();
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
            EvalError::ShiftRefused { reasons }
        })
    }
}

/// Looks at the target before its shares of labels are believed.
///
/// # Errors
/// [`EvalError::Length`], [`EvalError::LabelIndex`], [`EvalError::NoRows`] or [`EvalError::Setting`]
/// where the input cannot be used. Broken assumptions are no error: they are in the report.
pub fn diagnose_shift(input: &ShiftInput<'_>) -> Result<ShiftReport, EvalError> {
    let ShiftInput {
        valid, target, truth, ..
    } = *input;
    check_label_order(input.labels)?;
    check_length("labels", valid.classes(), input.labels.len())?;
    check_length("labels of the target", valid.classes(), target.classes())?;
    check_length("target groups", target.len(), input.target_groups.len())?;
    truth.check(valid)?;
    let (draws, seed) = (input.bootstrap.resamples, input.bootstrap.seed);
    let problem = Problem::new(input)?;
    let resampled = Resampled::draw(input, &problem)?;

    let source = Prior::of_labels(truth.gold, valid.classes())?;
    let bbse = estimate_prior_bbse(
        &problem.valid.predicted,
        &problem.gold,
        &problem.target.predicted,
        problem.classes,
    )?;
    let em = problem.em(&resampled.source, &vec![1.0; target.len()], &resampled.source);
    let bins = Bins::new(valid, target, truth.negative);
    let calibration = ConfidenceBins::new(truth.gold, valid.values(), valid.classes(), Binning::EqualMass(BINS));
    let ones = vec![1.0; valid.len()];
    let valid_draws = Resampler::new(truth.groups, seed, VALID_DRAWS);
    let errors = in_each(draws, |resample| calibration.error(&valid_draws.weights(resample)));

    let negative_of = |shares: &[f64]| shares[problem.negative];
    let difference = |em: &Prior, bbse: &[f64]| negative_of(em.shares()) - negative_of(bbse);
    let estimate = |method, shares: &[f64], resampled: &dyn Fn(&Draw) -> Vec<f64>, draws: &[Draw]| {
        PriorEstimate::new(method, input, &source, shares, draws.iter().map(resampled))
    };
    let mut report = ShiftReport {
        agreement: Agreement::of(truth.gold.iter().copied().zip(valid.predicted())),
        checks: ShiftChecks::UNTOLD,
        valid_rows: valid.len(),
        target_rows: target.len(),
        scope: input.scope,
        negative: truth.negative,
        any_shift: test_equal(&bins, truth.groups, input.target_groups, draws, seed),
        label_shift: test_label_shift(&problem, &bins, truth.groups, draws, seed),
        calibration_error: with_interval(calibration.error(&ones), errors.into_iter(), &input.bootstrap)?,
        calibrated_error: calibration.calibrated_error(draws, seed),
        self_test: SelfTest {
            estimated: negative_of(resampled.self_test.shares()),
            actual: negative_of(resampled.source.shares()),
            difference: with_interval(
                negative_of(resampled.self_test.shares()) - negative_of(resampled.source.shares()),
                resampled.draws.iter().map(|draw| draw.self_test),
                &input.bootstrap,
            )?,
        },
        condition: if bbse.unseen.is_empty() {
            bbse.condition
        } else {
            f64::INFINITY
        },
        disagreement: with_interval(
            difference(&em, bbse.prior.shares()),
            resampled.draws.iter().map(|draw| difference(&draw.em, &draw.bbse)),
            &input.bootstrap,
        )?,
        em: estimate(
            PriorMethod::Em,
            em.shares(),
            &|draw| draw.em.shares().to_vec(),
            &resampled.draws,
        )?,
        bbse: estimate(
            PriorMethod::Bbse,
            bbse.prior.shares(),
            &|draw| draw.bbse.clone(),
            &resampled.draws,
        )?,
        source,
    };
    let (em, bbse) = refusals(&report, input, em.shares(), &resampled.source);
    (report.em.refusals, report.bbse.refusals) = (em, bbse);
    report.checks = ShiftChecks::of(&report, &input.limits);
    Ok(report)
}

/// The name of the draws of validation rows, so that others can follow the same ones.
pub(super) const VALID_DRAWS: &str = "shift-valid";
/// The name of the draws of target rows.
pub(super) const TARGET_DRAWS: &str = "shift-target";

/// Estimates from resampled rows of both sides.
struct Resampled {
    source: Prior,
    self_test: Prior,
    draws: Vec<Draw>,
}

struct Draw {
    em: Prior,
    bbse: Vec<f64>,
    /// EM's share of the negative label on the validation rows above the true one.
    self_test: f64,
}

impl Resampled {
    fn draw(input: &ShiftInput<'_>, problem: &Problem) -> Result<Self, EvalError> {
        let seed = input.bootstrap.seed;
        if input.bootstrap.resamples == 0 {
            return Err(EvalError::Setting {
                name: "resamples",
                value: "0".to_owned(),
                allowed: "at least 1",
            });
        }
        let (ones, target_ones) = (vec![1.0; input.valid.len()], vec![1.0; input.target.len()]);
        let source = problem.source(&ones);
        let em = problem.em(&source, &target_ones, &source);
        let self_test = weighted_em(&problem.valid.table, &ones, &source, &source, TOLERANCE).prior;
        let valid_draws = Resampler::new(input.truth.groups, seed, VALID_DRAWS);
        let target_draws = Resampler::new(input.target_groups, seed, TARGET_DRAWS);
        let draws = in_each(input.bootstrap.resamples, |resample| {
            let (valid, target) = (valid_draws.weights(resample), target_draws.weights(resample));
            let source = problem.source(&valid);
            let tested = most_likely_shares(&problem.valid.table, &valid, &source, &self_test);
            Draw {
                em: most_likely_shares(&problem.target.table, &target, &source, &em),
                bbse: problem.bbse(&valid, &target),
                self_test: tested.shares()[problem.negative] - source.shares()[problem.negative],
            }
        });
        Ok(Self {
            source,
            self_test,
            draws,
        })
    }
}

impl PriorEstimate {
    fn new(
        method: PriorMethod,
        input: &ShiftInput<'_>,
        source: &Prior,
        shares: &[f64],
        resampled: impl Iterator<Item = Vec<f64>>,
    ) -> Result<Self, EvalError> {
        let expand = |shares: &[f64]| input.scope.expand(shares, source, input.truth.negative);
        let prior = expand(shares)?;
        let resampled: Vec<Prior> = resampled.map(|shares| expand(&shares)).collect::<Result<_, _>>()?;
        let score = |label: usize| {
            with_interval(
                prior.shares()[label],
                resampled.iter().map(|prior| prior.shares()[label]),
                &input.bootstrap,
            )
        };
        Ok(Self {
            method,
            shares: (0..input.labels.len()).map(score).collect::<Result<_, _>>()?,
            prior,
            refusals: Vec::new(),
            resampled,
        })
    }
}

/// Why not to use EM's and BBSE's shares.
fn refusals(
    report: &ShiftReport,
    input: &ShiftInput<'_>,
    em: &[f64],
    source: &Prior,
) -> (Vec<ShiftRefusal>, Vec<ShiftRefusal>) {
    let limits = input.limits;
    let (mut of_em, mut of_bbse) = (Vec::new(), Vec::new());
    if report.label_shift.p_value < limits.p_value {
        let refusal = ShiftRefusal::NotLabelShift {
            p_value: report.label_shift.p_value,
        };
        of_em.push(refusal.clone());
        of_bbse.push(refusal);
    }
    if report.condition > limits.condition {
        of_bbse.push(ShiftRefusal::IllConditioned {
            condition: report.condition,
        });
    }
    if report.calibration_error.value > report.calibrated_error + limits.calibration_excess {
        of_em.push(ShiftRefusal::Uncalibrated {
            error: report.calibration_error.value,
            calibrated: report.calibrated_error,
        });
    }
    if excludes_zero(&report.self_test.difference, limits.self_test) {
        of_em.push(ShiftRefusal::SelfTest {
            estimated: report.self_test.estimated,
            actual: report.self_test.actual,
        });
    }
    let rows = input.target.len() as f64;
    for (class, (share, source)) in em.iter().zip(source.shares()).enumerate() {
        if source * rows >= limits.boundary_rows && share * rows < 0.5 {
            let label = match (input.scope, class) {
                (PriorScope::EveryLabel, class) => input.labels[class].clone(),
                (PriorScope::NegativeAgainstRest, 0) => input.labels[input.truth.negative].clone(),
                (PriorScope::NegativeAgainstRest, _) => format!("not {}", input.labels[input.truth.negative]),
            };
            of_em.push(ShiftRefusal::AtBoundary {
                label,
                expected_rows: source * rows,
            });
        }
    }
    if excludes_zero(&report.disagreement, limits.disagreement) {
        of_em.push(ShiftRefusal::Disagreement {
            difference: report.disagreement.value,
        });
    }
    (of_em, of_bbse)
}

/// Whether a difference is larger than what may be let pass, and more than chance.
fn excludes_zero(difference: &Score, allowed: f64) -> bool {
    difference.value.abs() > allowed && (difference.interval.low > 0.0 || difference.interval.high < 0.0)
}
