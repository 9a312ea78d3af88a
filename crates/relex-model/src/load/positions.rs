//! Position embeddings of which llama.cpp's converter left some out.

use std::path::Path;

use super::{WeightFile, WeightTensor};
use crate::{EncoderConfig, ModelError};

const NAME: &str = "embeddings.position_embeddings.weight";

/// A GGUF file of a RoBERTa or XLM-R. The tokens of a text have positions from the padding token's id plus 1 on, so llama.cpp's converter
/// cuts the rows before them off; where exactly these are missing, they are zeros here. The one that is ever looked up is that of padding,
/// whose hidden states nothing reads.
pub(super) struct FromFirstPosition<'a> {
    file: &'a dyn WeightFile,
    missing: usize,
}

impl<'a> FromFirstPosition<'a> {
    /// None if the file is of another format, or has all rows or another number of them.
    pub(super) fn of(file: &'a dyn WeightFile, config: &EncoderConfig) -> Option<Self> {
        let is_gguf = file.path().extension().is_some_and(|extension| extension == "gguf");
        let [rows, _] = file.shape(NAME)?[..] else { return None };
        (is_gguf && config.max_tokens() < config.max_position_embeddings && rows == config.max_tokens()).then(|| Self {
            file,
            missing: config.max_position_embeddings - rows,
        })
    }
}

impl WeightFile for FromFirstPosition<'_> {
    fn path(&self) -> &Path {
        self.file.path()
    }

    fn names(&self) -> Vec<String> {
        self.file.names()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        let mut shape = self.file.shape(name)?;
        if name == NAME {
            shape[0] += self.missing;
        }
        Some(shape)
    }

    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
        let Some(mut tensor) = self.file.read(name)? else {
            return Ok(None);
        };
        if name == NAME {
            let zeros = self.missing * tensor.shape[1];
            tensor.values.splice(..0, std::iter::repeat_n(0.0, zeros));
            tensor.shape[0] += self.missing;
        }
        Ok(Some(tensor))
    }
}
