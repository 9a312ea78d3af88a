use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
};

use super::fused;

/// The Euclidean norm of all gradients together; they are scaled down to `limit` if it is larger
/// (PyTorch's `clip_grad_norm_`). A limit of 0 only measures.
///
/// Gradients of a loss that was multiplied by `loss_scale` are divided by it, and so is the norm. What is not finite stays so.
pub(crate) fn clip_by_global_norm<M: Module>(
    module: &M,
    gradients: &mut GradientsParams,
    limit: f32,
    loss_scale: f32,
) -> f32 {
    let mut squares = SumOfSquares { gradients, total: 0.0 };
    module.visit(&mut squares);
    let norm = squares.total.sqrt() as f32 / loss_scale;
    let mut factor = 1.0 / loss_scale;
    if limit > 0.0 && norm > limit {
        // PyTorch adds the 1e-6 too.
        factor *= limit / (norm + 1e-6);
    }
    if factor != 1.0 {
        module.visit(&mut Scale { gradients, factor });
    }
    norm
}

/// Of all weights; it is finite if they are.
pub(crate) fn sum_of_squares<M: Module>(module: &M) -> f64 {
    let mut weights = Weights { total: 0.0 };
    module.visit(&mut weights);
    weights.total
}

struct Weights {
    /// The sum of their squares.
    total: f64,
}

impl ModuleVisitor for Weights {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let weight = param.val();
        let plain = if weight.is_autodiff() { weight.inner() } else { weight };
        self.total += fused::sum_of_squares(plain);
    }
}

struct SumOfSquares<'a> {
    gradients: &'a GradientsParams,
    total: f64,
}

impl ModuleVisitor for SumOfSquares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.total += fused::sum_of_squares(gradient);
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
        tensor::Device,
    };

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
            clip_by_global_norm(&module, &mut measured, 0.0, 1.0),
            expected,
            max_relative = 1e-6
        );
        approx::assert_relative_eq!(
            clip_by_global_norm(&module, &mut measured, 1.0, 1.0),
            expected,
            max_relative = 1e-6
        );
        approx::assert_relative_eq!(
            clip_by_global_norm(&module, &mut measured, 0.0, 1.0),
            1.0,
            max_relative = 1e-5
        );
    }

    #[test]
    fn a_scaled_loss_gives_the_same_gradients() {
        let device = Device::flex().autodiff();
        let module = linear([[1.0, 2.0], [3.0, 4.0]], [0.5, -0.5], &device);
        let loss = || (module.weight.val() * 0.37).sin().sum() + module.bias.as_ref().unwrap().val().cos().sum();
        let clipped = |loss: Tensor<1>, limit: f32, scale: f32| {
            let mut gradients = GradientsParams::from_grads(loss.backward(), &module);
            let norm = clip_by_global_norm(&module, &mut gradients, limit, scale);
            let gradient = gradients.get::<2>(module.weight.id).unwrap();
            (norm, gradient.try_into_vec_as::<f32>().unwrap())
        };
        for limit in [0.0, 0.1] {
            // A power of two: not a bit is lost.
            assert_eq!(clipped(loss() * 65_536.0, limit, 65_536.0), clipped(loss(), limit, 1.0));
        }
    }
}
