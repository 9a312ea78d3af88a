use burn::tensor::{Int, Tensor};

use crate::{
    LabelSmoothing, LossConfig, LossError, SmoothOver, cross_entropy, focal, focal_batch_mean, ldam, ldam_margins,
    logit_adjusted, r_drop,
};

/// A loss that is ready for a run: made by [`LossConfig::build`], the same for all its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss(Kind);

/// The numbers of each loss, worked out. Weights are one number a class.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    CrossEntropy {
        smoothing: LabelSmoothing,
        weights: Option<Vec<f32>>,
    },
    Focal {
        gamma: f32,
        alpha: Option<Vec<f32>>,
    },
    Ldam {
        margins: Vec<f32>,
        scale: f32,
        reweight_from: f64,
        weights: Option<Vec<f32>>,
    },
    LogitAdjustment {
        class_counts: Vec<usize>,
        tau: f32,
    },
    RDrop {
        alpha: f32,
        smoothing: LabelSmoothing,
    },
    FocalBatchMean {
        gamma: f32,
        weights: Option<Vec<f32>>,
    },
}

impl Loss {
    pub(crate) fn new(
        config: &LossConfig,
        class_counts: &[usize],
        cosine_scale: Option<f32>,
    ) -> Result<Self, LossError> {
        Ok(Self(match config {
            &LossConfig::CrossEntropy {
                label_smoothing: epsilon,
                smooth_over: over,
                ref weights,
            } => Kind::CrossEntropy {
                smoothing: LabelSmoothing { epsilon, over },
                weights: weights.resolve(class_counts)?,
            },
            LossConfig::Focal { gamma, alpha, weights } => Kind::Focal {
                gamma: *gamma,
                alpha: scaled(weights.resolve(class_counts)?, *alpha, class_counts.len()),
            },
            LossConfig::Ldam {
                max_margin,
                reweight_from,
                weights,
            } => Kind::Ldam {
                // The logits are `s · cosine` already, so that the margins are brought to them.
                margins: ldam_margins(class_counts, max_margin * cosine_scale.ok_or(LossError::NotCosines)?),
                scale: 1.0,
                reweight_from: *reweight_from,
                weights: weights.resolve(class_counts)?,
            },
            LossConfig::LdamUnnormalised {
                max_margin,
                scale,
                weights,
            } => Kind::Ldam {
                margins: ldam_margins(class_counts, *max_margin),
                scale: *scale,
                reweight_from: 0.0,
                weights: weights.resolve(class_counts)?,
            },
            LossConfig::LogitAdjustment { tau } => {
                if let Some(class) = class_counts.iter().position(|&count| count == 0 && *tau > 0.0) {
                    return Err(LossError::EmptyClass { class });
                }
                Kind::LogitAdjustment {
                    class_counts: class_counts.to_vec(),
                    tau: *tau,
                }
            }
            LossConfig::RDrop { alpha, label_smoothing } => Kind::RDrop {
                alpha: *alpha,
                smoothing: LabelSmoothing {
                    epsilon: *label_smoothing,
                    over: SmoothOver::AllClasses,
                },
            },
            LossConfig::FocalBatchMean { gamma, weights } => Kind::FocalBatchMean {
                gamma: *gamma,
                weights: weights.resolve(class_counts)?,
            },
        }))
    }

    /// The loss of a batch, one number.
    ///
    /// `logits` runs the model on the batch and gives `[batch, classes]`; it is called once, by
    /// R-Drop twice, and each time with dropout of its own. `targets` is `[batch]` of class indices. `progress` is the
    /// share of all training steps that lie behind, from 0 to 1; deferred re-weighting goes by it.
    pub fn value(&self, mut logits: impl FnMut() -> Tensor<2>, targets: Tensor<1, Int>, progress: f64) -> Tensor<1> {
        match &self.0 {
            Kind::CrossEntropy { smoothing, weights } => {
                cross_entropy(logits(), targets, weights.as_deref(), *smoothing)
            }
            Kind::Focal { gamma, alpha } => focal(logits(), targets, *gamma, alpha.as_deref()),
            Kind::Ldam {
                margins,
                scale,
                reweight_from,
                weights,
            } => {
                let weights = weights.as_deref().filter(|_| progress >= *reweight_from);
                ldam(logits(), targets, margins, *scale, weights)
            }
            Kind::LogitAdjustment { class_counts, tau } => logit_adjusted(logits(), targets, class_counts, *tau),
            Kind::RDrop { alpha, smoothing } => {
                let first = logits();
                r_drop(first, logits(), targets, *alpha, *smoothing)
            }
            Kind::FocalBatchMean { gamma, weights } => focal_batch_mean(logits(), targets, *gamma, weights.as_deref()),
        }
    }
}

impl Loss {
    /// What [`Self::value`] for rows with these labels is divided by: with class weights their sum, otherwise the number of rows.
    ///
    /// The loss of a batch that goes through the model in portions is the mean of theirs, weighted by this. It holds for every
    /// loss that is a mean over rows, see [`LossConfig::is_mean_over_rows`]. `progress` is as for [`Self::value`].
    pub fn weight(&self, labels: &[usize], progress: f64) -> f64 {
        let weights = match &self.0 {
            Kind::CrossEntropy { weights, .. } => weights.as_deref(),
            Kind::Ldam {
                weights, reweight_from, ..
            } => weights.as_deref().filter(|_| progress >= *reweight_from),
            Kind::Focal { .. } | Kind::LogitAdjustment { .. } | Kind::RDrop { .. } | Kind::FocalBatchMean { .. } => {
                None
            }
        };
        match weights {
            None => labels.len() as f64,
            Some(weights) => labels.iter().map(|&label| f64::from(weights[label])).sum(),
        }
    }
}

fn scaled(weights: Option<Vec<f32>>, factor: f32, classes: usize) -> Option<Vec<f32>> {
    match weights {
        None if factor == 1.0 => None,
        None => Some(vec![factor; classes]),
        Some(weights) => Some(weights.into_iter().map(|weight| weight * factor).collect()),
    }
}
