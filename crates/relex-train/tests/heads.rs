//! Heads in configurations, and the recipes that choose one.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use relex_model::HeadKind;
use relex_train::{TrainConfig, resolve};

#[test]
fn a_head_is_a_name_or_a_table() {
    let head = |base: &str, recipe: &str, sets: &[&str]| {
        let recipe = format!("extends = \"base.toml\"\n{recipe}");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("base.toml"), base).unwrap();
        std::fs::write(folder.path().join("recipe.toml"), recipe).unwrap();
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        let config = resolve(&folder.path().join("recipe.toml"), &sets).unwrap();
        let written = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<TrainConfig>(&written).unwrap(), config, "{written}");
        serde_json::to_value(config.model.head).unwrap()
    };
    let cls = |width: u8, depth: u8| serde_json::json!({ "kind": "cls", "width": width, "depth": depth });
    assert_eq!(head("", "", &[]), serde_json::json!({ "kind": "entity-start" }));
    let named = "[model]\nhead = \"cls\"";
    assert_eq!(head(named, "", &[]), cls(1, 1));
    assert_eq!(
        head(named, "[model.head]\nwidth = 2", &["model.head.depth=3"]),
        cls(2, 3)
    );
    // A name leaves every setting at its default.
    let wide = "[model.head]\nkind = \"cls\"\nwidth = 3";
    assert_eq!(head(wide, named, &[]), cls(1, 1));
    assert_eq!(head(wide, "", &["model.head.depth=2"]), cls(3, 2));
    let other = head(wide, "", &["model.head.kind=bilstm", "model.head.units=64"]);
    assert_eq!(other, serde_json::json!({ "kind": "bilstm", "layers": 1, "units": 64 }));
}

/// Every `.toml` below a folder.
fn recipes(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("pretrain") {
            // Configurations of another kind.
        } else if path.is_dir() {
            found.extend(recipes(&path));
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    found
}

fn head_name(config: &TrainConfig) -> String {
    let head = serde_json::to_value(config.model.head).unwrap();
    head["kind"].as_str().unwrap().to_owned()
}

#[test]
fn every_recipe_resolves_and_can_be_run() {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    let sets = [
        "data.split=split.json".to_owned(),
        "data.dataset=datasets/klue-re".to_owned(),
    ];
    for path in recipes(&configs) {
        let checked = resolve(&path, &sets).and_then(TrainConfig::check);
        assert!(checked.is_ok(), "{}: {}", path.display(), checked.unwrap_err());
    }
}

#[test]
fn every_head_has_a_recipe() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/klue-re/heads");
    let configs = recipes(&folder);
    let configs: Vec<TrainConfig> = configs.iter().map(|path| resolve(path, &[]).unwrap()).collect();
    let kinds: BTreeSet<String> = configs.iter().map(head_name).collect();
    assert_eq!(kinds, HeadKind::NAMES.iter().map(ToString::to_string).collect());
    // They differ in the model alone, so that runs of them tell heads apart.
    for config in &configs {
        let alike = TrainConfig {
            model: config.model.clone(),
            ..configs[0].clone()
        };
        assert_eq!(&alike, config);
    }
}
