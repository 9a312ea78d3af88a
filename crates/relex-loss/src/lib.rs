//! Losses for single-label classification on Burn tensors.
//!
//! In relex's flow this crate stands between logits and the optimiser; it knows nothing but Burn,
//! so that it can be used on any logits. One file a loss, each a function of logits and targets;
//! [`LossConfig`] names them all for a configuration file, and makes a [`Loss`] for a run.
//!
//! ```
//! use burn::tensor::{Device, Int, Tensor};
//! use relex_loss::LossConfig;
//!
//! # fn main() -> Result<(), relex_loss::LossError> {
//! let device = Device::flex();
//! let logits = Tensor::<2>::from_floats([[2.0, 0.0], [0.0, 0.0]], &device);
//! let targets = Tensor::<1, Int>::from_ints([0, 1], &device);
//! let loss = LossConfig::default().build(&[5, 3], None)?; // 5 and 3 training rows, a linear layer's logits
//! let value: f32 = loss.value(|| logits.clone(), targets, 0.0).into_scalar();
//! // (ln(1 + e⁻²) + ln 2) / 2
//! assert!((value - (0.126928 + 0.693147) / 2.0).abs() < 1e-5);
//! # Ok(()) }
//! ```
//!
//! Every loss of a batch is one number, differentiable in the logits, finite at logits of ±10⁴, and
//! computed in `f32` when the logits are in half precision. Tensors whose shapes do not fit
//! together, and targets that are no class, make Burn panic.

mod class_balanced;
mod class_weights;
mod config;
mod cross_entropy;
mod error;
mod focal;
mod focal_batch_mean;
mod label_smoothing;
mod ldam;
mod logit_adjustment;
mod loss;
mod r_drop;
mod tensors;

pub use class_balanced::{effective_number_weights, inverse_frequency_weights};
pub use class_weights::ClassWeights;
pub use config::LossConfig;
pub use cross_entropy::cross_entropy;
pub use error::LossError;
pub use focal::focal;
pub use focal_batch_mean::focal_batch_mean;
pub use label_smoothing::{LabelSmoothing, SmoothOver};
pub use ldam::{ldam, ldam_margins};
pub use logit_adjustment::logit_adjusted;
pub use loss::Loss;
pub use r_drop::{r_drop, symmetric_kl};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
