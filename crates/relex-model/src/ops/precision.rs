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
        self.check_for(device, |low| device.supports_dtype(low))
    }

    /// [`Self::check`] for a device that can compute in what `supports` says.
    fn check_for(self, device: &Device, supports: impl Fn(FloatDType) -> bool) -> Result<(), ModelError> {
        match self.low() {
            Some(low) if !supports(low) => Err(ModelError::Device {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As a device that has nothing but this beside `f32`.
    #[track_caller]
    fn check(precision: Precision, has: Option<FloatDType>, refused: Option<&str>) {
        let device = Device::flex();
        let found = precision.check_for(&device, |low| Some(low) == has);
        let expected = refused.map(|name| {
            format!(
                "device \"{device:?}\": it cannot compute in {name}; choose another device, or train with \
                 training.precision = \"f32\""
            )
        });
        assert_eq!(found.err().map(|error| error.to_string()), expected);
    }

    #[test]
    fn a_device_without_a_precision_is_refused_by_name() {
        check(Precision::Bf16, None, Some("bf16"));
        check(Precision::Bf16, Some(FloatDType::F16), Some("bf16"));
        check(Precision::Fp16, None, Some("fp16"));
        check(Precision::Fp16, Some(FloatDType::BF16), Some("fp16"));
    }

    #[test]
    fn every_device_has_f32_and_what_it_has_is_taken() {
        check(Precision::F32, None, None);
        check(Precision::Bf16, Some(FloatDType::BF16), None);
        check(Precision::Fp16, Some(FloatDType::F16), None);
    }

    /// The processor has them all.
    #[test]
    fn a_device_is_asked_itself() {
        for precision in [Precision::F32, Precision::Bf16, Precision::Fp16] {
            assert!(precision.check(&Device::flex()).is_ok());
        }
    }
}
