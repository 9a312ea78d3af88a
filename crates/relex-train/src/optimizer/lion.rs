use burn::tensor::Tensor;

use super::{Memory, Rule, Treatment, fused};

const MOMENT: &str = "moment";

/// Lion (Chen et al. 2023, algorithm 2): steps of one size in the direction of a running mean's signs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lion {
    pub(super) beta_1: f32,
    pub(super) beta_2: f32,
    pub(super) treatment: Treatment,
}

/// The numbers of one update that are the same for every element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Update {
    pub(super) beta_1: f32,
    pub(super) beta_2: f32,
    /// What weights are multiplied by first.
    pub(super) decay: f32,
    /// How far each element goes.
    pub(super) step_size: f32,
}

impl Rule for Lion {
    fn remembers<const D: usize>(&self, shape: [usize; D]) -> Vec<(&'static str, [usize; D])> {
        vec![(MOMENT, shape)]
    }

    fn step<const D: usize>(
        &self,
        learning_rate: f64,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        memory: &mut Memory,
    ) -> Tensor<D> {
        memory.updates += 1;
        let learning_rate = learning_rate * self.treatment.rate;
        let update = Update {
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            decay: (1.0 - learning_rate * f64::from(self.treatment.decay)) as f32,
            step_size: learning_rate as f32,
        };
        let moment = memory.take(MOMENT);
        let (tensor, moment) = if fused::applies_to(&tensor) {
            fused::lion(tensor, gradient, moment, update)
        } else {
            composed(tensor, gradient, moment, update)
        };
        memory.put(MOMENT, moment);
        tensor
    }
}

/// The same update made of Burn's operations.
fn composed<const D: usize>(
    tensor: Tensor<D>,
    gradient: Tensor<D>,
    moment: Tensor<D>,
    update: Update,
) -> (Tensor<D>, Tensor<D>) {
    let direction = moment.clone().mul_scalar(update.beta_1) + gradient.clone().mul_scalar(1.0 - update.beta_1);
    let moment = moment.mul_scalar(update.beta_2) + gradient.mul_scalar(1.0 - update.beta_2);
    let tensor = tensor.mul_scalar(update.decay) - direction.sign().mul_scalar(update.step_size);
    (tensor, moment)
}

#[cfg(test)]
mod tests {
    use burn::{
        optim::{LionConfig, Optimizer},
        tensor::Device,
    };

    use super::*;
    use crate::optimizer::tests::{assert_close, waves};

    fn rule(decay: f32) -> Lion {
        Lion {
            beta_1: 0.9,
            beta_2: 0.99,
            treatment: Treatment { rate: 1.0, decay },
        }
    }

    #[test]
    fn fused_equals_composed() {
        let update = Update {
            beta_1: 0.9,
            beta_2: 0.99,
            decay: 0.999,
            step_size: 0.01,
        };
        let fused = fused::lion(waves(0.0), waves(1.0), waves(2.0), update);
        let composed = composed(waves(0.0), waves(1.0), waves(2.0), update);
        assert_close(fused.0, composed.0);
        assert_close(fused.1, composed.1);
    }

    /// Burn's own, which is another implementation of the paper.
    #[test]
    fn ten_updates_equal_burns() {
        let burns = LionConfig::new().with_weight_decay(0.1).build();
        let (mut ours, mut theirs) = (waves(0.0), waves(0.0));
        let mut memory = rule(0.1).begin(ours.dims(), &Device::flex());
        let mut their_state = None;
        for step in 0..10 {
            let gradient = || waves(step as f32 * 0.7 + 1.0);
            ours = Rule::step(&rule(0.1), 1e-2, ours, gradient(), &mut memory);
            (theirs, their_state) = burns.step(1e-2, theirs, gradient(), their_state);
        }
        assert_close(ours, theirs);
    }

    #[test]
    fn what_has_no_gradient_and_no_past_stays() {
        let device = Device::flex();
        let zero = Tensor::<2>::zeros([3, 5], &device);
        let mut memory = rule(0.0).begin([3, 5], &device);
        let after = Rule::step(&rule(0.0), 0.1, zero.clone(), zero.clone(), &mut memory);
        assert_close(after, zero);
    }
}
