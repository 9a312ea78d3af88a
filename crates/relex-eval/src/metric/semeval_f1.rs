//! SemEval-2010 Task 8's official score: macro-F1 over relations whose direction must be right.

use super::cells::{LabelCounts, add, f1, mean_where_gold};
use super::{Cells, check_labels, check_pair};
use crate::bootstrap::{LANES, RowWeights};
use crate::error::EvalError;

/// SemEval-2010 Task 8's official score in percent: "(9+1)-way evaluation with directionality taken into account,
/// macro-averaged F1" (Hendrickx et al. 2010).
///
/// Labels come in pairs that differ by direction, such as `Cause-Effect(e1,e2)` and `Cause-Effect(e2,e1)`; `negative` is
/// `Other`. A relation's hits are the rows with both relation and direction right; its precision divides by the rows predicted as
/// either direction, its recall by the gold rows of either. The score is the mean of F1 over the relations that have a gold
/// row, `Other` left out. The whole report of the official scorer is [`SemevalReport`](crate::SemevalReport).
///
/// # Errors
/// [`EvalError::Setting`] if a label other than `negative` has no direction, and [`EvalError::NoRows`], [`EvalError::Length`] or
/// [`EvalError::LabelIndex`] where the slices cannot be scored.
///
/// ```
/// # use relex_eval::semeval_f1;
/// let labels = ["Other", "Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)"].map(String::from);
/// // One hit; two rows predicted and two gold.
/// assert_eq!(semeval_f1(&labels, &[1, 1, 0], &[1, 2, 0], 0)?, 2.0 * 1.0 / (2.0 + 2.0) * 100.0);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn semeval_f1(labels: &[String], gold: &[usize], predicted: &[usize], negative: usize) -> Result<f64, EvalError> {
    check_pair(gold, predicted)?;
    check_labels("gold", gold, labels.len())?;
    check_labels("predicted", predicted, labels.len())?;
    let pairs = RelationPairs::required(labels, negative)?;
    let counts = Cells::new(gold, predicted, labels.len(), negative).count(&vec![[1; LANES]; gold.len()]);
    Ok(pairs.official_f1(&counts)[0])
}

/// Which labels are directions of one relation.
#[derive(Debug)]
pub(crate) struct RelationPairs {
    /// The labels of each relation, in order of first appearance.
    relations: Vec<Vec<usize>>,
}

impl RelationPairs {
    /// `None` if a label other than `negative` has no direction, or there is no other label.
    pub(crate) fn of(labels: &[String], negative: usize) -> Option<Self> {
        let mut names: Vec<&str> = Vec::new();
        let mut relations: Vec<Vec<usize>> = Vec::new();
        for (index, label) in labels.iter().enumerate().filter(|(index, _)| *index != negative) {
            let name = label
                .strip_suffix("(e1,e2)")
                .or_else(|| label.strip_suffix("(e2,e1)"))?;
            match names.iter().position(|known| *known == name) {
                Some(relation) => relations[relation].push(index),
                None => {
                    names.push(name);
                    relations.push(vec![index]);
                }
            }
        }
        (!relations.is_empty()).then_some(Self { relations })
    }

    /// [`of`](Self::of), or an error that says what labels it takes.
    pub(super) fn required(labels: &[String], negative: usize) -> Result<Self, EvalError> {
        Self::of(labels, negative).ok_or_else(|| EvalError::Setting {
            name: "label order",
            value: labels.join(", "),
            allowed: "relations that end in (e1,e2) or (e2,e1), and the negative label",
        })
    }

    pub(super) fn official_f1(&self, counts: &LabelCounts) -> [f64; LANES] {
        let sum = |labels: &[usize], counts: &[RowWeights]| {
            let mut total = [0; LANES];
            for &label in labels {
                add(&mut total, &counts[label]);
            }
            total
        };
        mean_where_gold(self.relations.iter().map(|labels| {
            let gold = sum(labels, &counts.gold);
            (
                gold,
                f1(&sum(labels, &counts.hits), &gold, &sum(labels, &counts.predicted)),
            )
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<String> {
        ["Other", "A-B(e1,e2)", "A-B(e2,e1)", "C-D(e1,e2)"]
            .map(String::from)
            .to_vec()
    }

    #[test]
    fn relations_without_gold_rows_and_nothing_predicted() {
        // A-B: one hit, two predicted, three gold; C-D has no gold row.
        let found = semeval_f1(&labels(), &[1, 1, 2, 0], &[1, 2, 0, 3], 0).unwrap();
        approx::assert_abs_diff_eq!(found, 2.0 * 1.0 / (2.0 + 3.0) * 100.0, epsilon = 1e-12);
        assert_eq!(semeval_f1(&labels(), &[1, 3], &[0, 0], 0).unwrap(), 0.0);
        assert_eq!(semeval_f1(&labels(), &[0], &[0], 0).unwrap(), 0.0);
        assert_eq!(semeval_f1(&labels(), &[3], &[3], 0).unwrap(), 100.0);
    }

    #[test]
    fn labels_without_direction_are_refused() {
        let labels = ["Other", "per:title"].map(String::from);
        let message = semeval_f1(&labels, &[0], &[0], 0).unwrap_err().to_string();
        assert!(
            message.contains("per:title") && message.contains("(e1,e2)"),
            "{message}"
        );
        assert!(RelationPairs::of(&labels[..1], 0).is_none());
    }
}
