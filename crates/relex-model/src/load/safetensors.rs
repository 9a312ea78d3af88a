use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use safetensors::{Dtype, tensor::Metadata};

use super::{WeightFile, WeightTensor, decode, names};
use crate::ModelError;

/// No header of a real model comes near this; a larger one is a damaged file.
const LONGEST_HEADER: u64 = 100_000_000;

/// A safetensors file; only its header is in memory, tensors are read when they are asked for.
pub(super) struct SafetensorsFile {
    path: PathBuf,
    file: File,
    header: Metadata,
    /// Where the header's offsets count from.
    data_start: u64,
    /// Canonical name → name in the file.
    originals: HashMap<String, String>,
}

impl SafetensorsFile {
    pub(super) fn open(path: &Path) -> Result<Self, ModelError> {
        let file = File::open(path).map_err(ModelError::io(path))?;
        let length = file.metadata().map_err(ModelError::io(path))?.len();
        let (header, data_start) = read_header(&file, length).map_err(|reason| ModelError::Weights {
            path: path.into(),
            reason: format!("not a whole safetensors file ({reason}); was it cut short while it was copied?"),
        })?;
        let originals = names::originals(header.offset_keys()).map_err(|reason| ModelError::Weights {
            path: path.into(),
            reason,
        })?;
        Ok(Self {
            path: path.into(),
            file,
            header,
            data_start,
            originals,
        })
    }
}

fn read_header(mut file: &File, length: u64) -> Result<(Metadata, u64), String> {
    let mut size = [0; 8];
    file.read_exact(&mut size).map_err(|error| error.to_string())?;
    let size = u64::from_le_bytes(size);
    if size > LONGEST_HEADER || size > length {
        return Err(format!("its header would be {size} bytes long"));
    }
    let mut text = Vec::new();
    file.take(size)
        .read_to_end(&mut text)
        .map_err(|error| error.to_string())?;
    let header: Metadata = serde_json::from_slice(&text).map_err(|error| format!("in its header: {error}"))?;
    let data_start = 8 + size;
    let expected = data_start + header.data_len() as u64;
    if expected != length {
        return Err(format!("{length} bytes instead of {expected}"));
    }
    Ok((header, data_start))
}

impl WeightFile for SafetensorsFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn names(&self) -> Vec<String> {
        self.originals.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        Some(self.header.info(self.originals.get(name)?)?.shape.clone())
    }

    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
        let Some(original) = self.originals.get(name) else {
            return Ok(None);
        };
        let Some(info) = self.header.info(original) else {
            return Ok(None);
        };
        let (start, end) = info.data_offsets;
        let mut bytes = vec![0; end - start];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.data_start + start as u64))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(ModelError::io(&self.path))?;
        let values = match info.dtype {
            Dtype::F32 => decode::f32(&bytes),
            Dtype::F16 => decode::f16(&bytes),
            Dtype::BF16 => decode::bf16(&bytes),
            Dtype::F64 => decode::f64(&bytes),
            other => return Err(decode::unsupported(&self.path, original, &format!("{other:?}"))),
        };
        Ok(Some(WeightTensor {
            shape: info.shape.clone(),
            values,
        }))
    }
}
