//! Laws of blends, corrections and estimates, on random predictions with certainties among them.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

mod common;

use common::{bootstrap, out_of_fold, truth};
use proptest::prelude::*;
use relex_eval::{
    Blend, GreedyConfig, MemberWeights, Metric, NegativeThreshold, Prior, ProbabilityTable, Temperature,
    TypePairPriors, blend, confident_joint, estimate_prior_em, fit_negative_threshold, fit_temperature, micro_f1,
    reweight, select_members,
};

const CLASSES: usize = 3;
const BLENDS: [Blend; 4] = [Blend::Soft, Blend::Hard, Blend::LogProbability, Blend::Rank];

/// Rows of probabilities; about every fourth is certain, with zeros and a one.
fn table(rows: usize) -> impl Strategy<Value = ProbabilityTable> {
    let row = prop_oneof![
        3 => prop::collection::vec(0.0..1.0_f64, CLASSES).prop_map(|mut row| {
            row[0] += 1e-3;
            row
        }),
        1 => (0..CLASSES).prop_map(|sure| (0..CLASSES).map(|class| f64::from(u8::from(class == sure))).collect()),
    ];
    prop::collection::vec(row, rows).prop_map(|rows| ProbabilityTable::from_scores(rows.concat(), CLASSES).unwrap())
}

/// Tables of the same rows, with gold labels.
fn members() -> impl Strategy<Value = (Vec<ProbabilityTable>, Vec<usize>)> {
    (2_usize..12).prop_flat_map(|rows| {
        (
            prop::collection::vec(table(rows), 1..5),
            prop::collection::vec(0..CLASSES, rows),
        )
    })
}

fn shares() -> impl Strategy<Value = Prior> {
    prop::collection::vec(0.01..1.0_f64, CLASSES).prop_map(|shares| Prior::new(shares).unwrap())
}

fn is_distribution(table: &ProbabilityTable) -> bool {
    ProbabilityTable::new(table.values().to_vec(), CLASSES).is_ok()
}

fn difference(a: &ProbabilityTable, b: &ProbabilityTable) -> f64 {
    a.values()
        .iter()
        .zip(b.values())
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

proptest! {
    #[test]
    fn a_blend_of_one_is_itself((tables, _) in members()) {
        let one = &tables[0];
        for kind in BLENDS {
            let found = blend(&[one], &MemberWeights::equal(1).unwrap(), kind).unwrap();
            prop_assert_eq!(found.predicted(), one.predicted(), "{:?}", kind);
            if kind != Blend::Hard {
                prop_assert!(difference(&found, one) < 1e-9, "{kind:?}");
            }
        }
    }

    #[test]
    fn members_repeated_or_in_another_order_change_nothing((tables, _) in members()) {
        let forward: Vec<&ProbabilityTable> = tables.iter().collect();
        let backward: Vec<&ProbabilityTable> = tables.iter().rev().collect();
        let twice = [forward.clone(), forward.clone()].concat();
        for kind in BLENDS {
            let of = |members: &[&ProbabilityTable]| {
                blend(members, &MemberWeights::equal(members.len()).unwrap(), kind).unwrap()
            };
            let found = of(&forward);
            prop_assert!(is_distribution(&found), "{kind:?}");
            prop_assert!(difference(&found, &of(&backward)) < 1e-9, "{kind:?}");
            prop_assert!(difference(&found, &of(&twice)) < 1e-9, "{kind:?}");
        }
    }

    #[test]
    fn selection_ends_no_worse_than_the_best_single_member((tables, gold) in members()) {
        let members: Vec<_> = tables.into_iter().map(|table| out_of_fold("member", table)).collect();
        let groups: Vec<usize> = (0..gold.len()).collect();
        for metric in [Metric::MicroF1, Metric::Auprc, Metric::LogLoss] {
            let config = GreedyConfig { metric, folds: 2, bootstrap: bootstrap(5, 1), ..GreedyConfig::default() };
            let found = select_members(&members, &truth(&gold, &groups), &config).unwrap();
            // From here on more is better.
            let sign = if metric.higher_is_better() { 1.0 } else { -1.0 };
            let best = found.singles.iter().map(|score| sign * score).fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(sign * found.over_best.after >= best - 1e-9, "{metric}");
            prop_assert!((found.weights.as_slice().iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let scores: Vec<f64> = found.steps.iter().map(|step| sign * step.score).collect();
            prop_assert!(scores.windows(2).all(|pair| pair[0] < pair[1]), "{metric}");
        }
    }

    #[test]
    fn temperature_one_is_nothing_and_no_temperature_changes_a_decision(
        table in table(8), value in 0.05..20.0_f64
    ) {
        let at = |value| Temperature { value, at_bound: false }.apply(&table);
        prop_assert!(difference(&at(1.0), &table) < 1e-10);
        prop_assert!(is_distribution(&at(value)));
        for (row, (before, after)) in table.rows().zip(at(value).rows()).enumerate() {
            let best = after.iter().copied().fold(0.0, f64::max);
            prop_assert!(after[table.predicted()[row]] >= best - 1e-12, "{before:?} {after:?}");
        }
    }

    #[test]
    fn the_fitted_temperature_is_the_best(table in table(10), gold in prop::collection::vec(0..CLASSES, 10)) {
        let loss = |value| -> f64 {
            let tempered = Temperature { value, at_bound: false }.apply(&table);
            tempered.rows().zip(&gold).map(|(row, &gold)| -row[gold].max(1e-300).ln()).sum()
        };
        let found = fit_temperature(&table, &gold).unwrap();
        for other in [0.05, 0.3, 0.9 * found.value, 1.0, 1.1 * found.value, 3.0, 20.0] {
            if (0.05..=20.0).contains(&other) {
                prop_assert!(loss(found.value) <= loss(other) + 1e-7 * (1.0 + loss(other).abs()), "{found:?} {other}");
            }
        }
    }

    #[test]
    fn reweighting_to_the_same_shares_is_nothing_and_back_again_too(
        table in table(8), source in shares(), target in shares()
    ) {
        prop_assert!(difference(&reweight(&table, &source, &source).unwrap(), &table) < 1e-12);
        let there = reweight(&table, &source, &target).unwrap();
        prop_assert!(is_distribution(&there));
        prop_assert!(difference(&reweight(&there, &target, &source).unwrap(), &table) < 1e-9);
    }

    /// At the estimate the mean of the re-weighted probabilities is the estimate (Saerens et al. 2002, 3.4).
    #[test]
    fn em_is_at_a_fixed_point(table in table(30), source in shares()) {
        let found = estimate_prior_em(&table, &source).unwrap();
        prop_assume!(found.converged);
        let moved = reweight(&table, &source, &found.prior);
        prop_assume!(moved.is_ok());
        let moved = moved.unwrap();
        for class in 0..CLASSES {
            let mean = moved.rows().map(|row| row[class]).sum::<f64>() / 30.0;
            prop_assert!((mean - found.prior.shares()[class]).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn a_fitted_threshold_is_as_good_as_any(
        table in table(10), gold in prop::collection::vec(0..CLASSES, 10), other in -5.0..5.0_f64
    ) {
        let f1 = |threshold: NegativeThreshold| {
            let after = threshold.apply(&table);
            assert!(is_distribution(&after));
            micro_f1(&gold, &after.predicted(), 0).unwrap()
        };
        let found = fit_negative_threshold(&table, &gold, 0, None).unwrap();
        for margin in [0.0, other] {
            let other = f1(NegativeThreshold { negative: 0, margin });
            prop_assert!(f1(found) >= other - 1e-9);
        }
    }

    #[test]
    fn type_pair_priors_rule_nothing_out(
        table in table(6), labels in prop::collection::vec(0..CLASSES, 1..20), strength in 0.0..4.0_f64
    ) {
        let rows = labels.iter().map(|&label| ("PER", "ORG", label));
        let priors = TypePairPriors::count(rows, CLASSES, 10.0).unwrap();
        let types = vec![("PER".to_owned(), "ORG".to_owned()); 6];
        let after = priors.apply(&table, &types, strength).unwrap();
        prop_assert!(is_distribution(&after));
        prop_assert!(after.values().iter().all(|&share| share > 0.0));
        prop_assert!(difference(&priors.apply(&table, &types, 0.0).unwrap(), &table) < 1e-10);
    }

    #[test]
    fn the_joint_shares_sum_to_one_and_keep_the_given_labels(
        table in table(12), given in prop::collection::vec(0..CLASSES, 12)
    ) {
        let joint = confident_joint(&table, &given).unwrap().joint_shares(&given);
        for (label, row) in joint.iter().enumerate() {
            let share = given.iter().filter(|&&found| found == label).count() as f64 / 12.0;
            prop_assert!((row.iter().sum::<f64>() - share).abs() < 1e-12);
        }
    }
}
