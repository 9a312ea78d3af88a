//! What each loss becomes at the limits of its numbers, and what holds everywhere.

use burn::tensor::{Device, Tensor, TensorData};
use proptest::{collection::vec, prelude::*};
use relex_loss::{
    LabelSmoothing, SmoothOver, cross_entropy, effective_number_weights, focal, focal_batch_mean,
    inverse_frequency_weights, ldam, ldam_margins, logit_adjusted, r_drop, symmetric_kl,
};

use super::{classes, value_and_gradient};

const ROWS: usize = 3;
const CLASSES: usize = 4;
const WITHOUT: LabelSmoothing = LabelSmoothing {
    epsilon: 0.0,
    over: SmoothOver::AllClasses,
};

fn tensor(values: &[f32]) -> Tensor<2> {
    let data = TensorData::new(values.to_vec(), [ROWS, CLASSES]);
    Tensor::from_data(data, &Device::flex().autodiff())
}

fn logits() -> impl Strategy<Value = Vec<f32>> {
    vec(-20f32..20.0, ROWS * CLASSES)
}

fn targets() -> impl Strategy<Value = Vec<i32>> {
    vec(0..CLASSES as i32, ROWS)
}

fn counts() -> impl Strategy<Value = Vec<usize>> {
    vec(1usize..5000, CLASSES)
}

/// Two losses that are the same in value and gradient.
fn assert_same(
    values: &[f32],
    left: impl FnOnce(Tensor<2>) -> Tensor<1>,
    right: impl FnOnce(Tensor<2>) -> Tensor<1>,
) -> Result<(), TestCaseError> {
    let (left, left_gradient) = value_and_gradient(tensor(values), left);
    let (right, right_gradient) = value_and_gradient(tensor(values), right);
    prop_assert!(
        (left - right).abs() <= 2e-6 * right.abs().max(1.0),
        "{left} is not {right}"
    );
    for (a, b) in left_gradient.iter().zip(&right_gradient) {
        prop_assert!((a - b).abs() <= 2e-6, "{left_gradient:?} is not {right_gradient:?}");
    }
    Ok(())
}

fn number(loss: Tensor<1>) -> f32 {
    loss.into_scalar()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_loss_has_cross_entropy_as_a_limit(x in logits(), y in targets(), counts in counts()) {
        let device = Device::flex().autodiff();
        let y = || classes(&y, &device);
        let plain = |x| cross_entropy(x, y(), None, WITHOUT);
        assert_same(&x, |x| focal(x, y(), 0.0, None), plain)?;
        assert_same(&x, |x| focal(x, y(), 0.0, Some(&[1.0; CLASSES])), plain)?;
        assert_same(&x, |x| focal_batch_mean(x, y(), 0.0, None), plain)?;
        assert_same(&x, |x| logit_adjusted(x, y(), &counts, 0.0), plain)?;
        assert_same(&x, |x| ldam(x, y(), &ldam_margins(&counts, 0.0), 1.0, None), plain)?;
        assert_same(&x, |x| r_drop(x.clone(), x, y(), 3.0, WITHOUT), plain)?;
        for over in [SmoothOver::AllClasses, SmoothOver::OtherClasses] {
            let none = LabelSmoothing { epsilon: 0.0, over };
            assert_same(&x, |x| cross_entropy(x, y(), None, none), plain)?;
        }
    }

    #[test]
    fn equal_weights_are_no_weights(x in logits(), y in targets(), weight in 0.01f32..100.0, epsilon in 0f32..0.9) {
        let device = Device::flex().autodiff();
        let y = || classes(&y, &device);
        let smoothing = LabelSmoothing { epsilon, over: SmoothOver::OtherClasses };
        assert_same(
            &x,
            |x| cross_entropy(x, y(), Some(&[weight; CLASSES]), smoothing),
            |x| cross_entropy(x, y(), None, smoothing),
        )?;
    }

    /// Balanced classes need no margins of their own and no adjustment: each shifts all logits alike.
    #[test]
    fn equal_counts_adjust_nothing(x in logits(), y in targets(), count in 1usize..1000, tau in 0f32..3.0) {
        let device = Device::flex().autodiff();
        let y = || classes(&y, &device);
        let plain = |x| cross_entropy(x, y(), None, WITHOUT);
        assert_same(&x, |x| logit_adjusted(x, y(), &[count; CLASSES], tau), plain)?;
        prop_assert_eq!(ldam_margins(&[count; CLASSES], 0.5), vec![0.5; CLASSES]);
        prop_assert!(inverse_frequency_weights(&[count; CLASSES]).iter().all(|weight| (weight - 1.0).abs() < 1e-6));
    }

    /// Smoothing interpolates between the plain loss and the mean over all classes, and the two
    /// conventions are one family.
    #[test]
    fn smoothing_is_linear(x in logits(), y in targets(), epsilon in 0f32..0.7) {
        let device = Device::flex().autodiff();
        let y = || classes(&y, &device);
        let smoothed = |x: Tensor<2>, epsilon, over| cross_entropy(x, y(), None, LabelSmoothing { epsilon, over });
        let at = |epsilon| number(smoothed(tensor(&x), epsilon, SmoothOver::AllClasses));
        let expected = (1.0 - 2.0 * epsilon) * at(0.0) + 2.0 * epsilon * at(0.5);
        prop_assert!((at(epsilon) - expected).abs() < 1e-4);
        let over_all = epsilon * CLASSES as f32 / (CLASSES - 1) as f32;
        assert_same(
            &x,
            |x| smoothed(x, epsilon, SmoothOver::OtherClasses),
            |x| smoothed(x, over_all, SmoothOver::AllClasses),
        )?;
    }

    /// No loss cares what is added to all logits of a row.
    #[test]
    fn shifted_logits_are_the_same_logits(x in logits(), y in targets(), shift in -50f32..50.0) {
        let device = Device::flex();
        let y = || classes(&y, &device);
        let shifted: Vec<f32> = x.iter().map(|x| x + shift).collect();
        let both = |loss: &dyn Fn(Tensor<2>) -> Tensor<1>| {
            [&x, &shifted].map(|values| number(loss(tensor(values).inner())))
        };
        let margins = ldam_margins(&[9, 5, 2, 1], 0.5);
        for [a, b] in [
            both(&|x| focal(x, y(), 2.0, None)),
            both(&|x| ldam(x, y(), &margins, 1.0, None)),
            both(&|x| logit_adjusted(x, y(), &[9, 5, 2, 1], 1.0)),
        ] {
            prop_assert!((a - b).abs() <= 1e-4 * a.max(1.0), "{a} is not {b}");
        }
    }

    /// Focal never asks for more than cross entropy, and for less the larger γ is; a margin asks
    /// for more.
    #[test]
    fn losses_are_ordered(x in logits(), y in targets(), gamma in 0f32..5.0) {
        let device = Device::flex();
        let y = || classes(&y, &device);
        let x = || tensor(&x).inner();
        let plain = number(cross_entropy(x(), y(), None, WITHOUT));
        let (some, more) = (number(focal(x(), y(), gamma, None)), number(focal(x(), y(), gamma + 0.5, None)));
        prop_assert!(0.0 <= more && more <= some && some <= plain + 1e-6, "{more} {some} {plain}");
        let with_margin = number(ldam(x(), y(), &[0.5; CLASSES], 1.0, None));
        prop_assert!(with_margin >= plain);
    }

    #[test]
    fn divergence_is_symmetric_at_least_0_and_0_for_equals(x in logits(), other in logits()) {
        let between = |a: &[f32], b: &[f32]| number(symmetric_kl(tensor(a), tensor(b)));
        prop_assert!(between(&x, &other) >= 0.0);
        prop_assert_eq!(between(&x, &other), between(&other, &x));
        prop_assert_eq!(between(&x, &x), 0.0);
    }

    /// Each pass has the value and the gradient that it has in the other's place.
    #[test]
    fn r_drop_pulls_both_passes_alike(x in logits(), other in logits(), y in targets(), alpha in 0f32..5.0) {
        let device = Device::flex().autodiff();
        let y = || classes(&y, &device);
        let fixed = || tensor(&other);
        let (as_first, first_gradient) = value_and_gradient(tensor(&x), |x| r_drop(x, fixed(), y(), alpha, WITHOUT));
        let (as_second, second_gradient) = value_and_gradient(tensor(&x), |x| r_drop(fixed(), x, y(), alpha, WITHOUT));
        prop_assert!((as_first - as_second).abs() <= 1e-5 * as_first.max(1.0), "{as_first} is not {as_second}");
        let largest = first_gradient.iter().fold(1.0f32, |largest, x| largest.max(x.abs()));
        for (a, b) in first_gradient.iter().zip(&second_gradient) {
            prop_assert!((a - b).abs() <= 1e-5 * largest, "{first_gradient:?} is not {second_gradient:?}");
        }
    }

    #[test]
    fn rarer_classes_weigh_no_less_and_weights_sum_to_the_classes(
        counts in vec(0usize..100_000, 2..40),
        beta in 0f64..0.99999,
    ) {
        for weights in [effective_number_weights(&counts, beta), inverse_frequency_weights(&counts)] {
            let present = counts.iter().filter(|&&count| count > 0).count();
            prop_assert!((weights.iter().sum::<f32>() - present as f32).abs() < 1e-3);
            for (i, j) in (0..counts.len()).flat_map(|i| (0..i).map(move |j| (i, j))) {
                match (counts[i], counts[j]) {
                    (0, _) => prop_assert_eq!(weights[i], 0.0),
                    (_, 0) => prop_assert_eq!(weights[j], 0.0),
                    (a, b) => prop_assert!((a <= b) == (weights[i] >= weights[j]) || weights[i] == weights[j]),
                }
            }
        }
    }

    #[test]
    fn the_effective_number_leads_from_equal_weights_to_inverse_frequencies(counts in counts()) {
        prop_assert_eq!(effective_number_weights(&counts, 0.0), vec![1.0; CLASSES]);
        let nearly = effective_number_weights(&counts, 1.0 - 1e-12);
        for (weight, inverse) in nearly.iter().zip(inverse_frequency_weights(&counts)) {
            prop_assert!((weight - inverse).abs() <= 1e-5 * inverse);
        }
    }

    #[test]
    fn margins_fall_with_the_fourth_root(counts in counts(), max_margin in 0f32..1.0) {
        let margins = ldam_margins(&counts, max_margin);
        let rarest = *counts.iter().min().unwrap() as f32;
        for (margin, &count) in margins.iter().zip(&counts) {
            let expected = max_margin * (rarest / count as f32).powf(0.25);
            prop_assert!((margin - expected).abs() < 1e-6);
        }
    }
}

#[test]
fn classes_that_have_no_rows_leave_the_others_as_they_are() {
    assert_eq!(effective_number_weights(&[0, 0], 0.9), [0.0, 0.0]);
    assert_eq!(inverse_frequency_weights(&[1, 0, 3]), [1.5, 0.0, 0.5]);
    assert_eq!(ldam_margins(&[0, 0], 0.5), [0.0, 0.0]);
}
