//! McNemar's exact test: which of two systems is right more often, on rows that are taken as independent.

use serde::{Deserialize, Serialize};

use crate::distribution::fair_coin_cdf;

/// Rows on which exactly one of two systems is right, and the test of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct McNemar {
    /// Rows that only the first system has right.
    pub only_first: u64,
    /// Rows that only the second system has right.
    pub only_second: u64,
    /// [`mcnemar_exact`] of both.
    pub p: f64,
}

/// Two-sided exact p-value of McNemar's test (McNemar 1947; the binomial form): twice the chance that a fair coin falls at
/// most as often on the rarer side, at most 1; 1 where the systems never differ.
///
/// ```
/// # use relex_eval::mcnemar_exact;
/// // Ten rows differ, three of them for the second: 2 (1 + 10 + 45 + 120) / 2^10.
/// assert!((mcnemar_exact(7, 3) - 2.0 * 176.0 / 1024.0).abs() < 1e-12);
/// ```
pub fn mcnemar_exact(only_first: u64, only_second: u64) -> f64 {
    let rarer = only_first.min(only_second);
    (2.0 * fair_coin_cdf(rarer, only_first.saturating_add(only_second))).min(1.0)
}

impl McNemar {
    /// Of two systems' predicted labels beside the gold ones. `[rows]`
    pub(super) fn of(gold: &[usize], first: &[usize], second: &[usize]) -> Self {
        let (mut only_first, mut only_second) = (0, 0);
        for (gold, (first, second)) in gold.iter().zip(first.iter().zip(second)) {
            only_first += u64::from(first == gold && second != gold);
            only_second += u64::from(second == gold && first != gold);
        }
        Self {
            only_first,
            only_second,
            p: mcnemar_exact(only_first, only_second),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_on_which_both_agree_do_not_count() {
        let found = McNemar::of(&[1, 1, 1, 1, 0], &[1, 1, 0, 2, 0], &[1, 0, 1, 0, 0]);
        assert_eq!((found.only_first, found.only_second, found.p), (1, 1, 1.0));
    }

    #[derive(Deserialize)]
    struct Case {
        only_first_correct: u64,
        only_second_correct: u64,
        exact_p: f64,
    }

    #[test]
    fn values_are_those_of_the_reference() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/fixtures/mcnemar.json")).unwrap();
        assert_eq!(cases.len(), 5);
        for case in cases {
            let found = mcnemar_exact(case.only_first_correct, case.only_second_correct);
            approx::assert_relative_eq!(found, case.exact_p, max_relative = 1e-9);
        }
    }
}
