//! When the loop evaluates and ends. 11 rows in batches of 4 make 3 steps an epoch.

use std::ops::ControlFlow;

use crate::bench::{Bench, assert_same_weights};

/// The steps of a run's evaluations, and how many steps it took.
#[track_caller]
fn check(sets: &[&str], evaluations: &[usize], steps: usize) {
    let (_, reports) = Bench::new(sets).run();
    let found: Vec<usize> = reports.evaluations.iter().map(|report| report.step).collect();
    assert_eq!(
        (found.as_slice(), reports.steps.len()),
        (evaluations, steps),
        "{sets:?}"
    );
    assert!(reports.steps.iter().zip(1..).all(|(report, step)| report.step == step));
}

#[test]
fn evaluations_come_when_they_are_asked_for() {
    check(&[], &[3, 6], 6);
    check(&["training.evaluate=at-end"], &[6], 6);
    check(&["training.evaluate.every-steps=4"], &[4, 6], 6);
    // Half an epoch is one batch and a half.
    check(&["training.evaluate.every-epochs=0.5"], &[2, 3, 5, 6], 6);
    check(&["training.steps=5"], &[3, 5], 5);
    check(&["training.steps=8"], &[3, 6, 8], 8);
}

/// By the loss of the same run without patience.
#[test]
fn patience_goes_by_the_chosen_score() {
    let settings = ["training.choose_by=loss", "training.epochs=6", "schedule.kind=constant"];
    let (_, patient) = Bench::new(&settings).run();
    let losses: Vec<f64> = patient.evaluations.iter().map(|report| report.valid_loss).collect();
    let end = (1..losses.len()).find(|&at| losses[..at].iter().any(|earlier| *earlier <= losses[at]));
    let (_, hasty) = Bench::new(&[&settings[..], &["training.patience=1"]].concat()).run();
    let expected = end.map_or(losses.len(), |at| at + 1);
    assert_eq!(hasty.evaluations, patient.evaluations[..expected]);
}

/// A rate of 0 never gains anything after the first evaluation.
#[test]
fn a_run_ends_when_its_patience_does() {
    let still = ["optimizer.learning_rate=1e-30", "training.epochs=9"];
    check(&[&still[..], &["training.patience=2"]].concat(), &[3, 6, 9], 9);
}

#[test]
fn without_validation_rows_it_learns_from_all_and_measures_nothing() {
    let all = ["data.train_on=all", "training.steps=7"];
    check(&all, &[], 7);
    let bench = Bench::new(&all);
    assert_eq!(
        (bench.prepared.train.labels.len(), bench.prepared.valid.labels.len()),
        (16, 0)
    );
}

#[test]
fn an_evaluation_says_who_was_taken_for_whom() {
    let (_, reports) = Bench::new(&[]).run();
    for report in &reports.evaluations {
        let counts = &report.confusion.counts;
        assert_eq!(counts.iter().flatten().sum::<usize>(), report.rows);
        let right: usize = (0..counts.len()).map(|label| counts[label][label]).sum();
        assert_eq!(report.accuracy, right as f64 / report.rows as f64 * 100.0);
        assert!(report.valid_loss > 0.0);
    }
}

/// Each as a run that ends there has them, whatever is kept besides.
#[test]
fn the_best_and_the_last_evaluations_are_handed_over() {
    let settings = ["training.choose_by=loss", "training.epochs=4", "schedule.kind=constant"];
    let (last, reports) = Bench::new(&settings).run();
    let also = ["training.also_keep_best=1", "training.also_keep_last=2"];
    let bench = Bench::new(&[&settings[..], &also].concat());
    let fitted = relex_train::fit(bench.classifier.clone(), &bench.input(None), |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_same_weights(&fitted.classifier, &last);
    let best = reports
        .evaluations
        .iter()
        .min_by(|a, b| a.valid_loss.total_cmp(&b.valid_loss))
        .unwrap();
    let steps: Vec<usize> = reports.evaluations.iter().map(|report| report.step).collect();
    let mut expected = vec![best.step, steps[2], steps[3]];
    expected.sort_unstable();
    expected.dedup();
    let found: Vec<usize> = fitted.evaluations.iter().map(|kept| kept.step).collect();
    assert_eq!(found, expected);
    assert_same_weights(&fitted.evaluations.last().unwrap().classifier, &last);
}

/// Whatever happened later: a run that ends at the best evaluation ends with the same weights.
#[test]
fn the_best_evaluation_is_kept() {
    let constant = ["schedule.kind=constant", "optimizer.learning_rate=0.1"];
    let keep_best = ["training.keep=best", "training.choose_by=loss", "training.epochs=4"];
    let (kept, reports) = Bench::new(&[&constant[..], &keep_best].concat()).run();
    let losses: Vec<f64> = reports.evaluations.iter().map(|report| report.valid_loss).collect();
    let best = (0..losses.len())
        .min_by(|&a, &b| losses[a].total_cmp(&losses[b]))
        .unwrap();
    assert!(
        best + 1 < losses.len(),
        "the last evaluation is the best, which proves nothing: {losses:?}"
    );
    let ended = format!("training.steps={}", reports.evaluations[best].step);
    let (last, _) = Bench::new(&[&constant[..], &[ended.as_str()]].concat()).run();
    assert_same_weights(&kept, &last);
}
