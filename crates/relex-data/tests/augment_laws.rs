//! What every augmentation must satisfy, on generated Korean rows.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use proptest::prelude::*;
use relex_data::{
    Amount, AugmentConfig, Augmentation, Balance, DatasetSpec, Entity, Example, Manifest, NegativeRows, Recipe, Span,
    SplitConfig, Strategy, Tier, TrainingRows, augment, read_augmented, split, write_augmented,
};

const SPEC: &str = r#"
name = "generated"
title = "Generated rows"
licence = "CC0-1.0"
homepage = ""
labels = ["none", "parent", "child", "spouse", "title"]
negative_label = "none"
inverse_relations = { parent = "child", spouse = "spouse" }
type_words = { PER = "사람", ORG = "단체" }
fields = { id = "id", sentence = "sentence", subject = "s", object = "o", label = "label" }
entity = { word = "word", start = "start", end = "end", type = "type", offsets = "exclusive" }
files = [{ role = "train", path = "train.csv", format = "csv" }]
"#;

/// Names with and without final consonant, of one word and of two, in other scripts.
const NAMES: [&str; 10] = ["철수", "영숙", "서울", "김 철", "박 나리", "1990", "BTS", "Apple", "《나무》", "조선(朝鮮)"];
const TAILS: [&str; 14] = ["은", "는", "이", "가", "을", "를", "과", "와", "으로", "로", "의", "에서는", "", "(金)은"];
const WORDS: [&str; 8] = ["어제", "그리고", "매우", "만났다.", "집에서", "a", "b,", "《책》을"];

fn spec() -> DatasetSpec {
    DatasetSpec::parse(SPEC, Path::new("generated.toml")).unwrap()
}

/// Words, entity with its tail, words, entity with its tail, words.
fn example() -> impl proptest::strategy::Strategy<Value = Example> {
    let words = || prop::collection::vec(prop::sample::select(&WORDS[..]), 0..4);
    let entity = || {
        (
            prop::sample::select(&NAMES[..]),
            prop::sample::select(&TAILS[..]),
            prop::sample::select(vec!["PER", "ORG"]),
        )
    };
    (words(), entity(), words(), entity(), words(), any::<bool>(), 0..5_usize).prop_map(
        |(before, one, between, other, after, subject_first, label)| {
            let mut sentence = String::new();
            let add_words = |sentence: &mut String, words: &[&str]| {
                words.iter().for_each(|word| {
                    sentence.push_str(word);
                    sentence.push(' ');
                });
            };
            let add_entity = |sentence: &mut String, (name, tail, entity_type): (&str, &str, &str)| {
                let start = sentence.chars().count();
                sentence.push_str(name);
                let span = Span::new(start, sentence.chars().count()).unwrap();
                sentence.push_str(tail);
                sentence.push(' ');
                Entity {
                    span,
                    entity_type: entity_type.to_owned(),
                }
            };
            add_words(&mut sentence, &before);
            let first = add_entity(&mut sentence, one);
            add_words(&mut sentence, &between);
            let second = add_entity(&mut sentence, other);
            add_words(&mut sentence, &after);
            let (subject, object) = if subject_first { (first, second) } else { (second, first) };
            Example {
                id: String::new(),
                sentence: sentence.trim_end().to_owned(),
                subject,
                object,
                label: spec().labels.at(label),
                source: None,
            }
        },
    )
}

fn examples() -> impl proptest::strategy::Strategy<Value = Vec<Example>> {
    prop::collection::vec(example(), 8..30).prop_map(|mut rows| {
        for (number, row) in rows.iter_mut().enumerate() {
            row.id = format!("r{number}");
        }
        rows
    })
}

fn manifest(examples: &[Example]) -> Option<Manifest> {
    let config = SplitConfig {
        strategy: Strategy::GroupedKFold { folds: 2 },
        seed: 5,
        tier: Tier::SamePair,
    };
    split(examples, &spec().labels, &config).ok()
}

fn recipes() -> Vec<Recipe> {
    [
        "role-swap",
        "entity-replacement",
        "entity-masking",
        "punctuation-insertion",
        "word-deletion=0.3",
        "word-swap=0.3",
    ]
    .map(|recipe| recipe.parse().unwrap())
    .into()
}

fn config(recipes: Vec<Recipe>, amount: Amount, seed: u64) -> AugmentConfig {
    AugmentConfig {
        recipes,
        balance: Balance {
            amount,
            negative: NegativeRows::Included,
            ..Balance::default()
        },
        seed,
        ..AugmentConfig::default()
    }
}

fn amount() -> impl proptest::strategy::Strategy<Value = Amount> {
    prop_oneof![
        (1..4_usize).prop_map(Amount::EachRow),
        (1..20_usize).prop_map(Amount::AtLeast),
        (1.0..4.0_f64).prop_map(Amount::Factor),
        (1..20_usize).prop_map(Amount::AtMost),
    ]
}

/// The children of both folds, each with its parent.
fn check_children(
    examples: &[Example],
    config: &AugmentConfig,
    mut check: impl FnMut(&Example, &Example, &Recipe),
) -> Option<()> {
    let (spec, manifest) = (spec(), manifest(examples)?);
    for fold in 0..2 {
        let rows = TrainingRows::of(&manifest, examples, &spec, fold).unwrap();
        for child in augment(&rows, config).unwrap().children {
            check(rows.by_id(child.parent()).unwrap(), child.example(), child.recipe());
        }
    }
    Some(())
}

/// The text before, between and behind the entities.
fn outside(example: &Example) -> [String; 3] {
    let (subject, object) = (example.subject.span, example.object.span);
    let (first, second) = if subject < object { (subject, object) } else { (object, subject) };
    let part = |from: usize, to: usize| example.sentence.chars().take(to).skip(from).collect();
    [
        part(0, first.start()),
        part(first.end(), second.start()),
        part(second.end(), usize::MAX),
    ]
}

/// What is left of two texts without their common beginning and end.
fn difference(left: &str, right: &str) -> (String, String) {
    let (mut left, mut right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    while !left.is_empty() && left.last() == right.last() {
        left.pop();
        right.pop();
    }
    let same = left.iter().zip(&right).take_while(|(one, other)| one == other).count();
    (left[same..].iter().collect(), right[same..].iter().collect())
}

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
            assert_eq!(child.label, parent.label);
            assert_eq!(&child.subject.entity_type, &parent.subject.entity_type);
            assert_eq!(&child.object.entity_type, &parent.object.entity_type);
        });
        if let Some(manifest) = manifest(&examples) {
            let spec = spec();
            let rows = TrainingRows::of(&manifest, &examples, &spec, 0).unwrap();
            for child in augment(&rows, &config).unwrap().children {
                prop_assert!(ids.insert(child.example().id.clone()));
            }
        }
    }

    #[test]
    fn a_child_stands_in_its_parents_fold(examples in examples(), amount in amount(), seed in any::<u64>()) {
        let Some(manifest) = manifest(&examples) else { return Ok(()) };
        let spec = spec();
        let fold_of: BTreeMap<&str, _> = manifest.rows().iter().map(|row| (row.id.as_str(), row.fold)).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("augmented.jsonl");
        let config = config(recipes(), amount, seed);
        for fold in 0..2 {
            let rows = TrainingRows::of(&manifest, &examples, &spec, fold).unwrap();
            let augmentation = augment(&rows, &config).unwrap();
            for child in &augmentation.children {
                prop_assert_ne!(fold_of[child.parent()], Some(fold));
            }
            write_augmented(&path, &augmentation, &rows, &config).unwrap();
            prop_assert_eq!(read_augmented(&path, &rows).unwrap(), augmentation.children);
            let others = TrainingRows::of(&manifest, &examples, &spec, 1 - fold).unwrap();
            prop_assert!(read_augmented(&path, &others).is_err());
        }
    }

    #[test]
    fn replacement_changes_entities_and_particles_only(examples in examples(), seed in any::<u64>()) {
        let config = config(vec!["entity-replacement".parse().unwrap()], Amount::EachRow(3), seed);
        check_children(&examples, &config, |parent, child, _| {
            let mut changed = 0;
            for (old, new) in outside(parent).iter().zip(&outside(child)) {
                let (from, to) = difference(old, new);
                // 은/는, 이/가, 을/를, 과/와; 으로/로 differ by 으.
                let pair = [from.as_str(), to.as_str()];
                let known = [["은", "는"], ["이", "가"], ["을", "를"], ["과", "와"], ["으", ""], ["", ""]];
                assert!(known.contains(&pair) || known.contains(&[pair[1], pair[0]]), "{parent:?}\n{child:?}");
                changed += usize::from(from != to);
            }
            assert!(changed <= 2);
            for (word, span) in [(child.subject_word(), child.subject.span), (child.object_word(), child.object.span)] {
                assert!(NAMES.contains(&word));
                // Hangul at the end and the particle right behind it: an oracle of its own.
                let rest: Vec<char> = child.sentence.chars().skip(span.end()).take(2).collect();
                let last = u32::from(word.chars().last().unwrap());
                if !(0xAC00..=0xD7A3).contains(&last) || rest.get(1).is_some_and(|c| *c != ' ') {
                    continue;
                }
                let is_open = (last - 0xAC00).is_multiple_of(28);
                // Where the parent was wrong, the child may be, too.
                let parents_words = [parent.subject_word(), parent.object_word()];
                if let (false, Some(particle)) = (parents_words.contains(&word), rest.first()) {
                    let wrong = if is_open { "은을과" } else { "는를와" };
                    let was_wrong = parents_words.iter().any(|old| parent_was_wrong(parent, old));
                    assert!(!wrong.contains(*particle) || was_wrong, "{parent:?}\n{child:?}");
                }
            }
        });
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
        let Some(manifest) = manifest(&examples) else { return Ok(()) };
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
        let Some(manifest) = manifest(&examples) else { return Ok(()) };
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

/// Whether the particle behind an entity contradicts the entity's written end.
fn parent_was_wrong(parent: &Example, word: &str) -> bool {
    let last = u32::from(word.chars().last().unwrap());
    if !(0xAC00..=0xD7A3).contains(&last) {
        return !matches!(word, "BTS" | "Apple");
    }
    let wrong = if (last - 0xAC00).is_multiple_of(28) { "은을과" } else { "는를와" };
    parent
        .sentence
        .match_indices(word)
        .any(|(at, _)| parent.sentence[at + word.len()..].starts_with(|c| wrong.contains(c)))
}
