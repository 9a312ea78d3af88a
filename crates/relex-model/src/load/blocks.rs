//! Quantised numbers: blocks of weights that share a scale, laid out as in ggml's `ggml-common.h` and read as its
//! `dequantize_row_*` do.

use half::f16;

/// Weights in a block of the older types.
const SMALL: usize = 32;
/// Weights in a block of the `K` types.
const LARGE: usize = 256;

/// How a type keeps its weights in blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocks {
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4K,
    Q5K,
    Q6K,
}

impl Blocks {
    /// Weights in a block, and the bytes that they take.
    pub(super) fn size(self) -> (usize, usize) {
        match self {
            Self::Q4_0 => (SMALL, 2 + 16),
            Self::Q4_1 => (SMALL, 2 + 2 + 16),
            Self::Q5_0 => (SMALL, 2 + 4 + 16),
            Self::Q5_1 => (SMALL, 2 + 2 + 4 + 16),
            Self::Q8_0 => (SMALL, 2 + 32),
            Self::Q4K => (LARGE, 2 + 2 + 12 + 128),
            Self::Q5K => (LARGE, 2 + 2 + 12 + 32 + 128),
            Self::Q6K => (LARGE, 128 + 64 + 16 + 2),
        }
    }

    /// The weights of whole blocks.
    pub(super) fn dequantize(self, bytes: &[u8]) -> Vec<f32> {
        let (elements, size) = self.size();
        let mut values = Vec::with_capacity(bytes.len() / size * elements);
        for block in bytes.chunks_exact(size) {
            match self {
                Self::Q4_0 => nibbles(half(block, 0), -8.0 * half(block, 0), [0; 4], &block[2..], &mut values),
                Self::Q4_1 => nibbles(half(block, 0), half(block, 2), [0; 4], &block[4..], &mut values),
                Self::Q5_0 => {
                    let scale = half(block, 0);
                    nibbles(scale, -16.0 * scale, four(block, 2), &block[6..], &mut values);
                }
                Self::Q5_1 => {
                    let fifth = four(block, 4);
                    nibbles(half(block, 0), half(block, 2), fifth, &block[8..], &mut values);
                }
                Self::Q8_0 => {
                    let scale = half(block, 0);
                    values.extend(block[2..].iter().map(|&byte| f32::from(byte as i8) * scale));
                }
                Self::Q4K => k_nibbles(block, &[0; 32], &block[16..], &mut values),
                Self::Q5K => k_nibbles(block, &block[16..48], &block[48..], &mut values),
                Self::Q6K => q6_k(block, &mut values),
            }
        }
        values
    }
}

fn half(block: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}

fn four(block: &[u8], at: usize) -> [u8; 4] {
    [block[at], block[at + 1], block[at + 2], block[at + 3]]
}

/// 16 bytes: low nibbles are the first 16 weights, high nibbles the others; bit `i` of `fifth` is weight `i`'s highest. A weight is
/// `scale · number + offset`.
fn nibbles(scale: f32, offset: f32, fifth: [u8; 4], bytes: &[u8], values: &mut Vec<f32>) {
    let fifth = u32::from_le_bytes(fifth);
    let numbers = bytes
        .iter()
        .map(|byte| byte & 0x0f)
        .chain(bytes.iter().map(|byte| byte >> 4));
    values.extend(numbers.enumerate().map(|(i, nibble)| {
        let number = u32::from(nibble) | (fifth >> i & 1) << 4;
        number as f32 * scale + offset
    }));
}

/// A scale for scales and one for minima, eight of both with 6 bits each in 12 bytes, then 32 bytes with two groups of 32 weights each,
/// four times over. `fifth` has in its bits the groups' highest bits.
fn k_nibbles(block: &[u8], fifth: &[u8], bytes: &[u8], values: &mut Vec<f32>) {
    let (scale, minimum) = (half(block, 0), half(block, 2));
    let packed = &block[4..16];
    for group in 0..8 {
        let (of_scale, of_minimum) = match group {
            0..4 => (packed[group] & 63, packed[group + 4] & 63),
            _ => (
                packed[group + 4] & 15 | packed[group - 4] >> 6 << 4,
                packed[group + 4] >> 4 | packed[group] >> 6 << 4,
            ),
        };
        let (scale, minimum) = (scale * f32::from(of_scale), minimum * f32::from(of_minimum));
        let bytes = &bytes[group / 2 * 32..][..32];
        values.extend(bytes.iter().zip(fifth).map(|(byte, fifth)| {
            let nibble = if group % 2 == 0 { byte & 15 } else { byte >> 4 };
            f32::from(nibble | (fifth >> group & 1) << 4) * scale - minimum
        }));
    }
}

/// Lower four bits, upper two bits, 16 signed scales, and a scale for those. Either half of the block has four groups of 32 weights.
fn q6_k(block: &[u8], values: &mut Vec<f32>) {
    let (lower, rest) = block.split_at(128);
    let (upper, rest) = rest.split_at(64);
    let scale = half(rest, 16);
    for group in 0..8 {
        let (part, place) = (group / 4, group % 4);
        let lower = &lower[64 * part + 32 * (place % 2)..][..32];
        let upper = &upper[32 * part..][..32];
        values.extend((0..32).map(|i| {
            let nibble = if place < 2 { lower[i] & 15 } else { lower[i] >> 4 };
            let number = nibble | (upper[i] >> (2 * place) & 3) << 4;
            let scale = scale * f32::from(rest[2 * group + i / 16] as i8);
            scale * (f32::from(number) - 32.0)
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q4_0_block_by_hand() {
        let mut block = [0u8; 18];
        block[..2].copy_from_slice(&f16::from_f32(0.5).to_le_bytes());
        block[2] = 0xf0; // weight 0 has nibble 0, weight 16 has nibble 15
        block[3] = 0x8a; // weight 1 has nibble 10, weight 17 has nibble 8
        let values = Blocks::Q4_0.dequantize(&block);
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
        let values = Blocks::Q8_0.dequantize(&block);
        assert_eq!((values[0], values[31]), (3.0 * 0.25, -128.0 * 0.25));
    }
}
