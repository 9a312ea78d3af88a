mod noise;
mod provenance;

use std::path::PathBuf;

use anyhow::{Context, bail};
use relex_eval::{
    Arm, BootstrapConfig, BrowsedRows, Comparison, ComparisonInput, Evaluation, Metric, Report, ReportRow,
    ReportSystem, Slicing, TrainingHistory, compare,
};
use relex_train::RunFolder;

use super::{
    compare::{Loaded, aligned, short_names},
    evaluate::read_evaluation,
    gold::{Gold, RunGolds},
    member::{check_named, is_named},
    open_run,
    output::Sources,
    scored::Scored,
    slices,
};
use crate::{
    args::{BrowsedArgument, ReportArguments},
    progress::{Verbosity, show},
};

/// The scores whose differences are shown.
const COMPARED: [Metric; 3] = [Metric::MicroF1, Metric::Auprc, Metric::Accuracy];

pub(crate) fn run(arguments: &ReportArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let out = out(arguments)?;
    let own = match &arguments.run[..] {
        [run] if arguments.predictions.is_empty() => Some(RunFolder::at(run).report()),
        _ => None,
    };
    let place = &arguments.gold.place;
    Sources::of(arguments.run.iter().chain(&arguments.predictions))
        .and_dataset(place.dataset.as_ref(), place.data_dir.as_ref())
        .check_outputs([&out], own.as_deref())?;
    let systems = verbosity.timed("read", || load(arguments, verbosity))?;
    let names = short_names(&systems.iter().map(|system| system.path.clone()).collect::<Vec<_>>());
    let reference = &systems[0].loaded;
    let slicings = slices::slicings(&reference.scored)?;
    let mut shown = Vec::new();
    for (name, system) in names.into_iter().zip(&systems) {
        // Before it is scored: what may not stand beside the others is refused at once.
        let probabilities = aligned(reference, &system.loaded)?;
        let evaluation = verbosity.timed("evaluate", || system.evaluation(arguments, reference, &slicings))?;
        let suspects = verbosity.timed("label noise", || {
            let is_vouched = is_named(&system.path, &arguments.out_of_fold);
            noise::suspects(system, reference, &probabilities, is_vouched, verbosity)
        })?;
        shown.push(ReportSystem {
            name,
            evaluation,
            probabilities,
            suspects,
            history: system.history()?,
            provenance: system.provenance()?,
        });
    }
    let comparisons = verbosity.timed("compare", || comparisons(arguments, reference, &shown))?;
    let report = Report {
        title: title(&shown),
        labels: reference.scored.labels.names().to_vec(),
        negative: reference.scored.labels.negative().index(),
        rows: rows(&reference.scored),
        slicings,
        systems: shown,
        comparisons,
        browsed: match arguments.rows {
            BrowsedArgument::Wrong => BrowsedRows::Wrong,
            BrowsedArgument::All => BrowsedRows::All,
        },
    };
    super::split::create_parent(&out)?;
    report.write(&out).map_err(|error| match error {
        relex_eval::EvalError::OtherScores { .. } => {
            anyhow::Error::new(error).context("run `relex evaluate --run` again after each `relex predict`")
        }
        other => other.into(),
    })?;
    show(&out.display().to_string());
    Ok(())
}

/// A system that is shown, and where it comes from.
struct System {
    path: PathBuf,
    /// `None` for a predictions file.
    run: Option<RunFolder>,
    loaded: Loaded,
}

fn load(arguments: &ReportArguments, verbosity: Verbosity) -> anyhow::Result<Vec<System>> {
    check_named(&arguments.foreign, &arguments.out_of_fold, &arguments.predictions)?;
    let mut systems = Vec::new();
    let sources = [&arguments.run[..], &arguments.predictions].concat();
    let mut golds = RunGolds::with(&arguments.gold, &sources);
    for path in &arguments.run {
        let folder = open_run(path)?;
        // What is missing is said before anything is computed.
        read_evaluation(&folder)?;
        systems.push(System {
            path: path.clone(),
            loaded: Loaded {
                name: path.display().to_string(),
                scored: Scored::of_run(&folder, &mut golds)?,
            },
            run: Some(folder),
        });
    }
    let gold = Gold::of_flags(&arguments.gold, &sources)?;
    for path in &arguments.predictions {
        let gold = gold.as_ref().context("give --dataset with --predictions")?;
        systems.push(System {
            path: path.clone(),
            loaded: Loaded {
                name: path.display().to_string(),
                scored: Scored::of_file(path, gold, &arguments.foreign, verbosity)?,
            },
            run: None,
        });
    }
    Ok(systems)
}

fn out(arguments: &ReportArguments) -> anyhow::Result<PathBuf> {
    match (&arguments.out, &arguments.run[..]) {
        (Some(out), _) => Ok(out.clone()),
        (None, [run]) => Ok(RunFolder::at(run).report()),
        (None, _) => bail!("a report of several systems belongs to none of them: say where it goes with --out"),
    }
}

fn title(systems: &[ReportSystem]) -> String {
    match systems {
        [one] => one.name.clone(),
        [one, other] => format!("{} and {}", one.name, other.name),
        several => format!("{} systems", several.len()),
    }
}

fn rows(scored: &Scored) -> Vec<ReportRow> {
    let span = |span: relex_data::Span| (span.start(), span.end());
    let rows = scored.examples.iter().zip(&scored.gold);
    rows.map(|(example, &gold)| ReportRow {
        id: example.id.clone(),
        sentence: example.sentence.clone(),
        subject: span(example.subject.span),
        object: span(example.object.span),
        subject_type: example.subject.entity_type.clone(),
        object_type: example.object.entity_type.clone(),
        gold,
    })
    .collect()
}

/// Every other system against the first.
fn comparisons(
    arguments: &ReportArguments,
    reference: &Loaded,
    systems: &[ReportSystem],
) -> anyhow::Result<Vec<Comparison>> {
    if systems.len() < 2 {
        return Ok(Vec::new());
    }
    let arms: Vec<Arm<'_>> = systems
        .iter()
        .map(|system| Arm {
            name: system.name.clone(),
            runs: vec![&system.probabilities],
        })
        .collect();
    COMPARED
        .into_iter()
        .map(|metric| {
            Ok(compare(&ComparisonInput {
                labels: reference.scored.labels.names(),
                negative: reference.scored.labels.negative().index(),
                gold: &reference.scored.gold,
                groups: &reference.scored.groups,
                arms: &arms,
                metric,
                baseline: Some(0),
                bootstrap: bootstrap(arguments),
            })?)
        })
        .collect()
}

fn bootstrap(arguments: &ReportArguments) -> BootstrapConfig {
    BootstrapConfig {
        resamples: arguments.resamples,
        seed: arguments.seed,
        level: 0.95,
    }
}

impl System {
    /// The scores that `relex evaluate` wrote into the run, or those of the file; with those of slices.
    fn evaluation(
        &self,
        arguments: &ReportArguments,
        reference: &Loaded,
        slicings: &[Slicing],
    ) -> anyhow::Result<Evaluation> {
        let scored = &self.loaded.scored;
        let mut evaluation = match &self.run {
            Some(folder) => read_evaluation(folder)?,
            None => scored.evaluate(bootstrap(arguments))?,
        };
        if evaluation.slices.is_empty() {
            let config = BootstrapConfig {
                resamples: evaluation.resamples,
                seed: evaluation.seed,
                level: evaluation.micro_f1.interval.level,
            };
            // The slicings are those of the reference's rows, which may stand in another order here.
            let own_order = (scored.predictions.ids != reference.scored.predictions.ids)
                .then(|| slices::slicings(scored))
                .transpose()?;
            evaluation.slices = scored.evaluate_slices(config, own_order.as_deref().unwrap_or(slicings))?;
        }
        Ok(evaluation)
    }

    fn history(&self) -> anyhow::Result<Option<TrainingHistory>> {
        let metrics = self.run.as_ref().map(RunFolder::metrics).filter(|path| path.is_file());
        Ok(metrics.map(TrainingHistory::read).transpose()?)
    }

    fn provenance(&self) -> anyhow::Result<Vec<(String, String)>> {
        match &self.run {
            Some(folder) => provenance::of_run(folder),
            None => provenance::of_file(&self.path, &self.loaded.scored),
        }
    }
}
