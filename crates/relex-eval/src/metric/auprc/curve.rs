//! The curve under which the area lies, to be drawn.

use crate::error::EvalError;
use crate::metric::check_length;

/// A point of a precision-recall curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Share of the gold rows that rank at least as high, in percent.
    pub recall: f64,
    /// Share of the rows that rank at least as high which are gold, in percent.
    pub precision: f64,
}

/// The precision-recall curve whose trapezoidal area [`auprc`](crate::auprc) gives for one class: from recall 0 at precision 100 on, in
/// the order of growing recall, rows of equal score as one point. `is_gold` and `scores` are `[rows]`.
///
/// Points at which recall does not grow are left out, but for the last one before it does: precision only falls between them. Where the
/// curve reaches recall 100 it ends. Without a gold row there is no curve, and no points.
///
/// # Errors
/// [`EvalError::NoRows`], [`EvalError::Length`] or [`EvalError::NotFinite`] (class 0) where the rows cannot be ranked.
///
/// ```
/// # use relex_eval::precision_recall_curve;
/// let curve = precision_recall_curve(&[true, false, true], &[0.9, 0.5, 0.1])?;
/// let points: Vec<_> = curve.iter().map(|point| (point.recall, point.precision.round())).collect();
/// assert_eq!(points, [(0.0, 100.0), (50.0, 100.0), (50.0, 50.0), (100.0, 67.0)]);
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn precision_recall_curve(is_gold: &[bool], scores: &[f64]) -> Result<Vec<CurvePoint>, EvalError> {
    if is_gold.is_empty() {
        return Err(EvalError::NoRows);
    }
    check_length("scores", is_gold.len(), scores.len())?;
    if let Some(row) = scores.iter().position(|score| !score.is_finite()) {
        let value = scores[row];
        return Err(EvalError::NotFinite { row, class: 0, value });
    }
    let gold = is_gold.iter().filter(|&&gold| gold).count();
    if gold == 0 {
        return Ok(Vec::new());
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let (mut seen, mut hits) = (0_usize, 0_usize);
    let mut last = CurvePoint {
        recall: 0.0,
        precision: 100.0,
    };
    let mut points = vec![last];
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        seen += tied.len();
        let more = tied.iter().filter(|&&row| is_gold[row]).count();
        hits += more;
        let point = CurvePoint {
            recall: hits as f64 / gold as f64 * 100.0,
            precision: hits as f64 / seen as f64 * 100.0,
        };
        if more > 0 {
            if points.last() != Some(&last) {
                points.push(last);
            }
            points.push(point);
        }
        if hits == gold {
            break;
        }
        last = point;
    }
    Ok(points)
}

/// The trapezoidal area under a curve, in percent.
pub(crate) fn curve_area(points: &[CurvePoint]) -> f64 {
    let trapezoid =
        |pair: &[CurvePoint]| (pair[1].recall - pair[0].recall) * (pair[0].precision + pair[1].precision) / 2.0;
    points.windows(2).map(trapezoid).sum::<f64>() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auprc;
    use proptest::prelude::*;

    #[test]
    fn no_gold_row_no_curve() {
        assert_eq!(precision_recall_curve(&[false, false], &[0.5, 0.1]).unwrap(), []);
    }

    #[test]
    fn what_cannot_be_ranked_is_refused() {
        assert!(matches!(precision_recall_curve(&[], &[]), Err(EvalError::NoRows)));
        assert!(matches!(
            precision_recall_curve(&[true], &[]),
            Err(EvalError::Length { .. })
        ));
        let diverged = precision_recall_curve(&[true], &[f64::NAN]);
        assert!(matches!(diverged, Err(EvalError::NotFinite { row: 0, .. })));
    }

    proptest! {
        #[test]
        fn its_area_is_the_auprc(rows in prop::collection::vec((any::<bool>(), 0..12_u8), 1..60)) {
            let is_gold: Vec<bool> = rows.iter().map(|row| row.0).collect();
            let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.1) / 12.0).collect();
            let gold: Vec<usize> = is_gold.iter().map(|&gold| usize::from(gold)).collect();
            let probabilities: Vec<f64> = scores.iter().flat_map(|&score| [1.0 - score, score]).collect();
            let points = precision_recall_curve(&is_gold, &scores).unwrap();
            match auprc(&gold, &probabilities, 2).unwrap().per_class[1] {
                None => prop_assert!(points.is_empty()),
                Some(area) => prop_assert!((curve_area(&points) - area).abs() < 1e-9, "{} {}", curve_area(&points), area),
            }
            prop_assert!(points.windows(2).all(|pair| pair[0].recall <= pair[1].recall));
        }
    }
}
