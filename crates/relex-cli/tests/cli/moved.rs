//! Runs whose data is not where their configuration says any more.

use predicates::prelude::*;

use crate::bench::Bench;

fn path(bench: &Bench, name: &str) -> String {
    bench.path(name).to_str().unwrap().to_owned()
}

/// A run in another folder than the one that relex is run in: its relative paths lead nowhere.
#[test]
fn a_run_is_used_from_another_folder() {
    let bench = Bench::with_run();
    std::fs::create_dir(bench.path("elsewhere")).unwrap();
    let (run, tiny) = (path(&bench, "run"), path(&bench, "tiny"));
    let elsewhere = |arguments: &[&str]| {
        let mut command = bench.command(arguments);
        command.current_dir(bench.path("elsewhere"));
        command.assert()
    };
    let before = bench.listing();
    let predict = ["predict", "--run", &run, "--out", "valid.csv"];
    let evaluate = ["evaluate", "--run", &run, "--resamples", "50"];
    for arguments in [&predict[..], &evaluate] {
        elsewhere(arguments)
            .code(2)
            .stderr(predicate::str::contains("tiny/dataset.toml: the data set of"))
            .stderr(predicate::str::contains("relative paths"))
            .stderr(predicate::str::contains("--dataset"));
    }
    assert!(before == bench.listing());
    let there = ["--dataset", &tiny[..]];
    elsewhere(&[&predict[..], &there].concat()).success();
    assert_eq!(
        bench.bytes("elsewhere/valid.csv"),
        bench.bytes("run/predictions/valid.csv")
    );
    elsewhere(&[&evaluate[..], &there].concat()).success();
    elsewhere(&[&["report", "--run", &run][..], &there].concat()).success();
    assert!(bench.path("run/report.html").is_file());
    elsewhere(&[&["compare", &run, "valid.csv", "--resamples", "50"][..], &there].concat()).success();
    elsewhere(&[&["noise", &run, "--out", "noise.csv"][..], &there].concat()).success();
}

#[test]
fn data_files_in_another_folder() {
    let bench = Bench::with_run();
    let before = bench.bytes("run/predictions/valid.csv");
    std::fs::create_dir(bench.path("files")).unwrap();
    for file in ["train.csv", "test.csv"] {
        std::fs::rename(
            bench.path(&format!("tiny/{file}")),
            bench.path(&format!("files/{file}")),
        )
        .unwrap();
    }
    bench.refuse(&["predict", "--run", "run"], &["put `train.csv` there", "--data-dir"]);
    let there = ["--data-dir", "files"];
    bench.succeed(&[&["predict", "--run", "run"][..], &there].concat());
    assert_eq!(bench.bytes("run/predictions/valid.csv"), before);
    bench.succeed(&[&["predict", "--run", "run", "--rows", "test"][..], &there].concat());
    bench.succeed(&[&["evaluate", "--run", "run", "--resamples", "50"][..], &there].concat());
    bench.refuse(
        &["predict", "--run", "run", "--data-dir", "nowhere"],
        &[
            "nowhere: the folder with the data files of run is not there",
            "--data-dir",
        ],
    );
}

/// Another file's rows need the data set's description alone.
#[test]
fn rows_are_predicted_where_the_data_files_are_gone() {
    let bench = Bench::with_split();
    std::fs::create_dir(bench.path("files")).unwrap();
    for file in ["train.csv", "test.csv"] {
        let (from, to) = (format!("tiny/{file}"), format!("files/{file}"));
        std::fs::rename(bench.path(&from), bench.path(&to)).unwrap();
    }
    let train = ["train", "--config", "tiny.toml", "--run", "run", "--data-dir", "files"];
    bench.succeed(&train);
    std::fs::rename(bench.path("files"), bench.path("gone")).unwrap();
    let input = ["--input", "gone/test.csv", "--out", "test.csv"];
    bench.succeed(&[&["predict", "--run", "run"][..], &input].concat());
    bench.refuse(
        &["predict", "--run", "run", "--rows", "test"],
        &["files: the folder with the data files of run is not there"],
    );
    // The files of a recipe's data set are not those of another.
    std::fs::remove_dir_all(bench.path("run")).unwrap();
    std::fs::rename(bench.path("gone"), bench.path("files")).unwrap();
    let other = ["--dataset", "files", "--set", "data.folder=nowhere"];
    std::fs::copy(bench.path("tiny/dataset.toml"), bench.path("files/dataset.toml")).unwrap();
    bench.succeed(&[&train[..5], &other].concat());
}

/// The copy in the run's folder is as good as the file that was trained with, if it is the same.
#[test]
fn the_split_is_the_one_of_the_run() {
    let bench = Bench::with_run();
    let predict = ["predict", "--run", "run", "--out", "new.csv"];
    std::fs::rename(bench.path("split.json"), bench.path("kept.json")).unwrap();
    bench.succeed(&predict);
    assert_eq!(bench.bytes("new.csv"), bench.bytes("run/predictions/valid.csv"));

    let evaluate = ["evaluate", "--run", "run", "--resamples", "50"];
    bench.remove("run/split.json");
    for arguments in [&predict[..], &evaluate] {
        bench.refuse(arguments, &["split.json: the split of run is not there", "--split"]);
        bench.succeed(&[arguments, &["--split", "kept.json"]].concat());
    }
    let create = [
        "split",
        "create",
        "--dataset",
        "tiny",
        "--seed",
        "5",
        "--out",
        "other.json",
    ];
    bench.succeed(&create);
    for arguments in [&predict[..], &evaluate] {
        bench.refuse(
            &[arguments, &["--split", "other.json"]].concat(),
            &["other.json: not the split that run was trained with", "--split"],
        );
    }
    bench.write("run/split.json", bench.bytes("other.json"));
    for arguments in [&predict[..], &evaluate] {
        bench.refuse(arguments, &["run/split.json: not the split that run was trained with"]);
    }
}

#[test]
fn flags_about_no_data_set_are_refused() {
    let bench = Bench::with_run();
    let score = ["compare", "run/predictions/valid.csv", "run/predictions/valid.csv"];
    bench.refuse(
        &[&score[..], &["--data-dir", "tiny"]].concat(),
        &["--data-dir: of which data set?", "--dataset"],
    );
    bench.refuse(
        &["evaluate", "--run", "run", "--dataset", "tiny", "--gold", "test"],
        &["--gold: a run's validation rows are always training rows"],
    );
}
