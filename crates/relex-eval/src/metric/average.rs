//! Precision, recall and F1 over all labels but the negative one: pooled (micro) and as plain means (macro).

use super::{check_pair, micro_f1, per_label, percent};
use crate::error::EvalError;

/// Precision, recall and F1 of all relations pooled, in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MicroAverage {
    /// Share of the rows predicted as a relation that have the right one.
    pub precision: f64,
    /// Share of the rows with a relation whose relation was found.
    pub recall: f64,
    /// [`micro_f1`].
    pub f1: f64,
}

/// Means of the labels' precision, recall and F1, in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MacroAverage {
    /// Mean precision.
    pub precision: f64,
    /// Mean recall.
    pub recall: f64,
    /// Mean F1, not the F1 of the two means.
    pub f1: f64,
    /// How many labels entered the means.
    pub labels: usize,
}

/// Micro-averaged precision, recall and F1 over the labels other than `negative`: KLUE-RE's and TACRED's score.
///
/// Precision and recall are 0 where they divide by no row (scikit-learn's `zero_division=0`). TACRED's scorer (Zhang et
/// al. 2017) differs in one case only: where nothing is predicted as a relation it calls the precision 100 %; its F1 is
/// 0 there as here. A `negative` that no row has leaves no label out.
///
/// # Errors
/// [`EvalError::Length`] if the slices differ in length, [`EvalError::NoRows`] if they are empty.
///
/// ```
/// # use relex_eval::micro_average;
/// let average = micro_average(&[0, 1, 2, 0], &[0, 1, 1, 2], 0)?;
/// assert_eq!((average.precision, average.recall), (1.0 / 3.0 * 100.0, 1.0 / 2.0 * 100.0));
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn micro_average(gold: &[usize], predicted: &[usize], negative: usize) -> Result<MicroAverage, EvalError> {
    check_pair(gold, predicted)?;
    let positive = |labels: &[usize]| labels.iter().filter(|&&label| label != negative).count() as f64;
    let hits = gold
        .iter()
        .zip(predicted)
        .filter(|(gold, predicted)| gold == predicted && **gold != negative)
        .count() as f64;
    Ok(MicroAverage {
        precision: percent(hits, positive(predicted)),
        recall: percent(hits, positive(gold)),
        f1: micro_f1(gold, predicted, negative)?,
    })
}

/// Plain means of the labels' precision, recall and F1, over the labels other than `negative` that have a gold row.
///
/// This is scikit-learn's `average="macro"` with `labels=` those labels and `zero_division=0`, × 100. A label without a gold
/// row enters no mean, as in [`auprc`](crate::auprc) and in SemEval-2010 Task 8's scorer; what it was wrongly predicted for still
/// costs recall elsewhere. [`MacroAverage::absent_as_zero`] counts it as 0. Without any label all three are 0.
///
/// # Errors
/// [`EvalError::NoRows`], [`EvalError::Length`] or [`EvalError::LabelIndex`] where the slices cannot be scored.
///
/// ```
/// # use relex_eval::macro_average;
/// // Label 1 has F1 2/3, label 2 has 0, label 3 no gold row.
/// let average = macro_average(&[0, 1, 2, 0], &[0, 1, 1, 3], 4, 0)?;
/// assert_eq!((average.f1, average.labels), ((2.0 / 3.0 * 100.0 + 0.0) / 2.0, 2));
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn macro_average(
    gold: &[usize],
    predicted: &[usize],
    classes: usize,
    negative: usize,
) -> Result<MacroAverage, EvalError> {
    let scores = per_label(gold, predicted, classes)?;
    let present: Vec<_> = scores
        .iter()
        .enumerate()
        .filter(|(class, score)| *class != negative && score.support > 0)
        .map(|(_, score)| score)
        .collect();
    let mean = |part: fn(&super::LabelScore) -> f64| {
        present.iter().map(|score| part(score)).sum::<f64>() / present.len().max(1) as f64
    };
    Ok(MacroAverage {
        precision: mean(|score| score.precision),
        recall: mean(|score| score.recall),
        f1: mean(|score| score.f1),
        labels: present.len(),
    })
}

impl MacroAverage {
    /// The macro-F1 when each of `labels` labels other than the negative one enters the mean, with 0 for those without a gold
    /// row: scikit-learn's `labels=<all but negative>`.
    pub fn absent_as_zero(&self, labels: usize) -> f64 {
        self.f1 * self.labels as f64 / labels.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TACRED's scorer, written after its definition.
    fn tacred(gold: &[usize], predicted: &[usize]) -> (f64, f64, f64) {
        let pairs: Vec<_> = gold.iter().zip(predicted).collect();
        let correct = pairs.iter().filter(|(g, p)| g == p && **g != 0).count() as f64;
        let guessed = pairs.iter().filter(|(_, p)| **p != 0).count() as f64;
        let relations = pairs.iter().filter(|(g, _)| **g != 0).count() as f64;
        let precision = if guessed > 0.0 { correct / guessed } else { 1.0 };
        let recall = if relations > 0.0 { correct / relations } else { 0.0 };
        let f1 = if precision + recall > 0.0 {
            2.0 * precision * recall / (precision + recall)
        } else {
            0.0
        };
        (precision * 100.0, recall * 100.0, f1 * 100.0)
    }

    #[test]
    fn tacred_differs_in_the_precision_of_nothing_alone() {
        for (gold, predicted) in [
            (vec![0, 1, 2, 1], vec![1, 1, 0, 2]),
            (vec![1, 1], vec![1, 1]),
            (vec![0, 0], vec![1, 2]),
            (vec![1, 2], vec![2, 1]),
        ] {
            let (found, (precision, recall, f1)) =
                (micro_average(&gold, &predicted, 0).unwrap(), tacred(&gold, &predicted));
            approx::assert_abs_diff_eq!(found.precision, precision, epsilon = 1e-12);
            approx::assert_abs_diff_eq!(found.recall, recall, epsilon = 1e-12);
            approx::assert_abs_diff_eq!(found.f1, f1, epsilon = 1e-12);
        }
        let nothing = micro_average(&[1, 2], &[0, 0], 0).unwrap();
        assert_eq!((nothing.precision, nothing.recall, nothing.f1), (0.0, 0.0, 0.0));
        assert_eq!(tacred(&[1, 2], &[0, 0]), (100.0, 0.0, 0.0));
    }

    #[test]
    fn absent_labels_and_nothing_at_all() {
        let only_negative = macro_average(&[0, 0], &[0, 1], 3, 0).unwrap();
        assert_eq!(
            (only_negative.f1, only_negative.labels, only_negative.absent_as_zero(2)),
            (0.0, 0, 0.0)
        );
        // One row: label 1 right, label 2 absent.
        let one = macro_average(&[1], &[1], 3, 0).unwrap();
        assert_eq!(
            (one.precision, one.recall, one.f1, one.absent_as_zero(2)),
            (100.0, 100.0, 100.0, 50.0)
        );
    }

    #[test]
    fn refuses_what_cannot_be_scored() {
        assert!(matches!(micro_average(&[], &[], 0), Err(EvalError::NoRows)));
        assert!(matches!(
            macro_average(&[5], &[0], 3, 0),
            Err(EvalError::LabelIndex { .. })
        ));
    }
}
