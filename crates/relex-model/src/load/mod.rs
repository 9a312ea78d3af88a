//! Weight files in: safetensors, PyTorch's and GGUF, under Hugging Face's and llama.cpp's names.

mod apply;
mod blocks;
pub(crate) mod decode;
mod gguf;
mod names;
mod positions;
mod pytorch;
mod safetensors;
mod sharded;
#[cfg(test)]
mod tests;

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
    /// A tensor's shape, known without reading the tensor; `None` if there is none of this name.
    fn shape(&self, name: &str) -> Option<Vec<usize>>;
    /// Reads one tensor; `None` if there is none of this name.
    ///
    /// # Errors
    ///
    /// When the tensor's data is damaged or of a type that is not supported.
    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError>;
}

/// Names of weight files in an encoder folder, in the order in which they are looked for; a `.gguf` file of
/// any name comes last.
pub const WEIGHT_FILES: [&str; 4] = [
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
];

/// Opens a weight file by its name: `.safetensors`, PyTorch's `.bin`, `.pt` and `.pth`, the `.index.json` of
/// either in several files, or `.gguf`.
///
/// # Errors
///
/// When it cannot be read, its header is damaged, or a file that an index names is not there.
pub fn open_weights(path: &Path) -> Result<Box<dyn WeightFile>, ModelError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ends_with = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends_with(&[".safetensors"]) {
        Ok(Box::new(safetensors::SafetensorsFile::open(path)?))
    } else if ends_with(&[".index.json"]) {
        Ok(Box::new(sharded::ShardedFile::open(path)?))
    } else if ends_with(&[".bin", ".pt", ".pth"]) {
        Ok(Box::new(pytorch::PytorchFile::open(path)?))
    } else if ends_with(&[".gguf"]) {
        Ok(Box::new(gguf::GgufFile::open(path)?))
    } else {
        Err(ModelError::Weights {
            path: path.into(),
            reason: "unknown kind of weight file; use .safetensors, .bin, the .index.json of either, or .gguf".into(),
        })
    }
}

/// The weight file of an encoder folder, as [`open_weights`] takes it: `model.safetensors`, else
/// `pytorch_model.bin`, either in one file or as the `.index.json` of several, else the first `*.gguf`.
///
/// # Errors
///
/// When the folder cannot be listed or has none of them.
pub fn find_weights(folder: &Path) -> Result<PathBuf, ModelError> {
    if let Some(path) = WEIGHT_FILES
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
    {
        return Ok(path);
    }
    let entries = std::fs::read_dir(folder).map_err(ModelError::io(folder))?;
    let mut gguf: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "gguf"))
        .collect();
    gguf.sort();
    gguf.into_iter().next().ok_or(ModelError::MissingFile {
        folder: folder.into(),
        what: "model.safetensors, pytorch_model.bin or *.gguf",
    })
}

/// Every file that the weights at `path` are in: itself, and what it names if it is an index.
///
/// # Errors
///
/// When an index cannot be read.
pub fn weight_parts(path: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let mut parts = vec![path.to_path_buf()];
    if path.extension().is_some_and(|extension| extension == "json") {
        parts.extend(sharded::shard_paths(path)?);
    }
    Ok(parts)
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
    let (encoder, report) = filled_encoder(&config, file.as_ref(), device)?;
    Ok((config, encoder, report))
}

/// An encoder with the weights of an opened file.
///
/// # Errors
///
/// As [`load_encoder`].
pub(crate) fn filled_encoder(
    config: &EncoderConfig,
    file: &dyn WeightFile,
    device: &Device,
) -> Result<(Encoder, LoadReport), ModelError> {
    let encoder = Encoder::new(config, device);
    match positions::FromFirstPosition::of(file, config) {
        Some(file) => fill(encoder, &file, "", device),
        None => fill(encoder, file, "", device),
    }
}
