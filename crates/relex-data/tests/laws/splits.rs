//! Where rows go.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use proptest::prelude::*;
use relex_data::{
    ConflictPolicy, Example, Manifest, Part, SplitConfig, Strategy, Tier, data_hash, duplicate_groups,
    resolve_conflicts, split,
};

use crate::data::{LABELS, config, examples, labels, reordered, try_split};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn folds_are_disjoint_and_cover(examples in examples(), config in config()) {
        let Some(manifest) = try_split(&examples, &config) else { return Ok(()) };
        let resolved = manifest.resolve(examples.clone(), &labels()).unwrap();
        let mut validated = vec![0; resolved.len()];
        let mut held_out = BTreeSet::new();
        for fold in 0..manifest.folds() {
            let partition = manifest.partition(&resolved, fold).unwrap();
            let parts = [&partition.train, &partition.valid, &partition.hold_out];
            let all: BTreeSet<usize> = parts.into_iter().flatten().copied().collect();
            prop_assert_eq!(all.len(), resolved.len());
            prop_assert_eq!(parts.map(Vec::len).iter().sum::<usize>(), resolved.len());
            prop_assert!(!partition.train.is_empty() && !partition.valid.is_empty());
            for row in partition.valid {
                validated[row] += 1;
            }
            held_out.extend(partition.hold_out);
        }
        let is_hold_out = manifest.folds() == 1;
        prop_assert_eq!(held_out.is_empty(), !matches!(config.strategy, Strategy::HoldOutAndFolds { .. }));
        for (row, count) in validated.into_iter().enumerate() {
            let expected = usize::from(!held_out.contains(&row));
            prop_assert!(count == expected || is_hold_out && count == 0);
        }
    }

    #[test]
    fn no_group_straddles(examples in examples(), config in config()) {
        let Some(manifest) = try_split(&examples, &config) else { return Ok(()) };
        let resolved = manifest.resolve(examples, &labels()).unwrap();
        let row_of: BTreeMap<&str, _> = manifest.rows().iter().map(|row| (row.id.as_str(), row)).collect();
        let mut leaked = vec![0; manifest.folds()];
        for rows in duplicate_groups(&resolved, config.tier).members() {
            let rows: Vec<_> = rows.iter().map(|row| row_of[resolved[*row].id.as_str()]).collect();
            prop_assert_eq!(rows.iter().map(|row| row.group).collect::<HashSet<_>>().len(), 1);
            let parts: HashSet<Part> = rows.iter().map(|row| row.part).collect();
            prop_assert!(parts.len() == 1 || !config.strategy.keeps_groups_whole());
            for (fold, leaked) in leaked.iter_mut().enumerate() {
                let valid = rows.iter().filter(|row| row.part == Part::Fold(fold)).count();
                *leaked += if valid < rows.len() { valid } else { 0 };
            }
        }
        let counted: Vec<usize> = manifest.summary().parts.iter().map(|part| part.leaked).collect();
        prop_assert_eq!(&counted[..leaked.len()], leaked);
    }

    #[test]
    fn conflicts_are_settled_before_the_split(examples in examples(), config in config()) {
        let Some(manifest) = try_split(&examples, &config) else { return Ok(()) };
        let resolution = resolve_conflicts(&examples, &labels(), config.conflicts);
        let resolved = resolution.apply(&examples).into_owned();
        prop_assert_eq!(manifest.conflicts(), Some(resolution.counts));
        prop_assert_eq!(&manifest.resolve(examples.clone(), &labels()).unwrap(), &resolved);
        manifest.verify_resolved(&resolved, &labels()).unwrap();
        prop_assert_eq!(manifest.verify_resolved(&examples, &labels()).is_ok(), examples == resolved);
        let kept = split(&resolved, &labels(), &SplitConfig { conflicts: ConflictPolicy::Keep, ..config }).unwrap();
        for fold in 0..manifest.folds() {
            prop_assert_eq!(manifest.partition(&resolved, fold).unwrap(), kept.partition(&resolved, fold).unwrap());
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(examples in examples(), config in config(), key in 1..9_usize) {
        let other = reordered(&examples, key);
        prop_assert_eq!(data_hash(&examples, &labels()), data_hash(&other, &labels()));
        let first = try_split(&examples, &config);
        prop_assert_eq!(&first, &try_split(&other, &config));
        if let Some(first) = first {
            first.verify(&other, &labels()).unwrap();
        }
    }

    #[test]
    fn ids_do_not_matter(examples in examples(), config in config()) {
        let mut renamed = examples.clone();
        for example in &mut renamed {
            example.id = format!("x{}", 1_000 - example.id.parse::<usize>().unwrap());
        }
        let (Some(first), Some(second)) = (try_split(&examples, &config), try_split(&renamed, &config)) else { return Ok(()) };
        if config.conflicts == ConflictPolicy::First {
            return Ok(());
        }
        // Among rows of equal content the ids decide where a strategy goes row by row; the contents stay the same.
        let contents = |manifest: &Manifest, examples: &[Example]| -> Vec<(String, Part)> {
            let part_of: BTreeMap<&str, Part> = manifest.rows().iter().map(|row| (row.id.as_str(), row.part)).collect();
            let resolved = manifest.resolve(examples.to_vec(), &labels()).unwrap();
            let rows = resolved.iter().map(|row| (row.content_hash(&labels()), part_of[row.id.as_str()]));
            let mut rows: Vec<_> = rows.collect();
            rows.sort();
            rows
        };
        prop_assert_eq!(contents(&first, &examples), contents(&second, &renamed));
        if config.strategy.keeps_groups_whole() {
            prop_assert_eq!(first.partition(&examples, 0).unwrap(), second.partition(&renamed, 0).unwrap());
        }
    }

    #[test]
    fn a_hold_out_shows_every_label_it_can(examples in examples(), seed in any::<u64>(), valid_fraction in 0.05..0.5_f64) {
        // One group a row or so: no label is tied to another, so nothing excuses a missing one.
        let mut distinct = examples;
        for example in &mut distinct {
            example.sentence = format!("{}{}", example.id.repeat(3), example.sentence);
        }
        let strategy = Strategy::GroupedHoldOut { valid_fraction };
        let config = SplitConfig { strategy, seed, tier: Tier::Identical, conflicts: ConflictPolicy::Keep };
        let Some(manifest) = try_split(&distinct, &config) else { return Ok(()) };
        for label in LABELS {
            let groups = |valid: bool| manifest.rows().iter().filter(|row| row.label == label && (row.part == Part::Fold(0)) == valid).count();
            let (train, valid) = (groups(false), groups(true));
            prop_assert!(train + valid < 2 || train > 0 && valid > 0, "{}: {} and {}", label, train, valid);
        }
    }

    #[test]
    fn the_hold_out_beside_folds_is_the_grouped_hold_out(examples in examples(), config in config(), hold_out_fraction in 0.05..0.6_f64) {
        let with = |strategy| try_split(&examples, &SplitConfig { strategy, ..config.clone() });
        let beside = with(Strategy::HoldOutAndFolds { hold_out_fraction, folds: 2 });
        let alone = with(Strategy::GroupedHoldOut { valid_fraction: hold_out_fraction });
        let (Some(beside), Some(alone)) = (beside, alone) else { return Ok(()) };
        let held_out = beside.partition(&examples, 1).unwrap().hold_out;
        prop_assert_eq!(held_out, alone.partition(&examples, 0).unwrap().valid);
    }
}
