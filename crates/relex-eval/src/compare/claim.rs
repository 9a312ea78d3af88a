//! A comparison in plain English: what may be claimed, and what not.

use super::{Comparison, ComparisonTest, MINIMUM_RUNS, PairComparison, Verdict};
use crate::metric::Metric;
use crate::text::{p_value, sign};

/// Writes every pair's claim.
pub(super) fn fill_in(comparison: &mut Comparison) {
    let (metric, tests) = (comparison.metric, comparison.tests());
    for pair in &mut comparison.pairs {
        pair.claim = claim(pair, metric, tests);
    }
}

fn claim(pair: &PairComparison, metric: Metric, tests: usize) -> String {
    let (first, second) = (&pair.first, &pair.second);
    match pair.verdict {
        Verdict::FirstBetter => better(first, second, pair, metric, tests),
        Verdict::SecondBetter => better(second, first, pair, metric, tests),
        Verdict::TooFewRuns => format!(
            "Nothing may be claimed about {first} and {second} as ways of training: with {} and {} runs the spread between runs \
             cannot be judged. Train each at least {MINIMUM_RUNS} times with different seeds, or compare single runs, as models.",
            pair.runs.0, pair.runs.1
        ),
        Verdict::NotShown => match pair.detectable {
            None => format!(
                "No difference between {first} and {second} may be claimed: their {metric} is the same in every resample."
            ),
            Some(detectable) => format!(
                "No difference between {first} and {second} may be claimed: {seen} was seen ({p}), and a true difference is found four \
                 times in five only from about {least} on. {why}They may not be called equal either: anything from {low} to {high} \
                 remains plausible.",
                seen = signed(pair.difference, metric),
                p = p_values(pair, tests),
                least = amount(detectable, metric),
                why = disagreement(pair),
                low = signed(pair.interval.low, metric),
                high = signed(pair.interval.high, metric),
            ),
        },
    }
}

fn better(better: &str, worse: &str, pair: &PairComparison, metric: Metric, tests: usize) -> String {
    let direction = if metric.higher_is_better() { "higher" } else { "lower" };
    let (one, other) = (pair.interval.low.abs(), pair.interval.high.abs());
    let range = if pair.interval.low.signum() == pair.interval.high.signum() {
        amounts(one.min(other), one.max(other), metric)
    } else {
        format!(
            "{} to {}",
            signed(pair.interval.low, metric),
            signed(pair.interval.high, metric)
        )
    };
    let size = format!(
        "by {} ({:.0} % interval {range}; {})",
        amount(pair.difference.abs(), metric),
        pair.interval.level * 100.0,
        p_values(pair, tests)
    );
    match pair.test {
        ComparisonTest::ApproximateRandomisation => format!(
            "{better} has the {direction} {metric} than {worse}, {size}. This may be claimed of these two trained models, on sentences \
             like these. It may not be claimed of how they were trained: other seeds could turn it round."
        ),
        ComparisonTest::SentencesAndSeeds => format!(
            "Training {better} gives a {direction} {metric} than training {worse}, {size}. This may be claimed of the two ways of \
             training ({} and {} runs), on sentences like these. It may not be claimed of each single run, nor of other data.",
            pair.runs.0, pair.runs.1
        ),
    }
}

/// Why nothing may be claimed though the interval leaves out 0, if it does; a sentence or two and a space.
fn disagreement(pair: &PairComparison) -> String {
    let level = pair.interval.level;
    if pair.interval.low <= 0.0 && pair.interval.high >= 0.0 {
        return String::new();
    }
    let why = if pair.p < 1.0 - level {
        "it is not corrected for the number of comparisons, which the p-value is"
    } else {
        "the test holds its rate of false claims with any number of sentences, whereas the bootstrap's interval is an \
         approximation, and too narrow where few sentences tell the two apart"
    };
    format!(
        "The {:.0} % interval, which leaves out 0, disagrees with the test, and the test decides: {why}. ",
        level * 100.0
    )
}

fn p_values(pair: &PairComparison, tests: usize) -> String {
    let p = p_value(pair.p);
    if tests > 1 {
        format!("{p}, {} corrected for {tests} comparisons", p_value(pair.p_holm))
    } else {
        p
    }
}

/// A size in the metric's unit.
pub(super) fn amount(value: f64, metric: Metric) -> String {
    match metric {
        Metric::BrierScore => format!("{value:.4}"),
        Metric::LogLoss => format!("{value:.4} nats"),
        _ => format!("{value:.2} points"),
    }
}

/// A difference in the metric's unit, with its sign.
fn signed(value: f64, metric: Metric) -> String {
    format!("{}{}", sign(value, metric.digits()), amount(value.abs(), metric))
}

/// Two sizes in the metric's unit, which is named once.
fn amounts(one: f64, other: f64, metric: Metric) -> String {
    format!("{one:.*} to {}", metric.digits(), amount(other, metric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::Interval;

    fn pair(difference: f64, low: f64, high: f64, test: ComparisonTest, verdict: Verdict) -> PairComparison {
        PairComparison {
            first: "plain".into(),
            second: "smooth".into(),
            runs: (3, 4),
            difference,
            interval: Interval { low, high, level: 0.95 },
            standard_error: 1.0,
            degrees_of_freedom: None,
            test,
            p: 0.012,
            p_holm: 0.024,
            bootstrap_p: None,
            mcnemar: None,
            detectable: Some(2.8),
            verdict,
            claim: String::new(),
        }
    }

    fn check(pair: &PairComparison, metric: Metric, tests: usize, parts: &[&str]) {
        let text = claim(pair, metric, tests);
        for part in parts {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }

    #[test]
    fn models_and_ways_of_training_are_different_claims() {
        let models = pair(
            1.5,
            0.25,
            2.75,
            ComparisonTest::ApproximateRandomisation,
            Verdict::SecondBetter,
        );
        check(
            &models,
            Metric::MicroF1,
            1,
            &[
                "smooth has the higher micro-F1 than plain, by 1.50 points (95 % interval 0.25 to 2.75 points; p = 0.012)",
                "these two trained models",
                "other seeds could turn it round",
            ],
        );
        let trainings = pair(
            -1.5,
            -2.75,
            -0.25,
            ComparisonTest::SentencesAndSeeds,
            Verdict::FirstBetter,
        );
        check(
            &trainings,
            Metric::Auprc,
            2,
            &[
                "Training plain gives a higher AUPRC than training smooth, by 1.50 points (95 % interval 0.25 to 2.75 points; \
                 p = 0.012, p = 0.024 corrected for 2 comparisons)",
                "3 and 4 runs",
            ],
        );
    }

    #[test]
    fn a_difference_shown_as_zero_has_no_sign() {
        let check = |value, metric, expected: &str| assert_eq!(signed(value, metric), expected);
        check(-0.004, Metric::MicroF1, "±0.00 points");
        check(-0.006, Metric::MicroF1, "−0.01 points");
        check(0.004, Metric::LogLoss, "+0.0040 nats");
    }

    #[test]
    fn losses_are_better_when_lower() {
        let lower = pair(
            -0.05,
            -0.09,
            -0.01,
            ComparisonTest::ApproximateRandomisation,
            Verdict::SecondBetter,
        );
        check(
            &lower,
            Metric::LogLoss,
            1,
            &["smooth has the lower log loss than plain, by 0.0500 nats"],
        );
    }

    #[test]
    fn an_interval_that_leaves_out_zero_where_the_test_does_not_reject_is_explained() {
        let few = PairComparison {
            p: 0.067,
            p_holm: 0.067,
            ..pair(
                35.29,
                6.06,
                61.11,
                ComparisonTest::ApproximateRandomisation,
                Verdict::NotShown,
            )
        };
        let disagrees = "The 95 % interval, which leaves out 0, disagrees with the test, and the test decides";
        let plausible = "from +6.06 points to +61.11 points remains plausible";
        check(
            &few,
            Metric::MicroF1,
            1,
            &[disagrees, "with any number of sentences", plausible],
        );
        // Rejected alone, but not among all that were compared.
        let many = PairComparison {
            p: 0.03,
            p_holm: 0.09,
            ..few
        };
        check(
            &many,
            Metric::MicroF1,
            3,
            &[disagrees, "not corrected for the number of comparisons", plausible],
        );
    }

    #[test]
    fn no_claim_says_what_could_have_been_seen() {
        let unclear = pair(0.4, -1.2, 2.0, ComparisonTest::SentencesAndSeeds, Verdict::NotShown);
        check(
            &unclear,
            Metric::MicroF1,
            1,
            &[
                "No difference between plain and smooth may be claimed: +0.40 points was seen (p = 0.012)",
                "only from about 2.80 points on",
                "from −1.20 points to +2.00 points remains plausible",
            ],
        );
        assert!(!claim(&unclear, Metric::MicroF1, 1).contains("disagrees"));
        let same = PairComparison {
            detectable: None,
            ..unclear.clone()
        };
        check(
            &same,
            Metric::MicroF1,
            1,
            &["their micro-F1 is the same in every resample"],
        );
        let few = pair(9.0, 8.0, 10.0, ComparisonTest::SentencesAndSeeds, Verdict::TooFewRuns);
        check(
            &few,
            Metric::MicroF1,
            1,
            &["Nothing may be claimed", "at least 3 times"],
        );
    }
}
