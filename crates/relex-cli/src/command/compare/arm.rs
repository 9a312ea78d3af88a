//! The runs of an arm: repetitions of one way of training.

use std::{collections::BTreeMap, path::Path};

use anyhow::bail;
use relex_train::{Provenance, RunFolder, TrainConfig};
use toml::{Table, Value};

use crate::{
    args::ArmArgument,
    command::{
        names,
        run_data::{settings, trained},
        train::series,
    },
};

/// Keys that may differ between runs of one arm: those that repetitions vary, and those that do not change what is learnt. What
/// paths lead to is compared by its hash.
const FREE: [&str; 9] = [
    "seed",
    "data.fold",
    "device",
    "checkpoint.every_steps",
    "checkpoint.keep",
    "data.dataset",
    "data.folder",
    "data.split",
    "data.augmented",
];

/// The arm with the runs of each series in the series' place. Where a series has several folds, no two runs have the same rows, and
/// its pooled predictions are one run.
pub(super) fn expanded(arm: ArmArgument) -> anyhow::Result<ArmArgument> {
    let mut runs = Vec::new();
    for path in arm.runs {
        if !path.is_dir() || !series::has_begun(&path) {
            runs.push(path);
            continue;
        }
        let of_series = series::load(&path)?;
        let members = series::runs(&RunFolder::at(&path))?;
        match (of_series.folds.len(), of_series.seeds.len()) {
            (1, _) => runs.extend(members.iter().map(|run| run.path().to_path_buf())),
            (_, 1) => runs.push(path),
            _ => bail!(
                "{}: this series has several folds and several seeds, and only runs of one fold have the same rows; name those of \
                 one fold as an arm: {}",
                path.display(),
                names(&members)
            ),
        }
    }
    Ok(ArmArgument { runs, ..arm })
}

/// Refuses runs that differ by more than their seed and fold: the spread of different ways of training is not that of one.
pub(super) fn check_alike(arm: &ArmArgument) -> anyhow::Result<()> {
    let mut runs = arm.runs.iter().filter(|path| path.is_dir());
    let Some(first) = runs.next() else {
        return Ok(());
    };
    let Some(expected) = made_from(first)? else {
        return Ok(());
    };
    for run in runs {
        let Some(found) = made_from(run)? else { continue };
        let differing = differences(&expected, &found);
        if !differing.is_empty() {
            bail!(
                "--arm {}: {} and {} differ by more than their seed: {}; runs of one arm repeat one way of training, so give each \
                 way an arm of its own",
                arm.name,
                first.display(),
                run.display(),
                differing.join(", ")
            );
        }
    }
    Ok(())
}

/// Every setting that has to be the same within an arm, by its name; nothing for a folder that is no run, which is refused when it
/// is read.
fn made_from(path: &Path) -> anyhow::Result<Option<BTreeMap<String, String>>> {
    let folder = RunFolder::at(path);
    if !folder.has_begun() && !series::has_begun(path) {
        return Ok(None);
    }
    let config = settings(&folder)?;
    let provenance = trained(&folder)?.provenance();
    let provenance = provenance
        .is_file()
        .then(|| Provenance::read(&provenance))
        .transpose()?;
    let mut found = BTreeMap::new();
    flatten("", &Table::try_from(&config)?, &mut found);
    found.retain(|key, _| !FREE.contains(&key.as_str()));
    match provenance {
        Some(made) => add_hashes(&made, &mut found),
        None => add_paths(&config, &mut found),
    }
    Ok(Some(found))
}

/// By their content where it is known: a folder may have been moved, and an encoder have two names.
fn add_hashes(made: &Provenance, found: &mut BTreeMap<String, String>) {
    found.retain(|key, _| key != "model.encoder" && key != "model.revision");
    found.insert("model.encoder".into(), format!("{:?}", made.encoder));
    found.insert("data.dataset".into(), made.data_hash.clone());
    found.insert("data.split".into(), made.split_hash.clone());
    found.extend(
        made.augmented_hash
            .iter()
            .map(|hash| ("data.augmented".into(), hash.clone())),
    );
}

fn add_paths(config: &TrainConfig, found: &mut BTreeMap<String, String>) {
    found.insert("data.dataset".into(), config.data.dataset.display().to_string());
    found.insert("data.split".into(), config.data.split.display().to_string());
}

fn flatten(above: &str, table: &Table, found: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let name = if above.is_empty() {
            key.clone()
        } else {
            format!("{above}.{key}")
        };
        match value {
            Value::Table(inner) => flatten(&name, inner, found),
            value => {
                found.insert(name, value.to_string());
            }
        }
    }
}

/// The names of settings that differ, with their values where these are short.
fn differences(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> Vec<String> {
    let mut keys: Vec<&String> = one.keys().chain(other.keys()).collect();
    keys.sort();
    keys.dedup();
    let shown = |value: Option<&String>| value.map_or("left out", String::as_str).to_owned();
    keys.into_iter()
        .filter(|key| one.get(*key) != other.get(*key))
        .map(|key| {
            let (first, second) = (shown(one.get(key)), shown(other.get(key)));
            if first.len().max(second.len()) > 40 {
                key.clone()
            } else {
                format!("{key} ({first} and {second})")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(text: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        flatten("", &text.parse().unwrap(), &mut found);
        found
    }

    #[test]
    fn differences_are_named_with_short_values() {
        let long = "x".repeat(60);
        let one = leaves(&format!("a = 1\nb.c = \"{long}\"\nsame = true"));
        let other = leaves("a = 2\nb.c = \"y\"\nsame = true\nb.d = 0.5");
        let expected = ["a (1 and 2)", "b.c", "b.d (left out and 0.5)"];
        assert_eq!(differences(&one, &other), expected);
        assert_eq!(differences(&one, &one), [""; 0]);
    }
}
