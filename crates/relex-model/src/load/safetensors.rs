use std::{collections::HashMap, path::Path};

use super::{WeightFile, WeightTensor, names};
use crate::{ModelError, tensor_file::TensorFile};

/// A safetensors file by canonical names.
pub(super) struct SafetensorsFile {
    file: TensorFile,
    /// Canonical name → name in the file.
    originals: HashMap<String, String>,
}

impl SafetensorsFile {
    pub(super) fn open(path: &Path) -> Result<Self, ModelError> {
        let file = TensorFile::open(path)?;
        let originals = names::originals(file.names()).map_err(|reason| ModelError::Weights {
            path: path.into(),
            reason,
        })?;
        Ok(Self { file, originals })
    }
}

impl WeightFile for SafetensorsFile {
    fn path(&self) -> &Path {
        self.file.path()
    }

    fn names(&self) -> Vec<String> {
        self.originals.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        Some(self.file.shape(self.originals.get(name)?)?.to_vec())
    }

    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
        match self.originals.get(name) {
            None => Ok(None),
            Some(original) => self.file.read(original),
        }
    }
}
