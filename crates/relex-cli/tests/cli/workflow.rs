use std::collections::BTreeSet;

use predicates::prelude::*;
use serde_json::Value;

use crate::bench::Bench;

#[test]
fn every_command_on_the_way_from_a_data_set_to_a_report() {
    let bench = Bench::new();
    assert!(
        bench
            .succeed(&["audit", "--dataset", "tiny", "--json", "findings.json"])
            .contains("16")
    );
    let _: Value = serde_json::from_str(&bench.text("findings.json")).unwrap();

    let said = bench.succeed(&[
        "split",
        "create",
        "--dataset",
        "tiny",
        "--out",
        "split.json",
        "--valid-fraction",
        "0.3",
    ]);
    let is_fold = |line: &str| line.split_whitespace().take(4).eq(["fold", "0", "5", "11"]);
    assert!(said.lines().any(is_fold), "{said}");
    assert!(
        bench
            .succeed(&["split", "verify", "split.json", "--dataset", "tiny"])
            .contains("all 16 rows")
    );
    let shown = bench.succeed(&["split", "show", "split.json"]);
    assert!(said.starts_with(&shown[..shown.len() - 1]), "{shown}");

    assert_eq!(
        bench.succeed(&["train", "--config", "tiny.toml", "--run", "run"]),
        "run\n"
    );
    assert!(bench.succeed(&["predict", "--run", "run"]).contains("5 rows in"));
    assert!(
        bench
            .succeed(&["predict", "--run", "run", "--rows", "test"])
            .contains("3 rows in")
    );
    let lint = bench.succeed(&["lint-submission", "run/submission.csv", "--dataset", "tiny"]);
    assert!(lint.contains("3 rows, nothing wrong"), "{lint}");
    let scores = bench.succeed(&["evaluate", "--run", "run", "--resamples", "50", "--json", "scores.json"]);
    for part in [
        "micro-F1 without no_relation",
        "AUPRC",
        "95 % interval",
        "5 rows",
        "org:top_members/employees",
    ] {
        assert!(scores.contains(part), "{part:?} is not in {scores}");
    }
    assert_eq!(
        bench.text("scores.json"),
        bench.text("run/predictions/valid.evaluation.json")
    );
    bench.succeed(&["report", "--run", "run"]);

    check_run_folder(&bench);
    check_metrics(&bench);
    check_provenance(&bench);
    check_submission(&bench);
    let report = bench.text("run/report.html");
    assert!(report.starts_with("<!doctype html>") || report.starts_with("<!DOCTYPE html>"));
    for attribute in ["src=\"", "href=\""] {
        let mut targets = report.split(attribute).skip(1);
        assert!(
            targets.all(|target| target.starts_with("data:") || target.starts_with('#')),
            "{attribute} leads outside"
        );
    }
}

fn check_run_folder(bench: &Bench) {
    let run = bench.path("run");
    let found: BTreeSet<String> = bench
        .listing()
        .into_iter()
        .filter(|(_, content)| content.is_some())
        .filter_map(|(path, _)| Some(path.strip_prefix(&run).ok()?.to_str()?.replace('\\', "/")))
        .collect();
    let expected = [
        "best/config.json",
        "best/model.safetensors",
        "best/relex.json",
        "best/sentences-read.json",
        "best/tokenizer.json",
        "config.toml",
        "events.out.tfevents",
        "metrics.jsonl",
        "predictions/valid.csv",
        "predictions/valid.csv.meta.json",
        "predictions/valid.evaluation.json",
        "provenance.json",
        "report.html",
        "split.json",
        "submission.csv",
        "submission.csv.meta.json",
    ];
    assert_eq!(found, expected.map(String::from).into());
    assert_eq!(bench.bytes("run/split.json"), bench.bytes("split.json"));
}

/// 11 rows in batches of at most 4 make 3 steps an epoch, 6 in all.
fn check_metrics(bench: &Bench) {
    let text = bench.text("run/metrics.jsonl");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (steps, evaluations): (Vec<&Value>, Vec<&Value>) = lines.iter().partition(|line| line.get("loss").is_some());
    assert_eq!((steps.len(), evaluations.len()), (6, 2), "{text}");
    assert!(steps.iter().all(|step| step["loss"].as_f64().unwrap() > 0.0));
    assert_eq!(steps.iter().map(|step| step["rows"].as_u64().unwrap()).sum::<u64>(), 22);
    assert!(evaluations.iter().all(|evaluation| evaluation["rows"] == 5));
}

fn check_provenance(bench: &Bench) {
    let provenance: Value = serde_json::from_str(&bench.text("run/provenance.json")).unwrap();
    assert_eq!(provenance["dataset"], "tiny");
    assert_eq!(
        (&provenance["train_rows"], &provenance["valid_rows"]),
        (&11.into(), &5.into())
    );
    assert_eq!(provenance["steps"], 6);
    let seconds = |of: &str| provenance[of].as_f64().unwrap();
    assert!(0.0 < seconds("data_seconds") && seconds("data_seconds") < seconds("train_seconds"));
    assert!(seconds("train_seconds") < seconds("wall_seconds"));
    assert!(provenance.get("device_seconds").is_none());
    let weights = relex_data::sha256_file(&bench.path("encoder/model.safetensors")).unwrap();
    assert_eq!(provenance["encoder"]["model.safetensors"], weights.as_str());
    let config = relex_data::sha256_hex(&bench.bytes("run/config.toml"));
    assert_eq!(provenance["config_hash"], config.as_str());
}

fn check_submission(bench: &Bench) {
    let text = bench.text("run/submission.csv");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "id,pred_label,probs");
    let ids: Vec<&str> = lines[1..].iter().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(ids, ["0", "1", "2"]);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let bench = Bench::with_split();
    for threads in ["1", "3"] {
        let arguments = ["train", "--config", "tiny.toml", "--run", threads];
        bench
            .command(&arguments)
            .env("RAYON_NUM_THREADS", threads)
            .assert()
            .success();
    }
    for file in ["metrics.jsonl", "best/model.safetensors"] {
        assert!(
            bench.bytes(&format!("1/{file}")) == bench.bytes(&format!("3/{file}")),
            "{file} differs"
        );
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let bench = Bench::with_run();
    bench.succeed(&["train", "--config", "tiny.toml", "--run", "again"]);
    bench.succeed(&["train", "--config", "run/config.toml", "--run", "repeated"]);
    bench.succeed(&["train", "--config", "tiny.toml", "--set", "seed=7", "--run", "other"]);
    for run in ["run", "again", "repeated", "other"] {
        bench.succeed(&["predict", "--run", run]);
        bench.succeed(&["predict", "--run", run, "--rows", "test"]);
    }
    for file in [
        "config.toml",
        "metrics.jsonl",
        "best/model.safetensors",
        "predictions/valid.csv",
        "submission.csv",
    ] {
        let of = |run: &str| bench.bytes(&format!("{run}/{file}"));
        assert!(of("run") == of("again"), "{file} differs when the run is repeated");
        assert!(
            of("run") == of("repeated"),
            "{file} differs when the run is repeated from its own configuration"
        );
        assert!(of("run") != of("other"), "{file} does not depend on the seed");
    }
}

#[test]
fn rows_of_any_file_can_be_predicted_and_predictions_of_any_system_scored() {
    let bench = Bench::with_run();
    bench.succeed(&["predict", "--run", "run", "--rows", "test"]);
    bench.succeed(&[
        "predict",
        "--run",
        "run",
        "--input",
        "tiny/test.csv",
        "--out",
        "deep/down/out.csv",
    ]);
    assert_eq!(bench.bytes("deep/down/out.csv"), bench.bytes("run/submission.csv"));

    let of_run = bench.succeed(&["evaluate", "--run", "run", "--resamples", "50"]);
    bench.write("foreign.csv", bench.bytes("run/predictions/valid.csv"));
    let foreign = [
        "evaluate",
        "--predictions",
        "foreign.csv",
        "--dataset",
        "tiny",
        "--resamples",
        "50",
    ];
    assert_eq!(bench.succeed(&foreign), of_run);
}

#[test]
fn split_ids_are_a_partition_that_no_sentence_straddles() {
    let bench = Bench::with_split();
    let ids = |more: &[&str]| -> Vec<usize> {
        let arguments = [&["split", "ids", "split.json", "--dataset", "tiny", "--part"], more].concat();
        bench
            .succeed(&arguments)
            .lines()
            .map(|id| id.parse().unwrap())
            .collect()
    };
    let (train, valid) = (ids(&["train"]), ids(&["valid"]));
    assert_eq!((train.len(), valid.len()), (11, 5));
    let all: BTreeSet<usize> = train.iter().chain(&valid).copied().collect();
    assert_eq!(all, (0..16).collect());
    let text = bench.text("tiny/train.csv");
    let sentence = |id: &usize| {
        text.lines()
            .nth(id + 1)
            .unwrap()
            .split(",\"{")
            .next()
            .unwrap()
            .split_once(',')
            .unwrap()
            .1
    };
    for id in &valid {
        assert!(
            !train.iter().any(|other| sentence(other) == sentence(id)),
            "sentence of row {id} is on both sides"
        );
    }
    let few = ids(&["train", "--max-rows", "4"]);
    assert_eq!(few.len(), 4);
    assert!(few.iter().all(|id| train.contains(id)));
    assert!(
        few.iter().all(|id| ids(&["train", "--max-rows", "6"]).contains(id)),
        "subsets are not nested"
    );
}

#[test]
fn progress_goes_to_standard_error_as_lines_and_quiet_silences_it() {
    let bench = Bench::with_split();
    let train = |run: &'static str| ["train", "--config", "tiny.toml", "--run", run];
    let mut outcome = bench.command(&train("told")).assert().success().stdout("told\n");
    for part in [
        "11 rows to learn from",
        "22/22 rows",
        "loss",
        "rate",
        "examples/s",
        "s left",
        "micro-F1",
        "peak memory",
    ] {
        outcome = outcome.stderr(predicate::str::contains(part));
    }
    outcome.stderr(predicate::str::contains('\u{1b}').not());
    bench
        .command(&train("more"))
        .arg("-v")
        .assert()
        .success()
        .stderr(predicate::str::contains("max_tokens = 128"));
    bench
        .command(&train("mute"))
        .arg("--quiet")
        .assert()
        .success()
        .stdout("mute\n")
        .stderr("");
    for command in [
        &["predict", "--run", "mute"][..],
        &["evaluate", "--run", "mute"],
        &["report", "--run", "mute"],
    ] {
        bench.command(command).arg("-q").assert().success().stderr("");
    }
}

#[test]
fn without_a_folder_runs_are_numbered() {
    let bench = Bench::with_split();
    for expected in ["runs/tiny-tiny-1\n", "runs/tiny-tiny-2\n"] {
        assert_eq!(bench.succeed(&["train", "--config", "tiny.toml"]), expected);
    }
}
