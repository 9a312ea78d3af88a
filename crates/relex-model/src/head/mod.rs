//! From hidden states to one logit per relation. A head is one file, and one line in [`HeadKind`].

mod attention;
mod bilstm;
mod bilstm_v2;
mod cls;
mod draw;
mod entity_mean;
mod entity_span_cls;
mod entity_start;
mod input;
mod kind;
mod lstm;
mod mean;
mod output;
mod r_bert;
#[cfg(test)]
mod tests;

use burn::{
    module::Module,
    nn::{Initializer, Linear, LinearConfig},
    tensor::{Device, Tensor},
};

pub use attention::AttentionHead;
pub use bilstm::{BiLstmHead, BiLstmSettings};
pub use bilstm_v2::BiLstmV2Head;
pub use cls::{ClsHead, ClsSettings};
pub use entity_mean::EntityMeanHead;
pub use entity_span_cls::EntitySpanClsHead;
pub use entity_start::EntityStartHead;
pub use input::HeadInput;
pub(crate) use input::{Tokens, chosen};
pub use kind::NoSettings;
pub use mean::MeanHead;
pub use r_bert::RBertHead;

use crate::{Architecture, ops::Pass};

/// Writes [`HeadKind`] and [`Head`] from one list: a line holds a head's documentation, its name here, its module, its settings
/// and its name in configuration files. The module has `TOKENS`, `new(settings, config, device)` and `forward(input, pass)`.
macro_rules! heads {
    ($($(#[$documentation:meta])* $kind:ident($head:ty, $settings:ty) = $name:literal,)+) => {
        /// Which head stands on the encoder, with its settings.
        ///
        /// In a configuration file it is a name, `head = "cls"`, which leaves every setting at its default, or a table:
        ///
        /// ```
        /// # use relex_model::HeadKind;
        /// let wide: HeadKind = serde_json::from_str(r#"{ "kind": "cls", "width": 2 }"#)?;
        /// let plain: HeadKind = serde_json::from_str(r#""cls""#)?;
        /// assert_ne!(wide, plain);
        /// assert!(serde_json::from_str::<HeadKind>(r#"{ "kind": "cls", "widht": 2 }"#).is_err());
        /// # Ok::<(), serde_json::Error>(())
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(remote = "Self", tag = "kind")]
        #[non_exhaustive]
        pub enum HeadKind {
            $($(#[$documentation])* #[serde(rename = $name)] $kind($settings),)+
        }

        impl HeadKind {
            /// The names of all kinds, as in configuration files.
            pub const NAMES: &[&str] = &[$($name),+];
        }

        /// A head with its weights.
        #[derive(Module, Debug)]
        pub enum Head {
            $(#[doc = concat!("See [`HeadKind::", stringify!($kind), "`].")] $kind($head),)+
        }

        impl Head {
            /// A head whose weights are to be drawn or loaded: until then they are zeros.
            pub fn new(config: &HeadConfig, device: &Device) -> Self {
                match config.kind {
                    $(HeadKind::$kind(settings) => Self::$kind(<$head>::new(settings, config, device)),)+
                }
            }

            /// The tokens that it reads.
            pub(crate) fn tokens(&self) -> Tokens {
                match self {
                    $(Self::$kind(_) => <$head>::TOKENS,)+
                }
            }

            /// Logits `[batch, labels]`.
            pub fn forward(&self, input: &HeadInput, pass: &mut Pass<'_>) -> Tensor<2> {
                match self {
                    $(Self::$kind(head) => head.forward(input, pass),)+
                }
            }
        }
    };
}

heads! {
    /// The first token, as transformers' `…ForSequenceClassification` does it; wider or deeper if wanted.
    Cls(ClsHead, ClsSettings) = "cls",
    /// The mean of all tokens.
    Mean(MeanHead, NoSettings) = "mean",
    /// A weighted mean of all tokens, with weights that are learnt (Yang et al. 2016).
    Attention(AttentionHead, NoSettings) = "attention",
    /// A bidirectional LSTM's two states at the last token.
    BiLstm(BiLstmHead, BiLstmSettings) = "bilstm",
    /// A bidirectional LSTM's last state of either direction: forward at the last token, backward at the first.
    BiLstmV2(BiLstmV2Head, BiLstmSettings) = "bilstm-v2",
    /// First token and the mean of each entity's tokens, each through a layer (Wu & He 2019).
    RBert(RBertHead, NoSettings) = "r-bert",
    /// Both entities' opening markers, concatenated (Baldini Soares et al. 2019).
    EntityStart(EntityStartHead, NoSettings) = "entity-start",
    /// The means of both entities' tokens, concatenated.
    EntityMean(EntityMeanHead, NoSettings) = "entity-mean",
    /// First token, and the first and last token of each entity (Lee et al. 2017), concatenated.
    EntitySpanCls(EntitySpanClsHead, NoSettings) = "entity-span+cls",
}

impl Default for HeadKind {
    fn default() -> Self {
        Self::EntityStart(NoSettings {})
    }
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

impl Head {
    /// The head as transformers' `…ForSequenceClassification` of the encoder's family computes it: there a
    /// `cls` head on ELECTRA has GELU where the others have tanh. Other heads stay as they are.
    #[must_use]
    pub fn of_family(self, architecture: Architecture) -> Self {
        match self {
            Self::Cls(head) => Self::Cls(head.of_family(architecture)),
            head => head,
        }
    }
}

/// A linear layer of zeros, to be loaded or drawn.
pub(crate) fn linear(input: usize, output: usize, device: &Device) -> Linear {
    LinearConfig::new(input, output)
        .with_initializer(Initializer::Zeros)
        .init(device)
}

/// As [`linear`], without a bias.
fn linear_without_bias(input: usize, output: usize, device: &Device) -> Linear {
    Linear {
        bias: None,
        ..linear(input, output, device)
    }
}
