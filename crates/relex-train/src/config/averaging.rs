use serde::{Deserialize, Serialize};

use super::{DataConfig, Keep, TrainOn};
use crate::TrainError;

/// The `[averaging]` table: weights that are means of weights. Each mean that is asked for is a candidate of its own: at the end
/// it is scored on the validation rows, and `training.keep` may name it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AveragingConfig {
    /// An exponential moving average over all steps, decaying by this in each; in its first steps `t` it decays by `(1 + t) / (10 + t)`
    /// where that is less, so that the beginning is forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ema_decay: Option<f64>,
    /// Stochastic weight averaging (Izmailov et al. 2018, *Averaging Weights Leads to Wider Optima and Better Generalization*): the mean of
    /// the weights after this share of all steps, in `[0, 1)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swa_from: Option<f64>,
    /// Steps from one of these weights to the next.
    #[serde(skip_serializing_if = "is_one")]
    pub swa_every_steps: Steps,
    /// The mean of the weights at so many of the last evaluations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<usize>,
    /// The mean of the weights at so many of the best evaluations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best: Option<usize>,
}

/// A number of steps, by default 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Steps(pub usize);

impl Default for Steps {
    fn default() -> Self {
        Self(1)
    }
}

fn is_one(steps: &Steps) -> bool {
    *steps == Steps::default()
}

impl AveragingConfig {
    /// Whether any mean is asked for.
    pub(crate) fn is_wanted(&self) -> bool {
        self.ema_decay.is_some() || self.swa_from.is_some() || self.last.is_some() || self.best.is_some()
    }

    pub(super) fn check(&self, keep: Keep, patience: Option<usize>, data: &DataConfig) -> Result<(), TrainError> {
        let refuse = |key, value: String, reason: &str| {
            Err(TrainError::Setting {
                key,
                value,
                reason: reason.into(),
            })
        };
        if let Some(decay) = self.ema_decay
            && !(decay > 0.0 && decay < 1.0)
        {
            return refuse(
                "averaging.ema_decay",
                decay.to_string(),
                "it must be between 0 and 1, such as 0.999",
            );
        }
        if let Some(from) = self.swa_from
            && !(0.0..1.0).contains(&from)
        {
            return refuse(
                "averaging.swa_from",
                from.to_string(),
                "it is a share of all steps, 0 to less than 1",
            );
        }
        if let Some(from) = self.swa_from
            && from > 0.0
            && patience.is_some()
            && keep == Keep::Swa
        {
            return refuse(
                "averaging.swa_from",
                from.to_string(),
                "training.patience may end the run before that share of its steps, and there would be no mean; leave one of the two out, \
                 or average evaluations with averaging.last",
            );
        }
        if self.swa_every_steps.0 == 0 {
            return refuse("averaging.swa_every_steps", "0".into(), "it must be at least 1");
        }
        for (key, count) in [("averaging.last", self.last), ("averaging.best", self.best)] {
            let Some(count) = count else { continue };
            if count < 2 {
                return refuse(
                    key,
                    count.to_string(),
                    "it must be at least 2, or there is nothing to average",
                );
            }
            if data.train_on == TrainOn::All {
                let reason = "with data.train_on = \"all\" nothing is evaluated, so that there are no such weights; take averaging.swa_from";
                return refuse(key, count.to_string(), reason);
            }
        }
        for (wanted, name, is_there, remedy) in [
            (
                Keep::Ema,
                "\"ema\"",
                self.ema_decay.is_some(),
                "set averaging.ema_decay, such as 0.999",
            ),
            (
                Keep::Swa,
                "\"swa\"",
                self.swa_from.is_some(),
                "set averaging.swa_from, such as 0.75",
            ),
            (
                Keep::MeanOfLast,
                "\"mean-of-last\"",
                self.last.is_some(),
                "set averaging.last, such as 3",
            ),
            (
                Keep::MeanOfBest,
                "\"mean-of-best\"",
                self.best.is_some(),
                "set averaging.best, such as 3",
            ),
        ] {
            if keep == wanted && !is_there {
                return refuse(
                    "training.keep",
                    name.into(),
                    &format!("there is no such mean; {remedy}"),
                );
            }
        }
        Ok(())
    }
}
