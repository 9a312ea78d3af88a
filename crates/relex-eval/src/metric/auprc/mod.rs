//! Area under the precision-recall curve of each class, and their plain mean: KLUE-RE's second score.

mod curve;
mod jackknife;

pub(crate) use curve::curve_area;
pub use curve::{CurvePoint, precision_recall_curve};

use super::{check_labels, check_length};
use crate::bootstrap::{LANES, RowWeights};
use crate::error::EvalError;

/// Areas under the precision-recall curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Auprc {
    /// Plain mean over the classes that are defined, in percent. At least one always is.
    pub mean: f64,
    /// Area of each class in percent; `None` where the class has no gold row. `[classes]`
    pub per_class: Vec<Option<f64>>,
}

impl Auprc {
    /// How many classes have a gold row, and so entered the mean.
    pub fn defined(&self) -> usize {
        self.per_class.iter().flatten().count()
    }

    /// The mean over all classes with 0 for those without a gold row, in percent: what some
    /// leaderboards report. Equal to `mean` when every class is defined.
    pub fn mean_undefined_as_zero(&self) -> f64 {
        self.per_class.iter().flatten().sum::<f64>() / self.per_class.len() as f64
    }
}

/// Area under the precision-recall curve of each class against the rest, as KLUE-RE defines it
/// (Park et al. 2021): scikit-learn's `precision_recall_curve` followed by its trapezoidal
/// `auc(recall, precision)`, in percent, and the plain mean over classes, the negative included.
///
/// `gold` is `[rows]`, `probabilities` row-major `[rows, classes]`; only their ranking within a
/// class matters. Conventions:
/// - rows with equal probability are one point of the curve, whatever their order;
/// - the curve starts at recall 0, precision 1;
/// - a class without a gold row has no curve: it is `None` and left out of the mean
///   (scikit-learn warns there and its area means nothing).
///
/// # Errors
/// [`EvalError::NoRows`], [`EvalError::Length`], [`EvalError::LabelIndex`] or
/// [`EvalError::NotFinite`] where the slices cannot be scored.
///
/// ```
/// # use relex_eval::auprc;
/// let gold = [0, 1, 1];
/// let probabilities = [0.9, 0.1,   0.6, 0.4,   0.3, 0.7];
/// let area = auprc(&gold, &probabilities, 2)?;
/// assert_eq!(area.per_class, [Some(100.0), Some(100.0)]);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn auprc(gold: &[usize], probabilities: &[f64], classes: usize) -> Result<Auprc, EvalError> {
    let ranked = RankedScores::new(gold, probabilities, classes)?;
    let ones = vec![[1; LANES]; gold.len()];
    let per_class: Vec<Option<f64>> = ranked
        .curves
        .iter()
        .map(|curve| curve.weighted_area(&ones)[0])
        .collect();
    let defined = per_class.iter().flatten().count();
    Ok(Auprc {
        mean: per_class.iter().flatten().sum::<f64>() / defined as f64,
        per_class,
    })
}

/// Refuses scores that do not rank every row by every class.
pub(crate) fn check_scores(gold: &[usize], probabilities: &[f64], classes: usize) -> Result<(), EvalError> {
    if gold.is_empty() {
        return Err(EvalError::NoRows);
    }
    check_labels("gold", gold, classes)?;
    check_length("probabilities", gold.len().saturating_mul(classes), probabilities.len())?;
    if u32::try_from(gold.len()).is_err() {
        return Err(EvalError::Length {
            what: "gold",
            expected: u32::MAX as usize,
            found: gold.len(),
        });
    }
    if let Some(at) = probabilities.iter().position(|value| !value.is_finite()) {
        return Err(EvalError::NotFinite {
            row: at / classes,
            class: at % classes,
            value: probabilities[at],
        });
    }
    Ok(())
}

/// Every class's rows ranked once, so that each resample is a walk over whole-number weights.
#[derive(Debug)]
pub(crate) struct RankedScores {
    curves: Vec<Curve>,
}

/// One class's rows from the highest probability down, cut after its last gold row: what follows
/// moves precision only where recall no longer grows, and adds no area.
#[derive(Debug)]
struct Curve {
    /// Row indices; within rows of equal probability the gold ones come first.
    order: Vec<u32>,
    /// The points of the curve at which recall grows.
    steps: Vec<Step>,
}

/// Positions in [`Curve::order`]: rows before `start` rank higher, `start..gold_end` are gold rows
/// of one probability, and `gold_end..end` the other rows of that probability.
#[derive(Debug)]
struct Step {
    start: u32,
    gold_end: u32,
    end: u32,
    /// How many gold rows rank higher.
    gold_before: u32,
}

impl RankedScores {
    pub(crate) fn new(gold: &[usize], probabilities: &[f64], classes: usize) -> Result<Self, EvalError> {
        check_scores(gold, probabilities, classes)?;
        let curves = (0..classes)
            .map(|class| Curve::new(gold, probabilities, classes, class))
            .collect();
        Ok(Self { curves })
    }

    /// Mean area in percent over the classes that have a gold row of positive weight.
    pub(crate) fn weighted_mean(&self, weights: &[RowWeights]) -> [f64; LANES] {
        let mut sum = [0.0; LANES];
        let mut defined = [0_u32; LANES];
        for curve in &self.curves {
            let areas = curve.weighted_area(weights);
            for lane in 0..LANES {
                if let Some(area) = areas[lane] {
                    sum[lane] += area;
                    defined[lane] += 1;
                }
            }
        }
        std::array::from_fn(|lane| sum[lane] / f64::from(defined[lane].max(1)))
    }
}

impl Curve {
    fn new(gold: &[usize], probabilities: &[f64], classes: usize, class: usize) -> Self {
        if !gold.contains(&class) {
            return Self {
                order: Vec::new(),
                steps: Vec::new(),
            };
        }
        // Adding zero turns -0.0 into 0.0, which total_cmp would rank apart from it.
        let score = |row: u32| probabilities[row as usize * classes + class] + 0.0;
        let is_gold = |row: u32| gold[row as usize] == class;
        let mut order: Vec<u32> = (0..gold.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| {
            score(b)
                .total_cmp(&score(a))
                .then(is_gold(b).cmp(&is_gold(a)))
                .then(a.cmp(&b))
        });
        let mut steps = Vec::new();
        let (mut start, mut gold_before) = (0, 0);
        for tied in order.chunk_by(|&a, &b| score(a) == score(b)) {
            let end = start + tied.len() as u32;
            let gold_rows = tied.iter().take_while(|&&row| is_gold(row)).count() as u32;
            if gold_rows > 0 {
                steps.push(Step {
                    start,
                    gold_end: start + gold_rows,
                    end,
                    gold_before,
                });
            }
            gold_before += gold_rows;
            start = end;
        }
        order.truncate(steps.last().map_or(0, |step| step.end as usize));
        order.shrink_to_fit();
        Self { order, steps }
    }

    /// Area in percent in each lane; `None` where no gold row has weight.
    fn weighted_area(&self, weights: &[RowWeights]) -> [Option<f64>; LANES] {
        let mut seen = [0_u32; LANES];
        let mut gold_seen = [0_u32; LANES];
        let mut doubled = [0.0; LANES];
        let mut position = 0;
        for step in &self.steps {
            add(&mut seen, weights, &self.order[position..step.start as usize]);
            let (seen_before, gold_before) = (seen, gold_seen);
            let mut gold_here = [0; LANES];
            add(
                &mut gold_here,
                weights,
                &self.order[step.start as usize..step.gold_end as usize],
            );
            for lane in 0..LANES {
                seen[lane] += gold_here[lane];
                gold_seen[lane] += gold_here[lane];
            }
            add(
                &mut seen,
                weights,
                &self.order[step.gold_end as usize..step.end as usize],
            );
            position = step.end as usize;
            for lane in 0..LANES {
                // Before any row the precision is 1. After, `max` keeps 0 / 0 out: its factor is 0 there.
                let before = if seen_before[lane] == 0 {
                    1.0
                } else {
                    f64::from(gold_before[lane]) / f64::from(seen_before[lane])
                };
                let after = f64::from(gold_seen[lane]) / f64::from(seen[lane].max(1));
                doubled[lane] += f64::from(gold_here[lane]) * (before + after);
            }
        }
        std::array::from_fn(|lane| {
            (gold_seen[lane] > 0).then(|| doubled[lane] / 2.0 / f64::from(gold_seen[lane]) * 100.0)
        })
    }
}

/// Adds the weights of `rows`.
#[inline]
fn add(sum: &mut [u32; LANES], weights: &[RowWeights], rows: &[u32]) {
    for &row in rows {
        let weight = &weights[row as usize];
        for lane in 0..LANES {
            sum[lane] += weight[lane];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Area of class 1 of two, from the scores of class 1.
    fn check(gold: &[usize], scores: &[f64], expected: f64) {
        let probabilities: Vec<f64> = scores.iter().flat_map(|&score| [1.0 - score, score]).collect();
        let area = auprc(gold, &probabilities, 2).unwrap().per_class[1].unwrap();
        approx::assert_abs_diff_eq!(area, expected, epsilon = 1e-12);
    }

    #[test]
    fn trapezoids_between_the_points() {
        // Recall, precision: (0, 1) (1/2, 1) (1/2, 1/2) (1, 2/3).
        check(
            &[1, 0, 1],
            &[0.9, 0.5, 0.1],
            (0.5 * (1.0 + 1.0) / 2.0 + 0.5 * (1.0 / 2.0 + 2.0 / 3.0) / 2.0) * 100.0,
        );
    }

    #[test]
    fn equal_scores_are_one_point_in_any_order() {
        // (0, 1) then all at once (1, 2/4).
        for gold in [[1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1]] {
            check(&gold, &[0.5; 4], (1.0 + 2.0 / 4.0) / 2.0 * 100.0);
        }
        check(&[0, 1], &[0.0, -0.0], (1.0 + 1.0 / 2.0) / 2.0 * 100.0);
    }

    #[test]
    fn best_and_worst_ranking() {
        check(&[1, 1, 0], &[0.9, 0.8, 0.1], 100.0);
        // Ranked last: (0, 1) (0, 0) (1, 1/2).
        check(&[0, 1], &[0.9, 0.1], (0.0 + 1.0 / 2.0) / 2.0 * 100.0);
    }

    #[test]
    fn one_row_and_absent_classes() {
        let area = auprc(&[2], &[0.5, 0.3, 0.1, 0.1], 4).unwrap();
        assert_eq!(area.per_class, [None, None, Some(100.0), None]);
        assert_eq!(
            (area.mean, area.defined(), area.mean_undefined_as_zero()),
            (100.0, 1, 25.0)
        );
    }

    #[test]
    fn refuses_what_cannot_be_ranked() {
        assert!(matches!(auprc(&[], &[], 2), Err(EvalError::NoRows)));
        assert!(matches!(
            auprc(&[2], &[0.5, 0.5], 2),
            Err(EvalError::LabelIndex {
                row: 0,
                value: 2,
                classes: 2,
                ..
            })
        ));
        assert!(matches!(
            auprc(&[0], &[0.5], 2),
            Err(EvalError::Length {
                expected: 2,
                found: 1,
                ..
            })
        ));
        assert!(matches!(
            auprc(&[0], &[f64::NAN, 0.5], 2),
            Err(EvalError::NotFinite { row: 0, class: 0, .. })
        ));
        assert!(matches!(auprc(&[0], &[], 0), Err(EvalError::LabelIndex { .. })));
    }
}
