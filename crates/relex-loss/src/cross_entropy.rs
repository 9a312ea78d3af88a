use burn::tensor::{Int, Tensor, activation::log_softmax};

use crate::{
    LabelSmoothing,
    tensors::{at_least_single, class_row, of_targets},
};

/// Cross entropy with label smoothing, mean over the batch, with PyTorch's reductions.
///
/// With `p` the softmax of a row's logits, `y` its target, `w` the weights and `q` the smoothed
/// target distribution, the loss is `Σᵢ Σ_c w_c q_c (-ln p_c) / Σᵢ w_y`: a weighted mean divides by
/// the sum of the rows' weights, not by their number. Without weights every `w` is 1.
///
/// `logits` is `[batch, classes]` (half precision is computed in `f32`), `targets` is `[batch]` of
/// class indices, `weights` one number a class; the result has one element. It is not a number
/// when every row of the batch has weight 0.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use relex_loss::{LabelSmoothing, SmoothOver, cross_entropy};
///
/// let device = Device::flex();
/// let logits = Tensor::<2>::zeros([3, 4], &device);
/// let targets = Tensor::<1, Int>::from_ints([0, 1, 3], &device);
/// let smoothing = LabelSmoothing { epsilon: 0.1, over: SmoothOver::AllClasses };
/// let loss: f32 = cross_entropy(logits, targets, None, smoothing).into_scalar();
/// assert!((loss - 4f32.ln()).abs() < 1e-6); // even logits: ln 4, smoothed or not
/// ```
pub fn cross_entropy(
    logits: Tensor<2>,
    targets: Tensor<1, Int>,
    weights: Option<&[f32]>,
    smoothing: LabelSmoothing,
) -> Tensor<1> {
    let [batch, classes] = logits.dims();
    let epsilon = smoothing.over_all(classes);
    let log_probability = log_softmax(at_least_single(logits), 1);
    let of_target = log_probability.clone().gather(1, targets.clone().reshape([batch, 1]));
    let Some(weights) = weights else {
        return smoothed(of_target.mean(), || log_probability.mean(), epsilon);
    };
    let row_weights = of_targets(weights, targets, &log_probability);
    let total = row_weights.clone().sum();
    let of_target = (of_target.reshape([batch]) * row_weights).sum() / total.clone();
    let of_all = || {
        let weights = class_row(weights, &log_probability);
        (log_probability * weights).sum() / total.mul_scalar(classes as f32)
    };
    smoothed(of_target, of_all, epsilon)
}

/// The loss from the mean log-probability of the targets and that of all classes.
fn smoothed(of_target: Tensor<1>, of_all: impl FnOnce() -> Tensor<1>, epsilon: f32) -> Tensor<1> {
    if epsilon == 0.0 {
        return of_target.neg();
    }
    (of_target.mul_scalar(1.0 - epsilon) + of_all().mul_scalar(epsilon)).neg()
}
