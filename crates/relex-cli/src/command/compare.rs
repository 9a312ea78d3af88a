mod arm;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use relex_eval::{Arm, BootstrapConfig, ComparisonInput, RunRows, compare, matching_rows, render_comparison};

use super::{
    gold::{Gold, RunGolds},
    member::check_named,
    open_run,
    output::Sources,
    scored::Scored,
};
use crate::{
    args::{ArmArgument, CompareArguments, MetricArgument},
    progress::{Verbosity, show},
};

pub(crate) fn run(arguments: &CompareArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let arms = arms(arguments)?;
    if arms.len() < 2 {
        bail!("there is nothing to compare: give two or more run folders or predictions files, or --arm twice or more");
    }
    let baseline = arguments
        .baseline
        .as_ref()
        .map(|name| {
            let known: Vec<&str> = arms.iter().map(|arm| arm.name.as_str()).collect();
            known.iter().position(|known| known == name).with_context(|| {
                format!(
                    "--baseline {name}: no arm is called so; the arms are {}",
                    known.join(", ")
                )
            })
        })
        .transpose()?;
    for arm in &arms {
        arm::check_alike(arm)?;
    }
    let place = &arguments.gold.place;
    Sources::of(arms.iter().flat_map(|arm| &arm.runs))
        .and_dataset(place.dataset.as_ref(), place.data_dir.as_ref())
        .check_outputs(&arguments.json, None)?;
    let runs = verbosity.timed("read", || load(&arms, arguments, verbosity))?;
    let reference = &runs[0];
    let mut probabilities = runs
        .iter()
        .map(|run| aligned(reference, run))
        .collect::<anyhow::Result<Vec<Vec<f64>>>>()?
        .into_iter();
    let by_arm: Vec<(String, Vec<Vec<f64>>)> = arms
        .into_iter()
        .map(|arm| {
            let runs = probabilities.by_ref().take(arm.runs.len()).collect();
            (arm.name, runs)
        })
        .collect();
    let borrowed: Vec<Arm<'_>> = by_arm
        .iter()
        .map(|(name, runs)| Arm {
            name: name.clone(),
            runs: runs.iter().map(Vec::as_slice).collect(),
        })
        .collect();
    let comparison = verbosity.timed("compare", || {
        compare(&ComparisonInput {
            labels: reference.scored.labels.names(),
            negative: reference.scored.labels.negative().index(),
            gold: &reference.scored.gold,
            groups: &reference.scored.groups,
            arms: &borrowed,
            metric: arguments.metric.into(),
            baseline,
            bootstrap: BootstrapConfig {
                resamples: arguments.resamples,
                seed: arguments.seed,
                level: 0.95,
            },
        })
    })?;
    if let Some(path) = &arguments.json {
        comparison.write(path)?;
    }
    show(&render_comparison(&comparison));
    Ok(())
}

/// One run's predictions beside their gold labels, and what messages call it.
pub(super) struct Loaded {
    pub(super) name: String,
    pub(super) scored: Scored,
}

/// The arms in the order in which they were given, single runs first.
fn arms(arguments: &CompareArguments) -> anyhow::Result<Vec<ArmArgument>> {
    let single = short_names(&arguments.runs)
        .into_iter()
        .zip(&arguments.runs)
        .map(|(name, path)| ArmArgument {
            name,
            runs: vec![path.clone()],
        });
    single.chain(arguments.arm.iter().cloned()).map(arm::expanded).collect()
}

/// What run folders and predictions files are called for short: their last part, unless two share it.
pub(super) fn short_names(paths: &[PathBuf]) -> Vec<String> {
    let short = |path: &Path| {
        let name = if path.is_dir() {
            path.file_name()
        } else {
            path.file_stem()
        };
        name.map_or_else(
            || path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        )
    };
    let names: Vec<String> = paths.iter().map(|path| short(path)).collect();
    let is_unique = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
    paths
        .iter()
        .zip(&names)
        .map(|(path, name)| {
            if is_unique(name) {
                name.clone()
            } else {
                path.display().to_string()
            }
        })
        .collect()
}

/// Every arm's runs, in order.
fn load(arms: &[ArmArgument], arguments: &CompareArguments, verbosity: Verbosity) -> anyhow::Result<Vec<Loaded>> {
    let named: Vec<PathBuf> = arms.iter().flat_map(|arm| arm.runs.clone()).collect();
    check_named(&arguments.foreign, &[], &named)?;
    let gold = Gold::of_flags(&arguments.gold, &named)?;
    let mut golds = RunGolds::with(&arguments.gold, &named);
    let load = |path: &PathBuf| -> anyhow::Result<Loaded> {
        let scored = match &gold {
            Some(gold) if path.is_file() => Scored::of_file(path, gold, &arguments.foreign, verbosity)?,
            None if path.is_file() => bail!(
                "{}: where its gold labels are is not known; name the data set with --dataset",
                path.display()
            ),
            _ => Scored::of_run(&open_run(path)?, &mut golds)?,
        };
        if matches!(arguments.metric, MetricArgument::Brier | MetricArgument::LogLoss) {
            scored.table(path)?;
        }
        Ok(Loaded {
            name: path.display().to_string(),
            scored,
        })
    };
    arms.iter().flat_map(|arm| &arm.runs).map(load).collect()
}

/// The run's probabilities in the order of the reference's rows, once both are known to be about the same rows.
pub(super) fn aligned(reference: &Loaded, run: &Loaded) -> anyhow::Result<Vec<f64>> {
    fn rows(run: &Loaded) -> RunRows<'_> {
        RunRows {
            name: &run.name,
            ids: &run.scored.predictions.ids,
            labels: run.scored.labels.names(),
            gold: &run.scored.gold,
        }
    }
    let order = matching_rows(&rows(reference), &rows(run))?;
    if run.scored.labels.negative() != reference.scored.labels.negative() {
        bail!(
            "{} and {} have other negative labels; score both on the same data",
            reference.name,
            run.name
        );
    }
    let changed: Vec<&str> = reference
        .scored
        .examples
        .iter()
        .zip(&order)
        .filter(|(example, row)| {
            let other = &run.scored.examples[**row];
            (&example.sentence, &example.subject, &example.object) != (&other.sentence, &other.subject, &other.object)
        })
        .map(|(example, _)| example.id.as_str())
        .collect();
    if !changed.is_empty() {
        let shown = changed[..changed.len().min(5)].join(", ");
        bail!(
            "{} and {} have other sentences or entities under the same ids: {} rows ({shown}{}); score both on the same data",
            reference.name,
            run.name,
            changed.len(),
            if changed.len() > 5 { ", …" } else { "" }
        );
    }
    let rows = order.iter().flat_map(|&row| run.scored.predictions.row(row));
    Ok(rows.copied().collect())
}
