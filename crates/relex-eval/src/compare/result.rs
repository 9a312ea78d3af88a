//! What a comparison found.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::McNemar;
use crate::error::EvalError;
use crate::files::write_atomically;
use crate::interval::{Interval, Score};
use crate::metric::Metric;

/// The version of the JSON that [`Comparison::write`] writes.
pub const COMPARISON_FORMAT_VERSION: u32 = 1;

/// How many runs each arm needs before anything is claimed about its way of training, where an arm has more than one.
///
/// In simulations of equal arms Student's t kept to at most 6 % false claims from 3 runs an arm on; with 2 it reached 7 %.
pub const MINIMUM_RUNS: usize = 3;

/// Arms beside each other, and each pair that was compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// [`COMPARISON_FORMAT_VERSION`].
    pub format_version: u32,
    /// The score that was compared.
    pub metric: Metric,
    /// The label that means "no relation".
    pub negative_label: String,
    /// Number of rows.
    pub rows: usize,
    /// Number of groups (distinct sentences) that the rows belong to.
    pub groups: usize,
    /// Number of resamples, and of shuffles.
    pub resamples: usize,
    /// Their seed.
    pub seed: u64,
    /// Level of the intervals; a claim needs a corrected p-value below 1 − level.
    pub level: f64,
    /// Every arm's score.
    pub arms: Vec<ArmScore>,
    /// Every pair that was compared.
    pub pairs: Vec<PairComparison>,
}

/// An arm's score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmScore {
    /// The arm's name.
    pub name: String,
    /// Each run's score.
    pub runs: Vec<f64>,
    /// The mean over the runs; its interval is of sentences alone (BCa) for one run, of sentences and runs (Student's t,
    /// cut off where the score's range ends) for more.
    pub score: Score,
}

/// What is known about the difference of two arms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairComparison {
    /// Name of the first arm.
    pub first: String,
    /// Name of the second arm.
    pub second: String,
    /// Runs of the first and of the second arm.
    pub runs: (usize, usize),
    /// Score of the second arm less that of the first.
    pub difference: f64,
    /// Its interval, not corrected for other comparisons: of the paired bootstrap (BCa) for one run each, else of Student's t,
    /// cut off where no difference can be.
    pub interval: Interval,
    /// Its standard error.
    pub standard_error: f64,
    /// Degrees of freedom of `standard_error`; `None` for one run each.
    pub degrees_of_freedom: Option<f64>,
    /// The test behind `p`.
    pub test: ComparisonTest,
    /// Two-sided p-value of "no difference"; 1 where the verdict is [`Verdict::TooFewRuns`].
    pub p: f64,
    /// `p` after Holm's correction for all pairs with enough runs to be tested.
    pub p_holm: f64,
    /// Two-sided p-value of the paired bootstrap; `None` where an arm has several runs.
    pub bootstrap_p: Option<f64>,
    /// McNemar's exact test of the share of right rows, which takes rows as independent; `None` where an arm has several runs.
    pub mcnemar: Option<McNemar>,
    /// The true difference that these rows and runs would show four times in five (before correction); `None` where every
    /// resample gave the same difference.
    pub detectable: Option<f64>,
    /// What follows.
    pub verdict: Verdict,
    /// The same in words.
    pub claim: String,
}

/// The test that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonTest {
    /// For one run an arm: how often swapping the two systems' predictions sentence by sentence, at random, makes a difference as large
    /// as the one seen (Noreen 1989; Yeh 2000).
    ApproximateRandomisation,
    /// For several runs: the difference of means over its standard error, of resampled sentences and of the spread between
    /// runs, by Student's t with the degrees of freedom of Welch and Satterthwaite.
    SentencesAndSeeds,
}

/// What may be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The first arm is the better one.
    FirstBetter,
    /// The second arm is the better one.
    SecondBetter,
    /// Neither; that is no evidence that they are equal.
    NotShown,
    /// Nothing, because the spread between runs cannot be judged from so few: see [`MINIMUM_RUNS`].
    TooFewRuns,
}

impl PairComparison {
    /// Whether both arms have the runs that a claim about them takes.
    pub(super) fn is_testable(&self) -> bool {
        self.test == ComparisonTest::ApproximateRandomisation || self.runs.0.min(self.runs.1) >= MINIMUM_RUNS
    }

    /// The verdict, once `p_holm` is known.
    pub(super) fn decide(&self, metric: Metric) -> Verdict {
        if !self.is_testable() {
            Verdict::TooFewRuns
        } else if self.p_holm >= 1.0 - self.interval.level {
            Verdict::NotShown
        } else if (self.difference > 0.0) == metric.higher_is_better() {
            Verdict::SecondBetter
        } else {
            Verdict::FirstBetter
        }
    }
}

impl Comparison {
    /// How many pairs were tested, for which Holm's correction accounts.
    pub(super) fn tests(&self) -> usize {
        self.pairs.iter().filter(|pair| pair.is_testable()).count()
    }

    /// Writes the comparison to `path` as JSON, whole or not at all.
    ///
    /// # Errors
    /// [`EvalError::Write`] if the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), EvalError> {
        write_atomically(path.as_ref(), |writer| {
            serde_json::to_writer_pretty(&mut *writer, self)?;
            writer.write_all(b"\n")
        })
    }
}
