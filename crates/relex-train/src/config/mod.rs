//! What a run is made from: TOML, parsed as it stands, then checked.

mod adversarial;
mod averaging;
mod checked;
mod checkpoint;
mod explain;
mod layers;
mod leaves;
mod masking;
mod optimizer;
mod pretraining;
mod reference;
mod show;
mod training;

use std::{ops::Range, path::PathBuf};

use relex_data::{Markers, OnBadRow, Query};
use relex_loss::LossConfig;
use relex_model::{DeviceChoice, HeadKind};
use serde::{Deserialize, Serialize};

pub use adversarial::AdversarialConfig;
pub use averaging::{AveragingConfig, Steps};
pub use checked::{Checked, CheckedPretrainingConfig, CheckedTrainConfig, NamesEncoder};
pub use checkpoint::CheckpointConfig;
pub use layers::{ResolvedConfig, resolve, resolve_with_origins};
pub use masking::{MaskUnit, MaskingConfig};
pub use optimizer::{AdafactorStep, OptimizerConfig, OptimizerRule};
pub use pretraining::{
    Included, PretrainingConfig, PretrainingDataConfig, PretrainingLoopConfig, PretrainingModelConfig,
    resolve_pretraining,
};
pub use reference::configuration_reference;
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
    /// `cpu`, `wgpu[:N]` or `cuda[:N]`; several of a kind with commas between them share a run.
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
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
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

impl TrainConfig {
    /// Checks every value that can be checked without opening a file.
    ///
    /// # Errors
    ///
    /// [`TrainError::Setting`] for the first value that cannot work.
    pub fn check(self) -> Result<CheckedTrainConfig, TrainError> {
        let devices = devices(&self.device)?;
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
        if self.data.max_train_rows == Some(0) {
            return refuse("data.max_train_rows", "0".into(), "it must be at least 1");
        }
        self.training.check(&self.data, &self.loss)?;
        if devices.len() > 1 && !self.loss.is_mean_over_rows() {
            let reason = "loss.kind = \"focal-batch-mean\" makes one factor from the whole batch, so that devices cannot share \
                          it; name one, or take \"focal\"";
            return refuse("device", self.device, reason);
        }
        self.adversarial.check()?;
        self.averaging
            .check(self.training.keep, self.training.patience, &self.data)?;
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
        in_range("model.head_dropout", self.model.head_dropout.into(), 0.0..1.0)?;
        if let Some(scale) = self.model.cosine_scale {
            let above_0 = f64::from(f32::MIN_POSITIVE)..f64::from(f32::MAX);
            in_range("model.cosine_scale", scale.into(), above_0)?;
        }
        self.optimizer.check(&self.schedule)?;
        self.schedule.check()?;
        Ok(Checked::new(self, devices))
    }
}

/// The devices of a list such as `cuda:0,cuda:1`: of one kind, and each once, but for the CPU, which can stand in for
/// several.
fn devices(list: &str) -> Result<Vec<DeviceChoice>, TrainError> {
    let devices: Vec<DeviceChoice> = list
        .split(',')
        .map(|name| name.trim().parse())
        .collect::<Result<_, _>>()?;
    let reason = if devices.iter().any(|device| !device.is_like(devices[0])) {
        "the devices of a run are of one kind; leave some out"
    } else if (1..devices.len()).any(|at| devices[at] != DeviceChoice::Cpu && devices[..at].contains(&devices[at])) {
        "a device is named twice; leave it out once"
    } else {
        return Ok(devices);
    };
    Err(TrainError::Setting {
        key: "device",
        value: list.into(),
        reason: reason.into(),
    })
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
