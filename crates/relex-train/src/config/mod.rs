//! What a run is made from: TOML, parsed as it stands, then checked.

mod adversarial;
mod averaging;
mod checkpoint;
mod layers;
mod training;

use std::path::PathBuf;

use relex_data::{Markers, OnBadRow, Query};
use relex_loss::LossConfig;
use relex_model::{DeviceChoice, HeadKind};
use serde::{Deserialize, Serialize};

pub use adversarial::AdversarialConfig;
pub use averaging::{AveragingConfig, Steps};
pub use checkpoint::CheckpointConfig;
pub use layers::resolve;
pub use training::{ChooseBy, Evaluate, Keep, TrainingConfig};

use crate::{Schedule, TrainError};

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
    /// Whether steps are taken against an adversary.
    pub adversarial: AdversarialConfig,
    /// Which means of weights are candidates at the end.
    #[serde(skip_serializing_if = "has_no_mean")]
    pub averaging: AveragingConfig,
    /// What a run goes on from when it is broken off.
    pub checkpoint: CheckpointConfig,
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
    /// Whether that fold's validation rows are learnt from too.
    #[serde(skip_serializing_if = "is_fold")]
    pub train_on: TrainOn,
    /// Train on a nested subset of this many rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_train_rows: Option<usize>,
    /// A file of augmented rows to learn from as well, as `relex augment` writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub augmented: Option<PathBuf>,
}

/// What is left out, so that the file of a run reads as it did before the key was there.
fn is_default(on_bad_row: &OnBadRow) -> bool {
    *on_bad_row == OnBadRow::default()
}

/// What is left out, because there is nothing to say in it.
fn has_no_mean(averaging: &AveragingConfig) -> bool {
    *averaging == AveragingConfig::default()
}

fn is_fold(train_on: &TrainOn) -> bool {
    *train_on == TrainOn::default()
}

/// Which rows of a split are learnt from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrainOn {
    /// The fold's training rows; its validation rows are measured on.
    #[default]
    Fold,
    /// All rows that the split does not hold out; nothing is measured on.
    All,
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
    /// Folder of the pre-trained encoder.
    pub encoder: PathBuf,
    /// Markers around the entities.
    pub markers: Markers,
    /// The head on the encoder.
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
}

/// The `[optimizer]` table: AdamW (Loshchilov & Hutter 2019), without decay on biases and norms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptimizerConfig {
    /// The rate that the schedule scales.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// Decay of the gradients' running mean.
    pub beta_1: f32,
    /// Decay of their squares' running mean.
    pub beta_2: f32,
    /// Added to the root of the latter.
    pub epsilon: f32,
    /// All gradients together are scaled down to this norm; 0 turns that off.
    pub max_gradient_norm: f32,
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
            adversarial: AdversarialConfig::default(),
            averaging: AveragingConfig::default(),
            checkpoint: CheckpointConfig::default(),
        }
    }
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            encoder: PathBuf::new(),
            markers: Markers::default(),
            head: HeadKind::default(),
            head_dropout: 0.1,
            cosine_scale: None,
            max_tokens: 256,
            query: None,
        }
    }
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self {
            learning_rate: 5e-5,
            weight_decay: 0.01,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            max_gradient_norm: 1.0,
        }
    }
}

/// A configuration whose every value can work; see [`TrainConfig::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedTrainConfig {
    config: TrainConfig,
    device: DeviceChoice,
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
                "give the folder of a pre-trained encoder",
            ),
        ] {
            if path.as_os_str().is_empty() {
                return refuse(key, "\"\"".into(), &format!("it must be set: {remedy}"));
            }
        }
        if self.data.max_train_rows == Some(0) {
            return refuse("data.max_train_rows", "0".into(), "it must be at least 1");
        }
        self.training.check(&self.data, &self.loss)?;
        self.adversarial.check()?;
        self.averaging.check(self.training.keep, &self.data)?;
        self.checkpoint.check()?;
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
        let optimizer = &self.optimizer;
        for (key, value, range) in [
            ("model.head_dropout", self.model.head_dropout, 0.0..1.0),
            (
                "model.cosine_scale",
                self.model.cosine_scale.unwrap_or(1.0),
                f32::MIN_POSITIVE..f32::MAX,
            ),
            ("optimizer.beta_1", optimizer.beta_1, 0.0..1.0),
            ("optimizer.beta_2", optimizer.beta_2, 0.0..1.0),
            ("optimizer.epsilon", optimizer.epsilon, f32::MIN_POSITIVE..1.0),
            ("optimizer.weight_decay", optimizer.weight_decay, 0.0..f32::MAX),
            (
                "optimizer.max_gradient_norm",
                optimizer.max_gradient_norm,
                0.0..f32::MAX,
            ),
            (
                "optimizer.learning_rate",
                optimizer.learning_rate as f32,
                f32::MIN_POSITIVE..f32::MAX,
            ),
        ] {
            if !range.contains(&value) {
                let reason = format!("it must be at least {:e} and less than {:e}", range.start, range.end);
                return refuse(key, value.to_string(), &reason);
            }
        }
        if let Schedule::Linear { warmup } = self.schedule
            && !(0.0..=1.0).contains(&warmup)
        {
            return refuse(
                "schedule.warmup",
                warmup.to_string(),
                "it is a share of all steps, 0 to 1",
            );
        }
        Ok(CheckedTrainConfig { config: self, device })
    }
}
