use burn::{
    nn::Linear,
    tensor::{Device, Tensor},
};

use super::{HeadConfig, linear, linear_without_bias};
use crate::ops::{self, Pass};

/// The layer from `width` features to logits: linear with a bias, or, for a cosine classifier, the
/// weights alone.
pub(super) fn output_layer(config: &HeadConfig, width: usize, device: &Device) -> Linear {
    match config.cosine_scale {
        None => linear(width, config.labels, device),
        Some(_) => linear_without_bias(width, config.labels, device),
    }
}

/// `dropout(tanh(layer(x)))`, the layer before the last in most heads.
pub(super) fn inner(layer: &Linear, input: Tensor<2>, dropout: f32, pass: &mut Pass<'_>) -> Tensor<2> {
    ops::dropout(layer.forward(input).tanh(), pass.mask(dropout))
}

/// Logits `[batch, labels]` of features `[batch, width]`. With a scale `s` they are `s · cos(f, w)`
/// of the features and each class's weights, so that neither's length counts (the normalised
/// classifier of Wang et al. 2018, "CosFace", and Cao et al. 2019, "LDAM").
pub(super) fn logits(layer: &Linear, features: Tensor<2>, cosine_scale: Option<f32>) -> Tensor<2> {
    match cosine_scale {
        None => layer.forward(features),
        // Burn's linear layer keeps its weights as `[width, labels]`.
        Some(scale) => normalized(features, 1)
            .matmul(normalized(layer.weight.val(), 0))
            .mul_scalar(scale),
    }
}

/// Vectors along a dimension, brought to length 1.
fn normalized(vectors: Tensor<2>, dimension: usize) -> Tensor<2> {
    // Inside the root, so that a vector of zeros has a gradient.
    const SMALLEST_SQUARE: f32 = 1e-12;
    let squares = vectors.clone().powi_scalar(2).sum_dim(dimension);
    vectors / squares.add_scalar(SMALLEST_SQUARE).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::HeadKind;

    fn cosine_layer(weights: [[f32; 3]; 2], device: &Device) -> Linear {
        let config = HeadConfig {
            kind: HeadKind::default(),
            hidden_size: 2,
            labels: 3,
            dropout: 0.0,
            cosine_scale: Some(30.0),
        };
        let mut layer = output_layer(&config, config.hidden_size, device);
        assert!(layer.bias.is_none());
        layer.weight = layer.weight.map(|_| Tensor::from_floats(weights, device));
        layer
    }

    #[test]
    fn cosines_do_not_depend_on_lengths() {
        let device = Device::flex();
        // the classes point along x, along y, and diagonally
        let layer = cosine_layer([[0.5, 0.0, 7.0], [0.0, 2.0, 7.0]], &device);
        let features = Tensor::<2>::from_floats([[3.0, 0.0], [0.1, 0.1]], &device);
        let actual: Vec<f32> = logits(&layer, features, Some(30.0)).into_data().try_to_vec().unwrap();
        let diagonal = 30.0 * 0.5f32.sqrt();
        for (a, e) in actual.iter().zip([30.0, 0.0, diagonal, diagonal, diagonal, 30.0]) {
            approx::assert_abs_diff_eq!(*a, e, epsilon = 1e-4);
        }
    }

    #[test]
    fn features_of_zeros_have_logits_and_gradients() {
        let device = Device::flex().autodiff();
        let layer = cosine_layer([[0.5, 0.0, 7.0], [0.0, 2.0, 7.0]], &device);
        let features = Tensor::<2>::zeros([1, 2], &device).require_grad();
        let loss = logits(&layer, features.clone(), Some(30.0)).sum();
        assert_eq!(loss.clone().into_scalar::<f32>(), 0.0);
        let gradient: Vec<f32> = features
            .grad(&loss.backward())
            .unwrap()
            .into_data()
            .try_to_vec()
            .unwrap();
        assert!(gradient.iter().all(|x| x.is_finite()));
    }
}
