use burn::{
    nn::Linear,
    tensor::{Device, FloatDType, Tensor, module},
};
use serde::{Deserialize, Serialize};

use crate::ModelError;

/// What an encoder's matrix products are computed with. Weights, gradients, norms, softmax, activations, heads and losses are in
/// `f32` whatever it is (Micikevicius et al. 2018, "Mixed Precision Training").
///
/// ```
/// use relex_model::{Precision, open_device};
/// let device = open_device("cpu".parse()?)?;
/// assert!(Precision::Bf16.check(&device).is_ok());
/// # Ok::<(), relex_model::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 24 bits of precision.
    #[default]
    F32,
    /// 8 bits of precision with the range of `f32`.
    Bf16,
    /// 11 bits of precision, numbers up to 65,504 and, with all bits, down to 0.00006: gradients need a scaled loss.
    Fp16,
}

impl Precision {
    /// Its name in configurations and provenances.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Fp16 => "fp16",
        }
    }

    /// Refuses a device that cannot compute with it.
    ///
    /// # Errors
    ///
    /// [`ModelError::Device`] then.
    pub fn check(self, device: &Device) -> Result<(), ModelError> {
        match self.low() {
            Some(low) if !device.supports_dtype(low) => Err(ModelError::Device {
                device: format!("{device:?}"),
                reason: format!(
                    "it cannot compute in {}; choose another device, or train with training.precision = \"f32\"",
                    self.name()
                ),
            }),
            _ => Ok(()),
        }
    }

    fn low(self) -> Option<FloatDType> {
        match self {
            Self::F32 => None,
            Self::Bf16 => Some(FloatDType::BF16),
            Self::Fp16 => Some(FloatDType::F16),
        }
    }

    /// A tensor as the products want it.
    pub(crate) fn lower<const D: usize>(self, tensor: Tensor<D>) -> Tensor<D> {
        match self.low() {
            None => tensor,
            Some(low) => tensor.cast(low),
        }
    }

    /// What a product gave, in `f32`.
    pub(crate) fn raise<const D: usize>(self, tensor: Tensor<D>) -> Tensor<D> {
        match self.low() {
            None => tensor,
            Some(_) => tensor.cast(FloatDType::F32),
        }
    }

    /// A linear layer on a lowered `input` `[.., inputs]`, its weights lowered too.
    pub(crate) fn linear<const D: usize>(self, layer: &Linear, input: Tensor<D>) -> Tensor<D> {
        match self.low() {
            None => super::linear(layer, input),
            Some(low) => module::linear(
                input,
                layer.weight.val().cast(low),
                layer.bias.as_ref().map(|bias| bias.val().cast(low)),
            ),
        }
    }
}
