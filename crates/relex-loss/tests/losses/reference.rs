//! `losses.json` and `torch.json` hold PyTorch's values and gradients; every case is compared, and
//! one that is not known here fails.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use relex_loss::{
    LabelSmoothing, SmoothOver, cross_entropy, effective_number_weights, focal, focal_batch_mean, ldam, ldam_margins,
    logit_adjusted, r_drop,
};

use super::{classes, matrix, value_and_gradient};

type Rows = Vec<Vec<f32>>;

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    input: String,
    value: f32,
    gradient: Rows,
}

const WITHOUT: LabelSmoothing = LabelSmoothing {
    epsilon: 0.0,
    over: SmoothOver::AllClasses,
};

fn smoothing(epsilon: f32, over: SmoothOver) -> LabelSmoothing {
    LabelSmoothing { epsilon, over }
}

/// How far a value may be from PyTorch's, relative to its size where that is above 1, and how far an element of a gradient:
/// by so much, and by so much of its size.
#[derive(Clone, Copy)]
struct Tolerance {
    value: f32,
    gradient: f32,
    relative_gradient: f32,
}

const SINGLE: Tolerance = Tolerance {
    value: 1e-5,
    gradient: 1e-5,
    relative_gradient: 0.0,
};

#[track_caller]
fn check(case: &Case, (value, gradient): (f32, Vec<f32>), tolerance: Tolerance) {
    let name = format!("{} of {}", case.name, case.input);
    let difference = (value - case.value).abs() / case.value.abs().max(1.0);
    assert!(difference <= tolerance.value, "{name}: {value} is not {}", case.value);
    check_gradient(&name, &gradient, &case.gradient, tolerance);
}

#[track_caller]
fn check_gradient(name: &str, gradient: &[f32], expected: &Rows, tolerance: Tolerance) {
    let expected = expected.concat();
    assert_eq!(gradient.len(), expected.len(), "{name}");
    for (i, (a, e)) in gradient.iter().zip(expected).enumerate() {
        assert!(
            (a - e).abs() <= tolerance.gradient + tolerance.relative_gradient * e.abs(),
            "{name}: gradient[{i}] = {a} is not {e}"
        );
    }
}

#[track_caller]
fn assert_close(actual: &[f32], expected: &[f32]) {
    assert_eq!(actual.len(), expected.len());
    for (a, e) in actual.iter().zip(expected) {
        approx::assert_abs_diff_eq!(a, e, epsilon = 1e-6);
    }
}

#[test]
fn every_case_of_the_common_reference() {
    #[derive(serde::Deserialize)]
    struct Reference {
        logits: Rows,
        cosine: Rows,
        other_logits: Rows,
        target: Vec<i32>,
        class_counts: Vec<f32>,
        class_weight: Vec<f32>,
        ldam_margins: Vec<f32>,
        effective_number_weights: Vec<f32>,
        cases: Vec<Case>,
    }
    let reference: Reference = serde_json::from_str(include_str!("../fixtures/losses.json")).unwrap();
    let counts: Vec<usize> = reference.class_counts.iter().map(|&count| count as usize).collect();
    let margins = ldam_margins(&counts, 0.5);
    assert_close(&margins, &reference.ldam_margins);
    let balanced = effective_number_weights(&counts, 0.9999);
    assert_close(&balanced, &reference.effective_number_weights);

    let weights = Some(reference.class_weight.as_slice());
    let device = Device::flex().autodiff();
    for case in &reference.cases {
        let input = match case.input.as_str() {
            "logits" => &reference.logits,
            "cosine" => &reference.cosine,
            other => panic!("unknown input {other}"),
        };
        let targets = || classes(&reference.target, &device);
        let loss = |x: Tensor<2>| match case.name.as_str() {
            "cross_entropy" => cross_entropy(x, targets(), None, WITHOUT),
            "cross_entropy_weighted" => cross_entropy(x, targets(), weights, WITHOUT),
            "label_smoothing_0.1" => cross_entropy(x, targets(), None, smoothing(0.1, SmoothOver::AllClasses)),
            "label_smoothing_0.1_off_target" => {
                cross_entropy(x, targets(), None, smoothing(0.1, SmoothOver::OtherClasses))
            }
            "focal_gamma_2" => focal(x, targets(), 2.0, None),
            "focal_gamma_0.5_alpha" => focal(x, targets(), 0.5, weights),
            "class_balanced_weights_ce" => cross_entropy(x, targets(), Some(&balanced), WITHOUT),
            "ldam_s30" => ldam(x, targets(), &margins, 30.0, None),
            "ldam_s30_drw" => ldam(x, targets(), &margins, 30.0, Some(&balanced)),
            "r_drop_alpha_1" => r_drop(x, matrix(&reference.other_logits, &device), targets(), 1.0, WITHOUT),
            unknown => panic!("unknown case {unknown}"),
        };
        check(case, value_and_gradient(matrix(input, &device), loss), SINGLE);
    }
    assert_eq!(reference.cases.len(), 10);
}

#[derive(serde::Deserialize)]
struct More {
    logits: Rows,
    extreme: Rows,
    half: Rows,
    other_logits: Rows,
    target: Vec<i32>,
    class_weight: Vec<f32>,
    class_counts: Vec<usize>,
    /// Of `r_drop_alpha_5_smoothed` with `logits`, in `other_logits`.
    r_drop_other_gradient: Rows,
    cases: Vec<Case>,
}

impl More {
    fn read() -> Self {
        serde_json::from_str(include_str!("../fixtures/torch.json")).unwrap()
    }

    fn loss(&self, name: &str, x: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let weights = Some(self.class_weight.as_slice());
        match name {
            "cross_entropy" => cross_entropy(x, targets, None, WITHOUT),
            "weighted_smoothed_all" => cross_entropy(x, targets, weights, smoothing(0.2, SmoothOver::AllClasses)),
            "weighted_smoothed_others" => cross_entropy(x, targets, weights, smoothing(0.2, SmoothOver::OtherClasses)),
            "focal_gamma_0.5" => focal(x, targets, 0.5, None),
            "focal_gamma_2_alpha" => focal(x, targets, 2.0, weights),
            "logit_adjusted_tau_0.7" => logit_adjusted(x, targets, &self.class_counts, 0.7),
            "ldam_unnormalised" => ldam(x, targets, &ldam_margins(&self.class_counts, 0.5), 30.0, weights),
            "r_drop_alpha_5_smoothed" => {
                let other = matrix(&self.other_logits, &x.device());
                r_drop(x, other, targets, 5.0, smoothing(0.1, SmoothOver::AllClasses))
            }
            "focal_batch_mean_gamma_2" => focal_batch_mean(x, targets, 2.0, weights),
            unknown => panic!("unknown case {unknown}"),
        }
    }

    /// Compares the cases of an input, given to the losses in a type of its own.
    fn check(&self, input: &str, rows: &Rows, dtype: DType, tolerance: Tolerance) {
        let device = Device::flex().autodiff();
        let cases: Vec<&Case> = self.cases.iter().filter(|case| case.input == input).collect();
        assert_eq!(cases.len(), 9);
        for case in cases {
            let data = TensorData::new(rows.concat(), [rows.len(), rows[0].len()]);
            let logits = Tensor::<2>::from_data(data, (&device, dtype));
            assert_eq!(logits.dtype(), dtype);
            let targets = classes(&self.target, &device);
            let actual = value_and_gradient(logits, |x| self.loss(&case.name, x, targets));
            check(case, actual, tolerance);
        }
    }
}

#[test]
fn every_further_case() {
    let more = More::read();
    more.check("logits", &more.logits, DType::F32, SINGLE);
    assert_eq!(more.cases.len(), 3 * 9);
}

/// At 10⁴ neighbouring `f32` are 0.001 apart, so a margin or a share that is added there is known
/// to 0.0005, times 30 for LDAM: what it changes in a gradient is known to a few per cent.
#[test]
fn every_case_at_ten_thousand() {
    let more = More::read();
    let tolerance = Tolerance {
        gradient: 2e-2,
        ..SINGLE
    };
    more.check("extreme", &more.extreme, DType::F32, tolerance);
}

/// The value is that of `f32`; the gradient too, but rounded to the 11 significant bits of `f16`.
#[test]
fn every_case_in_half_precision() {
    let more = More::read();
    let tolerance = Tolerance {
        relative_gradient: 1.0 / 2048.0,
        ..SINGLE
    };
    more.check("half", &more.half, DType::F16, tolerance);
}

/// R-Drop learns from both of its passes: the other one's gradient is PyTorch's too.
#[test]
fn the_second_pass_of_r_drop_has_a_gradient() {
    let more = More::read();
    let device = Device::flex().autodiff();
    let smoothing = smoothing(0.1, SmoothOver::AllClasses);
    let (_, gradient) = value_and_gradient(matrix(&more.other_logits, &device), |second| {
        let first = matrix(&more.logits, &device);
        r_drop(first, second, classes(&more.target, &device), 5.0, smoothing)
    });
    check_gradient("r_drop, second pass", &gradient, &more.r_drop_other_gradient, SINGLE);
}
