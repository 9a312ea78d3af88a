//! The data set that the project ships is what its README says.

#![expect(clippy::unwrap_used, reason = "a helper outside a test function is still test code")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
};

use relex_data::{DatasetSpec, Example, Role, audit};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../datasets/sample")
}

fn sample() -> (DatasetSpec, Vec<Example>) {
    let spec = DatasetSpec::from_file(&folder().join("dataset.toml")).unwrap();
    let examples = spec.read(&folder(), Role::Train).unwrap();
    (spec, examples)
}

#[test]
fn it_is_large_and_skewed_enough() {
    let (spec, examples) = sample();
    let sentences: BTreeSet<&str> = examples.iter().map(|example| example.sentence.as_str()).collect();
    assert!(examples.len() >= 1_100, "{} rows", examples.len());
    assert!(sentences.len() >= 650, "{} sentences", sentences.len());
    let mut counts = vec![0; spec.labels.len()];
    for example in &examples {
        counts[example.label.unwrap().index()] += 1;
    }
    let negative = counts[spec.labels.negative().index()];
    assert_eq!(counts.iter().max(), Some(&negative));
    assert!(counts.iter().all(|&count| count >= 8), "{counts:?}");
    assert!(spec.type_words.len() == 6 && spec.labels.len() == 30);
}

#[test]
fn audit_has_something_to_find() {
    let (spec, examples) = sample();
    let findings = serde_json::to_value(audit(&examples, &spec.labels)).unwrap();
    let conflicts = findings["conflicts"].as_array().unwrap();
    assert!((3..=20).contains(&conflicts.len()), "{} conflicts", conflicts.len());
    let groups = |tier| relex_data::duplicate_groups(&examples, tier).count();
    assert!(groups(relex_data::Tier::Identical) > groups(relex_data::Tier::NearDuplicate));
    assert!(groups(relex_data::Tier::SamePair) < examples.len());
}

#[test]
fn test_rows_share_no_sentence_with_training() {
    let (spec, examples) = sample();
    let test = spec.read(&folder(), Role::Test).unwrap();
    let seen: BTreeSet<&str> = examples.iter().map(|example| example.sentence.as_str()).collect();
    assert!(test.len() >= 100 && test.iter().all(|example| example.label.is_none()));
    assert!(test.iter().all(|example| !seen.contains(example.sentence.as_str())));
}

/// A sentence with its entities masked by their types and its digits by 0.
fn frame(sentence: &str, entities: &BTreeMap<usize, (usize, String)>) -> String {
    let characters: Vec<char> = sentence.chars().collect();
    let mut frame = String::new();
    let mut at = 0;
    for (&start, (end, entity_type)) in entities {
        if start >= at {
            frame.extend(&characters[at..start]);
            frame.push_str(entity_type);
            at = *end;
        }
    }
    frame.extend(&characters[at..]);
    frame
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect()
}

#[test]
fn no_sentence_frame_occurs_more_than_three_times() {
    let (_, examples) = sample();
    let mut entities: BTreeMap<&str, BTreeMap<usize, (usize, String)>> = BTreeMap::new();
    for example in &examples {
        for entity in [&example.subject, &example.object] {
            let span = (entity.span.end(), entity.entity_type.clone());
            entities
                .entry(&example.sentence)
                .or_default()
                .insert(entity.span.start(), span);
        }
    }
    let mut frames: HashMap<String, usize> = HashMap::new();
    for (sentence, entities) in entities {
        *frames.entry(frame(sentence, &entities)).or_default() += 1;
    }
    assert!(frames.len() >= 640, "{} frames", frames.len());
    let repeated: Vec<_> = frames.iter().filter(|(_, count)| **count > 3).collect();
    assert!(repeated.is_empty(), "{repeated:?}");
}
