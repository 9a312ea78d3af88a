//! Low-precision matrix products against `f32`'s, to the precisions' own error.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::path::Path;

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Int, Tensor},
};
use relex_model::{Pass, Precision, load_encoder};

struct Collect<'a> {
    gradients: &'a GradientsParams,
    values: Vec<f32>,
}

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        assert!(param.val().try_into_data_as::<f32>().is_ok());
        let gradient = self.gradients.get::<D>(param.id).unwrap();
        self.values.extend(gradient.try_into_vec_as::<f32>().unwrap());
    }
}

/// The last hidden states of a batch of two sentences, and every parameter's gradient of a number made of them.
fn run(precision: Precision) -> [Vec<f32>; 2] {
    let device = Device::flex().autodiff();
    precision.check(&device).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bert");
    let (_, encoder, _) = load_encoder(&folder, &device).unwrap();
    let encoder = encoder.with_precision(precision);
    let ids = Tensor::<2, Int>::from_ints([[5, 17, 40, 8, 60, 33], [9, 21, 77, 50, 0, 0]], &device);
    let types = Tensor::<2, Int>::zeros([2, 6], &device);
    let mask = Tensor::<2>::from_floats([[1., 1., 1., 1., 1., 1.], [1., 1., 1., 1., 0., 0.]], &device);
    let hidden = encoder.forward(ids, Some(types), mask, &mut Pass::Inference);
    let gradients = GradientsParams::from_grads(hidden.clone().sin().sum().backward(), &encoder);
    let mut collected = Collect {
        gradients: &gradients,
        values: Vec::new(),
    };
    encoder.visit(&mut collected);
    [hidden.try_into_vec_as::<f32>().unwrap(), collected.values]
}

/// The length of the difference over the length of what is right.
fn relative_error(actual: &[f32], expected: &[f32]) -> f64 {
    let length = |values: &mut dyn Iterator<Item = f32>| values.map(|x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    let difference = length(&mut actual.iter().zip(expected).map(|(a, e)| a - e));
    difference / length(&mut expected.iter().copied())
}

/// Errors of a unit in the last place, 2^-8 and 2^-11, may add up over the 18 products of three layers to four times as much.
#[test]
fn errors_are_those_of_the_precision() {
    let expected = run(Precision::F32);
    for (precision, unit) in [(Precision::Bf16, 2f64.powi(-8)), (Precision::Fp16, 2f64.powi(-11))] {
        let actual = run(precision);
        for (actual, expected) in actual.iter().zip(&expected) {
            let error = relative_error(actual, expected);
            assert!(error < 4.0 * unit, "{precision:?}: {error} is more than 4 · {unit}");
            assert!(error > 0.1 * unit, "{precision:?}: {error}: was it computed so at all?");
        }
    }
    assert_eq!(run(Precision::F32), expected);
}
