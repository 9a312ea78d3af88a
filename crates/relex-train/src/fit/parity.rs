//! The same steps on two devices, to see whether they agree.

use std::collections::BTreeMap;

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor},
};
use relex_model::{Classifier, Pass, Precision};
use serde::Serialize;

use super::{FitInput, epoch_batches, gradients::Portion};
use crate::{
    TrainError,
    loss_scale::LossScale,
    optimizer::{Optimizer, clip_by_global_norm},
};

/// How far a step on a device is from the same step on the device of reference; pairs are that one first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ParityStep {
    /// From 1.
    pub step: usize,
    /// Mean losses over the batch.
    pub loss: [f32; 2],
    /// The largest difference of two logits, as a share of the largest logit of reference.
    pub logits: f64,
    /// Norms of all gradients.
    pub gradient_norm: [f32; 2],
    /// The norm of the gradients' difference, as a share of the norm of reference.
    pub gradients: f64,
}

/// Trains two copies of a classifier for a few steps of the configuration without dropout, whose masks no two devices share:
/// one in `f32` where it is, on the device of `input`, the other in the configuration's precision on `device`. The first step
/// compares the devices alone, later ones also what became of their differences. With `fp16` the loss is scaled as in
/// training, and a step that overflows is taken again.
///
/// # Errors
///
/// [`TrainError::Device`] when a device does not hand its numbers over.
pub fn parity(
    classifier: &Classifier,
    input: &FitInput<'_>,
    device: &Device,
    steps: usize,
) -> Result<Vec<ParityStep>, TrainError> {
    let precision = input.config.values().training.precision;
    let batches = epoch_batches(input, 1);
    let other = classifier.clone().fork(device);
    let mut sides = [
        Side::new(classifier.clone(), input, input.device, Precision::F32),
        Side::new(other, input, device, precision),
    ];
    let mut found = Vec::new();
    for (step, rows) in batches.iter().cycle().take(steps).enumerate() {
        let [reference, other] = &mut sides;
        let reference = reference.step(input, rows, step, steps)?;
        let other = other.step(input, rows, step, steps)?;
        found.push(ParityStep {
            step: step + 1,
            loss: [reference.loss, other.loss],
            logits: largest_difference(&reference.logits, &other.logits),
            gradient_norm: [reference.norm, other.norm],
            gradients: difference(&reference.gradients, &other.gradients),
        });
    }
    Ok(found)
}

/// A copy of the classifier on its device.
struct Side {
    classifier: Classifier,
    optimizer: Optimizer,
    device: Device,
    scale: LossScale,
}

/// What a step computed, on the host.
struct Computed {
    loss: f32,
    logits: Vec<f32>,
    norm: f32,
    gradients: BTreeMap<String, Vec<f32>>,
}

impl Side {
    fn new(classifier: Classifier, input: &FitInput<'_>, device: &Device, precision: Precision) -> Self {
        Self {
            optimizer: Optimizer::new(&input.config.values().optimizer, &classifier),
            classifier: classifier.with_precision(precision),
            device: device.clone(),
            scale: LossScale::new(precision),
        }
    }

    /// One update of `steps`, after `step` others.
    fn step(
        &mut self,
        input: &FitInput<'_>,
        rows: &[usize],
        step: usize,
        steps: usize,
    ) -> Result<Computed, TrainError> {
        let values = input.config.values();
        let here = FitInput {
            device: &self.device,
            more_devices: &[],
            ..*input
        };
        // All rows at once: portions would only add rounding of their own.
        let portion = Portion::new(&here, 0, rows);
        let share = step as f64 / steps as f64;
        loop {
            let mut logits = None;
            let forward = || {
                let computed = self.classifier.forward(portion.batch.clone(), &mut Pass::Inference);
                logits = Some(computed.clone());
                computed
            };
            let value = input.loss.value(forward, portion.targets.clone(), share);
            let loss: f32 = value.clone().into_scalar();
            let backward = self.scale.apply(value).backward();
            let mut gradients = GradientsParams::from_grads(backward, &self.classifier);
            let factor = self.scale.factor();
            let norm = clip_by_global_norm(&self.classifier, &mut gradients, 0.0, factor);
            if !norm.is_finite() && self.scale.overflowed() {
                continue;
            }
            let computed = Computed {
                loss,
                logits: logits.map_or(Ok(Vec::new()), to_host)?,
                norm,
                gradients: to_paths(&self.classifier, &gradients)?,
            };
            clip_by_global_norm(
                &self.classifier,
                &mut gradients,
                values.optimizer.max_gradient_norm,
                1.0,
            );
            // Without a schedule: a warm-up's first rates would hide everything.
            let rate = values.optimizer.rate(step, 1.0);
            self.classifier = self.optimizer.step(rate, self.classifier.clone(), gradients);
            return Ok(computed);
        }
    }
}

fn to_host<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, TrainError> {
    tensor.try_into_vec_as().map_err(TrainError::of_device)
}

/// Gradients by the paths of their parameters.
fn to_paths(classifier: &Classifier, gradients: &GradientsParams) -> Result<BTreeMap<String, Vec<f32>>, TrainError> {
    let mut visitor = Paths {
        gradients,
        at: Vec::new(),
        found: BTreeMap::new(),
        failed: None,
    };
    classifier.visit(&mut visitor);
    visitor.failed.map_or(Ok(visitor.found), Err)
}

struct Paths<'a> {
    gradients: &'a GradientsParams,
    at: Vec<String>,
    found: BTreeMap<String, Vec<f32>>,
    failed: Option<TrainError>,
}

impl ModuleVisitor for Paths<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.at.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            match to_host(gradient) {
                Ok(values) => {
                    self.found.insert(self.at.join("."), values);
                }
                Err(error) => self.failed = Some(error),
            }
        }
    }
}

/// As a share of the largest value of reference; infinite where a number is not finite or one side has more of them.
fn largest_difference(reference: &[f32], other: &[f32]) -> f64 {
    let pairs = || reference.iter().zip(other).map(|(&r, &o)| [f64::from(r), f64::from(o)]);
    let largest = pairs().fold(0.0, |most: f64, [r, _]| most.max(r.abs()));
    let apart = pairs().map(|[r, o]| (r - o).abs());
    if reference.len() != other.len() || apart.clone().any(|difference| !difference.is_finite()) {
        return f64::INFINITY;
    }
    apart.fold(0.0, f64::max) / largest.max(f64::MIN_POSITIVE)
}

/// The norm of the difference as a share of the norm of reference; infinite where the sides have different parameters.
fn difference(reference: &BTreeMap<String, Vec<f32>>, other: &BTreeMap<String, Vec<f32>>) -> f64 {
    let mut apart = 0.0;
    let mut whole = 0.0;
    for (path, values) in reference {
        let Some(others) = other.get(path).filter(|others| others.len() == values.len()) else {
            return f64::INFINITY;
        };
        for (&r, &o) in values.iter().zip(others) {
            apart += (f64::from(r) - f64::from(o)).powi(2);
            whole += f64::from(r).powi(2);
        }
    }
    let share = (apart / whole.max(f64::MIN_POSITIVE)).sqrt();
    if reference.len() == other.len() && share.is_finite() {
        share
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_shares_of_the_reference() {
        assert_eq!(largest_difference(&[1.0, -4.0], &[1.5, -4.0]), 0.5 / 4.0);
        assert_eq!(largest_difference(&[1.0], &[f32::NAN]), f64::INFINITY);
        assert_eq!(largest_difference(&[1.0], &[]), f64::INFINITY);
        let of = |values: &[f32]| BTreeMap::from([("weight".to_owned(), values.to_vec())]);
        // √(3² + 4²) / √(6² + 8²)
        assert_eq!(difference(&of(&[6.0, 8.0]), &of(&[9.0, 12.0])), 0.5);
        assert_eq!(difference(&of(&[6.0, 8.0]), &of(&[6.0, f32::INFINITY])), f64::INFINITY);
        assert_eq!(difference(&of(&[6.0]), &BTreeMap::new()), f64::INFINITY);
        assert_eq!(difference(&BTreeMap::new(), &of(&[6.0])), f64::INFINITY);
    }
}
