//! What further pre-training is made from: TOML, parsed as it stands, then checked.

use std::path::{Path, PathBuf};

use relex_data::{Markers, OnBadRow};
use relex_model::Precision;
use serde::{Deserialize, Serialize};

use super::{
    Checked, CheckedPretrainingConfig, CheckpointConfig, Evaluate, MaskingConfig, OptimizerConfig, is_default,
    layers::{Layered, ResolvedConfig, lay_all},
    reference::{PRETRAINING_TABLES, TableReference},
};
use crate::{BatchLimits, Schedule, TrainError};

/// A configuration of `relex pretrain` as it is written; every key may be left out. [`resolve_pretraining`] reads it from layers,
/// [`PretrainingConfig::check`] says whether a run can be made from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PretrainingConfig {
    /// The file that this one changes, relative to it. Gone once resolved.
    #[serde(skip_serializing)]
    pub extends: Option<PathBuf>,
    /// Where every random stream begins.
    pub seed: u64,
    /// `cpu`, `wgpu[:N]` or `cuda[:N]`.
    pub device: String,
    /// Whose sentences are learnt from.
    pub data: PretrainingDataConfig,
    /// What learns.
    pub model: PretrainingModelConfig,
    /// What is to be guessed.
    pub masking: MaskingConfig,
    /// How weights move.
    pub optimizer: OptimizerConfig,
    /// How the learning rate moves.
    pub schedule: Schedule,
    /// How long and in what portions.
    pub training: PretrainingLoopConfig,
    /// What a run goes on from when it is broken off.
    pub checkpoint: CheckpointConfig,
}

/// The `[data]` table of further pre-training.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PretrainingDataConfig {
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
    /// What is learnt from besides the fold's training rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<Included>,
}

/// Rows that are only learnt from when they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Included {
    /// The fold's validation rows. Scores on them are then of a model that has read them.
    Validation,
    /// The rows that the split holds out of all folds.
    HoldOut,
    /// The data set's test file.
    Test,
}

/// The `[model]` table of further pre-training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PretrainingModelConfig {
    /// Folder of the pre-trained encoder, or its name on the Hugging Face Hub; a folder that is there wins.
    pub encoder: PathBuf,
    /// Branch, tag or commit of an encoder from the hub; by default `main`. A run's own configuration has the commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Markers around the entities.
    pub markers: Markers,
    /// Longest sentence in tokens, special tokens included; longer ones are cut to a window that holds both entities.
    pub max_tokens: usize,
}

/// The `[training]` table of further pre-training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PretrainingLoopConfig {
    /// Passes over the sentences, each with masks of its own.
    pub epochs: usize,
    /// Updates in all, in the place of `epochs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// Sentences in a step at most.
    pub batch_size: usize,
    /// Tokens in a step at most, padding counted; a longer sentence is a step by itself. Without it only sentences count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_tokens: Option<usize>,
    /// Sentences that go through the model at once, where a whole batch takes too much memory; the step stays the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_batch_size: Option<usize>,
    /// Whether the encoder's layers compute their activations again for the backward pass instead of keeping them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub gradient_checkpointing: bool,
    /// What the matrix products are computed with.
    pub precision: Precision,
    /// Sentences in a batch at most where nothing is learnt.
    pub evaluation_batch_size: usize,
    /// When the held-out sentences are measured.
    pub evaluate: Evaluate,
}

impl Default for PretrainingConfig {
    fn default() -> Self {
        Self {
            extends: None,
            seed: 42,
            device: "cpu".into(),
            data: PretrainingDataConfig::default(),
            model: PretrainingModelConfig::default(),
            masking: MaskingConfig::default(),
            optimizer: OptimizerConfig::default(),
            schedule: Schedule::default(),
            training: PretrainingLoopConfig::default(),
            checkpoint: CheckpointConfig::default(),
        }
    }
}

impl Default for PretrainingModelConfig {
    fn default() -> Self {
        Self {
            encoder: PathBuf::new(),
            revision: None,
            markers: Markers::None,
            max_tokens: 256,
        }
    }
}

impl Default for PretrainingLoopConfig {
    fn default() -> Self {
        Self {
            epochs: 3,
            steps: None,
            batch_size: 32,
            batch_tokens: None,
            micro_batch_size: None,
            gradient_checkpointing: false,
            precision: Precision::default(),
            evaluation_batch_size: 32,
            evaluate: Evaluate::EachEpoch,
        }
    }
}

impl PretrainingDataConfig {
    /// Where the data files are.
    pub fn files(&self) -> &Path {
        self.folder.as_deref().unwrap_or(&self.dataset)
    }

    /// Whether these rows are learnt from.
    pub fn includes(&self, part: Included) -> bool {
        self.include.contains(&part)
    }
}

impl PretrainingLoopConfig {
    /// How large a step may be.
    pub fn batch_limits(&self) -> BatchLimits {
        BatchLimits {
            rows: self.batch_size,
            tokens: self.batch_tokens,
        }
    }
}

impl Layered for PretrainingConfig {
    const TABLES: &'static [TableReference] = PRETRAINING_TABLES;
}

/// Reads a configuration of `relex pretrain` from its layers, as [`crate::resolve_with_origins`] reads one of `relex train`.
///
/// # Errors
///
/// As there.
pub fn resolve_pretraining(path: &Path, sets: &[String]) -> Result<ResolvedConfig<PretrainingConfig>, TrainError> {
    lay_all(path, sets)
}

impl PretrainingConfig {
    /// Checks every value that can be checked without opening a file.
    ///
    /// # Errors
    ///
    /// [`TrainError::Setting`] for the first value that cannot work.
    pub fn check(self) -> Result<CheckedPretrainingConfig, TrainError> {
        let device = self.device.parse()?;
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
        if self.model.max_tokens < 8 {
            let value = self.model.max_tokens.to_string();
            return refuse("model.max_tokens", value, "it must be at least 8");
        }
        if self.model.markers == Markers::EntityMask {
            let reason =
                "it takes the entities away, so that nothing of them can be learnt; use \"none\" or another kind";
            return refuse("model.markers", "\"entity-mask\"".into(), reason);
        }
        self.masking.check()?;
        self.training.check()?;
        self.checkpoint.check()?;
        self.optimizer.check(&self.schedule)?;
        self.schedule.check()?;
        Ok(Checked::new(self, vec![device]))
    }
}

impl PretrainingLoopConfig {
    fn check(&self) -> Result<(), TrainError> {
        for (key, count) in [
            ("training.epochs", self.epochs),
            ("training.steps", self.steps.unwrap_or(1)),
            ("training.batch_size", self.batch_size),
            ("training.batch_tokens", self.batch_tokens.unwrap_or(1)),
            ("training.micro_batch_size", self.micro_batch_size.unwrap_or(1)),
            ("training.evaluation_batch_size", self.evaluation_batch_size),
        ] {
            if count == 0 {
                return Err(TrainError::Setting {
                    key,
                    value: "0".into(),
                    reason: "it must be at least 1".into(),
                });
            }
        }
        self.evaluate.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> PretrainingConfig {
        let mut config = PretrainingConfig::default();
        config.data.dataset = "set".into();
        config.data.split = "split.json".into();
        config.model.encoder = "encoder".into();
        config
    }

    #[track_caller]
    fn check(set: &str, parts: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recipe.toml");
        std::fs::write(&path, toml::to_string(&complete()).unwrap()).unwrap();
        let resolved = resolve_pretraining(&path, &[set.to_owned()]);
        let message = match resolved.and_then(|resolved| resolved.config.check()) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in {message:?}");
        }
        assert_eq!(message.is_empty(), parts.is_empty(), "{message}");
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_key() {
        check("seed=1", &[]);
        check("masking.share=0", &["masking.share = 0", "above 0"]);
        check("masking.share=1.1", &["masking.share = 1.1"]);
        check("masking.mask=-0.1", &["masking.mask"]);
        check("masking.random=0.3", &["masking.random = 0.3", "masking.mask = 0.8"]);
        check("masking.random=0.2", &[]);
        check("masking.entity_share=0.5", &["masking.entity_share", "entity-span"]);
        check("masking.unit=words", &["unknown variant `words`", "whole-word"]);
        check("masking.unti=token", &["unknown field `unti`", "did you mean `unit`?"]);
        check("model.head=cls", &["unknown field `head`"]);
        check("model.markers=entity-mask", &["takes the entities away"]);
        check(
            "training.evaluate={ every-steps = 0 }",
            &["training.evaluate.every-steps"],
        );
        check("training.batch_size=0", &["training.batch_size = 0"]);
        check("data.include=[\"valid\"]", &["unknown variant `valid`", "validation"]);
        check("data.include=[\"validation\", \"test\"]", &[]);
        check("optimizer.kind=lion", &[]);
        check("optimizer.learning_rate=0", &["optimizer.learning_rate"]);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut config = complete();
        config.data.include = vec![Included::Test, Included::HoldOut];
        config.masking.unit = MaskingConfig::default().unit;
        let checked = config.clone().check().unwrap();
        assert_eq!(
            toml::from_str::<PretrainingConfig>(&checked.to_toml().unwrap()),
            Ok(config)
        );
    }
}
