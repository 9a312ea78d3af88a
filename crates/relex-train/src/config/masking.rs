use serde::{Deserialize, Serialize};

use super::in_range;
use crate::TrainError;

/// The `[masking]` table: which tokens a model has to guess, and what it sees in their places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MaskingConfig {
    /// What is masked whole.
    pub unit: MaskUnit,
    /// Share of a sentence's own tokens that is masked, in the mean over many draws.
    pub share: f64,
    /// Of what is masked, the share in whose place the mask token stands.
    pub mask: f64,
    /// And the share in whose place random tokens stand. The rest stays as it is, and is guessed all the same.
    pub random: f64,
    /// The probability with which each of the two entities is masked as a whole; `entity-span` alone has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_share: Option<f64>,
}

/// What is masked whole or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskUnit {
    /// A token (Devlin et al. 2019, "BERT").
    Token,
    /// A word with all its tokens (the whole-word masking of BERT's later checkpoints; Cui et al. 2021, "Pre-Training with Whole
    /// Word Masking for Chinese BERT"). [`relex_model::TextEncoder::encode_sentence`] says what a word is.
    #[default]
    WholeWord,
    /// Each of the two entities with a probability of its own, then whole words outside of them (as the spans of Joshi et al.
    /// 2020, "SpanBERT", and the blanks of Baldini Soares et al. 2019, "Matching the Blanks").
    EntitySpan,
}

/// `entity_share` where it is not set.
const ENTITY_SHARE: f64 = 0.5;

impl Default for MaskingConfig {
    fn default() -> Self {
        Self {
            unit: MaskUnit::default(),
            share: 0.15,
            mask: 0.8,
            random: 0.1,
            entity_share: None,
        }
    }
}

impl MaskingConfig {
    /// The probability with which each entity is masked as a whole.
    pub fn entity_share(&self) -> f64 {
        match self.unit {
            MaskUnit::EntitySpan => self.entity_share.unwrap_or(ENTITY_SHARE),
            MaskUnit::Token | MaskUnit::WholeWord => 0.0,
        }
    }

    pub(super) fn check(&self) -> Result<(), TrainError> {
        let refuse = |key, value: String, reason: &str| {
            Err(TrainError::Setting {
                key,
                value,
                reason: reason.into(),
            })
        };
        if !(self.share > 0.0 && self.share <= 1.0) {
            let reason = "it must be above 0 and at most 1; 0.15 is usual";
            return refuse("masking.share", self.share.to_string(), reason);
        }
        for (key, share) in [("masking.mask", self.mask), ("masking.random", self.random)] {
            in_range(key, share, 0.0..1.0 + f64::EPSILON)?;
        }
        if self.mask + self.random > 1.0 + 1e-9 {
            let reason = format!(
                "with masking.mask = {} that is more than all; together they must be at most 1",
                self.mask
            );
            return refuse("masking.random", self.random.to_string(), &reason);
        }
        match (self.unit, self.entity_share) {
            (MaskUnit::EntitySpan, Some(share)) if !(0.0..=1.0).contains(&share) => {
                refuse("masking.entity_share", share.to_string(), "it must be from 0 to 1")
            }
            (MaskUnit::Token | MaskUnit::WholeWord, Some(share)) => {
                let reason =
                    "only masking.unit = \"entity-span\" goes by the entities; leave it out, or take that unit";
                refuse("masking.entity_share", share.to_string(), reason)
            }
            _ => Ok(()),
        }
    }
}
