//! One sentence with two marked entities, and how it is identified.

use sha2::{Digest, Sha256};

use crate::error::DataError;
use crate::files::hex;
use crate::labels::{LabelId, LabelSet};

/// A non-empty half-open range of Unicode scalar values, `start..end`, counted as Python counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    start: usize,
    end: usize,
}

impl Span {
    /// The characters from `start` up to, not including, `end`.
    ///
    /// # Errors
    /// [`DataError::EmptySpan`] when `start` is not below `end`.
    pub fn new(start: usize, end: usize) -> Result<Self, DataError> {
        if start < end {
            Ok(Self { start, end })
        } else {
            Err(DataError::EmptySpan { start, end })
        }
    }

    /// The first character's offset.
    #[must_use]
    pub fn start(self) -> usize {
        self.start
    }

    /// The offset after the last character.
    #[must_use]
    pub fn end(self) -> usize {
        self.end
    }

    /// The number of characters, at least 1.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a span is never empty")]
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the two ranges share a character.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The characters of `text` that the span covers, or nothing when it reaches past the end.
    #[must_use]
    pub fn of(self, text: &str) -> Option<&str> {
        let from = byte_offset(text, self.start)?;
        let rest = &text[from..];
        let length = byte_offset(rest, self.end - self.start)?;
        Some(&rest[..length])
    }
}

/// A named thing in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entity {
    /// Where it stands.
    pub span: Span,
    /// Its type as the data set writes it, such as `PER`.
    pub entity_type: String,
}

/// One row of a data set: a sentence, the two entities in question, and the relation if it is known.
///
/// The readers check that both spans lie inside the sentence; whoever builds one by hand does the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The row's name, unique in its file.
    pub id: String,
    /// The text, exactly as in the file.
    pub sentence: String,
    /// The entity that the relation starts from.
    pub subject: Entity,
    /// The entity that the relation points to.
    pub object: Entity,
    /// The relation; `None` in a test file that keeps it back.
    pub label: Option<LabelId>,
    /// Where the sentence came from, if the file says.
    pub source: Option<String>,
}

impl Example {
    /// The subject's characters; empty when its span lies outside the sentence.
    #[must_use]
    pub fn subject_word(&self) -> &str {
        self.subject.span.of(&self.sentence).unwrap_or_default()
    }

    /// The object's characters; empty when its span lies outside the sentence.
    #[must_use]
    pub fn object_word(&self) -> &str {
        self.object.span.of(&self.sentence).unwrap_or_default()
    }

    /// The SHA-256, in hexadecimal, of everything that a model learns from: sentence, both spans and types, and the label's name.
    ///
    /// Texts are length-prefixed, so no two contents share an encoding. Neither id nor source is part of it:
    /// the same row in another file has the same hash.
    #[must_use]
    pub fn content_hash(&self, labels: &LabelSet) -> String {
        hex(&self.content_digest(labels))
    }

    pub(crate) fn content_digest(&self, labels: &LabelSet) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(b"relex example v1");
        update_text(&mut hasher, &self.sentence);
        for entity in [&self.subject, &self.object] {
            hasher.update((entity.span.start as u64).to_le_bytes());
            hasher.update((entity.span.end as u64).to_le_bytes());
            update_text(&mut hasher, &entity.entity_type);
        }
        match self.label {
            None => hasher.update([0]),
            Some(id) => {
                hasher.update([1]);
                update_text(&mut hasher, labels.name(id));
            }
        }
        hasher.finalize().into()
    }
}

/// The SHA-256 of a whole data set, in hexadecimal, whatever the order of its rows: over the sorted pairs of id and content hash.
#[must_use]
pub fn data_hash(examples: &[Example], labels: &LabelSet) -> String {
    use rayon::prelude::*;
    let mut rows: Vec<(&str, [u8; 32])> = examples
        .par_iter()
        .map(|example| (example.id.as_str(), example.content_digest(labels)))
        .collect();
    rows.sort_unstable();
    let mut hasher = Sha256::new();
    hasher.update(b"relex data v1");
    for (id, digest) in rows {
        update_text(&mut hasher, id);
        hasher.update(digest);
    }
    hex(&hasher.finalize())
}

fn update_text(hasher: &mut Sha256, text: &str) {
    hasher.update((text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

/// The byte where character `offset` of `text` begins (its length for the offset after the last character).
pub(crate) fn byte_offset(text: &str, offset: usize) -> Option<usize> {
    let mut count = 0;
    for (byte, _) in text.char_indices() {
        if count == offset {
            return Some(byte);
        }
        count += 1;
    }
    (count == offset).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> (Example, LabelSet) {
        let labels = LabelSet::new(["none", "per:title"], "none").unwrap();
        let entity = |start, end| Entity {
            span: Span::new(start, end).unwrap(),
            entity_type: "PER".to_owned(),
        };
        let example = Example {
            id: "7".to_owned(),
            sentence: "가나😀 다라".to_owned(),
            subject: entity(0, 3),
            object: entity(4, 6),
            label: labels.id("per:title"),
            source: None,
        };
        (example, labels)
    }

    #[test]
    fn spans_count_characters_and_are_never_empty() {
        let (example, _) = example();
        assert_eq!((example.subject_word(), example.object_word()), ("가나😀", "다라"));
        assert!(Span::new(3, 3).is_err() && Span::new(4, 3).is_err());
        assert_eq!(Span::new(5, 7).unwrap().of(&example.sentence), None);
        assert_eq!(Span::new(9, 12).unwrap().of(&example.sentence), None);
        let span = |start, end| Span::new(start, end).unwrap();
        assert!(span(0, 3).overlaps(span(2, 4)) && span(2, 4).overlaps(span(0, 3)));
        assert!(!span(0, 3).overlaps(span(3, 4)));
    }

    #[test]
    fn the_hash_sees_every_part_but_id_and_source() {
        let (original, labels) = example();
        let hash = original.content_hash(&labels);
        let changed = |change: &dyn Fn(&mut Example)| {
            let mut copy = original.clone();
            change(&mut copy);
            copy.content_hash(&labels)
        };
        assert_eq!(changed(&|e| e.id.push('x')), hash);
        assert_eq!(changed(&|e| e.source = Some("wiki".to_owned())), hash);
        assert_ne!(changed(&|e| e.sentence.push('.')), hash);
        assert_ne!(changed(&|e| e.subject.span.end = 2), hash);
        assert_ne!(changed(&|e| e.object.span.start = 5), hash);
        assert_ne!(changed(&|e| e.object.entity_type.push('X')), hash);
        assert_ne!(changed(&|e| e.label = None), hash);
        assert_ne!(changed(&|e| e.label = Some(labels.negative())), hash);
        assert_ne!(changed(&|e| std::mem::swap(&mut e.subject, &mut e.object)), hash);
    }

    #[test]
    fn the_hash_never_changes() {
        // SHA-256 by Python's hashlib of: b"relex example v1", then for each text its length as
        // 8 little-endian bytes and its bytes, for each offset 8 little-endian bytes, and 1 before the label.
        let (example, labels) = example();
        assert_eq!(
            example.content_hash(&labels),
            "bbdd4aa9dc8cd0cce2e415aed07a04f92a41000457e1807c01cea6fb16032530"
        );
    }
}
