//! GGUF, version 2 and 3, as far as encoders need it (the format is specified in ggml's
//! `docs/gguf.md`, the blocks in `ggml-common.h`).

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use half::f16;

use super::{WeightFile, WeightTensor, decode, names};
use crate::ModelError;

/// Weights in a Q4_0 or Q8_0 block.
const BLOCK: usize = 32;

/// A GGUF file held in memory; tensors are dequantised when they are read.
pub(super) struct GgufFile {
    path: PathBuf,
    bytes: Vec<u8>,
    tensors: HashMap<String, TensorInfo>,
}

#[derive(Debug, Clone)]
struct TensorInfo {
    /// PyTorch's order: the fastest dimension last.
    shape: Vec<usize>,
    kind: Kind,
    start: usize,
    end: usize,
}

/// Element types by ggml's numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    F32,
    F16,
    Q4_0,
    Q8_0,
}

impl Kind {
    fn from_number(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::F32),
            1 => Some(Self::F16),
            2 => Some(Self::Q4_0),
            8 => Some(Self::Q8_0),
            _ => None,
        }
    }

    /// Bytes that `elements` take, if they come out even.
    fn bytes(self, elements: usize) -> Option<usize> {
        match self {
            Self::F32 => elements.checked_mul(4),
            Self::F16 => elements.checked_mul(2),
            Self::Q4_0 => elements
                .is_multiple_of(BLOCK)
                .then(|| elements / BLOCK * (2 + BLOCK / 2)),
            Self::Q8_0 => elements.is_multiple_of(BLOCK).then(|| elements / BLOCK * (2 + BLOCK)),
        }
    }
}

impl GgufFile {
    pub(super) fn open(path: &Path) -> Result<Self, ModelError> {
        let bytes = std::fs::read(path).map_err(ModelError::io(path))?;
        let tensors = read_header(&bytes).map_err(|reason| ModelError::Weights {
            path: path.into(),
            reason,
        })?;
        Ok(Self {
            path: path.into(),
            bytes,
            tensors,
        })
    }
}

impl WeightFile for GgufFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        Some(self.tensors.get(name)?.shape.clone())
    }

    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
        Ok(self.tensors.get(name).map(|info| {
            let bytes = &self.bytes[info.start..info.end];
            let values = match info.kind {
                Kind::F32 => decode::f32(bytes),
                Kind::F16 => decode::f16(bytes),
                Kind::Q4_0 => dequantize(bytes, q4_0),
                Kind::Q8_0 => dequantize(bytes, q8_0),
            };
            WeightTensor {
                shape: info.shape.clone(),
                values,
            }
        }))
    }
}

fn dequantize<const N: usize>(bytes: &[u8], block: impl Fn(&[u8; N], &mut Vec<f32>)) -> Vec<f32> {
    let blocks = bytes.as_chunks::<N>().0;
    let mut values = Vec::with_capacity(blocks.len() * BLOCK);
    for bytes in blocks {
        block(bytes, &mut values);
    }
    values
}

/// A scale, then 16 bytes: low nibbles are the first 16 weights, high nibbles the others, each
/// less 8.
fn q4_0(block: &[u8; 2 + BLOCK / 2], values: &mut Vec<f32>) {
    let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
    let weight = |nibble: u8| f32::from(i16::from(nibble) - 8) * scale;
    values.extend(block[2..].iter().map(|byte| weight(byte & 0x0f)));
    values.extend(block[2..].iter().map(|byte| weight(byte >> 4)));
}

/// A scale, then 32 signed bytes.
fn q8_0(block: &[u8; 2 + BLOCK], values: &mut Vec<f32>) {
    let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
    values.extend(block[2..].iter().map(|&byte| f32::from(byte as i8) * scale));
}

fn read_header(bytes: &[u8]) -> Result<HashMap<String, TensorInfo>, String> {
    let mut reader = Reader { bytes, position: 0 };
    if reader.take(4)? != b"GGUF" {
        return Err("not a GGUF file: it does not begin with \"GGUF\"".into());
    }
    let version = reader.u32()?;
    if !(2..=3).contains(&version) {
        return Err(format!("GGUF version {version} is not supported; 2 and 3 are"));
    }
    let tensor_count = reader.count()?;
    let metadata_count = reader.count()?;
    let mut alignment = 32;
    for _ in 0..metadata_count {
        let key = reader.string()?;
        let kind = reader.u32()?;
        if key == "general.alignment" && kind == 4 {
            alignment = reader.u32()? as usize;
        } else {
            reader.skip_value(kind, 0)?;
        }
    }
    if alignment == 0 || !alignment.is_power_of_two() {
        return Err(format!("alignment {alignment} is not a power of two"));
    }
    let mut infos = Vec::new();
    for _ in 0..tensor_count {
        infos.push(reader.tensor_info()?);
    }
    let data = reader.position.next_multiple_of(alignment);
    infos
        .into_iter()
        .map(|(name, shape, number, offset)| {
            let info = place(&name, shape, number, data.checked_add(offset), bytes.len())?;
            Ok((names::from_gguf(&name), info))
        })
        .collect()
}

fn place(
    name: &str,
    shape: Vec<usize>,
    number: u32,
    start: Option<usize>,
    file_size: usize,
) -> Result<TensorInfo, String> {
    let kind = Kind::from_number(number)
        .ok_or_else(|| format!("tensor {name:?} is of ggml type {number}; supported are F32, F16, Q8_0 and Q4_0"))?;
    let end = shape
        .iter()
        .try_fold(1usize, |product, &size| product.checked_mul(size))
        .and_then(|elements| kind.bytes(elements))
        .and_then(|size| start?.checked_add(size));
    match (start, end) {
        (Some(start), Some(end)) if end <= file_size => Ok(TensorInfo {
            shape,
            kind,
            start,
            end,
        }),
        (_, None) => Err(format!(
            "tensor {name:?} has a shape {shape:?} that its type does not allow"
        )),
        _ => Err(format!(
            "tensor {name:?} reaches beyond the end of the file ({file_size} bytes); was it cut short while it was copied?"
        )),
    }
}

/// Reads little-endian values; every read past the end is an error.
struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let end = self.position.checked_add(count).filter(|&end| end <= self.bytes.len());
        let end = end.ok_or("the header ends early; was the file cut short while it was copied?")?;
        let taken = &self.bytes[self.position..end];
        self.position = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A 64-bit count or size, which must fit the machine.
    fn count(&mut self) -> Result<usize, String> {
        let value = u64::from_le_bytes(self.array()?);
        usize::try_from(value).map_err(|_| format!("count {value} is too large"))
    }

    fn string(&mut self) -> Result<String, String> {
        let length = self.count()?;
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| "a name in the header is not UTF-8".into())
    }

    fn tensor_info(&mut self) -> Result<(String, Vec<usize>, u32, usize), String> {
        let name = self.string()?;
        let dimensions = self.u32()?;
        if dimensions > 4 {
            return Err(format!(
                "tensor {name:?} has {dimensions} dimensions; at most 4 are allowed"
            ));
        }
        let mut shape = (0..dimensions).map(|_| self.count()).collect::<Result<Vec<_>, _>>()?;
        shape.reverse();
        Ok((name, shape, self.u32()?, self.count()?))
    }

    fn skip_value(&mut self, kind: u32, depth: usize) -> Result<(), String> {
        let size = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => self.count()?,
            9 if depth < 4 => {
                let element = self.u32()?;
                for _ in 0..self.count()? {
                    self.skip_value(element, depth + 1)?;
                }
                return Ok(());
            }
            _ => return Err(format!("metadata of type {kind} is not known")),
        };
        self.take(size).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn q4_0_block_by_hand() {
        let mut block = [0u8; 18];
        block[..2].copy_from_slice(&f16::from_f32(0.5).to_le_bytes());
        block[2] = 0xf0; // weight 0 has nibble 0, weight 16 has nibble 15
        block[3] = 0x8a; // weight 1 has nibble 10, weight 17 has nibble 8
        let values = dequantize(&block, q4_0);
        assert_eq!(values.len(), 32);
        assert_eq!(values[0], (0.0 - 8.0) * 0.5);
        assert_eq!(values[16], (15.0 - 8.0) * 0.5);
        assert_eq!(values[1], (10.0 - 8.0) * 0.5);
        assert_eq!(values[17], 0.0);
    }

    #[test]
    fn q8_0_block_by_hand() {
        let mut block = [0u8; 34];
        block[..2].copy_from_slice(&f16::from_f32(0.25).to_le_bytes());
        block[2] = 3;
        block[33] = (-128i8) as u8;
        let values = dequantize(&block, q8_0);
        assert_eq!((values[0], values[31]), (3.0 * 0.25, -128.0 * 0.25));
    }

    /// A file with one F32 tensor `token_types.weight` of shape [2, 3].
    fn small_file() -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        file.extend(3u32.to_le_bytes());
        file.extend(1u64.to_le_bytes());
        file.extend(0u64.to_le_bytes());
        let name = b"token_types.weight";
        file.extend((name.len() as u64).to_le_bytes());
        file.extend(name);
        file.extend(2u32.to_le_bytes());
        file.extend(3u64.to_le_bytes());
        file.extend(2u64.to_le_bytes());
        file.extend(0u32.to_le_bytes());
        file.extend(0u64.to_le_bytes());
        file.resize(file.len().next_multiple_of(32), 0);
        for value in 0..6 {
            file.extend((value as f32).to_le_bytes());
        }
        file
    }

    #[test]
    fn reads_a_tensor_under_its_canonical_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.gguf");
        std::fs::write(&path, small_file()).unwrap();
        let file = GgufFile::open(&path).unwrap();
        let tensor = file.read("embeddings.token_type_embeddings.weight").unwrap().unwrap();
        assert_eq!(tensor.shape, [2, 3]);
        assert_eq!(tensor.values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!(file.read("nothing").unwrap().is_none());
    }

    proptest! {
        #[test]
        fn every_truncation_is_an_error(cut in 1usize..100) {
            let file = small_file();
            let kept = file.len().saturating_sub(cut);
            prop_assert!(read_header(&file[..kept]).is_err());
        }

        #[test]
        fn damage_never_panics(position in 0usize..120, value: u8, tail in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut file = small_file();
            let position = position % file.len();
            file[position] = value;
            file.extend(tail);
            let _ = read_header(&file);
        }
    }
}
