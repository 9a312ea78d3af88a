//! A look at the validation rows.

use std::ops::ControlFlow;

use burn::{module::Module, tensor::Device};
use relex_eval::{ConfusionMatrix, accuracy, argmax, auprc, confusion_matrix, micro_f1, per_label};
use relex_model::Classifier;

use super::{FitInput, Stop};
use crate::{ChooseBy, TrainError, predict::predict};

/// A look at the validation rows.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct EvaluationReport {
    /// Steps done.
    pub step: usize,
    /// Epochs begun.
    pub epoch: usize,
    /// In percent, without the negative label.
    pub micro_f1: f64,
    /// In percent.
    pub auprc: f64,
    /// Validation rows.
    pub rows: usize,
    /// Mean F1 of the labels that have a validation row, without the negative one, in percent.
    pub macro_f1: f64,
    /// Share of the rows predicted right, in percent.
    pub accuracy: f64,
    /// Mean of `-ln p` of the rows' labels, whatever loss is minimised; a `p` below the smallest `f32` counts as that.
    pub valid_loss: f64,
    /// Rows by label and predicted label, in the labels' order.
    pub confusion: ConfusionMatrix,
}

impl EvaluationReport {
    /// The number that runs are compared by; larger is better.
    pub fn score(&self, by: ChooseBy) -> f64 {
        match by {
            ChooseBy::MicroF1 => self.micro_f1,
            ChooseBy::MacroF1 => self.macro_f1,
            ChooseBy::Accuracy => self.accuracy,
            ChooseBy::Auprc => self.auprc,
            ChooseBy::Loss => -self.valid_loss,
        }
    }
}

/// Scores the validation rows; `step` and `epoch` of the report are for the caller to set. `observe` hears how many rows are
/// done and may break off.
pub(super) fn evaluate(
    classifier: &Classifier,
    input: &FitInput<'_>,
    mut observe: impl FnMut(usize) -> ControlFlow<Stop>,
) -> Result<ControlFlow<Stop, EvaluationReport>, TrainError> {
    let FitInput {
        config,
        valid,
        negative,
        pad_token_id,
        device,
        ..
    } = *input;
    let inference: Device = device.clone().inner();
    let mut stop = None;
    let probabilities = predict(
        &classifier.valid(),
        &valid.encoded,
        config.values().training.evaluation_limits(),
        pad_token_id,
        &inference,
        |done| match observe(done) {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(asked) => {
                stop = Some(asked);
                ControlFlow::Break(())
            }
        },
    );
    if let Some(stop) = stop {
        return Ok(ControlFlow::Break(stop));
    }
    let probabilities = probabilities?;
    let classes = probabilities.len() / valid.labels.len();
    let predicted: Vec<usize> = probabilities.chunks_exact(classes).map(argmax).collect();
    let gold = &valid.labels;
    Ok(ControlFlow::Continue(EvaluationReport {
        step: 0,
        epoch: 0,
        micro_f1: micro_f1(gold, &predicted, negative)?,
        auprc: auprc(gold, &probabilities, classes)?.mean,
        rows: gold.len(),
        macro_f1: macro_f1(gold, &predicted, classes, negative)?,
        accuracy: accuracy(gold, &predicted)?,
        valid_loss: mean_loss(gold, &probabilities, classes),
        confusion: confusion_matrix(gold, &predicted, classes)?,
    }))
}

fn macro_f1(gold: &[usize], predicted: &[usize], classes: usize, negative: usize) -> Result<f64, TrainError> {
    let scores = per_label(gold, predicted, classes)?;
    let present = scores
        .iter()
        .enumerate()
        .filter(|(label, score)| *label != negative && score.support > 0);
    let (count, sum) = present.fold((0, 0.0), |(count, sum), (_, score)| (count + 1, sum + score.f1));
    Ok(sum / f64::from(count.max(1)))
}

fn mean_loss(gold: &[usize], probabilities: &[f64], classes: usize) -> f64 {
    let rows = gold.iter().zip(probabilities.chunks_exact(classes));
    let losses = rows.map(|(&label, row)| -row[label].max(f64::from(f32::MIN_POSITIVE)).ln());
    losses.sum::<f64>() / gold.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macro_f1_is_over_the_relations_that_occur() {
        // Label 1: F1 2/3; label 2: 0; label 3 has no row; label 0 is the negative one.
        let score = macro_f1(&[0, 1, 2, 0], &[0, 1, 1, 3], 4, 0).unwrap();
        approx::assert_relative_eq!(score, (2.0 / 3.0 * 100.0 + 0.0) / 2.0, max_relative = 1e-12);
        assert_eq!(macro_f1(&[0], &[1], 2, 0).unwrap(), 0.0);
    }

    #[test]
    fn the_loss_is_the_mean_negative_logarithm_and_finite() {
        let loss = mean_loss(&[1, 0], &[0.75, 0.25, 0.5, 0.5], 2);
        approx::assert_relative_eq!(loss, (4f64.ln() + 2f64.ln()) / 2.0, max_relative = 1e-12);
        assert!(mean_loss(&[1], &[1.0, 0.0], 2).is_finite());
    }
}
