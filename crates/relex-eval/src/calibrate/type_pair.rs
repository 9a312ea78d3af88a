//! What the types of the two entities tell about the relation, as a soft prior.

use std::collections::HashMap;

use serde::Serialize;

use super::tilt::maximise_likelihood;
use crate::error::EvalError;
use crate::metric::{check_labels, check_length};
use crate::probabilities::{ProbabilityTable, floored_ln, softmax};

/// The largest strength that is looked for.
const STRONGEST: f64 = 4.0;

/// Logarithms of how much more frequent each label is among pairs of two entity types than overall,
/// from counts of training rows.
///
/// The share of a label given a pair is smoothed towards the label's overall share:
/// `(count(pair, label) + α · share(label)) / (count(pair) + α)`, with α the pseudo-count. So no label
/// is ever ruled out, and a pair that was never seen changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypePairPriors {
    /// The pseudo-count α, in rows.
    pub pseudo_count: f64,
    /// How many training rows were counted.
    pub rows: usize,
    classes: usize,
    #[serde(skip)]
    pairs: HashMap<(String, String), Vec<f64>>,
}

impl TypePairPriors {
    /// Counts training rows: the types of subject and object, and the index of the label.
    ///
    /// The rows that the strength is fitted on must not be among them. A label's overall share is
    /// `(count + 1) / (rows + classes)`.
    ///
    /// # Errors
    /// [`EvalError::NoRows`], [`EvalError::LabelIndex`], or [`EvalError::Setting`] if the pseudo-count
    /// is not above 0.
    pub fn count<'a>(
        rows: impl IntoIterator<Item = (&'a str, &'a str, usize)>,
        classes: usize,
        pseudo_count: f64,
    ) -> Result<Self, EvalError> {
        if pseudo_count.is_nan() || pseudo_count <= 0.0 || pseudo_count.is_infinite() {
            return Err(EvalError::Setting {
                name: "pseudo-count",
                value: pseudo_count.to_string(),
                allowed: "above 0: with none, a label that a pair was not seen with would be ruled out",
            });
        }
        let mut counts: HashMap<(String, String), Vec<f64>> = HashMap::new();
        let mut overall = vec![1.0; classes];
        let mut seen = 0;
        for (subject, object, label) in rows {
            check_labels("training label", &[label], classes)?;
            counts
                .entry((subject.to_owned(), object.to_owned()))
                .or_insert_with(|| vec![0.0; classes])[label] += 1.0;
            overall[label] += 1.0;
            seen += 1;
        }
        if seen == 0 {
            return Err(EvalError::NoRows);
        }
        let total = (seen + classes) as f64;
        let pairs = counts.into_iter().map(|(pair, counts)| {
            let pair_rows: f64 = counts.iter().sum();
            let lifts = counts.iter().zip(&overall).map(|(count, overall)| {
                let share = overall / total;
                ((count + pseudo_count * share) / (pair_rows + pseudo_count) / share).ln()
            });
            (pair, lifts.collect())
        });
        Ok(Self {
            pseudo_count,
            rows: seen,
            classes,
            pairs: pairs.collect(),
        })
    }

    /// `ln(share of the label given the pair / its overall share)` for each label; zeros for a pair
    /// that was not seen. `[classes]`
    pub fn lifts(&self, subject: &str, object: &str) -> Vec<f64> {
        let pair = (subject.to_owned(), object.to_owned());
        self.pairs
            .get(&pair)
            .cloned()
            .unwrap_or_else(|| vec![0.0; self.classes])
    }

    /// The probabilities multiplied by `exp(strength · lift)`: strength 0 changes nothing, 1 trusts the
    /// counts as a source that the model knows nothing of. `types` are subject and object. `[rows]`
    ///
    /// # Errors
    /// [`EvalError::Length`] if there is not one pair a row, or the labels are not those counted.
    pub fn apply(
        &self,
        table: &ProbabilityTable,
        types: &[(String, String)],
        strength: f64,
    ) -> Result<ProbabilityTable, EvalError> {
        self.check(table, types)?;
        Ok(table.rewritten(|row, shares| {
            let (subject, object) = &types[row];
            for (share, lift) in shares.iter_mut().zip(self.lifts(subject, object)) {
                *share = floored_ln(*share) + strength * lift;
            }
            softmax(shares);
        }))
    }

    fn check(&self, table: &ProbabilityTable, types: &[(String, String)]) -> Result<(), EvalError> {
        check_length("entity types", table.len(), types.len())?;
        check_length("labels of the table", self.classes, table.classes())
    }
}

/// The strength between 0 and 4 under which the gold labels are most likely. `gold` and `types` are
/// `[rows]`. A model that sees the types already wants little of it.
///
/// # Errors
/// As [`TypePairPriors::apply`], and [`EvalError::LabelIndex`].
pub fn fit_type_pair_strength(
    priors: &TypePairPriors,
    table: &ProbabilityTable,
    gold: &[usize],
    types: &[(String, String)],
) -> Result<f64, EvalError> {
    table.check_gold(gold)?;
    priors.check(table, types)?;
    let base: Vec<f64> = table.values().iter().copied().map(floored_ln).collect();
    let lifts: Vec<f64> = types
        .iter()
        .flat_map(|(subject, object)| priors.lifts(subject, object))
        .collect();
    Ok(maximise_likelihood(&base, &lifts, gold, table.classes(), (0.0, STRONGEST)).at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn priors() -> TypePairPriors {
        let rows = [
            ("PER", "POH", 1),
            ("PER", "POH", 1),
            ("PER", "POH", 0),
            ("ORG", "PER", 0),
        ];
        TypePairPriors::count(rows, 2, 2.0).unwrap()
    }

    fn pair(subject: &str, object: &str) -> (String, String) {
        (subject.to_owned(), object.to_owned())
    }

    #[test]
    fn lifts_by_hand() {
        // Overall shares (2 + 1) / (4 + 2) each. Given PER, POH: (1 + 2 · 0.5) / (3 + 2), (2 + 2 · 0.5) / (3 + 2).
        let lifts = priors().lifts("PER", "POH");
        approx::assert_abs_diff_eq!(lifts[0], (2.0 / 5.0 / 0.5_f64).ln(), epsilon = 1e-12);
        approx::assert_abs_diff_eq!(lifts[1], (3.0 / 5.0 / 0.5_f64).ln(), epsilon = 1e-12);
        assert_eq!(priors().lifts("LOC", "LOC"), [0.0, 0.0]);
    }

    #[test]
    fn strength_scales_the_lift_and_unseen_pairs_change_nothing() {
        let table = ProbabilityTable::new([0.5, 0.5].repeat(2), 2).unwrap();
        let types = [pair("PER", "POH"), pair("LOC", "LOC")];
        let after = priors().apply(&table, &types, 2.0).unwrap();
        // Odds of (3 / 2) squared.
        approx::assert_abs_diff_eq!(after.values()[1], 2.25 / 3.25, epsilon = 1e-12);
        approx::assert_abs_diff_eq!(after.values()[3], 0.5, epsilon = 1e-12);
        let unchanged = priors().apply(&table, &types, 0.0).unwrap();
        approx::assert_abs_diff_eq!(unchanged.values()[1], 0.5, epsilon = 1e-12);
    }

    #[test]
    fn a_model_that_knows_the_types_wants_none_of_it() {
        let types: Vec<_> = [pair("PER", "POH"), pair("ORG", "PER")]
            .into_iter()
            .cycle()
            .take(20)
            .collect();
        let gold: Vec<usize> = [1, 0].into_iter().cycle().take(20).collect();
        let knows = ProbabilityTable::new([0.01, 0.99, 0.99, 0.01].repeat(10), 2).unwrap();
        let knows_not = ProbabilityTable::new([0.5, 0.5].repeat(20), 2).unwrap();
        let fit = |table| fit_type_pair_strength(&priors(), table, &gold, &types).unwrap();
        assert!(fit(&knows_not) > 1.0);
        let wrong: Vec<usize> = gold.iter().map(|label| 1 - label).collect();
        assert_eq!(fit_type_pair_strength(&priors(), &knows, &wrong, &types).unwrap(), 0.0);
    }

    #[test]
    fn a_hard_mask_cannot_be_made() {
        for pseudo_count in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let found = TypePairPriors::count([("PER", "POH", 0)], 2, pseudo_count);
            assert!(matches!(
                found,
                Err(EvalError::Setting {
                    name: "pseudo-count",
                    ..
                })
            ));
        }
        assert!(matches!(TypePairPriors::count([], 2, 1.0), Err(EvalError::NoRows)));
    }
}
