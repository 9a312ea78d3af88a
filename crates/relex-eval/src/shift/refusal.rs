//! When not to correct for a shift.

use std::fmt;

use serde::Serialize;

use crate::text;

/// Where assumptions count as broken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShiftLimits {
    /// The smallest p-value with which the target still counts as explained by label shift.
    pub p_value: f64,
    /// The largest condition number of the confusion matrix.
    pub condition: f64,
    /// By how many percentage points the calibration error may exceed what a calibrated model shows.
    pub calibration_excess: f64,
    /// By how much EM may miss the negative label's share on the validation rows, where it is known.
    pub self_test: f64,
    /// By how much EM and BBSE may differ in the negative label's share.
    pub disagreement: f64,
    /// A label of which at least this many rows would be expected must not vanish.
    pub boundary_rows: f64,
}

impl Default for ShiftLimits {
    /// A p-value of 0.01, a condition number of 30, 2 points of calibration error, shares that miss by 0.02
    /// and differ by 0.03, labels of 10 rows.
    fn default() -> Self {
        Self {
            p_value: 0.01,
            condition: 30.0,
            calibration_excess: 2.0,
            self_test: 0.02,
            disagreement: 0.03,
            boundary_rows: 10.0,
        }
    }
}

/// An assumption that does not hold, so that an estimate is not to be used.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ShiftRefusal {
    /// No mix of the validation rows' labels explains the target's predictions.
    NotLabelShift {
        /// How often label shift alone would look as different.
        p_value: f64,
    },
    /// The confusion matrix blows errors up.
    IllConditioned {
        /// Its condition number; infinite where the matrix has no inverse, or a label no labelled row.
        condition: f64,
    },
    /// The model's probabilities do not mean what they say.
    Uncalibrated {
        /// Expected calibration error, in percent.
        error: f64,
        /// What a calibrated model would show at most, in percent.
        calibrated: f64,
    },
    /// On validation rows, where the answer is known, EM does not find it.
    SelfTest {
        /// The share of the negative label that it finds there.
        estimated: f64,
        /// The share that it has there.
        actual: f64,
    },
    /// A label that should be there has lost its share.
    AtBoundary {
        /// The label.
        label: String,
        /// The rows that the source's shares would lead to.
        expected_rows: f64,
    },
    /// The two estimates contradict each other.
    Disagreement {
        /// What EM gives the negative label above BBSE.
        difference: f64,
    },
}

impl fmt::Display for ShiftRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLabelShift { p_value } => write!(
                formatter,
                "it is not label shift alone: no mix of the validation rows explains what is predicted on the target ({})",
                text::p_value(*p_value)
            ),
            Self::IllConditioned { condition } if condition.is_infinite() => formatter.write_str(
                "the confusion matrix has no inverse: labels are predicted alike, or one has no labelled row",
            ),
            Self::IllConditioned { condition } => write!(
                formatter,
                "the confusion matrix is ill-conditioned ({condition:.0}): the model does not tell the labels apart well enough"
            ),
            Self::Uncalibrated { error, calibrated } => write!(
                formatter,
                "the model is not calibrated: its calibration error is {error:.1} %, and a calibrated one shows at most {calibrated:.1} % (temperature scaling may mend that)"
            ),
            Self::SelfTest { estimated, actual } => write!(
                formatter,
                "on the validation rows, where it is known, EM finds {:.1} % of the negative label in place of {:.1} %",
                100.0 * estimated,
                100.0 * actual
            ),
            Self::AtBoundary { label, expected_rows } => write!(
                formatter,
                "it runs to a share of 0 for {label:?}, of which {expected_rows:.0} rows would be expected"
            ),
            Self::Disagreement { difference } => write!(
                formatter,
                "EM and BBSE differ by {} points in the negative label's share",
                text::signed(100.0 * difference, 1)
            ),
        }
    }
}
