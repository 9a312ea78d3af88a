//! A curve that never has more points than a screen can show.

/// Points at most; no terminal has columns for more, at two dots each.
const POINTS: usize = 512;

/// Means of neighbouring points, so many to a point that all fit.
#[derive(Debug, Clone)]
pub(crate) struct Curve {
    points: Vec<(f64, f64)>,
    /// How many are in each of them.
    stride: usize,
    /// Those that do not make a point yet.
    pending: Vec<(f64, f64)>,
}

impl Default for Curve {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            stride: 1,
            pending: Vec::new(),
        }
    }
}

impl Curve {
    /// Adds a point; one that is not finite cannot be shown and is left out.
    pub(crate) fn push(&mut self, x: f64, y: f64) {
        if !y.is_finite() {
            return;
        }
        self.pending.push((x, y));
        if self.pending.len() < self.stride {
            return;
        }
        self.points.push(mean(&self.pending));
        self.pending.clear();
        if self.points.len() == POINTS {
            self.points = self.points.chunks(2).map(mean).collect();
            self.stride *= 2;
        }
    }

    /// By rising `x`.
    pub(crate) fn points(&self) -> &[(f64, f64)] {
        &self.points
    }
}

fn mean(points: &[(f64, f64)]) -> (f64, f64) {
    let count = points.len() as f64;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(x_sum, y_sum), (x, y)| (x_sum + x, y_sum + y));
    (x / count, y / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_is_means_of_neighbours() {
        let mut curve = Curve::default();
        curve.push(0.0, f64::NAN);
        for step in 1..=10_000 {
            curve.push(f64::from(step), 2.0 * f64::from(step));
        }
        assert!((POINTS / 2..POINTS).contains(&curve.points().len()));
        // 10,000 / 32 > 256: 32 to a point, of which the first are the steps 1 to 32.
        assert_eq!(curve.points()[0], (16.5, 33.0));
        assert!(curve.points().iter().all(|(x, y)| *y == 2.0 * x));
    }

    #[test]
    fn a_short_curve_is_as_it_is() {
        let mut curve = Curve::default();
        curve.push(1.0, 3.0);
        curve.push(2.0, 2.5);
        assert_eq!(curve.points(), [(1.0, 3.0), (2.0, 2.5)]);
    }
}
