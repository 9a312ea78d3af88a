//! Encoded sentences kept between runs.
//!
//! A file `<hash>.tokens` holds sentences of one tokenizer with one `max_tokens`; the hash is over these two and
//! [`VERSION`]. It is replaced whole, so that a reader sees the old one or the new one; of two processes that write at once
//! the later one wins, and what only the other had is encoded once more.

mod file;

use std::{collections::BTreeMap, path::Path};

use rayon::prelude::*;
use relex_data::{Edit, Marked, Span, write_atomically};
use sha2::{Digest, Sha256};

use super::{EncodedExample, TextEncoder};
use crate::ModelError;
use file::{Key, Record};

/// To be raised with every change after which a sentence may be encoded in another way, or the file is laid out in
/// another way: the release's number is the same for many commits.
const VERSION: u32 = 1;

/// Fewer sentences are encoded before a file of many is read.
const FEWEST: usize = 2_000;

/// A file that would become longer forgets the sentences of earlier calls; KLUE-RE needs 11 MB.
const LONGEST: usize = 256 << 20;

/// Whether reading a file can be quicker than encoding so many sentences.
pub(super) fn is_worthwhile(sentences: usize) -> bool {
    sentences >= FEWEST
}

/// [`TextEncoder::encode_all`] with a file in `folder`.
pub(super) fn encode_all(
    encoder: &TextEncoder,
    marked: &[(&str, Marked)],
    folder: &Path,
) -> Result<Vec<EncodedExample>, ModelError> {
    let path = folder.join(file_name(encoder));
    let bytes = std::fs::read(&path).unwrap_or_default();
    let known = file::read(&bytes).unwrap_or_default();
    let rows = marked.par_iter().map(|(id, marked)| {
        let key = key(marked);
        let found = known.get(&key).and_then(Record::example);
        let is_new = found.is_none();
        let example = found.map_or_else(|| encoder.encode(id, marked), Ok)?;
        Ok::<_, ModelError>((key, example, is_new))
    });
    let rows = rows.collect::<Vec<_>>().into_iter().collect::<Result<Vec<_>, _>>()?;
    if rows.iter().any(|(.., is_new)| *is_new) {
        let new = rows.iter().map(|(key, example, _)| (*key, Record::of(example)));
        let mut records: BTreeMap<Key, Record<'_>> = new.collect();
        if file::size(records.values()) + bytes.len() <= LONGEST {
            for (key, record) in known {
                records.entry(key).or_insert(record);
            }
        }
        // The rows are there: a cache that cannot be written makes the next run slower, nothing else.
        let _ = write_atomically(&path, &file::written(&records));
    }
    Ok(rows.into_iter().map(|(_, example, _)| example).collect())
}

fn file_name(encoder: &TextEncoder) -> String {
    let mut hash = Sha256::new_with_prefix(encoder.fingerprint);
    hash.update((encoder.max_tokens as u64).to_le_bytes());
    hash.update(VERSION.to_le_bytes());
    let name: String = hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name}.tokens")
}

/// The first half of the SHA-256 of all that marking says about a sentence; markers and query are part of that.
fn key(marked: &Marked) -> Key {
    let Marked {
        text,
        subject_start,
        object_start,
        subject_span,
        object_span,
        query,
        second_segment,
        edits,
    } = marked;
    let mut hash = Sha256::new();
    let mut numbers = vec![*subject_start, *object_start];
    let spans = [Some(*subject_span), Some(*object_span), *query];
    let spans = spans
        .into_iter()
        .chain(edits.iter().map(|Edit { span, .. }| Some(*span)));
    numbers.extend(spans.flat_map(|span| span.map_or([0, 0], |span: Span| [span.start(), span.end()])));
    let second = second_segment.as_deref();
    numbers.extend([second.map_or(0, |second| second.len() + 1), text.len(), numbers.len()]);
    for number in numbers {
        hash.update((number as u64).to_le_bytes());
    }
    hash.update(text);
    hash.update(second.unwrap_or_default());
    let mut key = Key::default();
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}

#[cfg(test)]
mod tests;
