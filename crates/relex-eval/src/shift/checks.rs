//! What each check of the assumptions comes to.

use serde::Serialize;

use super::diagnose::ShiftReport;
use super::refusal::{ShiftLimits, ShiftRefusal};
use crate::interval::Score;

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// It holds.
    Holds,
    /// It does not hold.
    Broken,
    /// Nothing speaks against it, but so little is known that nothing could have.
    Unknown,
}

/// The checks of a [`ShiftReport`], in the order in which they are shown.
///
/// Where the predictions hardly tell labels apart ([`Agreement`](crate::Agreement)), every check that compares what is predicted is
/// [`CheckOutcome::Unknown`] unless it is broken, because such predictions agree with anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ShiftChecks {
    /// The target is predicted otherwise: its p-value is below 0.05.
    pub any_shift: CheckOutcome,
    /// Label shift explains how.
    pub label_shift: CheckOutcome,
    /// The model is calibrated. Unknown where even a calibrated model's error could be more than 10 %.
    pub calibrated: CheckOutcome,
    /// EM finds what is known. Unknown where the interval reaches farther than the difference that is let pass, to either side: then a
    /// difference that large would have passed as chance.
    pub self_test: CheckOutcome,
    /// The model tells the labels apart.
    pub conditioned: CheckOutcome,
    /// EM and BBSE agree. Unknown as for `self_test`.
    pub agreement: CheckOutcome,
}

/// The calibration error, in percent, that calibrated predictions may show by chance and beyond which the check tells nothing.
const UNTELLING_ERROR: f64 = 10.0;

impl ShiftChecks {
    /// Before anything was looked at.
    pub(super) const UNTOLD: Self = Self {
        any_shift: CheckOutcome::Unknown,
        label_shift: CheckOutcome::Unknown,
        calibrated: CheckOutcome::Unknown,
        self_test: CheckOutcome::Unknown,
        conditioned: CheckOutcome::Unknown,
        agreement: CheckOutcome::Unknown,
    };

    /// All of them, in order.
    pub fn all(&self) -> [CheckOutcome; 6] {
        [
            self.any_shift,
            self.label_shift,
            self.calibrated,
            self.self_test,
            self.conditioned,
            self.agreement,
        ]
    }

    /// Of a report whose refusals are filled in.
    pub(super) fn of(report: &ShiftReport, limits: &ShiftLimits) -> Self {
        use ShiftRefusal as Refusal;
        let is_informed = report.agreement.is_informed();
        let refusals = || report.em.refusals.iter().chain(&report.bbse.refusals);
        let outcome = |is_broken: bool, is_known: bool| match (is_broken, is_known) {
            (true, _) => CheckOutcome::Broken,
            (false, true) => CheckOutcome::Holds,
            (false, false) => CheckOutcome::Unknown,
        };
        Self {
            any_shift: outcome(
                report.any_shift.p_value >= 0.05 && is_informed,
                report.any_shift.p_value < 0.05 && is_informed,
            ),
            label_shift: outcome(
                refusals().any(|refusal| matches!(refusal, Refusal::NotLabelShift { .. })),
                is_informed,
            ),
            calibrated: outcome(
                refusals().any(|refusal| matches!(refusal, Refusal::Uncalibrated { .. })),
                report.calibrated_error <= UNTELLING_ERROR,
            ),
            self_test: outcome(
                refusals().any(|refusal| matches!(refusal, Refusal::SelfTest { .. })),
                is_informed && is_told(&report.self_test.difference, limits.self_test),
            ),
            conditioned: outcome(
                refusals().any(|refusal| matches!(refusal, Refusal::IllConditioned { .. })),
                true,
            ),
            agreement: outcome(
                refusals().any(|refusal| matches!(refusal, Refusal::Disagreement { .. })),
                is_informed && is_told(&report.disagreement, limits.disagreement),
            ),
        }
    }
}

/// Whether a true difference of `allowed` would have shown: whether the interval is no wider than that to either side.
fn is_told(difference: &Score, allowed: f64) -> bool {
    difference.interval.width() / 2.0 <= allowed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::Interval;

    #[test]
    fn a_wide_interval_tells_nothing() {
        let told = |low, high| {
            let interval = Interval { low, high, level: 0.95 };
            is_told(&Score { value: 0.0, interval }, 0.02)
        };
        assert!(told(-0.01, 0.02));
        assert!(told(0.0, 0.0));
        assert!(!told(-0.15, 0.12));
    }
}
