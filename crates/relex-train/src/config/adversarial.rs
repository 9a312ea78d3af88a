use serde::{Deserialize, Serialize};

use crate::TrainError;

/// The `[adversarial]` table: whether steps are taken against an adversary that moves weights a little, each time in the
/// direction in which the loss rises most. A step then takes two passes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum AdversarialConfig {
    /// No adversary. (Braces, so that keys of other kinds are refused.)
    None {},
    /// The fast gradient method (Miyato et al. 2017, *Adversarial Training Methods for Semi-Supervised Text Classification*,
    /// eq. 5) on the table of word embeddings. The step follows the sum of the gradients with and without it.
    Fgm {
        /// Length of the move, ε.
        #[serde(default = "one")]
        epsilon: f32,
        /// Share of all steps after which it begins, in `[0, 1]`.
        #[serde(default)]
        from: f64,
    },
    /// Adversarial weight perturbation (Wu et al. 2020, *Adversarial Weight Perturbation Helps Robust Generalization*, eqs. 8
    /// and 10) on every matrix. The step follows the gradient at the moved weights alone.
    Awp {
        /// Length of a matrix's move as a share of the matrix's own norm, γ.
        #[serde(default = "hundredth")]
        epsilon: f32,
        /// Share of all steps after which it begins, in `[0, 1]`.
        #[serde(default)]
        from: f64,
    },
}

fn one() -> f32 {
    1.0
}

fn hundredth() -> f32 {
    0.01
}

impl Default for AdversarialConfig {
    fn default() -> Self {
        Self::None {}
    }
}

impl AdversarialConfig {
    pub(super) fn check(&self) -> Result<(), TrainError> {
        let (Self::Fgm { epsilon, from } | Self::Awp { epsilon, from }) = *self else {
            return Ok(());
        };
        let refuse = |key, value: String, reason: &str| {
            Err(TrainError::Setting {
                key,
                value,
                reason: reason.into(),
            })
        };
        if !(epsilon > 0.0 && epsilon.is_finite()) {
            let reason = "it must be above 0; kind = \"none\" leaves the adversary out";
            return refuse("adversarial.epsilon", epsilon.to_string(), reason);
        }
        if !(0.0..=1.0).contains(&from) {
            return refuse(
                "adversarial.from",
                from.to_string(),
                "it is a share of all steps, 0 to 1",
            );
        }
        Ok(())
    }

    /// Whether the adversary acts once this share of all steps lies behind.
    pub(crate) fn acts_at(&self, share: f64) -> bool {
        match self {
            Self::None {} => false,
            Self::Fgm { from, .. } | Self::Awp { from, .. } => share >= *from,
        }
    }
}
