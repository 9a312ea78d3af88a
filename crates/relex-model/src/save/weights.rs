//! A safetensors file, written tensor by tensor: of weights in the gigabytes no second copy is made.
//!
//! The library's own `serialize_to_file` does the same, but its file is for its owner alone and not synced; one that others are to
//! load follows the umask.

use std::path::Path;

use safetensors::{
    Dtype,
    tensor::{Metadata, TensorInfo},
};

use super::write_with;
use crate::{ModelError, load::WeightTensor};

/// Values that are turned into bytes at a time.
const PIECE: usize = 4096;

/// Writes these tensors to `path`, whole or not at all, in `f32` and in the order of their names.
pub(crate) fn write_weights(path: &Path, mut tensors: Vec<(String, WeightTensor)>) -> Result<(), ModelError> {
    tensors.sort_by(|(left, _), (right, _)| left.cmp(right));
    let header = header(&tensors).map_err(|reason| ModelError::Weights {
        path: path.into(),
        reason,
    })?;
    write_with(path, |file| {
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;
        for (_, tensor) in &tensors {
            for piece in tensor.values.chunks(PIECE) {
                let bytes: Vec<u8> = piece.iter().flat_map(|value| value.to_le_bytes()).collect();
                file.write_all(&bytes)?;
            }
        }
        Ok(())
    })
}

/// What stands before the data, in JSON and filled up to whole words.
fn header(tensors: &[(String, WeightTensor)]) -> Result<Vec<u8>, String> {
    let mut end = 0;
    let infos = tensors.iter().map(|(name, tensor)| {
        let start = end;
        end += size_of_val(tensor.values.as_slice());
        let info = TensorInfo {
            dtype: Dtype::F32,
            shape: tensor.shape.clone(),
            data_offsets: (start, end),
        };
        (name.clone(), info)
    });
    let metadata = [("format".to_owned(), "pt".to_owned())].into();
    let metadata = Metadata::new(Some(metadata), infos.collect()).map_err(|error| error.to_string())?;
    let mut header = serde_json::to_vec(&metadata).map_err(|error| error.to_string())?;
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok(header)
}

#[cfg(test)]
mod tests {
    use safetensors::{SafeTensors, tensor::TensorView};

    use super::*;

    fn tensor(shape: &[usize], first: f32) -> WeightTensor {
        let count = shape.iter().product::<usize>();
        WeightTensor {
            shape: shape.to_vec(),
            values: (0..count).map(|i| first + i as f32).collect(),
        }
    }

    /// One tensor has more values than a piece, one has none.
    #[test]
    fn a_file_is_what_the_library_would_write() {
        let tensors = vec![
            ("b.weight".to_owned(), tensor(&[PIECE + 3, 2], 0.5)),
            ("a.bias".to_owned(), tensor(&[3], -1.0)),
            ("c".to_owned(), tensor(&[0, 4], 0.0)),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        write_weights(&path, tensors.clone()).unwrap();
        let written = std::fs::read(&path).unwrap();

        let bytes: Vec<Vec<u8>> = tensors
            .iter()
            .map(|(_, tensor)| tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect())
            .collect();
        let views = tensors
            .iter()
            .zip(&bytes)
            .map(|((name, tensor), bytes)| (name, TensorView::new(Dtype::F32, tensor.shape.clone(), bytes).unwrap()));
        let metadata = [("format".to_owned(), "pt".to_owned())].into();
        assert_eq!(written, safetensors::serialize(views, Some(metadata)).unwrap());
        assert_eq!(SafeTensors::deserialize(&written).unwrap().names().len(), 3);
    }

    #[test]
    fn a_shape_that_does_not_fit_its_values_is_refused_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let wrong = WeightTensor {
            shape: vec![2, 2],
            ..tensor(&[3], 1.0)
        };
        let error = write_weights(&path, vec![("a".into(), wrong)]).unwrap_err();
        assert!(error.to_string().contains("model.safetensors"), "{error}");
        assert!(!path.exists());
    }
}
