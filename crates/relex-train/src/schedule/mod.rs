//! The learning rate at each step.

mod warmup;

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

pub use warmup::Warmup;

use crate::TrainError;

/// How the learning rate moves; the `[schedule]` table of a configuration. Every kind but the first goes up from 0 over the
/// warm-up, in a straight line; the conventions are those of transformers' `get_*_schedule*`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Schedule {
    /// Constant. (Braces, so that keys of other kinds are refused.)
    Constant {},
    /// Constant after the warm-up.
    ConstantWithWarmup {
        /// Steps, or their share, spent warming up.
        #[serde(default)]
        warmup: Warmup,
    },
    /// Straight down to 0 at the end.
    Linear {
        /// Steps, or their share, spent warming up.
        #[serde(default)]
        warmup: Warmup,
    },
    /// Down to 0 along a cosine (Loshchilov & Hutter 2017, *SGDR*, without restarts).
    Cosine {
        /// Steps, or their share, spent warming up.
        #[serde(default)]
        warmup: Warmup,
        /// Waves of the cosine; half of one ends at 0.
        #[serde(default = "half")]
        cycles: f64,
    },
    /// Half a cosine, several times over (Loshchilov & Hutter 2017, *SGDR*).
    CosineWithRestarts {
        /// Steps, or their share, spent warming up.
        #[serde(default)]
        warmup: Warmup,
        /// How often it comes down.
        #[serde(default = "one_cycle")]
        cycles: usize,
    },
    /// Down to `end` as a power of the steps that are left.
    Polynomial {
        /// Steps, or their share, spent warming up.
        #[serde(default)]
        warmup: Warmup,
        /// The power; 1 is straight.
        #[serde(default = "one")]
        power: f64,
        /// Share of the learning rate that is left at the end.
        #[serde(default)]
        end: f64,
    },
    /// Down as one over the root of the steps (Vaswani et al. 2017, *Attention Is All You Need*, §5.3).
    InverseSqrt {
        /// Steps, or their share, spent warming up.
        #[serde(default)]
        warmup: Warmup,
        /// Steps after which it would be down to 1/√2, warm-up not counted; the warm-up's own if left out, 10,000 without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timescale: Option<usize>,
    },
}

fn half() -> f64 {
    0.5
}

fn one() -> f64 {
    1.0
}

fn one_cycle() -> usize {
    1
}

impl Default for Schedule {
    fn default() -> Self {
        Self::Linear {
            warmup: Warmup::default(),
        }
    }
}

impl Schedule {
    /// What the base learning rate is multiplied by in the update of `step` (from 0) out of `total`. The first update of a
    /// warm-up has rate 0.
    ///
    /// ```
    /// use relex_train::{Schedule, Warmup};
    /// let schedule = Schedule::Linear { warmup: Warmup::Share(0.2) };
    /// let factors: Vec<f64> = (0..5).map(|step| schedule.factor(step, 5)).collect();
    /// assert_eq!(factors, [0.0, 1.0, 0.75, 0.5, 0.25]);
    /// ```
    pub fn factor(&self, step: usize, total: usize) -> f64 {
        let warming = self.warmup().map_or(0, |warmup| warmup.steps(total));
        if step < warming {
            return step as f64 / warming as f64;
        }
        let since = step - warming;
        let falling = total.saturating_sub(warming);
        let progress = since as f64 / falling.max(1) as f64;
        match *self {
            Self::Constant {} | Self::ConstantWithWarmup { .. } => 1.0,
            Self::Linear { .. } => falling.saturating_sub(since) as f64 / falling.max(1) as f64,
            Self::Cosine { cycles, .. } => 0.5 * (1.0 + (PI * cycles * 2.0 * progress).cos()),
            Self::CosineWithRestarts { .. } if progress >= 1.0 => 0.0,
            Self::CosineWithRestarts { cycles, .. } => 0.5 * (1.0 + (PI * (cycles as f64 * progress).fract()).cos()),
            Self::Polynomial { power, end, .. } => (1.0 - end) * (1.0 - progress).max(0.0).powf(power) + end,
            Self::InverseSqrt { timescale, .. } => {
                let timescale = timescale.unwrap_or(if warming == 0 { 10_000 } else { warming }) as f64;
                // The curve is 1 where the warm-up ends.
                1.0 / ((since as f64 + timescale) / timescale).sqrt()
            }
        }
    }

    fn warmup(&self) -> Option<Warmup> {
        match *self {
            Self::Constant {} => None,
            Self::ConstantWithWarmup { warmup }
            | Self::Linear { warmup }
            | Self::Cosine { warmup, .. }
            | Self::CosineWithRestarts { warmup, .. }
            | Self::Polynomial { warmup, .. }
            | Self::InverseSqrt { warmup, .. } => Some(warmup),
        }
    }

    /// Checks every number.
    pub(crate) fn check(&self) -> Result<(), TrainError> {
        let refuse = |key, value: String, reason: &str| {
            Err(TrainError::Setting {
                key,
                value,
                reason: reason.into(),
            })
        };
        if let Some(Warmup::Share(share)) = self.warmup()
            && !(0.0..=1.0).contains(&share)
        {
            let reason = "with a decimal point it is a share of all steps, 0 to 1; without one it is a number of steps";
            return refuse("schedule.warmup", share.to_string(), reason);
        }
        match *self {
            Self::Cosine { cycles, .. } if !(cycles > 0.0 && cycles.is_finite()) => {
                refuse("schedule.cycles", cycles.to_string(), "it must be above 0")
            }
            Self::CosineWithRestarts { cycles: 0, .. } => {
                refuse("schedule.cycles", "0".into(), "it must be at least 1")
            }
            Self::Polynomial { power, .. } if !(power > 0.0 && power.is_finite()) => {
                refuse("schedule.power", power.to_string(), "it must be above 0")
            }
            Self::Polynomial { end, .. } if !(0.0..=1.0).contains(&end) => refuse(
                "schedule.end",
                end.to_string(),
                "it is a share of the learning rate, 0 to 1",
            ),
            Self::InverseSqrt { timescale: Some(0), .. } => {
                refuse("schedule.timescale", "0".into(), "it must be at least 1")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        let text = include_str!("../../tests/fixtures/schedules.json");
        let reference: Reference = serde_json::from_str(text).unwrap();
        let total = reference.total_steps;
        let check = |name: &str, schedule: Schedule| {
            for (step, expected) in reference.learning_rate_used_at_step[name].iter().enumerate() {
                let rate = reference.base_lr * schedule.factor(step, total);
                approx::assert_relative_eq!(rate, expected, max_relative = 1e-12, epsilon = 1e-20);
            }
        };
        let warmup = Warmup::Steps(reference.warmup_steps);
        let share = Warmup::Share(reference.warmup_steps as f64 / total as f64);
        check("constant", Schedule::Constant {});
        check("constant_with_warmup", Schedule::ConstantWithWarmup { warmup });
        check("linear", Schedule::Linear { warmup });
        check("linear", Schedule::Linear { warmup: share });
        check("cosine", Schedule::Cosine { warmup, cycles: 0.5 });
        check(
            "cosine_with_restarts_3",
            Schedule::CosineWithRestarts { warmup, cycles: 3 },
        );
        let polynomial = Schedule::Polynomial {
            warmup,
            power: 2.0,
            end: 1e-7 / reference.base_lr,
        };
        check("polynomial_power_2", polynomial);
        let inverse = Schedule::InverseSqrt {
            warmup,
            timescale: None,
        };
        check("inverse_sqrt", inverse);
        assert_eq!(reference.learning_rate_used_at_step.len(), 7);
    }

    fn schedules() -> impl Strategy<Value = Schedule> {
        let warmup = prop_oneof![
            (0usize..50).prop_map(Warmup::Steps),
            (0.0..=1.0).prop_map(Warmup::Share)
        ];
        (warmup, 0usize..7, 1usize..5, 0.1..4.0, 0.0..=1.0).prop_map(|(warmup, kind, cycles, power, end)| match kind {
            0 => Schedule::Constant {},
            1 => Schedule::ConstantWithWarmup { warmup },
            2 => Schedule::Linear { warmup },
            3 => Schedule::Cosine { warmup, cycles: power },
            4 => Schedule::CosineWithRestarts { warmup, cycles },
            5 => Schedule::Polynomial { warmup, power, end },
            _ => Schedule::InverseSqrt {
                warmup,
                timescale: (cycles > 2).then_some(cycles),
            },
        })
    }

    proptest! {
        #[test]
        fn factors_are_shares_whatever_the_length(schedule in schedules(), total in 0usize..60) {
            schedule.check().unwrap();
            for step in 0..=total {
                let factor = schedule.factor(step, total);
                prop_assert!((0.0..=1.0).contains(&factor), "{factor} at {step} of {total}");
            }
        }

        #[test]
        fn every_kind_is_written_and_read_back(schedule in schedules()) {
            let text = toml::to_string(&schedule).unwrap();
            prop_assert_eq!(toml::from_str::<Schedule>(&text).unwrap(), schedule, "{}", text);
        }
    }
}
