//! A PyTorch script on the same rows, as a yardstick.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, anyhow, bail};
use serde_json::Value;
use toml::Table;

use super::{GpuCheckArguments, memory::Watch, parts::run_folder, write};
use crate::process::{self, say};

/// Runs the script on the rows of the run in this precision, which must be there.
pub(super) fn run(arguments: &GpuCheckArguments, precision: &str, way: Way) -> anyhow::Result<()> {
    let (Some(script), Some(rows)) = (&arguments.yardstick, &arguments.yardstick_rows) else {
        return Ok(());
    };
    let out = arguments.out.join(way.file(precision));
    if out.exists() {
        return Ok(());
    }
    let settings = Settings::of_run(&run_folder(arguments, precision))?;
    let [train, none] = write_ids(arguments, &settings)?;
    let encoder = arguments.yardstick_encoder.as_ref().unwrap_or(&settings.encoder);
    let amp = if precision == "f32" { "none" } else { precision };
    let mut command = Command::new(&arguments.python);
    command.arg(script).arg("--train").arg(rows);
    command.arg("--encoder").arg(encoder);
    command.arg("--train-ids").arg(&train).arg("--valid-ids").arg(&none);
    command.args(["--batch", &settings.batch_size, "--max-len", &settings.max_tokens]);
    command.args(["--padding", "bucket", "--amp", amp, "--no-eval", "--steps"]);
    command.arg(arguments.yardstick_steps.to_string());
    if way == Way::Compiled {
        command.arg("--compile");
    }
    say(&process::command_line(&command));
    let watch = Watch::begin(&arguments.device);
    let printed = process::capture("the yardstick", &mut command)?;
    let mut finding = last_line(&printed)?;
    finding["device_memory_mib"] = watch.end().into();
    write(&out, &serde_json::to_vec_pretty(&finding)?)
}

/// How the script runs its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Eager,
    Compiled,
}

impl Way {
    /// The file of what is found.
    pub(super) fn file(self, precision: &str) -> String {
        match self {
            Self::Eager => format!("yardstick-{precision}.json"),
            Self::Compiled => format!("yardstick-{precision}-compiled.json"),
        }
    }
}

/// What the script has to know of a run.
#[derive(Debug, PartialEq)]
struct Settings {
    encoder: PathBuf,
    batch_size: String,
    max_tokens: String,
    dataset: String,
    folder: Option<String>,
    split: String,
    fold: String,
    max_rows: Option<String>,
}

impl Settings {
    fn of_run(run: &Path) -> anyhow::Result<Self> {
        let path = run.join("config.toml");
        let text =
            fs::read_to_string(&path).with_context(|| format!("{}: the part `train` comes first", path.display()))?;
        Self::of_text(&text).with_context(|| path.display().to_string())
    }

    fn of_text(text: &str) -> anyhow::Result<Self> {
        let config: Table = text.parse()?;
        let setting = |table: &str, key: &str| {
            let value = config.get(table)?.get(key)?;
            Some(value.as_str().map_or_else(|| value.to_string(), String::from))
        };
        let must = |table: &str, key: &str| setting(table, key).ok_or_else(|| anyhow!("it has no {table}.{key}"));
        Ok(Self {
            encoder: must("model", "encoder")?.into(),
            batch_size: must("training", "batch_size")?,
            max_tokens: must("model", "max_tokens")?,
            dataset: must("data", "dataset")?,
            folder: setting("data", "folder"),
            split: must("data", "split")?,
            fold: must("data", "fold")?,
            max_rows: setting("data", "max_train_rows"),
        })
    }
}

/// A file with the ids of the rows that the runs learn from, and one with none: the script scores nothing.
fn write_ids(arguments: &GpuCheckArguments, settings: &Settings) -> anyhow::Result<[PathBuf; 2]> {
    let [train, none] = ["train.ids", "none.ids"].map(|name| arguments.out.join(name));
    if !none.exists() {
        let mut command = Command::new(&arguments.relex);
        command.args(["split", "ids", &settings.split, "--dataset", &settings.dataset]);
        command.args(["--part", "train", "--fold", &settings.fold]);
        for (flag, value) in [("--data-dir", &settings.folder), ("--max-rows", &settings.max_rows)] {
            if let Some(value) = value {
                command.args([flag, value]);
            }
        }
        say(&process::command_line(&command));
        let ids = process::capture("split ids", &mut command)?;
        write(&train, ids.as_bytes())?;
        write(&none, b"")?;
    }
    Ok([train, none])
}

/// The JSON object that the script ends with.
fn last_line(printed: &str) -> anyhow::Result<Value> {
    let line = printed.lines().rev().find(|line| !line.trim().is_empty());
    let finding: Value = serde_json::from_str(line.unwrap_or_default())
        .with_context(|| format!("the yardstick's last line is no JSON: {line:?}"))?;
    if finding.get("examples_per_second").and_then(Value::as_f64).is_none() {
        bail!("the yardstick's last line has no examples_per_second: {finding}");
    }
    Ok(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_those_of_the_run() {
        let text = concat!(
            "seed = 1\n[data]\ndataset = \"datasets/klue-re\"\nsplit = \"split.json\"\nfold = 0\nmax_train_rows = 64\n",
            "[model]\nencoder = \"e\"\nmax_tokens = 256\n[training]\nbatch_size = 16\n",
        );
        let settings = Settings::of_text(text).unwrap();
        assert_eq!(settings.max_rows.as_deref(), Some("64"));
        assert_eq!((settings.fold.as_str(), settings.folder), ("0", None));
        assert_eq!(settings.encoder, Path::new("e"));
        let error = Settings::of_text("[data]").unwrap_err();
        assert_eq!(error.to_string(), "it has no model.encoder");
    }

    #[test]
    fn the_finding_is_the_last_line() {
        let finding = last_line("loading\n{\"examples_per_second\": 12.5}\n\n").unwrap();
        assert_eq!(finding["examples_per_second"], 12.5);
        for wrong in ["", "done", "{\"speed\": 1}"] {
            assert!(last_line(wrong).is_err(), "{wrong}");
        }
    }
}
