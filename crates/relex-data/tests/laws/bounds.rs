//! How far a label may be from its share, by strategy.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use relex_data::{
    ConflictPolicy, Entity, Example, LabelSet, Manifest, Part, Span, SplitConfig, Strategy, Tier, duplicate_groups,
    split,
};

const LABELS: [&str; 5] = ["no_relation", "per:title", "org:founded", "per:children", "per:spouse"];

fn labels() -> LabelSet {
    LabelSet::new(LABELS, "no_relation").unwrap()
}

/// Groups of identical sentences, each row with its label.
fn examples(groups: &[Vec<usize>]) -> Vec<Example> {
    let labels = labels();
    let entity = |start| Entity {
        span: Span::new(start, start + 1).unwrap(),
        entity_type: "PER".to_owned(),
    };
    let rows = groups.iter().enumerate().flat_map(|(group, rows)| {
        let places = rows.iter().enumerate();
        places.map(move |(place, label)| (group, place, *label))
    });
    rows.map(|(group, place, label)| Example {
        id: format!("{group}.{place}"),
        sentence: format!("문장 {group}"),
        subject: entity(0),
        object: entity(1 + place),
        label: labels.at(label),
        source: None,
    })
    .collect()
}

/// Skewed labels: the first is drawn most often.
fn label() -> impl proptest::strategy::Strategy<Value = usize> {
    (0..LABELS.len(), 0..LABELS.len()).prop_map(|(left, right)| left.min(right))
}

fn groups(most_rows: usize) -> impl proptest::strategy::Strategy<Value = Vec<Vec<usize>>> {
    prop::collection::vec(prop::collection::vec(label(), 1..=most_rows), 30..120)
}

fn made(examples: &[Example], strategy: Strategy, seed: u64) -> Manifest {
    let config = SplitConfig {
        strategy,
        seed,
        tier: Tier::Identical,
        conflicts: ConflictPolicy::Keep,
    };
    split(examples, &labels(), &config).unwrap()
}

/// The largest distance from a fair share, over parts and labels, in rows.
fn worst(manifest: &Manifest) -> f64 {
    let summary = manifest.summary();
    let shares = summary.parts.iter().flat_map(|part| &part.labels);
    shares.map(|share| share.excess().abs()).fold(0.0, f64::max)
}

/// The sizes of all folds, of one label or of any.
fn sizes(manifest: &Manifest, label: Option<&str>) -> Vec<usize> {
    let of = |fold| {
        let rows = manifest.rows().iter();
        rows.filter(|row| row.part == Part::Fold(fold) && label.is_none_or(|label| row.label == label))
            .count()
    };
    (0..manifest.folds()).map(of).collect()
}

fn spread(sizes: &[usize]) -> usize {
    sizes.iter().max().unwrap() - sizes.iter().min().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn row_by_row(groups in groups(3), fraction in 0.02..0.9_f64, folds in 2..8_usize, seed in any::<u64>()) {
        let examples = examples(&groups);
        let wanted = (examples.len() as f64 * fraction).round() as usize;
        let random = made(&examples, Strategy::Random { valid_fraction: fraction }, seed);
        prop_assert_eq!(sizes(&random, None), [wanted.clamp(1, examples.len() - 1)]);
        let dealt = made(&examples, Strategy::KFold { folds }, seed);
        prop_assert!(spread(&sizes(&dealt, None)) <= 1);
        let stratified = made(&examples, Strategy::Stratified { valid_fraction: fraction }, seed);
        prop_assert!(worst(&stratified) < 1.0);
        prop_assert!(sizes(&stratified, None)[0].abs_diff(wanted) <= LABELS.len());
        let dealt = made(&examples, Strategy::StratifiedKFold { folds }, seed);
        prop_assert!(spread(&sizes(&dealt, None)) <= 1);
        for label in LABELS {
            prop_assert!(spread(&sizes(&dealt, Some(label))) <= 1);
        }
    }

    #[test]
    fn representatives(groups in groups(4), valid_fraction in 0.02..0.9_f64, seed in any::<u64>()) {
        let examples = examples(&groups);
        let manifest = made(&examples, Strategy::DuplicateAware { valid_fraction }, seed);
        let row_of: BTreeMap<&str, _> = manifest.rows().iter().map(|row| (row.id.as_str(), row)).collect();
        let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
        for rows in duplicate_groups(&examples, Tier::Identical).members() {
            let rows = rows.iter().map(|row| row_of[examples[*row].id.as_str()]);
            let least = rows.min_by_key(|row| &row.hash).unwrap();
            let count = counts.entry(&least.label).or_default();
            count[0] += 1;
            count[1] += usize::from(least.part == Part::Fold(0));
        }
        for [all, valid] in counts.into_values() {
            prop_assert!((valid as f64 - all as f64 * valid_fraction).abs() < 1.0);
        }
    }

    /// Groups of one row leave no excuse.
    #[test]
    fn balanced_rows(groups in groups(1), fraction in 0.02..0.9_f64, folds in 2..6_usize, seed in any::<u64>()) {
        let examples = examples(&groups);
        for strategy in [
            Strategy::GroupedHoldOut { valid_fraction: fraction },
            Strategy::GroupedKFold { folds },
            Strategy::HoldOutAndFolds { hold_out_fraction: fraction / 2.0, folds },
        ] {
            let manifest = made(&examples, strategy, seed);
            prop_assert!(worst(&manifest) < 1.0, "{}", manifest.render_text());
        }
    }

    /// Groups cannot be divided: a label may be off by the rows that its largest group has, and less than one more.
    #[test]
    fn balanced_groups(groups in groups(5), fraction in 0.05..0.5_f64, folds in 2..6_usize, seed in any::<u64>()) {
        let examples = examples(&groups);
        for strategy in [Strategy::GroupedHoldOut { valid_fraction: fraction }, Strategy::GroupedKFold { folds }] {
            let manifest = made(&examples, strategy, seed);
            for label in 0..LABELS.len() {
                let rows_of = |rows: &Vec<usize>| rows.iter().filter(|row| **row == label).count();
                let largest = groups.iter().map(rows_of).max().unwrap();
                let worst = manifest.summary().parts.iter().map(|part| part.labels[label].excess().abs()).fold(0.0, f64::max);
                prop_assert!(worst < 1.0 + largest as f64, "{}", manifest.render_text());
            }
        }
    }

    #[test]
    fn a_wanted_mix(groups in groups(2), shares in prop::array::uniform5(0.2..1.0_f64), seed in any::<u64>()) {
        // Enough of every label for any mix.
        let mut groups = groups;
        groups.extend((0..200).map(|row| vec![row % LABELS.len()]));
        let prior = LABELS.iter().zip(shares).map(|(name, share)| ((*name).to_owned(), share)).collect();
        let manifest = made(&examples(&groups), Strategy::PriorMatched { valid_fraction: 0.1, prior }, seed);
        prop_assert!(worst(&manifest) < 1.0, "{}", manifest.render_text());
        let shares: f64 = manifest.summary().parts[0].labels.iter().map(|share| share.fair).sum();
        prop_assert!((shares - manifest.rows().len() as f64 * 0.1).abs() < 1e-6);
    }
}
