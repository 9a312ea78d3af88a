//! Holm's correction for several tests at once.

/// The p-values after Holm's step-down correction (Holm 1979), in the order given: where only those below α are claimed, the chance of
/// any false claim among all of them is at most α, however the tests depend on each other.
///
/// The *i*-th smallest of *m* is multiplied by *m* − *i* + 1, is at least the one before, and at most 1.
///
/// ```
/// use relex_eval::holm;
///
/// assert_eq!(holm(&[0.5, 0.25, 0.125]), [0.5, 0.5, 0.375]);
/// ```
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut corrected = vec![0.0; p.len()];
    let mut largest = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        largest = largest.max(p[index] * (p.len() - rank) as f64).min(1.0);
        corrected[index] = largest;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_is_multiplied_by_the_tests_left() {
        // 0.01 * 4; 0.02 * 3 = 0.06; 0.02 * 2 is below that; 0.9 * 1.
        let found = holm(&[0.02, 0.9, 0.01, 0.02]);
        for (found, expected) in found.iter().zip([0.06, 0.9, 0.04, 0.06]) {
            approx::assert_abs_diff_eq!(*found, expected, epsilon = 1e-12);
        }
        assert_eq!(holm(&[0.7, 0.8]), [1.0, 1.0]);
        assert_eq!(holm(&[0.03]), [0.03]);
        assert!(holm(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn order_is_kept_and_no_value_falls(p in prop::collection::vec(0.0_f64..=1.0, 1..9)) {
            let corrected = holm(&p);
            for one in 0..p.len() {
                prop_assert!(corrected[one] >= p[one] && corrected[one] <= 1.0);
                for other in 0..p.len() {
                    prop_assert!(p[one] > p[other] || corrected[one] <= corrected[other]);
                }
            }
        }
    }
}
