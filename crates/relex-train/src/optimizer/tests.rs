//! Against other libraries' updates, and the laws of state and treatment.

mod decay;
mod updates;

use burn::{
    module::{Module, Param},
    nn::{Linear, LinearConfig},
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};
use relex_model::TensorFile;

use super::{Adafactor, AdamW, Optimizer, Rule, Treatment};
use crate::{AdafactorStep, OptimizerConfig, OptimizerRule};

/// A tensor of 200 × 200, whose values have no pattern that a kernel could hide in.
pub(super) fn waves(salt: f32) -> Tensor<2> {
    let values: Vec<f32> = (0..40_000).map(|i| ((i as f32 + 17.0 * salt) * 0.37).sin()).collect();
    Tensor::from_data(TensorData::new(values, [200, 200]), &Device::flex())
}

#[track_caller]
pub(super) fn assert_close<const D: usize>(actual: Tensor<D>, expected: Tensor<D>) {
    assert_eq!(actual.dims(), expected.dims());
    let [actual, expected] = [actual, expected].map(|tensor| tensor.try_into_vec_as::<f32>().unwrap());
    let largest = expected.iter().fold(0f32, |largest, x| largest.max(x.abs()));
    for (a, e) in actual.iter().zip(&expected) {
        // 1e-6 of the number itself, or of the tensor's scale where the number is a difference of larger ones
        assert!((a - e).abs() <= 1e-6 * e.abs().max(largest), "{a} is not {e}");
    }
}

fn adafactor() -> OptimizerRule {
    toml::from_str("kind = \"adafactor\"").unwrap()
}

fn adafactor_with(change: impl FnOnce(&mut AdafactorStep, &mut bool, &mut Option<f32>)) -> OptimizerRule {
    let mut rule = adafactor();
    if let OptimizerRule::Adafactor {
        step,
        scale_by_parameter,
        beta_1,
        ..
    } = &mut rule
    {
        change(step, scale_by_parameter, beta_1);
    }
    rule
}

/// Ten updates of a matrix, a vector and a tall matrix, all of which decay in the fixture.
fn check_fixture<R: Rule>(name: &str, rule: &R, rate: impl Fn(usize) -> f64) {
    fn trace<const D: usize, R: Rule>(
        (name, tensor): (&str, &str),
        rule: &R,
        rate: &impl Fn(usize) -> f64,
        file: &TensorFile,
    ) {
        let read = |name: String| {
            let found = file.read(&name).unwrap().unwrap();
            Tensor::<D>::from_data(TensorData::new(found.values, found.shape), &Device::flex())
        };
        let mut value = read(format!("start.{tensor}"));
        let mut memory = rule.begin(value.dims(), &Device::flex());
        for step in 0..10 {
            let gradient = read(format!("gradient.{step}.{tensor}"));
            value = rule.step(rate(step), value, gradient, &mut memory);
            assert_close(value.clone(), read(format!("{name}.{step}.{tensor}")));
        }
    }
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/optimizers.safetensors");
    let file = TensorFile::open(fixture.as_ref()).unwrap();
    trace::<2, R>((name, "weight"), rule, &rate, &file);
    trace::<1, R>((name, "bias"), rule, &rate, &file);
    trace::<2, R>((name, "tall"), rule, &rate, &file);
}

#[test]
fn adamw_equals_pytorch() {
    let optimizer = AdamW {
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-8,
        treatment: Treatment { rate: 1.0, decay: 0.01 },
    };
    check_fixture("adamw", &optimizer, |_| 2e-2);
}

#[test]
fn adafactor_equals_transformers() {
    let decaying = Adafactor {
        scale_by_parameter: false,
        beta_1: None,
        decay_exponent: 0.8,
        clip_threshold: 1.0,
        epsilon: 1e-30,
        smallest_scale: 1e-3,
        treatment: Treatment { rate: 1.0, decay: 0.01 },
    };
    let plain = Adafactor {
        treatment: Treatment { rate: 1.0, decay: 0.0 },
        ..decaying
    };
    let scaled = Adafactor {
        scale_by_parameter: true,
        ..plain
    };
    let with_mean = Adafactor {
        beta_1: Some(0.9),
        ..plain
    };
    let relative = OptimizerConfig {
        rule: adafactor_with(|step, _, _| *step = AdafactorStep::RelativeWarmup),
        ..OptimizerConfig::default()
    };
    check_fixture("adafactor_fixed_lr", &decaying, |_| 2e-2);
    check_fixture("adafactor_scaled_fixed_lr", &scaled, |_| 2e-2);
    check_fixture("adafactor_relative_step", &scaled, |step| relative.rate(step, 1.0));
    check_fixture("adafactor_beta1", &with_mean, |_| 2e-2);
}

/// A network of two layers with a head, named as a classifier's are.
#[derive(Module, Debug)]
struct Tiny {
    encoder: TinyEncoder,
    head: Linear,
}

#[derive(Module, Debug)]
struct TinyEncoder {
    embeddings: Linear,
    layers: Vec<Linear>,
}

fn tiny(device: &Device) -> Tiny {
    let linear = || {
        let mut linear = LinearConfig::new(2, 3).init(device);
        linear.weight = Param::from_tensor(Tensor::ones([2, 3], device));
        linear.bias = Some(Param::from_tensor(Tensor::ones([3], device)));
        linear
    };
    Tiny {
        encoder: TinyEncoder {
            embeddings: linear(),
            layers: vec![linear(), linear()],
        },
        head: linear(),
    }
}

/// The gradients of something that is not the same in any two steps.
fn gradients(module: &Tiny, step: usize, scale: f32) -> GradientsParams {
    let device = Device::flex().autodiff();
    let salt = Tensor::<2>::from_floats([[0.3 + step as f32, -1.0, 0.5], [1.0, 0.7, -0.2]], &device);
    let TinyEncoder { embeddings, layers } = &module.encoder;
    let value = |linear: &Linear| {
        let bias = linear.bias.as_ref().unwrap().val();
        (linear.weight.val() * salt.clone()).sin().sum() + (bias * (1.0 + step as f32)).cos().sum()
    };
    let loss = value(embeddings) + value(&layers[0]) + value(&layers[1]) + value(&module.head);
    GradientsParams::from_grads((loss * scale).backward(), module)
}

fn all_numbers(module: &Tiny) -> Vec<u32> {
    let linears = [
        &module.encoder.embeddings,
        &module.encoder.layers[0],
        &module.encoder.layers[1],
        &module.head,
    ];
    let numbers = linears.into_iter().flat_map(|linear| {
        let mut numbers = linear.weight.val().try_into_vec_as::<f32>().unwrap();
        numbers.extend(linear.bias.as_ref().unwrap().val().try_into_vec_as::<f32>().unwrap());
        numbers
    });
    numbers.map(f32::to_bits).collect()
}

#[test]
fn biases_do_not_decay_and_lower_layers_move_less() {
    let device = Device::flex().autodiff();
    let config = OptimizerConfig {
        weight_decay: 0.5,
        layer_decay: 0.5,
        learning_rate: 1e-2,
        head_learning_rate: Some(4e-2),
        ..OptimizerConfig::default()
    };
    let module = tiny(&device);
    let mut optimizer = Optimizer::new(&config, &module);
    let zeros = |module: &Tiny| {
        let mut gradients = GradientsParams::new();
        let TinyEncoder { embeddings, layers } = &module.encoder;
        for linear in [embeddings, &layers[0], &layers[1], &module.head] {
            gradients.register(linear.weight.id, Tensor::<2>::zeros([2, 3], &Device::flex()));
            let bias = linear.bias.as_ref().unwrap();
            gradients.register(bias.id, Tensor::<1>::zeros([3], &Device::flex()));
        }
        gradients
    };
    let gradients = zeros(&module);
    let module = optimizer.step(config.learning_rate, module, gradients);
    let left = |linear: &Linear| linear.weight.val().try_into_vec_as::<f32>().unwrap()[0];
    // Without a gradient only decay is left: 1 - rate · 0.5, at half the rate from layer to layer.
    let TinyEncoder { embeddings, layers } = &module.encoder;
    approx::assert_relative_eq!(left(&module.head), 1.0 - 4e-2 * 0.5, max_relative = 1e-6);
    approx::assert_relative_eq!(left(&layers[1]), 1.0 - 1e-2 * 0.5, max_relative = 1e-6);
    approx::assert_relative_eq!(left(&layers[0]), 1.0 - 5e-3 * 0.5, max_relative = 1e-6);
    approx::assert_relative_eq!(left(embeddings), 1.0 - 2.5e-3 * 0.5, max_relative = 1e-6);
    let bias = embeddings
        .bias
        .as_ref()
        .unwrap()
        .val()
        .try_into_vec_as::<f32>()
        .unwrap();
    assert_eq!(bias, [1.0; 3]);
}

#[test]
fn what_has_no_gradient_stays_and_is_not_remembered() {
    let device = Device::flex().autodiff();
    let mut module = tiny(&device);
    module.encoder = module.encoder.no_grad();
    let before = all_numbers(&module);
    let mut optimizer = Optimizer::new(&OptimizerConfig::default(), &module);
    let gradients = gradients(&module, 0, 1.0);
    let module = optimizer.step(1e-2, module, gradients);
    let after = all_numbers(&module);
    assert_eq!(after[..27], before[..27]); // three layers of 2 · 3 weights and 3 biases
    assert!(after[27..].iter().zip(&before[27..]).all(|(a, b)| a != b));
    let remembered: Vec<&String> = optimizer.memory().keys().collect();
    assert_eq!(remembered, ["head.bias", "head.weight"]);
}
