//! The ways to choose validation rows.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Part, refuse};
use crate::error::DataError;

/// How validation rows are chosen.
///
/// `Random`, `Stratified`, `KFold` and `StratifiedKFold` take row by row, so that copies of a sentence can stand on both
/// sides; [`Manifest::summary`](super::Manifest::summary) counts them. All others keep groups of duplicates whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Strategy {
    /// One validation set of rows drawn blindly.
    Random {
        /// The share of rows for validation, strictly between 0 and 1.
        valid_fraction: f64,
    },
    /// One validation set with every label's share of rows, to the row.
    Stratified {
        /// The share of rows for validation, strictly between 0 and 1.
        valid_fraction: f64,
    },
    /// One validation set of whole groups: one row of each (that of the least content hash) stands for it and is
    /// stratified, its copies follow.
    DuplicateAware {
        /// The share of groups for validation, strictly between 0 and 1.
        valid_fraction: f64,
    },
    /// One validation set (fold 0) of whole groups, every label as near to its share of rows as can be; every other
    /// row is for training always.
    GroupedHoldOut {
        /// The share of rows for validation, strictly between 0 and 1.
        valid_fraction: f64,
    },
    /// One validation set of whole groups whose labels are mixed as in some other data, for example by the estimate for
    /// an unlabelled target.
    PriorMatched {
        /// The share of rows for validation, strictly between 0 and 1.
        valid_fraction: f64,
        /// The share of every label in validation, or any numbers in that proportion; a label that is not named has none.
        prior: BTreeMap<String, f64>,
    },
    /// Every row is in exactly one of several validation folds, dealt blindly.
    KFold {
        /// The number of folds, at least 2.
        folds: usize,
    },
    /// Every row is in exactly one of several validation folds, every label in equal parts, to the row.
    StratifiedKFold {
        /// The number of folds, at least 2.
        folds: usize,
    },
    /// Every row is in exactly one of several validation folds, which are made of whole groups, every label in parts as
    /// equal as can be.
    GroupedKFold {
        /// The number of folds, at least 2.
        folds: usize,
    },
    /// A hold-out that no fold ever learns from, and folds among all other rows; both are made of whole groups. The
    /// hold-out is the validation set that [`Strategy::GroupedHoldOut`] draws with the same share and seed.
    HoldOutAndFolds {
        /// The share of rows that is held out, strictly between 0 and 1.
        hold_out_fraction: f64,
        /// The number of folds, at least 2.
        folds: usize,
    },
}

impl Strategy {
    /// The number of validation folds: 1 where there is one validation set.
    #[must_use]
    pub fn folds(&self) -> usize {
        match self {
            Self::Random { .. }
            | Self::Stratified { .. }
            | Self::DuplicateAware { .. }
            | Self::GroupedHoldOut { .. }
            | Self::PriorMatched { .. } => 1,
            Self::KFold { folds }
            | Self::StratifiedKFold { folds }
            | Self::GroupedKFold { folds }
            | Self::HoldOutAndFolds { folds, .. } => *folds,
        }
    }

    /// Every part that this strategy fills, in the order of its bins: folds, and at last the training side or hold-out.
    pub(super) fn parts(&self) -> Vec<Part> {
        let mut parts: Vec<Part> = (0..self.folds()).map(Part::Fold).collect();
        match self {
            Self::HoldOutAndFolds { .. } => parts.push(Part::HoldOut),
            _ if self.folds() == 1 => parts.push(Part::Train),
            _ => {}
        }
        parts
    }

    /// The parts as a message names them.
    pub(super) fn parts_in_words(&self) -> String {
        match self {
            Self::HoldOutAndFolds { folds, .. } => format!("{folds} folds and a hold-out"),
            _ if self.folds() == 1 => "training and validation".to_owned(),
            _ => format!("{} folds", self.folds()),
        }
    }

    /// Whether no group of duplicates is ever divided.
    #[must_use]
    pub fn keeps_groups_whole(&self) -> bool {
        !matches!(
            self,
            Self::Random { .. } | Self::Stratified { .. } | Self::KFold { .. } | Self::StratifiedKFold { .. }
        )
    }

    /// Refuses shares and numbers of folds that cannot be.
    pub(super) fn check(&self) -> Result<(), DataError> {
        let (fraction, folds) = match self {
            Self::Random { valid_fraction }
            | Self::Stratified { valid_fraction }
            | Self::DuplicateAware { valid_fraction }
            | Self::GroupedHoldOut { valid_fraction }
            | Self::PriorMatched { valid_fraction, .. } => (Some(("valid_fraction", *valid_fraction)), None),
            Self::HoldOutAndFolds {
                hold_out_fraction,
                folds,
            } => (Some(("hold_out_fraction", *hold_out_fraction)), Some(*folds)),
            Self::KFold { folds } | Self::StratifiedKFold { folds } | Self::GroupedKFold { folds } => {
                (None, Some(*folds))
            }
        };
        if let Some((name, value)) = fraction.filter(|(_, value)| !(*value > 0.0 && *value < 1.0)) {
            return refuse(format!("{name} = {value} must lie between 0 and 1, such as 0.1"));
        }
        if let Some(folds) = folds.filter(|folds| !(2..=1000).contains(folds)) {
            return refuse(format!("folds = {folds} must lie between 2 and 1000, such as 5"));
        }
        Ok(())
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random { valid_fraction } => write!(out, "random hold-out of {valid_fraction}"),
            Self::Stratified { valid_fraction } => write!(out, "stratified hold-out of {valid_fraction}"),
            Self::DuplicateAware { valid_fraction } => write!(out, "duplicate-aware hold-out of {valid_fraction}"),
            Self::GroupedHoldOut { valid_fraction } => write!(out, "grouped hold-out of {valid_fraction}"),
            Self::PriorMatched { valid_fraction, .. } => write!(out, "prior-matched hold-out of {valid_fraction}"),
            Self::KFold { folds } => write!(out, "{folds}-fold"),
            Self::StratifiedKFold { folds } => write!(out, "stratified {folds}-fold"),
            Self::GroupedKFold { folds } => write!(out, "grouped {folds}-fold"),
            Self::HoldOutAndFolds {
                hold_out_fraction,
                folds,
            } => write!(out, "grouped hold-out of {hold_out_fraction}, {folds}-fold in the rest"),
        }
    }
}
