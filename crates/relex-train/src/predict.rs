use std::ops::ControlFlow;

use burn::tensor::{Device, activation::softmax};
use relex_model::{Batch, Classifier, EncodedExample, Pass};

use crate::{BatchLimits, TrainError, batches::prediction_batches};

/// Probabilities of every label for every row, row-major `[rows, labels]`, in the rows' order.
///
/// Rows of like length go through together, in batches within `limits`; a number means so many rows. `observe` hears after each batch how many rows are
/// done, and may break off.
///
/// # Errors
///
/// [`TrainError::Stopped`] when the observer breaks off, [`TrainError::Prediction`] when a probability is not a number,
/// [`TrainError::Device`] when the device does not hand the numbers over.
pub fn predict(
    classifier: &Classifier,
    encoded: &[EncodedExample],
    limits: impl Into<BatchLimits>,
    pad_token_id: u32,
    device: &Device,
    mut observe: impl FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<f64>, TrainError> {
    let lengths: Vec<usize> = encoded.iter().map(|example| example.ids.len()).collect();
    let mut by_row: Vec<Vec<f64>> = vec![Vec::new(); encoded.len()];
    let mut done = 0;
    for rows in prediction_batches(&lengths, limits.into()) {
        let batch = Batch::new(encoded, &rows, pad_token_id);
        let logits = classifier.forward(batch.to_device(device), &mut Pass::Inference);
        let [_, labels] = logits.dims();
        let probabilities: Vec<f32> = softmax(logits, 1).try_into_vec_as().map_err(TrainError::of_device)?;
        for (&row, values) in rows.iter().zip(probabilities.chunks_exact(labels)) {
            if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
                return Err(TrainError::Prediction { row: row + 1, value });
            }
            by_row[row] = normalized(values);
        }
        done += rows.len();
        if observe(done).is_break() {
            return Err(TrainError::Stopped { step: 0 });
        }
    }
    Ok(by_row.concat())
}

/// In double precision, summing to 1 as closely as that allows.
fn normalized(probabilities: &[f32]) -> Vec<f64> {
    let sum: f64 = probabilities.iter().map(|&p| f64::from(p)).sum();
    probabilities.iter().map(|&p| f64::from(p) / sum).collect()
}
