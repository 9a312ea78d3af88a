//! Broken off after any report, a run goes on to the same end.

use std::ops::ControlFlow;

use relex_train::{Checkpoints, Event, Stop, TrainError};

use crate::bench::{Bench, Reports, assert_same_weights};

const SETTINGS: [&str; 4] = [
    "training.epochs=3",
    "training.keep=best",
    "training.evaluate.every-steps=2",
    "checkpoint.every_steps=2",
];

fn is_report(event: &Event) -> bool {
    matches!(event, Event::Step(_) | Event::Evaluation(_))
}

/// Runs until the `at`-th event, from 0; whether it was broken off there.
fn run_until(
    bench: &Bench,
    checkpoints: &Checkpoints,
    at: usize,
    stop: fn() -> Stop,
    reports: &mut Vec<Event>,
) -> Option<relex_model::Classifier> {
    let mut count = 0;
    let outcome = bench.run_with(Some(checkpoints), |event| {
        if let Event::Start(start) = &event {
            reports.truncate(start.reports);
        }
        if is_report(&event) {
            reports.push(event);
        }
        count += 1;
        if count > at {
            ControlFlow::Break(stop())
        } else {
            ControlFlow::Continue(())
        }
    });
    match outcome {
        Ok(classifier) => Some(classifier),
        Err(TrainError::Stopped { .. } | TrainError::Device { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

fn check(stop: fn() -> Stop) {
    let bench = Bench::new(&SETTINGS);
    let (whole, expected) = bench.run();
    for at in 0..30 {
        let checkpoints = Checkpoints::new(bench.folder.path().join(format!("checkpoints-{at}")), "x", 2);
        let mut reports = Vec::new();
        let mut ended = run_until(&bench, &checkpoints, at, stop, &mut reports);
        while ended.is_none() {
            ended = run_until(&bench, &checkpoints, usize::MAX, stop, &mut reports);
        }
        assert_same_weights(&ended.unwrap(), &whole);
        let mut heard = Reports::default();
        reports.into_iter().for_each(|event| heard.hear(event));
        assert_eq!(heard, expected, "broken off at event {at}");
    }
}

#[test]
fn a_run_that_is_stopped_goes_on_to_the_same_end() {
    check(|| Stop::Requested);
}

/// An observer that fails leaves the checkpoint before.
#[test]
fn a_run_whose_observer_fails_goes_on_to_the_same_end() {
    check(|| {
        Stop::Failed(TrainError::Device {
            reason: "for the test".into(),
        })
    });
}

/// Stopped after every single step, and in every evaluation.
#[test]
fn a_run_of_many_sittings_is_one_run() {
    let bench = Bench::new(&SETTINGS);
    let (whole, expected) = bench.run();
    let checkpoints = Checkpoints::new(bench.folder.path().join("checkpoints"), "x", 2);
    let mut reports = Vec::new();
    let mut sittings = 0;
    let ended = loop {
        sittings += 1;
        let mut new = 0;
        let outcome = bench.run_with(Some(&checkpoints), |event| {
            if let Event::Start(start) = &event {
                reports.truncate(start.reports);
            }
            if is_report(&event) {
                reports.push(event);
                new += 1;
            }
            if new > 0 {
                ControlFlow::Break(Stop::Requested)
            } else {
                ControlFlow::Continue(())
            }
        });
        if let Ok(classifier) = outcome {
            break classifier;
        }
    };
    assert_eq!(sittings, expected.steps.len() + expected.evaluations.len() + 1);
    assert_same_weights(&ended, &whole);
    let mut heard = Reports::default();
    reports.into_iter().for_each(|event| heard.hear(event));
    assert_eq!(heard, expected);
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let bench = Bench::new(&SETTINGS);
    let folder = bench.folder.path().join("checkpoints");
    let observe = |_| ControlFlow::Continue(());
    bench
        .run_with(Some(&Checkpoints::new(&folder, "one", 2)), observe)
        .unwrap();
    let error = bench
        .run_with(Some(&Checkpoints::new(&folder, "two", 2)), observe)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("is not what it was when this checkpoint was written"),
        "{error}"
    );
}

#[test]
fn the_newest_stay() {
    let bench = Bench::new(&SETTINGS);
    let folder = bench.folder.path().join("checkpoints");
    let observe = |_| ControlFlow::Continue(());
    bench
        .run_with(Some(&Checkpoints::new(&folder, "x", 3)), observe)
        .unwrap();
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    // 9 steps in all.
    assert_eq!(names, ["step-4", "step-6", "step-8"]);
}
