//! Steps whose gradients are too large for `fp16`.

use burn::module::Module;
use relex_train::Checkpoints;

use crate::{
    bench::{Bench, assert_same_weights, weights},
    checkpoints::in_sittings,
};

/// A cosine classifier this steep has gradients of some hundreds, which times 65,536 are beyond `fp16`'s 65,504: the first steps
/// are left out, until the factor is small enough.
const STEEP: [&str; 6] = [
    "training.precision=fp16",
    "model.cosine_scale=1000",
    "schedule.kind=constant",
    "optimizer.learning_rate=1e-3",
    "optimizer.weight_decay=0.0",
    "training.evaluate=at-end",
];

fn steep(steps: usize) -> Bench {
    let steps = format!("training.steps={steps}");
    Bench::new(&[&STEEP[..], &[steps.as_str()]].concat())
}

/// How many steps a steep run leaves out at its beginning.
fn left_out() -> usize {
    let (_, reports) = steep(16).run();
    let count = reports.steps.iter().take_while(|step| step.skipped).count();
    assert!((2..15).contains(&count), "{count} steps left out of 16 prove nothing");
    count
}

#[test]
fn a_step_that_is_too_large_is_left_out_and_said_to_be() {
    let (_, reports) = steep(16).run();
    let mut factor = 65_536.0;
    for step in &reports.steps {
        assert_eq!(step.loss_scale, Some(factor), "step {}", step.step);
        assert_eq!(step.skipped, !step.gradient_norm.is_finite(), "step {}", step.step);
        let line = serde_json::to_value(step).unwrap();
        assert_eq!(line.get("skipped"), step.skipped.then_some(&true.into()));
        assert_eq!(line["loss_scale"], f64::from(factor));
        if step.skipped {
            factor /= 2.0;
        }
    }
    let skipped = reports.steps.iter().filter(|step| step.skipped).count();
    assert!((left_out()..16).contains(&skipped), "{skipped}");
}

/// Neither weights nor what the optimiser remembers: AdamW's first update moves the weights by the whole rate, a second one after
/// empty ones would not.
#[test]
fn a_step_that_is_left_out_changes_nothing() {
    let count = left_out();
    let bench = steep(count);
    let (after, reports) = bench.run();
    assert!(reports.steps.iter().all(|step| step.skipped));
    // `fit` sets the precision, which is no weight.
    assert_eq!(after.num_params(), bench.classifier.num_params());
    assert_same_weights(&after, &bench.classifier);

    let (after, reports) = steep(count + 1).run();
    assert!(!reports.steps[count].skipped);
    let moves = weights(&after)
        .into_iter()
        .zip(weights(&bench.classifier))
        .map(|(after, before)| (after - before).abs());
    let largest = moves.fold(0.0, f32::max);
    assert!((0.99e-3..1.01e-3).contains(&largest), "{largest}");
}

#[test]
fn a_run_that_leaves_steps_out_goes_on_to_the_same_end() {
    let bench = steep(left_out() + 3);
    let (whole, expected) = bench.run();
    let checkpoints = Checkpoints::new(bench.folder.path().join("checkpoints"), "x", 2);
    let (ended, heard, sittings) = in_sittings(&bench, &checkpoints);
    assert!(sittings > expected.steps.len());
    assert_same_weights(&ended, &whole);
    // Of norms that are no numbers, too.
    assert_eq!(format!("{heard:?}"), format!("{expected:?}"));
}
