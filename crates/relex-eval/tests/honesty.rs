//! Claims are as rarely false as they say, and true differences are found as often as theory says.
//!
//! Each rate is of 1,000 simulated comparisons; its standard error is at most sqrt(0.05 * 0.95 / 1000) = 0.007 for false claims and
//! 0.016 for power. The random numbers are fixed, so these tests cannot fail by chance. `benches/honesty.rs` prints more of them.

mod simulation;

use rayon::prelude::*;
use relex_eval::{Comparison, Metric, Verdict};
use simulation::{Chance, Redrawn, Rule, Setting, World, claimed};
use statrs::distribution::{ContinuousCDF, Normal};

const MODELS: Setting = Setting {
    metric: Metric::MicroF1,
    sentences: 120,
    runs: [1, 1],
    seed_spread: 0.0,
    lead: 0.0,
    resamples: 400,
};

fn check_false_claims(setting: Setting) {
    let rate = claimed(&setting.simulate_many(1_000));
    assert!(rate <= 0.06, "{setting:?}: {rate}");
    assert!(
        rate >= 0.02,
        "{setting:?}: {rate}, so that true differences would be missed"
    );
}

#[test]
fn two_equal_models_are_rarely_told_apart() {
    check_false_claims(MODELS);
    check_false_claims(Setting {
        metric: Metric::MacroF1,
        ..MODELS
    });
    check_false_claims(Setting {
        metric: Metric::Auprc,
        ..MODELS
    });
    check_false_claims(Setting {
        metric: Metric::BrierScore,
        ..MODELS
    });
}

/// Each model is good at what the other is bad at: equal in the long run, but very different on each sentence.
#[test]
fn models_with_opposite_faults_are_rarely_told_apart() {
    let right_on = |world: &World, kind: usize, chance: &mut Chance| -> Vec<f64> {
        let one_hot = |label: usize| (0..5).map(move |class| f64::from(u8::from(class == label)));
        let label = |&gold: &usize, chance: &mut Chance| {
            let knows = (gold == 0) == (kind == 0);
            if knows || chance.uniform() < 0.4 {
                gold
            } else {
                (gold + 1) % 5
            }
        };
        world
            .gold
            .iter()
            .flat_map(|gold| one_hot(label(gold, chance)).collect::<Vec<_>>())
            .collect()
    };
    let comparisons: Vec<_> = (0..1_000)
        .map(|number| {
            let mut chance = Chance::new(number);
            let world = World::new(120, 5, &mut chance);
            let arms = [0, 1].map(|kind| vec![right_on(&world, kind, &mut chance)]);
            world.compare(Metric::Accuracy, &arms, 400, number)
        })
        .collect();
    let rate = claimed(&comparisons);
    assert!((0.02..=0.06).contains(&rate), "{rate}");
}

#[test]
fn equal_ways_of_training_are_rarely_told_apart() {
    for runs in [[3, 3], [5, 5], [3, 5]] {
        for seed_spread in [0.0, 0.1, 0.4] {
            check_false_claims(Setting {
                runs,
                seed_spread,
                ..MODELS
            });
        }
    }
}

/// What the method is for: one run of each would be enough for a false claim far too often.
#[test]
fn single_runs_mislead_about_ways_of_training() {
    let rate = claimed(
        &Setting {
            seed_spread: 0.4,
            ..MODELS
        }
        .simulate_many(1_000),
    );
    assert!(rate > 0.2, "{rate}");
}

/// Drawing three runs from three, literally, claims too much where seeds matter and too little where they do not. Moving the runs
/// apart for their number and asking Student's t mends the first, and finds far fewer of the true differences.
#[test]
fn drawing_runs_again_claims_too_much_or_too_little() {
    let rates = |setting: Setting| {
        let simulated: Vec<_> = (0..1_000)
            .into_par_iter()
            .map(|number| setting.simulate_redrawn(number))
            .collect();
        let rate = |claims: &dyn Fn(&(Comparison, Redrawn)) -> bool| {
            simulated.iter().filter(|one| claims(one)).count() as f64 / simulated.len() as f64
        };
        let freedom = |comparison: &Comparison| comparison.pairs[0].degrees_of_freedom.unwrap();
        (
            Rule::ALL.map(|rule| rate(&|(comparison, redrawn)| redrawn.claims(rule, freedom(comparison)))),
            rate(&|(comparison, _)| claimed(std::slice::from_ref(comparison)) > 0.0),
        )
    };
    let trainings = Setting { runs: [3, 3], ..MODELS };
    let ([ignored, drawn, widened, student], here) = rates(Setting {
        seed_spread: 0.4,
        ..trainings
    });
    assert!(
        ignored > 0.4 && drawn > 0.09 && widened > 0.05,
        "{ignored} {drawn} {widened}"
    );
    assert!(student < 0.03 && (0.02..=0.06).contains(&here), "{student} {here}");
    let ([_, drawn, ..], here) = rates(trainings);
    assert!(drawn < 0.01 && here > 0.02, "{drawn} {here}");
    let ([.., student], here) = rates(Setting {
        seed_spread: 0.1,
        lead: 0.5,
        ..trainings
    });
    assert!(student < 0.35 && here > 0.6, "{student} {here}");
}

/// The standard error is that of drawing sentences and runs again, the runs moved apart for their number, less the two times too
/// often that it counts how single runs go up and down with the sentences.
#[test]
fn the_standard_error_is_that_of_drawing_both_again() {
    for (runs, seed_spread) in [([3, 3], 0.0), ([3, 3], 0.2), ([5, 3], 0.1), ([5, 5], 0.4)] {
        let setting = Setting {
            runs,
            seed_spread,
            resamples: 20_000,
            ..MODELS
        };
        let (comparison, redrawn) = setting.simulate_redrawn(5);
        let error = comparison.pairs[0].standard_error;
        let expected = (redrawn.widened_variance() - 2.0 * redrawn.interaction).sqrt();
        assert!(
            (error / expected - 1.0).abs() < 0.03,
            "{setting:?}: {error}, drawn {expected}"
        );
    }
}

#[test]
fn too_few_runs_claim_nothing() {
    for runs in [[2, 2], [1, 3], [3, 2]] {
        let comparison = Setting {
            runs,
            lead: 3.0,
            ..MODELS
        }
        .simulate(1);
        assert_eq!(comparison.pairs[0].verdict, Verdict::TooFewRuns, "{runs:?}");
    }
}

/// The power of the two-sided 5 % test of a normal difference, of the simulated mean and deviation.
#[test]
fn true_differences_are_found_at_the_rate_that_theory_gives() {
    for lead in [0.15, 0.25] {
        let setting = Setting {
            lead,
            sentences: 400,
            ..MODELS
        };
        let comparisons = setting.simulate_many(1_000);
        let found = comparisons
            .iter()
            .filter(|comparison| comparison.pairs[0].verdict == Verdict::SecondBetter)
            .count() as f64
            / 1_000.0;
        let differences: Vec<f64> = comparisons
            .iter()
            .map(|comparison| comparison.pairs[0].difference)
            .collect();
        let mean = differences.iter().sum::<f64>() / 1_000.0;
        let variance = differences
            .iter()
            .map(|difference| (difference - mean).powi(2))
            .sum::<f64>()
            / 999.0;
        let theory = Normal::standard().cdf(mean / variance.sqrt() - 1.959_964);
        assert!((0.2..0.95).contains(&theory), "{lead} is no fair trial: {theory}");
        // Three standard errors of a rate of 1,000.
        let tolerance = 3.0 * (theory * (1.0 - theory) / 1_000.0).sqrt();
        assert!((found - theory).abs() < tolerance, "{lead}: {found}, theory {theory}");
        // And the difference that is called detectable is the one that is found four times in five.
        let detectable = comparisons
            .iter()
            .filter_map(|comparison| comparison.pairs[0].detectable)
            .sum::<f64>()
            / 1_000.0;
        let expected = (1.959_964 + 0.841_621) * variance.sqrt();
        assert!(
            (detectable / expected - 1.0).abs() < 0.1,
            "{detectable}, expected {expected}"
        );
    }
}
