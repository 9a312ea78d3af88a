//! Corrections in the order in which they are made.

use serde::Serialize;

use super::temperature::{Temperature, fit_temperature};
use super::threshold::{NegativeThreshold, fit_negative_threshold};
use super::type_pair::{TypePairPriors, fit_type_pair_strength};
use crate::error::EvalError;
use crate::probabilities::ProbabilityTable;
use crate::shift::{Prior, reweight};

/// A correction that is to be fitted.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum CalibrationStep<'a> {
    /// One temperature for all logits.
    Temperature,
    /// The prior of entity types, with a fitted strength.
    TypePairs(&'a TypePairPriors),
    /// From the shares of labels that the model learnt to those of the target.
    TargetPrior {
        /// The shares that the probabilities stand for.
        source: &'a Prior,
        /// The shares that they shall stand for.
        target: &'a Prior,
    },
    /// How sure the model must be of the negative label.
    NegativeThreshold,
}

/// A correction as it was fitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FittedStep {
    /// See [`Temperature`].
    Temperature(Temperature),
    /// See [`TypePairPriors::apply`].
    TypePairs {
        /// The strength.
        strength: f64,
    },
    /// See [`reweight`].
    TargetPrior {
        /// The shares that the probabilities stood for.
        source: Prior,
        /// The shares that they stand for now.
        target: Prior,
    },
    /// See [`NegativeThreshold`].
    NegativeThreshold(NegativeThreshold),
}

/// The rows that a step is fitted on.
pub(super) struct FitRows<'a> {
    pub(super) table: &'a ProbabilityTable,
    pub(super) gold: &'a [usize],
    pub(super) negative: usize,
    /// Types of subject and object; empty where no step needs them.
    pub(super) types: &'a [(String, String)],
    /// What each row counts for the threshold.
    pub(super) weights: Option<&'a [f64]>,
}

impl CalibrationStep<'_> {
    pub(super) fn fit(&self, rows: &FitRows<'_>) -> Result<FittedStep, EvalError> {
        Ok(match self {
            Self::Temperature => FittedStep::Temperature(fit_temperature(rows.table, rows.gold)?),
            Self::TypePairs(priors) => FittedStep::TypePairs {
                strength: fit_type_pair_strength(priors, rows.table, rows.gold, rows.types)?,
            },
            Self::TargetPrior { source, target } => FittedStep::TargetPrior {
                source: (*source).clone(),
                target: (*target).clone(),
            },
            Self::NegativeThreshold => FittedStep::NegativeThreshold(fit_negative_threshold(
                rows.table,
                rows.gold,
                rows.negative,
                rows.weights,
            )?),
        })
    }
}

impl FittedStep {
    /// The probabilities after the step. `priors` and `types` (subject and object, `[rows]`) are needed
    /// for [`FittedStep::TypePairs`] only.
    pub(super) fn apply(
        &self,
        table: &ProbabilityTable,
        priors: Option<&TypePairPriors>,
        types: &[(String, String)],
    ) -> Result<ProbabilityTable, EvalError> {
        match (self, priors) {
            (Self::Temperature(temperature), _) => Ok(temperature.apply(table)),
            (Self::TypePairs { strength }, Some(priors)) => priors.apply(table, types, *strength),
            (Self::TypePairs { .. }, None) => Err(EvalError::Length {
                what: "type pair priors",
                expected: 1,
                found: 0,
            }),
            (Self::TargetPrior { source, target }, _) => reweight(table, source, target),
            (Self::NegativeThreshold(threshold), _) => Ok(threshold.apply(table)),
        }
    }
}

/// The probabilities of any rows, such as a test file's, after fitted steps, in their order.
///
/// `priors` and `types` (subject and object, `[rows]`) are needed where
/// [`FittedStep::TypePairs`] is among the steps.
///
/// # Errors
/// [`EvalError::Length`] where what a step needs is missing or does not fit.
pub fn apply_steps(
    steps: &[FittedStep],
    table: &ProbabilityTable,
    priors: Option<&TypePairPriors>,
    types: &[(String, String)],
) -> Result<ProbabilityTable, EvalError> {
    steps
        .iter()
        .try_fold(table.clone(), |table, step| step.apply(&table, priors, types))
}
