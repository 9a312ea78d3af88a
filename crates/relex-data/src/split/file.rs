//! The file that a split is frozen in.

use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;

use super::manifest::FORMAT_VERSION;
use super::{Manifest, Part};
use crate::error::{DataError, Place};
use crate::files::write_atomically;

impl Manifest {
    /// Writes the manifest, atomically, as JSON with one row a line.
    ///
    /// # Errors
    /// [`DataError::Write`] when the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), DataError> {
        let failed = |error: serde_json::Error| DataError::Write {
            path: path.to_path_buf(),
            source: error.into(),
        };
        let mut text = String::new();
        let header = serde_json::to_string_pretty(&self.without_rows()).map_err(failed)?;
        // The header ends `"rows": []` and a closing brace; the rows go between.
        text.push_str(header.trim_end_matches(['}', '\n', ']']));
        for (index, row) in self.rows.iter().enumerate() {
            let row = serde_json::to_string(row).map_err(failed)?;
            text.push_str(if index == 0 { "\n    " } else { ",\n    " });
            text.push_str(&row);
        }
        // Writing to a string cannot fail.
        writeln!(text, "\n  ],\n  \"hash\": \"{}\"\n}}", self.hash).ok();
        write_atomically(path, text.as_bytes())
    }

    /// Reads a manifest and checks that nothing in it was changed since it was written.
    ///
    /// # Errors
    /// [`DataError::Read`] when the file cannot be read; [`DataError::Manifest`] when it is no manifest, has another
    /// format version, or its content does not have the hash that it names.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let bytes = std::fs::read(path).map_err(|source| DataError::Read {
            path: path.to_path_buf(),
            source,
        })?;
        let refuse = |line: Option<u64>, message: String| DataError::Manifest {
            place: Box::new(Place {
                line,
                ..Place::file(path)
            }),
            message,
        };
        let parsed: Result<Self, serde_json::Error> = serde_json::from_slice(&bytes);
        let version = match &parsed {
            Ok(manifest) => manifest.format_version,
            // Another version need not parse at all; say that rather than which key is strange.
            Err(_) => serde_json::from_slice::<Version>(&bytes).map_or(FORMAT_VERSION, |found| found.format_version),
        };
        if !(1..=FORMAT_VERSION).contains(&version) {
            let message = format!(
                "the manifest has format version {version}, but this program reads versions 1 to {FORMAT_VERSION}; make the \
                 split again"
            );
            return Err(refuse(None, message));
        }
        let mut manifest = parsed.map_err(|error| {
            let message = format!("not a split manifest: {error}; restore the file or make the split again");
            refuse(Some(error.line() as u64), message)
        })?;
        let written = std::mem::take(&mut manifest.hash);
        manifest.hash = manifest.computed_hash();
        if manifest.hash != written {
            let message = "the manifest was edited after it was written: its content no longer has its hash; restore the \
                           file or make the split again";
            return Err(refuse(None, message.to_owned()));
        }
        if let Some(row) = manifest
            .rows
            .iter()
            .find(|row| matches!(row.part, Part::Fold(fold) if fold >= manifest.folds()))
        {
            let message = format!(
                "row `{}` is in a fold that the split does not have; make the split again",
                row.id
            );
            return Err(refuse(None, message));
        }
        Ok(manifest)
    }
}

#[derive(Deserialize)]
struct Version {
    format_version: u32,
}
