//! GGUF, version 2 and 3, as far as encoders need it (the format is specified in ggml's
//! `docs/gguf.md`).

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{WeightFile, WeightTensor, blocks::Blocks, decode, names};
use crate::ModelError;

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

/// Element types.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    F32,
    F16,
    Bf16,
    Quantized(Blocks),
}

/// The types that are read, with ggml's numbers and names for them.
const KINDS: [(u32, &str, Kind); 11] = [
    (0, "F32", Kind::F32),
    (1, "F16", Kind::F16),
    (30, "BF16", Kind::Bf16),
    (8, "Q8_0", Kind::Quantized(Blocks::Q8_0)),
    (14, "Q6_K", Kind::Quantized(Blocks::Q6K)),
    (13, "Q5_K", Kind::Quantized(Blocks::Q5K)),
    (7, "Q5_1", Kind::Quantized(Blocks::Q5_1)),
    (6, "Q5_0", Kind::Quantized(Blocks::Q5_0)),
    (12, "Q4_K", Kind::Quantized(Blocks::Q4K)),
    (3, "Q4_1", Kind::Quantized(Blocks::Q4_1)),
    (2, "Q4_0", Kind::Quantized(Blocks::Q4_0)),
];

impl Kind {
    /// The type with this number in ggml.
    fn from_number(number: u32) -> Result<Self, String> {
        let kind = KINDS.iter().find(|(known, ..)| *known == number);
        kind.map(|(.., kind)| *kind).ok_or_else(|| {
            let names = KINDS.map(|(_, name, _)| name).join(", ");
            format!("of ggml type {number}; supported are {names}; quantise the model to one of them")
        })
    }

    /// Bytes that `elements` take, if they come out even.
    fn bytes(self, elements: usize) -> Option<usize> {
        match self {
            Self::F32 => elements.checked_mul(4),
            Self::F16 | Self::Bf16 => elements.checked_mul(2),
            Self::Quantized(blocks) => {
                let (of_block, size) = blocks.size();
                elements
                    .is_multiple_of(of_block)
                    .then_some(elements / of_block)?
                    .checked_mul(size)
            }
        }
    }

    fn read(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F32 => decode::f32(bytes),
            Self::F16 => decode::f16(bytes),
            Self::Bf16 => decode::bf16(bytes),
            Self::Quantized(blocks) => blocks.dequantize(bytes),
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
        Ok(self.tensors.get(name).map(|info| WeightTensor {
            shape: info.shape.clone(),
            values: info.kind.read(&self.bytes[info.start..info.end]),
        }))
    }
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
    let kind = Kind::from_number(number).map_err(|reason| format!("tensor {name:?} is {reason}"))?;
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

    #[test]
    fn a_type_that_is_not_read_is_named_with_those_that_are() {
        let mut file = small_file();
        let kind = 24 + 8 + "token_types.weight".len() + 4 + 2 * 8;
        file[kind..kind + 4].copy_from_slice(&10u32.to_le_bytes());
        let message = read_header(&file).unwrap_err();
        for part in [
            "token_types.weight",
            "ggml type 10",
            "F32, F16, BF16, Q8_0, Q6_K",
            "Q4_0",
        ] {
            assert!(message.contains(part), "{part} is not in {message}");
        }
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
