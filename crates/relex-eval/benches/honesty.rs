//! How often claims are false, true differences found and intervals right, in worlds where the truth is known.
//!
//! `cargo bench -p relex-eval --bench honesty` prints the figures that `docs/evaluation.md` records; a few minutes.
#![expect(clippy::print_stdout, reason = "a benchmark's output is its figures")]

#[path = "../tests/simulation/mod.rs"]
mod simulation;

use rayon::prelude::*;
use relex_eval::{BootstrapConfig, Comparison, Evaluation, EvaluationInput, Metric, Verdict, evaluate};
use simulation::{Chance, Redrawn, Rule, Setting, World, claimed};

const COMPARISONS: u64 = 2_000;

const BASE: Setting = Setting {
    metric: Metric::MicroF1,
    sentences: 120,
    runs: [1, 1],
    seed_spread: 0.0,
    lead: 0.0,
    resamples: 1_000,
};

fn main() {
    false_claims();
    rules();
    power();
    for (sentences, classes) in [(40, 5), (120, 5), (120, 30), (600, 30)] {
        coverage(sentences, classes);
    }
}

fn false_claims() {
    println!("false claims, % of {COMPARISONS} null comparisons");
    for metric in [
        Metric::MicroF1,
        Metric::MacroF1,
        Metric::Auprc,
        Metric::Accuracy,
        Metric::BrierScore,
    ] {
        print_rate(Setting { metric, ..BASE });
    }
    for runs in [[1, 1], [3, 3], [5, 5], [3, 5]] {
        for seed_spread in [0.0, 0.1, 0.2, 0.4] {
            print_rate(Setting {
                runs,
                seed_spread,
                ..BASE
            });
        }
    }
}

/// Runs and sentences both drawn again, beside what is done.
fn rules() {
    println!("false claims about ways of training, % of {COMPARISONS}, and true differences of 0.5 found");
    for runs in [[3, 3], [5, 5]] {
        for (seed_spread, lead) in [(0.0, 0.0), (0.1, 0.0), (0.2, 0.0), (0.4, 0.0), (0.1, 0.5)] {
            let setting = Setting {
                runs,
                seed_spread,
                lead,
                ..BASE
            };
            let simulated: Vec<_> = (0..COMPARISONS)
                .into_par_iter()
                .map(|number| setting.simulate_redrawn(number))
                .collect();
            let claims = |rule: Rule| {
                let claims = |(comparison, redrawn): &(Comparison, Redrawn)| {
                    redrawn.claims(rule, comparison.pairs[0].degrees_of_freedom.unwrap_or(f64::INFINITY))
                };
                100.0 * share(&simulated, claims)
            };
            let rates: Vec<String> = Rule::ALL
                .into_iter()
                .map(|rule| format!("{rule:?} {:.1}", claims(rule)))
                .collect();
            let here = share(&simulated, |(comparison, _)| {
                matches!(
                    comparison.pairs[0].verdict,
                    Verdict::FirstBetter | Verdict::SecondBetter
                )
            });
            let ratios = simulated.iter().map(|(comparison, redrawn)| {
                let drawn = redrawn.widened_variance() - 2.0 * redrawn.interaction;
                comparison.pairs[0].standard_error / drawn.max(0.0).sqrt()
            });
            println!(
                "  {} and {} runs, seed spread {seed_spread:.1}, difference {lead}: {}, as here {:.1}; standard error {:.3} of the drawn one",
                runs[0],
                runs[1],
                rates.join(", "),
                100.0 * here,
                ratios.sum::<f64>() / simulated.len() as f64
            );
        }
    }
}

fn print_rate(setting: Setting) {
    let Setting {
        metric,
        runs: [first, second],
        seed_spread,
        ..
    } = setting;
    let comparisons = setting.simulate_many(COMPARISONS);
    let covered = share(&comparisons, |comparison| {
        let interval = comparison.pairs[0].interval;
        interval.low <= 0.0 && 0.0 <= interval.high
    });
    println!(
        "  {metric:<12} {first} and {second} runs, seed spread {seed_spread:.1}: {:>5.2}; interval holds 0: {:.2}",
        100.0 * claimed(&comparisons),
        100.0 * covered
    );
}

fn power() {
    println!("true differences found, % of {COMPARISONS}; what the normal approximation gives");
    for runs in [[1, 1], [5, 5]] {
        for lead in [0.15, 0.25, 0.35, 0.5] {
            let seed_spread = if runs == [1, 1] { 0.0 } else { 0.1 };
            let setting = Setting {
                runs,
                lead,
                seed_spread,
                ..BASE
            };
            let comparisons = setting.simulate_many(COMPARISONS);
            let found = share(&comparisons, |comparison| {
                comparison.pairs[0].verdict == Verdict::SecondBetter
            });
            let differences: Vec<f64> = comparisons
                .iter()
                .map(|comparison| comparison.pairs[0].difference)
                .collect();
            let mean = differences.iter().sum::<f64>() / differences.len() as f64;
            let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
            let deviation = (squares / (differences.len() - 1) as f64).sqrt();
            println!(
                "  {} and {} runs, difference {mean:.2} (standard deviation {deviation:.2}): {:.1}; {:.1}",
                runs[0],
                runs[1],
                100.0 * found,
                100.0 * normal_cdf(mean / deviation - 1.959_964)
            );
        }
    }
}

/// How often each 95 % interval holds the value on 60,000 sentences, and on which side it misses.
fn coverage(sentences: usize, classes: usize) {
    const SETS: u64 = 1_000;
    let score = |sentences: usize, seed: u64, resamples: usize| -> Evaluation {
        let mut chance = Chance::new(seed);
        let world = World::new(sentences, classes, &mut chance);
        let probabilities = world.predict(2.0, &mut chance);
        evaluate(&EvaluationInput {
            labels: &world.labels,
            negative: 0,
            gold: &world.gold,
            probabilities: &probabilities,
            groups: &world.groups,
            bootstrap: BootstrapConfig {
                resamples,
                seed,
                level: 0.95,
            },
        })
        .expect("a simulated world can be scored")
    };
    let truth = score(60_000, u64::MAX, 1);
    let sets: Vec<Evaluation> = (0..SETS)
        .into_par_iter()
        .map(|seed| score(sentences, seed, 1_000))
        .collect();
    println!(
        "{sentences} sentences, {classes} labels: % of {SETS} sets whose interval lies above – holds – lies below the truth"
    );
    for (index, truth) in truth.scores.iter().enumerate() {
        let misses = |interval: fn(&relex_eval::MetricScore) -> relex_eval::Interval| {
            let above = share(&sets, |set| interval(&set.scores[index]).low > truth.value);
            let below = share(&sets, |set| interval(&set.scores[index]).high < truth.value);
            format!(
                "{:>4.1} – {:>4.1} – {:>4.1}",
                100.0 * above,
                100.0 * (1.0 - above - below),
                100.0 * below
            )
        };
        let mean = sets.iter().map(|set| set.scores[index].value).sum::<f64>() / sets.len() as f64;
        println!(
            "  {:<40} truth {:>7.3}, mean {mean:>7.3}; percentile {}; BCa {}",
            truth.metric.to_string(),
            truth.value,
            misses(|score| score.percentile),
            misses(|score| score.interval)
        );
    }
}

fn share<T>(items: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    items.iter().filter(|item| holds(item)).count() as f64 / items.len() as f64
}

fn normal_cdf(z: f64) -> f64 {
    use statrs::distribution::{ContinuousCDF, Normal};
    Normal::standard().cdf(z)
}
