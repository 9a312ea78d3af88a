use burn::tensor::{Int, Tensor};

use crate::{
    LabelSmoothing, cross_entropy,
    tensors::{at_least_single, class_row, is_target},
};

/// Label-distribution-aware margin loss (Cao et al. 2019, section 3.2): cross entropy of
/// `scale · (x - m_y at the target)`. The target has to win by a margin `m_y`, the wider the rarer
/// its class is; see [`ldam_margins`].
///
/// `cosines` is `[batch, classes]`, each the cosine between a row's features and a class's weight
/// vector, for margins are measured on that scale; with a linear layer's logits the loss is
/// another one (see [`LossConfig::LdamUnnormalised`](crate::LossConfig::LdamUnnormalised)). `scale`, 30 in the
/// paper's code, makes probabilities near 0 and 1 reachable. The loss takes logits that are
/// `s · cosine` already with margins times `s` and scale 1.
///
/// `weights` are for the paper's second stage, deferred re-weighting; the mean is PyTorch's, as in
/// [`cross_entropy`].
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
///
/// let device = Device::flex();
/// let cosines = Tensor::<2>::from_floats([[0.5, 0.0]], &device);
/// let targets = Tensor::<1, Int>::from_ints([0], &device);
/// let margins = relex_loss::ldam_margins(&[1, 16], 0.5);
/// let loss: f32 = relex_loss::ldam(cosines, targets, &margins, 30.0, None).into_scalar();
/// assert!((loss - 2f32.ln()).abs() < 1e-6); // the target is ahead by its margin, no more
/// ```
pub fn ldam(
    cosines: Tensor<2>,
    targets: Tensor<1, Int>,
    margins: &[f32],
    scale: f32,
    weights: Option<&[f32]>,
) -> Tensor<1> {
    let cosines = at_least_single(cosines);
    let [batch, classes] = cosines.dims();
    let margins = class_row(margins, &cosines)
        .expand([batch, classes])
        .mask_fill(is_target(targets.clone(), classes).bool_not(), 0.0);
    let logits = (cosines - margins).mul_scalar(scale);
    cross_entropy(logits, targets, weights, LabelSmoothing::default())
}

/// LDAM's margin for each class, `m_j = C n_j^(-1/4)`, with `C` such that the widest is
/// `max_margin` (0.5 in the paper's code). A class without rows has margin 0: it is nobody's
/// target, and an infinite margin would leave none for the others.
///
/// ```
/// assert_eq!(relex_loss::ldam_margins(&[1, 16, 0], 0.5), [0.5, 0.25, 0.0]);
/// ```
pub fn ldam_margins(class_counts: &[usize], max_margin: f32) -> Vec<f32> {
    let raw: Vec<f64> = class_counts
        .iter()
        .map(|&count| if count == 0 { 0.0 } else { (count as f64).powf(-0.25) })
        .collect();
    let widest = raw.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    raw.iter()
        .map(|margin| (margin * f64::from(max_margin) / widest) as f32)
        .collect()
}
