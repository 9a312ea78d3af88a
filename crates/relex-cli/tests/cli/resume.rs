//! Runs that are broken off by anything but the user, and go on.

#![cfg(unix)]

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use predicates::prelude::*;

use crate::bench::{Bench, copy, resumable};

fn train<'a>(run: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["train", "--config", "tiny.toml", "--run", run], resumable(), more].concat()
}

fn spawn(bench: &Bench, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_relex"))
        .args(arguments)
        .current_dir(bench.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The folders of a run's checkpoints, the newest last.
fn checkpoints(bench: &Bench, run: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(bench.path(run).join("checkpoints"));
    let mut found: Vec<(usize, PathBuf)> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let step = entry.file_name().to_str()?.strip_prefix("step-")?.parse().ok()?;
            Some((step, entry.path()))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// A bench with a run in `whole/` that nothing disturbed, and one in `broken/` that was killed when it had two checkpoints.
fn with_broken_run() -> Bench {
    let bench = Bench::with_split();
    bench.succeed(&train("whole", &[]));
    for _ in 0..20 {
        let mut child = spawn(&bench, &train("broken", &[]));
        while checkpoints(&bench, "broken").len() < 2 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if checkpoints(&bench, "broken").len() == 2 && !bench.path("broken/provenance.json").exists() {
            return bench;
        }
        std::fs::remove_dir_all(bench.path("broken")).unwrap();
    }
    panic!("the run was always faster than its killer");
}

/// Numbers in `0..1` (Knuth's MMIX generator): which ones does not matter, that they repeat does.
fn random(state: &mut u64) -> f64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / (1u64 << 53) as f64
}

/// Kills runs with SIGKILL at random moments, so many times in all, takes each up again until it ends, and compares it with
/// one that nothing disturbed.
fn campaign(kills: usize) {
    let bench = Bench::with_split();
    bench.succeed(&train("whole", &[]));
    let durations = ["timed-1", "timed-2"].map(|run| {
        let start = Instant::now();
        bench.succeed(&train(run, &[]));
        start.elapsed()
    });
    let duration = durations[0].min(durations[1]);
    let (mut killed, mut with_checkpoint, mut runs, mut state) = (0, 0, 0, 7);
    while killed < kills {
        runs += 1;
        let run = format!("killed-{runs}");
        loop {
            let mut child = spawn(&bench, &train(&run, &["--resume"]));
            let patience = if killed < kills {
                duration.mul_f64(random(&mut state))
            } else {
                Duration::from_secs(120)
            };
            let born = Instant::now();
            let ended = loop {
                match child.try_wait().unwrap() {
                    None if born.elapsed() < patience => std::thread::sleep(Duration::from_micros(200)),
                    ended => break ended,
                }
            };
            if let Some(status) = ended {
                assert!(status.success(), "{run}: {status}");
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            killed += 1;
            with_checkpoint += usize::from(!checkpoints(&bench, &run).is_empty());
        }
        bench.assert_same_run("whole", &run);
        std::fs::remove_dir_all(bench.path(&run)).unwrap();
    }
    let _ = std::io::Write::write_fmt(
        &mut std::io::stderr(),
        format_args!(
            "{killed} kills in {runs} runs, {with_checkpoint} of them after a checkpoint: every run ended with the same weights \
             and metrics\n"
        ),
    );
}

#[test]
fn a_run_that_is_killed_at_any_moment_ends_the_same() {
    campaign(10);
}

#[test]
#[ignore = "takes minutes; `cargo test --release -p relex-cli --test cli -- --ignored two_hundred`"]
fn two_hundred_kills_change_no_bit() {
    campaign(200);
}

#[test]
fn a_damaged_checkpoint_is_told_and_the_one_before_it_used() {
    let bench = with_broken_run();
    let flip = |path: PathBuf| {
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        std::fs::write(path, bytes).unwrap();
    };
    let cut = |path: PathBuf| {
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    };
    let remove = |path: PathBuf| std::fs::remove_file(path).unwrap();
    let damages: [(&str, &dyn Fn(PathBuf)); 6] = [
        ("weights.safetensors", &flip),
        ("weights.safetensors", &cut),
        ("optimizer.safetensors", &flip),
        ("state.toml", &flip),
        ("state.toml", &remove),
        ("SHA256SUMS", &cut),
    ];
    for (number, (file, damage)) in damages.into_iter().enumerate() {
        let run = format!("damaged-{number}");
        copy(&bench.path("broken"), &bench.path(&run));
        let newest = checkpoints(&bench, &run).pop().unwrap();
        damage(newest.join(file));
        bench
            .command(&["train", "--resume", &run])
            .assert()
            .success()
            .stderr(predicate::str::contains("warning: "))
            .stderr(predicate::str::contains("this checkpoint is damaged"));
        bench.assert_same_run("whole", &run);
    }
    for checkpoint in checkpoints(&bench, "broken") {
        flip(checkpoint.join("weights.safetensors"));
    }
    bench
        .command(&["train", "--resume", "broken", "-q"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("no other checkpoint of the run is whole"))
        .stderr(predicate::str::contains("train it from the beginning"));
}

/// A limit on the size of files stands for a full disk: writing beyond it fails.
#[test]
fn a_full_disk_stops_a_run_that_then_goes_on() {
    let bench = with_broken_run();
    let before = checkpoints(&bench, "broken");
    let line = format!(
        "trap '' XFSZ; ulimit -f 32; exec '{}' train --resume broken -q",
        env!("CARGO_BIN_EXE_relex")
    );
    let output = Command::new("sh")
        .args(["-c", &line])
        .current_dir(bench.path(""))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in ["the run was broken off", "checkpoints", "relex train --resume broken"] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert_eq!(checkpoints(&bench, "broken"), before);
    bench.succeed(&["train", "--run", "broken", "--resume"]);
    bench.assert_same_run("whole", "broken");
}

/// A file in the way of the finished model's folder stands for a disk that is full when the model is written.
#[test]
fn a_run_whose_model_cannot_be_written_goes_on_too() {
    let bench = with_broken_run();
    bench.write("broken/best", "in the way");
    bench
        .command(&["train", "--resume", "broken", "-q"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains(
            "put this right and go on with `relex train --resume broken`",
        ))
        .stderr(predicate::str::contains("broken/best: not a directory"));
    assert!(!checkpoints(&bench, "broken").is_empty());
    std::fs::remove_file(bench.path("broken/best")).unwrap();
    bench.succeed(&["train", "--resume", "broken"]);
    bench.assert_same_run("whole", "broken");
}

/// The first update overflows, though its loss and its gradients do not.
#[test]
fn weights_that_overflow_are_neither_saved_nor_a_success() {
    let bench = Bench::with_split();
    let diverges = [
        "--set",
        "optimizer.learning_rate=1e38",
        "--set",
        "training.steps=1",
        "--set",
        "training.keep=last",
        "-q",
    ];
    for train_on in ["fold", "all"] {
        let train_on = format!("data.train_on=\"{train_on}\"");
        let more = [
            &diverges[..],
            &["--set", &train_on, "--set", "checkpoint.every_steps=1"],
        ]
        .concat();
        bench
            .command(&train("run", &more))
            .assert()
            .code(2)
            .stderr(predicate::str::contains("step 1: the sum of the squared weights is "))
            .stderr(predicate::str::contains("the last good checkpoint is none"));
        assert!(!bench.path("run").exists());
    }
}

#[test]
fn a_folder_with_another_split_is_refused() {
    let bench = Bench::with_split();
    let other = [
        "split",
        "create",
        "--dataset",
        "tiny",
        "--seed",
        "7",
        "--out",
        "run/split.json",
    ];
    bench.succeed(&other);
    bench.refuse(
        &train("run", &[]),
        &["run/split.json: this is not the split of the configuration", "--run"],
    );
    assert_eq!(std::fs::read_dir(bench.path("run")).unwrap().count(), 1);
}

#[test]
fn a_run_that_diverges_names_its_last_checkpoint() {
    let bench = Bench::with_split();
    let diverges = [
        "--set",
        "optimizer.learning_rate=1e30",
        "--set",
        "checkpoint.every_steps=1",
        "-q",
    ];
    bench
        .command(&train("new/run", &diverges))
        .assert()
        .code(2)
        .stderr(predicate::str::contains("step 2: the sum of the squared weights is "))
        .stderr(predicate::str::contains("the batch holds the examples "))
        .stderr(predicate::str::contains(
            "the last good checkpoint is new/run/checkpoints/step-1;",
        ));
    assert_eq!(
        checkpoints(&bench, "new/run"),
        [bench.path("new/run/checkpoints/step-1")]
    );
    // A safetensors file: the length of its header, the header, and here numbers of 32 bits alone.
    let weights = bench.bytes("new/run/checkpoints/step-1/weights.safetensors");
    let header = u64::from_le_bytes(weights[..8].try_into().unwrap()) as usize;
    let mut numbers = weights[8 + header..]
        .chunks_exact(4)
        .map(|number| f32::from_le_bytes(number.try_into().unwrap()));
    assert!(numbers.len() > 1000 && numbers.all(f32::is_finite));
}

#[test]
fn what_cannot_be_taken_up_is_refused() {
    let bench = with_broken_run();
    bench.refuse(&["train", "--resume"], &["--resume: which run?"]);
    bench.refuse(&["train", "--resume", "nowhere"], &["nowhere: no run was begun here"]);
    bench.refuse(
        &["train", "--resume", "broken", "--run", "other"],
        &["--resume broken and --run other are different folders"],
    );
    bench.refuse(
        &["train", "--resume", "broken", "--set", "seed=7"],
        &["broken/config.toml: a run goes on with its own settings"],
    );
    bench.refuse(
        &["train", "--resume", "broken", "--config", "tiny.toml"],
        &["broken/config.toml: this run was begun with other settings"],
    );
    bench.refuse(
        &["train", "--config", "tiny.toml", "--run", "broken"],
        &["broken: this folder already holds a run", "--resume"],
    );
    bench.edit("broken/config.toml", "weight_decay = ", "weight_decay = 1");
    bench
        .command(&["train", "--resume", "broken", "-q"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains(
            "is not what it was when this checkpoint was written",
        ));
}

#[test]
fn a_finished_run_is_left_as_it_is() {
    let bench = Bench::with_split();
    bench.succeed(&train("run", &[]));
    let before = bench.listing();
    assert_eq!(bench.succeed(&["train", "--resume", "run"]), "run\n");
    assert!(before == bench.listing());
}

#[test]
fn of_processes_that_want_one_folder_one_gets_it() {
    let bench = Bench::with_split();
    let mut children: Vec<Child> = (0..4).map(|_| spawn(&bench, &train("same", &["-q"]))).collect();
    let codes: Vec<_> = children.iter_mut().map(|child| child.wait().unwrap().code()).collect();
    let of = |code| codes.iter().filter(|&&found| found == Some(code)).count();
    assert_eq!((of(0), of(2)), (1, 3), "{codes:?}");
    bench.succeed(&train("whole", &[]));
    bench.assert_same_run("whole", "same");
}

#[test]
fn a_run_that_is_being_written_is_not_taken_up_by_another() {
    let bench = Bench::with_split();
    let endless = "training.epochs=1000000";
    let mut child = spawn(
        &bench,
        &["train", "--config", "tiny.toml", "--set", endless, "--run", "run"],
    );
    let start = Instant::now();
    while !bench.path("run/metrics.jsonl").exists() {
        assert!(start.elapsed() < Duration::from_secs(120), "no step was taken");
        std::thread::sleep(Duration::from_millis(1));
    }
    let holder = format!("another process (pid {}) is writing this run", child.id());
    bench
        .command(&["train", "--resume", "run"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains(holder));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn processes_that_number_their_folders_get_one_each() {
    let bench = Bench::with_split();
    let mut children: Vec<Child> = (0..4)
        .map(|_| spawn(&bench, &["train", "--config", "tiny.toml", "-q"]))
        .collect();
    for child in &mut children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    for number in 1..=4 {
        assert!(
            bench.path(&format!("runs/tiny-tiny-{number}/provenance.json")).exists(),
            "{number}"
        );
    }
}
