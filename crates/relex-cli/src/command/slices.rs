//! The ways in which `relex evaluate --slices` cuts rows.

use std::collections::{HashMap, HashSet};

use relex_data::{Example, LabelId, Tier, duplicate_groups};
use relex_eval::Slicing;

use super::scored::Scored;

/// Where each band of sentence lengths begins, in characters.
const LENGTHS: [usize; 5] = [0, 32, 64, 128, 256];

/// Where each band of distances between the entities begins, in characters.
const DISTANCES: [usize; 6] = [0, 4, 8, 16, 32, 64];

/// Where each band of label frequencies begins, in rows.
const FREQUENCIES: [usize; 5] = [0, 100, 300, 1_000, 3_000];

/// Every slicing for which the rows have keys.
pub(super) fn slicings(scored: &Scored) -> anyhow::Result<Vec<Slicing>> {
    let (rows, learnt) = (&scored.examples, scored.learnt()?);
    let slicing = |name: &str, key: &dyn Fn(&Example) -> Option<String>| Slicing {
        name: name.to_owned(),
        keys: rows.iter().map(key).collect(),
    };
    let frequency = frequencies(if learnt.is_empty() { rows } else { &learnt });
    let all = [
        slicing("entity types", &|row| {
            Some(format!("{} → {}", row.subject.entity_type, row.object.entity_type))
        }),
        slicing("sentence length in characters", &|row| {
            Some(band(row.sentence.chars().count(), &LENGTHS))
        }),
        slicing("characters between entities", &|row| {
            Some(band(distance(row), &DISTANCES))
        }),
        slicing("source", &|row| row.source.clone()),
        slicing("training rows of the gold label", &|row| {
            let rows = row.label.and_then(|label| frequency.get(&label)).copied();
            Some(band(rows.unwrap_or(0), &FREQUENCIES))
        }),
        Slicing {
            name: "learnt from".to_owned(),
            keys: leaks(rows, &learnt),
        },
    ];
    Ok(all
        .into_iter()
        .filter(|slicing| slicing.keys.iter().any(Option::is_some))
        .collect())
}

/// Rows of each label among those learnt from, or among all if every row was scored (predictions out of fold).
fn frequencies(learnt: &[Example]) -> HashMap<LabelId, usize> {
    let mut counts = HashMap::new();
    for label in learnt.iter().filter_map(|row| row.label) {
        *counts.entry(label).or_default() += 1;
    }
    counts
}

/// Whether a row's sentence is among those learnt from. No keys if there are none: with predictions out of fold it cannot be told
/// who learnt from what.
fn leaks(scored: &[Example], learnt: &[Example]) -> Vec<Option<String>> {
    if learnt.is_empty() {
        return vec![None; scored.len()];
    }
    let together = [scored, learnt].concat();
    let seen = |tier| -> Vec<bool> {
        let groups = duplicate_groups(&together, tier);
        let groups_learnt: HashSet<usize> = (scored.len()..together.len()).map(|row| groups.of(row)).collect();
        (0..scored.len())
            .map(|row| groups_learnt.contains(&groups.of(row)))
            .collect()
    };
    let (same, near) = (seen(Tier::Identical), seen(Tier::NearDuplicate));
    let key = |(same, near)| match (same, near) {
        (true, _) => "the same sentence",
        (false, true) => "a near-duplicate",
        (false, false) => "no such sentence",
    };
    same.into_iter()
        .zip(near)
        .map(|row| Some(key(row).to_owned()))
        .collect()
}

/// Characters between the entities; 0 where they touch or overlap.
fn distance(row: &Example) -> usize {
    let (one, other) = (row.subject.span, row.object.span);
    let gap = |first: relex_data::Span, second: relex_data::Span| second.start().saturating_sub(first.end());
    gap(one, other).max(gap(other, one))
}

/// The band that a number falls into, such as `8 – 15`; `starts` ascend from 0.
fn band(number: usize, starts: &[usize]) -> String {
    let index = starts.partition_point(|&start| start <= number) - 1;
    match starts.get(index + 1) {
        Some(next) => format!("{} – {}", starts[index], next - 1),
        None => format!("{} and more", starts[index]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use relex_data::{Entity, Span};

    fn row(sentence: &str, subject: (usize, usize), object: (usize, usize)) -> Example {
        let entity = |(start, end)| Entity {
            span: Span::new(start, end).unwrap(),
            entity_type: "PER".to_owned(),
        };
        Example {
            id: sentence.to_owned(),
            sentence: sentence.to_owned(),
            subject: entity(subject),
            object: entity(object),
            label: None,
            source: None,
        }
    }

    #[test]
    fn bands_meet_without_overlap() {
        let bands: Vec<String> = [0, 3, 4, 63, 64, 9_999].map(|number| band(number, &DISTANCES)).to_vec();
        assert_eq!(
            bands,
            ["0 – 3", "0 – 3", "4 – 7", "32 – 63", "64 and more", "64 and more"]
        );
    }

    #[test]
    fn distance_is_the_gap_in_either_order() {
        assert_eq!(distance(&row("x", (0, 2), (5, 7))), 3);
        assert_eq!(distance(&row("x", (5, 7), (0, 2))), 3);
        assert_eq!(distance(&row("x", (0, 4), (2, 6))), 0);
        assert_eq!(distance(&row("x", (0, 2), (2, 6))), 0);
    }

    #[test]
    fn leaks_are_found_exactly_and_nearly() {
        let long = "새벽대학교는 천구백육십일 년에 문을 연 뒤로 네 번 자리를 옮겼고 지금은 단풍시의 강가에 있다.";
        let texts = [long, &long.replace("네 번", "세 번"), "다른 문장"];
        let scored: Vec<Example> = texts.iter().map(|text| row(text, (0, 1), (1, 2))).collect();
        let keys = leaks(&scored, &[row(long, (0, 1), (1, 2))]);
        let keys: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
        assert_eq!(keys, ["the same sentence", "a near-duplicate", "no such sentence"]);
        assert_eq!(leaks(&scored, &[]), [None, None, None]);
    }
}
