//! Results never replace what they are made from, a data set, or a part of a run; and what cannot be written is known beforehand.

use predicates::prelude::*;

use crate::bench::Bench;

#[test]
fn what_is_read_is_not_written_over() {
    let bench = Bench::with_run();
    bench.write("more.csv", bench.bytes("tiny/test.csv"));
    bench.write("old.csv", bench.bytes("run/predictions/valid.csv"));
    let run = ["predict", "--run", "run"];
    let check = |arguments: &[&str], part: &str| bench.refuse(arguments, &[part, "choose another file"]);
    let predict = |more: &[&str], part: &str| check(&[&run[..], more].concat(), part);
    predict(&["--out", "tiny/train.csv"], "tiny/train.csv: this file is read here");
    predict(
        &["--out", "tiny/dataset.toml"],
        "tiny/dataset.toml: this file is read here",
    );
    predict(
        &["--input", "more.csv", "--out", "./more.csv"],
        "more.csv: this file is read here",
    );
    predict(
        &["--out", "x.csv", "--bad-rows", "x.csv"],
        "x.csv: two results would go here",
    );
    check(
        &["noise", "run", "--out", "tiny/train.csv"],
        "tiny/train.csv: this file is read here",
    );
    check(
        &["audit", "--dataset", "tiny", "--json", "tiny/train.csv"],
        "tiny/train.csv: this file is read here",
    );
    check(
        &["evaluate", "--run", "run", "--json", "tiny/test.csv"],
        "tiny/test.csv: this file is read here",
    );
    check(
        &["report", "--run", "run", "--out", "split.json"],
        "split.json: this file is read here",
    );
    check(
        &[
            "ensemble",
            "old.csv",
            "old.csv",
            "--dataset",
            "tiny",
            "--out",
            "old.csv",
        ],
        "old.csv: this file is read here",
    );
    check(
        &["compare", "run", "run", "--json", "tiny/train.csv"],
        "tiny/train.csv: this file is read here",
    );
}

#[test]
fn a_file_of_any_data_set_is_not_written_over() {
    let bench = Bench::with_run();
    crate::bench::copy(&bench.path("tiny"), &bench.path("another"));
    bench.refuse(
        &["predict", "--run", "run", "--out", "another/test.csv"],
        &["another/test.csv: this is a file of the data set itself"],
    );
    bench.succeed(&["predict", "--run", "run", "--out", "another/predicted.csv"]);
}

#[test]
fn what_is_a_runs_own_is_not_written_over() {
    let bench = Bench::with_run();
    let check = |arguments: &[&str]| bench.refuse(arguments, &["this file is the run's own"]);
    check(&["ensemble", "run", "run", "--out", "run/predictions/valid.csv"]);
    check(&[
        "predict",
        "--run",
        "run",
        "--rows",
        "test",
        "--out",
        "run/predictions/valid.csv",
    ]);
    check(&["predict", "--run", "run", "--out", "run/best/model.safetensors"]);
    check(&["evaluate", "--run", "run", "--json", "run/provenance.json"]);
    check(&["noise", "run", "--out", "run/config.toml"]);
    // Its own place, and a new file beside the run's.
    bench.succeed(&["predict", "--run", "run", "--out", "run/predictions/valid.csv"]);
    bench.succeed(&[
        "evaluate",
        "--run",
        "run",
        "--resamples",
        "50",
        "--json",
        "run/scores.json",
    ]);
    bench.succeed(&["report", "--run", "run", "--out", "run/report.html"]);
}

#[test]
fn what_cannot_be_written_is_known_before_anything_is_computed() {
    let bench = Bench::with_run();
    // Damaged weights would be complained of when the classifier is opened.
    bench.truncate("run/best/model.safetensors", 50);
    bench.refuse(
        &["predict", "--run", "run", "--out", "tiny"],
        &["tiny: this is a folder; name a file in it"],
    );
    bench.refuse(
        &["predict", "--run", "run", "--out", "tiny.toml/deep/x.csv"],
        &["tiny.toml is a file, and nothing can be in it"],
    );
}

/// Scores are printed even where the run cannot keep them.
#[test]
fn scores_of_a_run_that_cannot_be_written_to() {
    let bench = Bench::with_run();
    std::fs::create_dir_all(bench.path("run/predictions/valid.evaluation.json/taken")).unwrap();
    bench
        .command(&["evaluate", "--run", "run", "--resamples", "50", "--json", "scores.json"])
        .assert()
        .success()
        .stdout(predicate::str::contains("micro-F1 without no_relation"))
        .stderr(predicate::str::contains("the scores could not be kept in the run"))
        .stderr(predicate::str::contains("run/predictions/valid.evaluation.json"));
    assert!(bench.text("scores.json").contains("micro_f1"));
}

/// A link is where it leads to.
#[cfg(unix)]
#[test]
fn a_link_to_a_file_of_a_run_is_refused() {
    let bench = Bench::with_run();
    let before = bench.listing();
    std::os::unix::fs::symlink(bench.path("run/predictions/valid.csv"), bench.path("link.csv")).unwrap();
    let predict = ["predict", "--run", "run", "--rows", "test", "--out"];
    bench.refuse(
        &[&predict[..], &["link.csv"]].concat(),
        &["link.csv: this file is the run's own"],
    );
    bench.remove("link.csv");
    // The place that a command writes by itself is not free for its other outputs.
    bench.refuse(
        &[&predict[..], &["x.csv", "--bad-rows", "run/submission.csv"]].concat(),
        &["run/submission.csv: this file is the run's own"],
    );
    assert!(before == bench.listing());
}
