//! What a manifest refuses, and in which words.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::collections::HashSet;
use std::path::Path;

use relex_data::{
    Comparability, ConflictPolicy, DatasetSpec, Entity, Example, LabelSet, Manifest, Part, Role, Span, SplitConfig,
    Strategy, Tier, split, subset,
};

const LABELS: [&str; 4] = ["no_relation", "per:title", "org:founded", "per:children"];

fn labels() -> LabelSet {
    LabelSet::new(LABELS, "no_relation").unwrap()
}

fn ten() -> Vec<Example> {
    let labels = labels();
    (0..10)
        .map(|index| Example {
            id: index.to_string(),
            sentence: format!("{index} 가나다라마바사아자차카타파하 {}", index * 7919),
            subject: Entity {
                span: Span::new(0, 1).unwrap(),
                entity_type: "NOH".to_owned(),
            },
            object: Entity {
                span: Span::new(2, 4).unwrap(),
                entity_type: "POH".to_owned(),
            },
            label: labels.at(index % 2),
            source: None,
        })
        .collect()
}

fn config(strategy: Strategy, seed: u64) -> SplitConfig {
    SplitConfig {
        strategy,
        seed,
        tier: Tier::Identical,
        conflicts: ConflictPolicy::Keep,
    }
}

fn hold_out(examples: &[Example]) -> Manifest {
    let strategy = Strategy::GroupedHoldOut { valid_fraction: 0.3 };
    split(examples, &labels(), &config(strategy, 1)).unwrap()
}

#[test]
fn seeds_choose_different_splits() {
    let examples = ten();
    let even = [("no_relation".to_owned(), 1.0), ("per:title".to_owned(), 1.0)];
    for strategy in [
        Strategy::Random { valid_fraction: 0.3 },
        Strategy::Stratified { valid_fraction: 0.3 },
        Strategy::DuplicateAware { valid_fraction: 0.3 },
        Strategy::GroupedHoldOut { valid_fraction: 0.3 },
        Strategy::PriorMatched {
            valid_fraction: 0.3,
            prior: even.into(),
        },
        Strategy::KFold { folds: 3 },
        Strategy::StratifiedKFold { folds: 3 },
        Strategy::GroupedKFold { folds: 3 },
        Strategy::HoldOutAndFolds {
            hold_out_fraction: 0.3,
            folds: 2,
        },
    ] {
        let valid = (0..20).map(|seed| {
            let manifest = split(&examples, &labels(), &config(strategy.clone(), seed)).unwrap();
            manifest.partition(&examples, 0).unwrap().valid
        });
        let valid: HashSet<Vec<usize>> = valid.collect();
        assert!(valid.len() > 5, "{strategy}: {valid:?}");
        let rows: HashSet<usize> = valid.into_iter().flatten().collect();
        assert_eq!(rows.len(), 10, "{strategy}: some row is never for validation");
    }
}

#[test]
fn verify_names_the_row_and_the_change() {
    let examples = ten();
    let manifest = hold_out(&examples);
    let check = |change: &dyn Fn(&mut Vec<Example>), parts: &[&str]| {
        let mut changed = examples.clone();
        change(&mut changed);
        let message = manifest.verify(&changed, &labels()).unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "`{part}` is not in: {message}");
        }
    };
    manifest.verify(&examples, &labels()).unwrap();
    check(
        &|rows| rows[3].sentence.push('!'),
        &["row `3` was edited (its sentence", "1 edited, 0 missing and 0 added"],
    );
    check(
        &|rows| rows[4].label = labels().id("per:title"),
        &["row `4` was edited: its label was `no_relation` and is now `per:title`"],
    );
    check(
        &|rows| rows[5].label = None,
        &["its label was `per:title` and is now `none`"],
    );
    check(
        &|rows| drop(rows.remove(6)),
        &["row `6` is missing", "0 edited, 1 missing and 0 added"],
    );
    check(
        &|rows| {
            rows.push(Example {
                id: "new".to_owned(),
                ..rows[0].clone()
            });
        },
        &["row `new` was added"],
    );
    check(&|rows| rows.push(rows[0].clone()), &["`0` occurs twice"]);
    // Differences of every kind at once: each is named.
    check(
        &|rows| {
            rows[3].sentence.push('!');
            rows[4].label = labels().id("per:title");
            rows[5].id = "new".to_owned();
        },
        &[
            "row `3` was edited (",
            "row `4` was edited: its label",
            "row `5` is missing",
            "row `new` was added",
            "2 edited, 1 missing and 1 added",
        ],
    );
    let fewer = LabelSet::new(LABELS.into_iter().take(3), "no_relation").unwrap();
    assert!(
        manifest
            .verify(&examples, &fewer)
            .unwrap_err()
            .to_string()
            .contains("list of labels")
    );
    let mut grown = examples.clone();
    grown.push(Example {
        id: "new".to_owned(),
        ..examples[0].clone()
    });
    assert!(
        manifest
            .partition(&grown, 0)
            .unwrap_err()
            .to_string()
            .contains("row `new` was added")
    );
    assert!(
        manifest
            .partition(&examples, 1)
            .unwrap_err()
            .to_string()
            .contains("only fold is 0")
    );
    assert!(
        subset(&manifest, &examples, &[10], 1, 0)
            .unwrap_err()
            .to_string()
            .contains("row number 10")
    );
}

#[test]
fn a_hand_edit_of_the_manifest_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("split.json");
    let manifest = hold_out(&ten()).named("ten");
    manifest.write(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(Manifest::read(&path).unwrap().data_name(), "ten");
    assert_eq!(
        text.lines().filter(|line| line.contains("\"fold\"")).count(),
        10,
        "one row a line:\n{text}"
    );

    let check = |from: &str, to: &str, part: &str| {
        let edited = text.replacen(from, to, 1);
        assert_ne!(edited, text, "{from} is not in the file");
        std::fs::write(&path, edited).unwrap();
        let message = Manifest::read(&path).unwrap_err().to_string();
        assert!(message.contains("split.json") && message.contains(part), "{message}");
    };
    check("\"fold\":null", "\"fold\":0", "was edited after it was written");
    check("\"seed\": 1", "\"seed\": 2", "was edited after it was written");
    check(
        "\"label\":\"no_relation\"",
        "\"label\":\"per:title\"",
        "was edited after it was written",
    );
    check(manifest.hash(), &"0".repeat(64), "was edited after it was written");
    check("\"format_version\": 2", "\"format_version\": 9", "format version 9");
    check(
        "\"format_version\": 2",
        "\"format_version\": 1",
        "was edited after it was written",
    );
    check(
        "\"policy\": \"keep\"",
        "\"policy\": \"drop\"",
        "was edited after it was written",
    );
    check("\"rows\"", "\"lines\"", "not a split manifest: unknown field `lines`");
    check("{", "[", "not a split manifest");
    // White space is no content.
    std::fs::write(&path, text.replace('\n', "\r\n ")).unwrap();
    assert_eq!(Manifest::read(&path).unwrap(), manifest);
}

#[test]
fn splits_that_cannot_be_made() {
    let check = |examples: &[Example], strategy: Strategy, part: &str| {
        let message = split(examples, &labels(), &config(strategy, 0))
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with("cannot split: ") && message.contains(part),
            "{message}"
        );
    };
    let (hold_out, folds) = (
        |valid_fraction| Strategy::GroupedHoldOut { valid_fraction },
        |folds| Strategy::GroupedKFold { folds },
    );
    check(&[], folds(2), "no rows");
    for fraction in [0.0, 1.0, -0.1, f64::NAN, f64::INFINITY] {
        check(&ten(), hold_out(fraction), "between 0 and 1");
    }
    check(&ten(), folds(1), "folds = 1 must lie between 2");
    check(
        &ten(),
        folds(11),
        "11 folds need 11 groups of duplicates, but the data has 10",
    );
    let mut rows = ten();
    rows[2].label = None;
    check(&rows, folds(2), "row `2` has no label");
    let mut rows = ten();
    rows[2].id = "1".to_owned();
    check(&rows, folds(2), "`1` occurs twice");
}

#[test]
fn folds_mirror_an_even_table() {
    // 20 rows of each of four labels in pairs of two: 5 folds of 4 rows a label are possible, so they must be found.
    let labels = labels();
    let rows: Vec<Example> = (0..80)
        .map(|index| Example {
            id: index.to_string(),
            sentence: format!("{} 번째 문장", index / 2),
            label: labels.at(index / 2 % 4),
            ..ten()[0].clone()
        })
        .collect();
    let strategy = Strategy::GroupedKFold { folds: 5 };
    let manifest = split(&rows, &labels, &config(strategy, 3)).unwrap();
    for label in LABELS {
        for fold in 0..5 {
            let count = manifest
                .rows()
                .iter()
                .filter(|row| row.label == label && row.part == Part::Fold(fold))
                .count();
            assert_eq!(count, 4, "{label} in fold {fold}");
        }
    }
}

#[test]
fn a_manifest_of_version_1_is_read_as_it_was_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let spec = DatasetSpec::from_file(&folder.join("dataset.toml")).unwrap();
    let examples = spec.read(&folder, Role::Train).unwrap();
    // Written by the last program of that version, with a valid fraction of 0.25 and seed 42.
    let old = Manifest::read(&folder.join("split-v1.json")).unwrap();
    assert_eq!(
        old.hash(),
        "32c42288f754c4a2ef35f6724e160f86191914d663b91393c89b92d767f677a6"
    );
    assert_eq!(old.conflicts(), None);
    assert!(old.render_text().contains("conflicts: not counted"));
    old.verify(&examples, &spec.labels).unwrap();
    let new = SplitConfig {
        tier: Tier::NearDuplicate,
        ..config(Strategy::GroupedHoldOut { valid_fraction: 0.25 }, 42)
    };
    let new = split(&examples, &spec.labels, &new).unwrap().named("tiny");
    assert_eq!(old.rows(), new.rows());
    assert_eq!(
        old.partition(&examples, 0).unwrap(),
        new.partition(&examples, 0).unwrap()
    );
    assert_eq!(old.diff(&new).comparability, Comparability::Everywhere);

    let scratch = tempfile::tempdir().unwrap();
    let copy = scratch.path().join("split.json");
    old.write(&copy).unwrap();
    let bytes = |path: &Path| std::fs::read(path).unwrap();
    assert_eq!(bytes(&copy), bytes(&folder.join("split-v1.json")));
}

#[test]
fn scores_are_comparable_where_the_same_rows_are_measured() {
    let examples = ten();
    let folds =
        |seed, rows: &[Example]| split(rows, &labels(), &config(Strategy::GroupedKFold { folds: 2 }, seed)).unwrap();
    let first = folds(0, &examples);
    let second = (1..)
        .map(|seed| folds(seed, &examples))
        .find(|other| other.rows() != first.rows());
    assert_eq!(first.diff(&second.unwrap()).comparability, Comparability::Pooled);

    // The label of a row that is measured on in fold 0 is another: fold 1 measures the same rows still.
    let manifest = folds(0, &examples);
    let at = manifest.partition(&examples, 0).unwrap().valid[0];
    let mut edited = examples.clone();
    edited[at].label = labels().id("per:children");
    let other = (0..200)
        .map(|seed| folds(seed, &edited))
        .find(|other| {
            other
                .rows()
                .iter()
                .zip(manifest.rows())
                .all(|(left, right)| left.part == right.part)
        })
        .unwrap();
    let diff = manifest.diff(&other);
    assert_eq!(diff.comparability, Comparability::Parts(vec![Part::Fold(1)]));
    assert_eq!((diff.edited.len(), diff.relabelled.len(), diff.moved.len()), (1, 1, 0));
    assert!(
        diff.to_string().contains("scores may be compared on fold 1 only"),
        "{diff}"
    );
}
