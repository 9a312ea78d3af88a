//! Shares of labels.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::EvalError;
use crate::metric::{check_labels, check_length};

/// The share of each label: not negative, summing to 1. `[classes]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prior(Vec<f64>);

impl Prior {
    /// Takes shares, dividing them by their sum.
    ///
    /// # Errors
    /// [`EvalError::NoRows`] without shares, [`EvalError::Setting`] if one is negative or not finite, or
    /// all are 0.
    pub fn new(shares: Vec<f64>) -> Result<Self, EvalError> {
        if shares.is_empty() {
            return Err(EvalError::NoRows);
        }
        let sum: f64 = shares.iter().sum();
        let wrong = shares.iter().copied().find(|share| !share.is_finite() || *share < 0.0);
        if let Some(value) = wrong.or((sum <= 0.0 || !sum.is_finite()).then_some(sum)) {
            return Err(EvalError::Setting {
                name: "share of a label",
                value: value.to_string(),
                allowed: "a finite number not below 0, and not all of them 0",
            });
        }
        Ok(Self(shares.into_iter().map(|share| share / sum).collect()))
    }

    /// The shares of `gold` labels. `[rows]`
    ///
    /// # Errors
    /// [`EvalError::NoRows`] or [`EvalError::LabelIndex`].
    pub fn of_labels(gold: &[usize], classes: usize) -> Result<Self, EvalError> {
        check_labels("gold", gold, classes)?;
        if gold.is_empty() {
            return Err(EvalError::NoRows);
        }
        Ok(Self::of_weighted(gold, &vec![1.0; gold.len()], classes))
    }

    /// Rows counted `weights[row]` times; not all of them 0.
    pub(super) fn of_weighted(gold: &[usize], weights: &[f64], classes: usize) -> Self {
        let mut shares = vec![0.0; classes];
        for (&gold, weight) in gold.iter().zip(weights) {
            shares[gold] += weight;
        }
        let sum: f64 = shares.iter().sum();
        Self(shares.into_iter().map(|share| share / sum).collect())
    }

    /// Shares of which only some are known; the other labels divide the rest as they do here.
    ///
    /// ```
    /// use relex_eval::Prior;
    ///
    /// let source = Prior::new(vec![0.3, 0.5, 0.2])?;
    /// let target = source.with_known(&[(0, 0.6)])?;
    /// assert!((target.shares()[1] - 0.4 * 0.5 / 0.7).abs() < 1e-12);
    /// # Ok::<(), relex_eval::EvalError>(())
    /// ```
    ///
    /// # Errors
    /// [`EvalError::LabelIndex`] for a label that is none, [`EvalError::Setting`] if the known shares are
    /// negative or exceed 1 together, or leave nothing to divide the rest by.
    pub fn with_known(&self, known: &[(usize, f64)]) -> Result<Self, EvalError> {
        let labels: Vec<usize> = known.iter().map(|&(label, _)| label).collect();
        check_labels("known label", &labels, self.0.len())?;
        let taken: f64 = known.iter().map(|(_, share)| share).sum();
        let is_known = |label: &usize| labels.contains(label);
        let others: f64 = (0..self.0.len())
            .filter(|label| !is_known(label))
            .map(|label| self.0[label])
            .sum();
        let rest = 1.0 - taken;
        let negative = known.iter().any(|&(_, share)| share.is_nan() || share < 0.0);
        if negative || rest < -1e-9 || (others <= 0.0 && rest > 1e-6) {
            return Err(EvalError::Setting {
                name: "sum of the known shares",
                value: taken.to_string(),
                allowed: "at most 1, of shares not below 0, and 1 where no other label is left for the rest",
            });
        }
        let scale = if others > 0.0 { rest.max(0.0) / others } else { 0.0 };
        let mut shares: Vec<f64> = self.0.iter().map(|share| share * scale).collect();
        known.iter().for_each(|&(label, share)| shares[label] = share);
        Self::new(shares)
    }

    /// Reads shares from a JSON object from label to share, such as `{"no_relation": 0.6}`; labels that
    /// it does not name divide the rest as they do in `source`. `labels` is the label order.
    ///
    /// # Errors
    /// [`EvalError::Read`] or [`EvalError::PriorFile`] if the file is no such object, and those of
    /// [`Prior::with_known`].
    pub fn read(path: impl AsRef<Path>, labels: &[String], source: &Self) -> Result<Self, EvalError> {
        let path = path.as_ref();
        check_length("source shares", labels.len(), source.0.len())?;
        let refuse = |problem: String| EvalError::PriorFile {
            path: path.to_owned(),
            problem,
        };
        let text = std::fs::read_to_string(path).map_err(|source| EvalError::Read {
            path: path.to_owned(),
            source,
        })?;
        let shares: BTreeMap<String, f64> = serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        let known: Vec<(usize, f64)> = shares
            .into_iter()
            .map(|(name, share)| {
                let label = labels.iter().position(|label| *label == name);
                Ok((label.ok_or_else(|| refuse(format!("{name:?} is not a label")))?, share))
            })
            .collect::<Result<_, EvalError>>()?;
        if known.is_empty() {
            return Err(refuse("it names no label".to_owned()));
        }
        source.with_known(&known).map_err(|error| match error {
            EvalError::Setting { value, .. } => refuse(format!("its shares sum to {value}")),
            other => other,
        })
    }

    /// The shares. `[classes]`
    pub fn shares(&self) -> &[f64] {
        &self.0
    }

    /// Half the sum of the differences: 0 for equal shares, 1 for shares that have no label in common.
    pub fn total_variation(&self, other: &Self) -> f64 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_that_cannot_be_are_refused() {
        for shares in [
            vec![-0.1, 1.1],
            vec![f64::NAN, 1.0],
            vec![0.0, 0.0],
            vec![f64::INFINITY, 1.0],
        ] {
            assert!(matches!(Prior::new(shares), Err(EvalError::Setting { .. })));
        }
        let source = Prior::new(vec![0.3, 0.7]).unwrap();
        for known in [
            vec![(0, 1.2)],
            vec![(0, -0.1)],
            vec![(0, 0.2), (1, 0.2)],
            vec![(0, f64::NAN)],
        ] {
            assert!(
                matches!(source.with_known(&known), Err(EvalError::Setting { .. })),
                "{known:?}"
            );
        }
        assert!(matches!(
            source.with_known(&[(2, 0.5)]),
            Err(EvalError::LabelIndex { .. })
        ));
    }

    #[test]
    fn files_may_name_some_labels() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prior.json");
        let labels = ["no_relation", "a", "b"].map(String::from);
        let source = Prior::new(vec![0.2, 0.2, 0.6]).unwrap();
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Prior::read(&path, &labels, &source)
        };
        let prior = read("{\"no_relation\": 0.6}").unwrap();
        for (found, expected) in prior.shares().iter().zip([0.6, 0.4 * 0.25, 0.4 * 0.75]) {
            approx::assert_abs_diff_eq!(*found, expected, epsilon = 1e-12);
        }
        approx::assert_abs_diff_eq!(prior.total_variation(&source), 0.4, epsilon = 1e-12);
        for (text, part) in [
            ("{\"no_realtion\": 0.6}", "not a label"),
            ("{}", "names no label"),
            ("[0.6]", "prior.json"),
            ("{\"a\": 1.5}", "sum to 1.5"),
        ] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(part) && message.contains("JSON object"), "{message}");
        }
    }
}
