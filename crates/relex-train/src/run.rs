//! The run folder: what is where in it, who may write it, and what a run was made from.

mod lock;
mod sentences_read;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

pub use lock::RunLock;
pub use sentences_read::SentencesRead;

use crate::TrainError;

/// What the names of files and folders begin with that are not whole yet.
const LEFTOVERS: [&str; 2] = [".saving-", ".relex-"];

/// A folder that holds everything about one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// The run folder at `path`, whether or not it is there yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Takes the folder for a new run: makes it if it is not there, keeps other processes out of it, and removes what one that
    /// was killed before it had begun left half written.
    ///
    /// # Errors
    ///
    /// [`TrainError::Run`] when it holds a run or another process writes one into it, [`TrainError::Io`] when it cannot be made.
    pub fn claim(&self) -> Result<RunLock, TrainError> {
        self.check_free()?;
        let lock = RunLock::take(&self.path)?;
        // Another process may have begun and left a run in between.
        self.check_free()?;
        self.remove_leftovers()?;
        Ok(lock)
    }

    /// Takes the folder of a run that was begun, and removes what a killed process left half written.
    ///
    /// # Errors
    ///
    /// [`TrainError::Run`] when it holds no run or another process is writing it, [`TrainError::Io`] when it cannot be read.
    pub fn reclaim(&self) -> Result<RunLock, TrainError> {
        if !self.has_begun() {
            return Err(TrainError::Run {
                path: self.path.clone(),
                reason: "no run was begun here (there is no config.toml); begin one with --config".into(),
            });
        }
        let lock = RunLock::take(&self.path)?;
        self.remove_leftovers()?;
        Ok(lock)
    }

    fn remove_leftovers(&self) -> Result<(), TrainError> {
        for entry in std::fs::read_dir(&self.path).map_err(TrainError::io(&self.path))? {
            let path = entry.map_err(TrainError::io(&self.path))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !LEFTOVERS.iter().any(|start| name.starts_with(start)) {
                continue;
            }
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
            removed.map_err(TrainError::io(&path))?;
        }
        Ok(())
    }

    /// Whether a run was begun here.
    pub fn has_begun(&self) -> bool {
        self.config().is_file()
    }

    /// Whether a run was brought to its end here: its provenance is written last.
    pub fn is_finished(&self) -> bool {
        self.provenance().is_file()
    }

    /// Refuses a folder that a new run cannot have, without touching it.
    ///
    /// # Errors
    ///
    /// [`TrainError::Run`] when it holds a run or is a file.
    pub fn check_free(&self) -> Result<(), TrainError> {
        let run = self;
        if run.path.is_file() {
            return Err(TrainError::Run {
                path: run.path.clone(),
                reason: "this is a file; choose a folder with --run".into(),
            });
        }
        let parts = [
            run.model(),
            run.config(),
            run.series(),
            run.provenance(),
            run.checkpoints(),
        ];
        if parts.iter().any(|part| part.exists()) {
            return Err(TrainError::Run {
                path: run.path.clone(),
                reason: "this folder already holds a run; choose another with --run, remove it, or go on with it by --resume".into(),
            });
        }
        Ok(())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's name, which is the run's.
    pub fn name(&self) -> String {
        self.path
            .file_name()
            .map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned())
    }

    /// The resolved configuration.
    pub fn config(&self) -> PathBuf {
        self.path.join("config.toml")
    }

    /// The split that the run was trained with.
    pub fn split(&self) -> PathBuf {
        self.path.join("split.json")
    }

    /// What the run was made from and what it cost.
    pub fn provenance(&self) -> PathBuf {
        self.path.join("provenance.json")
    }

    /// One JSON object for each step and evaluation.
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    /// What the run goes on from; gone when it is finished.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }

    /// The weights that were kept, as a Hugging Face folder.
    pub fn model(&self) -> PathBuf {
        self.path.join("best")
    }

    /// The encoder that further pre-training made, as a Hugging Face folder.
    pub fn encoder(&self) -> PathBuf {
        self.path.join("encoder")
    }

    /// Which rows' sentences further pre-training learnt from and measured on.
    pub fn sentences(&self) -> PathBuf {
        self.path.join("sentences.json")
    }

    /// Predictions for a named set of rows.
    pub fn predictions(&self, rows: &str) -> PathBuf {
        self.path.join("predictions").join(format!("{rows}.csv"))
    }

    /// Scores for a named set of rows.
    pub fn evaluation(&self, rows: &str) -> PathBuf {
        self.path.join("predictions").join(format!("{rows}.evaluation.json"))
    }

    /// Predictions for the data set's test rows.
    pub fn submission(&self) -> PathBuf {
        self.path.join("submission.csv")
    }

    /// What a series of runs, each in a folder of its own inside this one, is made from.
    pub fn series(&self) -> PathBuf {
        self.path.join("series.toml")
    }

    /// One JSON object for each step and evaluation, as TensorBoard reads it.
    pub fn events(&self) -> PathBuf {
        self.path.join("events.out.tfevents")
    }

    /// The classifier at the evaluation after this step, if it was to stay.
    pub fn kept_evaluation(&self, step: usize) -> PathBuf {
        self.path.join("evaluations").join(format!("step-{step}"))
    }

    /// The report.
    pub fn report(&self) -> PathBuf {
        self.path.join("report.html")
    }
}

/// What a run was made from and what it cost; the content of `provenance.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
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
    /// Name and SHA-256 of each of the encoder's files.
    pub encoder: BTreeMap<String, String>,
    /// Commit of the hub's repository that these are of, if they come from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder_commit: Option<String>,
    /// The seed.
    pub seed: u64,
    /// The device.
    pub device: String,
    /// Type of the numbers that were computed with.
    pub precision: String,
    /// Rows learnt from, augmented ones included.
    pub train_rows: usize,
    /// Augmented rows among them.
    #[serde(default)]
    pub augmented_rows: usize,
    /// SHA-256 of the file that they came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub augmented_hash: Option<String>,
    /// Rows measured on.
    pub valid_rows: usize,
    /// Those of them whose sentence the encoder had read before, as far as its folder tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_rows_read_before: Option<usize>,
    /// Sentences that were cut to fit.
    pub truncated_sentences: usize,
    /// Tokens that were left out of them.
    #[serde(default)]
    pub truncated_tokens: usize,
    /// Updates.
    pub steps: usize,
    /// Tokens learnt from, over all epochs, padding not counted.
    pub tokens: usize,
    /// Share of padding in all tokens computed.
    pub padding_share: f64,
    /// Seconds spent in training steps.
    pub train_seconds: f64,
    /// Of these, seconds in putting batches together and handing them to the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_seconds: Option<f64>,
    /// Seconds from start to end.
    pub wall_seconds: f64,
    /// Seconds that devices other than the processor were held, summed over them: the time from start to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_seconds: Option<f64>,
    /// Processor seconds in all threads, where the system tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor_seconds: Option<f64>,
    /// Examples a second over the second half of the steps of the process that ended the run, where it made two or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steady_examples_per_second: Option<f64>,
    /// The process's largest resident memory, in MiB, where the system tells it.
    pub peak_memory_mib: Option<f64>,
}

impl Provenance {
    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let json = serde_json::to_vec_pretty(self).map_err(|error| TrainError::io(path)(error.into()))?;
        Ok(relex_data::write_atomically(path, &json)?)
    }

    /// Reads it back.
    ///
    /// # Errors
    ///
    /// When it is missing or not what [`Self::write`] wrote.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = std::fs::read_to_string(path).map_err(TrainError::io(path))?;
        serde_json::from_str(&text).map_err(|error| TrainError::Run {
            path: path.into(),
            reason: format!("not a provenance file: {error}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_half_written_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let left = || {
            let file = folder.path().join(".relex-aBcDeF.partial");
            std::fs::write(&file, "half").unwrap();
            file
        };
        let run = RunFolder::at(folder.path());
        // Killed before the run had begun, and after.
        let file = left();
        drop(run.claim().unwrap());
        assert!(!file.exists());
        std::fs::write(run.config(), "").unwrap();
        let file = left();
        drop(run.reclaim().unwrap());
        assert!(!file.exists() && run.config().exists());
    }
}
