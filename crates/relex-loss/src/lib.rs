//! Losses for single-label classification on Burn tensors.
//!
//! In relex's flow this crate stands between logits and the optimiser; it knows nothing but Burn,
//! so that it can be used on any logits. One file a loss; [`LossConfig`] names them all.
//!
//! ```
//! use burn::tensor::{Device, Int, Tensor};
//! use relex_loss::LossConfig;
//!
//! let device = Device::flex();
//! let logits = Tensor::<2>::from_floats([[2.0, 0.0], [0.0, 0.0]], &device);
//! let targets = Tensor::<1, Int>::from_ints([0, 1], &device);
//! let loss: f32 = LossConfig::default().loss(logits, targets).into_scalar();
//! // (ln(1 + e⁻²) + ln 2) / 2
//! assert!((loss - (0.126928 + 0.693147) / 2.0).abs() < 1e-5);
//! ```

mod cross_entropy;
mod error;

use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

pub use cross_entropy::cross_entropy;
pub use error::LossError;

/// Which loss, and its numbers; the `[loss]` table of a configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LossConfig {
    /// Cross entropy, see [`cross_entropy`].
    CrossEntropy {
        /// ε of label smoothing, in `[0, 1)`; 0 for none.
        #[serde(default)]
        label_smoothing: f32,
    },
}

impl Default for LossConfig {
    fn default() -> Self {
        Self::CrossEntropy { label_smoothing: 0.0 }
    }
}

impl LossConfig {
    /// Checks the numbers.
    ///
    /// # Errors
    ///
    /// When one is outside its range.
    pub fn check(&self) -> Result<(), LossError> {
        let Self::CrossEntropy { label_smoothing } = *self;
        if (0.0..1.0).contains(&label_smoothing) {
            Ok(())
        } else {
            Err(LossError::OutOfRange {
                name: "label_smoothing",
                value: label_smoothing,
                range: "[0, 1)",
            })
        }
    }

    /// The loss of a batch, one number: `logits` is `[batch, classes]`, `targets` is `[batch]` of
    /// class indices.
    pub fn loss(&self, logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        match *self {
            Self::CrossEntropy { label_smoothing } => cross_entropy(logits, targets, label_smoothing),
        }
    }
}
