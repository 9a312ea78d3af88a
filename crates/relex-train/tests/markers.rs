//! Every kind of marker, with and without a query, from a configuration to predictions of the saved classifier.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use burn::{module::Module, tensor::Device};
use relex_data::{ConflictPolicy, DatasetSpec, Markers, Role, SplitConfig, Strategy, Tier, split};
use relex_model::{load_classifier, save_classifier};
use relex_train::{Event, SplitData, TrainConfig, encode_rows, fit, open_encoder, predict, prepare, resolve};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../relex-cli/tests/fixtures")
        .join(name)
}

/// A configuration for the command line's fixtures, with a split of its own.
fn config(folder: &Path, more: &[&str]) -> TrainConfig {
    let spec = DatasetSpec::from_file(&fixture("tiny/dataset.toml")).unwrap();
    let examples = spec.read(&fixture("tiny"), Role::Train).unwrap();
    let strategy = Strategy::GroupedHoldOut { valid_fraction: 0.3 };
    let tier = Tier::Identical;
    let manifest = split(
        &examples,
        &spec.labels,
        &SplitConfig {
            strategy,
            seed: 1,
            tier,
            conflicts: ConflictPolicy::Keep,
        },
    )
    .unwrap();
    manifest.write(&folder.join("split.json")).unwrap();
    let set = |key: &str, path: PathBuf| format!("{key}={}", path.display());
    let mut sets = vec![
        set("data.dataset", fixture("tiny")),
        set("data.split", folder.join("split.json")),
        set("model.encoder", fixture("tiny-encoder")),
        "training.epochs=1".into(),
    ];
    sets.extend(more.iter().map(ToString::to_string));
    resolve(&fixture("tiny.toml"), &sets).unwrap()
}

/// Trains, and compares the predictions of the classifier in memory with those of the saved one; how often the loss
/// was measured, and how many tokens the encoder has.
fn check(more: &[&str]) -> (usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), more).check().unwrap();
    let data = SplitData::load(&config).unwrap();
    let device = Device::flex();
    let training_device = device.clone().autodiff();
    let open = open_encoder(&config, &data.spec, &training_device).unwrap();
    let (classifier, prepared) = prepare(open, &config, &data, &training_device).unwrap();
    let input = prepared.input(&config, &data, &training_device);
    let mut steps = 0;
    let classifier = fit(classifier, &input, |event| {
        steps += usize::from(matches!(event, Event::Step(_)));
        ControlFlow::Continue(())
    });
    let classifier = classifier.unwrap().classifier.valid();
    let (pad, valid) = (prepared.pad_token_id, &prepared.valid);
    let observe = |_| ControlFlow::Continue(());
    let expected = predict(&classifier, &valid.encoded, 4, pad, &device, observe).unwrap();

    let best = folder.path().join("best");
    let encoder_folder = &config.values().model.encoder;
    save_classifier(
        &best,
        &classifier,
        &prepared.classifier_config,
        &prepared.text_encoder,
        encoder_folder,
    )
    .unwrap();
    let read = load_classifier(&best, &device).unwrap();
    let encoded = encode_rows(
        &read.text_encoder,
        &read.config,
        &data.examples,
        &data.valid,
        &data.spec,
    )
    .unwrap();
    assert_eq!(encoded, valid.encoded, "{more:?}");
    let actual = predict(&read.classifier, &encoded, 4, pad, &device, observe).unwrap();
    assert_eq!(actual, expected, "{more:?}");
    (steps, read.encoder_config.vocab_size)
}

/// 11 rows in batches of 4 make 3 steps.
#[test]
fn every_kind_of_marker_trains_and_predicts_the_same_from_its_folder() {
    let spec = DatasetSpec::from_file(&fixture("tiny/dataset.toml")).unwrap();
    for markers in Markers::ALL {
        let tokens = markers.special_tokens(&spec).unwrap().len();
        assert_eq!(check(&[&format!("model.markers={markers}")]), (3, 245 + tokens));
    }
}

#[test]
fn queries_train_and_predict_the_same_from_their_folder() {
    let template = "model.query.template={subject}({subject_type})와 {object}의 관계는?";
    for place in ["before", "second-segment"] {
        let place = format!("model.query.place={place}");
        assert_eq!(check(&["model.markers=typed-entity", template, &place]), (3, 245 + 24));
        assert_eq!(check(&[template, &place]), (3, 245));
    }
}

#[test]
fn a_resolved_configuration_names_markers_and_query() {
    let folder = tempfile::tempdir().unwrap();
    let sets = [
        "model.markers=subject-object",
        "model.query.template={subject}, {{x}}?",
        "model.query.place=second-segment",
    ];
    let checked = config(folder.path(), &sets).check().unwrap();
    let toml = checked.to_toml().unwrap();
    for line in [
        "markers = \"subject-object\"",
        "[model.query]",
        "template = \"{subject}, {{x}}?\"",
        "place = \"second-segment\"",
    ] {
        assert!(toml.contains(line), "{line} is not in {toml}");
    }
    let path = folder.path().join("config.toml");
    std::fs::write(&path, &toml).unwrap();
    assert_eq!(&resolve(&path, &[]).unwrap(), checked.values());
}

#[test]
fn misspelt_markers_and_placeholders_are_named() {
    let path = fixture("tiny.toml");
    let refused = |set: &str, parts: &[&str]| {
        let message = resolve(&path, &[set.to_owned()]).unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in {message:?}");
        }
    };
    refused(
        "model.markers=typed-entty",
        &["typed-entty", "did you mean `typed-entity`?"],
    );
    refused(
        "model.query.template={subjct}?",
        &[
            "unknown placeholder `{subjct}`",
            "did you mean `{subject}`?",
            "`{object_type}`",
        ],
    );
    refused("model.query.place=before", &["missing field `template`"]);
}
