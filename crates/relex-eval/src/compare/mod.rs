//! Whether one system is better than another, and what may be said about it.
//!
//! An arm is one system: the predictions of one trained model, or of several that differ only by their seed. All arms predict
//! the same rows, and rows of one sentence are one unit of chance.
//!
//! - One run an arm: the claim is about two trained models. [Approximate randomisation](ComparisonTest::ApproximateRandomisation)
//!   tests it, the paired bootstrap gives the interval, McNemar's exact test is shown beside them.
//! - Several runs an arm: the claim is about two ways of training. Sentences and runs are both resampled, and Student's t with the
//!   degrees of freedom of both ([`ComparisonTest::SentencesAndSeeds`]) tests the difference.

mod claim;
mod holm;
mod mcnemar;
mod pair;
mod power;
mod randomisation;
mod result;
mod rows;
mod seeds;
mod terminal;

pub use holm::holm;
pub use mcnemar::{McNemar, mcnemar_exact};
pub use power::{DETECTABLE_POWER, detectable_difference};
pub use result::{
    ArmScore, COMPARISON_FORMAT_VERSION, Comparison, ComparisonTest, MINIMUM_RUNS, PairComparison, Verdict,
};
pub use rows::{RunRows, matching_rows};
pub use terminal::render_comparison;

use crate::bca::bca_of_sorted;
use crate::bootstrap::{BootstrapConfig, resample};
use crate::error::EvalError;
use crate::groups::RowGroups;
use crate::interval::{Score, sorted_values};
use crate::metric::{Metric, ScoredRows, Scorer, check_length};
use crate::predictions::check_label_order;

/// One system: its predictions, one set a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm<'a> {
    /// What it is called.
    pub name: String,
    /// Each run's probabilities, row-major `[rows, labels]`.
    pub runs: Vec<&'a [f64]>,
}

/// What is compared: slices with one value a row, and every arm's predictions for those rows.
#[derive(Debug, Clone, Copy)]
pub struct ComparisonInput<'a> {
    /// The label order. `[labels]`
    pub labels: &'a [String],
    /// Index of the label that means "no relation".
    pub negative: usize,
    /// Index of each row's gold label. `[rows]`
    pub gold: &'a [usize],
    /// Group of each row: rows that share a sentence have the same number. `[rows]`
    pub groups: &'a [usize],
    /// At least two, with at least one run each.
    pub arms: &'a [Arm<'a>],
    /// The score that is compared; not a calibration error, which is biased by an amount that differs between systems.
    pub metric: Metric,
    /// The arm that all others are compared with; `None` compares every pair.
    pub baseline: Option<usize>,
    /// How many resamples and shuffles are drawn, from which seed, and the level: a claim needs a p-value below 1 − level.
    pub bootstrap: BootstrapConfig,
}

/// One run's predictions, ready to be compared.
struct Run<'a> {
    probabilities: &'a [f64],
    scorer: Scorer,
    value: f64,
    /// `[resamples]`
    resampled: Vec<f64>,
}

/// An arm's runs.
struct Runs<'a> {
    name: &'a str,
    runs: Vec<Run<'a>>,
}

/// Compares arms with each other.
///
/// # Errors
/// [`EvalError::Setting`] for fewer than two arms or sentences, an arm without a run or with one run twice, two arms of one name, a baseline
/// that is not there, a calibration error as metric, or a bootstrap out of range, and those of [`evaluate`](crate::evaluate) where a run's
/// predictions cannot be scored.
///
/// ```
/// use relex_eval::{Arm, BootstrapConfig, ComparisonInput, Metric, Verdict, compare, render_comparison};
///
/// let labels = ["no_relation", "per:title"].map(String::from);
/// let gold: Vec<usize> = (0..40).map(|row| row % 2).collect();
/// let sure = |right: bool| if right { [0.1, 0.9] } else { [0.9, 0.1] };
/// // The old model misses each fourth relation, the new one none.
/// let old: Vec<f64> = gold.iter().enumerate().flat_map(|(row, &gold)| sure(gold == 1 && row % 8 != 1)).collect();
/// let new: Vec<f64> = gold.iter().flat_map(|&gold| sure(gold == 1)).collect();
/// let comparison = compare(&ComparisonInput {
///     labels: &labels,
///     negative: 0,
///     gold: &gold,
///     groups: &(0..40).collect::<Vec<_>>(),
///     arms: &[
///         Arm { name: "old".into(), runs: vec![&old] },
///         Arm { name: "new".into(), runs: vec![&new] },
///     ],
///     metric: Metric::MicroF1,
///     baseline: None,
///     bootstrap: BootstrapConfig { resamples: 1_000, ..BootstrapConfig::default() },
/// })?;
/// // 5 rows decide: each of the 2^5 ways to swap them is as likely, and 2 are as extreme as what was seen.
/// assert!((comparison.pairs[0].p - 2.0 / 32.0).abs() < 0.03);
/// assert_eq!(comparison.pairs[0].verdict, Verdict::NotShown);
/// assert!(render_comparison(&comparison).contains("No difference between old and new may be claimed"));
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub fn compare(input: &ComparisonInput<'_>) -> Result<Comparison, EvalError> {
    check_input(input)?;
    let groups = RowGroups::new(input.groups);
    if groups.count() < 2 {
        return Err(EvalError::Setting {
            name: "number of sentences",
            value: groups.count().to_string(),
            allowed: "at least 2: chance is in which sentences there are",
        });
    }
    let arms = prepare(input, &groups)?;
    let scores = arms
        .iter()
        .map(|arm| arm_score(arm, &groups, input))
        .collect::<Result<_, _>>()?;
    let mut pairs = pairs_of(arms.len(), input.baseline)
        .into_iter()
        .map(|(first, second)| pair::compare_pair(&arms[first], &arms[second], &groups, input))
        .collect::<Result<Vec<_>, _>>()?;
    let testable: Vec<f64> = pairs
        .iter()
        .filter(|pair| pair.is_testable())
        .map(|pair| pair.p)
        .collect();
    let mut corrected = holm(&testable).into_iter();
    for pair in &mut pairs {
        // What cannot be claimed is no test, and costs the others nothing.
        if !pair.is_testable() {
            pair.p = 1.0;
        }
        pair.p_holm = if pair.is_testable() {
            corrected.next().unwrap_or(1.0)
        } else {
            1.0
        };
        pair.verdict = pair.decide(input.metric);
    }
    let mut comparison = Comparison {
        format_version: COMPARISON_FORMAT_VERSION,
        metric: input.metric,
        negative_label: input.labels[input.negative].clone(),
        rows: input.gold.len(),
        groups: groups.count(),
        resamples: input.bootstrap.resamples,
        seed: input.bootstrap.seed,
        level: input.bootstrap.level,
        arms: scores,
        pairs,
    };
    claim::fill_in(&mut comparison);
    Ok(comparison)
}

fn check_input(input: &ComparisonInput<'_>) -> Result<(), EvalError> {
    let refuse = |name, value: String, allowed| Err(EvalError::Setting { name, value, allowed });
    if input.arms.len() < 2 {
        return refuse("number of arms", input.arms.len().to_string(), "at least 2");
    }
    for (index, arm) in input.arms.iter().enumerate() {
        if arm.runs.is_empty() {
            return refuse("arm without a run", format!("{:?}", arm.name), "given at least one run");
        }
        if input.arms[..index].iter().any(|other| other.name == arm.name) {
            let twice = format!("{:?}, and so is another's", arm.name);
            return refuse("the name of an arm", twice, "a name of its own");
        }
    }
    for arm in input.arms {
        // The same predictions twice would pass for two seeds that agree to the last digit.
        if (1..arm.runs.len()).any(|run| arm.runs[..run].contains(&arm.runs[run])) {
            let allowed = "predictions of its own";
            return refuse(
                "one of the runs of an arm",
                format!("a copy of another, in {:?}", arm.name),
                allowed,
            );
        }
    }
    for (index, arm) in input.arms.iter().enumerate() {
        let of_several = |other: &&Arm<'_>| arm.runs.len().max(other.runs.len()) > 1;
        for other in input.arms[..index].iter().filter(of_several) {
            if arm.runs.iter().any(|run| other.runs.contains(run)) {
                let both = format!("in {:?} and in {:?}", other.name, arm.name);
                return refuse(
                    "one of the runs of an arm",
                    both,
                    "of one arm alone, since arms are compared as independent",
                );
            }
        }
    }
    if let Some(baseline) = input.baseline.filter(|&arm| arm >= input.arms.len()) {
        return refuse("baseline", baseline.to_string(), "the index of an arm");
    }
    if matches!(
        input.metric,
        Metric::CalibrationErrorEqualWidth | Metric::CalibrationErrorEqualMass
    ) {
        let allowed = "a score without bins, such as the Brier score or the log loss";
        return refuse("compared score", input.metric.to_string(), allowed);
    }
    check_label_order(input.labels)?;
    check_length("groups", input.gold.len(), input.groups.len())
}

/// Scores every run, in the same resamples.
fn prepare<'a>(input: &ComparisonInput<'a>, groups: &RowGroups) -> Result<Vec<Runs<'a>>, EvalError> {
    let all = || input.arms.iter().flat_map(|arm| arm.runs.iter().copied());
    let scorers = all()
        .map(|probabilities| Scorer::new(input.scored(input.gold, probabilities), &[input.metric]))
        .collect::<Result<Vec<_>, _>>()?;
    let resampled = resample(groups, &input.bootstrap, scorers.len(), |weights, scores| {
        for (scorer, score) in scorers.iter().zip(scores.chunks_mut(1)) {
            scorer.score(weights, score);
        }
    })?;
    let mut runs = all()
        .zip(scorers)
        .zip(resampled)
        .map(|((probabilities, scorer), resampled)| Run {
            probabilities,
            value: scorer.values()[0],
            scorer,
            resampled,
        });
    Ok(input
        .arms
        .iter()
        .map(|arm| Runs {
            name: &arm.name,
            runs: runs.by_ref().take(arm.runs.len()).collect(),
        })
        .collect())
}

fn arm_score(arm: &Runs<'_>, groups: &RowGroups, input: &ComparisonInput<'_>) -> Result<ArmScore, EvalError> {
    let level = input.bootstrap.level;
    let values: Vec<f64> = arm.runs.iter().map(|run| run.value).collect();
    let score = if let [run] = &arm.runs[..] {
        let sorted = sorted_values(&run.resampled, level)?;
        Score {
            value: run.value,
            interval: bca_of_sorted(run.value, &sorted, &run.scorer.leave_one_out(groups)[0], level),
        }
    } else {
        let estimate = seeds::Estimate::of(&[(1.0, arm)], groups.count());
        Score {
            value: estimate.value,
            interval: estimate.interval(level, input.metric.range()),
        }
    };
    Ok(ArmScore {
        name: arm.name.to_owned(),
        runs: values,
        score,
    })
}

/// Pairs of arms, the baseline or the earlier one first.
fn pairs_of(arms: usize, baseline: Option<usize>) -> Vec<(usize, usize)> {
    match baseline {
        Some(baseline) => (0..arms)
            .filter(|&arm| arm != baseline)
            .map(|arm| (baseline, arm))
            .collect(),
        None => (0..arms)
            .flat_map(|first| (first + 1..arms).map(move |second| (first, second)))
            .collect(),
    }
}

impl<'a> ComparisonInput<'a> {
    /// Rows to score: `gold` and `probabilities` with the comparison's labels.
    fn scored<'b>(&self, gold: &'b [usize], probabilities: &'b [f64]) -> ScoredRows<'b>
    where
        'a: 'b,
    {
        ScoredRows {
            labels: self.labels,
            negative: self.negative,
            gold,
            probabilities,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_keep_their_order_or_start_from_the_baseline() {
        assert_eq!(pairs_of(3, None), [(0, 1), (0, 2), (1, 2)]);
        assert_eq!(pairs_of(3, Some(1)), [(1, 0), (1, 2)]);
    }

    fn arm<'a>(name: &str, runs: Vec<&'a [f64]>) -> Arm<'a> {
        Arm {
            name: name.to_owned(),
            runs,
        }
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let labels = ["none", "x"].map(String::from);
        let (one, other) = ([0.9, 0.1, 0.2, 0.8], [0.1, 0.9, 0.2, 0.8]);
        let (one, other) = (&one[..], &other[..]);
        let check = |arms: &[Arm<'_>], change: &dyn Fn(&mut ComparisonInput<'_>), expected: &str| {
            let mut input = ComparisonInput {
                labels: &labels,
                negative: 0,
                gold: &[0, 1],
                groups: &[0, 1],
                arms,
                metric: Metric::MicroF1,
                baseline: None,
                bootstrap: BootstrapConfig::default(),
            };
            change(&mut input);
            let message = compare(&input).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        };
        let two = [arm("a", vec![one]), arm("b", vec![other])];
        check(&two[..1], &|_| {}, "number of arms is 1");
        check(
            &[arm("a", vec![one]), arm("b", vec![])],
            &|_| {},
            "arm without a run is \"b\"",
        );
        check(
            &[arm("a", vec![one]), arm("a", vec![other])],
            &|_| {},
            "the name of an arm is \"a\"",
        );
        check(
            &[arm("a", vec![one]), arm("b", vec![other, other])],
            &|_| {},
            "a copy of another, in \"b\"",
        );
        let shared = [arm("a", vec![one]), arm("b", vec![other, one])];
        check(&shared, &|_| {}, "in \"a\" and in \"b\"");
        check(&two, &|input| input.baseline = Some(2), "baseline is 2");
        check(&two, &|input| input.groups = &[5, 5], "number of sentences is 1");
        check(&two, &|input| input.gold = &[0, 2], "gold of row index 1 is 2");
        check(
            &two,
            &|input| input.metric = Metric::CalibrationErrorEqualMass,
            "such as the Brier score",
        );
    }
}
