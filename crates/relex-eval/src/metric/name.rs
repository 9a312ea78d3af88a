//! The names of the scores.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A score of one set of predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Metric {
    /// [`micro_f1`](crate::micro_f1): KLUE-RE's and TACRED's score.
    MicroF1,
    /// Precision of [`micro_average`](crate::micro_average).
    MicroPrecision,
    /// Recall of [`micro_average`](crate::micro_average).
    MicroRecall,
    /// F1 of [`macro_average`](crate::macro_average).
    MacroF1,
    /// Precision of [`macro_average`](crate::macro_average).
    MacroPrecision,
    /// Recall of [`macro_average`](crate::macro_average).
    MacroRecall,
    /// [`semeval_f1`](crate::semeval_f1), where labels have a direction.
    SemevalF1,
    /// Mean of [`auprc`](crate::auprc): KLUE-RE's second score.
    Auprc,
    /// [`accuracy`](crate::accuracy).
    Accuracy,
    /// [`calibration_error`](crate::calibration_error) over 15 bins of equal width.
    CalibrationErrorEqualWidth,
    /// [`calibration_error`](crate::calibration_error) over 15 bins of equal mass.
    CalibrationErrorEqualMass,
    /// [`brier_score`](crate::brier_score).
    BrierScore,
    /// [`log_loss`](crate::log_loss).
    LogLoss,
}

impl Metric {
    /// Whether a larger value is the better one.
    pub fn higher_is_better(self) -> bool {
        !self.needs_distributions()
    }

    /// Whether it is defined only for rows of probabilities that sum to 1.
    pub fn needs_distributions(self) -> bool {
        use Metric::{BrierScore, CalibrationErrorEqualMass, CalibrationErrorEqualWidth, LogLoss};
        matches!(
            self,
            CalibrationErrorEqualWidth | CalibrationErrorEqualMass | BrierScore | LogLoss
        )
    }

    /// Whether its unit is percent; Brier's score runs from 0 to 2, the log loss is in nats.
    pub fn is_percent(self) -> bool {
        !matches!(self, Self::BrierScore | Self::LogLoss)
    }

    /// The smallest and the largest value that it can take.
    pub(crate) fn range(self) -> (f64, f64) {
        match self {
            Self::BrierScore => (0.0, 2.0),
            Self::LogLoss => (0.0, f64::INFINITY),
            _ => (0.0, 100.0),
        }
    }

    /// Digits behind the point that are worth showing.
    pub(crate) fn digits(self) -> usize {
        if self.is_percent() { 2 } else { 4 }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::MicroF1 => "micro-F1",
            Self::MicroPrecision => "micro precision",
            Self::MicroRecall => "micro recall",
            Self::MacroF1 => "macro-F1",
            Self::MacroPrecision => "macro precision",
            Self::MacroRecall => "macro recall",
            Self::SemevalF1 => "SemEval-2010 Task 8 macro-F1",
            Self::Auprc => "AUPRC",
            Self::Accuracy => "accuracy",
            Self::CalibrationErrorEqualWidth => "calibration error, bins of equal width",
            Self::CalibrationErrorEqualMass => "calibration error, bins of equal mass",
            Self::BrierScore => "Brier score",
            Self::LogLoss => "log loss",
        })
    }
}
