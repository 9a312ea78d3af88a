//! Values and gradients at logits of ±10⁴ and in half precision.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use relex_loss::{
    LabelSmoothing, SmoothOver, cross_entropy, focal, focal_batch_mean, ldam, ldam_margins, logit_adjusted, r_drop,
};

use super::{classes, value_and_gradient};

const COUNTS: [usize; 3] = [1000, 40, 2];
const WEIGHTS: [f32; 3] = [0.1, 1.0, 3.0];

type NamedLoss = (&'static str, fn(Tensor<2>, Tensor<1, Int>) -> Tensor<1>);

/// Each loss with numbers at which it is hardest to compute.
const LOSSES: [NamedLoss; 9] = [
    ("cross entropy", |x, y| {
        cross_entropy(x, y, None, LabelSmoothing::default())
    }),
    ("weighted and smoothed", |x, y| {
        let (epsilon, over) = (0.9, SmoothOver::OtherClasses);
        cross_entropy(x, y, Some(&WEIGHTS), LabelSmoothing { epsilon, over })
    }),
    ("focal, gamma 0.1", |x, y| focal(x, y, 0.1, Some(&WEIGHTS))),
    ("focal, gamma 5", |x, y| focal(x, y, 5.0, None)),
    ("logit adjustment", |x, y| logit_adjusted(x, y, &COUNTS, 2.0)),
    ("logit adjustment, a class without rows", |x, y| {
        logit_adjusted(x, y, &[7, 2, 0], 1.0)
    }),
    ("ldam", |x, y| {
        ldam(x, y, &ldam_margins(&COUNTS, 0.5), 30.0, Some(&WEIGHTS))
    }),
    ("r-drop", |x, y| {
        r_drop(x.clone(), x.detach().neg(), y, 5.0, LabelSmoothing::default())
    }),
    ("focal of the batch's mean, gamma 0.5", |x, y| {
        focal_batch_mean(x, y, 0.5, None)
    }),
];

#[test]
fn values_and_gradients_are_finite_at_ten_thousand() {
    let device = Device::flex().autodiff();
    let big = 1e4;
    for rows in [
        [[big, -big, -big], [big, -big, -big]],
        [[-big, -big, big], [big, big, -big]],
        [[big; 3], [-big; 3]],
        [[0.0; 3]; 2],
    ] {
        for target in [[0, 0], [1, 0], [0, 1]] {
            for (name, loss) in LOSSES {
                let logits = Tensor::<2>::from_floats(rows, &device);
                let (value, gradient) = value_and_gradient(logits, |x| loss(x, classes(&target, &device)));
                assert!(value.is_finite() && value >= -1e-6, "{name} of {rows:?}: {value}");
                assert!(
                    gradient.iter().all(|x| x.is_finite()),
                    "{name} of {rows:?}: {gradient:?}"
                );
            }
        }
    }
}

/// Half-precision logits give what their values give in `f32`, to the last bit.
#[test]
fn half_precision_is_computed_in_single() {
    let device = Device::flex().autodiff();
    let rows = [[3.3f32, -0.7, 1.9], [-12.4, 0.01, 55.5]];
    for dtype in [DType::F16, DType::BF16] {
        for (name, loss) in LOSSES {
            let data = TensorData::new(rows.concat(), [2, 3]).convert_dtype(dtype);
            let of = |data: TensorData, dtype| {
                let logits = Tensor::<2>::from_data(data, (&device, dtype));
                value_and_gradient(logits, |x| loss(x, classes(&[0, 1], &device)))
            };
            let (half, half_gradient) = of(data.clone(), dtype);
            let (single, gradient) = of(data.convert_dtype(DType::F32), DType::F32);
            assert_eq!(half.to_bits(), single.to_bits(), "{name} in {dtype:?}");
            let rounded = TensorData::new(gradient, [2, 3]).convert_dtype(dtype);
            let rounded: Vec<f32> = rounded.convert_dtype(DType::F32).try_to_vec().unwrap();
            assert_eq!(half_gradient, rounded, "{name} in {dtype:?}");
        }
    }
}

#[test]
fn a_wrong_answer_at_ten_thousand_costs_its_distance() {
    let device = Device::flex();
    let logits = Tensor::<2>::from_floats([[1e4, -1e4], [1e4, -1e4]], &device);
    let loss = cross_entropy(logits, classes(&[0, 1], &device), None, LabelSmoothing::default());
    // the second row's log-probability is -2e4
    approx::assert_relative_eq!(loss.into_scalar::<f32>(), (0.0 + 2e4) / 2.0, max_relative = 1e-6);
}
