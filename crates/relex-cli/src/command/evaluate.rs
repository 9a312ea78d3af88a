use std::path::{Path, PathBuf};

use anyhow::bail;
use relex_eval::{BootstrapConfig, Evaluation, TargetMix, TargetPrior, Truth, render_terminal, target_mix};
use relex_train::RunFolder;

use super::{
    gold::{Gold, RunGolds},
    member::check_named,
    open_run,
    output::Sources,
    scored::Scored,
    semeval,
    shift::{self, Known, Target, read_target},
    slices,
};
use crate::{
    args::EvaluateArguments,
    progress::{Verbosity, complain, show},
};

pub(crate) fn run(arguments: &EvaluateArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    if arguments.semeval_scorer {
        show(&semeval::report(arguments, verbosity)?.to_string());
        return Ok(());
    }
    let in_run = arguments.run.as_ref().map(|run| RunFolder::at(run).evaluation("valid"));
    let place = &arguments.gold.place;
    Sources::of(
        arguments
            .run
            .iter()
            .chain(&arguments.predictions)
            .chain(&arguments.shift.target),
    )
    .and_dataset(place.dataset.as_ref(), place.data_dir.as_ref())
    .check_outputs(&arguments.json, in_run.as_deref())?;
    let scored = verbosity.timed("read", || scored(arguments, verbosity))?;
    let bootstrap = BootstrapConfig {
        resamples: arguments.resamples,
        seed: arguments.seed,
        level: 0.95,
    };
    let target_mix = target_mix_of(arguments, &scored, bootstrap, verbosity)?;
    let mut evaluation = verbosity.timed("evaluate", || scored.evaluate(bootstrap))?;
    if arguments.slices {
        let slicings = slices::slicings(&scored)?;
        evaluation.slices = verbosity.timed("slices", || scored.evaluate_slices(bootstrap, &slicings))?;
    }
    evaluation.target_mix = target_mix;
    show(&render_terminal(&evaluation));
    if let Some(path) = &arguments.json {
        evaluation.write(path)?;
    }
    // The scores are what was asked for; a run that cannot be written to must not keep them back.
    if let Some(path) = in_run
        && let Err(error) = evaluation.write(&path)
    {
        complain(&format!(
            "the scores could not be kept in the run, so that `relex report` has none: {:#}; make its folder writable, or keep \
             them elsewhere with --json",
            anyhow::Error::new(error)
        ));
    }
    Ok(())
}

/// The predictions that the arguments name.
pub(super) fn scored(arguments: &EvaluateArguments, verbosity: Verbosity) -> anyhow::Result<Scored> {
    let named = [&arguments.predictions, &arguments.shift.target].map(|path| path.iter().cloned());
    let named: Vec<PathBuf> = named.into_iter().flatten().collect();
    check_named(&arguments.foreign, &[], &named)?;
    let sources: Vec<PathBuf> = arguments.run.iter().chain(&arguments.predictions).cloned().collect();
    match (&arguments.run, &arguments.predictions) {
        (Some(run), _) => {
            let folder = open_run(run)?;
            Gold::of_flags(&arguments.gold, &sources)?;
            Scored::of_run(&folder, &mut RunGolds::with(&arguments.gold, &sources))
        }
        (None, Some(path)) => match Gold::of_flags(&arguments.gold, &sources)? {
            Some(gold) => Scored::of_file(path, &gold, &arguments.foreign, verbosity),
            None => bail!(
                "{}: where its gold labels are is not known; name the data set with --dataset",
                path.display()
            ),
        },
        (None, None) => bail!("give --run, or --predictions with --dataset"),
    }
}

/// The scores at another mix of labels, if one is asked for.
fn target_mix_of(
    arguments: &EvaluateArguments,
    scored: &Scored,
    bootstrap: BootstrapConfig,
    verbosity: Verbosity,
) -> anyhow::Result<Option<TargetMix>> {
    if !arguments.shift.is_asked() {
        return Ok(None);
    }
    let sources: Vec<PathBuf> = arguments.run.iter().chain(&arguments.predictions).cloned().collect();
    let name = sources.first().map_or(Path::new("predictions"), PathBuf::as_path);
    let table = scored.table(name)?;
    let known = Known {
        labels: scored.labels.names(),
        table: &table,
        truth: Truth {
            gold: &scored.gold,
            negative: scored.labels.negative().index(),
            groups: &scored.groups,
        },
        bootstrap,
    };
    let read = || {
        let target = arguments.shift.target.as_deref();
        Ok(read_target(target, &sources, known.labels, &arguments.foreign, verbosity)?.table)
    };
    let Some(target) = shift::target_prior(&arguments.shift, &known, read, verbosity)? else {
        return Ok(None);
    };
    let prior = match &target {
        Target::Given(prior) => TargetPrior::Known(prior),
        Target::Estimated(report) => TargetPrior::Estimated(report.recommended()?),
    };
    Ok(Some(target_mix(&table, &known.truth, prior, &bootstrap)?))
}

/// The scores that `relex evaluate --run` wrote, or an error that says to run it.
pub(super) fn read_evaluation(folder: &RunFolder) -> anyhow::Result<Evaluation> {
    let path: PathBuf = folder.evaluation("valid");
    if !path.is_file() {
        bail!(
            "{}: no scores yet; run `relex evaluate --run {}` first",
            path.display(),
            folder.path().display()
        );
    }
    Ok(Evaluation::read(path)?)
}
