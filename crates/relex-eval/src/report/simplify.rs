//! Fewer points for a curve under which the area stays.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::metric::CurvePoint;

/// How far the area of a simplified curve may be off, in percent: less than the two digits shown can tell.
pub(super) const AREA_TOLERANCE: f64 = 0.004;

/// The curve with at most about `wanted` points: again and again the point whose triangle with its neighbours is the smallest is left out
/// (Visvalingam & Whyatt 1993), unless the area under the curve would then differ from the whole curve's by more than
/// [`AREA_TOLERANCE`]. Ends stay.
pub(super) fn simplify(points: &[CurvePoint], wanted: usize) -> Vec<CurvePoint> {
    let last = points.len().saturating_sub(1);
    let mut before: Vec<usize> = (0..points.len()).map(|at| at.saturating_sub(1)).collect();
    let mut after: Vec<usize> = (1..=points.len()).collect();
    let mut left = vec![true; points.len()];
    let triangle =
        |before: &[usize], after: &[usize], at: usize| added_area(points[before[at]], points[at], points[after[at]]);
    let key = |area: f64, at: usize| (Reverse(ordered(area.abs())), Reverse(at));
    let mut heap: BinaryHeap<_> = (1..last).map(|at| key(triangle(&before, &after, at), at)).collect();
    let mut count = points.len();
    let mut added = 0.0;
    while count > wanted.max(2) {
        let Some((Reverse(size), Reverse(at))) = heap.pop() else {
            break;
        };
        // Each point may be in the heap several times, with the triangles that it had.
        let area = if left[at] {
            triangle(&before, &after, at)
        } else {
            continue;
        };
        if ordered(area.abs()) != size || f64::abs(added + area) > AREA_TOLERANCE {
            continue;
        }
        added += area;
        left[at] = false;
        count -= 1;
        let (previous, next) = (before[at], after[at]);
        (after[previous], before[next]) = (next, previous);
        for neighbour in [previous, next] {
            if (1..last).contains(&neighbour) {
                heap.push(key(triangle(&before, &after, neighbour), neighbour));
            }
        }
    }
    points
        .iter()
        .zip(left)
        .filter(|(_, left)| *left)
        .map(|(point, _)| *point)
        .collect()
}

/// What the area under the curve, in percent, gains if the middle one of three points is left out.
fn added_area(a: CurvePoint, b: CurvePoint, c: CurvePoint) -> f64 {
    let trapezoid =
        |from: CurvePoint, to: CurvePoint| (to.recall - from.recall) * (from.precision + to.precision) / 2.0;
    (trapezoid(a, c) - trapezoid(a, b) - trapezoid(b, c)) / 100.0
}

/// Bits that rank as the value does, which is not negative.
fn ordered(value: f64) -> u64 {
    (value + 0.0).to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{curve_area, precision_recall_curve};
    use proptest::prelude::*;

    fn point(recall: f64, precision: f64) -> CurvePoint {
        CurvePoint { recall, precision }
    }

    #[test]
    fn points_on_a_line_go_first_and_ends_stay() {
        let points = [
            point(0.0, 100.0),
            point(25.0, 75.0),
            point(50.0, 50.0),
            point(60.0, 90.0),
            point(100.0, 0.0),
        ];
        // The triangle at (60, 90) is far above the tolerance, and so would (50, 50) be once (25, 75) is gone.
        assert_eq!(simplify(&points, 2), [points[0], points[2], points[3], points[4]]);
        assert_eq!(simplify(&points[..1], 2), points[..1]);
        assert_eq!(simplify(&[], 2), []);
    }

    proptest! {
        #[test]
        fn the_area_stays(rows in prop::collection::vec((any::<bool>(), 0..2_000_u16), 1..600), wanted in 2..60_usize) {
            let is_gold: Vec<bool> = rows.iter().map(|row| row.0).collect();
            let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
            let whole = precision_recall_curve(&is_gold, &scores).unwrap();
            let few = simplify(&whole, wanted);
            prop_assert!((curve_area(&few) - curve_area(&whole)).abs() <= AREA_TOLERANCE * 1.01);
            prop_assert!(few.first() == whole.first() && few.last() == whole.last());
            prop_assert!(few.windows(2).all(|pair| pair[0].recall <= pair[1].recall));
        }
    }

    #[test]
    fn a_long_curve_becomes_short() {
        // Gold rows thin out with rank, as real curves have it.
        let is_gold: Vec<bool> = (0..8_000_u32)
            .map(|row| row.wrapping_mul(2_654_435_761) >> 16 > row * 8)
            .collect();
        let scores: Vec<f64> = (0..8_000).map(|row| -f64::from(row)).collect();
        let whole = precision_recall_curve(&is_gold, &scores).unwrap();
        let few = simplify(&whole, 80);
        assert!(whole.len() > 2_000 && few.len() <= 80, "{} {}", whole.len(), few.len());
    }
}
