//! Every loss against PyTorch, its limits as laws, and what it does at the edge of what numbers can
//! hold.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

mod configured;
mod extremes;
mod laws;
mod reference;

use burn::tensor::{Device, Int, Tensor, TensorData};

/// Rows of equal length as a tensor.
fn matrix(rows: &[Vec<f32>], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(rows.concat(), [rows.len(), rows[0].len()]), device)
}

fn classes(targets: &[i32], device: &Device) -> Tensor<1, Int> {
    Tensor::from_ints(targets, device)
}

/// A loss's value, and its gradient in the logits.
fn value_and_gradient(logits: Tensor<2>, loss: impl FnOnce(Tensor<2>) -> Tensor<1>) -> (f32, Vec<f32>) {
    let logits = logits.require_grad();
    let loss = loss(logits.clone());
    let gradient = logits.grad(&loss.backward()).unwrap();
    (
        loss.into_scalar(),
        gradient.into_data().convert::<f32>().try_to_vec().unwrap(),
    )
}
