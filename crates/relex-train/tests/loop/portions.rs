//! A batch that goes through the model in portions is the batch. What portions come to in one step, gradient by gradient and
//! with dropout, is beside the code in `src/fit/gradients/tests.rs`; here whole runs are compared.

use crate::bench::{Bench, weights};

/// Gradient norms, losses and weights of a run in portions against those of whole batches: 11 rows in batches of 8 and 3, cut
/// into 3 + 3 + 2 and 3, or 5 + 3 and 3.
fn check(sets: &[&str]) {
    let common = [&["training.batch_size=8", "optimizer.learning_rate=1e-3"], sets].concat();
    let (whole, of_whole) = Bench::new(&common).run();
    for portion in ["3", "5"] {
        let size = format!("training.micro_batch_size={portion}");
        let (portions, of_portions) = Bench::new(&[&common[..], &[size.as_str()]].concat()).run();
        assert_eq!(of_portions.steps.len(), of_whole.steps.len());
        for (step, expected) in of_portions.steps.iter().zip(&of_whole.steps) {
            assert_eq!((step.rows, step.tokens), (expected.rows, expected.tokens));
            approx::assert_relative_eq!(step.loss, expected.loss, max_relative = 1e-5);
            approx::assert_relative_eq!(step.gradient_norm, expected.gradient_norm, max_relative = 1e-4);
        }
        // AdamW divides small differences of small gradients by their size: 4 steps of 1e-3 move a weight by 4e-3.
        for (weight, expected) in weights(&portions).iter().zip(&weights(&whole)) {
            approx::assert_abs_diff_eq!(weight, expected, epsilon = 1e-4);
        }
    }
}

/// Without dropout R-Drop's two passes are the same, so that its divergence is 0 here: `src/fit/gradients/tests.rs` has it with.
#[test]
fn uneven_portions_are_the_mean_over_rows() {
    check(&[]);
    check(&["loss.kind=focal"]);
    check(&["loss.kind=r-drop"]);
}

/// Portions enter with the sum of their rows' weights, which is what a weighted mean divides by.
#[test]
fn portions_of_a_weighted_loss_enter_with_their_weight() {
    check(&["loss.weights=inverse-frequency"]);
    check(&["loss.kind=ldam", "model.cosine_scale=30", "loss.reweight_from=0.0"]);
}

#[test]
fn a_portion_as_large_as_the_batch_changes_no_bit() {
    let (_, whole) = Bench::new(&[]).run();
    let (_, portion) = Bench::new(&["training.micro_batch_size=4"]).run();
    assert_eq!(portion, whole);
}
