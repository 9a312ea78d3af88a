use std::path::Path;

use anyhow::{Context, bail};
use relex_data::{Manifest, Role, SplitConfig, Strategy, Tier, split, subset};

use super::Dataset;
use crate::{
    args::{Part, SplitCommand, SplitCreateArguments, SplitDataArguments, SplitIdsArguments, TierArgument},
    progress::{Verbosity, show},
};

pub(crate) fn run(command: &SplitCommand, verbosity: Verbosity) -> anyhow::Result<()> {
    match command {
        SplitCommand::Create(arguments) => create(arguments, verbosity),
        SplitCommand::Verify(arguments) => verify(arguments),
        SplitCommand::Show { manifest } => {
            show(&describe(&Manifest::read(manifest)?));
            Ok(())
        }
        SplitCommand::Ids(arguments) => ids(arguments),
    }
}

fn create(arguments: &SplitCreateArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let dataset = Dataset::open(&arguments.data)?;
    let examples = dataset.read(Role::Train)?;
    let strategy = match arguments.folds {
        Some(folds) => Strategy::GroupedKFold { folds },
        None => Strategy::GroupedHoldOut {
            valid_fraction: arguments.valid_fraction,
        },
    };
    let config = SplitConfig {
        strategy,
        seed: arguments.seed,
        tier: tier(arguments.tier),
    };
    let manifest = verbosity.timed("split", || split(&examples, &dataset.spec.labels, &config))?;
    let manifest = manifest.named(&dataset.spec.name);
    if arguments.out.exists() {
        let there = Manifest::read(&arguments.out).with_context(|| in_the_way(&arguments.out))?;
        if there.hash() != manifest.hash() {
            bail!("{}", in_the_way(&arguments.out));
        }
    }
    create_parent(&arguments.out)?;
    manifest.write(&arguments.out)?;
    show(&format!(
        "{}\nfrozen in {}",
        describe(&manifest),
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
        (Part::Train, Some(count)) => subset(&manifest, &examples, &partition.train, count, manifest.seed())?,
        (Part::Train, None) => partition.train,
        (Part::Valid, None) => partition.valid,
        (Part::Valid, Some(_)) => {
            bail!("--max-rows takes a subset of the training rows; leave it out, or give --part train")
        }
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

fn describe(manifest: &Manifest) -> String {
    let rows = manifest.rows();
    let mut lines = vec![format!(
        "{}: {} rows, {}, duplicates by {}, seed {}",
        manifest.data_name(),
        rows.len(),
        manifest.strategy(),
        manifest.tier().name(),
        manifest.seed()
    )];
    for fold in 0..manifest.folds() {
        let count = rows.iter().filter(|row| row.fold == Some(fold)).count();
        lines.push(format!(
            "fold {fold}: {count} rows for validation, {} for training",
            rows.len() - count
        ));
    }
    lines.push(format!("hash {}", manifest.hash()));
    lines.join("\n")
}

fn tier(argument: TierArgument) -> Tier {
    match argument {
        TierArgument::SamePair => Tier::SamePair,
        TierArgument::Identical => Tier::Identical,
        TierArgument::Folded => Tier::Folded,
        TierArgument::NearDuplicate => Tier::NearDuplicate,
    }
}

pub(super) fn create_parent(path: &Path) -> anyhow::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => {
            std::fs::create_dir_all(parent).map_err(|error| anyhow::anyhow!("{}: {error}", parent.display()))
        }
        _ => Ok(()),
    }
}
