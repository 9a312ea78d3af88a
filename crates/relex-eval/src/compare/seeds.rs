//! The difference of arms that were trained several times, and how uncertain it is.
//!
//! A run's score differs from its arm's true score for three reasons: the sentences that happen to be here (shared by all runs of all
//! arms), the seed, and both together: a run is better on some sentences than its siblings are. With few runs the second
//! and third are known only roughly, which is what Student's t is for.
//!
//! Sentences and seeds are both resampled. Sentences are drawn; of the draws of an arm's `k` runs from its `k` runs all are taken, in
//! closed form: they give the arm's mean the variance of the runs over `k`, which is `k / (k − 1)` times what such draws show as they
//! are. And drawing both counts three times how a run goes up and down with the sentences by itself (Owen 2007, "The pigeonhole
//! bootstrap"); here it counts once. Literal draws, which miss the one or the other, make false claims of a tenth of all null
//! comparisons, or find a third of the true differences that this finds: `tests/honesty.rs` holds all that.
//!
//! This is the analysis of readers and cases of diagnostic imaging (Obuchowski & Rockette 1995; Hillis 2007), with seeds as
//! readers, sentences as cases, seeds nested in arms, and the bootstrap in place of the analysis of variance of cases.

use super::{Run, Runs};
use crate::distribution::{student_p, student_quantile};
use crate::interval::Interval;

/// A weighted sum of arms' mean scores.
#[derive(Debug, Clone, Copy)]
pub(super) struct Estimate {
    pub(super) value: f64,
    pub(super) standard_error: f64,
    /// Degrees of freedom of the standard error.
    pub(super) freedom: f64,
}

impl Estimate {
    /// The sum of the arms' mean scores, each times its factor; `groups` is the number of sentences.
    pub(super) fn of(arms: &[(f64, &Runs<'_>)], groups: usize) -> Self {
        let resamples = arms[0].1.runs[0].resampled.len();
        let mut sums = vec![0.0; resamples];
        let mut value = 0.0;
        // The variance that runs show, its noise, and how much of it the sentences at hand explain.
        let (mut runs, mut runs_noise, mut explained) = (0.0, 0.0, 0.0);
        for (factor, arm) in arms {
            let count = arm.runs.len() as f64;
            value += factor * mean(arm.runs.iter().map(|run| run.value));
            let means: Vec<f64> = (0..resamples)
                .map(|resample| mean(arm.runs.iter().map(|run| run.resampled[resample])))
                .collect();
            for (sum, mean) in sums.iter_mut().zip(&means) {
                *sum += factor * mean;
            }
            if arm.runs.len() > 1 {
                let values: Vec<f64> = arm.runs.iter().map(|run| run.value).collect();
                let spread = factor * factor * variance(&values) / count;
                runs += spread;
                runs_noise += spread * spread / (count - 1.0);
                let own = |run: &Run<'_>| -> f64 {
                    let own: Vec<f64> = run.resampled.iter().zip(&means).map(|(own, mean)| own - mean).collect();
                    variance(&own)
                };
                explained += factor * factor * arm.runs.iter().map(own).sum::<f64>() / (count - 1.0) / count;
            }
        }
        // What resampling sentences shows of the runs' own ups and downs is in the spread between them already.
        let others = (groups.max(2) - 1) as f64;
        // Resamples of n sentences vary by (n - 1) / n of what n sentences do.
        let sentences = (variance(&sums) - explained).max(0.0) * (others + 1.0) / others;
        let total = sentences + runs;
        let noise = runs_noise + sentences * sentences / others;
        Self {
            value,
            standard_error: total.sqrt(),
            // Satterthwaite (1946), as Welch (1947) uses it.
            freedom: if noise > 0.0 {
                (total * total / noise).max(1.0)
            } else {
                f64::INFINITY
            },
        }
    }

    /// Two-sided p-value of "it is 0".
    pub(super) fn p(&self) -> f64 {
        if self.standard_error > 0.0 {
            student_p(self.value / self.standard_error, self.freedom)
        } else if self.value == 0.0 {
            1.0
        } else {
            0.0
        }
    }

    /// Student's t interval; its part outside `range`, in which the true value lies for sure, is cut off.
    pub(super) fn interval(&self, level: f64, range: (f64, f64)) -> Interval {
        let reach = student_quantile((1.0 + level) / 2.0, self.freedom) * self.standard_error;
        Interval {
            low: self.value - reach,
            high: self.value + reach,
            level,
        }
        .clipped_to(range)
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// Sample variance; 0 for fewer than two values.
pub(super) fn variance(values: &[f64]) -> f64 {
    let mean = mean(values.iter().copied());
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares / (values.len().max(2) - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_stays_within_the_range_of_the_score() {
        let estimate = Estimate {
            value: 60.78,
            standard_error: 15.0,
            freedom: 4.0,
        };
        // Student's t with 4 degrees of freedom has its 97.5 % quantile at 2.776.
        let interval = estimate.interval(0.95, (0.0, 100.0));
        approx::assert_abs_diff_eq!(interval.low, 60.78 - 2.776 * 15.0, epsilon = 0.01);
        assert_eq!(interval.high, 100.0);
    }
}
