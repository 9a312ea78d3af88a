//! The pre-trained encoder, which learns the tokens of the markers.

use burn::tensor::Device;
use relex_data::DatasetSpec;
use relex_model::{Encoder, EncoderConfig, LoadReport, NewToken, TextEncoder, load_encoder};

use crate::{CheckedTrainConfig, TrainError};

/// A pre-trained encoder with its tokenizer, both of which know the tokens of the markers.
#[derive(Debug)]
pub struct OpenEncoder {
    /// The encoder's configuration.
    pub config: EncoderConfig,
    /// Its weights.
    pub encoder: Encoder,
    /// The tokenizer.
    pub text_encoder: TextEncoder,
    /// Tokens of the markers that the encoder did not know and has an embedding for now.
    pub new_tokens: Vec<NewToken>,
    /// Which tensors of the weight file were used.
    pub report: LoadReport,
}

/// Opens the configuration's encoder and adds the tokens that its markers need for this data set.
///
/// # Errors
///
/// When the device cannot compute in the wanted precision, a file is missing or damaged, the tokenizer has more tokens than the
/// encoder has embeddings, the wanted length is more than the encoder has positions, it has fewer layers than should be frozen,
/// or a type cannot be part of a token.
pub fn open_encoder(
    config: &CheckedTrainConfig,
    spec: &DatasetSpec,
    device: &Device,
) -> Result<OpenEncoder, TrainError> {
    let model = &config.values().model;
    let precision = config.values().training.precision;
    precision.check(device)?;
    let folder = config.encoder_folder();
    let (mut encoder_config, encoder, report) = load_encoder(folder, device)?;
    if model.freeze_layers > encoder_config.num_hidden_layers {
        return Err(TrainError::Setting {
            key: "model.freeze_layers",
            value: model.freeze_layers.to_string(),
            reason: format!(
                "it must be at most {}, the number of the encoder's layers",
                encoder_config.num_hidden_layers
            ),
        });
    }
    let mut text_encoder = TextEncoder::from_folder(folder, model.max_tokens)?;
    text_encoder.check_fits(&encoder_config)?;
    let new_tokens = text_encoder.add_tokens(&model.markers.special_tokens(spec)?)?;
    let encoder = encoder
        .add_tokens(&new_tokens, &mut encoder_config)?
        .with_precision(precision)
        .with_activations(config.values().training.activations());
    Ok(OpenEncoder {
        config: encoder_config,
        encoder,
        text_encoder,
        new_tokens,
        report,
    })
}
