//! `xtask gpu-check`: what a machine with a GPU should be asked, in one command.
//!
//! It needs a built `relex` and this program, copied there, and no Rust. Everything that a part finds stands in a file of
//! its own in the folder of `--out`; a part whose file is there is not done again, and a run that was broken off is taken up
//! again, so that the command may be repeated until it is done, as where time on the machine comes in pieces.

mod flops;
mod memory;
mod parts;
mod table;
mod yardstick;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::process::{Failed, complain, say};
use yardstick::Way;

/// What `xtask gpu-check` can be told.
#[derive(Debug, Args)]
pub(crate) struct GpuCheckArguments {
    /// The built relex.
    #[arg(long, value_name = "FILE", default_value = "relex")]
    relex: PathBuf,
    /// What is trained: a recipe.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Change a setting of it, such as data.folder=/data/klue-re; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// `cuda[:N]`, `wgpu[:N]`, or `cpu` to try the command out.
    #[arg(long, default_value = "cuda:0")]
    device: String,
    /// Folder for runs and findings; kept, and taken up again when the command is repeated.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What to ask.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Part::Parity, Part::Train, Part::Yardstick])]
    parts: Vec<Part>,
    /// In which precisions.
    #[arg(long, value_delimiter = ',', default_values_t = ["f32".to_owned(), "bf16".to_owned(), "fp16".to_owned()])]
    precisions: Vec<String>,
    /// Steps that are compared with the CPU.
    #[arg(long, value_name = "N", default_value_t = 5)]
    parity_steps: usize,
    /// A PyTorch script to compare with; see docs/gpu.md for what it has to understand.
    #[arg(long, value_name = "FILE", requires = "yardstick_rows")]
    yardstick: Option<PathBuf>,
    /// The data file as that script reads it.
    #[arg(long, value_name = "FILE")]
    yardstick_rows: Option<PathBuf>,
    /// The encoder's folder as that script reads it; by default the run's.
    #[arg(long, value_name = "DIR")]
    yardstick_encoder: Option<PathBuf>,
    /// The Python that runs it.
    #[arg(long, value_name = "FILE", default_value = "python3")]
    python: PathBuf,
    /// Steps that it takes.
    #[arg(long, value_name = "N", default_value_t = 200)]
    yardstick_steps: usize,
    /// The device's peak for dense products in TFLOP/s, such as f32=67,bf16=989,fp16=989; known for some devices.
    #[arg(long, value_name = "PRECISION=TFLOPS", value_delimiter = ',', value_parser = flops::parse_peak)]
    peak: Vec<flops::Peak>,
}

/// A part of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Logits, losses and gradients of a few steps against the CPU, in each precision.
    Parity,
    /// Whole training runs, one in each precision, scored on the validation rows.
    Train,
    /// The PyTorch script on the same rows, in each precision, with and without compilation.
    Yardstick,
}

pub(crate) fn run(arguments: &GpuCheckArguments) -> anyhow::Result<()> {
    fs::create_dir_all(&arguments.out).with_context(|| arguments.out.display().to_string())?;
    check_same_question(arguments)?;
    let failed = ask(arguments)?;
    let findings = findings(arguments)?;
    let text = table::markdown(&findings);
    write(
        &arguments.out.join("gpu-check.json"),
        &serde_json::to_vec_pretty(&findings)?,
    )?;
    write(&arguments.out.join("gpu-check.md"), text.as_bytes())?;
    say(&text);
    if failed > 0 {
        bail!(
            "{failed} of the questions have no answer; what went wrong stands above, and the same command asks them again"
        );
    }
    Ok(())
}

/// Asks everything; how much of it went wrong, after which the rest was asked all the same.
fn ask(arguments: &GpuCheckArguments) -> anyhow::Result<usize> {
    let mut failed = 0;
    for part in &arguments.parts {
        for precision in &arguments.precisions {
            let answers = match part {
                Part::Parity => vec![parts::parity(arguments, precision)],
                Part::Train => vec![parts::train(arguments, precision)],
                Part::Yardstick => [Way::Eager, Way::Compiled]
                    .map(|way| yardstick::run(arguments, precision, way))
                    .into(),
            };
            for answer in answers {
                let Err(error) = answer else { continue };
                if error.downcast_ref().is_some_and(Failed::is_interrupted) {
                    return Err(error);
                }
                complain(&format!("error: {error:#}"));
                failed += 1;
            }
        }
    }
    Ok(failed)
}

/// Findings of another recipe or device must not end up in one table.
fn check_same_question(arguments: &GpuCheckArguments) -> anyhow::Result<()> {
    let path = arguments.out.join("question.json");
    let question = json!({
        "config": arguments.config,
        "set": arguments.set,
        "device": arguments.device,
    });
    match fs::read(&path) {
        Ok(bytes) if serde_json::from_slice::<Value>(&bytes).ok().as_ref() != Some(&question) => bail!(
            "{}: the findings in this folder are for another --config, --set or --device; choose another --out",
            path.display()
        ),
        Ok(_) => Ok(()),
        Err(_) => write(&path, &serde_json::to_vec_pretty(&question)?),
    }
}

/// All that was found until now.
fn findings(arguments: &GpuCheckArguments) -> anyhow::Result<Value> {
    let read = |name: String| -> Option<Value> {
        let bytes = fs::read(arguments.out.join(name)).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let mut all = Vec::new();
    for precision in &arguments.precisions {
        all.push(json!({
            "precision": precision,
            "parity": read(format!("parity-{precision}.json")),
            "train": read(format!("train-{precision}.json")),
            "yardstick": read(Way::Eager.file(precision)),
            "yardstick_compiled": read(Way::Compiled.file(precision)),
        }));
    }
    let mut findings = json!({
        "device": arguments.device,
        "name": memory::device_name(&arguments.device),
        "config": arguments.config,
        "set": arguments.set,
        "precisions": all,
    });
    flops::add_shares(&mut findings, &arguments.peak);
    Ok(findings)
}

/// Whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, bytes)
        .and_then(|()| fs::rename(&unfinished, path))
        .with_context(|| path.display().to_string())
}
