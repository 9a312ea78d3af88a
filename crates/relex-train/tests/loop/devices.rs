//! Several devices come to what one comes to. The processor stands in for all of them.

use relex_train::parity;

use crate::bench::{Bench, assert_same_weights, weights};

/// 11 rows in batches of 6 and 5 on two devices, 3 + 3 and 3 + 2, or on three, 2 + 2 + 2 and 2 + 2 + 1, against portions of
/// the same size on one; with dropout, whose masks go by portion.
fn check(sets: &[&str]) {
    let common = [
        "training.batch_size=6",
        "training.epochs=2",
        "training.keep=best",
        "model.head_dropout=0.3",
    ];
    let common = [&common, sets].concat();
    for (portion, devices) in [("3", "device=cpu,cpu"), ("2", "device=cpu,cpu,cpu")] {
        let size = format!("training.micro_batch_size={portion}");
        let (alone, of_alone) = Bench::new(&[&common[..], &[size.as_str()]].concat()).run();
        let (together, of_together) = Bench::new(&[&common[..], &[devices]].concat()).run();
        assert_eq!(of_together.steps.len(), 4);
        assert_eq!(of_together, of_alone);
        assert_same_weights(&together, &alone);
    }
}

#[test]
fn devices_are_portions_that_are_computed_at_once() {
    check(&[]);
    check(&["loss.kind=r-drop"]);
    check(&["loss.weights=inverse-frequency"]);
    check(&["adversarial.kind=fgm"]);
    check(&["training.precision=fp16"]);
    check(&["training.gradient_checkpointing=true"]);
}

#[test]
fn frozen_layers_stay_on_all_devices() {
    check(&["model.freeze_layers=1"]);
    check(&["training.unfreeze_layers_per_epoch=1"]);
}

/// Each device adds its own portions up first, so that the sums round otherwise.
#[test]
fn devices_may_have_portions_of_their_own() {
    let common = [
        "training.batch_size=8",
        "training.micro_batch_size=2",
        "training.epochs=2",
    ];
    let (alone, of_alone) = Bench::new(&common).run();
    let (together, of_together) = Bench::new(&[&common[..], &["device=cpu,cpu"]].concat()).run();
    for (step, expected) in of_together.steps.iter().zip(&of_alone.steps) {
        assert_eq!((step.rows, step.tokens), (expected.rows, expected.tokens));
        approx::assert_relative_eq!(step.loss, expected.loss, max_relative = 1e-6);
        approx::assert_relative_eq!(step.gradient_norm, expected.gradient_norm, max_relative = 1e-5);
    }
    for (weight, expected) in weights(&together).iter().zip(&weights(&alone)) {
        approx::assert_abs_diff_eq!(weight, expected, epsilon = 1e-5);
    }
}

/// There is nobody to share a row with.
#[test]
fn there_may_be_more_devices_than_rows() {
    let (alone, of_alone) = Bench::new(&["training.batch_size=1"]).run();
    let (together, of_together) = Bench::new(&["training.batch_size=1", "device=cpu,cpu,cpu"]).run();
    assert_eq!(of_together, of_alone);
    assert_same_weights(&together, &alone);
}

#[test]
fn the_processor_agrees_with_itself() {
    let bench = Bench::new(&["model.head_dropout=0.3"]);
    let steps = parity(&bench.classifier, &bench.input(None), &bench.device, 5).unwrap();
    // Three batches an epoch: they come again.
    assert_eq!(steps.iter().map(|step| step.step).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    for step in &steps {
        assert_eq!(step.loss[0].to_bits(), step.loss[1].to_bits());
        assert_eq!((step.logits, step.gradients), (0.0, 0.0));
        assert!(step.gradient_norm[0] > 0.0);
    }
    assert_ne!(steps[0].loss, steps[3].loss, "nothing was learnt");
}

/// Eight bits of precision and eleven, against twenty-four.
#[test]
fn low_precision_is_as_far_as_its_rounding() {
    for (precision, nearest, furthest) in [("bf16", 1e-4, 0.05), ("fp16", 1e-5, 0.01)] {
        let bench = Bench::new(&[&format!("training.precision={precision}")]);
        let steps = parity(&bench.classifier, &bench.input(None), &bench.device, 2).unwrap();
        let first = steps[0];
        for difference in [first.logits, first.gradients] {
            assert!((nearest..furthest).contains(&difference), "{precision}: {first:?}");
        }
    }
}
