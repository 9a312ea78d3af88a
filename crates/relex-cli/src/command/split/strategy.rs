//! From the flags of `relex split create` to a configuration; a flag that the strategy has no use for is refused.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, bail};
use clap::ValueEnum;
use relex_data::{ConflictPolicy, SplitConfig, Strategy, Tier};

use crate::args::{ConflictArgument, SplitCreateArguments, StrategyArgument, TierArgument};

const DEFAULT_FRACTION: f64 = 0.1;
const DEFAULT_FOLDS: usize = 5;

pub(super) fn config(arguments: &SplitCreateArguments) -> anyhow::Result<SplitConfig> {
    Ok(SplitConfig {
        strategy: strategy(arguments)?,
        seed: arguments.seed,
        tier: tier(arguments.tier),
        conflicts: conflicts(arguments.conflicts),
    })
}

fn strategy(arguments: &SplitCreateArguments) -> anyhow::Result<Strategy> {
    let chosen = arguments.strategy.unwrap_or(match arguments.folds {
        Some(_) => StrategyArgument::GroupedKFold,
        None => StrategyArgument::Grouped,
    });
    let given = [
        ("--valid-fraction", arguments.valid_fraction.is_some()),
        ("--folds", arguments.folds.is_some()),
        ("--hold-out-fraction", arguments.hold_out_fraction.is_some()),
        ("--prior", arguments.prior.is_some()),
    ];
    let known = flags(chosen);
    if let Some((flag, _)) = given.iter().find(|(flag, given)| *given && !known.contains(flag)) {
        let takers: Vec<String> = StrategyArgument::value_variants()
            .iter()
            .filter(|strategy| flags(**strategy).contains(flag))
            .map(|strategy| name(*strategy))
            .collect();
        bail!(
            "{flag} is not for --strategy {}, which takes {}; leave it out, or choose a strategy that takes it: {}",
            name(chosen),
            known.join(" and "),
            takers.join(", ")
        );
    }
    let valid_fraction = arguments.valid_fraction.unwrap_or(DEFAULT_FRACTION);
    let folds = arguments.folds.unwrap_or(DEFAULT_FOLDS);
    Ok(match chosen {
        StrategyArgument::Random => Strategy::Random { valid_fraction },
        StrategyArgument::Stratified => Strategy::Stratified { valid_fraction },
        StrategyArgument::DuplicateAware => Strategy::DuplicateAware { valid_fraction },
        StrategyArgument::Grouped => Strategy::GroupedHoldOut { valid_fraction },
        StrategyArgument::PriorMatched => {
            let Some(path) = &arguments.prior else {
                bail!("--strategy prior-matched needs --prior FILE, a JSON object such as {{\"per:title\": 0.2}}")
            };
            let prior = read_prior(path)?;
            Strategy::PriorMatched { valid_fraction, prior }
        }
        StrategyArgument::KFold => Strategy::KFold { folds },
        StrategyArgument::StratifiedKFold => Strategy::StratifiedKFold { folds },
        StrategyArgument::GroupedKFold => Strategy::GroupedKFold { folds },
        StrategyArgument::HoldOutAndFolds => Strategy::HoldOutAndFolds {
            hold_out_fraction: arguments.hold_out_fraction.unwrap_or(DEFAULT_FRACTION),
            folds,
        },
    })
}

/// The flags that only some strategies take, of those that this one does.
fn flags(strategy: StrategyArgument) -> &'static [&'static str] {
    match strategy {
        StrategyArgument::Random
        | StrategyArgument::Stratified
        | StrategyArgument::DuplicateAware
        | StrategyArgument::Grouped => &["--valid-fraction"],
        StrategyArgument::PriorMatched => &["--valid-fraction", "--prior"],
        StrategyArgument::KFold | StrategyArgument::StratifiedKFold | StrategyArgument::GroupedKFold => &["--folds"],
        StrategyArgument::HoldOutAndFolds => &["--folds", "--hold-out-fraction"],
    }
}

fn name(strategy: StrategyArgument) -> String {
    let value = strategy.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

fn read_prior(path: &Path) -> anyhow::Result<BTreeMap<String, f64>> {
    let context = || format!("{}: not a mix of labels", path.display());
    let text = std::fs::read_to_string(path).with_context(context)?;
    serde_json::from_str(&text)
        .context("write a JSON object of label names and shares, such as {\"per:title\": 0.2}")
        .with_context(context)
}

fn tier(argument: TierArgument) -> Tier {
    match argument {
        TierArgument::SamePair => Tier::SamePair,
        TierArgument::Identical => Tier::Identical,
        TierArgument::Folded => Tier::Folded,
        TierArgument::NearDuplicate => Tier::NearDuplicate,
    }
}

fn conflicts(argument: ConflictArgument) -> ConflictPolicy {
    match argument {
        ConflictArgument::Keep => ConflictPolicy::Keep,
        ConflictArgument::Majority => ConflictPolicy::Majority,
        ConflictArgument::First => ConflictPolicy::First,
        ConflictArgument::Drop => ConflictPolicy::Drop,
        ConflictArgument::DropNegative => ConflictPolicy::DropNegative,
    }
}
