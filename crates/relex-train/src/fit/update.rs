//! What becomes of a step's loss and gradients, whatever is trained.

use burn::{module::Module, optim::GradientsParams};
use relex_model::Precision;

use super::TrainingState;
use crate::{
    OptimizerConfig, TrainError,
    loss_scale::LossScale,
    optimizer::{clip_by_global_norm, sum_of_squares},
};

/// The numbers of an update that was made, or left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Update {
    pub(crate) gradient_norm: f32,
    pub(crate) learning_rate: f64,
    /// What the loss was multiplied by, under `fp16` alone.
    pub(crate) loss_scale: Option<f32>,
    pub(crate) skipped: bool,
}

/// A number that training cannot go on with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fault {
    pub(crate) what: &'static str,
    pub(crate) value: f32,
}

impl<M: Module> TrainingState<M> {
    /// What the next step's loss is to be multiplied by.
    pub(crate) fn loss_scale(&self, precision: Precision) -> LossScale {
        self.progress.loss_scale.unwrap_or(LossScale::new(precision))
    }

    /// Clips the gradients and makes the update that they ask for, at the schedule's share `factor` of the rates. Under `fp16` an
    /// overflow leaves the weights as they are and lowers the scale instead, as long as it can be lowered.
    pub(crate) fn update(
        &mut self,
        model: M,
        loss: f32,
        mut gradients: GradientsParams,
        precision: Precision,
        optimizer: &OptimizerConfig,
        factor: f64,
    ) -> Result<(M, Update), Fault> {
        let mut scale = self.loss_scale(precision);
        let is_scaled = precision == Precision::Fp16;
        let loss_scale = is_scaled.then_some(scale.factor());
        let limit = optimizer.max_gradient_norm;
        let gradient_norm = clip_by_global_norm(&model, &mut gradients, limit, scale.factor());
        let learning_rate = optimizer.rate(self.progress.step, factor);
        let fault = [("loss", loss), ("gradient norm", gradient_norm)]
            .into_iter()
            .find(|(_, value)| !value.is_finite());
        let model = match fault {
            None => {
                scale.updated();
                self.optimizer.step(learning_rate, model, gradients)
            }
            Some((what, value)) => {
                if !scale.overflowed() {
                    return Err(Fault { what, value });
                }
                model
            }
        };
        let progress = &mut self.progress;
        progress.loss_scale = is_scaled.then_some(scale);
        progress.step += 1;
        progress.batch += 1;
        progress.reports += 1;
        let update = Update {
            gradient_norm,
            learning_rate,
            loss_scale,
            skipped: fault.is_some(),
        };
        Ok((model, update))
    }
}

/// Finds a weight that is not a number, or infinite: an update can overflow where loss and gradients did not.
pub(crate) fn check_weights<M: Module>(model: &M) -> Result<(), Fault> {
    let total = sum_of_squares(model);
    if total.is_finite() {
        return Ok(());
    }
    Err(Fault {
        what: "sum of the squared weights",
        value: total as f32,
    })
}

impl Fault {
    /// What was found in scoring after so many steps, where the error says that a number was not finite; any other error stays as it
    /// is, and so does one that no step can have caused.
    pub(crate) fn in_scoring(error: TrainError, step: usize) -> Result<Self, TrainError> {
        match error {
            TrainError::Prediction { value, .. } if step > 0 => Ok(Self {
                what: "score of a held-out row",
                value,
            }),
            error => Err(error),
        }
    }
}
