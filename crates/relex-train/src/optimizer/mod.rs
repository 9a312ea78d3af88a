//! The optimiser, its parameter groups, and clipping by the global norm.

mod adamw;
mod fused;

use burn::{
    module::{Module, ModuleVisitor, Param, ParamGroup},
    optim::{GradientsParams, ModuleOptimizer},
    tensor::Tensor,
};

use adamw::AdamW;

use crate::{OptimizerConfig, TrainError};

/// AdamW over a whole module; biases and norms do not decay, as is usual for BERT.
///
/// # Errors
///
/// Never for the patterns built in; the signature follows Burn's.
pub(crate) fn adamw(config: &OptimizerConfig) -> Result<ModuleOptimizer, TrainError> {
    let without_decay = ParamGroup::from_regex(r"(^|\.)(bias|gamma|beta)$").map_err(|error| TrainError::Setting {
        key: "optimizer",
        value: "adamw".into(),
        reason: format!("{error:?}"),
    })?;
    Ok(
        ModuleOptimizer::from(AdamW::new(config, config.weight_decay)).with_group(
            without_decay,
            AdamW::new(config, 0.0),
            None,
        ),
    )
}

/// The Euclidean norm of all gradients together; they are scaled down to `limit` if it is larger
/// (PyTorch's `clip_grad_norm_`). A limit of 0 only measures.
pub(crate) fn clip_by_global_norm<M: Module>(module: &M, gradients: &mut GradientsParams, limit: f32) -> f32 {
    let mut squares = SumOfSquares { gradients, total: 0.0 };
    module.visit(&mut squares);
    let norm = squares.total.sqrt() as f32;
    if limit > 0.0 && norm > limit {
        // PyTorch adds the 1e-6 too.
        module.visit(&mut Scale {
            gradients,
            factor: limit / (norm + 1e-6),
        });
    }
    norm
}

struct SumOfSquares<'a> {
    gradients: &'a GradientsParams,
    total: f64,
}

impl ModuleVisitor for SumOfSquares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.total += if fused::applies_to(&gradient) {
                fused::sum_of_squares(gradient)
            } else {
                f64::from(gradient.square().sum().into_scalar::<f32>())
            };
        }
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    factor: f32,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            let scaled = if fused::applies_to(&gradient) {
                fused::scale(gradient, self.factor)
            } else {
                gradient.mul_scalar(self.factor)
            };
            self.gradients.register(param.id, scaled);
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::{
        nn::{Linear, LinearConfig},
        tensor::{Device, TensorData},
    };
    use safetensors::SafeTensors;

    use super::*;

    fn linear(weight: [[f32; 2]; 2], bias: [f32; 2], device: &Device) -> Linear {
        let mut linear = LinearConfig::new(2, 2).init(device);
        linear.weight = linear
            .weight
            .map(|_| Tensor::from_floats(weight, device).require_grad());
        linear.bias = linear
            .bias
            .map(|bias_param| bias_param.map(|_| Tensor::from_floats(bias, device).require_grad()));
        linear
    }

    #[test]
    fn the_norm_is_over_all_parameters_together() {
        let device = Device::flex().autodiff();
        let module = linear([[1.0, 2.0], [3.0, 4.0]], [0.0, 0.0], &device);
        let loss =
            (module.weight.val().mul_scalar(2.0)).sum() + module.bias.as_ref().unwrap().val().mul_scalar(3.0).sum();
        let gradients = || GradientsParams::from_grads(loss.backward(), &module);
        // four elements of 2, two of 3
        let expected = (4.0 * 4.0 + 2.0 * 9.0f32).sqrt();
        let mut measured = gradients();
        approx::assert_relative_eq!(
            clip_by_global_norm(&module, &mut measured, 0.0),
            expected,
            max_relative = 1e-6
        );
        approx::assert_relative_eq!(
            clip_by_global_norm(&module, &mut measured, 1.0),
            expected,
            max_relative = 1e-6
        );
        approx::assert_relative_eq!(
            clip_by_global_norm(&module, &mut measured, 0.0),
            1.0,
            max_relative = 1e-5
        );
    }

    /// PyTorch's AdamW, ten updates, against the fixture: `weight` decays, `bias` in the fixture
    /// does too, so the same optimiser without groups is compared.
    #[test]
    fn updates_equal_pytorch() {
        let bytes = include_bytes!("../../tests/fixtures/adamw.safetensors");
        let file = SafeTensors::deserialize(bytes).unwrap();
        let device = Device::flex().autodiff();
        let read = |name: &str| {
            let view = file.tensor(name).unwrap();
            let values: Vec<f32> = view
                .data()
                .as_chunks()
                .0
                .iter()
                .map(|&b| f32::from_le_bytes(b))
                .collect();
            Tensor::<2>::from_data(TensorData::new(values, view.shape().to_vec()), &device)
        };
        let mut module = LinearConfig::new(6, 5).with_bias(false).init(&device);
        module.weight = module.weight.map(|_| read("start.weight").require_grad());
        let config = OptimizerConfig {
            weight_decay: 0.01,
            ..OptimizerConfig::default()
        };
        let mut optimizer = adamw(&config).unwrap();
        for step in 0..10 {
            let mut gradients = GradientsParams::new();
            gradients.register(module.weight.id, read(&format!("gradient.{step}.weight")).inner());
            module = optimizer.step(2e-2, module, gradients);
            let actual: Vec<f32> = module.weight.val().into_data().try_to_vec().unwrap();
            let expected: Vec<f32> = read(&format!("adamw.{step}.weight")).into_data().try_to_vec().unwrap();
            for (a, e) in actual.iter().zip(&expected) {
                approx::assert_abs_diff_eq!(*a, *e, epsilon = 2e-6);
            }
        }
    }

    #[test]
    fn biases_do_not_decay() {
        let device = Device::flex().autodiff();
        let module = linear([[1.0; 2]; 2], [1.0; 2], &device);
        let config = OptimizerConfig {
            weight_decay: 0.5,
            ..OptimizerConfig::default()
        };
        let mut gradients = GradientsParams::new();
        gradients.register(module.weight.id, Tensor::<2>::zeros([2, 2], &Device::flex()));
        gradients.register(
            module.bias.as_ref().unwrap().id,
            Tensor::<1>::zeros([2], &Device::flex()),
        );
        let module = adamw(&config).unwrap().step(0.1, module, gradients);
        let weight: Vec<f32> = module.weight.val().into_data().try_to_vec().unwrap();
        let bias: Vec<f32> = module.bias.unwrap().val().into_data().try_to_vec().unwrap();
        approx::assert_relative_eq!(weight[0], 1.0 - 0.1 * 0.5, max_relative = 1e-6);
        assert_eq!(bias, [1.0, 1.0]);
    }
}
