use burn::tensor::Device;
use relex_data::{Example, mark, rng::stream};
use relex_model::{
    EncodedSentence, EncoderConfig, HeadOrigin, LoadReport, MaskTokens, MaskedModel, NewToken, TextEncoder,
    load_masked_model,
};

use super::PretrainingData;
use crate::{CheckedPretrainingConfig, TrainError};

/// A pre-trained masked language model with its tokenizer, both of which know the mask and the tokens of the markers.
#[derive(Debug)]
pub struct OpenMaskedModel {
    /// The encoder's configuration.
    pub config: EncoderConfig,
    /// The weights.
    pub model: MaskedModel,
    /// Where the head's are from.
    pub head: HeadOrigin,
    /// The tokenizer.
    pub text_encoder: TextEncoder,
    /// The mask and the ordinary tokens.
    pub mask_tokens: MaskTokens,
    /// Tokens that the encoder did not know and has an embedding for now.
    pub new_tokens: Vec<NewToken>,
    /// Which tensors of the weight file were used.
    pub report: LoadReport,
}

/// Opens the configuration's encoder, with its head for masked tokens or a new one.
///
/// # Errors
///
/// When the device cannot compute in the wanted precision, a file is missing or damaged, the tokenizer has more tokens than the
/// encoder has embeddings, or the wanted length is more than the encoder has positions.
pub fn open_masked_model(
    config: &CheckedPretrainingConfig,
    data: &PretrainingData,
    device: &Device,
) -> Result<OpenMaskedModel, TrainError> {
    let values = config.values();
    let precision = values.training.precision;
    precision.check(device)?;
    let folder = config.encoder_folder();
    let loaded = load_masked_model(folder, &mut stream(values.seed, "head"), device)?;
    let mut encoder_config = loaded.config;
    let mut text_encoder = TextEncoder::from_folder(folder, values.model.max_tokens)?;
    text_encoder.check_fits(&encoder_config)?;
    let mut new_tokens = text_encoder.add_tokens(&values.model.markers.special_tokens(&data.spec)?)?;
    let (mask_tokens, new_mask) = text_encoder.mask_tokens()?;
    new_tokens.extend(new_mask);
    let model = loaded
        .model
        .add_tokens(&new_tokens, &mut encoder_config)?
        .with_precision(precision);
    Ok(OpenMaskedModel {
        config: encoder_config,
        model,
        head: loaded.head,
        text_encoder,
        mask_tokens,
        new_tokens,
        report: loaded.report,
    })
}

/// Sentences as the encoder reads them.
#[derive(Debug)]
pub struct EncodedSentences {
    /// The rows to learn from; a sentence with several pairs of entities has a row for each.
    pub readings: Vec<EncodedSentence>,
    /// Ids of these rows, for messages.
    pub ids: Vec<String>,
    /// The readings of each sentence to learn from.
    pub learnt: Vec<Vec<usize>>,
    /// The sentences to measure on.
    pub held_out: Vec<EncodedSentence>,
    /// Sentences, on either side, of which the vocabulary knows no word; they are in neither.
    pub without_words: usize,
}

/// Marks and encodes all sentences.
///
/// # Errors
///
/// When a row cannot be marked or encoded, or no sentence to learn from has a word that the vocabulary knows.
pub fn encode_sentences(
    text_encoder: &TextEncoder,
    config: &CheckedPretrainingConfig,
    data: &PretrainingData,
) -> Result<EncodedSentences, TrainError> {
    let markers = config.values().model.markers;
    let encode = |rows: &[usize]| -> Result<Vec<EncodedSentence>, TrainError> {
        let of_row = |&row: &usize| -> Result<_, TrainError> {
            let example: &Example = &data.examples[row];
            Ok((example.id.as_str(), mark(example, markers, &data.spec)?))
        };
        let marked: Vec<_> = rows.iter().map(of_row).collect::<Result<_, _>>()?;
        Ok(text_encoder.encode_sentences(&marked)?)
    };
    let has_words = |sentence: &EncodedSentence| sentence.words.iter().any(Option::is_some);
    let mut held_out = encode(&data.held_out)?;
    held_out.retain(has_words);
    let mut result = EncodedSentences {
        without_words: data.held_out.len() - held_out.len(),
        readings: Vec::new(),
        ids: Vec::new(),
        learnt: Vec::new(),
        held_out,
    };
    let rows = data.learnt.concat();
    let mut encoded = encode(&rows)?.into_iter().zip(&rows);
    for sentence in &data.learnt {
        let mut readings = Vec::with_capacity(sentence.len());
        for (reading, &row) in encoded.by_ref().take(sentence.len()) {
            if has_words(&reading) {
                readings.push(result.readings.len());
                result.readings.push(reading);
                result.ids.push(data.examples[row].id.clone());
            }
        }
        if readings.is_empty() {
            result.without_words += 1;
        } else {
            result.learnt.push(readings);
        }
    }
    if result.learnt.is_empty() {
        return Err(TrainError::Setting {
            key: "model.encoder",
            value: format!("{:?}", config.values().model.encoder.display().to_string()),
            reason: "its vocabulary knows no word of the sentences to learn from; take an encoder of their language"
                .into(),
        });
    }
    Ok(result)
}
