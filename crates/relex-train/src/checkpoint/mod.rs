//! Checkpoints: a run between two steps, on the disk, from which it goes on as if it had never been broken off.
//!
//! A checkpoint is a folder `step-<n>`: weights, what the optimiser remembers, snapshots kept for later, and `state.toml` with
//! every number besides. It is written under another name, synced, listed with the SHA-256 of each file, and renamed, so that
//! it is there whole or not at all; one that was damaged since is recognised, and the one before it is taken.

mod folder;
mod optimizer;
mod weights;

use std::path::{Path, PathBuf};

use burn::{module::Module, tensor::Device};
use relex_model::ModelError;
use serde::{Deserialize, Serialize};

use crate::{
    TrainError,
    fit::{Progress, Snapshot, TrainingState},
    optimizer::Optimizer,
};

/// The version of the layout that this program writes and reads.
const FORMAT_VERSION: u32 = 2;
const WEIGHTS: &str = "weights.safetensors";
const OPTIMIZER: &str = "optimizer.safetensors";
const STATE: &str = "state.toml";
const EMA: &str = "ema.safetensors";
const SWA: &str = "swa.safetensors";

/// Where a run's checkpoints are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoints {
    folder: PathBuf,
    fingerprint: String,
    keep: usize,
}

/// A checkpoint that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedCheckpoint {
    /// Its folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// The numbers of a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    format_version: u32,
    fingerprint: String,
    progress: Progress,
    #[serde(default)]
    kept: Vec<KeptFile>,
}

/// A snapshot beside the weights, in [`kept_name`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptFile {
    step: usize,
    score: f64,
}

/// What [`Checkpoints::read`] finds.
pub(crate) struct Found<M> {
    /// The newest checkpoint that is whole, if there is any.
    pub(crate) whole: Option<(M, TrainingState<M>)>,
    /// Newer ones that are not; they have other names now.
    pub(crate) damaged: Vec<DamagedCheckpoint>,
}

impl Checkpoints {
    /// Checkpoints in `folder`, of which the newest `keep` stay. `fingerprint` says what the run is made from: a checkpoint
    /// with another is refused.
    pub fn new(folder: impl Into<PathBuf>, fingerprint: impl Into<String>, keep: usize) -> Self {
        Self {
            folder: folder.into(),
            fingerprint: fingerprint.into(),
            keep,
        }
    }

    /// The newest checkpoint by its name, whether or not it is whole.
    pub fn newest(&self) -> Option<PathBuf> {
        self.steps().last().map(|&step| self.place(step))
    }

    /// Removes all checkpoints, and the folder.
    ///
    /// # Errors
    ///
    /// [`TrainError::Io`] when it cannot.
    pub fn remove(&self) -> Result<(), TrainError> {
        if self.folder.exists() {
            std::fs::remove_dir_all(&self.folder).map_err(TrainError::io(&self.folder))?;
        }
        Ok(())
    }

    /// Writes a checkpoint, and removes those that are too many; its folder.
    pub(crate) fn write<M: Module>(&self, classifier: &M, state: &TrainingState<M>) -> Result<PathBuf, TrainError> {
        let folder = folder::begin(&self.folder)?;
        let file = |name: &str| folder.path().join(name);
        weights::write(classifier, &file(WEIGHTS))?;
        optimizer::write(state.optimizer.memory(), &file(OPTIMIZER))?;
        for (average, name) in [(&state.ema, EMA), (&state.swa, SWA)] {
            if let Some(average) = average {
                weights::write(average, &file(name))?;
            }
        }
        for kept in &state.kept {
            weights::write(&kept.classifier, &file(&kept_name(kept.step)))?;
        }
        let kept = state.kept.iter().map(|kept| KeptFile {
            step: kept.step,
            score: kept.score,
        });
        let numbers = StateFile {
            format_version: FORMAT_VERSION,
            fingerprint: self.fingerprint.clone(),
            progress: state.progress.clone(),
            kept: kept.collect(),
        };
        // TOML, because its numbers come back as the same bits.
        let text = toml::to_string(&numbers).map_err(|error| refuse(&file(STATE), error.to_string()))?;
        std::fs::write(file(STATE), text).map_err(TrainError::io(file(STATE)))?;
        let place = self.place(state.progress.step);
        folder::publish(folder, &place)?;
        let steps = self.steps();
        for &step in steps.iter().rev().skip(self.keep) {
            folder::remove(&self.place(step))?;
        }
        Ok(place)
    }

    /// The newest checkpoint that is whole. `classifier` and `optimizer` are as the run began with them.
    pub(crate) fn read<M: Module>(
        &self,
        classifier: &M,
        optimizer: Optimizer,
        device: &Device,
    ) -> Result<Found<M>, TrainError> {
        folder::sweep(&self.folder)?;
        let mut damaged = Vec::new();
        for &step in self.steps().iter().rev() {
            let path = self.place(step);
            if let Some(reason) = folder::damage(&path) {
                damaged.push(DamagedCheckpoint { path, reason });
                continue;
            }
            let whole = self.read_whole(&path, classifier, optimizer, device)?;
            // They would be in the way of those that the run is about to write again.
            for checkpoint in &damaged {
                folder::set_aside(&checkpoint.path)?;
            }
            return Ok(Found {
                whole: Some(whole),
                damaged,
            });
        }
        if let Some(first) = damaged.first() {
            return Err(refuse(
                &first.path,
                format!(
                    "{}, and no other checkpoint of the run is whole; remove {} to train it from the beginning",
                    first.reason,
                    self.folder.display()
                ),
            ));
        }
        Ok(Found { whole: None, damaged })
    }

    fn read_whole<M: Module>(
        &self,
        path: &Path,
        classifier: &M,
        mut optimizer: Optimizer,
        device: &Device,
    ) -> Result<(M, TrainingState<M>), TrainError> {
        let file = path.join(STATE);
        let text = std::fs::read_to_string(&file).map_err(TrainError::io(&file))?;
        let numbers: StateFile = toml::from_str(&text).map_err(|error| refuse(&file, error.to_string()))?;
        if numbers.format_version != FORMAT_VERSION {
            let reason = format!(
                "format version {} is not {FORMAT_VERSION}; go on with the release of relex that wrote it",
                numbers.format_version
            );
            return Err(refuse(&file, reason));
        }
        if numbers.fingerprint != self.fingerprint {
            let reason = "the run's configuration, split or encoder is not what it was when this checkpoint was written; undo the \
                          change, or train a new run";
            return Err(refuse(&file, reason.into()));
        }
        let read = |name: &str| weights::read(classifier.clone(), &path.join(name), device);
        let kept = numbers.kept.iter().map(|kept| {
            Ok(Snapshot {
                step: kept.step,
                score: kept.score,
                classifier: read(&kept_name(kept.step))?,
            })
        });
        let average = |name: &str| path.join(name).exists().then(|| read(name)).transpose();
        let memory = optimizer::read(&path.join(OPTIMIZER), &device.clone().inner())?;
        optimizer
            .restore(memory, classifier)
            .map_err(|reason| refuse(&path.join(OPTIMIZER), reason))?;
        let state = TrainingState {
            ema: average(EMA)?,
            swa: average(SWA)?,
            kept: kept.collect::<Result<_, TrainError>>()?,
            optimizer,
            saved: Some(numbers.progress.reports),
            progress: numbers.progress,
        };
        Ok((read(WEIGHTS)?, state))
    }

    fn place(&self, step: usize) -> PathBuf {
        self.folder.join(format!("step-{step}"))
    }

    /// The steps of all checkpoints, rising.
    fn steps(&self) -> Vec<usize> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut steps: Vec<usize> = entries
            .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("step-")?.parse().ok())
            .collect();
        steps.sort_unstable();
        steps
    }
}

fn kept_name(step: usize) -> String {
    format!("kept-{step}.safetensors")
}

/// A file that cannot be written is told as such.
fn written(outcome: Result<(), ModelError>) -> Result<(), TrainError> {
    outcome.map_err(|error| match error {
        ModelError::Data(error) => TrainError::Data(error),
        error => TrainError::Model(error),
    })
}

fn refuse(path: &Path, reason: String) -> TrainError {
    TrainError::Run {
        path: path.into(),
        reason,
    }
}
