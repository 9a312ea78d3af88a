use burn::tensor::{Int, Tensor, activation::log_softmax};

/// Cross entropy with label smoothing, mean over the batch.
///
/// Smoothing follows PyTorch's `cross_entropy(label_smoothing=ε)`, as in Szegedy et al. 2016: the
/// target distribution is `1 - ε` on the target plus `ε / K` on every one of the `K` classes.
/// `logits` is `[batch, classes]`, `targets` is `[batch]` of class indices; the result has one
/// element.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
///
/// let device = Device::flex();
/// let logits = Tensor::<2>::zeros([3, 4], &device);
/// let targets = Tensor::<1, Int>::from_ints([0, 1, 3], &device);
/// let loss: f32 = relex_loss::cross_entropy(logits, targets, 0.1).into_scalar();
/// assert!((loss - 4f32.ln()).abs() < 1e-6); // even logits: ln 4, smoothed or not
/// ```
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>, label_smoothing: f32) -> Tensor<1> {
    let [batch, _] = logits.dims();
    let log_probability = log_softmax(logits, 1);
    let of_target = log_probability.clone().gather(1, targets.reshape([batch, 1])).mean();
    if label_smoothing == 0.0 {
        return of_target.neg();
    }
    let of_all = log_probability.mean();
    (of_target.mul_scalar(1.0 - label_smoothing) + of_all.mul_scalar(label_smoothing)).neg()
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};
    use proptest::prelude::*;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Reference {
        logits: Vec<Vec<f32>>,
        target: Vec<i32>,
        cases: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        name: String,
        value: f32,
        gradient: Vec<Vec<f32>>,
    }

    fn matrix(rows: &[Vec<f32>], device: &Device) -> Tensor<2> {
        let shape = [rows.len(), rows[0].len()];
        Tensor::from_data(TensorData::new(rows.concat(), shape), device)
    }

    /// PyTorch's value and gradient.
    fn check(name: &str, label_smoothing: f32) {
        let text = include_str!("../tests/fixtures/losses.json");
        let reference: Reference = serde_json::from_str(text).unwrap();
        let case = reference.cases.iter().find(|case| case.name == name).unwrap();
        let device = Device::flex().autodiff();
        let logits = matrix(&reference.logits, &device).require_grad();
        let targets = Tensor::<1, Int>::from_ints(reference.target.as_slice(), &device);
        let loss = cross_entropy(logits.clone(), targets, label_smoothing);
        approx::assert_abs_diff_eq!(loss.clone().into_scalar::<f32>(), case.value, epsilon = 1e-5);
        let gradient = logits.grad(&loss.backward()).unwrap();
        let actual: Vec<f32> = gradient.into_data().try_to_vec().unwrap();
        for (a, e) in actual.iter().zip(case.gradient.concat()) {
            approx::assert_abs_diff_eq!(*a, e, epsilon = 1e-5);
        }
    }

    #[test]
    fn equals_pytorch() {
        check("cross_entropy", 0.0);
    }

    #[test]
    fn smoothed_equals_pytorch() {
        check("label_smoothing_0.1", 0.1);
    }

    #[test]
    fn extreme_logits_give_finite_losses() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_floats([[1e4, -1e4], [1e4, -1e4]], &device);
        let targets = Tensor::<1, Int>::from_ints([0, 1], &device);
        // the second row's log-probability is -2e4
        let loss: f32 = cross_entropy(logits, targets, 0.0).into_scalar();
        approx::assert_relative_eq!(loss, (0.0 + 2e4) / 2.0, max_relative = 1e-6);
    }

    proptest! {
        /// Smoothing interpolates between the plain loss and the mean over all classes.
        #[test]
        fn is_linear_in_the_smoothing(values in proptest::collection::vec(-8f32..8.0, 12), smoothing in 0f32..0.99) {
            let device = Device::flex();
            let loss = |smoothing| {
                let logits = Tensor::<2>::from_data(TensorData::new(values.clone(), [3, 4]), &device);
                let targets = Tensor::<1, Int>::from_ints([0, 2, 3], &device);
                cross_entropy(logits, targets, smoothing).into_scalar::<f32>()
            };
            let expected = (1.0 - 2.0 * smoothing) * loss(0.0) + 2.0 * smoothing * loss(0.5);
            prop_assert!((loss(smoothing) - expected).abs() < 1e-4);
        }
    }
}
