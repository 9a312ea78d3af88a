//! `cargo xtask test`: everything that has to hold before a change goes in.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::{
    process::{self, cargo, say},
    tidy, workspace,
};

type Step = (&'static str, fn() -> anyhow::Result<()>);

/// Cheapest first. All in one profile: then clippy and doc share what they check of the
/// dependencies, the pipeline and the tests what they compile, and both every build script.
const STEPS: [Step; 6] = [
    ("format", format),
    ("tidy", tidy_up),
    ("clippy", clippy),
    ("documentation", documentation),
    ("pipeline", pipeline_twice),
    ("tests", tests),
];

/// Runs the steps up to the first that fails, and says how long each took.
pub(crate) fn run() -> anyhow::Result<()> {
    env::set_current_dir(workspace::root()?)?;
    let mut times: Vec<(&str, Duration)> = Vec::new();
    let mut outcome = Ok(());
    for (name, step) in STEPS {
        say(&format!("\n# {name}"));
        let start = Instant::now();
        outcome = step();
        times.push((name, start.elapsed()));
        if outcome.is_err() {
            break;
        }
    }
    say("");
    for (position, (name, time)) in times.iter().enumerate() {
        let verdict = if outcome.is_err() && position + 1 == times.len() {
            "FAILED"
        } else {
            "ok"
        };
        say(&format!("{name:<14} {verdict:<6} {:>7.1} s", time.as_secs_f64()));
    }
    outcome
}

fn format() -> anyhow::Result<()> {
    show_and_run("format", &mut cargo(&["fmt", "--all", "--check"]))
}

fn tidy_up() -> anyhow::Result<()> {
    say("cargo xtask tidy");
    tidy::run()
}

fn clippy() -> anyhow::Result<()> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--release",
        "--",
        "-D",
        "warnings",
    ];
    show_and_run("clippy", &mut cargo(&arguments))
}

fn documentation() -> anyhow::Result<()> {
    let mut command = cargo(&["doc", "--workspace", "--no-deps", "--release"]);
    show_and_run("documentation", command.env("RUSTDOCFLAGS", "-D warnings"))
}

fn tests() -> anyhow::Result<()> {
    show_and_run("tests", &mut cargo(&["test", "--workspace", "--release"]))
}

/// A shortened pipeline on the sample; run again, it has to predict the same to the last byte.
fn pipeline_twice() -> anyhow::Result<()> {
    let folder = workspace::from_root(&workspace::target()?.join("xtask-test"), &workspace::root()?);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    let runs = [folder.join("first"), folder.join("second")];
    for run in &runs {
        short_pipeline(run)?;
    }
    for file in ["predictions/valid.csv", "submission.csv"] {
        check_same(&runs, file)?;
    }
    fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())
}

fn short_pipeline(run: &Path) -> anyhow::Result<()> {
    let arguments = [
        "pipeline",
        "--quiet",
        "--max-train-rows",
        "64",
        "--set",
        "training.epochs=1",
        "--run",
    ];
    let mut shown = cargo(&["xtask"]);
    say(&process::command_line(shown.args(arguments).arg(run)));
    // This very program, for cargo may be unable to write it anew while it runs.
    let mut command = Command::new(env::current_exe().context("cannot tell where this program is")?);
    process::run(
        "the shortened pipeline",
        command.args(arguments).arg(run).stdout(Stdio::null()),
    )
}

fn check_same(runs: &[PathBuf; 2], file: &str) -> anyhow::Result<()> {
    let [first, second] = runs.each_ref().map(|run| run.join(file));
    let read = |path: &Path| fs::read(path).with_context(|| path.display().to_string());
    let bytes = read(&first)?;
    if bytes.is_empty() || bytes != read(&second)? {
        bail!("{} and {} differ or are empty", first.display(), second.display());
    }
    say(&format!("{file}: the same {} bytes twice", bytes.len()));
    Ok(())
}

fn show_and_run(name: &str, command: &mut Command) -> anyhow::Result<()> {
    say(&process::command_line(command));
    process::run(name, command)
}
