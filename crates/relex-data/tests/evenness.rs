//! Grouped folds beside those of scikit-learn's `StratifiedGroupKFold` on the same groups: never farther from a label's
//! fair share. Its deviations are frozen in `fixtures/stratified-group-k-fold.json`, which says how they were made.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::path::{Path, PathBuf};

use relex_data::{
    ConflictPolicy, DatasetSpec, Entity, Example, LabelSet, Manifest, Role, Span, SplitConfig, Strategy, Tier, split,
};
use serde_json::Value;

fn golden() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stratified-group-k-fold.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn folds_of(examples: &[Example], labels: &LabelSet, folds: usize, tier: Tier) -> Manifest {
    let config = SplitConfig {
        strategy: Strategy::GroupedKFold { folds },
        seed: 42,
        tier,
        conflicts: ConflictPolicy::Keep,
    };
    split(examples, labels, &config).unwrap()
}

/// The largest distance of a fold from its fair share, by label.
fn worst(manifest: &Manifest) -> Vec<f64> {
    let summary = manifest.summary();
    let of_label = |label: usize| {
        let excesses = summary.parts.iter().map(|part| part.labels[label].excess().abs());
        excesses.fold(0.0, f64::max)
    };
    (0..manifest.labels().len()).map(of_label).collect()
}

fn check_never_worse(name: &str, manifest: &Manifest, golden: &Value) {
    let expected: Vec<f64> = serde_json::from_value(golden["worst"].clone()).unwrap();
    let found = worst(manifest);
    assert_eq!(found.len(), expected.len(), "{name}");
    for (label, (ours, theirs)) in manifest.labels().iter().zip(found.iter().zip(&expected)) {
        // The golden values have six decimals.
        assert!(
            *ours <= theirs + 1e-6,
            "{label} of {name}: {ours} rows off, but {theirs} are possible"
        );
    }
}

/// A data set whose identical sentences are the groups of `text`: a label's digit a row, spaces between groups.
fn invented(text: &str, label_count: usize) -> (Vec<Example>, LabelSet) {
    let labels = LabelSet::new((0..label_count).map(|label| format!("label {label}")), "label 0").unwrap();
    let entity = |start| Entity {
        span: Span::new(start, start + 1).unwrap(),
        entity_type: "PER".to_owned(),
    };
    let groups = text.split(' ').enumerate();
    let rows = groups.flat_map(|(group, rows)| {
        rows.chars()
            .enumerate()
            .map(move |(place, digit)| (group, place, digit))
    });
    let example = |(group, place, digit): (usize, usize, char)| Example {
        id: format!("{group}.{place}"),
        sentence: format!("문장 {group}"),
        subject: entity(0),
        object: entity(1 + place),
        label: labels.at(digit.to_digit(16).unwrap() as usize),
        source: None,
    };
    (rows.map(example).collect(), labels.clone())
}

#[test]
fn invented_groups() {
    // Pairs of small groups; pure and mixed ones; a few so large that no placing is even.
    for (number, golden) in golden()["invented"].as_array().unwrap().iter().enumerate() {
        let label_count = usize::try_from(golden["labels"].as_u64().unwrap()).unwrap();
        let folds = usize::try_from(golden["folds"].as_u64().unwrap()).unwrap();
        let (examples, labels) = invented(golden["groups"].as_str().unwrap(), label_count);
        let manifest = folds_of(&examples, &labels, folds, Tier::Identical);
        check_never_worse(&format!("structure {number}"), &manifest, golden);
    }
}

fn check_data_set(name: &str, examples: &[Example], labels: &LabelSet, golden: &Value) {
    for tier in [Tier::NearDuplicate, Tier::Identical] {
        let golden = &golden[tier.name()];
        let manifest = folds_of(examples, labels, 5, tier);
        assert_eq!(
            golden["groups"],
            manifest.summary().groups,
            "{name} has other groups by {tier}"
        );
        check_never_worse(&format!("{name} by {tier}"), &manifest, golden);
    }
}

#[test]
fn the_sample_data_set() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/sample");
    let spec = DatasetSpec::from_file(&folder.join("dataset.toml")).unwrap();
    let examples = spec.read(&folder, Role::Train).unwrap();
    check_data_set("sample", &examples, &spec.labels, &golden()["sample"]);
}

#[test]
fn klue_re() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("RELEX_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    let folder = shared.join("datasets/klue-re");
    if !folder.is_dir() {
        #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
        {
            eprintln!(
                "skipped: {} is not there; set RELEX_SHARED to check KLUE-RE",
                folder.display()
            );
        }
        return;
    }
    let spec = DatasetSpec::from_file(&workspace.join("datasets/klue-re/dataset.toml")).unwrap();
    let examples = spec.read(&folder, Role::Train).unwrap();
    check_data_set("KLUE-RE", &examples, &spec.labels, &golden()["klue_re"]);
    // Each fold within 2 rows or 3 % of its fair share; as it is, the fair share rounded up or down.
    for tier in [Tier::NearDuplicate, Tier::Identical] {
        let worst = worst(&folds_of(&examples, &spec.labels, 5, tier));
        assert!(worst.iter().all(|rows| *rows < 1.0), "{worst:?}");
    }
}
