//! The losses as a configuration names them.

use burn::tensor::{Device, Tensor};
use relex_loss::{
    ClassWeights, LabelSmoothing, LossConfig, SmoothOver, cross_entropy, effective_number_weights, focal, ldam,
    ldam_margins, r_drop,
};

use super::{classes, matrix, value_and_gradient};

const COUNTS: [usize; 3] = [400, 30, 2];

fn read(json: &str) -> LossConfig {
    serde_json::from_str(json).unwrap()
}

fn logits() -> Tensor<2> {
    Tensor::from_floats([[0.3, -0.2, 0.9], [0.8, 0.1, -0.5]], &Device::flex())
}

fn value(config: &LossConfig, cosine_scale: Option<f32>, progress: f64) -> f32 {
    let loss = config.build(&COUNTS, cosine_scale).unwrap();
    loss.value(logits, classes(&[2, 1], &Device::flex()), progress)
        .into_scalar()
}

#[test]
fn a_kind_alone_has_the_papers_numbers() {
    let weights = ClassWeights::EffectiveNumber { beta: 0.9999 };
    let ldam = LossConfig::Ldam {
        max_margin: 0.5,
        reweight_from: 0.8,
        weights: weights.clone(),
    };
    assert_eq!(read(r#"{"kind": "ldam"}"#), ldam);
    let unnormalised = LossConfig::LdamUnnormalised {
        max_margin: 0.5,
        scale: 30.0,
        weights,
    };
    assert_eq!(read(r#"{"kind": "ldam-unnormalised"}"#), unnormalised);
    let focal = LossConfig::Focal {
        gamma: 2.0,
        alpha: 1.0,
        weights: ClassWeights::None,
    };
    assert_eq!(read(r#"{"kind": "focal"}"#), focal);
    assert_eq!(
        read(r#"{"kind": "logit-adjustment"}"#),
        LossConfig::LogitAdjustment { tau: 1.0 }
    );
    assert_eq!(read(r#"{"kind": "cross-entropy"}"#), LossConfig::default());
    for kind in [
        "cross-entropy",
        "focal",
        "ldam",
        "logit-adjustment",
        "r-drop",
        "focal-batch-mean",
    ] {
        let config = read(&format!(r#"{{"kind": "{kind}"}}"#));
        assert_eq!(read(&serde_json::to_string(&config).unwrap()), config);
    }
}

/// The head gives `s · cosine`; `ldam` on the cosines with scale `s` is the same.
#[test]
fn ldam_weighs_classes_only_after_its_share_of_the_steps() {
    let config = read(r#"{"kind": "ldam", "reweight_from": 0.5}"#);
    let weights = effective_number_weights(&COUNTS, 0.9999);
    let cosines = || logits().div_scalar(10.0);
    let expected = |weights: Option<&[f32]>| -> f32 {
        let margins = ldam_margins(&COUNTS, 0.5);
        ldam(cosines(), classes(&[2, 1], &Device::flex()), &margins, 10.0, weights).into_scalar()
    };
    for (progress, expected) in [
        (0.0, expected(None)),
        (0.49, expected(None)),
        (0.5, expected(Some(&weights))),
        (0.99, expected(Some(&weights))),
    ] {
        approx::assert_abs_diff_eq!(value(&config, Some(10.0), progress), expected, epsilon = 1e-5);
    }
    let never = read(r#"{"kind": "ldam", "reweight_from": 1}"#);
    approx::assert_abs_diff_eq!(value(&never, Some(10.0), 0.999), expected(None), epsilon = 1e-5);
}

#[test]
fn the_unnormalised_ldam_weighs_from_the_start_and_scales_raw_logits() {
    let weights = effective_number_weights(&COUNTS, 0.9999);
    let targets = classes(&[2, 1], &Device::flex());
    let expected = ldam(logits(), targets, &ldam_margins(&COUNTS, 0.5), 30.0, Some(&weights));
    let actual = value(&read(r#"{"kind": "ldam-unnormalised"}"#), None, 0.0);
    assert_eq!(actual, expected.into_scalar::<f32>());
}

#[test]
fn r_drop_asks_for_the_logits_twice() {
    let device = Device::flex();
    let loss = read(r#"{"kind": "r-drop", "alpha": 2}"#).build(&COUNTS, None).unwrap();
    let mut passes = vec![logits().neg(), logits()];
    let actual: f32 = loss
        .value(|| passes.pop().unwrap(), classes(&[2, 1], &device), 0.0)
        .into_scalar();
    assert!(passes.is_empty());
    let targets = classes(&[2, 1], &device);
    let expected = r_drop(logits(), logits().neg(), targets, 2.0, LabelSmoothing::default());
    assert_eq!(actual, expected.into_scalar::<f32>());
}

#[test]
fn every_key_reaches_its_loss() {
    let targets = || classes(&[2, 1], &Device::flex());
    let config = read(
        r#"{"kind": "cross-entropy", "label_smoothing": 0.2, "smooth_over": "other-classes", "weights": [1, 2, 4]}"#,
    );
    let smoothing = LabelSmoothing {
        epsilon: 0.2,
        over: SmoothOver::OtherClasses,
    };
    let expected = cross_entropy(logits(), targets(), Some(&[1.0, 2.0, 4.0]), smoothing);
    assert_eq!(value(&config, None, 0.0), expected.into_scalar::<f32>());

    let config = read(r#"{"kind": "focal", "gamma": 1.5, "alpha": 0.25}"#);
    let expected = focal(logits(), targets(), 1.5, Some(&[0.25; 3]));
    assert_eq!(value(&config, None, 0.0), expected.into_scalar::<f32>());
    let config = read(r#"{"kind": "focal", "alpha": 0.25, "weights": [4, 8, 16]}"#);
    let expected = focal(logits(), targets(), 2.0, Some(&[1.0, 2.0, 4.0]));
    assert_eq!(value(&config, None, 0.0), expected.into_scalar::<f32>());
}

#[track_caller]
fn check_refused(json: &str, counts: &[usize], expected: &str) {
    let message = read(json).build(counts, None).unwrap_err().to_string();
    assert!(message.contains(expected), "{expected:?} is not in {message:?}");
}

#[test]
fn what_cannot_be_computed_is_refused() {
    for (json, expected) in [
        (
            r#"{"kind": "cross-entropy", "label_smoothing": 1.0}"#,
            "label_smoothing = 1 is outside [0, 1)",
        ),
        (
            r#"{"kind": "focal", "gamma": -0.5}"#,
            "gamma = -0.5 is outside [0, infinity)",
        ),
        (r#"{"kind": "focal", "alpha": 0}"#, "alpha = 0 is outside (0, infinity)"),
        (r#"{"kind": "focal-batch-mean", "gamma": 1e60}"#, "gamma = inf"),
        (
            r#"{"kind": "ldam", "max_margin": 2}"#,
            "max_margin = 2 is outside [0, 1]",
        ),
        (
            r#"{"kind": "ldam", "reweight_from": 80}"#,
            "reweight_from = 80 is outside [0, 1]",
        ),
        (r#"{"kind": "ldam"}"#, "use a cosine classifier"),
        (r#"{"kind": "ldam-unnormalised", "scale": 0}"#, "scale = 0"),
        (r#"{"kind": "logit-adjustment", "tau": -1}"#, "tau = -1"),
        (r#"{"kind": "r-drop", "alpha": -1}"#, "alpha = -1"),
        (
            r#"{"kind": "cross-entropy", "weights": {"effective-number": 1.0}}"#,
            "effective-number = 1 is outside",
        ),
        (
            r#"{"kind": "cross-entropy", "weights": [1, 0, 1]}"#,
            "weights[1] = 0 is not a positive number",
        ),
        (
            r#"{"kind": "cross-entropy", "weights": [1, 2]}"#,
            "weights has 2 numbers for 3 classes",
        ),
    ] {
        check_refused(json, &COUNTS, expected);
    }
    check_refused(
        r#"{"kind": "cross-entropy"}"#,
        &[5],
        "1 classes; a loss needs at least 2",
    );
    check_refused(
        r#"{"kind": "logit-adjustment"}"#,
        &[5, 0, 3],
        "class 1 has no training rows",
    );
}

#[test]
fn a_class_without_rows_is_no_obstacle_elsewhere() {
    for json in [
        r#"{"kind": "cross-entropy", "weights": "inverse-frequency", "label_smoothing": 0.1}"#,
        r#"{"kind": "focal", "weights": "effective-number"}"#,
        r#"{"kind": "ldam", "reweight_from": 0}"#,
        r#"{"kind": "logit-adjustment", "tau": 0}"#,
    ] {
        let loss = read(json).build(&[5, 0, 3], Some(1.0)).unwrap();
        let value: f32 = loss.value(logits, classes(&[2, 0], &Device::flex()), 0.5).into_scalar();
        assert!(value.is_finite(), "{json}: {value}");
    }
}

/// Rows in uneven portions against rows at once: values and gradients, for every kind that is a mean over rows.
#[test]
fn portions_by_their_weight_are_the_whole_batch() {
    let rows = [
        vec![0.3, -0.2, 0.9],
        vec![0.8, 0.1, -0.5],
        vec![-1.0, 0.4, 0.2],
        vec![0.0, 2.0, 0.1],
        vec![0.7, 0.7, -0.9],
    ];
    let labels = [2usize, 1, 0, 0, 2];
    let targets: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
    let device = Device::flex().autodiff();
    for (json, cosine_scale) in [
        (r#"{"kind": "cross-entropy", "label_smoothing": 0.1}"#, None),
        (
            r#"{"kind": "cross-entropy", "label_smoothing": 0.1, "weights": [1, 2.5, 7]}"#,
            None,
        ),
        (r#"{"kind": "focal", "weights": "inverse-frequency"}"#, None),
        (r#"{"kind": "ldam", "reweight_from": 0.5}"#, Some(30.0)),
        (r#"{"kind": "logit-adjustment"}"#, None),
        (r#"{"kind": "ldam-unnormalised"}"#, None),
    ] {
        let config = read(json);
        assert!(config.is_mean_over_rows());
        let loss = config.build(&COUNTS, cosine_scale).unwrap();
        for progress in [0.0, 1.0] {
            let of = |part: std::ops::Range<usize>| {
                let logits = matrix(&rows[part.clone()], &device);
                let targets = classes(&targets[part.clone()], &device);
                let (value, gradient) = value_and_gradient(logits, |x| loss.value(|| x.clone(), targets, progress));
                (loss.weight(&labels[part], progress), value, gradient)
            };
            let (whole, value, gradient) = of(0..5);
            let portions = [of(0..2), of(2..3), of(3..5)];
            let share = |weight: f64| (weight / whole) as f32;
            approx::assert_relative_eq!(portions.iter().map(|p| p.0).sum::<f64>(), whole, max_relative = 1e-12);
            let sum: f32 = portions.iter().map(|p| share(p.0) * p.1).sum();
            approx::assert_relative_eq!(sum, value, max_relative = 2e-6);
            let parts = portions.iter().flat_map(|p| p.2.iter().map(|g| share(p.0) * g));
            for (actual, expected) in parts.zip(&gradient) {
                approx::assert_abs_diff_eq!(actual, *expected, epsilon = 2e-6);
            }
        }
    }
    assert!(!read(r#"{"kind": "focal-batch-mean"}"#).is_mean_over_rows());
}
