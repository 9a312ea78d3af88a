//! What several losses need from tensors.

use burn::tensor::{Bool, DType, FloatDType, Int, Tensor, TensorData};

/// Half-precision numbers as `f32`: in `f16` the sums and logarithms of a loss overflow or lose
/// what makes the difference. The gradient comes back in the type of the input.
pub(crate) fn at_least_single<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    match tensor.dtype() {
        DType::F16 | DType::BF16 => tensor.cast(FloatDType::F32),
        _ => tensor,
    }
}

/// One number for each class as a row `[1, classes]`, on the device and in the type of `like`.
pub(crate) fn class_row(numbers: &[f32], like: &Tensor<2>) -> Tensor<2> {
    let data = TensorData::new(numbers.to_vec(), [1, numbers.len()]);
    Tensor::from_data(data, (&like.device(), like.dtype()))
}

/// The number of each row's target class, `[batch]`.
pub(crate) fn of_targets(numbers: &[f32], targets: Tensor<1, Int>, like: &Tensor<2>) -> Tensor<1> {
    class_row(numbers, like).reshape([numbers.len()]).select(0, targets)
}

/// `[batch, classes]`, true at each row's target.
pub(crate) fn is_target(targets: Tensor<1, Int>, classes: usize) -> Tensor<2, Bool> {
    let [batch] = targets.dims();
    let every = Tensor::<1, Int>::arange(0..classes as i64, (&targets.device(), targets.dtype()));
    let every = every.reshape([1, classes]).expand([batch, classes]);
    targets.reshape([batch, 1]).expand([batch, classes]).equal(every)
}
