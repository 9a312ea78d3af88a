//! Gradient checkpointing changes no bit of a run, whatever else the run does.

use crate::bench::{Bench, assert_same_weights};

#[track_caller]
fn check(sets: &[&str]) {
    let (kept, of_kept) = Bench::with_dropout("0.1", sets).run();
    let with = [sets, &["training.gradient_checkpointing=true"]].concat();
    let (recomputed, of_recomputed) = Bench::with_dropout("0.1", &with).run();
    assert_eq!(of_recomputed, of_kept, "{sets:?}");
    assert_same_weights(&recomputed, &kept);
}

#[test]
fn with_the_plain_step() {
    check(&[]);
    check(&["model.type_embedding=true"]);
}

#[test]
fn with_two_passes_of_one_batch() {
    check(&["loss.kind=r-drop"]);
    check(&["loss.kind=r-drop", "training.micro_batch_size=3"]);
}

#[test]
fn with_portions_of_a_batch() {
    check(&["training.micro_batch_size=3"]);
}

#[test]
fn with_an_adversary() {
    check(&["adversarial.kind=fgm"]);
    check(&["adversarial.kind=awp", "training.micro_batch_size=2"]);
}

#[test]
fn with_layers_that_do_not_learn() {
    check(&["model.freeze_layers=1"]);
    check(&["model.freeze_embeddings=true"]);
    check(&["training.unfreeze_layers_per_epoch=1"]);
}

#[test]
fn with_low_precision() {
    check(&["training.precision=bf16"]);
    check(&["training.precision=fp16"]);
}
