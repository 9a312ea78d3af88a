//! The learning rate at each step.

use serde::{Deserialize, Serialize};

/// How the learning rate moves; the `[schedule]` table of a configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Schedule {
    /// Constant. (Braces, so that keys of other kinds are refused.)
    Constant {},
    /// Up from 0 over the warm-up, then down to 0 at the end, both straight.
    Linear {
        /// Share of all steps spent warming up, in `[0, 1]`.
        #[serde(default = "tenth")]
        warmup: f64,
    },
}

fn tenth() -> f64 {
    0.1
}

impl Default for Schedule {
    fn default() -> Self {
        Self::Linear { warmup: tenth() }
    }
}

impl Schedule {
    /// What the base learning rate is multiplied by in the update of `step` (from 0) out of
    /// `total`. The convention is that of transformers' `get_linear_schedule_with_warmup`: the
    /// first warm-up update has rate 0.
    ///
    /// ```
    /// use relex_train::Schedule;
    /// let schedule = Schedule::Linear { warmup: 0.2 };
    /// let factors: Vec<f64> = (0..5).map(|step| schedule.factor(step, 5)).collect();
    /// assert_eq!(factors, [0.0, 1.0, 0.75, 0.5, 0.25]);
    /// ```
    pub fn factor(&self, step: usize, total: usize) -> f64 {
        match *self {
            Self::Constant {} => 1.0,
            Self::Linear { warmup } => linear(step, (warmup * total as f64 + 1e-9) as usize, total),
        }
    }
}

fn linear(step: usize, warmup_steps: usize, total: usize) -> f64 {
    if step < warmup_steps {
        step as f64 / warmup_steps.max(1) as f64
    } else {
        total.saturating_sub(step) as f64 / total.saturating_sub(warmup_steps).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Reference {
        base_lr: f64,
        warmup_steps: usize,
        total_steps: usize,
        learning_rate_used_at_step: std::collections::HashMap<String, Vec<f64>>,
    }

    #[test]
    fn equals_transformers() {
        let text = include_str!("../tests/fixtures/schedules.json");
        let reference: Reference = serde_json::from_str(text).unwrap();
        let total = reference.total_steps;
        for (step, expected) in reference.learning_rate_used_at_step["linear"].iter().enumerate() {
            let rate = reference.base_lr * linear(step, reference.warmup_steps, total);
            approx::assert_relative_eq!(rate, expected, max_relative = 1e-12);
            let warmup = reference.warmup_steps as f64 / total as f64;
            let factor = Schedule::Linear { warmup }.factor(step, total);
            approx::assert_relative_eq!(factor * reference.base_lr, expected, max_relative = 1e-12);
        }
    }

    #[test]
    fn degenerate_lengths_are_finite() {
        for (warmup, total) in [(0.0, 1), (1.0, 1), (1.0, 3), (0.5, 0)] {
            let schedule = Schedule::Linear { warmup };
            assert!((0..=total).all(|step| schedule.factor(step, total).is_finite()));
        }
    }
}
