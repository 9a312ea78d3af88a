use burn::tensor::{Int, Tensor, activation::log_softmax};

use crate::tensors::{at_least_single, is_target, of_targets};

/// Stands for the logarithm of nothing: its exponential is 0, and unlike −∞ it has gradients.
const NEARLY_NO_LOGIT: f32 = -1e30;

/// Focal loss (Lin et al. 2017, equation 5, with softmax for the sigmoid): the mean over the rows
/// of `α_y (1 - p_y)^γ (-ln p_y)`. What the model is already sure of counts less, the more so the
/// larger γ ≥ 0 is; with γ = 0 and without α it is cross entropy.
///
/// `logits` is `[batch, classes]` (half precision is computed in `f32`), `targets` is `[batch]` of
/// class indices, `alpha` one number a class; the result has one element. The mean divides by the
/// number of rows, as the paper's code and not as PyTorch's weighted cross entropy.
///
/// `ln(1 - p_y)` is computed as the log-sum-exp over the other classes, so that value and gradient
/// stay finite where `1 - p_y` is 0 in floating point, for γ below 1 too.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
///
/// let device = Device::flex();
/// let logits = Tensor::<2>::zeros([1, 2], &device);
/// let targets = Tensor::<1, Int>::from_ints([0], &device);
/// let loss: f32 = relex_loss::focal(logits, targets, 2.0, None).into_scalar();
/// assert!((loss - 0.5f32.powi(2) * 2f32.ln()).abs() < 1e-6); // p = 1/2
/// ```
pub fn focal(logits: Tensor<2>, targets: Tensor<1, Int>, gamma: f32, alpha: Option<&[f32]>) -> Tensor<1> {
    let [batch, classes] = logits.dims();
    let log_probability = log_softmax(at_least_single(logits), 1);
    let of_target = log_probability.clone().gather(1, targets.clone().reshape([batch, 1]));
    let others = log_probability
        .clone()
        .mask_fill(is_target(targets.clone(), classes), NEARLY_NO_LOGIT);
    let modulation = log_sum_exp(others).mul_scalar(gamma).exp();
    let rows = modulation * of_target;
    let rows = match alpha {
        None => rows,
        Some(alpha) => rows * of_targets(alpha, targets, &log_probability).reshape([batch, 1]),
    };
    rows.mean().neg()
}

/// `[batch, classes]` → `[batch, 1]`.
fn log_sum_exp(rows: Tensor<2>) -> Tensor<2> {
    let largest = rows.clone().detach().max_dim(1);
    (rows - largest.clone()).exp().sum_dim(1).log() + largest
}
