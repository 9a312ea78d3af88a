//! A look at the validation rows.

use std::ops::ControlFlow;

use burn::{module::Module, tensor::Device};
use relex_data::LabelSet;
use relex_eval::{
    ConfusionMatrix, EvalError, accuracy, argmax, auprc, confusion_matrix, macro_average, micro_f1, semeval_f1,
};
use relex_model::Classifier;

use super::{FitInput, Stop};
use crate::{CheckedTrainConfig, ChooseBy, TrainError, predict::predict};

/// A look at the validation rows.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
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
    /// Macro-F1 as SemEval-2010 Task 8 defines it ([`semeval_f1`]), in percent; for labels that are directed relations alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semeval_f1: Option<f64>,
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
            // Training by it is refused for labels without it.
            ChooseBy::SemevalF1 => self.semeval_f1.unwrap_or(f64::NEG_INFINITY),
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
        labels,
        pad_token_id,
        device,
        ..
    } = *input;
    let (classifier, inference) = without_gradients(classifier, device);
    let mut stop = None;
    let probabilities = predict(
        &classifier,
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
    let (gold, negative) = (&valid.labels, labels.negative().index());
    Ok(ControlFlow::Continue(EvaluationReport {
        step: 0,
        epoch: 0,
        micro_f1: micro_f1(gold, &predicted, negative)?,
        auprc: auprc(gold, &probabilities, classes)?.mean,
        rows: gold.len(),
        macro_f1: macro_average(gold, &predicted, classes, negative)?.f1,
        semeval_f1: official_f1(labels, gold, &predicted)?,
        accuracy: accuracy(gold, &predicted)?,
        valid_loss: mean_loss(gold, &probabilities, classes),
        confusion: confusion_matrix(gold, &predicted, classes)?,
    }))
}

/// The official score of SemEval-2010 Task 8, where the labels are directed relations.
fn official_f1(labels: &LabelSet, gold: &[usize], predicted: &[usize]) -> Result<Option<f64>, TrainError> {
    match semeval_f1(labels.names(), gold, predicted, labels.negative().index()) {
        Ok(score) => Ok(Some(score)),
        Err(EvalError::Setting { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Refuses a score to choose by that these labels do not have.
///
/// # Errors
///
/// [`TrainError::Setting`] about `training.choose_by`.
pub(crate) fn check_score(config: &CheckedTrainConfig, labels: &LabelSet) -> Result<(), TrainError> {
    let choose_by = config.values().training.choose_by;
    let negative = labels.negative().index();
    if choose_by == ChooseBy::SemevalF1 && official_f1(labels, &[negative], &[negative])?.is_none() {
        return Err(TrainError::Setting {
            key: "training.choose_by",
            value: "\"semeval-f1\"".into(),
            reason: "it is for labels that name a relation and its direction, such as \"Cause-Effect(e1,e2)\"; take \"macro-f1\"".into(),
        });
    }
    Ok(())
}

/// The classifier and the device, so that what is computed with them is not kept for a backward pass.
fn without_gradients(classifier: &Classifier, device: &Device) -> (Classifier, Device) {
    (classifier.valid(), device.clone().inner())
}

fn mean_loss(gold: &[usize], probabilities: &[f64], classes: usize) -> f64 {
    let rows = gold.iter().zip(probabilities.chunks_exact(classes));
    let losses = rows.map(|(&label, row)| -row[label].max(f64::from(f32::MIN_POSITIVE)).ln());
    losses.sum::<f64>() / gold.len() as f64
}

#[cfg(test)]
mod tests {
    use burn::{
        module::{ModuleVisitor, Param},
        tensor::Tensor,
    };
    use relex_model::{Batch, Pass};

    use super::{super::gradients::tests::bench, *};

    /// Parameters, and how many of them a backward pass would know of.
    #[derive(Default)]
    struct Tracked([usize; 2]);

    impl ModuleVisitor for Tracked {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0[0] += 1;
            self.0[1] += usize::from(param.val().is_autodiff());
        }
    }

    #[test]
    fn nothing_is_kept_for_a_backward_pass() {
        let bench = bench("0.0", "");
        let input = bench.input();
        let (classifier, device) = without_gradients(&bench.classifier, input.device);
        assert!(input.device.is_autodiff() && !device.is_autodiff());
        let mut tracked = Tracked::default();
        bench.classifier.visit(&mut tracked);
        let [parameters, before] = tracked.0;
        assert!(parameters > 0 && before == parameters);
        let mut tracked = Tracked::default();
        classifier.visit(&mut tracked);
        assert_eq!(tracked.0, [parameters, 0]);

        let logits = |classifier: &Classifier, device: &Device| {
            let batch = Batch::new(&input.valid.encoded, &[0, 1], 0);
            classifier.forward(batch.to_device(device), &mut Pass::Inference)
        };
        assert!(logits(&bench.classifier, input.device).is_autodiff());
        assert!(!logits(&classifier, &device).is_autodiff());
    }

    /// It takes a classifier that learns, on its device, and leaves it as it was.
    #[test]
    fn an_evaluation_scores_every_row_once() {
        let bench = bench("0.0", "training.evaluation_batch_size = 4");
        let mut heard = Vec::new();
        let observe = |done| {
            heard.push(done);
            ControlFlow::Continue(())
        };
        let ControlFlow::Continue(report) = evaluate(&bench.classifier, &bench.input(), observe).unwrap() else {
            panic!("nobody broke it off");
        };
        assert_eq!((report.rows, heard), (11, vec![4, 8, 11]));
        let mut tracked = Tracked::default();
        bench.classifier.visit(&mut tracked);
        assert_eq!(tracked.0[0], tracked.0[1]);
    }

    #[test]
    fn every_score_can_be_chosen_by_and_larger_is_better() {
        let report = EvaluationReport {
            step: 1,
            epoch: 1,
            micro_f1: 2.0,
            auprc: 3.0,
            rows: 4,
            macro_f1: 5.0,
            semeval_f1: Some(6.0),
            accuracy: 7.0,
            valid_loss: 8.0,
            confusion: confusion_matrix(&[0], &[0], 1).unwrap(),
        };
        let scores = [
            (ChooseBy::MicroF1, 2.0),
            (ChooseBy::Auprc, 3.0),
            (ChooseBy::MacroF1, 5.0),
            (ChooseBy::SemevalF1, 6.0),
            (ChooseBy::Accuracy, 7.0),
            (ChooseBy::Loss, -8.0),
        ];
        for (by, score) in scores {
            assert_eq!(report.score(by), score, "{by:?}");
        }
    }

    #[test]
    fn the_official_score_is_for_directed_relations() {
        let names = ["Other", "Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)"];
        let directed = LabelSet::new(names, "Other").unwrap();
        assert_eq!(official_f1(&directed, &[1, 1, 0], &[1, 2, 0]).unwrap(), Some(50.0));
        let plain = LabelSet::new(["no_relation", "per:title"], "no_relation").unwrap();
        assert_eq!(official_f1(&plain, &[0, 1], &[0, 1]).unwrap(), None);
        assert!(official_f1(&directed, &[0], &[3]).is_err());
    }

    #[test]
    fn the_loss_is_the_mean_negative_logarithm_and_finite() {
        let loss = mean_loss(&[1, 0], &[0.75, 0.25, 0.5, 0.5], 2);
        approx::assert_relative_eq!(loss, (4f64.ln() + 2f64.ln()) / 2.0, max_relative = 1e-12);
        assert!(mean_loss(&[1], &[1.0, 0.0], 2).is_finite());
    }
}
