//! Loss and gradients of one update's rows.

use burn::{
    module::Module,
    optim::{GradientsAccumulator, GradientsParams},
    tensor::{Device, Int, Tensor, TensorData},
};
use relex_loss::Loss;
use relex_model::{Batch, BatchTensors, Classifier, DropoutKeys, Pass};

use super::FitInput;
use crate::loss_scale::LossScale;

/// Rows that go through the classifier at once, on one of its devices.
pub(super) struct Portion {
    /// Index of the device: 0 is the classifier's own.
    device: usize,
    labels: Vec<usize>,
    pub(super) targets: Tensor<1, Int>,
    pub(super) batch: BatchTensors,
    tokens: usize,
    padded_tokens: usize,
}

/// The rows of one update: an even share for each device, as many of it to a portion as `training.micro_batch_size` allows.
pub(super) fn portions(input: &FitInput<'_>, rows: &[usize]) -> Vec<Portion> {
    let size = input.config.values().training.micro_batch_size.unwrap_or(rows.len());
    let shares = rows.chunks(rows.len().div_ceil(1 + input.more_devices.len()));
    shares
        .enumerate()
        .flat_map(|(index, share)| share.chunks(size).map(move |rows| (index, rows)))
        .map(|(index, rows)| Portion::new(input, index, rows))
        .collect()
}

impl Portion {
    /// These rows, on the device of this index.
    pub(super) fn new(input: &FitInput<'_>, index: usize, rows: &[usize]) -> Self {
        let device = match index {
            0 => input.device,
            _ => &input.more_devices[index - 1],
        };
        let labels: Vec<usize> = rows.iter().map(|&row| input.train.labels[row]).collect();
        let batch = Batch::new(&input.train.encoded, rows, input.pad_token_id);
        Self {
            device: index,
            targets: targets(&labels, device),
            labels,
            tokens: batch.tokens(),
            padded_tokens: batch.padded_tokens(),
            batch: batch.to_device(device),
        }
    }
}

/// What an update is made from.
pub(super) struct BatchGradients {
    /// Mean loss over the rows.
    pub(super) loss: f32,
    /// Its gradients, times the factor of the loss scale.
    pub(super) gradients: GradientsParams,
    /// Tokens, padding not counted.
    pub(super) tokens: usize,
    /// Tokens, padding counted.
    pub(super) padded_tokens: usize,
}

/// Sends the rows of one update through the classifier: on every device at once, there one portion after the other.
///
/// However many portions there are, the loss is the mean over all rows: a portion enters with its share of their weight
/// ([`relex_loss::Loss::weight`]: the number of rows, or for a loss with class weights the sum of those), so that an uneven
/// last portion counts for what it is. Portions differ from one batch only in rounding and in dropout masks, and devices from
/// portions in nothing where each has one: their gradients are added in the order of the rows.
///
/// Every other device gets a copy of the weights as they are now, and hands its gradients to the classifier's own, which is
/// the only one with an optimiser.
pub(super) fn batch_gradients(
    classifier: &Classifier,
    input: &FitInput<'_>,
    portions: &[Portion],
    position: Position,
    keys: &mut DropoutKeys,
    scale: &LossScale,
) -> BatchGradients {
    let all: Vec<usize> = portions
        .iter()
        .flat_map(|portion| portion.labels.iter().copied())
        .collect();
    let whole = input.loss.weight(&all, position.share);
    let parts: Vec<Part<'_>> = portions
        .iter()
        .enumerate()
        .map(|(place, portion)| Part {
            portion,
            // One portion is the batch, to the last bit.
            share: (portions.len() > 1).then(|| (input.loss.weight(&portion.labels, position.share) / whole) as f32),
            keys: if place == 0 {
                keys.clone()
            } else {
                keys.of_portion(place)
            },
        })
        .collect();
    let of_device: Vec<&[Part<'_>]> = parts
        .chunk_by(|one, next| one.portion.device == next.portion.device)
        .collect();
    let compute =
        |classifier: &Classifier, parts: &[Part<'_>]| device_gradients(classifier, input.loss, parts, position, scale);
    let computed = match of_device.split_first() {
        None => Vec::new(),
        Some((own, others)) => std::thread::scope(|threads| {
            let compute = &compute;
            let others: Vec<_> = others
                .iter()
                .map(|&parts| {
                    let copy = classifier.clone();
                    let device = &input.more_devices[parts[0].portion.device - 1];
                    threads.spawn(move || {
                        let copy = copy.fork(device);
                        let mut computed = compute(&copy, parts);
                        computed.gradients = computed.gradients.to_device(&input.device.clone().inner(), &copy);
                        computed
                    })
                })
                .collect();
            let mut all = vec![compute(classifier, own)];
            let joined = others.into_iter().map(std::thread::ScopedJoinHandle::join);
            // A fault there is a fault here.
            all.extend(joined.map(|computed| computed.unwrap_or_else(|fault| std::panic::resume_unwind(fault))));
            all
        }),
    };

    let mut result = BatchGradients {
        loss: 0.0,
        gradients: GradientsParams::new(),
        tokens: portions.iter().map(|portion| portion.tokens).sum(),
        padded_tokens: portions.iter().map(|portion| portion.padded_tokens).sum(),
    };
    let mut sum = GradientsAccumulator::new();
    for (device, of_device) in computed.into_iter().enumerate() {
        result.loss = of_device.losses.iter().fold(result.loss, |sum, loss| sum + loss);
        sum.accumulate(classifier, of_device.gradients);
        if device == 0 {
            *keys = of_device.keys;
        }
    }
    result.gradients = sum.grads();
    result
}

/// A portion and how it enters the update.
struct Part<'a> {
    portion: &'a Portion,
    /// Its share of the weight of all rows; none where it is all of them.
    share: Option<f32>,
    keys: DropoutKeys,
}

/// What a device computes of an update.
struct DeviceGradients {
    /// Of each portion, what it adds to the mean.
    losses: Vec<f32>,
    gradients: GradientsParams,
    /// Those of the first portion, as they are after it.
    keys: DropoutKeys,
}

fn device_gradients(
    classifier: &Classifier,
    loss: &Loss,
    parts: &[Part<'_>],
    position: Position,
    scale: &LossScale,
) -> DeviceGradients {
    let mut losses = Vec::new();
    let mut sum = GradientsAccumulator::new();
    let mut after = Vec::new();
    for Part { portion, share, keys } in parts {
        let mut keys = keys.clone();
        let logits = || classifier.forward(portion.batch.clone(), &mut Pass::Training(&mut keys));
        let mut value = loss.value(logits, portion.targets.clone(), position.share);
        let number: f32 = value.clone().into_scalar();
        losses.push(share.map_or(number, |share| share * number));
        if let Some(share) = share {
            value = value.mul_scalar(*share);
        }
        let gradients = GradientsParams::from_grads(scale.apply(value).backward(), classifier);
        sum.accumulate(classifier, gradients);
        after.push(keys);
    }
    DeviceGradients {
        losses,
        gradients: sum.grads(),
        keys: after.swap_remove(0),
    }
}

/// Where in the run an update is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    /// Its number, from 1.
    pub(super) step: usize,
    /// Share of all updates that lie before it.
    pub(super) share: f64,
}

fn targets(labels: &[usize], device: &Device) -> Tensor<1, Int> {
    let targets: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
    Tensor::from_data(TensorData::new(targets, [labels.len()]), device)
}

#[cfg(test)]
pub(super) mod tests;
