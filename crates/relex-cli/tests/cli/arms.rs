//! Arms of `relex compare` that are runs, and series of runs used as one thing.

use predicates::prelude::*;

use crate::bench::Bench;

/// A series of two seeds on one fold.
fn with_series() -> Bench {
    let bench = Bench::with_split();
    bench.succeed(&["train", "--config", "tiny.toml", "--seeds", "1-2", "--run", "series"]);
    bench
}

fn train(bench: &Bench, run: &str, sets: &[&str]) {
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    bench.succeed(&[&["train", "--config", "tiny.toml", "--run", run][..], &sets].concat());
    bench.succeed(&["predict", "--run", run]);
}

#[test]
fn runs_of_one_arm_differ_by_their_seed_only() {
    let bench = with_series();
    train(&bench, "a", &["seed=3", "checkpoint.every_steps=100"]);
    train(&bench, "b", &["seed=4", "optimizer.learning_rate=0.125"]);
    bench.write("again.json", bench.bytes("split.json"));
    train(&bench, "c", &["seed=5", "data.split=again.json"]);
    let compare = |arm: &'static str| ["compare", "--arm", "old=series", "--resamples", "50", "--arm", arm];
    bench.refuse(
        &compare("new=a,b"),
        &[
            "--arm new: a and b differ by more than their seed: optimizer.learning_rate (",
            "and 0.125)",
            "an arm of its own",
        ],
    );
    // The same split by another path, and how often a run is saved, change nothing.
    bench.succeed(&compare("new=a,c"));

    bench.succeed(&[
        "split",
        "create",
        "--dataset",
        "tiny",
        "--seed",
        "7",
        "--valid-fraction",
        "0.3",
        "--out",
        "other.json",
    ]);
    train(&bench, "d", &["seed=6", "data.split=other.json"]);
    bench.refuse(
        &compare("new=a,d"),
        &["a and d differ by more than their seed: data.split"],
    );
}

#[test]
fn a_series_is_an_arm_of_its_runs() {
    let bench = with_series();
    let named = "old=series/seed-1-fold-0,series/seed-2-fold-0";
    train(&bench, "a", &["seed=3"]);
    let compare = |arm: &str| bench.succeed(&["compare", "a", "--arm", arm, "--resamples", "50"]);
    assert_eq!(compare("old=series"), compare(named));
}

#[test]
fn pooled_predictions_of_a_series_are_scored_and_shown() {
    let bench = with_series();
    let said = bench.succeed(&["evaluate", "--run", "series", "--resamples", "50"]);
    let file = [
        "evaluate",
        "--predictions",
        "series/predictions/valid.csv",
        "--dataset",
        "tiny",
    ];
    assert_eq!(said, bench.succeed(&[&file[..], &["--resamples", "50"]].concat()));
    bench.succeed(&["report", "--run", "series"]);
    let page = bench.text("series/report.html");
    assert!(page.contains("<th scope=\"row\">Seeds</th><td>1, 2</td>"), "{page}");
}

#[test]
fn what_a_series_has_not_names_its_runs() {
    let bench = with_series();
    let runs = "series/seed-1-fold-0, series/seed-2-fold-0";
    for arguments in [&["predict", "--run", "series"][..], &["export", "series", "out"]] {
        bench.refuse(arguments, &["series: this is a series of runs", runs]);
    }
    bench.remove("series/predictions/valid.csv");
    bench.refuse(
        &["evaluate", "--run", "series"],
        &["series/predictions/valid.csv", "relex train --resume series", runs],
    );
}

/// Every fold has other rows: the runs of a series over folds are one system together.
#[test]
fn a_series_over_folds_is_one_system() {
    let bench = Bench::new();
    bench.succeed(&[
        "split",
        "create",
        "--dataset",
        "tiny",
        "--folds",
        "3",
        "--out",
        "split.json",
    ]);
    let train = ["train", "--config", "tiny.toml", "--folds", "0-2"];
    bench.succeed(&[&train[..], &["--run", "one"]].concat());
    bench.succeed(&[&train[..], &["--seeds", "4", "--run", "other"]].concat());
    bench.succeed(&["evaluate", "--run", "one", "--resamples", "50", "--slices"]);
    bench
        .command(&["compare", "one", "other", "--resamples", "50"])
        .assert()
        .success()
        .stdout(predicate::str::contains("16 rows"));
    bench.succeed(&[&train[..], &["--seeds", "4,5", "--run", "both"]].concat());
    bench.refuse(
        &["compare", "one", "both"],
        &[
            "both: this series has several folds and several seeds",
            "both/seed-5-fold-2",
        ],
    );
}
