//! Rows → findings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::{Audit, Conflict, Count, Lengths, RoleSwap, TierCount, TypePair};
use crate::dedup::{Groups, Tier, duplicate_groups};
use crate::example::{Example, Span};
use crate::labels::LabelSet;
use crate::markup::Lookalikes;

pub(super) fn measure(examples: &[Example], labels: &LabelSet) -> Audit {
    let tiers: Vec<(Tier, Groups)> = Tier::ALL
        .into_iter()
        .map(|tier| (tier, duplicate_groups(examples, tier)))
        .collect();
    let members_of = |wanted: Tier| {
        let groups = tiers
            .iter()
            .find(|(tier, _)| *tier == wanted)
            .map(|(_, groups)| groups.members());
        groups.unwrap_or_default()
    };
    let several_labels = |rows: &Vec<usize>| rows.iter().any(|row| examples[*row].label != examples[rows[0]].label);
    let sentences = members_of(Tier::Identical);
    let ids = |rows: &mut dyn Iterator<Item = &Example>| rows.map(|example| example.id.clone()).collect();

    let lookalikes = Lookalikes::among(examples);

    let mut label_counts = vec![0; labels.len()];
    for label in examples.iter().filter_map(|example| example.label) {
        if let Some(count) = label_counts.get_mut(label.index()) {
            *count += 1;
        }
    }
    Audit {
        rows: examples.len(),
        unique_sentences: sentences.len(),
        unlabelled: examples.iter().filter(|example| example.label.is_none()).count(),
        labels: counts(labels.names().iter().map(String::as_str).zip(label_counts)),
        type_pairs: type_pairs(examples),
        lengths: lengths(examples),
        sources: sources(examples),
        duplicates: tiers.iter().map(|(tier, groups)| tier_count(*tier, groups)).collect(),
        sentences_with_several_labels: sentences.iter().filter(|rows| several_labels(rows)).count(),
        conflicts: members_of(Tier::SamePair)
            .iter()
            .filter(|rows| several_labels(rows))
            .map(|rows| Conflict {
                ids: rows.iter().map(|row| examples[*row].id.clone()).collect(),
                labels: rows.iter().map(|row| label_name(&examples[*row], labels)).collect(),
            })
            .collect(),
        role_swapped: role_swapped(examples, labels),
        overlapping: ids(&mut examples
            .iter()
            .filter(|example| example.subject.span.overlaps(example.object.span))),
        marker_like: ids(&mut examples.iter().filter(|example| lookalikes.are_in(&example.sentence))),
    }
}

#[expect(clippy::cast_precision_loss, reason = "row counts lie far below 2^52")]
fn counts<'a>(named: impl Iterator<Item = (&'a str, usize)>) -> Vec<Count> {
    let mut counts: Vec<Count> = named
        .map(|(name, rows)| Count {
            name: name.to_owned(),
            rows,
            share: 0.0,
        })
        .collect();
    let total: usize = counts.iter().map(|count| count.rows).sum();
    for count in &mut counts {
        count.share = count.rows as f64 / total.max(1) as f64;
    }
    // Stable: labels of equal frequency keep the data set's order.
    counts.sort_by_key(|count| Reverse(count.rows));
    counts
}

fn sources(examples: &[Example]) -> Vec<Count> {
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for source in examples.iter().filter_map(|example| example.source.as_deref()) {
        *by_name.entry(source).or_default() += 1;
    }
    counts(by_name.into_iter())
}

fn type_pairs(examples: &[Example]) -> Vec<TypePair> {
    let mut by_types: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for example in examples {
        *by_types
            .entry((&example.subject.entity_type, &example.object.entity_type))
            .or_default() += 1;
    }
    let pair = |((subject, object), rows): ((&str, &str), usize)| TypePair {
        subject: subject.to_owned(),
        object: object.to_owned(),
        rows,
    };
    let mut pairs: Vec<TypePair> = by_types.into_iter().map(pair).collect();
    pairs.sort_by_key(|pair| Reverse(pair.rows));
    pairs
}

#[expect(clippy::cast_precision_loss, reason = "row counts lie far below 2^52")]
fn lengths(examples: &[Example]) -> Lengths {
    let mut sorted: Vec<usize> = examples
        .iter()
        .map(|example| example.sentence.chars().count())
        .collect();
    sorted.sort_unstable();
    // In whole per cents, so that no rounding can reach a neighbour.
    let quantile = |percent: usize| {
        sorted
            .get(sorted.len().saturating_sub(1) * percent / 100)
            .copied()
            .unwrap_or(0)
    };
    Lengths {
        least: quantile(0),
        quarter: quantile(25),
        median: quantile(50),
        three_quarters: quantile(75),
        p95: quantile(95),
        p99: quantile(99),
        greatest: quantile(100),
        mean: sorted.iter().sum::<usize>() as f64 / sorted.len().max(1) as f64,
    }
}

fn tier_count(tier: Tier, groups: &Groups) -> TierCount {
    let mut sizes = vec![0; groups.count()];
    for group in groups.iter() {
        sizes[group] += 1;
    }
    let repeated = || sizes.iter().filter(|size| **size > 1);
    TierCount {
        tier,
        groups: groups.count(),
        repeated_groups: repeated().count(),
        repeated_rows: repeated().sum(),
        largest: sizes.iter().copied().max().unwrap_or(0),
    }
}

fn role_swapped(examples: &[Example], labels: &LabelSet) -> Vec<RoleSwap> {
    let mut earlier: HashMap<(&str, Span, Span), Vec<usize>> = HashMap::with_capacity(examples.len());
    let mut found = Vec::new();
    for (row, example) in examples.iter().enumerate() {
        let (subject, object) = (example.subject.span, example.object.span);
        let sentence = example.sentence.as_str();
        // A row whose two entities are one and the same is no twin of itself or its copies.
        if subject != object {
            for twin in earlier.get(&(sentence, object, subject)).into_iter().flatten() {
                found.push(RoleSwap {
                    ids: [examples[*twin].id.clone(), example.id.clone()],
                    labels: [label_name(&examples[*twin], labels), label_name(example, labels)],
                });
            }
        }
        earlier.entry((sentence, subject, object)).or_default().push(row);
    }
    found
}

fn label_name(example: &Example, labels: &LabelSet) -> String {
    example.label.map(|id| labels.name(id).to_owned()).unwrap_or_default()
}
