//! Training against an adversary.

use crate::bench::{Bench, assert_same_weights};

/// Losses are those at the weights themselves: the first step's is that of a run without an adversary, later ones are not.
#[test]
fn an_adversary_changes_the_steps_once_it_has_begun() {
    let (plain, of_plain) = Bench::new(&[]).run();
    for kind in ["adversarial.kind=fgm", "adversarial.kind=awp"] {
        let (_, reports) = Bench::new(&[kind]).run();
        assert_eq!(reports.steps[0].loss, of_plain.steps[0].loss);
        assert_ne!(reports.steps[0].gradient_norm, of_plain.steps[0].gradient_norm);
        assert_ne!(reports.steps[5].loss, of_plain.steps[5].loss);

        let (_, reports) = Bench::new(&[kind, "adversarial.from=0.5"]).run();
        assert_eq!(reports.steps[..3], of_plain.steps[..3]);
        assert_ne!(reports.steps[3].gradient_norm, of_plain.steps[3].gradient_norm);

        // Half of 6 steps lie behind the fourth; all of them behind none.
        let (never, reports) = Bench::new(&[kind, "adversarial.from=1.0"]).run();
        assert_eq!(reports, of_plain);
        assert_same_weights(&never, &plain);
    }
}

#[test]
fn a_small_adversary_is_nearly_none() {
    let (_, of_plain) = Bench::new(&[]).run();
    let (_, reports) = Bench::new(&["adversarial.kind=awp", "adversarial.epsilon=1e-6"]).run();
    for (step, expected) in reports.steps.iter().zip(&of_plain.steps) {
        approx::assert_relative_eq!(step.gradient_norm, expected.gradient_norm, max_relative = 1e-3);
    }
    // Both gradients are the same, so that their sum is twice one of them.
    let (_, reports) = Bench::new(&["adversarial.kind=fgm", "adversarial.epsilon=1e-6"]).run();
    approx::assert_relative_eq!(
        reports.steps[0].gradient_norm,
        2.0 * of_plain.steps[0].gradient_norm,
        max_relative = 1e-4
    );
}
