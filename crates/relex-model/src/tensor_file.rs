//! Safetensors files, of which one tensor at a time is in memory, both ways: of weights in the gigabytes no second copy is made.
//!
//! The library's own `serialize_to_file` wants all tensors at once, its file is for its owner alone, and not synced; one that others are
//! to load follows the umask.

use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use burn::tensor::Tensor;
use safetensors::{
    Dtype,
    tensor::{Metadata, TensorInfo},
};

use crate::{
    ModelError,
    load::{WeightTensor, decode},
    ops::transposed,
};

/// Values that are turned into bytes at a time.
const PIECE: usize = 4096;

/// No header of a real model comes near this; a larger one is a damaged file.
const LONGEST_HEADER: u64 = 100_000_000;

/// A tensor for a file, whose values are fetched when it is its turn to be written.
pub struct LazyTensor<'a> {
    name: String,
    shape: Vec<usize>,
    values: Box<dyn FnOnce() -> Result<Vec<f32>, String> + 'a>,
}

impl<'a> LazyTensor<'a> {
    /// A tensor of this shape, and what gives its values in row-major order, or says why it cannot.
    pub fn new(
        name: impl Into<String>,
        shape: impl Into<Vec<usize>>,
        values: impl FnOnce() -> Result<Vec<f32>, String> + 'a,
    ) -> Self {
        Self {
            name: name.into(),
            shape: shape.into(),
            values: Box::new(values),
        }
    }

    /// A tensor on a device, in `f32` whatever it is there.
    pub fn on_device<const D: usize>(name: impl Into<String>, tensor: Tensor<D>) -> Self {
        Self::new(name, tensor.dims(), move || {
            tensor.try_into_vec_as().map_err(|error| format!("{error:?}"))
        })
    }

    /// Its name in the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sizes of its dimensions.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its values, in row-major order.
    ///
    /// # Errors
    ///
    /// Why they cannot be had.
    pub fn fetch(self) -> Result<Vec<f32>, String> {
        (self.values)()
    }

    /// The same under another name.
    #[must_use]
    pub fn renamed(mut self, name: String) -> Self {
        self.name = name;
        self
    }

    /// The same with its two dimensions swapped.
    #[must_use]
    pub(crate) fn transposed(self) -> Self {
        let [rows, columns] = [self.shape[0], self.shape[1]];
        let values = self.values;
        Self::new(self.name, [columns, rows], move || Ok(transposed(&values()?, columns)))
    }
}

/// Writes these tensors to a safetensors file, whole or not at all, in `f32` and in the order of their names.
///
/// ```
/// use relex_model::{LazyTensor, TensorFile, write_tensors};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("bias.safetensors");
/// let bias = LazyTensor::new("bias", [2], || Ok(vec![0.5, -1.0]));
/// write_tensors(&path, [("format".into(), "pt".into())].into(), vec![bias])?;
/// let file = TensorFile::open(&path)?;
/// assert_eq!(file.read("bias")?.unwrap().values, [0.5, -1.0]);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// When the file cannot be written, two tensors have one name, or the values of one cannot be had or are not as many as its shape says.
pub fn write_tensors(
    path: &Path,
    metadata: HashMap<String, String>,
    mut tensors: Vec<LazyTensor<'_>>,
) -> Result<(), ModelError> {
    tensors.sort_by(|left, right| left.name.cmp(&right.name));
    let refuse = |reason: String| ModelError::Weights {
        path: path.into(),
        reason,
    };
    let header = header(&tensors, metadata).map_err(refuse)?;
    // A tensor that cannot be had is no fault of the disk.
    let mut lost = None;
    let written = relex_data::write_atomically_with(path, |file| {
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;
        for LazyTensor { name, shape, values } in tensors {
            let values = match values() {
                Ok(values) if values.len() == shape.iter().product::<usize>() => values,
                Ok(values) => {
                    lost = Some(format!("{name}: {} values for the shape {shape:?}", values.len()));
                    return Err(std::io::ErrorKind::InvalidData.into());
                }
                Err(reason) => {
                    lost = Some(format!("{name}: the device does not hand it over: {reason}"));
                    return Err(std::io::ErrorKind::InvalidData.into());
                }
            };
            for piece in values.chunks(PIECE) {
                let bytes: Vec<u8> = piece.iter().flat_map(|value| value.to_le_bytes()).collect();
                file.write_all(&bytes)?;
            }
        }
        Ok(())
    });
    match lost {
        Some(reason) => Err(refuse(reason)),
        None => Ok(written?),
    }
}

/// What stands before the data, in JSON and filled up to whole words.
fn header(tensors: &[LazyTensor<'_>], metadata: HashMap<String, String>) -> Result<Vec<u8>, String> {
    if let Some(pair) = tensors.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(format!("two tensors are called {}", pair[0].name));
    }
    let mut end = 0;
    let infos = tensors.iter().map(|tensor| {
        let start = end;
        end += tensor.shape.iter().product::<usize>() * size_of::<f32>();
        let info = TensorInfo {
            dtype: Dtype::F32,
            shape: tensor.shape.clone(),
            data_offsets: (start, end),
        };
        (tensor.name.clone(), info)
    });
    let metadata = Metadata::new(Some(metadata), infos.collect()).map_err(|error| error.to_string())?;
    let mut header = serde_json::to_vec(&metadata).map_err(|error| error.to_string())?;
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok(header)
}

/// A safetensors file, opened: only its header is in memory, tensors are read when they are asked for.
#[derive(Debug)]
pub struct TensorFile {
    path: PathBuf,
    /// One reader at a time: it has one place to read at.
    file: Mutex<File>,
    header: Metadata,
    /// Where the header's offsets count from.
    data_start: u64,
}

impl TensorFile {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not a whole safetensors file.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let file = File::open(path).map_err(ModelError::io(path))?;
        let length = file.metadata().map_err(ModelError::io(path))?.len();
        let (header, data_start) = read_header(&file, length).map_err(|reason| ModelError::Weights {
            path: path.into(),
            reason: format!("not a whole safetensors file ({reason}); was it cut short while it was copied?"),
        })?;
        Ok(Self {
            path: path.into(),
            file: Mutex::new(file),
            header,
            data_start,
        })
    }

    /// The file's path, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of all tensors, in the order of their data.
    pub fn names(&self) -> Vec<String> {
        self.header.offset_keys()
    }

    /// What the header says under a key that is no tensor's.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        Some(self.header.metadata().as_ref()?.get(key)?)
    }

    /// A tensor's shape; none if there is none of this name.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        Some(&self.header.info(name)?.shape)
    }

    /// Reads a tensor of any type of floating-point numbers; none if there is none of this name.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or the tensor is of another type.
    pub fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
        let Some(info) = self.header.info(name) else {
            return Ok(None);
        };
        let (start, end) = info.data_offsets;
        let mut bytes = vec![0; end - start];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.data_start + start as u64))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(ModelError::io(&self.path))?;
        let values = match info.dtype {
            Dtype::F32 => decode::f32(&bytes),
            Dtype::F16 => decode::f16(&bytes),
            Dtype::BF16 => decode::bf16(&bytes),
            Dtype::F64 => decode::f64(&bytes),
            other => return Err(decode::unsupported(&self.path, name, &format!("{other:?}"))),
        };
        let shape = info.shape.clone();
        Ok(Some(WeightTensor { shape, values }))
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

#[cfg(test)]
mod tests {
    use safetensors::tensor::TensorView;

    use super::*;

    fn format() -> HashMap<String, String> {
        [("format".to_owned(), "pt".to_owned())].into()
    }

    /// One tensor has more values than a piece, one has none.
    #[test]
    fn a_file_is_what_the_library_would_write_and_is_read_back() {
        let tensors: [(&str, &[usize], f32); 3] = [
            ("b.weight", &[PIECE + 3, 2], 0.5),
            ("a.bias", &[3], -1.0),
            ("c", &[0, 4], 0.0),
        ];
        let tensors = tensors.map(|(name, shape, first)| {
            let count = shape.iter().product::<usize>();
            let values: Vec<f32> = (0..count).map(|i| first + i as f32).collect();
            (name, shape, values)
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let lazy = tensors
            .iter()
            .map(|(name, shape, values)| LazyTensor::new(*name, *shape, || Ok(values.clone())));
        write_tensors(&path, format(), lazy.collect()).unwrap();

        let bytes = tensors.clone().map(|(name, shape, values)| {
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            (name, shape, bytes)
        });
        let views = bytes
            .iter()
            .map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap()));
        let written = std::fs::read(&path).unwrap();
        assert_eq!(written, safetensors::serialize(views, Some(format())).unwrap());

        let file = TensorFile::open(&path).unwrap();
        assert_eq!(file.names(), ["a.bias", "b.weight", "c"]);
        assert_eq!(file.metadata("format"), Some("pt"));
        for (name, shape, values) in tensors {
            let shape = shape.to_vec();
            assert_eq!(file.read(name).unwrap(), Some(WeightTensor { shape, values }));
        }
        assert_eq!(file.read("d").unwrap(), None);
    }

    #[test]
    fn what_cannot_be_written_whole_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let check = |tensors: Vec<LazyTensor<'_>>, expected: &str| {
            let error = write_tensors(&path, format(), tensors).unwrap_err().to_string();
            assert!(
                error.contains("model.safetensors") && error.contains(expected),
                "{error}"
            );
            assert!(!path.exists());
        };
        let three = |name: &str, shape: &[usize]| LazyTensor::new(name, shape, || Ok(vec![1.0; 3]));
        check(vec![three("a", &[2, 2])], "a: 3 values for the shape [2, 2]");
        check(vec![three("a", &[3]), three("a", &[3])], "two tensors are called a");
        let lost = LazyTensor::new("b", [3], || Err("it is gone".into()));
        check(
            vec![three("a", &[3]), lost],
            "b: the device does not hand it over: it is gone",
        );
    }

    #[test]
    fn a_transposed_matrix_has_its_columns_for_rows() {
        let matrix = LazyTensor::new("a", [2, 3], || Ok(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        let transposed = matrix.transposed();
        assert_eq!(transposed.shape(), [3, 2]);
        assert_eq!(transposed.fetch().unwrap(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
