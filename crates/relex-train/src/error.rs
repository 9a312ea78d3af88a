use std::path::PathBuf;

use relex_data::DataError;
use relex_eval::EvalError;
use relex_loss::LossError;
use relex_model::ModelError;

/// How many ids a message shows.
const SHOWN: usize = 10;

/// What can go wrong between a configuration and a trained classifier.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A configuration file or a `--set` cannot be understood.
    #[error("{origin}: {reason}")]
    Config {
        /// The file, or the `--set` as it was given.
        origin: String,
        /// What is wrong with it, and the remedy.
        reason: String,
    },
    /// A setting has a value that cannot work.
    #[error("configuration: {key} = {value}: {reason}")]
    Setting {
        /// The setting's full name.
        key: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it, and the remedy.
        reason: String,
    },
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
    /// A run folder cannot be used.
    #[error("{}: {reason}", path.display())]
    Run {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it, and the remedy.
        reason: String,
    },
    /// Rows whose entities overlap, so that markers cannot be put around them.
    #[error("{} of {rows} rows have entities that overlap, and markers cannot stand around both: {}{}; remove these rows or correct their \
             offsets (a split is then made again), or train with model.markers = \"none\"",
        ids.len(), ids[..ids.len().min(SHOWN)].join(", "), if ids.len() > SHOWN { ", …" } else { "" })]
    Overlapping {
        /// Ids of these rows.
        ids: Vec<String>,
        /// How many rows there are.
        rows: usize,
    },
    /// Training diverged.
    #[error("step {step}: the {what} is {value}; the batch holds the examples {}; the last good checkpoint is {}; lower optimizer.learning_rate or look at these rows",
        ids.join(", "), checkpoint.as_ref().map_or("none".into(), |path| path.display().to_string()))]
    NotFinite {
        /// The step, counted from 1.
        step: usize,
        /// Loss or gradient norm.
        what: &'static str,
        /// Its value.
        value: f32,
        /// Ids of the batch's examples.
        ids: Vec<String>,
        /// The newest checkpoint, which is from before.
        checkpoint: Option<PathBuf>,
    },
    /// A classifier predicts what is not a number.
    #[error("row {row}: a probability is {value}; the model's weights are damaged or diverged")]
    Prediction {
        /// The row among those that were predicted, from 1.
        row: usize,
        /// What it predicts.
        value: f32,
    },
    /// A device does not hand its numbers over.
    #[error("the device failed: {reason}")]
    Device {
        /// Its reason.
        reason: String,
    },
    /// The observer asked to stop.
    #[error("stopped after step {step}")]
    Stopped {
        /// The last finished step.
        step: usize,
    },
    /// From reading and splitting data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// From the model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// From the loss.
    #[error("configuration: loss: {0}")]
    Loss(#[from] LossError),
    /// From scoring.
    #[error(transparent)]
    Eval(#[from] EvalError),
}

impl TrainError {
    /// [`Self::Device`], for `map_err`.
    pub(crate) fn of_device(reason: impl std::fmt::Debug) -> Self {
        Self::Device {
            reason: format!("{reason:?}"),
        }
    }

    /// [`Self::Io`] about a file or folder, for `map_err`.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
