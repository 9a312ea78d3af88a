//! Loss scaling for `fp16`.

use burn::tensor::Tensor;
use relex_model::Precision;
use serde::{Deserialize, Serialize};

/// What the loss is multiplied by, so that small gradients do not vanish in `fp16`, and its growth and fall (Micikevicius et al.
/// 2018, "Mixed Precision Training"; the numbers are those of PyTorch's `GradScaler`). In other precisions it is always 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct LossScale {
    /// A power of two, so that scaling rounds nothing; none where nothing is scaled.
    factor: Option<f32>,
    /// Updates since it last changed.
    updates: usize,
}

const FIRST: f32 = 65_536.0;

/// Updates after which the factor doubles.
const PATIENCE: usize = 2000;

impl LossScale {
    /// Where training in this precision begins.
    pub(crate) fn new(precision: Precision) -> Self {
        Self {
            factor: (precision == Precision::Fp16).then_some(FIRST),
            updates: 0,
        }
    }

    /// What losses, and therefore gradients, are multiplied by.
    pub(crate) fn factor(&self) -> f32 {
        self.factor.unwrap_or(1.0)
    }

    /// The loss whose gradients are computed.
    pub(crate) fn apply(&self, loss: Tensor<1>) -> Tensor<1> {
        match self.factor {
            None => loss,
            Some(factor) => loss.mul_scalar(factor),
        }
    }

    /// Takes note of an update.
    pub(crate) fn updated(&mut self) {
        self.updates += 1;
        if self.updates == PATIENCE {
            self.factor = self.factor.map(|factor| factor * 2.0);
            self.updates = 0;
        }
    }

    /// Takes note of a step whose loss or gradients were not finite; whether it is to be skipped, since a smaller factor may
    /// do better.
    pub(crate) fn overflowed(&mut self) -> bool {
        self.factor = self.factor.map(|factor| factor / 2.0);
        self.updates = 0;
        self.factor.is_some_and(|factor| factor >= 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_at_once_and_doubles_with_patience() {
        let mut scale = LossScale::new(Precision::Fp16);
        assert!(scale.overflowed());
        assert_eq!(scale.factor(), FIRST / 2.0);
        (0..PATIENCE - 1).for_each(|_| scale.updated());
        assert_eq!(scale.factor(), FIRST / 2.0);
        scale.updated();
        assert_eq!(scale, LossScale::new(Precision::Fp16));
        // an overflow begins the count anew
        (0..PATIENCE - 1).for_each(|_| scale.updated());
        assert!(scale.overflowed());
        scale.updated();
        assert_eq!((scale.factor(), scale.updates), (FIRST / 2.0, 1));
    }

    #[test]
    fn it_gives_up_below_1_and_elsewhere_at_once() {
        let mut scale = LossScale::new(Precision::Fp16);
        // 2^16 down to 2^0
        assert!((0..16).all(|_| scale.overflowed()));
        assert!(!scale.overflowed());
        let mut none = LossScale::new(Precision::Bf16);
        (0..2 * PATIENCE).for_each(|_| none.updated());
        assert_eq!(none.factor(), 1.0);
        assert!(!none.overflowed());
    }
}
