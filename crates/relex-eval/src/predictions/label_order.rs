//! A label order in a file, in the shapes that are found beside predictions.

use std::path::Path;

use serde_json::Value;

use super::check_label_order;
use crate::error::EvalError;

/// Reads a label order: a JSON list of labels, a JSON object from label to position (or from position
/// to label), a JSON object that holds such a list (`{"relations": […]}`, a `.meta.json`), or plain
/// text with one label a line.
///
/// # Errors
/// [`EvalError::Read`] or [`EvalError::LabelFile`] if there is no such order in the file,
/// [`EvalError::RepeatedLabel`] if a label stands there twice.
pub fn read_label_order(path: impl AsRef<Path>) -> Result<Vec<String>, EvalError> {
    let path = path.as_ref();
    let refuse = |problem: &str| EvalError::LabelFile {
        path: path.to_owned(),
        problem: problem.to_owned(),
    };
    let bytes = std::fs::read(path).map_err(|source| EvalError::Read {
        path: path.to_owned(),
        source,
    })?;
    // Pickle's protocol 2 and later begin so.
    if bytes.starts_with(b"\x80") {
        return Err(refuse("it is a Python pickle; write the dictionary as JSON"));
    }
    let text = String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8 text"))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let labels = if text.starts_with(['[', '{']) {
        let value: Value = serde_json::from_str(text).map_err(|error| refuse(&format!("it is no JSON: {error}")))?;
        from_json(&value).map_err(|problem| refuse(&problem))?
    } else {
        text.lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect()
    };
    check_label_order(&labels)?;
    Ok(labels)
}

fn from_json(value: &Value) -> Result<Vec<String>, String> {
    let list = |value: &Value| -> Option<Vec<String>> {
        value
            .as_array()?
            .iter()
            .map(|label| Some(label.as_str()?.to_owned()))
            .collect()
    };
    if let Some(labels) = list(value) {
        return Ok(labels);
    }
    let object = value.as_object().ok_or("its list holds more than labels")?;
    if let Some(labels) = ["labels", "relations"].iter().find_map(|key| list(object.get(*key)?)) {
        return Ok(labels);
    }
    let pairs: Option<Vec<(usize, String)>> = object
        .iter()
        .map(|(key, value)| match value {
            Value::String(label) => Some((key.parse().ok()?, label.clone())),
            _ => Some((usize::try_from(value.as_u64()?).ok()?, key.clone())),
        })
        .collect();
    let mut pairs = pairs.ok_or("it has neither a list of labels nor a position for each label")?;
    pairs.sort();
    match pairs
        .iter()
        .enumerate()
        .find(|(expected, (found, _))| expected != found)
    {
        Some((expected, _)) => Err(format!("no label has position {expected}, or two have the one before")),
        None => Ok(pairs.into_iter().map(|(_, label)| label).collect()),
    }
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
        check(b"\x80\x04\x95", "pickle");
        check(b"[1, 2]", "more than labels");
        check(b"{\"a\": 0, \"b\": 2}", "no label has position 1");
        check(b"{\"a\": 0, \"b\": 0}", "no label has position 1");
        check(b"{\"a\": null}", "position for each label");
        check(b"[\"a\"", "no JSON");
        check(b"a\na\n", "stands at 0 and at 1");
        check(b"", "label order is empty");
    }
}
