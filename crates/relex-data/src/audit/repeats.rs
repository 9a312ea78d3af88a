//! Groups of rows → what repeats, contradicts itself or stands both ways round.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::{Conflict, GroupSample, LabelPair, RoleSwap, TierCount};
use crate::dedup::{Groups, Tier};
use crate::example::{Example, Span};
use crate::labels::LabelSet;

/// Groups of a tier that are shown, ids of each, and sentences of each.
const SAMPLES: usize = 5;
const SAMPLE_IDS: usize = 8;
const SAMPLE_SENTENCES: usize = 3;
/// The share of rows held out in the random split that [`TierCount::exposed`] imagines.
const HELD_OUT: f64 = 0.1;

pub(super) fn tier_count(examples: &[Example], tier: Tier, groups: &Groups) -> TierCount {
    let sizes = groups.sizes();
    let repeated = || sizes.iter().copied().filter(|size| *size > 1);
    TierCount {
        tier,
        groups: groups.count(),
        repeated_groups: repeated().count(),
        repeated_rows: repeated().sum(),
        largest: sizes.iter().copied().max().unwrap_or(0),
        exposed: exposed(repeated(), examples.len()),
        samples: samples(examples, groups, &sizes),
        repeated_ids: repeated_ids(examples, groups, &sizes),
    }
}

#[expect(clippy::cast_precision_loss, reason = "row counts lie far below 2^52")]
fn exposed(repeated: impl Iterator<Item = usize>, rows: usize) -> f64 {
    // Not `sum`, whose empty sum is -0.0.
    let expected = repeated
        .map(|size| size as f64 * (1.0 - HELD_OUT.powf(size as f64 - 1.0)))
        .fold(0.0, |total, rows| total + rows);
    expected / rows.max(1) as f64
}

/// The ids of every group of two rows or more, in the order of their first rows.
fn repeated_ids(examples: &[Example], groups: &Groups, sizes: &[usize]) -> Vec<Vec<String>> {
    let mut place = vec![None; sizes.len()];
    let mut ids: Vec<Vec<String>> = Vec::new();
    for (example, group) in examples
        .iter()
        .zip(groups.iter())
        .filter(|(_, group)| sizes[*group] > 1)
    {
        let at = *place[group].get_or_insert_with(|| {
            ids.push(Vec::with_capacity(sizes[group]));
            ids.len() - 1
        });
        ids[at].push(example.id.clone());
    }
    ids
}

fn samples(examples: &[Example], groups: &Groups, sizes: &[usize]) -> Vec<GroupSample> {
    let mut largest: Vec<usize> = (0..sizes.len()).filter(|group| sizes[*group] > 1).collect();
    largest.sort_by_key(|group| Reverse(sizes[*group]));
    largest.truncate(SAMPLES);
    let mut samples: Vec<GroupSample> = largest
        .iter()
        .map(|group| GroupSample {
            rows: sizes[*group],
            ids: Vec::new(),
            sentences: Vec::new(),
        })
        .collect();
    for (example, group) in examples.iter().zip(groups.iter()) {
        let Some(at) = largest.iter().position(|shown| *shown == group) else {
            continue;
        };
        let sample = &mut samples[at];
        if sample.ids.len() < SAMPLE_IDS {
            sample.ids.push(example.id.clone());
        }
        if sample.sentences.len() < SAMPLE_SENTENCES && !sample.sentences.contains(&example.sentence) {
            sample.sentences.push(example.sentence.clone());
        }
    }
    samples
}

/// Whether the labelled ones among some rows differ.
pub(super) fn several_labels(examples: &[Example], rows: &[usize]) -> bool {
    let mut labels = rows.iter().filter_map(|row| examples[*row].label);
    let first = labels.next();
    labels.any(|label| Some(label) != first)
}

/// `pairs` are the rows of each group of the tier [`Tier::SamePair`].
pub(super) fn conflicts(examples: &[Example], pairs: &[Vec<usize>], labels: &LabelSet) -> Vec<Conflict> {
    let conflict = |rows: &Vec<usize>| {
        let first = &examples[rows[0]];
        let labelled = rows.iter().copied().filter(|row| examples[*row].label.is_some());
        let labelled: Vec<usize> = labelled.collect();
        Conflict {
            sentence: first.sentence.clone(),
            subject: first.subject_word().to_owned(),
            object: first.object_word().to_owned(),
            ids: ids(examples, &labelled),
            labels: label_names(examples, &labelled, labels),
        }
    };
    pairs
        .iter()
        .filter(|rows| several_labels(examples, rows))
        .map(conflict)
        .collect()
}

/// `pairs` are the rows of each group of the tier [`Tier::SamePair`].
pub(super) fn role_swapped(examples: &[Example], pairs: &[Vec<usize>], labels: &LabelSet) -> Vec<RoleSwap> {
    let mut earlier: HashMap<(&str, Span, Span), &Vec<usize>> = HashMap::with_capacity(pairs.len());
    let mut found = Vec::new();
    for rows in pairs {
        let example = &examples[rows[0]];
        let (sentence, subject, object) = (example.sentence.as_str(), example.subject.span, example.object.span);
        // A row whose two entities are one and the same is no twin of itself or its copies.
        if subject != object
            && let Some(twins) = earlier.get(&(sentence, object, subject))
        {
            found.push(RoleSwap {
                sentence: sentence.to_owned(),
                subjects: [
                    examples[twins[0]].subject_word().to_owned(),
                    example.subject_word().to_owned(),
                ],
                ids: [ids(examples, twins), ids(examples, rows)],
                labels: [
                    label_names(examples, twins, labels),
                    label_names(examples, rows, labels),
                ],
            });
        }
        earlier.insert((sentence, subject, object), rows);
    }
    found
}

pub(super) fn role_swapped_labels(swaps: &[RoleSwap]) -> Vec<LabelPair> {
    let mut pairs: BTreeMap<[&str; 2], usize> = BTreeMap::new();
    for swap in swaps {
        let sides = swap.labels.each_ref().map(|labels| {
            let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
            for label in labels {
                *rows.entry(label).or_default() += 1;
            }
            rows
        });
        for (left, left_rows) in &sides[0] {
            for (right, right_rows) in &sides[1] {
                *pairs.entry([*left.min(right), *left.max(right)]).or_default() += left_rows * right_rows;
            }
        }
    }
    let mut pairs: Vec<LabelPair> = pairs
        .into_iter()
        .map(|(labels, rows)| LabelPair {
            labels: labels.map(str::to_owned),
            pairs: rows,
        })
        .collect();
    pairs.sort_by_key(|pair| Reverse(pair.pairs));
    pairs
}

fn ids(examples: &[Example], rows: &[usize]) -> Vec<String> {
    rows.iter().map(|row| examples[*row].id.clone()).collect()
}

fn label_names(examples: &[Example], rows: &[usize], labels: &LabelSet) -> Vec<String> {
    let name = |row: &usize| {
        examples[*row]
            .label
            .and_then(|id| labels.names().get(id.index()).cloned())
    };
    rows.iter().map(|row| name(row).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_exposed_by_a_random_split() {
        // Ten rows: a pair, each exposed with probability 0.9, and a triple, each with 0.99: (2 · 0.9 + 3 · 0.99) / 10.
        let share = exposed([2, 3].into_iter(), 10);
        assert!((share - 0.477).abs() < 1e-12, "{share}");
    }

    #[test]
    fn label_pairs_count_pairs_of_rows() {
        let swap = |left: &[&str], right: &[&str]| {
            let own = |labels: &[&str]| labels.iter().map(|&label| label.to_owned()).collect();
            RoleSwap {
                sentence: String::new(),
                subjects: [String::new(), String::new()],
                ids: [Vec::new(), Vec::new()],
                labels: [own(left), own(right)],
            }
        };
        let pairs = role_swapped_labels(&[
            swap(&["parent", "parent"], &["child", "none"]),
            swap(&["child"], &["parent"]),
        ]);
        let found: Vec<([&str; 2], usize)> = pairs
            .iter()
            .map(|pair| ([pair.labels[0].as_str(), pair.labels[1].as_str()], pair.pairs))
            .collect();
        assert_eq!(found, [(["child", "parent"], 3), (["none", "parent"], 2)]);
    }
}
