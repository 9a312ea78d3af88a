//! Weights that are means of weights.

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::Tensor,
};

/// `average + share · (weights − average)`, parameter by parameter: with `share` = 1 − decay a step of an exponential moving
/// average, with 1 / n the mean of n, given that of n − 1.
pub(super) fn towards<M: Module>(average: M, weights: &M, share: f64) -> M {
    // Any tensors by their parameters' identities.
    let mut values = ByIdentity(GradientsParams::new());
    weights.visit(&mut values);
    average.map(&mut Towards {
        weights: values.0,
        share,
    })
}

/// The mean of the weights of several modules; none of none.
pub(super) fn mean<M: Module>(modules: impl IntoIterator<Item = M>) -> Option<M> {
    let mut modules = modules.into_iter();
    let first = modules.next()?;
    let rest = modules.zip(2..);
    Some(rest.fold(first, |mean, (module, count)| {
        towards(mean, &module, 1.0 / f64::from(count))
    }))
}

/// How much an exponential moving average decays in its step `t`, from 0: TensorFlow's `ExponentialMovingAverage` with
/// `num_updates`.
pub(super) fn ema_decay(decay: f64, t: usize) -> f64 {
    let t = t as f64;
    decay.min((1.0 + t) / (10.0 + t))
}

struct ByIdentity(GradientsParams);

impl ModuleVisitor for ByIdentity {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.register(param.id, plain(param.val()));
    }
}

struct Towards {
    weights: GradientsParams,
    share: f64,
}

impl ModuleMapper for Towards {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(weights) = self.weights.remove::<D>(param.id) else {
            return param;
        };
        let tensor = param.val();
        let is_autodiff = tensor.is_autodiff();
        let average = plain(tensor);
        let moved = average.clone() + (weights - average).mul_scalar(self.share);
        let moved = if is_autodiff { Tensor::from_inner(moved) } else { moved };
        let id = param.id;
        param.transform_for_load(moved, id)
    }
}

/// Without its history.
fn plain<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    if tensor.is_autodiff() { tensor.inner() } else { tensor }
}

#[cfg(test)]
mod tests {
    use burn::{
        nn::{Linear, LinearConfig},
        tensor::Device,
    };

    use super::*;

    fn with(linear: &Linear, weight: [[f32; 2]; 1]) -> Linear {
        let device = Device::flex().autodiff();
        let mut linear = linear.clone();
        linear.weight = linear
            .weight
            .map(|_| Tensor::from_floats(weight, &device).require_grad());
        linear
    }

    fn weight(linear: &Linear) -> Vec<f32> {
        linear.weight.val().into_data().try_to_vec().unwrap()
    }

    #[test]
    fn a_mean_of_weights_is_the_mean_and_leaves_the_weights() {
        let linear = LinearConfig::new(1, 2).init(&Device::flex().autodiff());
        let all = [[[1.0, -2.0]], [[4.0, 0.0]], [[7.0, 5.0]]].map(|values| with(&linear, values));
        let mean = mean(all.clone()).unwrap();
        // (1 + 4 + 7) / 3, (-2 + 0 + 5) / 3
        assert_eq!(weight(&mean), [4.0, 1.0]);
        assert!(mean.weight.val().is_require_grad());
        assert_eq!(weight(&all[0]), [1.0, -2.0]);
        assert_eq!(weight(&super::mean([all[1].clone()]).unwrap()), [4.0, 0.0]);
        assert!(super::mean(Vec::<Linear>::new()).is_none());
    }

    #[test]
    fn a_moving_average_follows_by_its_share() {
        let linear = LinearConfig::new(1, 2).init(&Device::flex().autodiff());
        let average = towards(with(&linear, [[1.0, 2.0]]), &with(&linear, [[3.0, 10.0]]), 0.25);
        // 0.75 · 1 + 0.25 · 3, 0.75 · 2 + 0.25 · 10
        assert_eq!(weight(&average), [1.5, 4.0]);
    }

    #[test]
    fn the_beginning_is_forgotten_sooner() {
        assert_eq!(ema_decay(0.999, 0), 1.0 / 10.0);
        assert_eq!(ema_decay(0.999, 8), 9.0 / 18.0);
        assert_eq!(ema_decay(0.999, 100_000), 0.999);
    }
}
