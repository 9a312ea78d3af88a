use burn::tensor::{Int, Tensor};

use crate::{LabelSmoothing, cross_entropy};

/// Below this `1 - p` counts as this, so that its power has a gradient where it would be 0.
const SMALLEST_REST: f32 = 1e-12;

/// **A published mistake, reproduced**: "focal loss" as many competition solutions wrote it, with
/// one `p` for the whole batch. Use [`focal`](crate::focal) instead.
///
/// With `L` the batch's (weighted) mean cross entropy it is `(1 - e^{-L})^γ · L`. The factor is the same for
/// every row, so no hard row counts more than an easy one: the gradient points where that of cross
/// entropy points, and is shorter when the batch is easy as a whole.
///
/// Shapes as for [`cross_entropy`].
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
///
/// let device = Device::flex();
/// let logits = Tensor::<2>::zeros([3, 2], &device);
/// let targets = Tensor::<1, Int>::from_ints([0, 1, 0], &device);
/// let loss: f32 = relex_loss::focal_batch_mean(logits, targets, 2.0, None).into_scalar();
/// assert!((loss - 0.5f32.powi(2) * 2f32.ln()).abs() < 1e-6); // p = 1/2 in every row
/// ```
pub fn focal_batch_mean(logits: Tensor<2>, targets: Tensor<1, Int>, gamma: f32, weights: Option<&[f32]>) -> Tensor<1> {
    let mean = cross_entropy(logits, targets, weights, LabelSmoothing::default());
    let rest = mean.clone().neg().exp().neg().add_scalar(1.0);
    rest.clamp_min(SMALLEST_REST).powf_scalar(gamma) * mean
}
