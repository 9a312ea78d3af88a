//! Numbers of a weight file as `f32`; little-endian, as every format here keeps them.

use std::path::Path;

use half::{bf16 as Bf16, f16 as F16};

use crate::ModelError;

pub(crate) fn f32(bytes: &[u8]) -> Vec<f32> {
    each(bytes, f32::from_le_bytes)
}

pub(crate) fn f16(bytes: &[u8]) -> Vec<f32> {
    each(bytes, |chunk| F16::from_le_bytes(chunk).to_f32())
}

pub(crate) fn bf16(bytes: &[u8]) -> Vec<f32> {
    each(bytes, |chunk| Bf16::from_le_bytes(chunk).to_f32())
}

pub(crate) fn f64(bytes: &[u8]) -> Vec<f32> {
    each(bytes, |chunk| f64::from_le_bytes(chunk) as f32)
}

/// The error for a parameter of another type than these.
pub(crate) fn unsupported(path: &Path, tensor: &str, kind: &str) -> ModelError {
    ModelError::Weights {
        path: path.into(),
        reason: format!("tensor {tensor:?} is of type {kind}; supported are F32, F16, BF16 and F64"),
    }
}

fn each<const N: usize>(bytes: &[u8], convert: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&chunk| convert(chunk)).collect()
}
