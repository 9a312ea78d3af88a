use std::path::Path;

use anyhow::{Context, bail};
use relex_data::{Manifest, Role, subset};

use super::{Dataset, output::Sources};
use crate::{
    args::{PartArgument, SplitCommand, SplitCreateArguments, SplitDataArguments, SplitIdsArguments},
    progress::{Verbosity, show},
};

mod strategy;

pub(crate) fn run(command: &SplitCommand, verbosity: Verbosity) -> anyhow::Result<()> {
    match command {
        SplitCommand::Create(arguments) => create(arguments, verbosity),
        SplitCommand::Verify(arguments) => verify(arguments),
        SplitCommand::Show { manifest } => {
            show(&Manifest::read(manifest)?.render_text());
            Ok(())
        }
        SplitCommand::Ids(arguments) => ids(arguments),
        SplitCommand::Diff { first, second } => {
            show(&Manifest::read(first)?.diff(&Manifest::read(second)?).to_string());
            Ok(())
        }
    }
}

fn create(arguments: &SplitCreateArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let config = strategy::config(arguments)?;
    let dataset = Dataset::open(&arguments.data)?;
    // What it replaces is looked at below.
    let bad_rows = &arguments.data.bad_rows;
    Sources::default().check_outputs([&arguments.out].into_iter().chain(bad_rows), Some(&arguments.out))?;
    let examples = verbosity.timed("read", || dataset.read(Role::Train))?;
    let manifest = verbosity.timed("split", || relex_data::split(&examples, &dataset.spec.labels, &config))?;
    let manifest = manifest.named(&dataset.spec.name);
    if arguments.out.exists() {
        let there = Manifest::read(&arguments.out).with_context(|| in_the_way(&arguments.out))?;
        if there.hash() != manifest.hash() {
            bail!("{}", in_the_way(&arguments.out));
        }
    }
    create_parent(&arguments.out)?;
    verbosity.timed("write", || manifest.write(&arguments.out))?;
    show(&format!(
        "{}frozen in {}",
        manifest.render_text(),
        arguments.out.display()
    ));
    Ok(())
}

fn verify(arguments: &SplitDataArguments) -> anyhow::Result<()> {
    let dataset = Dataset::open(&arguments.data)?;
    let examples = dataset.read(Role::Train)?;
    let manifest = Manifest::read(&arguments.manifest)?;
    manifest
        .verify(&examples, &dataset.spec.labels)
        .with_context(|| dataset.beside(&arguments.manifest))?;
    show(&format!(
        "all {} rows are those that the split was made from",
        examples.len()
    ));
    Ok(())
}

fn ids(arguments: &SplitIdsArguments) -> anyhow::Result<()> {
    let dataset = Dataset::open(&arguments.split.data)?;
    let examples = dataset.read(Role::Train)?;
    let manifest = Manifest::read(&arguments.split.manifest)?;
    let beside = || dataset.beside(&arguments.split.manifest);
    manifest.verify(&examples, &dataset.spec.labels).with_context(beside)?;
    let partition = manifest.partition(&examples, arguments.fold)?;
    let rows = match (arguments.part, arguments.max_rows) {
        (PartArgument::Train, Some(count)) => subset(&manifest, &examples, &partition.train, count, manifest.seed())?,
        (_, Some(_)) => {
            bail!("--max-rows takes a subset of the training rows; leave it out, or give --part train")
        }
        (PartArgument::Train, None) => partition.train,
        (PartArgument::Valid, None) => partition.valid,
        (PartArgument::HoldOut, None) if partition.hold_out.is_empty() => bail!(
            "{}: {} holds no rows out of all folds; give --part valid, or make a split with --strategy hold-out-and-folds",
            arguments.split.manifest.display(),
            manifest.strategy()
        ),
        (PartArgument::HoldOut, None) => partition.hold_out,
    };
    let ids: Vec<&str> = rows.iter().map(|&row| examples[row].id.as_str()).collect();
    show(&ids.join("\n"));
    Ok(())
}

/// A frozen split is not changed by a slip of the hand.
fn in_the_way(out: &Path) -> String {
    format!(
        "{}: another file is there, and a frozen split is never overwritten; choose another --out or remove it",
        out.display()
    )
}

pub(super) fn create_parent(path: &Path) -> anyhow::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => {
            std::fs::create_dir_all(parent).map_err(|error| anyhow::anyhow!("{}: {error}", parent.display()))
        }
        _ => Ok(()),
    }
}
