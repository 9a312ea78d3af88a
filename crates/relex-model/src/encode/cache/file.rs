//! The cache's file. Numbers are little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `relextok` |
//! | each sentence: 16 | its key |
//! | 4 × 9 | places of the subject's and the object's marker, both entities' spans, tokens left out, ids, types (as many as ids, or 0) |
//! | 4 × ids | the ids |
//! | 1 × types | the types |
//! | last 32 | SHA-256 of everything before |

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use sha2::{Digest, Sha256};

use crate::EncodedExample;

const MAGIC: &[u8] = b"relextok";
const DIGEST: usize = 32;
const NUMBERS: usize = 9;

/// What a sentence is found by.
pub(super) type Key = [u8; 16];

/// An encoded sentence's bytes, without the key.
#[derive(Debug, Clone)]
pub(super) struct Record<'a>(Cow<'a, [u8]>);

impl Record<'_> {
    pub(super) fn of(example: &EncodedExample) -> Self {
        let EncodedExample {
            ids,
            token_types,
            entity_starts: [subject, object],
            entity_spans: [of_subject, of_object],
            // Not the tokenizer's: whoever marked the sentence puts them in.
            entity_types: _,
            truncated,
        } = example;
        let mut bytes = Vec::with_capacity(4 * (NUMBERS + ids.len()) + token_types.len());
        let spans = [of_subject, of_object].map(|span| [span.start, span.end]).concat();
        let counts = [*truncated, ids.len(), token_types.len()];
        for number in [*subject, *object].into_iter().chain(spans).chain(counts) {
            bytes.extend((number as u32).to_le_bytes());
        }
        bytes.extend(ids.iter().flat_map(|id| id.to_le_bytes()));
        bytes.extend(token_types.iter().map(|&token_type| token_type as u8));
        Self(bytes.into())
    }

    /// The sentence; none if the bytes are not one's.
    pub(super) fn example(&self) -> Option<EncodedExample> {
        let (numbers, rest) = self.0.split_at_checked(4 * NUMBERS)?;
        let mut numbers = words(numbers).map(|number| number as usize);
        let entity_starts = [numbers.next()?, numbers.next()?];
        let entity_spans = [numbers.next()?..numbers.next()?, numbers.next()?..numbers.next()?];
        let (truncated, ids, types) = (numbers.next()?, numbers.next()?, numbers.next()?);
        let (ids, types) = rest.split_at_checked(4 * ids).filter(|(_, rest)| rest.len() == types)?;
        let ids: Vec<u32> = words(ids).collect();
        let is_whole = entity_starts.iter().all(|place| *place < ids.len())
            && entity_spans
                .iter()
                .all(|span| span.start < span.end && span.end <= ids.len());
        is_whole.then(|| EncodedExample {
            token_types: types.iter().map(|&token_type| token_type.into()).collect(),
            ids,
            entity_starts,
            entity_spans,
            entity_types: [0, 0],
            truncated,
        })
    }
}

/// The sentences of a file; none if it is damaged.
pub(super) fn read(file: &[u8]) -> Option<HashMap<Key, Record<'_>>> {
    let (content, digest) = file.split_at_checked(file.len().checked_sub(DIGEST)?)?;
    if Sha256::digest(content)[..] != *digest {
        return None;
    }
    let mut rest = content.strip_prefix(MAGIC)?;
    let mut records = HashMap::new();
    while !rest.is_empty() {
        let (key, record) = rest.split_at_checked(size_of::<Key>())?;
        let mut numbers = words(record.get(..4 * NUMBERS)?)
            .map(|number| number as usize)
            .skip(NUMBERS - 2);
        let length = 4 * (NUMBERS + numbers.next()?) + numbers.next()?;
        let (record, others) = record.split_at_checked(length)?;
        records.insert(key.try_into().ok()?, Record(record.into()));
        rest = others;
    }
    Some(records)
}

/// A file with these sentences.
pub(super) fn written(records: &BTreeMap<Key, Record<'_>>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(MAGIC.len() + size(records.values()) + DIGEST);
    bytes.extend(MAGIC);
    for (key, record) in records {
        bytes.extend(key);
        bytes.extend(&*record.0);
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    bytes
}

/// Bytes of these sentences with their keys.
pub(super) fn size<'a>(records: impl Iterator<Item = &'a Record<'a>>) -> usize {
    records.map(|record| size_of::<Key>() + record.0.len()).sum()
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
}
