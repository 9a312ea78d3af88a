//! What a manifest is good for afterwards.

use std::collections::BTreeSet;

use proptest::prelude::*;
use relex_data::{Comparability, Example, Manifest, SplitConfig, subset};

use crate::data::{LABELS, config, examples, labels, reordered, try_split};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_subset_is_contained_in_the_next(examples in examples(), config in config(), seed in any::<u64>(), key in 1..9_usize) {
        let Some(manifest) = try_split(&examples, &config) else { return Ok(()) };
        let train = manifest.partition(&examples, 0).unwrap().train;
        let mut smaller: Vec<usize> = Vec::new();
        prop_assert!(subset(&manifest, &examples, &train, train.len() + 1, seed).is_err());
        for count in 0..=train.len() {
            let larger = subset(&manifest, &examples, &train, count, seed).unwrap();
            prop_assert_eq!(larger.len(), count);
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

    #[test]
    fn a_split_differs_from_another_in_the_rows_that_moved(examples in examples(), config in config(), seed in any::<u64>()) {
        let Some(first) = try_split(&examples, &config) else { return Ok(()) };
        let diff = first.diff(&first);
        prop_assert!(diff.moved.is_empty() && diff.overlaps.iter().all(|overlap| overlap.jaccard() == 1.0));
        prop_assert_eq!(diff.comparability, Comparability::Everywhere);
        let Some(second) = try_split(&examples, &SplitConfig { seed, ..config }) else { return Ok(()) };
        let (there, back) = (first.diff(&second), second.diff(&first));
        let moved: Vec<&str> = there.moved.iter().map(|row| row.id.as_str()).collect();
        let expected: Vec<&str> = first.rows().iter().zip(second.rows())
            .filter(|(left, right)| left.part != right.part)
            .map(|(row, _)| row.id.as_str())
            .collect();
        prop_assert_eq!(moved, expected);
        prop_assert_eq!(there.moved.len(), back.moved.len());
        prop_assert_eq!(there.comparability, back.comparability);
    }

    #[test]
    fn verify_names_every_single_change(examples in examples(), config in config(), row in any::<prop::sample::Index>(), kind in 0..4) {
        let Some(manifest) = try_split(&examples, &config) else { return Ok(()) };
        manifest.verify(&examples, &labels()).unwrap();
        let mut changed = examples.clone();
        let at = row.index(changed.len());
        let id = changed[at].id.clone();
        let named = match kind {
            0 => {
                changed[at].sentence.insert(0, '그');
                format!("row `{id}` was edited (")
            }
            1 => {
                changed[at].label = labels().at((changed[at].label.unwrap().index() + 1) % LABELS.len());
                format!("row `{id}` was edited: its label was")
            }
            2 => {
                changed.remove(at);
                format!("row `{id}` is missing; 0 edited, 1 missing and 0 added")
            }
            _ => {
                changed.insert(at, Example { id: "new".to_owned(), ..examples[at].clone() });
                "row `new` was added; 0 edited, 0 missing and 1 added".to_owned()
            }
        };
        let message = manifest.verify(&changed, &labels()).unwrap_err().to_string();
        prop_assert!(message.contains(&named), "{named:?} is not in {message}");
    }
}
