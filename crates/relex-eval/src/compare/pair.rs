//! Two arms against each other.

use super::randomisation::approximate_randomisation;
use super::seeds::{Estimate, variance};
use super::{
    ComparisonInput, ComparisonTest, DETECTABLE_POWER, McNemar, PairComparison, Run, Runs, Verdict,
    detectable_difference,
};
use crate::error::EvalError;
use crate::gain::{Side, paired_difference};
use crate::groups::RowGroups;
use crate::predictions::argmax;

/// Everything about a pair but what depends on other pairs: correction, verdict and claim are still to come.
pub(super) fn compare_pair(
    first: &Runs<'_>,
    second: &Runs<'_>,
    groups: &RowGroups,
    input: &ComparisonInput<'_>,
) -> Result<PairComparison, EvalError> {
    let unnamed = match (&first.runs[..], &second.runs[..]) {
        ([first], [second]) => compare_models(first, second, groups, input)?,
        _ => compare_trainings(first, second, groups, input),
    };
    Ok(PairComparison {
        first: first.name.to_owned(),
        second: second.name.to_owned(),
        ..unnamed
    })
}

fn compare_models(
    first: &Run<'_>,
    second: &Run<'_>,
    groups: &RowGroups,
    input: &ComparisonInput<'_>,
) -> Result<PairComparison, EvalError> {
    let level = input.bootstrap.level;
    let left_out = [first, second].map(|run| run.scorer.leave_one_out(groups));
    let [before, after] = [(first, &left_out[0]), (second, &left_out[1])].map(|(run, left_out)| Side {
        value: run.value,
        resampled: &run.resampled,
        left_out: &left_out[0],
    });
    let (difference, differences) = paired_difference(&before, &after, level)?;
    let standard_error = variance(&differences).sqrt();
    let labels = |run: &Run<'_>| -> Vec<usize> { run.probabilities.chunks(input.labels.len()).map(argmax).collect() };
    let p = approximate_randomisation(first.probabilities, second.probabilities, groups, input)?;
    Ok(PairComparison {
        first: String::new(),
        second: String::new(),
        runs: (1, 1),
        difference: difference.value,
        interval: difference.interval,
        standard_error,
        degrees_of_freedom: None,
        test: ComparisonTest::ApproximateRandomisation,
        p,
        p_holm: p,
        bootstrap_p: Some(bootstrap_p(&differences)),
        mcnemar: Some(McNemar::of(input.gold, &labels(first), &labels(second))),
        detectable: detectable(standard_error, f64::INFINITY, level),
        verdict: Verdict::NotShown,
        claim: String::new(),
    })
}

fn compare_trainings(
    first: &Runs<'_>,
    second: &Runs<'_>,
    groups: &RowGroups,
    input: &ComparisonInput<'_>,
) -> PairComparison {
    let level = input.bootstrap.level;
    let estimate = Estimate::of(&[(1.0, second), (-1.0, first)], groups.count());
    let (lowest, highest) = input.metric.range();
    PairComparison {
        first: String::new(),
        second: String::new(),
        runs: (first.runs.len(), second.runs.len()),
        difference: estimate.value,
        interval: estimate.interval(level, (lowest - highest, highest - lowest)),
        standard_error: estimate.standard_error,
        degrees_of_freedom: Some(estimate.freedom),
        test: ComparisonTest::SentencesAndSeeds,
        p: estimate.p(),
        p_holm: estimate.p(),
        bootstrap_p: None,
        mcnemar: None,
        detectable: detectable(estimate.standard_error, estimate.freedom, level),
        verdict: Verdict::NotShown,
        claim: String::new(),
    }
}

/// Two-sided p-value of "no difference" by the paired bootstrap: twice the share of resamples on the other side of 0, ties and
/// one resample more included, at most 1. `differences` ascend.
fn bootstrap_p(differences: &[f64]) -> f64 {
    let below = differences.partition_point(|&difference| difference < 0.0);
    let not_above = differences.partition_point(|&difference| difference <= 0.0);
    let rarer = not_above.min(differences.len() - below);
    (2.0 * (rarer + 1) as f64 / (differences.len() + 1) as f64).min(1.0)
}

fn detectable(standard_error: f64, freedom: f64, level: f64) -> Option<f64> {
    (standard_error > 0.0).then(|| detectable_difference(standard_error, freedom, level, DETECTABLE_POWER))
}

#[cfg(test)]
mod tests {
    use super::bootstrap_p;

    #[test]
    fn the_rarer_side_of_zero_counts_twice() {
        assert_eq!(bootstrap_p(&[1.0; 999]), 2.0 * 1.0 / 1000.0);
        assert_eq!(bootstrap_p(&[-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0]), 2.0 * 4.0 / 8.0);
        assert_eq!(bootstrap_p(&[0.0; 10]), 1.0);
    }
}
