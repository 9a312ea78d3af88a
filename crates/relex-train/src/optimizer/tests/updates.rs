//! Every update by itself, against PyTorch's, transformers' and Lion's in double precision.

use burn::tensor::{Device, Tensor, TensorData};
use relex_model::TensorFile;

use super::super::{AnyRule, Rule, Treatment};
use crate::OptimizerConfig;

/// What an update may be off by, besides what the weight is rounded by.
#[derive(Debug, Clone, Copy)]
enum Tolerance {
    /// A millionth of itself.
    Itself,
    /// A millionth of the largest update in the tensor, where a mean of directions may have cancelled out to next to nothing.
    Largest,
    /// What the share that the newest squares have in their mean is rounded by: late in a run it is `t^-0.8`, 0.0006, computed as
    /// one minus an `f32` just below 1, which is off by up to 2^-25. Its root goes into the update.
    SmallShares,
}

/// Ten updates of a matrix and a vector, after so many others that left nothing behind. `settings` are a configuration's.
#[track_caller]
fn check(name: &str, settings: &str, before: usize, tolerance: Tolerance) {
    let config: OptimizerConfig = toml::from_str(settings).unwrap();
    let fixture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/optimizer_updates.safetensors"
    );
    let file = TensorFile::open(fixture.as_ref()).unwrap();
    trace::<2>([name, "matrix"], &config, before, &file, tolerance);
    trace::<1>([name, "vector"], &config, before, &file, tolerance);
}

#[track_caller]
fn trace<const D: usize>(
    [name, tensor]: [&str; 2],
    config: &OptimizerConfig,
    before: usize,
    file: &TensorFile,
    tolerance: Tolerance,
) {
    let device = Device::flex();
    // Everything in the fixture decays.
    let decay = config.weight_decay;
    let rule = AnyRule::new(config, Treatment { rate: 1.0, decay });
    let read = |what: &str| file.read(&format!("{what}.{tensor}")).unwrap().unwrap();
    let start = read("start");
    let size = start.values.len();
    let (gradients, updates) = (read("gradient").values, read(name).values);
    assert_eq!(updates.len(), 10 * size);

    let mut weights = Tensor::<D>::from_data(TensorData::new(start.values.clone(), start.shape.clone()), &device);
    let mut old = start.values;
    let mut memory = rule.begin(weights.dims(), &device);
    memory.updates = before;
    for (step, (gradient, expected)) in gradients.chunks(size).zip(updates.chunks(size)).enumerate() {
        let gradient = Tensor::from_data(TensorData::new(gradient.to_vec(), start.shape.clone()), &device);
        weights = rule.step(config.rate(before + step, 1.0), weights, gradient, &mut memory);
        let new: Vec<f32> = weights.clone().try_into_vec_as().unwrap();
        let largest = expected.iter().fold(0f32, |largest, update| largest.max(update.abs()));
        for ((&old, &new), &expected) in old.iter().zip(&new).zip(expected) {
            let [old, new, expected] = [old, new, expected].map(f64::from);
            let update = new - old;
            let own = match tolerance {
                Tolerance::Itself => 1e-6 * expected.abs(),
                Tolerance::Largest => 1e-6 * f64::from(largest),
                Tolerance::SmallShares => 0.5 * 2f64.powi(-25) / 0.0006 * expected.abs(),
            };
            // When it has decayed and when it has moved, by half a unit in its last place each.
            let rounding = f64::from(f32::EPSILON) * old.abs().max(new.abs());
            assert!(
                (update - expected).abs() <= own + rounding,
                "{name}, {tensor}, step {step}: {old} changes by {update} instead of {expected}, more than {own} and {rounding} off"
            );
        }
        old = new;
    }
}

#[test]
fn adamw_updates_as_pytorch_does() {
    check(
        "adamw",
        "kind = \"adamw\"\nlearning_rate = 2e-2\nweight_decay = 0.01",
        0,
        Tolerance::Largest,
    );
}

#[test]
fn lion_updates_as_its_paper_says() {
    check(
        "lion",
        "kind = \"lion\"\nlearning_rate = 2e-2\nweight_decay = 0.1",
        0,
        Tolerance::Itself,
    );
}

#[test]
fn adafactor_updates_as_transformers_does_at_a_fixed_rate() {
    let fixed = "kind = \"adafactor\"\nlearning_rate = 2e-2\nweight_decay = 0.01";
    check("adafactor", fixed, 0, Tolerance::Itself);
    let with_mean = format!("{fixed}\nbeta_1 = 0.9");
    check("adafactor_mean", &with_mean, 0, Tolerance::Largest);
}

/// The rate is 0.01 up to step 10,000 and falls from there on.
#[test]
fn adafactor_updates_as_transformers_does_at_a_relative_rate() {
    let relative = "kind = \"adafactor\"\nstep = \"relative\"\nscale_by_parameter = true\nweight_decay = 0.0";
    check("adafactor_relative", relative, 0, Tolerance::Itself);
    let with_mean = format!("{relative}\nbeta_1 = 0.9");
    check("adafactor_relative_mean", &with_mean, 0, Tolerance::Largest);
    check("adafactor_relative_late", relative, 9995, Tolerance::SmallShares);
}

#[test]
fn adafactor_updates_as_transformers_does_in_a_warm_up() {
    let warmup = "kind = \"adafactor\"\nstep = \"relative-warmup\"\nscale_by_parameter = true\nbeta_1 = 0.9\nweight_decay = 0.01";
    check("adafactor_warmup_mean_late", warmup, 5000, Tolerance::Largest);
}
