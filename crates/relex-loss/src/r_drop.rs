use burn::tensor::{Int, Tensor, activation::log_softmax};

use crate::{LabelSmoothing, cross_entropy, tensors::at_least_single};

/// R-Drop (Liang et al. 2021): the mean cross entropy of two passes of the same rows through the
/// model, which differ in their dropout, plus α times [`symmetric_kl`], how far they are apart.
///
/// This is how the authors' code weighs the two; the paper's equation 4 adds the cross entropies
/// instead of averaging them, so that its α is twice this one.
///
/// `first` and `second` are `[batch, classes]`, `targets` is `[batch]` of class indices; the
/// gradient goes into both.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use relex_loss::{LabelSmoothing, r_drop};
///
/// let device = Device::flex();
/// let logits = Tensor::<2>::zeros([1, 2], &device);
/// let targets = Tensor::<1, Int>::from_ints([1], &device);
/// let loss: f32 = r_drop(logits.clone(), logits, targets, 5.0, LabelSmoothing::default()).into_scalar();
/// assert!((loss - 2f32.ln()).abs() < 1e-6); // equal passes: cross entropy
/// ```
pub fn r_drop(
    first: Tensor<2>,
    second: Tensor<2>,
    targets: Tensor<1, Int>,
    alpha: f32,
    smoothing: LabelSmoothing,
) -> Tensor<1> {
    // Once for both terms, so that their gradients meet in `f32`.
    let (first, second) = (at_least_single(first), at_least_single(second));
    let apart = symmetric_kl(first.clone(), second.clone());
    let losses =
        cross_entropy(first, targets.clone(), None, smoothing) + cross_entropy(second, targets, None, smoothing);
    losses.mul_scalar(0.5) + apart.mul_scalar(alpha)
}

/// `(KL(p‖q) + KL(q‖p)) / 2`, with `p` and `q` the softmax of each side's rows; mean over the rows.
///
/// The two divergences together are `Σ (p - q)(ln p - ln q)`, whose every term is at least 0 in
/// floating point too. Both sides are `[batch, classes]`; half precision is computed in `f32`.
pub fn symmetric_kl(first: Tensor<2>, second: Tensor<2>) -> Tensor<1> {
    let first = log_softmax(at_least_single(first), 1);
    let second = log_softmax(at_least_single(second), 1);
    let terms = (first.clone().exp() - second.clone().exp()) * (first - second);
    terms.sum_dim(1).mean().mul_scalar(0.5)
}
