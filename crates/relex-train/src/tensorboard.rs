//! Event files as TensorBoard reads them: TFRecords of `Event` messages.
//!
//! A record is the length of its data (8 bytes), the masked CRC-32C of these 8, the data, and the masked CRC-32C of the data, all
//! little-endian (TensorFlow's `lib/io/record_writer.cc`). Of `event.proto` and `summary.proto` a file of scalars needs five
//! fields, so that they are written by hand: 1 = wall time, 2 = step, 3 = file version, 5 = summary of repeated 1 = value with
//! 1 = tag and 2 = number.

use std::io::{Result, Write};

/// A file of scalars that is being written.
#[derive(Debug)]
pub struct EventFile<W> {
    writer: W,
}

impl<W: Write> EventFile<W> {
    /// Begins the file; `wall_time` is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn begin(writer: W, wall_time: f64) -> Result<Self> {
        let mut file = Self { writer };
        let mut event = Message::default();
        event.double(1, wall_time);
        event.bytes(3, b"brain.Event:2");
        file.record(&event.0)?;
        Ok(file)
    }

    /// Adds the numbers of one step, each under its tag.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    ///
    /// ```
    /// use relex_train::EventFile;
    /// let mut bytes = Vec::new();
    /// let mut file = EventFile::begin(&mut bytes, 1.7e9)?;
    /// file.scalars(1.7e9, 1, &[("train/loss", 2.5)])?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn scalars(&mut self, wall_time: f64, step: usize, numbers: &[(&str, f64)]) -> Result<()> {
        let mut summary = Message::default();
        for (tag, number) in numbers {
            let mut value = Message::default();
            value.bytes(1, tag.as_bytes());
            value.float(2, *number as f32);
            summary.bytes(1, &value.0);
        }
        let mut event = Message::default();
        event.double(1, wall_time);
        event.integer(2, step as u64);
        event.bytes(5, &summary.0);
        self.record(&event.0)
    }

    fn record(&mut self, data: &[u8]) -> Result<()> {
        let length = (data.len() as u64).to_le_bytes();
        let mut record = Vec::with_capacity(data.len() + 16);
        record.extend(length);
        record.extend(masked_crc(&length).to_le_bytes());
        record.extend(data);
        record.extend(masked_crc(data).to_le_bytes());
        // At once, so that who reads along sees whole records.
        self.writer.write_all(&record)
    }
}

/// A protocol buffer message.
#[derive(Default)]
struct Message(Vec<u8>);

/// Wire types.
const VARINT: u64 = 0;
const EIGHT_BYTES: u64 = 1;
const LENGTH: u64 = 2;
const FOUR_BYTES: u64 = 5;

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn key(&mut self, field: u64, wire_type: u64) {
        self.varint(field << 3 | wire_type);
    }

    fn integer(&mut self, field: u64, value: u64) {
        self.key(field, VARINT);
        self.varint(value);
    }

    fn double(&mut self, field: u64, value: f64) {
        self.key(field, EIGHT_BYTES);
        self.0.extend(value.to_le_bytes());
    }

    fn float(&mut self, field: u64, value: f32) {
        self.key(field, FOUR_BYTES);
        self.0.extend(value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.key(field, LENGTH);
        self.varint(value.len() as u64);
        self.0.extend(value);
    }
}

/// TensorFlow's `crc32c::Mask`: a checksum of data that holds checksums would be weak.
fn masked_crc(data: &[u8]) -> u32 {
    crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli), reflected, as in RFC 3720.
fn crc32c(data: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    !data
        .iter()
        .fold(!0, |crc, &byte| TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8))
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                value >> 1 ^ 0x82f6_3b78
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3720, appendix B.4, and the usual check value.
    #[test]
    fn the_checksum_is_the_published_one() {
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        let rising: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&rising), 0x46dd_794e);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    /// Field by field: version "brain.Event:2" at second 1.0; two scalars of step 300 at second 2.0.
    #[test]
    fn a_file_is_the_bytes_that_the_format_asks_for() {
        let mut bytes = Vec::new();
        EventFile::begin(&mut bytes, 1.0).unwrap();
        let event = [&[0x09][..], &1f64.to_le_bytes(), &[0x1a, 13], b"brain.Event:2"].concat();
        assert_eq!(bytes[..8], (event.len() as u64).to_le_bytes());
        assert_eq!(bytes[12..12 + event.len()], event);

        let mut bytes = Vec::new();
        let mut file = EventFile { writer: &mut bytes };
        file.scalars(2.0, 300, &[("a", 1.5), ("bc", -2.0)]).unwrap();
        let value = |tag: &str, number: f32| {
            let inner = [&[0x0a, tag.len() as u8], tag.as_bytes(), &[0x15], &number.to_le_bytes()].concat();
            [vec![0x0a, inner.len() as u8], inner].concat()
        };
        let summary = [value("a", 1.5), value("bc", -2.0)].concat();
        let mut event = [
            &[0x09][..],
            &2f64.to_le_bytes(),
            &[0x10, 0xac, 0x02, 0x2a, summary.len() as u8],
        ]
        .concat();
        event.extend(&summary);
        assert_eq!(bytes[12..12 + event.len()], event);
    }

    /// What a reader does: lengths and data by their checksums, one record after the other to the end.
    #[test]
    fn every_record_reads_back_by_its_checksums() {
        let mut bytes = Vec::new();
        let mut file = EventFile::begin(&mut bytes, 1.7e9).unwrap();
        for step in 1..=200 {
            let number = f64::from(step).sqrt();
            file.scalars(
                1.7e9,
                step as usize,
                &[("train/loss", number), ("train/learning_rate", 1e-5)],
            )
            .unwrap();
        }
        let unmasked = |bytes: &[u8]| {
            let masked = u32::from_le_bytes(bytes.try_into().unwrap());
            masked.wrapping_sub(0xa282_ead8).rotate_left(15)
        };
        let mut rest = bytes.as_slice();
        let mut records = 0;
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            assert_eq!(unmasked(&rest[8..12]), crc32c(&rest[..8]));
            let data = &rest[12..12 + length];
            assert_eq!(unmasked(&rest[12 + length..16 + length]), crc32c(data));
            rest = &rest[16 + length..];
            records += 1;
        }
        assert_eq!(records, 201);
    }
}
