use burn::tensor::Tensor;

use super::{Memory, Rule, Treatment, fused};

const MOMENT_1: &str = "moment_1";
const MOMENT_2: &str = "moment_2";

/// AdamW (Loshchilov & Hutter 2019, algorithm 2) in PyTorch's order of operations. On the CPU one
/// pass over the numbers does what would be a dozen.
#[derive(Debug, Clone, Copy)]
pub(super) struct AdamW {
    pub(super) beta_1: f32,
    pub(super) beta_2: f32,
    pub(super) epsilon: f32,
    pub(super) treatment: Treatment,
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
    fn update(&self, learning_rate: f64, time: usize) -> Update {
        let Self {
            beta_1,
            beta_2,
            epsilon,
            treatment,
        } = *self;
        let learning_rate = learning_rate * treatment.rate;
        let correction = |beta: f32| 1.0 - f64::from(beta).powi(time as i32);
        Update {
            beta_1,
            beta_2,
            epsilon,
            decay: (1.0 - learning_rate * f64::from(treatment.decay)) as f32,
            step_size: (learning_rate / correction(beta_1)) as f32,
            second_correction: (1.0 / correction(beta_2).sqrt()) as f32,
        }
    }
}

impl Rule for AdamW {
    fn remembers<const D: usize>(&self, shape: [usize; D]) -> Vec<(&'static str, [usize; D])> {
        vec![(MOMENT_1, shape), (MOMENT_2, shape)]
    }

    fn step<const D: usize>(
        &self,
        learning_rate: f64,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        memory: &mut Memory,
    ) -> Tensor<D> {
        memory.updates += 1;
        let update = self.update(learning_rate, memory.updates);
        let (moment_1, moment_2) = (memory.take(MOMENT_1), memory.take(MOMENT_2));
        let (tensor, moment_1, moment_2) = if fused::applies_to(&tensor) {
            fused::adamw(tensor, gradient, moment_1, moment_2, update)
        } else {
            composed(tensor, gradient, moment_1, moment_2, update)
        };
        memory.put(MOMENT_1, moment_1);
        memory.put(MOMENT_2, moment_2);
        tensor
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
    use super::*;
    use crate::optimizer::tests::{assert_close, waves};

    #[test]
    fn fused_equals_composed() {
        let rule = AdamW {
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            treatment: Treatment { rate: 1.0, decay: 0.01 },
        };
        let update = rule.update(1e-2, 3);
        let fused = fused::adamw(waves(0.0), waves(1.0), waves(2.0), waves(3.0).abs(), update);
        let composed = composed(waves(0.0), waves(1.0), waves(2.0), waves(3.0).abs(), update);
        assert_close(fused.0, composed.0);
        assert_close(fused.1, composed.1);
        assert_close(fused.2, composed.2);
    }
}
