//! The target's shares of labels, given or estimated, for the commands that take them.

use std::path::{Path, PathBuf};

use anyhow::bail;
use relex_eval::{
    BootstrapConfig, Member, Prior, PriorScope, ProbabilityTable, ShiftInput, ShiftLimits, ShiftReport, Truth,
    diagnose_shift, render_shift,
};

use super::member::{predictions_path, read_member};
use crate::{
    args::{BootstrapArguments, ForeignArguments, Rows, ScopeArgument, ShiftArguments},
    progress::Verbosity,
};

/// Labelled rows, and how intervals are made from them.
pub(super) struct Known<'a> {
    pub(super) labels: &'a [String],
    pub(super) table: &'a ProbabilityTable,
    pub(super) truth: Truth<'a>,
    pub(super) bootstrap: BootstrapConfig,
}

/// The target's shares of labels.
pub(super) enum Target {
    Given(Prior),
    /// Estimated, and usable.
    Estimated(Box<ShiftReport>),
}

impl Target {
    pub(super) fn prior(&self) -> anyhow::Result<&Prior> {
        match self {
            Self::Given(prior) => Ok(prior),
            Self::Estimated(report) => Ok(&report.recommended()?.prior),
        }
    }
}

/// What `--target-prior` says, if it is there. An estimate that its assumptions forbid is an error. `target` gives the
/// target's probabilities where they are needed.
pub(super) fn target_prior(
    arguments: &ShiftArguments,
    known: &Known<'_>,
    target: impl FnOnce() -> anyhow::Result<ProbabilityTable>,
    verbosity: Verbosity,
) -> anyhow::Result<Option<Target>> {
    let Some(path) = &arguments.target_prior else {
        if arguments.target.is_some() {
            bail!("--target is read only for `--target-prior estimated`; add that, or leave --target out");
        }
        return Ok(None);
    };
    if path != Path::new("estimated") {
        let source = Prior::of_labels(known.truth.gold, known.labels.len())?;
        return Ok(Some(Target::Given(Prior::read(path, known.labels, &source)?)));
    }
    let report = verbosity.timed("look at the shift", || diagnose(known, &target()?, arguments.scope))?;
    report.recommended()?;
    verbosity.note(render_shift(&report, known.labels));
    Ok(Some(Target::Estimated(Box::new(report))))
}

/// The target's predictions, in the order of `labels`: those named, or those of the first source that is a run.
pub(super) fn read_target(
    target: Option<&Path>,
    sources: &[PathBuf],
    labels: &[String],
    foreign: &ForeignArguments,
    verbosity: Verbosity,
) -> anyhow::Result<Member> {
    let run = || sources.iter().find(|source| source.is_dir()).map(PathBuf::as_path);
    let Some(target) = target.or_else(run) else {
        bail!("the target is not known: name the predictions for its unlabelled rows with --target");
    };
    let path = predictions_path(target, Rows::Test)?;
    Ok(read_member(&path, foreign, Some(labels), verbosity)?.with_labels(labels, "the labelled rows")?)
}

/// Looks at the shift.
pub(super) fn diagnose(
    known: &Known<'_>,
    target: &ProbabilityTable,
    scope: ScopeArgument,
) -> anyhow::Result<ShiftReport> {
    let groups = target_groups(target);
    Ok(diagnose_shift(&shift_input(known, target, &groups, scope))?)
}

/// Target rows count one by one: their sentences are not at hand.
pub(super) fn target_groups(target: &ProbabilityTable) -> Vec<usize> {
    (0..target.len()).collect()
}

pub(super) fn shift_input<'a>(
    known: &Known<'a>,
    target: &'a ProbabilityTable,
    target_groups: &'a [usize],
    scope: ScopeArgument,
) -> ShiftInput<'a> {
    ShiftInput {
        labels: known.labels,
        valid: known.table,
        truth: known.truth,
        target,
        target_groups,
        scope: match scope {
            ScopeArgument::Negative => PriorScope::NegativeAgainstRest,
            ScopeArgument::Labels => PriorScope::EveryLabel,
        },
        bootstrap: known.bootstrap,
        limits: ShiftLimits::default(),
    }
}

pub(super) fn bootstrap_config(arguments: &BootstrapArguments, scope: ScopeArgument) -> BootstrapConfig {
    let usual = match scope {
        ScopeArgument::Negative => 10_000,
        ScopeArgument::Labels => 500,
    };
    BootstrapConfig {
        resamples: arguments.resamples.unwrap_or(usual),
        seed: arguments.seed,
        ..BootstrapConfig::default()
    }
}
