//! Bytes → text, with a byte order mark taken off.

use std::path::Path;

use crate::error::{DataError, Place};

const BYTE_ORDER_MARK: &str = "\u{feff}";

pub(super) fn decode<'a>(bytes: &'a [u8], path: &Path) -> Result<&'a str, DataError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)),
        Err(error) => {
            let valid = &bytes[..error.valid_up_to()];
            let found = match bytes {
                [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it begins like UTF-16".to_owned(),
                _ => format!(
                    "byte 0x{:02x}",
                    bytes.get(error.valid_up_to()).copied().unwrap_or_default()
                ),
            };
            let line = valid.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            Err(DataError::NotUtf8 {
                place: Box::new(Place {
                    line: Some(line),
                    ..Place::file(path)
                }),
                found,
            })
        }
    }
}
