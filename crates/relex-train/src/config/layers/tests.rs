use relex_loss::{ClassWeights, LossConfig};

use super::*;
use crate::{OptimizerConfig, OptimizerRule, Schedule, Warmup};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn later_layers_win_key_by_key() {
    let folder = folder(&[
        (
            "base.toml",
            "seed = 1\n[training]\nepochs = 2\nbatch_size = 8\n[schedule]\nkind = \"linear\"\nwarmup = 0.2",
        ),
        ("recipe.toml", "extends = \"base.toml\"\n[training]\nepochs = 5"),
    ]);
    let sets = [
        "training.batch_size=16",
        "data.dataset=datasets/sample",
        "schedule.warmup=0.3",
    ];
    let config = resolve(&folder.path().join("recipe.toml"), &sets.map(String::from)).unwrap();
    assert_eq!(
        (config.seed, config.training.epochs, config.training.batch_size),
        (1, 5, 16)
    );
    assert_eq!(config.data.dataset, Path::new("datasets/sample"));
    assert_eq!(
        config.schedule,
        Schedule::Linear {
            warmup: Warmup::Share(0.3)
        }
    );
    assert_eq!(config.extends, None);

    std::fs::write(
        folder.path().join("recipe.toml"),
        "extends = \"base.toml\"\n[schedule]\nwarmup = 0.4",
    )
    .unwrap();
    let config = resolve(&folder.path().join("recipe.toml"), &[]).unwrap();
    assert_eq!(
        config.schedule,
        Schedule::Linear {
            warmup: Warmup::Share(0.4)
        }
    );

    let constant = resolve(&folder.path().join("recipe.toml"), &["schedule.kind=constant".into()]).unwrap();
    assert_eq!(constant.schedule, Schedule::Constant {});
}

#[track_caller]
fn check_refused(file: &str, sets: &[&str], expected: &[&str]) {
    let folder = folder(&[("recipe.toml", file)]);
    let sets: Vec<String> = sets.iter().map(|set| (*set).into()).collect();
    let message = resolve(&folder.path().join("recipe.toml"), &sets)
        .unwrap_err()
        .to_string();
    for part in expected {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
}

#[test]
fn unknown_keys_are_named_with_line_and_suggestion() {
    check_refused(
        "seed = 1\n[optimizer]\nlearning_rat = 1e-4",
        &[],
        &["recipe.toml", "line 3", "^^^^", "did you mean `learning_rate`?"],
    );
    check_refused(
        "",
        &["training.epoch=3"],
        &["--set training.epoch=3", "did you mean `epochs`?"],
    );
    check_refused("", &["trainig.epochs=3"], &["did you mean `training`?"]);
    check_refused("", &["loss.kind=focall"], &["focall", "did you mean `focal`?"]);
    check_refused("", &["model.head=clss"], &["clss", "did you mean `cls`?"]);
    check_refused(
        "[model.head]\nkind = \"cls\"\nwidht = 2",
        &[],
        &["line 3, column 1", "unknown field `widht`", "did you mean `width`?"],
    );
    check_refused(
        "",
        &["model.head.width=2"],
        &["unknown field `width`", "model.head.kind = \"cls\""],
    );
    check_refused(
        "[loss]\nkind = \"focal\"\ngama = 2.0",
        &[],
        &["unknown field `gama`", "did you mean `gamma`?"],
    );
    check_refused("", &["loss.gamma=2.0"], &["unknown field `gamma`", "label_smoothing"]);
    check_refused(
        "",
        &["loss.weights=inverse_frequency"],
        &["did you mean `inverse-frequency`?"],
    );
    check_refused(
        "",
        &["schedule.wramup=0.1"],
        &["--set schedule.wramup=0.1", "did you mean `warmup`?"],
    );
    check_refused("[schedule]\nkind = \"constant\"\nwarmup = 0.1", &[], &["warmup"]);
    check_refused(
        "[optimizer]\nkind = \"lion\"\nepsilon = 1e-8",
        &[],
        &[
            "recipe.toml: line 3, column 1",
            "3 | epsilon = 1e-8",
            "| ^^^^^^^\n",
            "unknown field `epsilon`",
            "`epsilon` is a key of optimizer.kind = \"adamw\" and \"adafactor\"; here the kind is \"lion\"",
        ],
    );
    check_refused(
        "[optimizer]\nlearning_rate = 1e-4\nbeta_1 = \"much\"",
        &[],
        &[
            "line 3, column 10",
            "| beta_1 = \"much\"\n  |          ^^^^^^\n",
            "expected f32",
        ],
    );
    check_refused(
        "[schedule]\nkind = \"linear\"\nwarmup = -3",
        &[],
        &[
            "line 3",
            "a number of steps such as 500, or a share of all steps such as 0.1",
        ],
    );
    check_refused(
        "[trainig]\nepochs = 3",
        &[],
        &["line 1, column 2", "^^^^^^^", "did you mean `training`?"],
    );
    check_refused("[trainig]", &[], &["did you mean `training`?"]);
    check_refused("extends = 5", &[], &["line 1, column 11", "a file's name"]);
    check_refused(
        "[model]\nquery = { place = \"before\" }",
        &[],
        &["missing field `template`"],
    );
    check_refused("", &["extends=base.toml"], &["--config"]);
    check_refused("", &["epochs"], &["key=value"]);
    check_refused("seed = ", &[], &["line 1"]);
    check_refused("extends = \"recipe.toml\"", &[], &["circle"]);
    check_refused("extends = \"nowhere.toml\"", &[], &["nowhere.toml"]);
    check_refused("[training]\nepochs = \"three\"", &[], &["line 2", "three"]);
}

#[test]
fn another_kind_begins_anew_but_for_what_all_kinds_have() {
    let folder = folder(&[
        (
            "base.toml",
            "[optimizer]\nlearning_rate = 1e-3\nlayer_decay = 0.9\nbeta_2 = 0.9",
        ),
        (
            "recipe.toml",
            "extends = \"base.toml\"\n[optimizer]\nkind = \"lion\"\nbeta_1 = 0.8",
        ),
    ]);
    let optimizer = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        resolve(&folder.path().join("recipe.toml"), &sets).unwrap().optimizer
    };
    let lion = OptimizerConfig {
        rule: OptimizerRule::Lion {
            beta_1: 0.8,
            beta_2: 0.99,
        },
        learning_rate: 1e-3,
        layer_decay: 0.9,
        ..OptimizerConfig::default()
    };
    assert_eq!(optimizer(&[]), lion);
    let adamw = optimizer(&["optimizer.kind=adamw"]);
    assert_eq!(adamw.rule, OptimizerRule::default());
    assert_eq!(adamw.layer_decay, 0.9);
}

/// A query's place means nothing without its template, which may stand behind it.
#[test]
fn keys_that_need_one_another_may_come_in_any_order() {
    let folder = folder(&[(
        "recipe.toml",
        "[model.query]\nplace = \"before\"\ntemplate = \"{subject}?\"",
    )]);
    let config = resolve(&folder.path().join("recipe.toml"), &[]).unwrap();
    assert!(config.model.query.is_some());
}

#[test]
fn what_is_written_reads_back_the_same() {
    let folder = folder(&[(
        "recipe.toml",
        "[data]\ndataset = \"d\"\nsplit = \"s\"\n[model]\nencoder = \"e\"",
    )]);
    let path = folder.path().join("recipe.toml");
    let checked = resolve(&path, &["data.max_train_rows=7".into()])
        .unwrap()
        .check()
        .unwrap();
    std::fs::write(&path, checked.to_toml().unwrap()).unwrap();
    assert_eq!(&resolve(&path, &[]).unwrap(), checked.values());
}

#[test]
fn a_loss_keeps_its_keys_through_the_layers() {
    let folder = folder(&[
        ("base.toml", "[loss]\nkind = \"cross-entropy\"\nlabel_smoothing = 0.1"),
        (
            "recipe.toml",
            "extends = \"base.toml\"\n[loss]\nkind = \"focal\"\nweights = { effective-number = 0.99 }",
        ),
    ]);
    let path = folder.path().join("recipe.toml");
    let loss = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
        let written = toml::to_string(&resolve(&path, &sets).unwrap()).unwrap();
        let config: TrainConfig = toml::from_str(&written).unwrap();
        assert_eq!(config, resolve(&path, &sets).unwrap(), "{written}");
        config.loss
    };
    let focal = |gamma, weights| LossConfig::Focal {
        gamma,
        alpha: 1.0,
        weights,
    };
    let effective = |beta| ClassWeights::EffectiveNumber { beta };
    assert_eq!(loss(&[]), focal(2.0, effective(0.99)));
    assert_eq!(
        loss(&["loss.gamma=1", "loss.weights.effective-number=0.9"]),
        focal(1.0, effective(0.9))
    );
    assert_eq!(loss(&["loss.weights=none"]), focal(2.0, ClassWeights::None));
    assert_eq!(
        loss(&["loss.weights=[1, 2.5]"]),
        focal(2.0, ClassWeights::List(vec![1.0, 2.5]))
    );
    assert_eq!(loss(&["loss.kind=cross-entropy"]), LossConfig::default());
}

#[test]
fn impossible_values_are_named() {
    let valid = ["data.dataset=d", "data.split=s", "model.encoder=e"];
    let check = |set: &str, expected: &str| {
        let folder = folder(&[("recipe.toml", "")]);
        let sets: Vec<String> = valid.iter().chain([&set]).map(ToString::to_string).collect();
        let message = resolve(&folder.path().join("recipe.toml"), &sets)
            .unwrap()
            .check()
            .unwrap_err()
            .to_string();
        assert!(message.contains(expected), "{expected:?} is not in {message:?}");
    };
    check("model.encoder=", "model.encoder");
    check("training.epochs=0", "training.epochs = 0");
    check("model.head_dropout=1.0", "model.head_dropout = 1");
    check("optimizer.learning_rate=-1.0", "optimizer.learning_rate = -1");
    check("device=gpu", "cpu, wgpu, wgpu:N, cuda");
    check("device=cuda:0,cpu", "of one kind");
    check("device=cuda:1,cuda:0,cuda:1", "named twice");
    check("device=cpu,", "unknown; choose cpu");
    check("loss.label_smoothing=1.5", "label_smoothing = 1.5");
    check("schedule.warmup=2.0", "schedule.warmup = 2");
    check("optimizer.layer_decay=0.0", "optimizer.layer_decay = 0");
    check("optimizer.head_learning_rate=0.0", "optimizer.head_learning_rate = 0");
    check(
        "training.unfreeze_layers_per_epoch=0",
        "training.unfreeze_layers_per_epoch = 0",
    );
    check(
        "optimizer={ kind = 'adafactor', step = 'relative' }",
        "optimizer.step = relative: the step that is relative to the time is a schedule of its own",
    );
    check("loss.kind=ldam", "model.cosine_scale = none");
    check("model.cosine_scale=0.0", "model.cosine_scale = 0");
}
