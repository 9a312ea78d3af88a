//! The three distributions that intervals and tests need, on `statrs`, with every edge defined.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal, StudentsT};

/// Past so many degrees of freedom Student's t is the normal distribution to more digits than matter.
const NORMAL_FROM: f64 = 1e6;

/// Probability that a standard normal number is at most `z`.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// The number that a standard normal one stays below with probability `share`, for `share` in `(0, 1)`.
pub(crate) fn normal_quantile(share: f64) -> f64 {
    Normal::standard().inverse_cdf(share.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0))
}

/// Two-sided p-value of Student's t with `freedom` > 0 degrees of freedom, which may be infinite.
pub(crate) fn student_p(t: f64, freedom: f64) -> f64 {
    let tail = match StudentsT::new(0.0, 1.0, freedom) {
        Ok(student) if freedom < NORMAL_FROM => student.sf(t.abs()),
        _ => Normal::standard().sf(t.abs()),
    };
    (2.0 * tail).min(1.0)
}

/// The quantile of Student's t with `freedom` > 0 degrees of freedom, for `share` in `(0, 1)`.
pub(crate) fn student_quantile(share: f64, freedom: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, freedom) {
        Ok(student) if freedom < NORMAL_FROM => student.inverse_cdf(share),
        _ => normal_quantile(share),
    }
}

/// Probability of at most `successes` heads in `tosses` of a fair coin.
pub(crate) fn fair_coin_cdf(successes: u64, tosses: u64) -> f64 {
    Binomial::new(0.5, tosses).map_or(1.0, |binomial| binomial.cdf(successes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq as check;

    /// Values of `scipy.stats` 1.17.
    #[test]
    fn values_are_those_of_scipy() {
        check!(normal_cdf(-1.0), 0.158_655_253_931_457_05, max_relative = 1e-9);
        check!(normal_quantile(0.975), 1.959_963_984_540_054, max_relative = 1e-9);
        check!(normal_quantile(1e-6), -4.753_424_308_822_899, max_relative = 1e-9);
        check!(student_p(2.5, 4.0), 0.066_766_544_811_988_14, max_relative = 1e-9);
        check!(student_p(-2.5, 1.7), 0.151_181_774_389_041_12, max_relative = 1e-9);
        check!(
            student_quantile(0.975, 4.0),
            2.776_445_105_197_793_4,
            max_relative = 1e-9
        );
        check!(student_quantile(0.975, 2.3), 3.807_163_208_232_131, max_relative = 1e-9);
        check!(student_quantile(0.8, 7.5), 0.892_209_346_939_674_5, max_relative = 1e-9);
        check!(fair_coin_cdf(25, 66), 0.032_008_752_068_612_83, max_relative = 1e-9);
    }

    #[test]
    fn edges_are_defined() {
        check!(student_p(1.96, f64::INFINITY), student_p(1.96, 1e9));
        check!(student_quantile(0.975, f64::INFINITY), normal_quantile(0.975));
        assert_eq!(student_p(0.0, 3.0), 1.0);
        assert_eq!(student_p(f64::INFINITY, 3.0), 0.0);
        assert_eq!(fair_coin_cdf(0, 0), 1.0);
        assert!(normal_quantile(0.0).is_finite() && normal_quantile(1.0).is_finite());
    }
}
