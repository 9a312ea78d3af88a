//! Rows → findings.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{Audit, Count, LengthBin, Lengths, TypePair, repeats};
use crate::dedup::groups_in_every_tier;
use crate::example::Example;
use crate::labels::LabelSet;
use crate::markup::Lookalikes;

/// Bins of the length histogram up to the 99th per cent, at most.
const BINS: usize = 30;

pub(super) fn measure(examples: &[Example], labels: &LabelSet) -> Audit {
    let rows: Vec<&Example> = examples.iter().collect();
    let [identical, folded, near, same_pair] = groups_in_every_tier(&rows);
    let sentences = identical.members();
    let pairs = same_pair.members();
    let label_counts = label_counts(examples, labels);
    let lengths = sorted_lengths(examples);
    let quantiles = quantiles(&lengths);
    let role_swapped = repeats::role_swapped(examples, &pairs, labels);
    let lookalikes = Lookalikes::among(examples);
    Audit {
        title: String::new(),
        rows: examples.len(),
        unique_sentences: identical.count(),
        unlabelled: examples.iter().filter(|example| example.label.is_none()).count(),
        type_pairs: type_pairs(examples, labels, &label_counts),
        labels: label_counts,
        length_bins: length_bins(&lengths, &quantiles),
        lengths: quantiles,
        sources: sources(examples),
        duplicates: [&identical, &folded, &near, &same_pair]
            .into_iter()
            .zip(crate::dedup::Tier::ALL)
            .map(|(groups, tier)| repeats::tier_count(examples, tier, groups))
            .collect(),
        sentences_with_several_labels: sentences
            .iter()
            .filter(|rows| repeats::several_labels(examples, rows))
            .count(),
        conflicts: repeats::conflicts(examples, &pairs, labels),
        role_swapped_labels: repeats::role_swapped_labels(&role_swapped),
        role_swapped,
        invalid_spans: ids(examples, |example| {
            let outside = |span: crate::example::Span| span.of(&example.sentence).is_none();
            outside(example.subject.span) || outside(example.object.span)
        }),
        overlapping: ids(examples, |example| example.subject.span.overlaps(example.object.span)),
        marker_like: ids(examples, |example| lookalikes.are_in(&example.sentence)),
        against: None,
    }
}

/// Ids of the rows of which something holds, in file order.
fn ids(examples: &[Example], holds: impl Fn(&Example) -> bool + Sync) -> Vec<String> {
    examples
        .par_iter()
        .filter(|example| holds(example))
        .map(|example| example.id.clone())
        .collect()
}

fn label_counts(examples: &[Example], labels: &LabelSet) -> Vec<Count> {
    let mut rows = vec![0; labels.len()];
    for label in examples.iter().filter_map(|example| example.label) {
        if let Some(count) = rows.get_mut(label.index()) {
            *count += 1;
        }
    }
    counts(labels.names().iter().map(String::as_str).zip(rows))
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

fn type_pairs(examples: &[Example], labels: &LabelSet, order: &[Count]) -> Vec<TypePair> {
    let mut column = vec![0; labels.len()];
    for (at, count) in order.iter().enumerate() {
        if let Some(id) = labels.id(&count.name) {
            column[id.index()] = at;
        }
    }
    let mut by_types: BTreeMap<(&str, &str), TypePair> = BTreeMap::new();
    for example in examples {
        let (subject, object) = (&example.subject.entity_type, &example.object.entity_type);
        let pair = by_types.entry((subject, object)).or_insert_with(|| TypePair {
            subject: subject.clone(),
            object: object.clone(),
            rows: 0,
            label_rows: vec![0; labels.len()],
        });
        pair.rows += 1;
        if let Some(column) = example.label.and_then(|label| column.get(label.index())) {
            pair.label_rows[*column] += 1;
        }
    }
    let mut pairs: Vec<TypePair> = by_types.into_values().collect();
    pairs.sort_by_key(|pair| Reverse(pair.rows));
    pairs
}

fn sorted_lengths(examples: &[Example]) -> Vec<usize> {
    let mut lengths: Vec<usize> = examples
        .par_iter()
        .map(|example| example.sentence.chars().count())
        .collect();
    lengths.par_sort_unstable();
    lengths
}

#[expect(clippy::cast_precision_loss, reason = "row counts lie far below 2^52")]
fn quantiles(sorted: &[usize]) -> Lengths {
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

fn length_bins(sorted: &[usize], quantiles: &Lengths) -> Vec<LengthBin> {
    if sorted.is_empty() {
        return Vec::new();
    }
    let width = (0..)
        .flat_map(|power| [1, 2, 5].map(|step| step * 10_usize.pow(power)))
        .find(|width| quantiles.p99 / width < BINS)
        .unwrap_or(1);
    let mut bins: Vec<LengthBin> = (0..=quantiles.p99 / width)
        .map(|bin| LengthBin {
            from: bin * width,
            to: (bin + 1) * width,
            rows: 0,
        })
        .collect();
    let last = bins.len() - 1;
    bins[last].to = bins[last].to.max(quantiles.greatest + 1);
    for length in sorted {
        bins[(length / width).min(last)].rows += 1;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_even_and_the_last_takes_the_rest() {
        // 99 lengths from 1 to 99 and one of 1,000: the 99th per cent is the length at ⌊0.99 · 99⌋ = 98, which is 99.
        // Bins of 2 would be 50 up to there, so they are 5 wide.
        let lengths: Vec<usize> = (1..100).chain([1_000]).collect();
        let bins = length_bins(&lengths, &quantiles(&lengths));
        let bin = |from, to, rows| LengthBin { from, to, rows };
        assert_eq!(bins.len(), 20);
        assert_eq!((bins[0], bins[1]), (bin(0, 5, 4), bin(5, 10, 5)));
        assert_eq!(bins[19], bin(95, 1_001, 6));
        assert_eq!(bins.iter().map(|bin| bin.rows).sum::<usize>(), 100);
    }

    #[test]
    fn bins_of_one_sentence_and_of_none() {
        let of = |lengths: &[usize]| length_bins(lengths, &quantiles(lengths));
        assert_eq!(
            of(&[0]),
            [LengthBin {
                from: 0,
                to: 1,
                rows: 1
            }]
        );
        assert_eq!(of(&[]), []);
    }
}
