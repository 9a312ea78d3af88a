//! A list of labels in a file of its own: text, JSON, or a Python pickle.

use std::path::Path;

use serde_json::{Map, Value};
use serde_pickle::{DeOptions, HashableValue, Value as Pickled};

use super::file::extension;
use crate::error::{DataError, Place, clip};

/// No list of labels comes near this many bytes (30 of KLUE-RE take 900). A pickle is a program, and a short one can do less harm.
const LARGEST_PICKLE: usize = 1 << 13;
/// Room for the deepest nesting that a pickle of that size can describe: one tuple a byte, each a few calls of the reader.
const PICKLE_STACK: usize = 1 << 26;

/// The labels of a list, in order: one a line; JSON (a list, a dict from label to number or from number to label, or either of
/// them under `labels`, `relations` or a key that stands alone); or a Python pickle of a list or dict. Which of these it is, the
/// content says, and the name `path`, from which nothing is read. A pickle is read as data: nothing in it is run.
///
/// Whether the labels are distinct, or any, is not looked at.
///
/// ```
/// use std::path::Path;
/// use relex_data::parse_label_list;
///
/// let order = br#"{"per:title": 1, "no_relation": 0}"#;
/// assert_eq!(parse_label_list(order, Path::new("label_to_id.json"))?, ["no_relation", "per:title"]);
/// assert_eq!(parse_label_list(b"no_relation\nper:title\n", Path::new("labels.txt"))?, ["no_relation", "per:title"]);
/// # Ok::<(), relex_data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError::Malformed`] when the content is none of these.
pub fn parse_label_list(bytes: &[u8], path: &Path) -> Result<Vec<String>, DataError> {
    parse(bytes, path).map_err(|message| DataError::Malformed {
        place: Box::new(Place::file(path)),
        message,
    })
}

/// The labels in order, or what is wrong with the file.
pub(super) fn read(path: &Path) -> Result<Vec<String>, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    parse(&bytes, path).map_err(|message| format!("{}: {message}", path.display()))
}

fn parse(bytes: &[u8], path: &Path) -> Result<Vec<String>, String> {
    let extension = extension(path);
    // The protocols of pickle from 2 on begin so, and no UTF-8 text does.
    if matches!(extension.as_deref(), Some("pkl" | "pickle")) || bytes.starts_with(b"\x80") {
        return unpickle(bytes);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8 text; save the file as UTF-8".to_owned())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if extension.as_deref() == Some("json") || text.starts_with(['[', '{']) {
        return listed(&serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?);
    }
    let lines = text.lines().map(str::trim);
    Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// A list of names; a dict from name to number or from number to name; either of them under a key of its own.
fn listed(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(names) => names
            .iter()
            .map(|name| {
                let name = name.as_str().map(str::to_owned);
                name.ok_or_else(|| "a label is not a text; write a list of names".to_owned())
            })
            .collect(),
        Value::Object(entries) => {
            // Such as a predictions file's description, which holds more than the labels.
            if let Some(list @ Value::Array(_)) = entries.get("labels").or_else(|| entries.get("relations")) {
                return listed(list);
            }
            let only = entries.values().next().filter(|_| entries.len() == 1);
            if let Some(inner @ (Value::Array(_) | Value::Object(_))) = only {
                return listed(inner);
            }
            numbered(entries)
        }
        _ => Err("neither a list of labels nor a dict from label to number".to_owned()),
    }
}

fn numbered(entries: &Map<String, Value>) -> Result<Vec<String>, String> {
    let mut pairs = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let pair = match (value.as_i64(), value.as_str(), key.trim().parse::<i64>()) {
            (Some(number), _, _) => (number, key.clone()),
            (None, Some(name), Ok(number)) => (number, name.to_owned()),
            _ => {
                return Err(format!(
                    "`{}` has no number; write a dict from label to number",
                    clip(key)
                ));
            }
        };
        pairs.push(pair);
    }
    pairs.sort();
    for (expected, (number, name)) in (0_i64..).zip(&pairs) {
        if *number != expected {
            return Err(format!(
                "`{}` has number {number} where {expected} is due; number the labels from 0 without a gap",
                clip(name)
            ));
        }
    }
    Ok(pairs.into_iter().map(|(_, name)| name).collect())
}

fn unpickle(bytes: &[u8]) -> Result<Vec<String>, String> {
    if bytes.len() > LARGEST_PICKLE {
        return Err(format!(
            "a pickle of {} bytes is no list of labels; write the labels one a line into a text file",
            bytes.len()
        ));
    }
    // On a stack of its own, for the reader follows nesting by recursion.
    let parse = || {
        let value = serde_pickle::value_from_slice(bytes, DeOptions::new());
        value
            .map_err(|error| format!("not a pickle of labels: {}", clip(&error.to_string())))
            .and_then(|value| listed(&plain(&value)?))
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(PICKLE_STACK);
        let handle = thread
            .spawn_scoped(scope, parse)
            .map_err(|error| format!("cannot start a thread for the pickle: {error}"))?;
        handle
            .join()
            .unwrap_or_else(|_| Err("not a pickle of labels: its program makes no sense".to_owned()))
    })
}

/// The parts of a pickle that a list of labels may have, as JSON.
fn plain(value: &Pickled) -> Result<Value, String> {
    match value {
        Pickled::String(text) => Ok(Value::from(text.as_str())),
        Pickled::I64(number) => Ok(Value::from(*number)),
        Pickled::List(items) | Pickled::Tuple(items) => items.iter().map(plain).collect(),
        Pickled::Dict(entries) => entries
            .iter()
            .map(|(key, value)| {
                let key = match key {
                    HashableValue::String(text) => text.clone(),
                    HashableValue::I64(number) => number.to_string(),
                    _ => {
                        return Err(
                            "a key is neither a label nor a number; pickle a dict from label to number".to_owned(),
                        );
                    }
                };
                Ok((key, plain(value)?))
            })
            .collect(),
        _ => Err("it holds something else than labels and numbers; pickle a dict from label to number".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `pickle.dumps({"b": 1, "a": 0}, protocol=3)` and `pickle.dumps({0: "a", 1: "b"})`, by Python 3.11.
    const LABEL_TO_NUMBER: &[u8] = b"\x80\x03}q\x00(X\x01\x00\x00\x00bq\x01K\x01X\x01\x00\x00\x00aq\x02K\x00u.";
    const NUMBER_TO_LABEL: &[u8] =
        b"\x80\x04\x95\x11\x00\x00\x00\x00\x00\x00\x00}\x94(K\x00\x8c\x01a\x94K\x01\x8c\x01b\x94u.";

    fn check(bytes: &[u8], name: &str) {
        let labels = parse(bytes, Path::new(name)).unwrap();
        assert_eq!(labels, ["a", "b"], "{name}");
    }

    fn check_refused(bytes: &[u8], name: &str, part: &str) {
        let message = parse(bytes, Path::new(name)).unwrap_err();
        assert!(message.contains(part), "{message}");
    }

    #[test]
    fn every_form_gives_the_same_order() {
        check(b"\xef\xbb\xbfa\r\n\r\nb\n", "labels.txt");
        check(br#"["a", "b"]"#, "l.json");
        check(br#"{"relations": ["a", "b"]}"#, "l.JSON");
        check(br#"{"b": 1, "a": 0}"#, "l.json");
        check(br#"{"1": "b", "0": "a"}"#, "l.json");
        check(br#"{"relations": ["a", "b"], "version": 1}"#, "l.json");
        check(br#"{"format_version": 1, "labels": ["a", "b"]}"#, "p.csv.meta.json");
        check("\u{feff}[\"a\", \"b\"]\r\n".as_bytes(), "order");
        check(br#"{"b": 1, "a": 0}"#, "order.txt");
        check(LABEL_TO_NUMBER, "l.pkl");
        check(LABEL_TO_NUMBER, "order");
        check(NUMBER_TO_LABEL, "l.pickle");
    }

    #[test]
    fn files_that_are_no_list() {
        check_refused(b"{", "l.json", "not JSON");
        check_refused(b"[\"a\"", "order", "not JSON");
        check_refused(b"a\nb\n", "l.json", "not JSON");
        check_refused(b"3", "l.json", "neither a list");
        check_refused(br#"["a", 1]"#, "l.json", "not a text");
        check_refused(br#"{"a": 0, "b": 2}"#, "l.json", "`b` has number 2 where 1 is due");
        check_refused(br#"{"a": 0, "b": 0}"#, "l.json", "`b` has number 0 where 1 is due");
        check_refused(br#"{"a": 0, "b": "c"}"#, "l.json", "`b` has no number");
        check_refused(b"\xff", "labels", "UTF-8");
        check_refused(b"", "l.pkl", "not a pickle");
        check_refused(b"\x80\x03cos\nsystem\n.", "l.pkl", "not a pickle");
        check_refused(b"\x80\x03N.", "l.pkl", "something else");
        check_refused(&[b'('; 1 << 17], "l.pkl", "131072 bytes");
        // Lists in lists, 4,095 deep, and tuples in tuples, a byte each, 8,190 deep.
        let tuples = [b"N", &b"\x85".repeat(LARGEST_PICKLE - 2)[..], b"."].concat();
        check_refused(&tuples, "l.pkl", "something else");
        let deep = [&b"]".repeat(1 << 12)[..], &b"a".repeat((1 << 12) - 1), b"."].concat();
        check_refused(&deep, "l.pkl", "not a text");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            for name in ["l.pkl", "l.json", "l.txt"] {
                parse(&bytes, Path::new(name)).ok();
            }
        }

        #[test]
        fn no_damaged_pickle_panics(at in 0..LABEL_TO_NUMBER.len(), byte in any::<u8>()) {
            let mut bytes = LABEL_TO_NUMBER.to_vec();
            bytes[at] = byte;
            parse(&bytes, Path::new("l.pkl")).ok();
        }
    }
}
