//! Ctrl-C.

#![cfg(unix)]

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::bench::Bench;

#[test]
fn an_interrupted_run_leaves_nothing() {
    let bench = Bench::with_split();
    let before = bench.listing();
    let child = Command::new(env!("CARGO_BIN_EXE_relex"))
        .args([
            "train",
            "--config",
            "tiny.toml",
            "--set",
            "training.epochs=1000000",
            "--run",
            "new/run",
        ])
        .current_dir(bench.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();

    let start = Instant::now();
    let metrics = bench.path("new/run/metrics.jsonl");
    while !std::fs::read_to_string(&metrics).is_ok_and(|text| text.contains('\n')) {
        assert!(start.elapsed() < Duration::from_secs(120), "no step was taken");
        std::thread::sleep(Duration::from_millis(5));
    }
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());

    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(
        said.contains("interrupted: stopped after step") && said.contains("was removed"),
        "{said}"
    );
    assert_eq!(output.stdout, b"");
    assert!(
        before == bench.listing(),
        "something was left: {:?}",
        bench.listing().keys()
    );
}
