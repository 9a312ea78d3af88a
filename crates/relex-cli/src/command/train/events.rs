//! The numbers of `metrics.jsonl` once more, for TensorBoard.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use relex_train::{EventFile, TrainError};
use serde_json::Value;

/// What of a line is shown, under which tag. A line of a step has a learning rate; one of an evaluation a score.
const STEP: [(&str, &str); 3] = [
    ("loss", "train/loss"),
    ("gradient_norm", "train/gradient_norm"),
    ("learning_rate", "train/learning_rate"),
];
const EVALUATION: [(&str, &str); 8] = [
    ("micro_f1", "valid/micro_f1"),
    ("macro_f1", "valid/macro_f1"),
    ("auprc", "valid/auprc"),
    ("accuracy", "valid/accuracy"),
    ("valid_loss", "valid/loss"),
    ("masked_loss", "held_out/masked_loss"),
    ("perplexity", "held_out/perplexity"),
    ("masked_accuracy", "held_out/masked_accuracy"),
];

/// The event file of a run.
pub(super) struct Events {
    file: EventFile<File>,
    path: PathBuf,
}

impl Events {
    /// Begins the file anew with the lines that the run has so far.
    pub(super) fn begin(path: &Path, lines: &[u8]) -> Result<Self, TrainError> {
        let file = File::create(path).and_then(|file| EventFile::begin(file, now()));
        let mut events = Self {
            file: file.map_err(TrainError::io(path))?,
            path: path.to_path_buf(),
        };
        for line in lines.split(|&byte| byte == b'\n') {
            events.add(line)?;
        }
        Ok(events)
    }

    /// Adds a line of `metrics.jsonl`; one without numbers to show adds nothing.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<(), TrainError> {
        let Ok(line) = serde_json::from_slice::<Value>(line) else {
            return Ok(());
        };
        let tags: &[_] = if line.get("learning_rate").is_some() {
            &STEP
        } else {
            &EVALUATION
        };
        let numbers: Vec<(&str, f64)> = tags
            .iter()
            .filter_map(|(key, tag)| Some((*tag, line.get(key)?.as_f64()?)))
            .collect();
        let step = line.get("step").and_then(Value::as_u64).unwrap_or(0) as usize;
        if numbers.is_empty() {
            return Ok(());
        }
        let written = self.file.scalars(now(), step, &numbers);
        written.map_err(TrainError::io(&self.path))
    }
}

fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |time| time.as_secs_f64())
}
