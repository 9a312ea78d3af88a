//! Generated data sets full of duplicates and conflicts, and ways to split them.

use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use relex_data::{ConflictPolicy, Entity, Example, LabelSet, Manifest, Span, SplitConfig, Strategy, Tier, split};

pub(crate) const LABELS: [&str; 4] = ["no_relation", "per:title", "org:founded", "per:children"];

pub(crate) fn labels() -> LabelSet {
    LabelSet::new(LABELS, "no_relation").unwrap()
}

/// Rows over few sentences, so that many repeat; the label is skewed towards the first.
pub(crate) fn examples() -> impl proptest::strategy::Strategy<Value = Vec<Example>> {
    let row = (
        0..25_usize,
        prop::sample::select(vec!["", ".", " !", "x"]),
        0..3_usize,
        0..12_usize,
    );
    prop::collection::vec(row, 12..60).prop_map(|rows| {
        let labels = labels();
        rows.into_iter()
            .enumerate()
            .map(|(index, (sentence, tail, object, label))| Example {
                id: index.to_string(),
                sentence: format!(
                    "{} 문장은 길다{tail}",
                    "가나다라마바사".repeat(1 + sentence / 5) + &sentence.to_string()
                ),
                subject: Entity {
                    span: Span::new(0, 2).unwrap(),
                    entity_type: "PER".to_owned(),
                },
                object: Entity {
                    span: Span::new(3 + object, 4 + object).unwrap(),
                    entity_type: "ORG".to_owned(),
                },
                label: labels.at(label.saturating_sub(8)),
                source: None,
            })
            .collect()
    })
}

pub(crate) fn strategy() -> impl proptest::strategy::Strategy<Value = Strategy> {
    let (fraction, folds) = (0.05..0.6_f64, 2..5_usize);
    let prior = prop::collection::btree_map(prop::sample::select(LABELS.to_vec()), 0.1..1.0_f64, 1..=4);
    prop_oneof![
        fraction
            .clone()
            .prop_map(|valid_fraction| Strategy::Random { valid_fraction }),
        fraction
            .clone()
            .prop_map(|valid_fraction| Strategy::Stratified { valid_fraction }),
        fraction
            .clone()
            .prop_map(|valid_fraction| Strategy::DuplicateAware { valid_fraction }),
        fraction
            .clone()
            .prop_map(|valid_fraction| Strategy::GroupedHoldOut { valid_fraction }),
        (0.05..0.2_f64, prior).prop_map(|(valid_fraction, prior)| Strategy::PriorMatched {
            valid_fraction,
            prior: prior
                .into_iter()
                .map(|(name, share)| (name.to_owned(), share))
                .collect(),
        }),
        folds.clone().prop_map(|folds| Strategy::KFold { folds }),
        folds.clone().prop_map(|folds| Strategy::StratifiedKFold { folds }),
        folds.clone().prop_map(|folds| Strategy::GroupedKFold { folds }),
        (fraction, folds).prop_map(|(hold_out_fraction, folds)| Strategy::HoldOutAndFolds {
            hold_out_fraction,
            folds
        }),
    ]
}

pub(crate) fn config() -> impl proptest::strategy::Strategy<Value = SplitConfig> {
    let tier = prop::sample::select(Tier::ALL.to_vec());
    let conflicts = prop::sample::select(ConflictPolicy::ALL.to_vec());
    (strategy(), any::<u64>(), tier, conflicts).prop_map(|(strategy, seed, tier, conflicts)| SplitConfig {
        strategy,
        seed,
        tier,
        conflicts,
    })
}

/// A split, unless the generated data has too few rows or groups for it.
pub(crate) fn try_split(examples: &[Example], config: &SplitConfig) -> Option<Manifest> {
    match split(examples, &labels(), config) {
        Ok(manifest) => Some(manifest),
        Err(error) => {
            let message = error.to_string();
            let is_expected = ["groups", "too few rows", "leaves no rows"]
                .iter()
                .any(|part| message.contains(part));
            assert!(is_expected, "{message}");
            None
        }
    }
}

/// A deterministic reordering.
pub(crate) fn reordered(examples: &[Example], key: usize) -> Vec<Example> {
    let mut copy = examples.to_vec();
    copy.sort_by_key(|example| (example.id.len() * 31 + example.id.bytes().map(usize::from).sum::<usize>() * key) % 17);
    copy
}
