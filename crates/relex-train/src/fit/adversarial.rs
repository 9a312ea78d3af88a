//! Gradients against an adversary that moves the weights.

use burn::{
    module::{Module, ModuleMapper, Param},
    optim::{GradientsAccumulator, GradientsParams},
    tensor::Tensor,
};

use crate::{AdversarialConfig, TrainError, optimizer::clip_by_global_norm};

/// What the path of the table of word embeddings holds.
const WORD_EMBEDDINGS: &str = "word_embeddings";

/// The gradients that a step against the configured adversary follows, where `clean` are those at `module` itself and
/// `gradients_at` computes them at a module with other weights. `module` stays as it is.
pub(super) fn adversarial_gradients<M: Module>(
    config: &AdversarialConfig,
    module: &M,
    clean: GradientsParams,
    gradients_at: impl FnOnce(&M) -> Result<GradientsParams, TrainError>,
) -> Result<GradientsParams, TrainError> {
    let moved = module.clone().map(&mut Move {
        config,
        module,
        gradients: &clean,
        at: Vec::new(),
    });
    let there = gradients_at(&moved)?;
    Ok(match config {
        AdversarialConfig::None {} => clean,
        AdversarialConfig::Awp { .. } => there,
        AdversarialConfig::Fgm { .. } => {
            let mut sum = GradientsAccumulator::new();
            sum.accumulate(module, clean);
            sum.accumulate(module, there);
            sum.grads()
        }
    })
}

struct Move<'a, M> {
    config: &'a AdversarialConfig,
    module: &'a M,
    gradients: &'a GradientsParams,
    at: Vec<String>,
}

impl<M: Module> Move<'_, M> {
    /// What the gradient is multiplied by to be the move of a parameter: ε over its norm, times that of the weights for AWP.
    fn factor<const D: usize>(&self, param: &Param<Tensor<D>>, gradient: &Tensor<D>) -> Option<f32> {
        // The norm of one tensor is that of the module's gradients where there are no others.
        let norm = |tensor: Tensor<D>| {
            let mut alone = GradientsParams::new();
            alone.register(param.id, tensor);
            clip_by_global_norm(self.module, &mut alone, 0.0, 1.0)
        };
        let length = match *self.config {
            AdversarialConfig::Fgm { epsilon, .. } if self.at.iter().any(|part| part == WORD_EMBEDDINGS) => epsilon,
            AdversarialConfig::Awp { epsilon, .. } if D >= 2 => epsilon * norm(param.val().inner()),
            _ => return None,
        };
        let steepness = norm(gradient.clone());
        (steepness > 0.0).then(|| length / steepness)
    }
}

impl<M: Module> ModuleMapper for Move<'_, M> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.at.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.get::<D>(param.id) else {
            return param;
        };
        let Some(factor) = self.factor(&param, &gradient) else {
            return param;
        };
        let moved = Tensor::from_inner(param.val().inner() + gradient.mul_scalar(factor));
        let id = param.id;
        param.transform_for_load(moved, id)
    }
}

#[cfg(test)]
mod tests {
    use burn::{
        nn::{Embedding, EmbeddingConfig, Linear, LinearConfig},
        tensor::Device,
    };

    use super::*;

    #[derive(Module, Debug)]
    struct Model {
        word_embeddings: Embedding,
        dense: Linear,
    }

    fn model(embeddings: [[f32; 2]; 2], weight: [[f32; 2]; 1], bias: [f32; 2]) -> Model {
        let device = Device::flex().autodiff();
        let mut word_embeddings = EmbeddingConfig::new(2, 2).init(&device);
        let mut dense = LinearConfig::new(1, 2).init(&device);
        word_embeddings.weight = word_embeddings
            .weight
            .map(|_| Tensor::from_floats(embeddings, &device).require_grad());
        dense.weight = dense
            .weight
            .map(|_| Tensor::from_floats(weight, &device).require_grad());
        dense.bias = dense
            .bias
            .map(|bias_param| bias_param.map(|_| Tensor::from_floats(bias, &device).require_grad()));
        Model { word_embeddings, dense }
    }

    /// Of half the sum of all squares, so that the gradient at any weights is these weights.
    fn gradients(model: &Model) -> GradientsParams {
        let bias = model.dense.bias.as_ref().unwrap().val();
        let squares = model.word_embeddings.weight.val().square().sum()
            + model.dense.weight.val().square().sum()
            + bias.square().sum();
        GradientsParams::from_grads(squares.mul_scalar(0.5).backward(), model)
    }

    /// The gradients in embeddings, weight and bias at (3, 0; 0, 4), (0.6, 0.8) and (1, 2).
    fn check(config: AdversarialConfig, expected: [&[f32]; 3]) {
        let model = model([[3.0, 0.0], [0.0, 4.0]], [[0.6, 0.8]], [1.0, 2.0]);
        let found = adversarial_gradients(&config, &model, gradients(&model), |moved| Ok(gradients(moved))).unwrap();
        let embeddings = found.get::<2>(model.word_embeddings.weight.id).unwrap();
        let weight = found.get::<2>(model.dense.weight.id).unwrap();
        let bias = found.get::<1>(model.dense.bias.as_ref().unwrap().id).unwrap();
        let found = [
            embeddings.into_data().try_to_vec::<f32>().unwrap(),
            weight.into_data().try_to_vec().unwrap(),
            bias.into_data().try_to_vec().unwrap(),
        ];
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found.len(), expected.len());
            for (a, e) in found.iter().zip(expected) {
                approx::assert_relative_eq!(*a, *e, max_relative = 1e-6);
            }
        }
        let untouched: Vec<f32> = model.word_embeddings.weight.val().into_data().try_to_vec().unwrap();
        assert_eq!(untouched, [3.0, 0.0, 0.0, 4.0]);
    }

    /// The embeddings' gradient has norm 5: they move by 0.5 · (3/5, 0; 0, 4/5). Everything else has its gradient twice.
    #[test]
    fn fgm_adds_the_gradient_at_moved_embeddings() {
        let config = AdversarialConfig::Fgm {
            epsilon: 0.5,
            from: 0.0,
        };
        check(config, [&[3.0 + 3.3, 0.0, 0.0, 4.0 + 4.4], &[1.2, 1.6], &[2.0, 4.0]]);
    }

    /// Gradient and weights are the same here, so that each matrix moves by a tenth of itself; the bias stays.
    #[test]
    fn awp_takes_the_gradient_at_moved_matrices() {
        let config = AdversarialConfig::Awp {
            epsilon: 0.1,
            from: 0.0,
        };
        check(config, [&[3.3, 0.0, 0.0, 4.4], &[0.66, 0.88], &[1.0, 2.0]]);
    }

    #[test]
    fn weights_without_a_gradient_stay() {
        let model = model([[0.0, 0.0], [0.0, 0.0]], [[0.6, 0.8]], [1.0, 2.0]);
        let config = AdversarialConfig::Fgm {
            epsilon: 0.5,
            from: 0.0,
        };
        let found = adversarial_gradients(&config, &model, gradients(&model), |moved| Ok(gradients(moved))).unwrap();
        let embeddings: Vec<f32> = found
            .get::<2>(model.word_embeddings.weight.id)
            .unwrap()
            .into_data()
            .try_to_vec()
            .unwrap();
        assert_eq!(embeddings, [0.0; 4]);
    }

    #[test]
    fn it_begins_when_it_is_told_to() {
        let config = AdversarialConfig::Fgm {
            epsilon: 1.0,
            from: 0.5,
        };
        assert!(!config.acts_at(0.49) && config.acts_at(0.5));
        assert!(!AdversarialConfig::default().acts_at(1.0));
    }
}
