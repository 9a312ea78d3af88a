//! Paraphrases made elsewhere, in which the parent's entities are found again.

use std::path::Path;

use serde::Deserialize;

use super::child::Made;
use super::draft::Repairs;
use super::refusal::Refusal;
use crate::error::{DataError, Place};
use crate::example::{Entity, Example, Span};
use crate::read::{OPEN_QUOTE, csv_reason, csv_record_line, ends_in_quotes, reason};

/// A sentence that says the same as a training row, by whatever means it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paraphrase {
    /// The id of the training row.
    pub parent: String,
    /// The sentence.
    pub sentence: String,
}

/// Reads paraphrases from a CSV file with the columns `parent` and `sentence`, or a JSONL file of objects with these keys.
/// Other columns and keys are ignored.
///
/// # Errors
/// [`DataError::Read`] when the file cannot be read, [`DataError::Malformed`] for another extension than `.csv` or `.jsonl`, a
/// missing column or key, or a broken line.
pub fn read_paraphrases(path: &Path) -> Result<Vec<Paraphrase>, DataError> {
    let bytes = std::fs::read(path).map_err(|source| DataError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "csv" => read_csv(bytes, path),
        "jsonl" => read_json_lines(bytes, path),
        _ => Err(malformed(
            path,
            None,
            "cannot tell its format from its name; use .csv or .jsonl".to_owned(),
        )),
    }
}

#[derive(Deserialize)]
struct Row {
    parent: Id,
    sentence: String,
}

/// Ids are numbers in some files and texts in others.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(u64),
}

impl From<Row> for Paraphrase {
    fn from(row: Row) -> Self {
        Self {
            parent: match row.parent {
                Id::Text(text) => text,
                Id::Number(number) => number.to_string(),
            },
            sentence: row.sentence,
        }
    }
}

const NEEDED: &str = "every row needs `parent`, the id of a training row, and `sentence`";

fn read_csv(bytes: &[u8], path: &Path) -> Result<Vec<Paraphrase>, DataError> {
    let mut reader = csv::Reader::from_reader(bytes);
    let broken = |error: &csv::Error| {
        let line = error.position().map(|position| csv_record_line(bytes, position));
        malformed(path, line, format!("{}; {NEEDED}", csv_reason(error)))
    };
    let headers = reader.headers().map_err(|error| broken(&error))?.clone();
    let place = |name| {
        headers
            .iter()
            .position(|header| header == name)
            .ok_or_else(|| malformed(path, Some(1), format!("the column `{name}` is missing; {NEEDED}")))
    };
    let (parent, sentence) = (place("parent")?, place("sentence")?);
    let mut last = csv::Position::new();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| broken(&error))?;
        last = record.position().cloned().unwrap_or(last);
        rows.push(Paraphrase {
            parent: record.get(parent).unwrap_or_default().to_owned(),
            sentence: record.get(sentence).unwrap_or_default().to_owned(),
        });
    }
    match ends_in_quotes(bytes, &last, b',') {
        true => Err(malformed(
            path,
            Some(csv_record_line(bytes, &last)),
            OPEN_QUOTE.to_owned(),
        )),
        false => Ok(rows),
    }
}

fn read_json_lines(bytes: &[u8], path: &Path) -> Result<Vec<Paraphrase>, DataError> {
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    let rows = lines
        .filter(|(line, _)| !line.trim_ascii().is_empty())
        .map(|(line, number)| {
            let row: Row = serde_json::from_slice(line)
                .map_err(|error| malformed(path, Some(number), format!("{}; {NEEDED}", reason(&error))))?;
            Ok(row.into())
        });
    rows.collect()
}

fn malformed(path: &Path, line: Option<u64>, message: String) -> DataError {
    DataError::Malformed {
        place: Box::new(Place {
            line,
            ..Place::file(path)
        }),
        message,
    }
}

/// The child with the paraphrase for its sentence, if each of the parent's entities stands in it exactly once.
///
/// The longer one is sought first, so that 서울 within 서울대학교 does not count as a place of its own.
pub(super) fn adopt_paraphrase(parent: &Example, sentence: &str) -> Result<Made, Refusal> {
    let (subject, object) = (parent.subject_word(), parent.object_word());
    if parent.subject.span.overlaps(parent.object.span) {
        return Err(Refusal::Overlapping);
    }
    let subject_errors = (Refusal::SubjectMissing, Refusal::SubjectRepeated);
    let object_errors = (Refusal::ObjectMissing, Refusal::ObjectRepeated);
    let (subject_at, object_at) = if object.len() > subject.len() {
        let object_at = only_place(sentence, object, None, object_errors)?;
        (
            only_place(sentence, subject, Some(object_at), subject_errors)?,
            object_at,
        )
    } else {
        let subject_at = only_place(sentence, subject, None, subject_errors)?;
        (
            subject_at,
            only_place(sentence, object, Some(subject_at), object_errors)?,
        )
    };
    let at = |entity: &Entity, span| Entity { span, ..entity.clone() };
    Ok(Made {
        example: Example {
            sentence: sentence.to_owned(),
            subject: at(&parent.subject, subject_at),
            object: at(&parent.object, object_at),
            ..parent.clone()
        },
        subject_word: subject.to_owned(),
        object_word: object.to_owned(),
        repairs: Repairs::default(),
        mentions_left: 0,
    })
}

/// Where `word` stands outside `taken`, if that is in one place only.
fn only_place(
    sentence: &str,
    word: &str,
    taken: Option<Span>,
    (missing, repeated): (Refusal, Refusal),
) -> Result<Span, Refusal> {
    let length = word.chars().count();
    let starts = sentence.char_indices().enumerate();
    let mut places = starts
        .filter(|(_, (byte, _))| !word.is_empty() && sentence[*byte..].starts_with(word))
        .filter_map(|(offset, _)| Span::new(offset, offset + length).ok())
        .filter(|span| taken.is_none_or(|taken| !span.overlaps(taken)));
    let place = places.next().ok_or(missing)?;
    match places.next() {
        None => Ok(place),
        Some(_) => Err(repeated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent(subject: (usize, usize), object: (usize, usize)) -> Example {
        let entity = |(start, end)| Entity {
            span: Span::new(start, end).unwrap(),
            entity_type: "ORG".to_owned(),
        };
        Example {
            id: "1".to_owned(),
            sentence: "서울대학교는 서울에 있다.".to_owned(),
            subject: entity(subject),
            object: entity(object),
            label: None,
            source: None,
        }
    }

    /// From the first character to the one after the last.
    type Range = (usize, usize);

    fn check(sentence: &str, expected: Result<(Range, Range), Refusal>) {
        let pair = |entity: &Entity| (entity.span.start(), entity.span.end());
        let found = |parent| {
            adopt_paraphrase(&parent, sentence).map(|made| (pair(&made.example.subject), pair(&made.example.object)))
        };
        assert_eq!(found(parent((0, 5), (7, 9))), expected, "{sentence}");
        let swapped = expected
            .map(|(subject, object)| (object, subject))
            .map_err(|refusal| match refusal {
                Refusal::SubjectMissing => Refusal::ObjectMissing,
                Refusal::SubjectRepeated => Refusal::ObjectRepeated,
                Refusal::ObjectMissing => Refusal::SubjectMissing,
                Refusal::ObjectRepeated => Refusal::SubjectRepeated,
                other => other,
            });
        assert_eq!(found(parent((7, 9), (0, 5))), swapped, "{sentence}, roles exchanged");
    }

    #[test]
    fn entities_are_found_once_or_not_at_all() {
        check("서울에는 서울대학교가 있다.", Ok(((5, 10), (0, 2))));
        check("그 도시에는 서울대학교가 있다.", Err(Refusal::ObjectMissing));
        check("서울에는 대학교가 있다.", Err(Refusal::SubjectMissing));
        check("서울, 그 서울에 서울대학교가 있다.", Err(Refusal::ObjectRepeated));
        check("서울대학교는 서울의 서울대학교다.", Err(Refusal::SubjectRepeated));
        check("", Err(Refusal::SubjectMissing));
    }

    #[test]
    fn two_entities_of_one_name_cannot_be_told_apart() {
        let mut twice = parent((0, 2), (7, 9));
        twice.sentence = "서울과 다른 서울".to_owned();
        twice.object = Entity {
            span: Span::new(7, 9).unwrap(),
            ..twice.subject.clone()
        };
        assert_eq!(
            adopt_paraphrase(&twice, "서울, 또 서울").unwrap_err(),
            Refusal::SubjectRepeated
        );
        assert_eq!(adopt_paraphrase(&twice, "서울").unwrap_err(), Refusal::ObjectMissing);
    }

    #[test]
    fn both_formats_hold_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("a.csv"), "\u{FEFF}by,parent,sentence\nme,7,\"가, 나\"\n").unwrap();
        std::fs::write(
            path("a.jsonl"),
            "{\"parent\": 7, \"sentence\": \"가, 나\", \"by\": 1}\n\n",
        )
        .unwrap();
        let expected = [Paraphrase {
            parent: "7".to_owned(),
            sentence: "가, 나".to_owned(),
        }];
        assert_eq!(read_paraphrases(&path("a.csv")).unwrap(), expected);
        assert_eq!(read_paraphrases(&path("a.jsonl")).unwrap(), expected);
    }

    #[test]
    fn broken_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, content: &[u8], part: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            let error = read_paraphrases(&path).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(part), "{error}");
        };
        check("a.txt", b"", "use .csv or .jsonl");
        check("a.csv", b"id,sentence\n1,x\n", "the column `parent` is missing");
        let short = "b.csv, line 4: the row has 1 field, but the header names 2";
        check("b.csv", b"parent,sentence\n1,\"x\ny\"\n2\n", short);
        check("b.csv", b"parent,sentence\r\n1,\"x\r\ny\"\r\n2\r\n", short);
        check(
            "c.csv",
            b"parent,sentence\r\n1,x\r\n2,\"y\r\n",
            "c.csv, line 3: a field that begins here",
        );
        check(
            "a.jsonl",
            b"{\"parent\": 1, \"sentence\": \"x\"}\n{\"parent\": 1}\n",
            "line 2: missing field `sentence`",
        );
        check("b.jsonl", b"\xFF\n", "line 1");
    }
}
