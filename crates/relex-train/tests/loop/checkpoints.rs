//! Broken off after any report, a run goes on to the same end.

use std::ops::ControlFlow;

use relex_model::Classifier;
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
) -> Option<Classifier> {
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

/// Trains to the end, but is stopped after every single step and evaluation; in how many sittings.
pub(crate) fn in_sittings(bench: &Bench, checkpoints: &Checkpoints) -> (Classifier, Reports, usize) {
    let mut reports = Vec::new();
    let mut sittings = 0;
    let ended = loop {
        sittings += 1;
        let mut new = 0;
        let outcome = bench.run_with(Some(checkpoints), |event| {
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
        match outcome {
            Ok(classifier) => break classifier,
            Err(TrainError::Stopped { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    };
    let mut heard = Reports::default();
    reports.into_iter().for_each(|event| heard.hear(event));
    (ended, heard, sittings)
}

fn check_sittings(bench: &Bench) {
    let (whole, expected) = bench.run();
    let checkpoints = Checkpoints::new(bench.folder.path().join("checkpoints"), "x", 2);
    let (ended, heard, sittings) = in_sittings(bench, &checkpoints);
    assert_eq!(sittings, expected.steps.len() + expected.evaluations.len() + 1);
    assert_same_weights(&ended, &whole);
    assert_eq!(heard, expected);
}

#[test]
fn a_run_of_many_sittings_is_one_run() {
    check_sittings(&Bench::new(&SETTINGS));
}

/// What draws rows, masks and moves of the weights, what remembers, and what thaws.
const MANY: [&str; 9] = [
    "training.epochs=4",
    "training.sampler=balanced",
    "loss.kind=r-drop",
    "adversarial.kind=fgm",
    "optimizer.kind=adafactor",
    "optimizer.beta_1=0.9",
    "optimizer.scale_by_parameter=true",
    "training.unfreeze_layers_per_epoch=1",
    "training.keep=best",
];

#[test]
fn a_run_of_everything_at_once_goes_on_to_the_same_end() {
    let dropout = |sets: &[&str]| Bench::with_dropout("0.2", &[&MANY[..], sets].concat());
    check_sittings(&dropout(&["training.evaluate.every-steps=5"]));
    check_sittings(&dropout(&["training.micro_batch_size=3", "training.precision=fp16"]));

    // Every part of it is at work: without it the run is another one.
    let (_, all) = dropout(&[]).run();
    for (left_out, _) in MANY
        .iter()
        .enumerate()
        .filter(|(_, set)| !set.starts_with("training.epochs"))
    {
        let mut sets = MANY.to_vec();
        let set = sets.remove(left_out);
        // These belong to a kind that is gone with its own setting.
        if set == "optimizer.kind=adafactor" {
            sets.retain(|set| *set != "optimizer.scale_by_parameter=true");
        }
        if set == "training.keep=best" {
            continue;
        }
        let (_, others) = Bench::with_dropout("0.2", &sets).run();
        assert_ne!(others.steps, all.steps, "{set} does nothing");
    }
}

/// The same after the process died: the work since the last checkpoint is done again.
#[test]
fn a_run_of_everything_at_once_survives_its_death() {
    let bench = Bench::with_dropout("0.2", &[&MANY[..], &["checkpoint.every_steps=2"]].concat());
    let (whole, expected) = bench.run();
    let died = || {
        Stop::Failed(TrainError::Device {
            reason: "for the test".into(),
        })
    };
    for at in [9, 20, 33, 40] {
        let checkpoints = Checkpoints::new(bench.folder.path().join(format!("checkpoints-{at}")), "x", 2);
        let mut reports = Vec::new();
        assert!(
            run_until(&bench, &checkpoints, at, died, &mut reports).is_none(),
            "it ended before event {at}"
        );
        let ended = run_until(&bench, &checkpoints, usize::MAX, died, &mut reports);
        assert_same_weights(&ended.unwrap(), &whole);
        let mut heard = Reports::default();
        reports.into_iter().for_each(|event| heard.hear(event));
        assert_eq!(heard, expected, "broken off at event {at}");
    }
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
