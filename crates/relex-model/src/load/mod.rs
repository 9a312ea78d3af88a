//! Weight files in: safetensors and GGUF, under Hugging Face's and llama.cpp's names.

mod apply;
mod gguf;
mod names;
mod safetensors;

use std::path::{Path, PathBuf};

use burn::tensor::Device;

pub use apply::LoadReport;
pub(crate) use apply::{Collect, fill};

use crate::{Encoder, EncoderConfig, ModelError};

/// A tensor read from a file: `f32` values in row-major order, PyTorch's orientation.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightTensor {
    /// Sizes of the dimensions.
    pub shape: Vec<usize>,
    /// The values.
    pub values: Vec<f32>,
}

/// A weight file, opened: its tensors by canonical name (Hugging Face's, without the prefix of a
/// task model).
pub trait WeightFile {
    /// The file's path, for messages.
    fn path(&self) -> &Path;
    /// Canonical names of all tensors.
    fn names(&self) -> Vec<String>;
    /// Reads one tensor; `None` if there is none of this name.
    ///
    /// # Errors
    ///
    /// When the tensor's data is damaged or of a type that is not supported.
    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError>;
}

/// Opens a weight file by its extension, `.safetensors` or `.gguf`.
///
/// # Errors
///
/// When it cannot be read, or its header is damaged.
pub fn open_weights(path: &Path) -> Result<Box<dyn WeightFile>, ModelError> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("safetensors") => Ok(Box::new(safetensors::SafetensorsFile::open(path)?)),
        Some("gguf") => Ok(Box::new(gguf::GgufFile::open(path)?)),
        _ => Err(ModelError::Weights {
            path: path.into(),
            reason: "unknown kind of weight file; use .safetensors or .gguf".into(),
        }),
    }
}

/// The weight file of an encoder folder: `model.safetensors`, else the first `*.gguf`.
///
/// # Errors
///
/// When the folder cannot be listed or has neither.
pub fn find_weights(folder: &Path) -> Result<PathBuf, ModelError> {
    let safetensors = folder.join("model.safetensors");
    if safetensors.is_file() {
        return Ok(safetensors);
    }
    let entries = std::fs::read_dir(folder).map_err(ModelError::io(folder))?;
    let mut gguf: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "gguf"))
        .collect();
    gguf.sort();
    gguf.into_iter().next().ok_or(ModelError::MissingFile {
        folder: folder.into(),
        what: "model.safetensors or *.gguf",
    })
}

/// Loads a pre-trained encoder from its folder (`config.json` and weights).
///
/// # Errors
///
/// When a file is missing or damaged, a tensor has another shape than `config.json` says, or
/// tensors are missing: an encoder with holes is refused.
pub fn load_encoder(folder: &Path, device: &Device) -> Result<(EncoderConfig, Encoder, LoadReport), ModelError> {
    let config_path = folder.join("config.json");
    if !config_path.is_file() {
        return Err(ModelError::MissingFile {
            folder: folder.into(),
            what: "config.json",
        });
    }
    let config = EncoderConfig::from_file(&config_path)?;
    let file = open_weights(&find_weights(folder)?)?;
    let (encoder, report) = fill(Encoder::new(&config, device), file.as_ref(), "", device)?;
    Ok((config, encoder, report))
}
