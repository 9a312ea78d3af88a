use relex_loss::LossConfig;
use relex_model::{Activations, Precision};
use serde::{Deserialize, Serialize};

use super::{DataConfig, TrainOn};
use crate::{BatchLimits, Sampler, TrainError};

/// The `[training]` table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingConfig {
    /// Passes over the training rows.
    pub epochs: usize,
    /// Updates in all, in the place of `epochs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// Rows in a step at most.
    pub batch_size: usize,
    /// Tokens in a step at most, padding counted; a longer row is a step by itself. Without it only rows count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_tokens: Option<usize>,
    /// Rows that go through the model at once, where a whole batch takes too much memory; the step stays the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_batch_size: Option<usize>,
    /// Layers compute their activations a second time for the backward pass, in the place of keeping them: less memory for more
    /// time, and the same gradients.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gradient_checkpointing: bool,
    /// What the encoder's matrix products are computed with, in training and prediction.
    pub precision: Precision,
    /// How often each label's rows come in an epoch.
    pub sampler: Sampler,
    /// So many epochs, the first ones, train the head alone; by default one with `unfreeze_layers_per_epoch`, else none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_only_epochs: Option<usize>,
    /// Gradual unfreezing: each epoch after these trains so many layers more, from the top; the embeddings count as one layer below
    /// the lowest (Howard & Ruder 2018, *Universal Language Model Fine-tuning*, §3.3). Without it all layers begin at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfreeze_layers_per_epoch: Option<usize>,
    /// Rows in a batch at most where nothing is learnt.
    pub evaluation_batch_size: usize,
    /// Tokens in such a batch at most, as in `batch_tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation_batch_tokens: Option<usize>,
    /// When the validation rows are scored.
    pub evaluate: Evaluate,
    /// Which weights are kept.
    pub keep: Keep,
    /// Beside them the weights at so many of the best evaluations stay in the run folder, each as a classifier of its own.
    #[serde(skip_serializing_if = "is_zero")]
    pub also_keep_best: usize,
    /// And those at so many of the last evaluations.
    #[serde(skip_serializing_if = "is_zero")]
    pub also_keep_last: usize,
    /// What makes one evaluation better than another.
    #[serde(skip_serializing_if = "is_micro_f1")]
    pub choose_by: ChooseBy,
    /// The run ends after so many evaluations in a row that are not better than the best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
}

/// When the validation rows are scored while training; after the last step in any case.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evaluate {
    /// After every epoch.
    EachEpoch,
    /// Once, after the last step.
    AtEnd,
    /// After every so many steps.
    EverySteps(usize),
    /// After every such share of an epoch, or so many epochs.
    EveryEpochs(f64),
}

impl Evaluate {
    pub(super) fn check(self) -> Result<(), TrainError> {
        let refuse = |key, value: String, reason: &str| {
            Err(TrainError::Setting {
                key,
                value,
                reason: reason.into(),
            })
        };
        match self {
            Self::EverySteps(0) => refuse("training.evaluate.every-steps", "0".into(), "it must be at least 1"),
            Self::EveryEpochs(share) if !(share > 0.0 && share.is_finite()) => {
                let reason = "it must be above 0, such as 0.25 for four times an epoch";
                refuse("training.evaluate.every-epochs", share.to_string(), reason)
            }
            _ => Ok(()),
        }
    }
}

/// Which weights a run keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// Those after the last step: fixed before the scores are seen, so the score of the validation
    /// rows stays an honest one.
    Last,
    /// Those of the evaluation with the best score on the validation rows, which is flattered by the
    /// choice.
    Best,
    /// The exponential moving average, see `averaging.ema_decay`.
    Ema,
    /// The mean of the averaging window, see `averaging.swa_from`.
    Swa,
    /// The mean of the last evaluations' weights, see `averaging.last`.
    MeanOfLast,
    /// The mean of the best evaluations' weights, see `averaging.best`.
    MeanOfBest,
    /// Those of all the above that are there with the best score on the validation rows, which is flattered by the choice.
    Winner,
}

/// The score of an evaluation by which weights are chosen and a run is ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChooseBy {
    /// Micro-F1 without the negative label.
    #[default]
    MicroF1,
    /// Mean F1 of the labels, without the negative one.
    MacroF1,
    /// Macro-F1 as SemEval-2010 Task 8 defines it; for labels that are directed relations.
    SemevalF1,
    /// Share of rows predicted right.
    Accuracy,
    /// Mean area under the labels' precision-recall curves.
    Auprc,
    /// Mean `-ln p` of the rows' labels; the smallest is best.
    Loss,
}

/// What is left out, so that the file of a run reads as it did before the key was there.
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// As [`is_zero`].
fn is_micro_f1(choose_by: &ChooseBy) -> bool {
    *choose_by == ChooseBy::default()
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            epochs: 3,
            steps: None,
            batch_size: 32,
            batch_tokens: None,
            micro_batch_size: None,
            gradient_checkpointing: false,
            precision: Precision::default(),
            sampler: Sampler::default(),
            unfreeze_layers_per_epoch: None,
            evaluation_batch_size: 64,
            evaluation_batch_tokens: None,
            evaluate: Evaluate::EachEpoch,
            keep: Keep::Last,
            head_only_epochs: None,
            also_keep_best: 0,
            also_keep_last: 0,
            choose_by: ChooseBy::default(),
            patience: None,
        }
    }
}

impl TrainingConfig {
    /// How large a step may be.
    pub fn batch_limits(&self) -> BatchLimits {
        BatchLimits {
            rows: self.batch_size,
            tokens: self.batch_tokens,
        }
    }

    /// What the encoder's layers do with their activations.
    pub(crate) fn activations(&self) -> Activations {
        if self.gradient_checkpointing {
            Activations::Recomputed
        } else {
            Activations::Kept
        }
    }

    /// How large a batch may be where nothing is learnt.
    pub fn evaluation_limits(&self) -> BatchLimits {
        BatchLimits {
            rows: self.evaluation_batch_size,
            tokens: self.evaluation_batch_tokens,
        }
    }

    pub(super) fn check(&self, data: &DataConfig, loss: &LossConfig) -> Result<(), TrainError> {
        let refuse = |key, value: String, reason: &str| {
            Err(TrainError::Setting {
                key,
                value,
                reason: reason.into(),
            })
        };
        for (key, count) in [
            ("training.epochs", self.epochs),
            ("training.steps", self.steps.unwrap_or(1)),
            ("training.batch_size", self.batch_size),
            ("training.micro_batch_size", self.micro_batch_size.unwrap_or(1)),
            ("training.batch_tokens", self.batch_tokens.unwrap_or(1)),
            ("training.evaluation_batch_size", self.evaluation_batch_size),
            (
                "training.evaluation_batch_tokens",
                self.evaluation_batch_tokens.unwrap_or(1),
            ),
            (
                "training.unfreeze_layers_per_epoch",
                self.unfreeze_layers_per_epoch.unwrap_or(1),
            ),
            ("training.patience", self.patience.unwrap_or(1)),
        ] {
            if count == 0 {
                return refuse(key, "0".into(), "it must be at least 1");
            }
        }
        self.evaluate.check()?;
        if let Some(rows) = self.micro_batch_size
            && !loss.is_mean_over_rows()
        {
            let reason = "loss.kind = \"focal-batch-mean\" makes one factor from the whole batch, so that a batch cannot go \
                          through in portions; leave it out, or take \"focal\"";
            return refuse("training.micro_batch_size", rows.to_string(), reason);
        }
        let by_score = [
            ("training.keep", "\"best\"".to_owned(), self.keep == Keep::Best),
            ("training.keep", "\"winner\"".to_owned(), self.keep == Keep::Winner),
            (
                "training.patience",
                self.patience.unwrap_or(0).to_string(),
                self.patience.is_some(),
            ),
            (
                "training.also_keep_best",
                self.also_keep_best.to_string(),
                self.also_keep_best > 0,
            ),
            (
                "training.also_keep_last",
                self.also_keep_last.to_string(),
                self.also_keep_last > 0,
            ),
        ];
        for (key, value, _) in by_score.into_iter().filter(|(_, _, is_set)| *is_set) {
            if data.train_on == TrainOn::All {
                let reason = "with data.train_on = \"all\" there are no validation rows to choose by; leave it out";
                return refuse(key, value, reason);
            }
            if self.evaluate == Evaluate::AtEnd && self.keep != Keep::Winner {
                let reason = "there is only one evaluation to choose from; set training.evaluate = \"each-epoch\"";
                return refuse(key, value, reason);
            }
        }
        Ok(())
    }
}
