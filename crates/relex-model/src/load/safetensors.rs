use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors, tensor::Metadata};

use super::{WeightFile, WeightTensor, names};
use crate::ModelError;

/// A safetensors file held in memory; tensors are converted when they are read.
pub(super) struct SafetensorsFile {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Canonical name → name in the file.
    originals: HashMap<String, String>,
}

impl SafetensorsFile {
    pub(super) fn open(path: &Path) -> Result<Self, ModelError> {
        let bytes = std::fs::read(path).map_err(ModelError::io(path))?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|error| ModelError::Weights {
            path: path.into(),
            reason: format!("not a whole safetensors file ({error}); was it cut short while it was copied?"),
        })?;
        let mut originals = HashMap::new();
        for name in tensors.names() {
            if let Some(other) = originals.insert(names::from_hugging_face(name), name.to_owned()) {
                return Err(ModelError::Weights {
                    path: path.into(),
                    reason: format!("tensors {other:?} and {name:?} are the same parameter"),
                });
            }
        }
        Ok(Self {
            path: path.into(),
            bytes,
            originals,
        })
    }
}

impl WeightFile for SafetensorsFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn names(&self) -> Vec<String> {
        self.originals.keys().cloned().collect()
    }

    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
        let Some(original) = self.originals.get(name) else {
            return Ok(None);
        };
        let refuse = |reason: String| ModelError::Weights {
            path: self.path.clone(),
            reason,
        };
        let (start, header): (usize, Metadata) =
            SafeTensors::read_metadata(&self.bytes).map_err(|error| refuse(error.to_string()))?;
        let info = header
            .info(original)
            .ok_or_else(|| refuse(format!("tensor {original:?} vanished from the header")))?;
        let data = start + size_of::<u64>();
        let bytes = &self.bytes[data + info.data_offsets.0..data + info.data_offsets.1];
        let values = match info.dtype {
            Dtype::F32 => decode(bytes, f32::from_le_bytes),
            Dtype::F16 => decode(bytes, |b| f16::from_le_bytes(b).to_f32()),
            Dtype::BF16 => decode(bytes, |b| bf16::from_le_bytes(b).to_f32()),
            Dtype::F64 => decode(bytes, |b| f64::from_le_bytes(b) as f32),
            other => {
                return Err(refuse(format!(
                    "tensor {original:?} is of type {other:?}; supported are F32, F16, BF16 and F64"
                )));
            }
        };
        Ok(Some(WeightTensor {
            shape: info.shape.clone(),
            values,
        }))
    }
}

fn decode<const N: usize>(bytes: &[u8], convert: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&chunk| convert(chunk)).collect()
}
