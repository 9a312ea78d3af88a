//! What every augmentation must satisfy.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use relex_data::{
    Amount, AugmentConfig, Augmentation, Example, NegativeRows, Part, Recipe, TrainingRows, augment, read_augmented,
    write_augmented,
};

use crate::generated::{amount, check_children, config, examples, manifest, recipes, spec};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn children_are_sound(examples in examples(), amount in amount(), seed in any::<u64>()) {
        let config = config(recipes(), amount, seed);
        let mut ids = HashSet::new();
        check_children(&examples, &config, |parent, child, recipe| {
            for span in [child.subject.span, child.object.span] {
                assert!(span.of(&child.sentence).is_some_and(|word| !word.is_empty()));
            }
            assert!(!child.subject.span.overlaps(child.object.span));
            assert!(child.id.starts_with(&format!("{}+{}-", parent.id, recipe.name())));
            let words = (child.subject_word(), child.object_word());
            match recipe {
                Recipe::RoleSwap => {
                    assert_eq!(words, (parent.object_word(), parent.subject_word()));
                    assert_eq!(&child.sentence, &parent.sentence);
                    return;
                }
                Recipe::EntityReplacement(_) | Recipe::EntityMasking(_) => assert_ne!(&child.sentence, &parent.sentence),
                _ => assert_eq!(words, (parent.subject_word(), parent.object_word())),
            }
            if matches!(recipe, Recipe::EntityReplacement(_)) {
                let (subject, object) = words;
                let is_new = subject != parent.subject_word() || object != parent.object_word();
                assert!(is_new && !subject.contains(object) && !object.contains(subject), "{words:?}");
            }
            assert_eq!(child.label, parent.label);
            assert_eq!(&child.subject.entity_type, &parent.subject.entity_type);
            assert_eq!(&child.object.entity_type, &parent.object.entity_type);
        });
        if let Some((manifest, examples)) = manifest(&examples) {
            let spec = spec();
            let rows = TrainingRows::of(&manifest, &examples, &spec, 0).unwrap();
            let mut labels = BTreeMap::new();
            for child in augment(&rows, &config).unwrap().children {
                let row = child.example();
                prop_assert!(ids.insert(row.id.clone()));
                let question = (child.recipe().name(), row.sentence.clone(), row.subject.span, row.object.span);
                prop_assert_eq!(labels.insert(question, row.label), None, "one recipe says it twice");
            }
        }
    }

    #[test]
    fn a_child_stands_in_its_parents_fold(examples in examples(), amount in amount(), seed in any::<u64>()) {
        let Some((manifest, examples)) = manifest(&examples) else { return Ok(()) };
        let spec = spec();
        let fold_of: BTreeMap<&str, _> = manifest.rows().iter().map(|row| (row.id.as_str(), row.part)).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("augmented.jsonl");
        let config = config(recipes(), amount, seed);
        for fold in 0..2 {
            let rows = TrainingRows::of(&manifest, &examples, &spec, fold).unwrap();
            let augmentation = augment(&rows, &config).unwrap();
            for child in &augmentation.children {
                prop_assert_ne!(fold_of[child.parent()], Part::Fold(fold));
            }
            write_augmented(&path, &augmentation, &rows, &config).unwrap();
            prop_assert_eq!(read_augmented(&path, &rows).unwrap(), augmentation.children);
            let others = TrainingRows::of(&manifest, &examples, &spec, 1 - fold).unwrap();
            prop_assert!(read_augmented(&path, &others).is_err());
        }
    }

    #[test]
    fn words_are_inserted_deleted_and_moved_as_promised(examples in examples(), seed in any::<u64>()) {
        let config = config(recipes(), Amount::EachRow(2), seed);
        check_children(&examples, &config, |parent, child, recipe| {
            let (old, mut new): (Vec<&str>, Vec<&str>) =
                (parent.sentence.split_whitespace().collect(), child.sentence.split_whitespace().collect());
            match recipe {
                Recipe::PunctuationInsertion => {
                    new.retain(|word| ![".", ";", "?", ":", "!", ","].contains(word));
                    assert_eq!(new, old);
                }
                Recipe::WordDeletion(_) => {
                    let mut left = old.iter();
                    assert!(new.iter().all(|word| left.any(|other| other == word)), "{old:?} {new:?}");
                    assert!(new.len() < old.len() && !child.sentence.contains("  "));
                    assert_eq!(child.sentence.trim(), child.sentence);
                }
                Recipe::WordSwap(_) => {
                    let (mut one, mut other) = (old.clone(), new.clone());
                    one.sort_unstable();
                    other.sort_unstable();
                    assert_eq!(one, other);
                }
                _ => {}
            }
        });
    }

    #[test]
    fn neither_order_nor_other_recipes_matter(examples in examples(), amount in amount(), seed in any::<u64>()) {
        let Some((manifest, examples)) = manifest(&examples) else { return Ok(()) };
        let spec = spec();
        let made = |examples: &[Example], config: &AugmentConfig| -> Augmentation {
            augment(&TrainingRows::of(&manifest, examples, &spec, 0).unwrap(), config).unwrap()
        };
        let mut reversed = examples.clone();
        reversed.reverse();
        let all = config(recipes(), amount, seed);
        prop_assert_eq!(made(&examples, &all), made(&examples, &all));
        prop_assert_eq!(made(&examples, &all), made(&reversed, &all));

        let each = config(recipes(), Amount::EachRow(2), seed);
        let together = made(&examples, &each);
        for recipe in recipes() {
            let alone = made(&examples, &config(vec![recipe.clone()], Amount::EachRow(2), seed));
            let among: Vec<_> = together.children.iter().filter(|child| *child.recipe() == recipe).cloned().collect();
            prop_assert_eq!(alone.children, among);
        }
    }

    #[test]
    fn balance_is_kept(examples in examples(), target in 1..40_usize, seed in any::<u64>()) {
        let Some((manifest, examples)) = manifest(&examples) else { return Ok(()) };
        let spec = spec();
        let rows = TrainingRows::of(&manifest, &examples, &spec, 0).unwrap();
        for amount in [Amount::AtLeast(target), Amount::AtMost(target)] {
            for label in augment(&rows, &config(recipes(), amount, seed)).unwrap().labels {
                prop_assert!(label.rows + label.made <= target.max(label.rows), "{:?}", label);
            }
        }
        let mut without_negative = config(recipes(), Amount::EachRow(1), seed);
        without_negative.balance.negative = NegativeRows::Excluded;
        prop_assert_eq!(augment(&rows, &without_negative).unwrap().labels[0].made, 0);
    }
}
