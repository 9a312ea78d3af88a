//! `cargo xtask pipeline`: builds relex and runs every stage on one data set.

mod dataset;
mod stage;

use std::{
    env,
    path::{Path, PathBuf, absolute},
    time::Instant,
};

use clap::Args;

use crate::{
    process::{Failed, USER_ERROR, say},
    workspace,
};
use dataset::{dataset_folder, dataset_name, has_test_file};
use stage::{Stages, path_setting};

/// What `cargo xtask pipeline` can be told.
#[derive(Debug, Args)]
pub(crate) struct PipelineArguments {
    /// A data set: a name under datasets/, or a folder with dataset.toml.
    #[arg(long, value_name = "NAME|DIR", default_value = "sample")]
    dataset: PathBuf,
    /// Folder with its data files; by default beside dataset.toml, else the cache, else downloaded.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Learn from this many training rows only.
    #[arg(long, value_name = "N")]
    max_train_rows: Option<usize>,
    /// `cpu`, `wgpu[:N]` or `cuda[:N]`; the last two are built in when asked for.
    #[arg(long, value_name = "DEVICE", value_parser = parse_device)]
    device: Option<String>,
    /// The configuration; by default the data set's own, else configs/base.toml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Change a setting, such as training.epochs=5; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Folder for the run; by default `runs/<data set>-<n>`, the first that is free.
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// Say nothing but results and errors.
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more.
    #[arg(long, short)]
    verbose: bool,
}

/// What the data set decides.
struct Choice {
    config: &'static str,
    valid_fraction: &'static str,
}

fn choice(dataset: &str) -> Choice {
    match dataset {
        "sample" => Choice {
            config: "configs/quickstart.toml",
            valid_fraction: "0.15",
        },
        "klue-re" => Choice {
            config: "configs/klue-re/small.toml",
            valid_fraction: "0.1",
        },
        _ => Choice {
            config: "configs/base.toml",
            valid_fraction: "0.1",
        },
    }
}

pub(crate) fn run(arguments: PipelineArguments) -> anyhow::Result<()> {
    let arguments = enter_root(arguments)?;
    let dataset = dataset_folder(&arguments.dataset);
    let name = dataset_name(&dataset);
    let choice = choice(&name);
    let run = run_folder(arguments.run.as_deref(), &name)?;
    let split = run.join("split.json");
    let submission = run.join("submission.csv");

    let stages = Stages::new(arguments.quiet, arguments.verbose)?;
    stages.build(arguments.device.as_deref())?;
    let start = Instant::now();

    let fetch = stages.relex("fetch").args(["fetch", "--dataset"]).arg(&dataset);
    let fetched = fetch.option("--data-dir", arguments.data_dir.as_deref()).capture()?;
    let files = PathBuf::from(fetched.trim_end());
    let data_dir = (files != dataset).then_some(files.as_path());

    stages
        .relex("audit")
        .args(["audit", "--dataset"])
        .arg(&dataset)
        .option("--data-dir", data_dir)
        .run()?;
    stages
        .relex("split")
        .args(["split", "create", "--dataset"])
        .arg(&dataset)
        .option("--data-dir", data_dir)
        .args(["--valid-fraction", choice.valid_fraction])
        .option("--out", Some(&split))
        .run()?;
    let config = arguments.config.as_deref().unwrap_or(Path::new(choice.config));
    let rows = arguments
        .max_train_rows
        .map(|rows| format!("data.max_train_rows={rows}"));
    stages
        .relex("train")
        .args(["train", "--config"])
        .arg(config)
        .option("--set", Some(path_setting("data.dataset", &dataset)))
        .option("--set", Some(path_setting("data.folder", &files)))
        .option("--set", Some(path_setting("data.split", &split)))
        .option("--set", rows)
        .options("--set", &arguments.set)
        .option("--device", arguments.device.as_deref())
        .option("--run", Some(&run))
        .run()?;
    stages
        .relex("predict the validation rows")
        .args(["predict", "--rows", "valid", "--run"])
        .arg(&run)
        .run()?;
    let has_test_file = has_test_file(&dataset, &files)?;
    if has_test_file {
        stages
            .relex("predict the test rows")
            .args(["predict", "--rows", "test", "--run"])
            .arg(&run)
            .run()?;
        stages
            .relex("check the submission")
            .args(["lint-submission", "--dataset"])
            .arg(&dataset)
            .option("--data-dir", data_dir)
            .arg(&submission)
            .run()?;
    }
    stages.relex("evaluate").args(["evaluate", "--run"]).arg(&run).run()?;
    stages.relex("report").args(["report", "--run"]).arg(&run).run()?;

    say("");
    say(&format!("run folder  {}", run.display()));
    say(&format!("report      {}", run.join("report.html").display()));
    if has_test_file {
        say(&format!("submission  {}", submission.display()));
    } else {
        say(&format!(
            "submission  none: there is no test file in {}",
            files.display()
        ));
    }
    say(&format!(
        "time        {:.0} s after the build",
        start.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// Goes to the workspace root, where data sets and configurations have short names; what was said
/// from another folder stays what it was.
fn enter_root(mut arguments: PipelineArguments) -> anyhow::Result<PipelineArguments> {
    let root = workspace::root()?;
    if env::current_dir()? == root {
        return Ok(arguments);
    }
    if arguments.dataset.join("dataset.toml").is_file() {
        arguments.dataset = absolute(&arguments.dataset)?;
    }
    for path in [&mut arguments.data_dir, &mut arguments.config, &mut arguments.run]
        .into_iter()
        .flatten()
    {
        *path = absolute(&path)?;
    }
    env::set_current_dir(&root)?;
    if !arguments.quiet {
        say(&format!("# the commands below run in {}", root.display()));
    }
    Ok(arguments)
}

/// The folder asked for, unless it holds a run already, or the first numbered one that is free.
fn run_folder(asked: Option<&Path>, dataset: &str) -> anyhow::Result<PathBuf> {
    let Some(asked) = asked else {
        let numbered = |n: usize| Path::new("runs").join(format!("{dataset}-{n}"));
        return Ok((1..)
            .map(numbered)
            .find(|path| !path.exists())
            .unwrap_or_else(|| numbered(0)));
    };
    // Looked at before anything runs: a new split would otherwise replace that of the old run.
    if ["config.toml", "best"].iter().any(|part| asked.join(part).exists()) {
        let what = format!(
            "{}: this folder already holds a run; choose another, or remove it",
            asked.display()
        );
        return Err(Failed::new(what, USER_ERROR).into());
    }
    Ok(asked.to_path_buf())
}

fn parse_device(text: &str) -> Result<String, String> {
    let is_numbered = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_known = match text.split_once(':') {
        None => matches!(text, "cpu" | "wgpu" | "cuda"),
        Some((kind, number)) => matches!(kind, "wgpu" | "cuda") && is_numbered(number),
    };
    if is_known {
        Ok(text.to_owned())
    } else {
        Err("use cpu, wgpu, wgpu:N, cuda or cuda:N".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_known_or_refused() {
        for device in ["cpu", "wgpu", "wgpu:1", "cuda", "cuda:0", "cuda:12"] {
            assert_eq!(parse_device(device), Ok(device.to_owned()));
        }
        for device in ["", "gpu", "cuda:", "cuda:x", "cpu:0"] {
            assert!(parse_device(device).is_err(), "{device:?} was accepted");
        }
    }
}
