//! From hidden states to one logit per relation. A head is one file and one line in [`HeadKind`].

mod cls;
mod entity_start;
mod output;

use burn::{
    module::Module,
    nn::{Initializer, Linear, LinearConfig},
    tensor::{Device, Int, Tensor},
};
use serde::{Deserialize, Serialize};

pub use cls::ClsHead;
pub use entity_start::EntityStartHead;

use crate::{Architecture, ops::Pass};

/// Which head stands on the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HeadKind {
    /// The first token, as transformers' `…ForSequenceClassification` does it.
    Cls,
    /// Both entities' opening markers, concatenated (Baldini Soares et al. 2019).
    #[default]
    EntityStart,
}

/// What a head is made from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadConfig {
    /// The kind of head.
    pub kind: HeadKind,
    /// Width of the hidden states.
    pub hidden_size: usize,
    /// Number of relations.
    pub labels: usize,
    /// Dropout inside the head; each kind says where.
    pub dropout: f32,
    /// With a scale `s` the logits are `s` times the cosine between features and class weights;
    /// without, a linear layer's.
    pub cosine_scale: Option<f32>,
}

/// A head with its weights.
#[derive(Module, Debug)]
pub enum Head {
    /// See [`HeadKind::Cls`].
    Cls(ClsHead),
    /// See [`HeadKind::EntityStart`].
    EntityStart(EntityStartHead),
}

impl Head {
    /// A head whose weights are to be drawn or loaded: until then they are zeros.
    pub fn new(config: &HeadConfig, device: &Device) -> Self {
        match config.kind {
            HeadKind::Cls => Self::Cls(ClsHead::new(config, device)),
            HeadKind::EntityStart => Self::EntityStart(EntityStartHead::new(config, device)),
        }
    }

    /// The head as transformers' `…ForSequenceClassification` of the encoder's family computes it: there a
    /// `cls` head on ELECTRA has GELU where the others have tanh. Other heads stay as they are.
    #[must_use]
    pub fn of_family(self, architecture: Architecture) -> Self {
        match self {
            Self::Cls(head) => Self::Cls(head.of_family(architecture)),
            head => head,
        }
    }

    /// Logits `[batch, labels]` from hidden states `[batch, seq_len, hidden]` and the positions of
    /// the subject's and the object's opening marker, `[batch, 2]`.
    pub fn forward(&self, hidden: Tensor<3>, entity_starts: Tensor<2, Int>, pass: &mut Pass<'_>) -> Tensor<2> {
        match self {
            Self::Cls(head) => head.forward(hidden, pass),
            Self::EntityStart(head) => head.forward(hidden, entity_starts, pass),
        }
    }
}

/// A linear layer of zeros, to be loaded or drawn.
pub(crate) fn linear(input: usize, output: usize, device: &Device) -> Linear {
    LinearConfig::new(input, output)
        .with_initializer(Initializer::Zeros)
        .init(device)
}
