use burn::{
    optim::{AdaptiveMomentumState, LearningRate, Optimizer},
    tensor::{Device, Tensor},
};

use super::fused;
use crate::OptimizerConfig;

/// AdamW (Loshchilov & Hutter 2019, algorithm 2) in PyTorch's order of operations. On the CPU one
/// pass over the numbers does what would be a dozen.
#[derive(Debug, Clone)]
pub(super) struct AdamW {
    config: OptimizerConfig,
    weight_decay: f32,
}

/// The numbers of one update that are the same for every element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Update {
    pub(super) beta_1: f32,
    pub(super) beta_2: f32,
    pub(super) epsilon: f32,
    /// What weights are multiplied by first.
    pub(super) decay: f32,
    /// Learning rate over the first moment's bias correction.
    pub(super) step_size: f32,
    /// One over the root of the second moment's bias correction.
    pub(super) second_correction: f32,
}

impl AdamW {
    pub(super) fn new(config: &OptimizerConfig, weight_decay: f32) -> Self {
        Self {
            config: config.clone(),
            weight_decay,
        }
    }

    fn update(&self, learning_rate: f64, time: usize) -> Update {
        let OptimizerConfig {
            beta_1,
            beta_2,
            epsilon,
            ..
        } = self.config;
        let correction = |beta: f32| 1.0 - f64::from(beta).powi(time as i32);
        Update {
            beta_1,
            beta_2,
            epsilon,
            decay: (1.0 - learning_rate * f64::from(self.weight_decay)) as f32,
            step_size: (learning_rate / correction(beta_1)) as f32,
            second_correction: (1.0 / correction(beta_2).sqrt()) as f32,
        }
    }
}

impl Optimizer for AdamW {
    type State<const D: usize> = AdaptiveMomentumState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let state = state.unwrap_or_else(|| AdaptiveMomentumState {
            time: 0,
            moment_1: gradient.zeros_like(),
            moment_2: gradient.zeros_like(),
            max_moment_2: None,
        });
        let time = state.time + 1;
        let update = self.update(learning_rate, time);
        let (tensor, moment_1, moment_2) = if fused::applies_to(&tensor) {
            fused::adamw(tensor, gradient, state.moment_1, state.moment_2, update)
        } else {
            composed(tensor, gradient, state.moment_1, state.moment_2, update)
        };
        (
            tensor,
            Some(AdaptiveMomentumState {
                time,
                moment_1,
                moment_2,
                max_moment_2: None,
            }),
        )
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.to_device(device)
    }
}

/// The same update made of Burn's operations.
fn composed<const D: usize>(
    tensor: Tensor<D>,
    gradient: Tensor<D>,
    moment_1: Tensor<D>,
    moment_2: Tensor<D>,
    update: Update,
) -> (Tensor<D>, Tensor<D>, Tensor<D>) {
    let moment_1 = moment_1.mul_scalar(update.beta_1) + gradient.clone().mul_scalar(1.0 - update.beta_1);
    let moment_2 = moment_2.mul_scalar(update.beta_2) + gradient.square().mul_scalar(1.0 - update.beta_2);
    let denominator = moment_2
        .clone()
        .sqrt()
        .mul_scalar(update.second_correction)
        .add_scalar(update.epsilon);
    let change = moment_1.clone().mul_scalar(update.step_size) / denominator;
    (tensor.mul_scalar(update.decay) - change, moment_1, moment_2)
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;

    #[test]
    fn fused_equals_composed() {
        let device = Device::flex();
        let values = |salt: f32| -> Vec<f32> { (0..40_000).map(|i| ((i as f32 + salt) * 0.37).sin()).collect() };
        let tensor = |salt| Tensor::<2>::from_data(TensorData::new(values(salt), [200, 200]), &device);
        let config = OptimizerConfig::default();
        let update = AdamW::new(&config, 0.01).update(1e-2, 3);
        let run =
            |f: &dyn Fn(Tensor<2>, Tensor<2>, Tensor<2>, Tensor<2>, Update) -> (Tensor<2>, Tensor<2>, Tensor<2>)| {
                let (a, b, c) = f(tensor(0.0), tensor(1.0), tensor(2.0), tensor(3.0).abs(), update);
                [a, b, c].map(|tensor| tensor.into_data().try_to_vec::<f32>().unwrap())
            };
        for (fused, composed) in run(&fused::adamw).iter().zip(&run(&composed)) {
            for (a, e) in fused.iter().zip(composed) {
                approx::assert_abs_diff_eq!(a, e, epsilon = 1e-6);
            }
        }
    }
}
