//! Every recipe under `configs/` can be trained from once it has a split.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::path::{Path, PathBuf};

use relex_train::{resolve, resolve_pretraining};

fn recipes(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            recipes(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_recipe_resolves_and_checks() {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    let mut found = Vec::new();
    recipes(&configs, &mut found);
    // The layer that all others begin with names no data set.
    found.retain(|path| *path != configs.join("base.toml") && !path.starts_with(configs.join("pretrain")));
    assert!(found.len() >= 8, "{found:?}");
    for path in found {
        let config = resolve(&path, &["data.split=split.json".into()]).unwrap_or_else(|error| panic!("{error}"));
        let dataset = config.data.dataset.clone();
        config
            .check()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            configs.join("..").join(dataset).join("dataset.toml").is_file(),
            "{}",
            path.display()
        );
    }
}

#[test]
fn every_recipe_of_further_pre_training_resolves_and_checks() {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    let mut found = Vec::new();
    recipes(&configs.join("pretrain"), &mut found);
    found.retain(|path| *path != configs.join("pretrain/base.toml"));
    assert!(found.len() >= 2, "{found:?}");
    for path in found {
        let resolved =
            resolve_pretraining(&path, &["data.split=split.json".into()]).unwrap_or_else(|error| panic!("{error}"));
        let dataset = resolved.config.data.dataset.clone();
        resolved
            .config
            .check()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(configs.join("..").join(dataset).join("dataset.toml").is_file());
    }
}
