use std::{fmt, path::Path};

use burn::tensor::Device;
use rand::Rng;

use super::{
    MaskedHead, MaskedModel,
    names::{InCheckpoint, PREFIX, decoder, in_checkpoint},
};
use crate::{
    EncoderConfig, LoadReport, ModelError,
    load::{WeightFile, fill, filled_encoder, find_weights, open_weights},
};

/// Where a [`MaskedHead`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadOrigin {
    /// The checkpoint's own.
    Checkpoint,
    /// A new one: the checkpoint has none, as ELECTRA's discriminators and most encoders of sentences.
    New,
    /// A new one: the checkpoint has one with a decoder of its own, which this crate's heads have not.
    NewForUntied,
}

impl fmt::Display for HeadOrigin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Checkpoint => "the checkpoint's own head",
            Self::New => "a new head, for the checkpoint has none",
            Self::NewForUntied => {
                "a new head, for the checkpoint's own has a decoder that is not tied to the word embeddings"
            }
        })
    }
}

/// A masked language model as it begins.
#[derive(Debug)]
pub struct LoadedMaskedModel {
    /// The encoder's configuration.
    pub config: EncoderConfig,
    /// The weights.
    pub model: MaskedModel,
    /// Where the head's are from.
    pub head: HeadOrigin,
    /// Which tensors of the weight file were used.
    pub report: LoadReport,
}

/// Loads a pre-trained encoder from its folder, with its head for masked language modelling if it has one whose decoder is tied
/// to the word embeddings; else `random` draws a new head, on the word embeddings too.
///
/// # Errors
///
/// As [`crate::load_encoder`], of which the head is a part.
pub fn load_masked_model(
    folder: &Path,
    random: &mut impl Rng,
    device: &Device,
) -> Result<LoadedMaskedModel, ModelError> {
    let config_path = folder.join("config.json");
    if !config_path.is_file() {
        return Err(ModelError::MissingFile {
            folder: folder.into(),
            what: "config.json",
        });
    }
    let config = EncoderConfig::from_file(&config_path)?;
    let file = open_weights(&find_weights(folder)?)?;
    let file: &dyn WeightFile = file.as_ref();
    let (encoder, mut report) = filled_encoder(&config, file, device)?;
    let names = InCheckpoint {
        file,
        architecture: config.architecture,
    };
    let origin = match names.find(&format!("{PREFIX}dense.weight")) {
        None => HeadOrigin::New,
        Some(_) if is_untied(&config_path, file, &config)? => HeadOrigin::NewForUntied,
        Some(_) => HeadOrigin::Checkpoint,
    };
    let head = if origin == HeadOrigin::Checkpoint {
        let (head, of_head) = fill(MaskedHead::new(&config, device), &names, PREFIX, device)?;
        for name in of_head.used {
            let theirs = in_checkpoint(config.architecture, &name).into_iter().flatten();
            let theirs: Vec<String> = theirs.chain([decoder(config.architecture).to_owned()]).collect();
            report.unused.retain(|unused| !theirs.contains(unused));
            report.used.extend(names.find(&name));
        }
        report.used.sort();
        head
    } else {
        MaskedHead::drawn(&config, random, device)
    };
    Ok(LoadedMaskedModel {
        config,
        model: MaskedModel { encoder, head },
        head: origin,
        report,
    })
}

/// Whether the checkpoint has a decoder of its own, and says that it is one.
fn is_untied(config_path: &Path, file: &dyn WeightFile, config: &EncoderConfig) -> Result<bool, ModelError> {
    let text = std::fs::read_to_string(config_path).map_err(ModelError::io(config_path))?;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| ModelError::Config {
        path: config_path.into(),
        reason: error.to_string(),
    })?;
    let says_so = json.get("tie_word_embeddings") == Some(&serde_json::Value::Bool(false));
    Ok(says_so && file.shape(decoder(config.architecture)).is_some())
}
