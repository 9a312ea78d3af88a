//! Encoders and heads for relation classification, on Burn, with the weights that Hugging Face's, PyTorch's and
//! llama.cpp's files hold.
//!
//! In relex's flow this crate stands between data and training:
//! marked sentence → [`TextEncoder`] → [`Batch`] → [`Encoder`] → [`Head`] → logits.
//!
//! ```no_run
//! use relex_model::{Batch, Pass, load_classifier, open_device};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let device = open_device("cpu".parse()?)?;
//! let model = load_classifier("runs/quickstart/best".as_ref(), &device)?;
//! let spec = relex_data::DatasetSpec::from_file("datasets/sample/dataset.toml".as_ref())?;
//! # let examples: Vec<relex_data::Example> = vec![];
//! let encoded = model.encode(&examples, &spec)?;
//! let rows: Vec<usize> = (0..encoded.len()).collect();
//! let batch = Batch::new(&encoded, &rows, model.encoder_config.pad_token_id);
//! let logits = model.classifier.forward(batch.to_device(&device), &mut Pass::Inference);
//! # Ok(()) }
//! ```

mod classifier;
mod device;
mod encode;
mod encoder;
mod error;
mod export;
pub mod flex;
mod head;
mod load;
#[cfg(test)]
mod marker_tests;
mod masked;
mod ops;
#[cfg(test)]
mod reference_tests;
mod save;
mod tensor_file;
mod transformers;
mod type_embedding;

pub use classifier::Classifier;
pub use device::{DeviceChoice, open_device};
pub use encode::{Batch, BatchTensors, EncodedExample, EncodedSentence, MaskTokens, NewToken, TextEncoder, Truncation};
pub use encoder::{Activations, Architecture, Encoder, EncoderConfig};
pub use error::ModelError;
pub use export::export_classifier;
pub use head::{
    AttentionHead, BiLstmHead, BiLstmSettings, BiLstmV2Head, ClsHead, ClsSettings, EntityMeanHead, EntitySpanClsHead,
    EntityStartHead, Head, HeadConfig, HeadInput, HeadKind, MeanHead, NoSettings, RBertHead,
};
pub use load::{
    LoadReport, WEIGHT_FILES, WeightFile, WeightTensor, find_weights, load_encoder, open_weights, weight_parts,
};
pub use masked::{HeadOrigin, LoadedMaskedModel, MaskedHead, MaskedModel, load_masked_model, save_masked_model};
pub use ops::{Activation, DropoutKeys, DropoutMask, Pass, Precision};
pub use save::{ClassifierConfig, LoadedClassifier, load_classifier, save_classifier};
pub use tensor_file::{LazyTensor, TensorFile, write_tensors};
pub use transformers::TransformersTask;
pub use type_embedding::TypeEmbedding;

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
