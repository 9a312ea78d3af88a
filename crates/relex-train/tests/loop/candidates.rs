//! Means of weights, and which weights are kept.

use std::ops::ControlFlow;

use relex_model::Classifier;
use relex_train::{CandidateReport, Checkpoints, Event, Keep, Stop};

use crate::bench::{Bench, assert_same_weights, weights};

const ALL: [&str; 7] = [
    "training.epochs=4",
    "schedule.kind=constant",
    "optimizer.learning_rate=3e-3",
    "averaging.ema_decay=0.8",
    "averaging.swa_from=0.5",
    "averaging.last=2",
    "averaging.best=2",
];

fn run(sets: &[&str]) -> (Classifier, Vec<CandidateReport>) {
    let mut candidates = Vec::new();
    let classifier = Bench::new(sets).run_with(None, |event| {
        if let Event::Candidate(candidate) = event {
            candidates.push(candidate);
        }
        ControlFlow::Continue(())
    });
    (classifier.unwrap(), candidates)
}

fn keeping(keep: &str) -> (Classifier, Vec<CandidateReport>) {
    let keep = format!("training.keep={keep}");
    run(&[&ALL[..], &[keep.as_str()]].concat())
}

/// The weights of the same run after so many of its 12 steps.
fn after(steps: usize) -> Vec<f32> {
    let steps = format!("training.steps={steps}");
    let sets = [&ALL[..3], &[steps.as_str()]].concat();
    weights(&run(&sets).0)
}

#[track_caller]
fn assert_near(found: &Classifier, expected: &[f32]) {
    let found = weights(found);
    assert_eq!(found.len(), expected.len());
    for (a, e) in found.iter().zip(expected) {
        approx::assert_abs_diff_eq!(*a, *e, epsilon = 1e-6);
    }
}

fn mean(all: &[Vec<f32>]) -> Vec<f32> {
    let count = all.len() as f32;
    (0..all[0].len())
        .map(|at| all.iter().map(|weights| weights[at]).sum::<f32>() / count)
        .collect()
}

#[test]
fn means_are_those_of_the_steps_that_they_are_made_of() {
    // The window begins after half of 12 steps.
    let window: Vec<Vec<f32>> = (7..=12).map(after).collect();
    assert_near(&keeping("swa").0, &mean(&window));
    assert_near(&keeping("mean-of-last").0, &mean(&[after(9), after(12)]));
    let mut ema = weights(&Bench::new(&ALL).classifier);
    for step in 1..=12 {
        let decay = 0.8f32.min(step as f32 / (9 + step) as f32);
        for (average, weight) in ema.iter_mut().zip(after(step)) {
            *average = decay * *average + (1.0 - decay) * weight;
        }
    }
    assert_near(&keeping("ema").0, &ema);
}

#[test]
fn every_candidate_is_scored_and_one_is_kept() {
    for (keep, expected) in [
        ("last", Keep::Last),
        ("swa", Keep::Swa),
        ("mean-of-best", Keep::MeanOfBest),
    ] {
        let (_, candidates) = keeping(keep);
        let kept: Vec<Keep> = candidates
            .iter()
            .filter(|report| report.kept)
            .map(|report| report.candidate)
            .collect();
        assert_eq!(kept, [expected]);
        assert_eq!(candidates.len(), 5);
    }
    let (_, candidates) = run(&[&ALL[..], &["training.keep=winner", "training.choose_by=loss"]].concat());
    let names: Vec<Keep> = candidates.iter().map(|report| report.candidate).collect();
    assert_eq!(
        names,
        [
            Keep::Last,
            Keep::Best,
            Keep::Ema,
            Keep::Swa,
            Keep::MeanOfLast,
            Keep::MeanOfBest
        ]
    );
    let loss = |report: &CandidateReport| report.report.valid_loss;
    let least = candidates.iter().map(loss).fold(f64::INFINITY, f64::min);
    let winner = candidates.iter().find(|report| report.kept).unwrap();
    assert_eq!(loss(winner), least);
}

/// The mean of the two best evaluations, whichever they are.
#[test]
fn the_best_evaluations_are_averaged() {
    let (_, reports) = Bench::new(&[&ALL[..3], &["training.choose_by=loss"]].concat()).run();
    let mut by_loss: Vec<(f64, usize)> = reports
        .evaluations
        .iter()
        .map(|report| (report.valid_loss, report.step))
        .collect();
    by_loss.sort_by(|left, right| left.0.total_cmp(&right.0));
    let two: Vec<Vec<f32>> = by_loss[..2].iter().map(|(_, step)| after(*step)).collect();
    let (found, _) = run(&[&ALL[..], &["training.keep=mean-of-best", "training.choose_by=loss"]].concat());
    assert_near(&found, &mean(&two));
}

#[test]
fn nothing_is_scored_again_where_there_is_no_choice() {
    assert_eq!(run(&ALL[..3]).1, []);
    assert_eq!(run(&[&ALL[..3], &["training.keep=best"]].concat()).1, []);
}

/// Averages and snapshots survive, whenever the run is broken off.
#[test]
fn averages_go_through_checkpoints() {
    let sets = [
        &ALL[..],
        &[
            "training.keep=winner",
            "training.choose_by=loss",
            "checkpoint.every_steps=1",
        ],
    ]
    .concat();
    let bench = Bench::new(&sets);
    let mut expected = Vec::new();
    let whole = bench.run_with(None, |event| {
        if let Event::Candidate(candidate) = event {
            expected.push(candidate);
        }
        ControlFlow::Continue(())
    });
    for stop_at in [1, 6, 7, 11, 12] {
        let checkpoints = Checkpoints::new(bench.folder.path().join(format!("at-{stop_at}")), "x", 2);
        let stopped = bench.run_with(Some(&checkpoints), |event| match event {
            Event::Step(step) if step.step == stop_at => ControlFlow::Break(Stop::Requested),
            _ => ControlFlow::Continue(()),
        });
        assert!(stopped.is_err());
        let mut candidates = Vec::new();
        let ended = bench.run_with(Some(&checkpoints), |event| {
            if let Event::Candidate(candidate) = event {
                candidates.push(candidate);
            }
            ControlFlow::Continue(())
        });
        assert_same_weights(&ended.unwrap(), whole.as_ref().unwrap());
        assert_eq!(candidates, expected);
    }
}
