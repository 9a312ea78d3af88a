use serde::{Deserialize, Serialize};

use crate::{ClassWeights, Loss, LossError, SmoothOver};

/// Which loss, and its numbers; the `[loss]` table of a configuration. [`Self::build`] makes a
/// [`Loss`] of it.
///
/// Named weights, margins and shares come from how many training rows each class has. A class
/// without any gets weight 0 and margin 0, for it is nobody's target; logit adjustment refuses it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LossConfig {
    /// See [`cross_entropy`](crate::cross_entropy). With `weights = "effective-number"` it is the class-balanced loss of Cui
    /// et al. 2019.
    CrossEntropy {
        /// ε of label smoothing, in `[0, 1)`; 0 for none.
        #[serde(default)]
        label_smoothing: f32,
        /// Which classes get a share of ε.
        #[serde(default)]
        smooth_over: SmoothOver,
        /// How much each class counts.
        #[serde(default)]
        weights: ClassWeights,
    },
    /// See [`focal`](crate::focal).
    Focal {
        /// γ, at least 0; 0 makes it cross entropy.
        #[serde(default = "two")]
        gamma: f32,
        /// What every α is multiplied by, above 0.
        #[serde(default = "one")]
        alpha: f32,
        /// The classes' α.
        #[serde(default)]
        weights: ClassWeights,
    },
    /// See [`ldam`](crate::ldam), with deferred re-weighting. Needs cosine logits.
    Ldam {
        /// Margin of the rarest class, in `[0, 1]`, as a difference of cosines.
        #[serde(default = "half")]
        max_margin: f32,
        /// Share of all steps after which the weights come in, in `[0, 1]`; 1 for never.
        #[serde(default = "four_fifths")]
        reweight_from: f64,
        /// The weights of that stage.
        #[serde(default = "ClassWeights::effective_number")]
        weights: ClassWeights,
    },
    /// See [`logit_adjusted`](crate::logit_adjusted).
    LogitAdjustment {
        /// τ, at least 0; 0 makes it cross entropy.
        #[serde(default = "one")]
        tau: f32,
    },
    /// See [`r_drop`](crate::r_drop). Every step runs the model twice.
    RDrop {
        /// α, at least 0.
        #[serde(default = "one")]
        alpha: f32,
        /// ε of label smoothing over all classes, in `[0, 1)`; 0 for none.
        #[serde(default)]
        label_smoothing: f32,
    },
    /// A published mistake, reproduced: see [`focal_batch_mean`](crate::focal_batch_mean).
    FocalBatchMean {
        /// γ, at least 0.
        #[serde(default = "two")]
        gamma: f32,
        /// How much each class counts.
        #[serde(default)]
        weights: ClassWeights,
    },
    /// A published mistake, reproduced: [`ldam`](crate::ldam) on the logits of a linear layer, scaled all the
    /// same, and re-weighted from the first step. Raw logits have no unit, so that a model meets
    /// any margin by longer weights; and it learns logits that are right times `scale`, by which
    /// prediction does not multiply.
    LdamUnnormalised {
        /// Margin of the rarest class, in `[0, 1]`.
        #[serde(default = "half")]
        max_margin: f32,
        /// What logits and margins are multiplied by, above 0.
        #[serde(default = "thirty")]
        scale: f32,
        /// How much each class counts.
        #[serde(default = "ClassWeights::effective_number")]
        weights: ClassWeights,
    },
}

fn half() -> f32 {
    0.5
}

fn four_fifths() -> f64 {
    0.8
}

fn one() -> f32 {
    1.0
}

fn two() -> f32 {
    2.0
}

fn thirty() -> f32 {
    30.0
}

impl Default for LossConfig {
    fn default() -> Self {
        Self::CrossEntropy {
            label_smoothing: 0.0,
            smooth_over: SmoothOver::default(),
            weights: ClassWeights::default(),
        }
    }
}

impl LossConfig {
    /// Checks what can be checked without knowing the training rows.
    ///
    /// # Errors
    ///
    /// When a number is outside its range.
    pub fn check(&self) -> Result<(), LossError> {
        match self {
            Self::CrossEntropy {
                label_smoothing,
                smooth_over: _,
                weights,
            } => share("label_smoothing", *label_smoothing).and(weights.check()),
            Self::Focal { gamma, alpha, weights } => at_least_0("gamma", *gamma)
                .and(above_0("alpha", *alpha))
                .and(weights.check()),
            Self::Ldam {
                max_margin,
                reweight_from,
                weights,
            } => unit("max_margin", *max_margin)
                .and(unit("reweight_from", *reweight_from as f32))
                .and(weights.check()),
            Self::LogitAdjustment { tau } => at_least_0("tau", *tau),
            Self::RDrop { alpha, label_smoothing } => {
                at_least_0("alpha", *alpha).and(share("label_smoothing", *label_smoothing))
            }
            Self::FocalBatchMean { gamma, weights } => at_least_0("gamma", *gamma).and(weights.check()),
            Self::LdamUnnormalised {
                max_margin,
                scale,
                weights,
            } => unit("max_margin", *max_margin)
                .and(above_0("scale", *scale))
                .and(weights.check()),
        }
    }

    /// The loss for training rows of which so many are of each class.
    ///
    /// `cosine_scale` says what the logits will be: `Some(s)` for a cosine classifier's, `s` times a
    /// cosine; `None` for a linear layer's.
    ///
    /// # Errors
    ///
    /// When a number is outside its range, a list of weights has not one for each class, there are
    /// fewer than two classes, logit adjustment finds a class without rows, or LDAM is to act on the logits of a
    /// linear layer.
    pub fn build(&self, class_counts: &[usize], cosine_scale: Option<f32>) -> Result<Loss, LossError> {
        self.check()?;
        if class_counts.len() < 2 {
            return Err(LossError::TooFewClasses {
                classes: class_counts.len(),
            });
        }
        Loss::new(self, class_counts, cosine_scale)
    }

    /// Whether the loss of a batch is a mean over its rows, weighted or not, so that a batch may go through the model in
    /// portions (see [`Loss::weight`]). The exception makes one factor for all rows from their mean.
    pub fn is_mean_over_rows(&self) -> bool {
        !matches!(self, Self::FocalBatchMean { .. })
    }

    /// Whether the loss depends on how many training rows each class has.
    pub fn depends_on_counts(&self) -> bool {
        match self {
            Self::CrossEntropy { weights, .. } | Self::Focal { weights, .. } | Self::FocalBatchMean { weights, .. } => {
                !matches!(weights, ClassWeights::None | ClassWeights::List(_))
            }
            Self::Ldam { .. } | Self::LdamUnnormalised { .. } | Self::LogitAdjustment { .. } => true,
            Self::RDrop { .. } => false,
        }
    }
}

fn share(name: &'static str, value: f32) -> Result<(), LossError> {
    within(name, value, (0.0..1.0).contains(&value), "[0, 1)")
}

fn unit(name: &'static str, value: f32) -> Result<(), LossError> {
    within(name, value, (0.0..=1.0).contains(&value), "[0, 1]")
}

fn at_least_0(name: &'static str, value: f32) -> Result<(), LossError> {
    within(name, value, value >= 0.0 && value.is_finite(), "[0, infinity)")
}

fn above_0(name: &'static str, value: f32) -> Result<(), LossError> {
    within(name, value, value > 0.0 && value.is_finite(), "(0, infinity)")
}

fn within(name: &'static str, value: f32, is_within: bool, range: &'static str) -> Result<(), LossError> {
    if is_within {
        Ok(())
    } else {
        Err(LossError::OutOfRange { name, value, range })
    }
}
