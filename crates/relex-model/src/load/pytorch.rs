use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use pytorch_reader::{DType, PytorchError, PytorchReader, Tensor};

use super::{WeightFile, WeightTensor, decode, names};
use crate::ModelError;

/// A checkpoint of `torch.save`, of PyTorch 1.6 and later (zip) or before (pickles in a row).
///
/// A pickle is a program that Python runs on loading, which is how checkpoints carry malware. Here it is only
/// searched for tensors: whatever else it would call is not called. Tensors are read when they are asked for.
pub(super) struct PytorchFile {
    path: PathBuf,
    tensors: HashMap<String, Tensor>,
    /// Canonical name → name in the file.
    originals: HashMap<String, String>,
}

impl PytorchFile {
    pub(super) fn open(path: &Path) -> Result<Self, ModelError> {
        let refuse = |reason: String| ModelError::Weights {
            path: path.into(),
            reason,
        };
        let reader = PytorchReader::new(path).map_err(|error| match error {
            PytorchError::Io(source) if !path.is_file() => ModelError::io(path)(source),
            error => refuse(format!(
                "not a whole PyTorch checkpoint ({error}); was it cut short while it was copied?"
            )),
        })?;
        let tensors = reader.into_tensors();
        if tensors.is_empty() {
            return Err(refuse(
                "a PyTorch file without tensors; a state dict is needed, as `torch.save(model.state_dict(), path)` writes it"
                    .into(),
            ));
        }
        let mut sorted: Vec<String> = tensors.keys().cloned().collect();
        sorted.sort();
        let originals = names::originals(sorted).map_err(refuse)?;
        Ok(Self {
            path: path.into(),
            tensors,
            originals,
        })
    }

    fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(self.originals.get(name)?)
    }
}

impl WeightFile for PytorchFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn names(&self) -> Vec<String> {
        self.originals.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        Some(self.tensor(name)?.shape().to_vec())
    }

    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
        let Some(tensor) = self.tensor(name) else {
            return Ok(None);
        };
        let decode = match tensor.dtype() {
            DType::F32 => decode::f32,
            DType::F16 => decode::f16,
            DType::BF16 => decode::bf16,
            DType::F64 => decode::f64,
            other => return Err(decode::unsupported(&self.path, &tensor.name, &format!("{other:?}"))),
        };
        let bytes = tensor.read().map_err(|error| ModelError::Weights {
            path: self.path.clone(),
            reason: format!("{error}; was it cut short while it was copied?"),
        })?;
        Ok(Some(WeightTensor {
            shape: tensor.shape().to_vec(),
            values: decode(&bytes),
        }))
    }
}
