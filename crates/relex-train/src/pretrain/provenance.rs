use std::{collections::BTreeMap, path::Path};

use relex_model::HeadOrigin;
use serde::Serialize;

use super::MaskedReport;
use crate::{Included, MaskingConfig, TrainError};

/// What further pre-training was made from and what it cost; the content of its run's `provenance.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PretrainingProvenance {
    /// Version of relex.
    pub version: String,
    /// Commit that the program was built from, if it was known.
    pub git_commit: Option<String>,
    /// SHA-256 of the resolved configuration.
    pub config_hash: String,
    /// The data set's name.
    pub dataset: String,
    /// Hash of the rows.
    pub data_hash: String,
    /// Hash of the split manifest.
    pub split_hash: String,
    /// The fold whose validation rows are kept out, unless they are included.
    pub fold: usize,
    /// What was learnt from besides the fold's training rows.
    pub included: Vec<Included>,
    /// Whether the fold's validation sentences were learnt from. Scores on them are then of a model that has read them.
    pub validation_sentences_learnt: bool,
    /// Sentences learnt from.
    pub sentences: usize,
    /// Rows that have them.
    pub rows: usize,
    /// Rows that were left out because they share a sentence or a group with a row that is kept out.
    pub rows_left_out: usize,
    /// Sentences measured on.
    pub held_out_sentences: usize,
    /// Those of them that the encoder had read before, as far as its folder tells.
    pub held_out_sentences_read_before: usize,
    /// Name and SHA-256 of each of the encoder's files.
    pub encoder: BTreeMap<String, String>,
    /// Commit of the hub's repository that these are of, if they come from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoder_commit: Option<String>,
    /// Where the head came from.
    pub head: HeadOrigin,
    /// What was masked.
    pub masking: MaskingConfig,
    /// The seed.
    pub seed: u64,
    /// The device.
    pub device: String,
    /// Type of the numbers that were computed with.
    pub precision: String,
    /// Rows that were cut to fit.
    pub truncated_sentences: usize,
    /// Tokens that were left out of them.
    pub truncated_tokens: usize,
    /// Updates.
    pub steps: usize,
    /// Tokens learnt from, over all epochs, padding not counted.
    pub tokens: usize,
    /// Share of padding in all tokens computed.
    pub padding_share: f64,
    /// The held-out sentences before the first step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<MaskedReport>,
    /// And after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<MaskedReport>,
    /// Seconds spent in training steps.
    pub train_seconds: f64,
    /// Seconds from start to end.
    pub wall_seconds: f64,
    /// Processor seconds in all threads, where the system tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor_seconds: Option<f64>,
    /// The process's largest resident memory, in MiB, where the system tells it.
    pub peak_memory_mib: Option<f64>,
}

impl PretrainingProvenance {
    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let json = serde_json::to_vec_pretty(self).map_err(|error| TrainError::io(path)(error.into()))?;
        Ok(relex_data::write_atomically(path, &json)?)
    }
}
