use serde::{Deserialize, Serialize};

use crate::TrainError;

/// The `[checkpoint]` table: how much work a run that is killed has to do again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckpointConfig {
    /// Steps from one checkpoint to the next; by default one is written after every epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_steps: Option<usize>,
    /// How many stay, at least 2: if one is damaged, there is another.
    pub keep: usize,
}

impl Default for CheckpointConfig {
    fn default() -> Self {
        Self {
            every_steps: None,
            keep: 2,
        }
    }
}

impl CheckpointConfig {
    pub(super) fn check(&self) -> Result<(), TrainError> {
        let refuse = |key, value: usize, reason: &str| {
            Err(TrainError::Setting {
                key,
                value: value.to_string(),
                reason: reason.into(),
            })
        };
        if self.every_steps == Some(0) {
            let reason = "it must be at least 1; leave it out for one after every epoch";
            return refuse("checkpoint.every_steps", 0, reason);
        }
        if self.keep < 2 {
            let reason = "it must be at least 2, so that there is another if one is damaged";
            return refuse("checkpoint.keep", self.keep, reason);
        }
        Ok(())
    }
}
