//! Folds and seeds.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::bench::Bench;

fn with_folds() -> Bench {
    let bench = Bench::new();
    bench.succeed(&[
        "split",
        "create",
        "--dataset",
        "tiny",
        "--out",
        "split.json",
        "--folds",
        "3",
    ]);
    bench
}

fn ids(bench: &Bench, path: &str) -> Vec<usize> {
    let text = bench.text(path);
    let rows = text.lines().skip(1).filter_map(|line| line.split(',').next());
    rows.map(|id| id.parse().unwrap()).collect()
}

fn summary(bench: &Bench, run: &str) -> Value {
    serde_json::from_str(&bench.text(&format!("{run}/summary.json"))).unwrap()
}

#[test]
fn every_row_is_predicted_by_the_run_that_did_not_learn_from_it() {
    let bench = with_folds();
    let said = bench.succeed(&["train", "--config", "tiny.toml", "--folds", "all", "--run", "series"]);
    assert_eq!(said, "series\n");

    let all = ids(&bench, "series/predictions/valid.csv");
    assert_eq!(all.len(), 16);
    assert_eq!(all.iter().copied().collect::<BTreeSet<_>>(), (0..16).collect());
    let mut of_folds = Vec::new();
    for fold in 0..3 {
        of_folds.extend(ids(
            &bench,
            &format!("series/seed-42-fold-{fold}/predictions/valid.csv"),
        ));
    }
    assert_eq!(of_folds, all);
    // A probability that one run gave is that run's.
    let row = |path: &str, id: usize| {
        let text = bench.text(path);
        let start = format!("{id},");
        text.lines().find(|line| line.starts_with(&start)).unwrap().to_owned()
    };
    for id in ids(&bench, "series/seed-42-fold-1/predictions/valid.csv") {
        assert_eq!(
            row("series/predictions/valid.csv", id),
            row("series/seed-42-fold-1/predictions/valid.csv", id)
        );
    }
    assert_eq!(ids(&bench, "series/submission.csv"), [0, 1, 2]);
    bench.succeed(&["lint-submission", "series/submission.csv", "--dataset", "tiny"]);

    let summary = summary(&bench, "series");
    assert_eq!(summary["pooled_rows"], 16);
    let scores: Vec<f64> = (0..3)
        .map(|run| summary["runs"][run]["accuracy"].as_f64().unwrap())
        .collect();
    let mean = summary["mean"]["accuracy"].as_f64().unwrap();
    assert!((mean - scores.iter().sum::<f64>() / 3.0).abs() < 1e-9);
    let squares: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
    let deviation = summary["deviation"]["accuracy"].as_f64().unwrap();
    assert!((deviation - (squares / 2.0).sqrt()).abs() < 1e-9);
    // A test row has the mean of what the runs gave it.
    let probabilities = |path: &str| -> Vec<f64> {
        let text = bench.text(path);
        let cells = text
            .lines()
            .nth(1)
            .unwrap()
            .split(|it: char| !"0123456789.e-".contains(it));
        cells.filter_map(|cell| cell.parse().ok()).collect()
    };
    let of_folds = [0, 1, 2].map(|fold| probabilities(&format!("series/seed-42-fold-{fold}/submission.csv")));
    for (at, mean) in probabilities("series/submission.csv").iter().enumerate() {
        let expected = of_folds.iter().map(|row| row[at]).sum::<f64>() / 3.0;
        assert!((mean - expected).abs() < 1e-6, "{mean} is not {expected}");
    }
    // As many epochs as the runs have: their steps by the rows of all folds to those that each learnt from.
    for run in summary["runs"].as_array().unwrap() {
        assert!(run["best_step"].as_u64().unwrap() <= run["steps"].as_u64().unwrap());
    }
    let learnt = |fold: usize| {
        let provenance = bench.text(&format!("series/seed-42-fold-{fold}/provenance.json"));
        serde_json::from_str::<Value>(&provenance).unwrap()["train_rows"]
            .as_f64()
            .unwrap()
    };
    let steps = |fold: usize| summary["runs"][fold]["best_step"].as_f64().unwrap() * 16.0 / learnt(fold);
    let expected = ((steps(0) + steps(1) + steps(2)) / 3.0).round();
    assert_eq!(summary["steps_for_all_rows"].as_f64(), Some(expected));
    let evaluated = bench.succeed(&[
        "evaluate",
        "--predictions",
        "series/predictions/valid.csv",
        "--dataset",
        "tiny",
        "--resamples",
        "20",
    ]);
    let pooled = format!("{:.2}", summary["pooled"]["auprc"].as_f64().unwrap());
    assert!(evaluated.contains(&pooled), "{pooled} is not in {evaluated}");
}

#[test]
fn seeds_are_averaged_and_a_member_is_the_run_that_it_would_be_alone() {
    let bench = with_folds();
    bench.succeed(&[
        "train",
        "--config",
        "tiny.toml",
        "--seeds",
        "1,2",
        "--folds",
        "0,2",
        "--run",
        "series",
    ]);
    let alone = [
        "train",
        "--config",
        "tiny.toml",
        "--set",
        "seed=2",
        "--set",
        "data.fold=2",
        "--run",
        "alone",
    ];
    bench.succeed(&alone);
    for file in ["best/model.safetensors", "metrics.jsonl", "config.toml"] {
        let of = |run: &str| bench.bytes(&format!("{run}/{file}"));
        assert!(of("alone") == of("series/seed-2-fold-2"), "{file}");
    }
    assert_eq!(summary(&bench, "series")["runs"].as_array().unwrap().len(), 4);
    let rows = ids(&bench, "series/predictions/valid.csv");
    let folds = [0, 2].map(|fold| ids(&bench, &format!("series/seed-1-fold-{fold}/predictions/valid.csv")));
    assert_eq!(rows, folds.concat());
}

/// Whatever is missing is done again, and nothing else.
#[test]
fn a_series_goes_on_where_it_was_broken_off() {
    let bench = with_folds();
    let train = ["train", "--config", "tiny.toml", "--folds", "all", "--run"];
    bench.succeed(&[&train[..], &["whole"]].concat());
    bench.succeed(&[&train[..], &["series"]].concat());
    std::fs::remove_dir_all(bench.path("series/seed-42-fold-2")).unwrap();
    bench.remove("series/summary.json");
    bench.remove("series/seed-42-fold-1/predictions/valid.csv.meta.json");
    let modified = |name: &str| std::fs::metadata(bench.path(name)).unwrap().modified().unwrap();
    let before = modified("series/seed-42-fold-0/best/model.safetensors");
    assert_eq!(bench.succeed(&["train", "--resume", "series"]), "series\n");
    assert_eq!(modified("series/seed-42-fold-0/best/model.safetensors"), before);
    for file in ["predictions/valid.csv", "submission.csv", "summary.json"] {
        let of = |run: &str| bench.bytes(&format!("{run}/{file}"));
        assert!(of("whole") == of("series"), "{file}");
    }
}

#[test]
fn a_series_that_came_to_nothing_leaves_nothing() {
    let bench = with_folds();
    let diverges = ["--set", "optimizer.learning_rate=1e38"];
    let series = [
        "train",
        "--config",
        "tiny.toml",
        "--folds",
        "0,1",
        "--run",
        "new/series",
    ];
    bench
        .command(&[&series[..], &diverges].concat())
        .assert()
        .code(2)
        .stderr(predicates::str::contains("error: step "));
    assert!(!bench.path("new").exists());
}

#[test]
fn series_that_cannot_be_are_refused() {
    let bench = with_folds();
    let refuse = |more: &[&str], parts: &[&str]| {
        bench.refuse(
            &[&["train", "--config", "tiny.toml", "--run", "new/run", "-q"], more].concat(),
            parts,
        );
    };
    refuse(&["--folds", "0,3"], &["split.json has folds 0 to 2, and no 3"]);
    refuse(&["--folds", "0,0"], &["a fold is named twice"]);
    refuse(&["--seeds", "4,4"], &["a seed is named twice"]);
    refuse(
        &["--folds", "all", "--set", "data.train_on=all"],
        &["every fold learns from the same rows"],
    );
    bench.succeed(&["train", "--config", "tiny.toml", "--seeds", "1", "--run", "series"]);
    bench.refuse(
        &["train", "--config", "tiny.toml", "--run", "series", "-q"],
        &["series: this folder already holds a run"],
    );
    bench.refuse(
        &["train", "--resume", "series", "--seeds", "1,2", "-q"],
        &["series.toml: this series was begun with other settings"],
    );
}

#[test]
fn a_hold_out_has_no_folds() {
    let bench = Bench::with_split();
    bench.refuse(
        &[
            "train",
            "--config",
            "tiny.toml",
            "--folds",
            "all",
            "--run",
            "new/run",
            "-q",
        ],
        &["split.json is a hold-out", "relex split create --folds 5"],
    );
}

/// A run on all rows has no validation rows; its test rows are predicted.
#[test]
fn all_rows_can_be_learnt_from() {
    let bench = Bench::with_split();
    let all = ["--set", "data.train_on=all", "--set", "training.steps=5"];
    bench.succeed(&[&["train", "--config", "tiny.toml", "--run", "run"][..], &all].concat());
    let provenance: Value = serde_json::from_str(&bench.text("run/provenance.json")).unwrap();
    assert_eq!(
        (
            &provenance["train_rows"],
            &provenance["valid_rows"],
            &provenance["steps"]
        ),
        (&16.into(), &0.into(), &5.into())
    );
    bench.succeed(&["predict", "--run", "run", "--rows", "test"]);
    bench.refuse(
        &["predict", "--run", "run", "-q"],
        &["the run learnt from all rows", "predict --rows test"],
    );
    bench.succeed(
        &[
            &["train", "--config", "tiny.toml", "--seeds", "1,2", "--run", "series"][..],
            &all,
        ]
        .concat(),
    );
    assert_eq!(ids(&bench, "series/submission.csv"), [0, 1, 2]);
    assert!(!bench.path("series/summary.json").exists());
    let keep = ["--set", "training.keep=best", "-q"];
    bench.refuse(
        &[&["train", "--config", "tiny.toml", "--run", "new/run"][..], &all, &keep].concat(),
        &["training.keep = \"best\"", "there are no validation rows"],
    );
}
