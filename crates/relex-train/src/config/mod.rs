//! What a run is made from: TOML, parsed as it stands, then checked.

mod explain;
mod layers;
mod leaves;
mod optimizer;
mod reference;
mod show;

use std::{ops::Range, path::PathBuf};

use relex_data::{Markers, OnBadRow, Query};
use relex_loss::LossConfig;
use relex_model::{DeviceChoice, HeadKind, Precision};
use serde::{Deserialize, Serialize};

pub use layers::{ResolvedConfig, resolve, resolve_with_origins};
pub use optimizer::{AdafactorStep, OptimizerConfig, OptimizerRule};
pub use reference::configuration_reference;

use crate::{BatchLimits, Sampler, Schedule, TrainError};

/// A configuration as it is written; every key may be left out. `crate::resolve` reads it from
/// layers, [`TrainConfig::check`] says whether a run can be made from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// The file that this one changes, relative to it. Gone once resolved.
    #[serde(skip_serializing)]
    pub extends: Option<PathBuf>,
    /// Where every random stream begins.
    pub seed: u64,
    /// `cpu`, `wgpu` or `cuda[:N]`.
    pub device: String,
    /// What is learnt from.
    pub data: DataConfig,
    /// What learns.
    pub model: ModelConfig,
    /// What is minimised.
    pub loss: LossConfig,
    /// How weights move.
    pub optimizer: OptimizerConfig,
    /// How the learning rate moves.
    pub schedule: Schedule,
    /// How long and in what portions.
    pub training: TrainingConfig,
}

/// The `[data]` table.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// Folder with `dataset.toml`.
    pub dataset: PathBuf,
    /// Folder with the data files, if they are not beside `dataset.toml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// What happens to a row that is not as `dataset.toml` says; the split was made with the same choice.
    #[serde(skip_serializing_if = "is_default")]
    pub on_bad_row: OnBadRow,
    /// The split manifest.
    pub split: PathBuf,
    /// Which of the split's folds is for validation.
    pub fold: usize,
    /// Train on a nested subset of this many rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_train_rows: Option<usize>,
    /// A file of augmented rows to learn from as well, as `relex augment` writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub augmented: Option<PathBuf>,
}

/// What is left out, so that the file of a run reads as it did before the key was there.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl DataConfig {
    /// Where the data files are.
    pub fn files(&self) -> &std::path::Path {
        self.folder.as_deref().unwrap_or(&self.dataset)
    }
}

/// The `[model]` table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Folder of the pre-trained encoder, or its name on the Hugging Face Hub; a folder that is there wins.
    pub encoder: PathBuf,
    /// Branch, tag or commit of an encoder from the hub; by default `main`. A run's own configuration has the commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// How many of the encoder's layers do not learn, the lowest first, and with them the embeddings; 0 for none.
    #[serde(skip_serializing_if = "is_default")]
    pub freeze_layers: usize,
    /// Whether the embeddings do not learn, even if all layers do.
    #[serde(skip_serializing_if = "is_default")]
    pub freeze_embeddings: bool,
    /// Markers around the entities.
    pub markers: Markers,
    /// The head on the encoder: its name, or a table with its `kind` and settings.
    pub head: HeadKind,
    /// Dropout in the head.
    pub head_dropout: f32,
    /// Makes the head a cosine classifier: logits are this times the cosine between the features
    /// and each label's weights. Without it they are a linear layer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cosine_scale: Option<f32>,
    /// Longest text in tokens, special tokens included; longer ones are cut to a window that holds
    /// both entities and the query.
    pub max_tokens: usize,
    /// What is asked about the entities, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<Query>,
    /// Whether the encoder is told at its input which tokens are the entities', and their types.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub type_embedding: bool,
}

/// The `[training]` table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingConfig {
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows in a step at most.
    pub batch_size: usize,
    /// Tokens in a step at most, padding counted; a longer row is a step by itself. Without it only rows count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_tokens: Option<usize>,
    /// What the encoder's matrix products are computed with, in training and prediction.
    pub precision: Precision,
    /// How often each label's rows come in an epoch.
    pub sampler: Sampler,
    /// Gradual unfreezing: the first epoch trains the head alone, and each one after it so many layers more, from the top; the
    /// embeddings count as one layer below the lowest (Howard & Ruder 2018, *Universal Language Model Fine-tuning*, §3.3).
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
}

impl TrainingConfig {
    /// How large a step may be.
    pub fn batch_limits(&self) -> BatchLimits {
        BatchLimits {
            rows: self.batch_size,
            tokens: self.batch_tokens,
        }
    }

    /// How large a batch may be where nothing is learnt.
    pub fn evaluation_limits(&self) -> BatchLimits {
        BatchLimits {
            rows: self.evaluation_batch_size,
            tokens: self.evaluation_batch_tokens,
        }
    }
}

/// When the validation rows are scored while training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evaluate {
    /// After every epoch.
    EachEpoch,
    /// Once, after the last step.
    AtEnd,
}

/// Which weights a run keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// Those after the last step: fixed before the scores are seen, so the score of the validation
    /// rows stays an honest one.
    Last,
    /// Those of the epoch with the best micro-F1 on the validation rows, whose score is flattered
    /// by the choice.
    Best,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            extends: None,
            seed: 42,
            device: "cpu".into(),
            data: DataConfig::default(),
            model: ModelConfig::default(),
            loss: LossConfig::default(),
            optimizer: OptimizerConfig::default(),
            schedule: Schedule::default(),
            training: TrainingConfig::default(),
        }
    }
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            encoder: PathBuf::new(),
            revision: None,
            freeze_layers: 0,
            freeze_embeddings: false,
            markers: Markers::default(),
            head: HeadKind::default(),
            head_dropout: 0.1,
            cosine_scale: None,
            max_tokens: 256,
            query: None,
            type_embedding: false,
        }
    }
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            epochs: 3,
            batch_size: 32,
            batch_tokens: None,
            precision: Precision::default(),
            sampler: Sampler::default(),
            unfreeze_layers_per_epoch: None,
            evaluation_batch_size: 64,
            evaluation_batch_tokens: None,
            evaluate: Evaluate::EachEpoch,
            keep: Keep::Last,
        }
    }
}

/// A configuration whose every value can work; see [`TrainConfig::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedTrainConfig {
    config: TrainConfig,
    device: DeviceChoice,
    /// Where an encoder of the hub was found.
    snapshot: Option<PathBuf>,
}

impl CheckedTrainConfig {
    /// The values.
    pub fn values(&self) -> &TrainConfig {
        &self.config
    }

    /// The device, parsed.
    pub fn device(&self) -> DeviceChoice {
        self.device
    }

    /// Where the encoder's files are: the snapshot that stands for it, or `model.encoder` itself.
    pub fn encoder_folder(&self) -> &std::path::Path {
        self.snapshot.as_deref().unwrap_or(&self.config.model.encoder)
    }

    /// The same configuration, with the files of its encoder from the hub in `folder`; `commit`, which is what they are
    /// of, becomes its `model.revision`.
    #[must_use]
    pub fn at_snapshot(mut self, folder: PathBuf, commit: String) -> Self {
        self.config.model.revision = Some(commit);
        self.snapshot = Some(folder);
        self
    }

    /// The commit of the hub's repository that the encoder's files are of, if they come from there.
    pub fn encoder_commit(&self) -> Option<&str> {
        self.snapshot.as_ref().and(self.config.model.revision.as_deref())
    }

    /// The configuration as TOML, complete: reading it back gives the same run.
    ///
    /// # Errors
    ///
    /// When a path is not valid Unicode.
    pub fn to_toml(&self) -> Result<String, TrainError> {
        toml::to_string(&self.config).map_err(|error| TrainError::Config {
            origin: "configuration".into(),
            reason: error.to_string(),
        })
    }
}

impl TrainConfig {
    /// Checks every value that can be checked without opening a file.
    ///
    /// # Errors
    ///
    /// [`TrainError::Setting`] for the first value that cannot work.
    pub fn check(self) -> Result<CheckedTrainConfig, TrainError> {
        let device = self.device.parse()?;
        self.loss.check()?;
        let refuse = |key, value: String, reason: &str| {
            Err(TrainError::Setting {
                key,
                value,
                reason: reason.into(),
            })
        };
        for (key, path, remedy) in [
            ("data.dataset", &self.data.dataset, "give a folder with dataset.toml"),
            (
                "data.split",
                &self.data.split,
                "make a manifest with `relex split create` and give its path",
            ),
            (
                "model.encoder",
                &self.model.encoder,
                "give the folder of a pre-trained encoder, or its name on the Hugging Face Hub",
            ),
        ] {
            if path.as_os_str().is_empty() {
                return refuse(key, "\"\"".into(), &format!("it must be set: {remedy}"));
            }
        }
        for (key, count) in [
            ("training.epochs", self.training.epochs),
            ("training.batch_size", self.training.batch_size),
            ("training.batch_tokens", self.training.batch_tokens.unwrap_or(1)),
            ("training.evaluation_batch_size", self.training.evaluation_batch_size),
            (
                "training.unfreeze_layers_per_epoch",
                self.training.unfreeze_layers_per_epoch.unwrap_or(1),
            ),
            (
                "training.evaluation_batch_tokens",
                self.training.evaluation_batch_tokens.unwrap_or(1),
            ),
            ("data.max_train_rows", self.data.max_train_rows.unwrap_or(1)),
        ] {
            if count == 0 {
                return refuse(key, "0".into(), "it must be at least 1");
            }
        }
        if self.training.keep == Keep::Best && self.training.evaluate == Evaluate::AtEnd {
            let reason = "there is only one evaluation to choose from; set training.evaluate = \"each-epoch\"";
            return refuse("training.keep", "\"best\"".into(), reason);
        }
        let cosine_scale = || self.model.cosine_scale.map_or("none".into(), |scale| scale.to_string());
        match (&self.loss, self.model.cosine_scale) {
            (LossConfig::Ldam { .. }, None) => {
                let reason = "loss.kind = \"ldam\" measures its margins between cosines; set it, 30 is usual";
                return refuse("model.cosine_scale", cosine_scale(), reason);
            }
            (LossConfig::LdamUnnormalised { .. }, Some(_)) => {
                let reason = "loss.kind = \"ldam-unnormalised\" reproduces what happens without cosines; leave it out, or take \"ldam\"";
                return refuse("model.cosine_scale", cosine_scale(), reason);
            }
            _ => {}
        }
        if self.model.max_tokens < 8 {
            return refuse(
                "model.max_tokens",
                self.model.max_tokens.to_string(),
                "it must be at least 8",
            );
        }
        in_range("model.head_dropout", self.model.head_dropout.into(), 0.0..1.0)?;
        if let Some(scale) = self.model.cosine_scale {
            let above_0 = f64::from(f32::MIN_POSITIVE)..f64::from(f32::MAX);
            in_range("model.cosine_scale", scale.into(), above_0)?;
        }
        self.optimizer.check(&self.schedule)?;
        self.schedule.check()?;
        Ok(CheckedTrainConfig {
            config: self,
            device,
            snapshot: None,
        })
    }
}

fn in_range(key: &'static str, value: f64, range: Range<f64>) -> Result<(), TrainError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(TrainError::Setting {
        key,
        // As it was written: an f32 made longer shows digits that nobody wrote.
        value: (value as f32).to_string(),
        reason: format!(
            "it must be at least {:e} and less than {:e}",
            range.start as f32, range.end as f32
        ),
    })
}
