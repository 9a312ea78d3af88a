//! Replacement changes entities and what depends on their ends, nothing else.

use proptest::prelude::*;
use relex_data::{Amount, Example};

use crate::generated::{NAMES, check_children, config, examples};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

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
}

/// The text before, between and behind the entities.
fn outside(example: &Example) -> [String; 3] {
    let (subject, object) = (example.subject.span, example.object.span);
    let (first, second) = if subject < object {
        (subject, object)
    } else {
        (object, subject)
    };
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

/// Whether the particle behind an entity contradicts the entity's written end.
fn parent_was_wrong(parent: &Example, word: &str) -> bool {
    let last = u32::from(word.chars().last().unwrap());
    if !(0xAC00..=0xD7A3).contains(&last) {
        return !matches!(word, "BTS" | "Apple");
    }
    let wrong = if (last - 0xAC00).is_multiple_of(28) {
        "은을과"
    } else {
        "는를와"
    };
    parent
        .sentence
        .match_indices(word)
        .any(|(at, _)| parent.sentence[at + word.len()..].starts_with(|c| wrong.contains(c)))
}
