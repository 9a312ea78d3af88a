//! Rows from the most to the least suspect.

use serde::{Deserialize, Serialize};

use super::joint::{ConfidentJoint, confident_joint};
use crate::error::EvalError;
use crate::gain::Truth;
use crate::out_of_fold::OutOfFold;
use crate::predictions::argmax;

/// How suspicion is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoiseRanking {
    /// How improbable the given label is.
    #[default]
    SelfConfidence,
    /// How far the most probable other label is above the given one.
    NormalisedMargin,
}

/// A row and how suspect its label is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suspect {
    /// 0-based index of the row.
    pub row: usize,
    /// The example's id.
    pub id: String,
    /// Index of the label that it was given.
    pub given: usize,
    /// Index of the label that is likelier: the confident one where there is one, else the most probable.
    pub likely: usize,
    /// Index of the most probable label.
    pub predicted: usize,
    /// Suspicion, from 0 to 1: `1 - p(given)` or `(1 - (p(given) - max p(other))) / 2`.
    pub score: f64,
    /// Whether the model is confident of another label than the given one, and does not find the given one the most probable after
    /// all: whether the row is off the diagonal of the confident joint and predicted to be of another label (cleanlab's
    /// `find_label_issues` asks for both, too).
    pub confident: bool,
}

/// Ranks all rows by how likely their label is wrong, the most suspect first; of equally suspect rows the
/// first. `truth.gold` are the given labels.
///
/// # Errors
/// [`EvalError::Length`] or [`EvalError::LabelIndex`] if the labels do not fit.
pub fn find_label_errors(
    predictions: &OutOfFold,
    truth: &Truth<'_>,
    ranking: NoiseRanking,
) -> Result<(Vec<Suspect>, ConfidentJoint), EvalError> {
    let member = predictions.member();
    truth.check(&member.table)?;
    let joint = confident_joint(&member.table, truth.gold)?;
    let mut suspects: Vec<Suspect> = member
        .table
        .rows()
        .zip(truth.gold)
        .zip(&joint.confident)
        .enumerate()
        .map(|(row, ((shares, &given), &confident))| Suspect {
            row,
            id: member.ids[row].clone(),
            given,
            likely: confident.unwrap_or_else(|| argmax(shares)),
            predicted: argmax(shares),
            score: suspicion(shares, given, ranking),
            confident: confident.is_some_and(|label| label != given) && argmax(shares) != given,
        })
        .collect();
    suspects.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
    Ok((suspects, joint))
}

fn suspicion(shares: &[f64], given: usize, ranking: NoiseRanking) -> f64 {
    match ranking {
        NoiseRanking::SelfConfidence => 1.0 - shares[given],
        NoiseRanking::NormalisedMargin => {
            let others = shares.iter().enumerate().filter(|(label, _)| *label != given);
            let other = others.map(|(_, share)| *share).fold(0.0, f64::max);
            (1.0 - (shares[given] - other)) / 2.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspicion_by_hand() {
        let shares = [0.2, 0.5, 0.3];
        let check = |given, ranking, expected: f64| {
            approx::assert_abs_diff_eq!(suspicion(&shares, given, ranking), expected, epsilon = 1e-12);
        };
        check(0, NoiseRanking::SelfConfidence, 0.8);
        check(0, NoiseRanking::NormalisedMargin, (1.0 - (0.2 - 0.5)) / 2.0);
        check(1, NoiseRanking::NormalisedMargin, (1.0 - (0.5 - 0.3)) / 2.0);
        approx::assert_abs_diff_eq!(suspicion(&[1.0], 0, NoiseRanking::NormalisedMargin), 0.0);
    }
}
