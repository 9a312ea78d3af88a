use std::collections::HashMap;

use anyhow::bail;
use relex_data::{Example, Role};
use relex_eval::{
    CalibrationConfig, CalibrationStep, FittedStep, Member, PredictionsMeta, Prior, TypePairPriors, apply_steps,
    calibrate, fit_temperature, render_calibration,
};

use super::{
    gold::describes,
    held_out::{HeldOut, entity_types},
    member::{check_named, predictions_path, read_member},
    output::Sources,
    shift::{Known, Target, bootstrap_config, read_target, target_prior},
};
use crate::{
    args::{CalibrateArguments, Rows, StepArgument},
    progress::{Verbosity, show},
};

pub(crate) fn run(arguments: &CalibrateArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let mut named = arguments.held_out.sources.clone();
    named.extend(arguments.apply.clone());
    named.extend(arguments.shift.target.clone());
    check_named(&arguments.held_out.foreign, &arguments.held_out.out_of_fold, &named)?;
    Sources::of_held_out(&arguments.held_out)
        .and_files(arguments.apply.iter().chain(&arguments.shift.target))
        .check_outputs(arguments.out.iter().chain(&arguments.json), None)?;
    let held_out = HeldOut::open(&arguments.held_out, verbosity)?;
    let labels = held_out.labels();
    let source = Prior::of_labels(&held_out.gold, labels.len())?;
    let target = target(arguments, &held_out, verbosity)?;
    let target = target.as_ref().map(Target::prior).transpose()?;
    let priors = if arguments.steps.contains(&StepArgument::TypePairs) {
        Some(count_type_pairs(&held_out, arguments.pseudo_count)?)
    } else {
        None
    };
    let types = if priors.is_some() {
        entity_types(&held_out.examples)
    } else {
        Vec::new()
    };
    let config = CalibrationConfig {
        steps: steps(&arguments.steps, &source, target, priors.as_ref())?,
        types: &types,
        target,
        folds: arguments.folds,
        bootstrap: bootstrap_config(&arguments.bootstrap, arguments.shift.scope),
    };
    let report = verbosity.timed("calibrate", || {
        calibrate(&held_out.predictions, &held_out.truth(), &config)
    })?;

    let fitted: Vec<FittedStep> = report.steps.iter().map(|step| step.fitted.clone()).collect();
    let written = write_corrected(arguments, &held_out, &fitted, priors.as_ref(), verbosity)?;
    if let Some(path) = &arguments.json {
        relex_data::write_atomically(path, &serde_json::to_vec_pretty(&report)?)?;
    }
    show(&render_calibration(&report, labels));
    written.iter().for_each(|line| show(line));
    Ok(())
}

/// The target's shares of labels, if they are given or to be estimated. If a temperature is the first step, the
/// estimate is made at it, for EM needs calibrated probabilities.
fn target(arguments: &CalibrateArguments, held_out: &HeldOut, verbosity: Verbosity) -> anyhow::Result<Option<Target>> {
    let table = &held_out.predictions.member().table;
    let temperature = match arguments.steps.first() {
        Some(StepArgument::Temperature) => Some(fit_temperature(table, &held_out.gold)?),
        _ => None,
    };
    let tempered = temperature.map(|temperature| temperature.apply(table));
    let known = Known {
        labels: held_out.labels(),
        table: tempered.as_ref().unwrap_or(table),
        truth: held_out.truth(),
        bootstrap: bootstrap_config(&arguments.bootstrap, arguments.shift.scope),
    };
    let read = || {
        let sources = &arguments.held_out.sources;
        let path = arguments.shift.target.as_deref();
        let member = read_target(path, sources, known.labels, &arguments.held_out.foreign, verbosity)?;
        Ok(temperature.map_or_else(|| member.table.clone(), |temperature| temperature.apply(&member.table)))
    };
    target_prior(&arguments.shift, &known, read, verbosity)
}

fn steps<'a>(
    steps: &[StepArgument],
    source: &'a Prior,
    target: Option<&'a Prior>,
    priors: Option<&'a TypePairPriors>,
) -> anyhow::Result<Vec<CalibrationStep<'a>>> {
    let mut all = Vec::with_capacity(steps.len());
    for step in steps {
        match (step, target) {
            (StepArgument::Temperature, _) => all.push(CalibrationStep::Temperature),
            (StepArgument::TypePairs, _) => all.extend(priors.map(CalibrationStep::TypePairs)),
            (StepArgument::Prior, Some(target)) => all.push(CalibrationStep::TargetPrior { source, target }),
            (StepArgument::Prior, None) => {
                bail!("the step `prior` needs the target's shares of labels; give them with --target-prior")
            }
            (StepArgument::Threshold, _) => all.push(CalibrationStep::NegativeThreshold),
        }
    }
    Ok(all)
}

/// Counts the data set's labelled rows that are not among those predicted.
fn count_type_pairs(held_out: &HeldOut, pseudo_count: f64) -> anyhow::Result<TypePairPriors> {
    let others = held_out.others()?;
    let rows = others.iter().filter_map(|example| {
        let (subject, object) = (&example.subject.entity_type, &example.object.entity_type);
        Some((subject.as_str(), object.as_str(), example.label?.index()))
    });
    let rows: Vec<(&str, &str, usize)> = rows.collect();
    if rows.is_empty() {
        bail!(
            "type pairs cannot be counted: every labelled row of data set {:?} is among those predicted; predict fewer folds",
            held_out.source.dataset.spec.name
        );
    }
    Ok(TypePairPriors::count(rows, held_out.labels().len(), pseudo_count)?)
}

/// Corrects the predictions of `--apply` and says where they went.
fn write_corrected(
    arguments: &CalibrateArguments,
    held_out: &HeldOut,
    steps: &[FittedStep],
    priors: Option<&TypePairPriors>,
    verbosity: Verbosity,
) -> anyhow::Result<Option<String>> {
    let (Some(apply), Some(out)) = (&arguments.apply, &arguments.out) else {
        return Ok(None);
    };
    let path = predictions_path(apply, Rows::Test)?;
    let labels = held_out.labels();
    let member = read_member(&path, &arguments.held_out.foreign, Some(labels), verbosity)?
        .with_labels(labels, "the labelled rows")?;
    let types = match priors {
        Some(_) => entity_types(&find_examples(&member, held_out)?),
        None => Vec::new(),
    };
    let corrected = Member {
        table: apply_steps(steps, &member.table, priors, &types)?,
        ..member
    };
    let meta = corrected.meta.as_ref().map(|meta| PredictionsMeta {
        labels: labels.to_vec(),
        run: format!("calibrated({})", meta.run),
        ..meta.clone()
    });
    corrected.predictions().write(out, meta.as_ref())?;
    Ok(Some(format!("\n{} rows in {}", corrected.ids.len(), out.display())))
}

/// The examples that were predicted: the data set's test rows, or its labelled ones, whichever they describe.
fn find_examples(member: &Member, held_out: &HeldOut) -> anyhow::Result<Vec<Example>> {
    let dataset = &held_out.source.dataset;
    let meta = member.meta.as_ref();
    if let Ok(test) = dataset.read(Role::Test) {
        let by_id: HashMap<&str, &Example> = test.iter().map(|example| (example.id.as_str(), example)).collect();
        let find = |id: &String| by_id.get(id.as_str()).copied().cloned();
        let found: Option<Vec<Example>> = member.ids.iter().map(find).collect();
        let fits = |found: &Vec<Example>| meta.is_none_or(|meta| describes(meta, found, &dataset.spec.labels));
        if let Some(found) = found.filter(fits) {
            return Ok(found);
        }
    }
    if let Ok(rows) = held_out.source.rows(&member.path, &member.ids, meta) {
        return Ok(rows.examples);
    }
    bail!(
        "{}: its rows are neither test rows nor labelled rows of data set {:?}, so that the types of their entities are not known; leave the step `type-pairs` out",
        member.path.display(),
        dataset.spec.name
    )
}
