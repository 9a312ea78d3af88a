//! Ctrl-C.

#![cfg(unix)]

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::bench::{Bench, resumable};

fn spawn(bench: &Bench, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_relex"))
        .args(arguments)
        .current_dir(bench.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait_for_a_step(bench: &Bench) {
    let start = Instant::now();
    let metrics = bench.path("new/run/metrics.jsonl");
    while !std::fs::read_to_string(&metrics).is_ok_and(|text| text.contains('\n')) {
        assert!(start.elapsed() < Duration::from_secs(120), "no step was taken");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn interrupt(child: &Child) {
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
}

#[test]
fn an_interrupted_run_is_saved_and_goes_on_to_the_same_end() {
    let bench = Bench::with_split();
    let whole = [&["train", "--config", "tiny.toml", "--run", "whole"], resumable()].concat();
    bench.succeed(&whole);

    let begin = [&["train", "--config", "tiny.toml", "--run", "new/run"], resumable()].concat();
    let child = spawn(&bench, &begin);
    wait_for_a_step(&bench);
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(
        said.contains("interrupted: stopped after step") && said.contains("`relex train --resume new/run`"),
        "{said}"
    );
    assert_eq!(output.stdout, b"");
    assert!(!bench.path("new/run/lock").exists());

    assert_eq!(bench.succeed(&["train", "--resume", "new/run"]), "new/run\n");
    bench.assert_same_run("whole", "new/run");
}

#[test]
fn a_second_request_is_obeyed_at_once() {
    let bench = Bench::with_split();
    let endless = "training.epochs=1000000";
    let child = spawn(
        &bench,
        &["train", "--config", "tiny.toml", "--set", endless, "--run", "new/run"],
    );
    wait_for_a_step(&bench);
    let mut child = child;
    interrupt(&child);
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
