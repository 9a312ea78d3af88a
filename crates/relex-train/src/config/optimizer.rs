use serde::{Deserialize, Serialize};

use crate::{Schedule, TrainError};

/// The `[optimizer]` table: what every optimiser has, and what one kind has for itself. Biases and norms never decay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OptimizerConfig {
    /// How updates are made of gradients. First, so that a configuration reads `kind = …` first.
    #[serde(flatten)]
    pub rule: OptimizerRule,
    /// The rate that the schedule scales.
    pub learning_rate: f64,
    /// The head's rate instead, under the same schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_learning_rate: Option<f64>,
    /// What the rate is multiplied by from each layer of the encoder to the one below it, in `(0, 1]`; the embeddings count
    /// as one layer below the lowest (Howard & Ruder 2018, *Universal Language Model Fine-tuning*, §3.2).
    pub layer_decay: f64,
    /// Decoupled weight decay: times the rate, this share of a weight goes in every step.
    pub weight_decay: f32,
    /// All gradients together are scaled down to this norm; 0 turns that off.
    pub max_gradient_norm: f32,
}

/// The kinds of optimiser, with the keys that each has for itself.
///
/// Unknown keys are refused here for the whole table: a flattened enum sees every key that [`OptimizerConfig`] did not take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum OptimizerRule {
    /// Loshchilov & Hutter 2019, *Decoupled Weight Decay Regularization*, algorithm 2.
    AdamW {
        /// Decay of the gradients' running mean.
        #[serde(default = "nine_tenths")]
        beta_1: f32,
        /// Decay of their squares' running mean.
        #[serde(default = "adam_beta_2")]
        beta_2: f32,
        /// Added to the root of the latter.
        #[serde(default = "adam_epsilon")]
        epsilon: f32,
    },
    /// Shazeer & Stern 2018, *Adafactor: Adaptive Learning Rates with Sublinear Memory Cost*, in transformers' convention.
    Adafactor {
        /// Where the learning rate comes from.
        #[serde(default)]
        step: AdafactorStep,
        /// Multiplies the rate of each tensor by the root mean square of its weights.
        #[serde(default)]
        scale_by_parameter: bool,
        /// Decay of the updates' running mean, which costs as much memory as the weights; none if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        beta_1: Option<f32>,
        /// The squares' running mean decays by `1 - t^-this` in a tensor's update `t`.
        #[serde(default = "four_fifths")]
        decay_exponent: f64,
        /// Updates whose root mean square is larger are scaled down to this.
        #[serde(default = "one")]
        clip_threshold: f32,
        /// Added to the squares (ε₁ of the paper).
        #[serde(default = "squares_epsilon")]
        epsilon: f32,
        /// The least that `scale_by_parameter` multiplies by (ε₂).
        #[serde(default = "thousandth")]
        smallest_scale: f32,
    },
    /// Chen et al. 2023, *Symbolic Discovery of Optimization Algorithms*, algorithm 2.
    Lion {
        /// Share of the running mean in the update's direction.
        #[serde(default = "nine_tenths")]
        beta_1: f32,
        /// Decay of the gradients' running mean.
        #[serde(default = "lion_beta_2")]
        beta_2: f32,
    },
}

/// Where Adafactor's learning rate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdafactorStep {
    /// `learning_rate` and the schedule.
    #[default]
    Fixed,
    /// `min(0.01, 1 / √t)` in step `t`.
    Relative,
    /// `min(0.000001 t, 1 / √t)` in step `t`, transformers' `warmup_init`.
    RelativeWarmup,
}

fn nine_tenths() -> f32 {
    0.9
}

fn adam_beta_2() -> f32 {
    0.999
}

fn adam_epsilon() -> f32 {
    1e-8
}

fn four_fifths() -> f64 {
    0.8
}

fn one() -> f32 {
    1.0
}

fn squares_epsilon() -> f32 {
    1e-30
}

fn thousandth() -> f32 {
    1e-3
}

fn lion_beta_2() -> f32 {
    0.99
}

impl Default for OptimizerRule {
    fn default() -> Self {
        Self::AdamW {
            beta_1: nine_tenths(),
            beta_2: adam_beta_2(),
            epsilon: adam_epsilon(),
        }
    }
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self {
            rule: OptimizerRule::default(),
            learning_rate: 5e-5,
            head_learning_rate: None,
            layer_decay: 1.0,
            weight_decay: 0.01,
            max_gradient_norm: 1.0,
        }
    }
}

impl OptimizerConfig {
    /// The learning rate of the update of `step` (from 0), where the schedule multiplies by `factor`.
    ///
    /// ```
    /// use relex_train::OptimizerConfig;
    /// let config = OptimizerConfig { learning_rate: 4e-5, ..OptimizerConfig::default() };
    /// assert_eq!(config.rate(7, 0.5), 2e-5);
    /// ```
    pub fn rate(&self, step: usize, factor: f64) -> f64 {
        let time = (step + 1) as f64;
        match self.rule {
            OptimizerRule::Adafactor {
                step: AdafactorStep::Relative,
                ..
            } => (1.0 / time.sqrt()).min(1e-2),
            OptimizerRule::Adafactor {
                step: AdafactorStep::RelativeWarmup,
                ..
            } => (1.0 / time.sqrt()).min(1e-6 * time),
            _ => self.learning_rate * factor,
        }
    }

    /// Checks every number, and that nothing is set that could do nothing.
    pub(super) fn check(&self, schedule: &Schedule) -> Result<(), TrainError> {
        let above_0 = f64::from(f32::MIN_POSITIVE)..f64::from(f32::MAX);
        let share = 0.0..1.0;
        let mut ranges = vec![
            ("optimizer.learning_rate", self.learning_rate, above_0.clone()),
            (
                "optimizer.weight_decay",
                self.weight_decay.into(),
                0.0..f64::from(f32::MAX),
            ),
            (
                "optimizer.max_gradient_norm",
                self.max_gradient_norm.into(),
                0.0..f64::from(f32::MAX),
            ),
        ];
        if let Some(rate) = self.head_learning_rate {
            ranges.push(("optimizer.head_learning_rate", rate, above_0.clone()));
        }
        match self.rule {
            OptimizerRule::AdamW {
                beta_1,
                beta_2,
                epsilon,
            } => ranges.extend([
                ("optimizer.beta_1", beta_1.into(), share.clone()),
                ("optimizer.beta_2", beta_2.into(), share),
                ("optimizer.epsilon", epsilon.into(), f64::from(f32::MIN_POSITIVE)..1.0),
            ]),
            OptimizerRule::Adafactor {
                beta_1,
                decay_exponent,
                clip_threshold,
                epsilon,
                smallest_scale,
                ..
            } => ranges.extend([
                ("optimizer.beta_1", beta_1.unwrap_or(0.0).into(), share),
                ("optimizer.decay_exponent", decay_exponent, above_0.clone()),
                ("optimizer.clip_threshold", clip_threshold.into(), above_0.clone()),
                ("optimizer.epsilon", epsilon.into(), above_0.clone()),
                ("optimizer.smallest_scale", smallest_scale.into(), above_0),
            ]),
            OptimizerRule::Lion { beta_1, beta_2 } => ranges.extend([
                ("optimizer.beta_1", beta_1.into(), share.clone()),
                ("optimizer.beta_2", beta_2.into(), share),
            ]),
        }
        for (key, value, range) in ranges {
            super::in_range(key, value, range)?;
        }
        let refuse = |key, value: String, reason: &str| {
            Err(TrainError::Setting {
                key,
                value,
                reason: reason.into(),
            })
        };
        if !(self.layer_decay > 0.0 && self.layer_decay <= 1.0) {
            return refuse(
                "optimizer.layer_decay",
                self.layer_decay.to_string(),
                "it must be above 0 and at most 1",
            );
        }
        match self.rule {
            OptimizerRule::Adafactor { step, .. } if step != AdafactorStep::Fixed => {
                if *schedule != (Schedule::Constant {}) {
                    let reason = "the step that is relative to the time is a schedule of its own; set schedule.kind = \"constant\", or step = \"fixed\"";
                    let value = if step == AdafactorStep::Relative {
                        "relative"
                    } else {
                        "relative-warmup"
                    };
                    return refuse("optimizer.step", value.into(), reason);
                }
                if let Some(rate) = self.head_learning_rate {
                    let reason = "with a relative step there is no learning_rate that it could replace; leave it out";
                    return refuse("optimizer.head_learning_rate", rate.to_string(), reason);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_step_rises_and_falls() {
        let rule = |step| OptimizerConfig {
            rule: OptimizerRule::Adafactor {
                step,
                scale_by_parameter: true,
                beta_1: None,
                decay_exponent: 0.8,
                clip_threshold: 1.0,
                epsilon: 1e-30,
                smallest_scale: 1e-3,
            },
            ..OptimizerConfig::default()
        };
        // min(0.01, 1 / √t): from t = 10,000 on the root
        assert_eq!(rule(AdafactorStep::Relative).rate(0, 0.0), 1e-2);
        assert_eq!(rule(AdafactorStep::Relative).rate(39_999, 0.0), 1.0 / 200.0);
        // min(1e-6 t, 1 / √t): they cross at t = 10,000
        assert_eq!(rule(AdafactorStep::RelativeWarmup).rate(0, 0.0), 1e-6);
        assert_eq!(rule(AdafactorStep::RelativeWarmup).rate(39_999, 0.0), 1.0 / 200.0);
    }
}
