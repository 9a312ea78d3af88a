//! A label order in a file, in the shapes that are found beside predictions.

use std::path::Path;

use relex_data::{DataError, parse_label_list};

use super::check_label_order;
use crate::error::EvalError;

/// Reads a label order in any shape that [`parse_label_list`] knows: a JSON list of labels, a JSON object from label to position
/// (or from position to label), a JSON object that holds such a list (`{"relations": […]}`, a `.meta.json`), a Python pickle of
/// either, or plain text with one label a line.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("label_to_id.json");
/// std::fs::write(&path, r#"{"per:title": 1, "no_relation": 0}"#)?;
/// assert_eq!(relex_eval::read_label_order(&path)?, ["no_relation", "per:title"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`EvalError::Read`] or [`EvalError::LabelFile`] if there is no such order in the file,
/// [`EvalError::RepeatedLabel`] if a label stands there twice.
pub fn read_label_order(path: impl AsRef<Path>) -> Result<Vec<String>, EvalError> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|source| EvalError::Read {
        path: path.to_owned(),
        source,
    })?;
    let labels = parse_label_list(&bytes, path).map_err(|error| EvalError::LabelFile {
        path: path.to_owned(),
        problem: match error {
            DataError::Malformed { message, .. } => message,
            other => other.to_string(),
        },
    })?;
    check_label_order(&labels)?;
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: impl AsRef<[u8]>) -> Result<Vec<String>, EvalError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels");
        std::fs::write(&path, content).unwrap();
        read_label_order(path)
    }

    #[test]
    fn every_shape_gives_the_same_order() {
        for content in [
            r#"["no_relation", "per:title"]"#,
            r#"{"per:title": 1, "no_relation": 0}"#,
            r#"{"1": "per:title", "0": "no_relation"}"#,
            r#"{"relations": ["no_relation", "per:title"], "version": 1}"#,
            r#"{"format_version": 1, "labels": ["no_relation", "per:title"]}"#,
            "\u{feff}no_relation\r\nper:title\r\n\r\n",
        ] {
            assert_eq!(read(content).unwrap(), ["no_relation", "per:title"], "{content}");
        }
    }

    #[test]
    fn what_is_no_order_is_refused_with_a_reason() {
        let check = |content: &[u8], part: &str| {
            let message = read(content).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        };
        check(b"\x80\x04\x95", "not a pickle");
        check(b"[1, 2]", "a label is not a text");
        check(b"{\"a\": 0, \"b\": 2}", "`b` has number 2 where 1 is due");
        check(b"[\"a\"", "not JSON");
        check(b"a\na\n", "stands at 0 and at 1");
        check(b"", "label order is empty");
    }
}
