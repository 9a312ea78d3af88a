//! What every split must satisfy, on generated data sets full of duplicates.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::collections::{BTreeMap, BTreeSet, HashSet};

use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use relex_data::{
    Entity, Example, LabelSet, Manifest, Span, SplitConfig, Strategy, Tier, data_hash, duplicate_groups, split, subset,
};

const LABELS: [&str; 4] = ["no_relation", "per:title", "org:founded", "per:children"];

fn labels() -> LabelSet {
    LabelSet::new(LABELS, "no_relation").unwrap()
}

/// Rows over few sentences, so that many repeat; the label is skewed towards the first.
fn examples() -> impl proptest::strategy::Strategy<Value = Vec<Example>> {
    let row = (
        0..25_usize,
        prop::sample::select(vec!["", ".", " !", "x"]),
        0..3_usize,
        0..12_usize,
    );
    prop::collection::vec(row, 12..60).prop_map(|rows| {
        let labels = labels();
        rows.into_iter()
            .enumerate()
            .map(|(index, (sentence, tail, object, label))| Example {
                id: index.to_string(),
                sentence: format!(
                    "{} 문장은 길다{tail}",
                    "가나다라마바사".repeat(1 + sentence / 5) + &sentence.to_string()
                ),
                subject: Entity {
                    span: Span::new(0, 2).unwrap(),
                    entity_type: "PER".to_owned(),
                },
                object: Entity {
                    span: Span::new(3 + object, 4 + object).unwrap(),
                    entity_type: "ORG".to_owned(),
                },
                label: labels.at(label.saturating_sub(8)),
                source: None,
            })
            .collect()
    })
}

fn config() -> impl proptest::strategy::Strategy<Value = SplitConfig> {
    let strategy = prop_oneof![
        (0.05..0.6_f64).prop_map(|valid_fraction| Strategy::GroupedHoldOut { valid_fraction }),
        (2..5_usize).prop_map(|folds| Strategy::GroupedKFold { folds }),
    ];
    (strategy, any::<u64>(), prop::sample::select(Tier::ALL.to_vec())).prop_map(|(strategy, seed, tier)| SplitConfig {
        strategy,
        seed,
        tier,
    })
}

/// A split, unless the generated data has too few groups for it.
fn try_split(examples: &[Example], config: &SplitConfig) -> Option<Manifest> {
    match split(examples, &labels(), config) {
        Ok(manifest) => Some(manifest),
        Err(error) => {
            let message = error.to_string();
            assert!(message.contains("groups"), "{message}");
            None
        }
    }
}

/// A deterministic reordering.
fn reordered(examples: &[Example], key: usize) -> Vec<Example> {
    let mut copy = examples.to_vec();
    copy.sort_by_key(|example| (example.id.len() * 31 + example.id.bytes().map(usize::from).sum::<usize>() * key) % 17);
    copy
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn folds_are_disjoint_and_cover(examples in examples(), config in config()) {
        let Some(manifest) = try_split(&examples, &config) else { return Ok(()) };
        let mut validated = vec![0; examples.len()];
        for fold in 0..manifest.folds() {
            let partition = manifest.partition(&examples, fold).unwrap();
            let both: BTreeSet<usize> = partition.train.iter().chain(&partition.valid).copied().collect();
            prop_assert_eq!(both.len(), examples.len());
            prop_assert_eq!(partition.train.len() + partition.valid.len(), examples.len());
            prop_assert!(!partition.train.is_empty() && !partition.valid.is_empty());
            for row in partition.valid {
                validated[row] += 1;
            }
        }
        match config.strategy {
            Strategy::GroupedKFold { .. } => prop_assert!(validated.iter().all(|count| *count == 1)),
            Strategy::GroupedHoldOut { .. } => prop_assert!(validated.iter().all(|count| *count <= 1)),
        }
    }

    #[test]
    fn no_group_straddles(examples in examples(), config in config()) {
        let Some(manifest) = try_split(&examples, &config) else { return Ok(()) };
        let row_of: BTreeMap<&str, _> = manifest.rows().iter().map(|row| (row.id.as_str(), row)).collect();
        for rows in duplicate_groups(&examples, config.tier).members() {
            let places: HashSet<_> = rows.iter().map(|row| row_of[examples[*row].id.as_str()]).map(|row| (row.group, row.fold)).collect();
            prop_assert_eq!(places.len(), 1);
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(examples in examples(), config in config(), key in 1..9_usize) {
        let other = reordered(&examples, key);
        prop_assert_eq!(data_hash(&examples, &labels()), data_hash(&other, &labels()));
        let (Some(first), Some(second)) = (try_split(&examples, &config), try_split(&other, &config)) else { return Ok(()) };
        prop_assert_eq!(&first, &second);
        first.verify(&other, &labels()).unwrap();
    }

    #[test]
    fn ids_do_not_matter(examples in examples(), config in config()) {
        let mut renamed = examples.clone();
        for example in &mut renamed {
            example.id = format!("x{}", 1_000 - example.id.parse::<usize>().unwrap());
        }
        let (Some(first), Some(second)) = (try_split(&examples, &config), try_split(&renamed, &config)) else { return Ok(()) };
        prop_assert_eq!(first.partition(&examples, 0).unwrap(), second.partition(&renamed, 0).unwrap());
    }

    #[test]
    fn a_hold_out_shows_every_label_it_can(examples in examples(), seed in any::<u64>(), valid_fraction in 0.05..0.5_f64) {
        // One group a row or so: no label is tied to another, so nothing excuses a missing one.
        let mut distinct = examples;
        for example in &mut distinct {
            example.sentence = format!("{}{}", example.id.repeat(3), example.sentence);
        }
        let config = SplitConfig { strategy: Strategy::GroupedHoldOut { valid_fraction }, seed, tier: Tier::Identical };
        let Some(manifest) = try_split(&distinct, &config) else { return Ok(()) };
        for label in LABELS {
            let groups = |valid: bool| manifest.rows().iter().filter(|row| row.label == label && row.fold.is_some() == valid).count();
            let (train, valid) = (groups(false), groups(true));
            prop_assert!(train + valid < 2 || train > 0 && valid > 0, "{}: {} and {}", label, train, valid);
        }
    }

    #[test]
    fn a_subset_is_contained_in_the_next(examples in examples(), config in config(), seed in any::<u64>(), key in 1..9_usize) {
        let Some(manifest) = try_split(&examples, &config) else { return Ok(()) };
        let train = manifest.partition(&examples, 0).unwrap().train;
        let mut smaller: Vec<usize> = Vec::new();
        for count in 0..=train.len() + 1 {
            let larger = subset(&manifest, &examples, &train, count, seed).unwrap();
            prop_assert_eq!(larger.len(), count.min(train.len()));
            prop_assert!(smaller.iter().all(|row| larger.contains(row)));
            prop_assert!(larger.iter().all(|row| train.contains(row)));
            smaller = larger;
        }
        let other = reordered(&examples, key);
        let ids = |examples: &[Example]| -> BTreeSet<String> {
            let train = manifest.partition(examples, 0).unwrap().train;
            let half = subset(&manifest, examples, &train, train.len() / 2, seed).unwrap();
            half.into_iter().map(|row| examples[row].id.clone()).collect()
        };
        prop_assert_eq!(ids(&examples), ids(&other));
    }

    #[test]
    fn a_manifest_survives_its_file(examples in examples(), config in config()) {
        let Some(manifest) = try_split(&examples, &config) else { return Ok(()) };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("split.json");
        manifest.write(&path).unwrap();
        prop_assert_eq!(Manifest::read(&path).unwrap(), manifest);
    }
}
