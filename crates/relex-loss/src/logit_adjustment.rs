use burn::tensor::{Int, Tensor};

use crate::{
    LabelSmoothing, cross_entropy,
    tensors::{at_least_single, class_row},
};

/// Logit-adjusted cross entropy (Menon et al. 2021, equation 10): cross entropy of
/// `z_c + τ ln π_c`, with `π_c` the share of class `c` in the training rows. What is known from the
/// shares alone is added while training, so that the logits `z` learn what is not; used without the
/// addition they aim at the mean of the classes' recalls (τ = 1). With τ = 0 it is cross entropy.
///
/// `logits` is `[batch, classes]` (half precision is computed in `f32`), `targets` is `[batch]` of
/// class indices, `class_counts` the training rows of each class. A class without any has
/// probability 0 in the adjusted softmax: its logit is never trained.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
///
/// let device = Device::flex();
/// let logits = Tensor::<2>::zeros([1, 2], &device);
/// let targets = Tensor::<1, Int>::from_ints([1], &device);
/// let loss: f32 = relex_loss::logit_adjusted(logits, targets, &[3, 1], 1.0).into_scalar();
/// assert!((loss - 4f32.ln()).abs() < 1e-6); // even logits leave the share, 1/4
/// ```
pub fn logit_adjusted(logits: Tensor<2>, targets: Tensor<1, Int>, class_counts: &[usize], tau: f32) -> Tensor<1> {
    let logits = at_least_single(logits);
    let adjustment = class_row(&adjustment(class_counts, tau), &logits);
    cross_entropy(logits + adjustment, targets, None, LabelSmoothing::default())
}

/// `τ ln π_c`; nothing at all for τ = 0, where a class without rows would give `0 · −∞`.
fn adjustment(class_counts: &[usize], tau: f32) -> Vec<f32> {
    let rows: usize = class_counts.iter().sum();
    let log_share = |&count: &usize| (count as f64 / rows as f64).ln();
    match tau {
        0.0 => vec![0.0; class_counts.len()],
        tau => class_counts
            .iter()
            .map(|count| (f64::from(tau) * log_share(count)) as f32)
            .collect(),
    }
}
