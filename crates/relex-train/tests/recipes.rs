//! Every recipe under `configs/` can be trained from once it has a split.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::path::{Path, PathBuf};

use relex_model::HeadKind;
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

/// The value of a dotted key; none where it is left at its default and not written.
fn value(config: &toml::Table, key: &str) -> Option<toml::Value> {
    let mut parts = key.split('.');
    let first = config.get(parts.next()?)?.clone();
    parts.try_fold(first, |table, part| table.get(part).cloned())
}

/// Whether two values are the same, numbers to the precision of `f32`.
fn is_same(found: &toml::Value, expected: &toml::Value) -> bool {
    match (found.as_float(), expected.as_float()) {
        (Some(found), Some(expected)) => (found - expected).abs() <= 1e-6 * expected.abs(),
        _ => found == expected,
    }
}

/// What a recipe comes to once its layers are laid on each other: TOML values by their dotted keys, `-` for what is not set.
#[track_caller]
fn check(recipe: &str, expected: &[(&str, &str)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs").join(recipe);
    let config = resolve(&path, &["data.split=split.json".into()]).unwrap_or_else(|error| panic!("{error}"));
    let config = toml::Table::try_from(config).unwrap();
    for (key, text) in expected {
        let found = value(&config, key);
        let wanted = (*text != "-").then(|| {
            let table: toml::Table = format!("value = {text}").parse().unwrap();
            table["value"].clone()
        });
        let same = match (&found, &wanted) {
            (Some(found), Some(wanted)) => is_same(found, wanted),
            (None, None) => true,
            _ => false,
        };
        assert!(same, "{recipe}: {key} is {found:?} instead of {text}");
    }
}

/// Trains in minutes, which the README promises.
#[test]
fn the_quickstart_is_small() {
    check(
        "quickstart.toml",
        &[
            ("data.dataset", "\"datasets/sample\""),
            ("device", "\"cpu\""),
            ("seed", "42"),
            ("model.markers", "\"typed-punctuation\""),
            ("model.head.kind", "\"entity-start\""),
            ("model.freeze_layers", "6"),
            ("training.epochs", "5"),
            ("training.batch_size", "16"),
            ("training.precision", "\"f32\""),
            ("training.keep", "\"last\""),
            ("optimizer.kind", "\"adamw\""),
            ("optimizer.learning_rate", "3e-4"),
            ("optimizer.weight_decay", "0.01"),
            ("loss.kind", "\"cross-entropy\""),
            ("loss.label_smoothing", "0.1"),
            ("schedule.kind", "\"linear\""),
            ("schedule.warmup", "0.1"),
        ],
    );
}

#[test]
fn the_recipe_of_the_strongest_single_models_is_theirs() {
    check(
        "klue-re/roberta-large.toml",
        &[
            ("data.dataset", "\"datasets/klue-re\""),
            ("model.markers", "\"typed-punctuation\""),
            ("model.head.kind", "\"entity-start\""),
            ("model.max_tokens", "256"),
            ("model.freeze_layers", "-"),
            ("training.batch_size", "64"),
            ("training.precision", "\"fp16\""),
            ("training.epochs", "3"),
            ("optimizer.kind", "\"adamw\""),
            ("optimizer.learning_rate", "2e-5"),
            ("loss.kind", "\"cross-entropy\""),
            ("loss.label_smoothing", "0.1"),
        ],
    );
}

#[test]
fn the_recipe_of_the_baseline_is_the_baseline() {
    check(
        "klue-re/baseline.toml",
        &[
            ("data.dataset", "\"datasets/klue-re\""),
            ("model.markers", "\"none\""),
            ("model.head.kind", "\"cls\""),
            ("model.query.template", "\"{subject}[SEP]{object}[SEP]\""),
            ("model.max_tokens", "256"),
            ("training.epochs", "20"),
            ("training.batch_size", "16"),
            ("training.evaluation_batch_size", "16"),
            ("training.precision", "\"f32\""),
            ("training.keep", "\"last\""),
            ("optimizer.kind", "\"adamw\""),
            ("optimizer.learning_rate", "5e-5"),
            ("optimizer.weight_decay", "0.01"),
            ("schedule.kind", "\"linear\""),
            ("schedule.warmup", "500"),
            ("loss.kind", "\"cross-entropy\""),
            ("loss.label_smoothing", "0.0"),
        ],
    );
}

#[test]
fn the_recipes_of_semeval_mark_entities_without_types() {
    let common = [
        ("data.dataset", "\"datasets/semeval-2010-task8\""),
        ("model.markers", "\"entity\""),
        ("model.head.kind", "\"entity-start\""),
    ];
    check("semeval/small.toml", &common);
    check(
        "semeval/small.toml",
        &[
            ("training.epochs", "5"),
            ("training.batch_size", "32"),
            ("optimizer.learning_rate", "2e-4"),
        ],
    );
    check("semeval/entity-start.toml", &common);
    check(
        "semeval/entity-start.toml",
        &[
            ("training.epochs", "10"),
            ("training.batch_size", "64"),
            ("optimizer.learning_rate", "3e-5"),
            ("loss.label_smoothing", "0.0"),
            ("model.max_tokens", "128"),
        ],
    );
}

/// Recipes that change one thing of `small.toml`, and nothing else.
#[test]
fn recipes_of_one_question_differ_in_its_answer() {
    const SMALL: [(&str, &str); 6] = [
        ("data.dataset", "\"datasets/klue-re\""),
        ("training.epochs", "3"),
        ("training.batch_size", "32"),
        ("training.evaluate", "\"at-end\""),
        ("schedule.kind", "\"linear\""),
        ("model.max_tokens", "256"),
    ];
    const OPTIMIZER: [(&str, &str); 2] = [("optimizer.kind", "\"adamw\""), ("optimizer.learning_rate", "2e-4")];
    const LOSS: [(&str, &str); 2] = [("loss.kind", "\"cross-entropy\""), ("loss.label_smoothing", "0.1")];
    const MODEL: [(&str, &str); 3] = [
        ("model.markers", "\"typed-punctuation\""),
        ("model.cosine_scale", "-"),
        ("model.type_embedding", "-"),
    ];
    let check_one = |recipe: &str, rest: &[&[(&str, &str)]], own: &[(&str, &str)]| {
        check(recipe, &[&SMALL[..], &rest.concat(), own].concat());
    };
    let head = ("model.head.kind", "\"entity-start\"");
    check_one("klue-re/small.toml", &[&OPTIMIZER, &LOSS, &MODEL], &[head]);
    check_one(
        "klue-re/adafactor.toml",
        &[&LOSS, &MODEL],
        &[
            head,
            ("optimizer.kind", "\"adafactor\""),
            ("optimizer.step", "\"fixed\""),
            ("optimizer.learning_rate", "2e-4"),
            ("optimizer.beta_1", "-"),
        ],
    );
    check_one(
        "klue-re/lion.toml",
        &[&LOSS, &MODEL],
        &[
            head,
            ("optimizer.kind", "\"lion\""),
            ("optimizer.learning_rate", "4e-5"),
            ("optimizer.weight_decay", "0.05"),
        ],
    );
    check_one(
        "klue-re/focal.toml",
        &[&OPTIMIZER, &MODEL],
        &[
            head,
            ("loss.kind", "\"focal\""),
            ("loss.gamma", "2.0"),
            ("loss.alpha", "1.0"),
        ],
    );
    check_one(
        "klue-re/ldam.toml",
        &[&OPTIMIZER],
        &[
            head,
            ("loss.kind", "\"ldam\""),
            ("loss.max_margin", "0.5"),
            ("loss.reweight_from", "0.8"),
            ("loss.weights.effective-number", "0.9999"),
            ("model.cosine_scale", "30.0"),
        ],
    );
    for name in HeadKind::NAMES {
        // `entity-span+cls` is in a file without the plus.
        let recipe = format!("klue-re/heads/{}.toml", name.replace('+', "-"));
        let head = format!("\"{name}\"");
        check_one(
            &recipe,
            &[&OPTIMIZER, &LOSS, &MODEL],
            &[("model.head.kind", head.as_str())],
        );
    }
    for (recipe, setting) in [
        ("klue-re/heads/cls-x2.toml", ("model.head.width", "2")),
        ("klue-re/heads/cls-x3.toml", ("model.head.width", "3")),
        ("klue-re/heads/cls-deep.toml", ("model.head.depth", "2")),
    ] {
        check_one(
            recipe,
            &[&OPTIMIZER, &LOSS, &MODEL],
            &[("model.head.kind", "\"cls\""), setting],
        );
    }
    check_one(
        "klue-re/heads/type-embedding.toml",
        &[&OPTIMIZER, &LOSS],
        &[
            head,
            ("model.markers", "\"punctuation\""),
            ("model.type_embedding", "true"),
        ],
    );
}
