//! What relex itself is asked.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::Context;
use serde_json::{Value, json};

use super::{GpuCheckArguments, flops, memory::Watch, write};
use crate::process::{self, say};

/// Compares a few steps with the CPU.
pub(super) fn parity(arguments: &GpuCheckArguments, precision: &str) -> anyhow::Result<()> {
    let out = arguments.out.join(format!("parity-{precision}.json"));
    if out.exists() {
        return Ok(());
    }
    let mut command = with_settings(arguments, "check-device", precision);
    command
        .args(["--device", &arguments.device])
        .args(["--steps", &arguments.parity_steps.to_string()])
        .arg("--json")
        .arg(&out);
    show_and_run("check-device", &mut command)
}

/// Trains, predicts and scores.
pub(super) fn train(arguments: &GpuCheckArguments, precision: &str) -> anyhow::Result<()> {
    let out = arguments.out.join(format!("train-{precision}.json"));
    if out.exists() {
        return Ok(());
    }
    let run = run_folder(arguments, precision);
    let mut command = with_settings(arguments, "train", precision);
    command
        .args(["--device", &arguments.device, "--resume", "--run"])
        .arg(&run);
    let watch = Watch::begin(&arguments.device);
    show_and_run("train", &mut command)?;
    let device_memory = watch.end();
    for stage in ["predict", "evaluate"] {
        let mut command = Command::new(&arguments.relex);
        // What it prints stands in the run folder too.
        command.stdout(Stdio::null());
        show_and_run(stage, command.arg(stage).arg("--run").arg(&run))?;
    }
    let finding = finding(&run, device_memory)?;
    write(&out, &serde_json::to_vec_pretty(&finding)?)
}

/// Where the run of a precision goes.
pub(super) fn run_folder(arguments: &GpuCheckArguments, precision: &str) -> PathBuf {
    arguments.out.join(format!("run-{precision}"))
}

/// A JSON file that must be there.
pub(super) fn read(path: &Path) -> anyhow::Result<Value> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&bytes).with_context(|| path.display().to_string())
}

/// Shows a command as it is run.
pub(super) fn show_and_run(stage: &str, command: &mut Command) -> anyhow::Result<()> {
    say(&process::command_line(command));
    process::run(stage, command)
}

/// What a finished run comes to.
fn finding(run: &Path, device_memory: Option<u64>) -> anyhow::Result<Value> {
    let provenance = read(&run.join("provenance.json"))?;
    let scores = read(&run.join("predictions/valid.evaluation.json"))?;
    let encoder = read(&run.join("best/config.json"))?;
    let classifier = read(&run.join("best/relex.json"))?;
    let path = run.join("metrics.jsonl");
    let metrics = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let rows: f64 = metrics
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line.get("learning_rate").is_some())
        .filter_map(|line| line["rows"].as_f64())
        .sum();
    let skipped = metrics.matches("\"skipped\":true").count();
    Ok(json!({
        "micro_f1": scores["micro_f1"],
        "auprc": scores["auprc"],
        "validation_rows": provenance["valid_rows"],
        "rows": rows,
        "train_seconds": provenance["train_seconds"],
        "examples_per_second": provenance["train_seconds"].as_f64().map(|seconds| rows / seconds),
        "steady_examples_per_second": provenance["steady_examples_per_second"],
        "data_seconds": provenance["data_seconds"],
        "padding_share": provenance["padding_share"],
        "peak_memory_mib": provenance["peak_memory_mib"],
        "device_memory_mib": device_memory,
        "skipped": skipped,
        "flops": flops::of_steps(&encoder, &classifier, &metrics),
        "version": provenance["version"],
        "git_commit": provenance["git_commit"],
    }))
}

/// relex with the recipe, the settings and a precision.
fn with_settings(arguments: &GpuCheckArguments, subcommand: &str, precision: &str) -> Command {
    let mut command = Command::new(&arguments.relex);
    command.arg(subcommand).arg("--config").arg(&arguments.config);
    for set in &arguments.set {
        command.args(["--set", set]);
    }
    command.args(["--set", &format!("training.precision={precision}")]);
    command
}
