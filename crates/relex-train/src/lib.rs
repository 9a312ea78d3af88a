//! Configuration, training loop and prediction for relation classifiers.
//!
//! In relex's flow this crate ties the others together: a checked configuration names a data set,
//! a frozen split and an encoder; [`fit`] turns them into a classifier, from checkpoint to checkpoint
//! if it is given a place for them; [`predict`] turns a classifier and rows into probabilities.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use relex_model::open_device;
//! use relex_train::{SplitData, fit, open_encoder, prepare, resolve};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = resolve("configs/quickstart.toml".as_ref(), &["data.split=split.json".into()])?.check()?;
//! let data = SplitData::load(&config)?;
//! let device = open_device(config.device())?.autodiff();
//! let open = open_encoder(&config, &data.spec, &device)?;
//! let (classifier, prepared) = prepare(open, &config, &data, &device)?;
//! let fitted = fit(classifier, &prepared.input(&config, &data, &device), |event| {
//!     println!("{event:?}");
//!     ControlFlow::Continue(())
//! })?;
//! prepared.save("best".as_ref(), &fitted.classifier)?;
//! # Ok(()) }
//! ```

mod batches;
mod checkpoint;
mod config;
mod error;
mod fit;
mod freeze;
mod loss_scale;
mod optimizer;
mod predict;
mod prepare;
mod pretrain;
mod run;
mod sampler;
mod schedule;
mod tensorboard;

pub use batches::{BatchLimits, prediction_batches, training_batches};
pub use checkpoint::{Checkpoints, DamagedCheckpoint};
pub use config::{
    AdafactorStep, AdversarialConfig, AveragingConfig, Checked, CheckedPretrainingConfig, CheckedTrainConfig,
    CheckpointConfig, ChooseBy, DataConfig, Evaluate, Included, Keep, MaskUnit, MaskingConfig, ModelConfig,
    NamesEncoder, OptimizerConfig, OptimizerRule, PretrainingConfig, PretrainingDataConfig, PretrainingLoopConfig,
    PretrainingModelConfig, ResolvedConfig, Steps, TrainConfig, TrainOn, TrainingConfig, configuration_reference,
    resolve, resolve_pretraining, resolve_with_origins,
};
pub use error::TrainError;
pub use fit::{
    CandidateReport, EvaluationReport, Event, FitInput, Fitted, LabelledRows, ParityStep, Snapshot, StartReport,
    StepReport, Stop, fit, parity,
};
pub use predict::predict;
pub use prepare::{OpenEncoder, Prepared, SplitData, encode_rows, open_encoder, prepare};
pub use pretrain::{
    EncodedSentences, MaskedReport, MaskedSentence, OpenMaskedModel, PretrainingData, PretrainingInput,
    PretrainingProvenance, encode_sentences, mask_sentence, open_masked_model, pretrain,
};
pub use run::{Provenance, RunFolder, RunLock, SentencesRead};
pub use sampler::Sampler;
pub use schedule::{Schedule, Warmup};
pub use tensorboard::EventFile;

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
