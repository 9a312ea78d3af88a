use std::path::{Path, PathBuf};

use proptest::prelude::*;
use relex_data::{DatasetSpec, Example, Markers, Query, QueryPlace, Role, mark, mark_with_query};

use super::*;

fn sample() -> (DatasetSpec, Vec<Example>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/sample");
    let spec = DatasetSpec::from_file(&folder.join("dataset.toml")).unwrap();
    let examples = spec.read(&folder, Role::Train).unwrap();
    (spec, examples)
}

fn encoder(max_tokens: usize) -> TextEncoder {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../relex-cli/tests/fixtures/tiny-encoder");
    TextEncoder::from_folder(&folder, max_tokens).unwrap()
}

fn marked(rows: std::ops::Range<usize>, markers: Markers) -> Vec<(String, Marked)> {
    let (spec, examples) = sample();
    let rows = examples[rows].iter();
    rows.map(|row| (row.id.clone(), mark(row, markers, &spec).unwrap()))
        .collect()
}

fn borrowed(marked: &[(String, Marked)]) -> Vec<(&str, Marked)> {
    marked
        .iter()
        .map(|(id, marked)| (id.as_str(), marked.clone()))
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// What the cache gives is what encoding gives; the file's bytes after that.
fn check(encoder: &TextEncoder, marked: &[(String, Marked)], folder: &Path) -> Vec<u8> {
    let marked = borrowed(marked);
    let expected: Vec<_> = marked
        .iter()
        .map(|(id, marked)| encoder.encode(id, marked).unwrap())
        .collect();
    assert_eq!(encode_all(encoder, &marked, folder).unwrap(), expected);
    std::fs::read(folder.join(file_name(encoder))).unwrap()
}

#[test]
fn sentences_come_back_as_they_were_and_files_grow() {
    let folder = tempfile::tempdir().unwrap();
    let encoder = encoder(40);
    let rows = marked(0..60, Markers::TypedPunctuation);
    let first = check(&encoder, &rows[..40], folder.path());
    assert_eq!(check(&encoder, &rows[..40], folder.path()), first);
    assert_eq!(check(&encoder, &rows[10..20], folder.path()), first);
    let grown = check(&encoder, &rows[30..60], folder.path());
    assert!(grown.len() > first.len());
    assert_eq!(check(&encoder, &rows, folder.path()), grown);
    assert_eq!(files(folder.path()).len(), 1);
}

/// Changed with [`VERSION`] alone: files of earlier commits are still about.
#[test]
fn a_version_has_one_layout() {
    let example = EncodedExample {
        ids: vec![2, 7, 8, 3],
        token_types: vec![0, 0, 1, 1],
        entity_starts: [1, 2],
        entity_spans: [1..2, 2..4],
        entity_types: [0, 0],
        truncated: 5,
    };
    let written = file::written(&[([1; 16], Record::of(&example))].into());
    let (content, _) = written.split_at(written.len() - 32);
    let numbers: [u32; 13] = [1, 2, 1, 2, 2, 4, 5, 4, 4, 2, 7, 8, 3];
    let numbers = numbers.map(u32::to_le_bytes).concat();
    assert_eq!(VERSION, 1);
    assert_eq!(content, [&b"relextok"[..], &[1; 16], &numbers, &[0, 0, 1, 1]].concat());
}

/// A found sentence is not encoded: one put there under its key comes out.
#[test]
fn what_is_found_is_not_encoded_again() {
    let folder = tempfile::tempdir().unwrap();
    let encoder = encoder(40);
    let rows = marked(0..3, Markers::Punctuation);
    let planted = EncodedExample {
        ids: vec![2, 9, 9, 3],
        token_types: vec![0, 0, 1, 1],
        entity_starts: [1, 2],
        entity_spans: [1..2, 2..4],
        entity_types: [0, 0],
        truncated: 7,
    };
    let records = [(key(&rows[1].1), Record::of(&planted))].into();
    std::fs::write(folder.path().join(file_name(&encoder)), file::written(&records)).unwrap();
    let encoded = encode_all(&encoder, &borrowed(&rows), folder.path()).unwrap();
    assert_eq!(encoded[1], planted);
    assert_eq!(encoded[2], encoder.encode("", &rows[2].1).unwrap());
}

#[test]
fn whatever_changes_the_tokens_changes_the_file_or_the_key() {
    let names = [encoder(40), encoder(41), {
        let mut encoder = encoder(40);
        encoder
            .add_tokens(&Markers::Entity.special_tokens(&sample().0).unwrap())
            .unwrap();
        encoder
    }]
    .map(|encoder| file_name(&encoder));
    assert!(names[0] != names[1] && names[0] != names[2]);

    let (spec, examples) = sample();
    let ask = |template: &str, place| {
        let template = template.parse().unwrap();
        key(&mark_with_query(&examples[0], Markers::Punctuation, &Query { template, place }, &spec).unwrap())
    };
    let plain = mark(&examples[0], Markers::Punctuation, &spec).unwrap();
    let swapped = Marked {
        subject_start: plain.object_start,
        object_start: plain.subject_start,
        ..plain.clone()
    };
    let mut keys = vec![
        key(&plain),
        key(&swapped),
        key(&mark(&examples[0], Markers::TypedPunctuation, &spec).unwrap()),
        key(&mark(&examples[1], Markers::Punctuation, &spec).unwrap()),
        ask("{subject}?", QueryPlace::Before),
        ask("{object}?", QueryPlace::Before),
        ask("{subject}?", QueryPlace::SecondSegment),
    ];
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count);
}

#[test]
fn a_damaged_file_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let encoder = encoder(40);
    let rows = marked(0..20, Markers::Punctuation);
    let whole = check(&encoder, &rows, folder.path());
    let path = folder.path().join(file_name(&encoder));
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for damaged in [
        &whole[..0],
        &whole[..7],
        &whole[..40],
        &whole[..whole.len() - 1],
        &flipped,
    ] {
        std::fs::write(&path, damaged).unwrap();
        assert!(check(&encoder, &rows, folder.path()) == whole);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("taken");
    std::fs::write(&file, "").unwrap();
    let (encoder, rows) = (encoder(40), marked(0..5, Markers::Punctuation));
    let encoded = encode_all(&encoder, &borrowed(&rows), &file).unwrap();
    assert_eq!(encoded.len(), 5);
    assert_eq!(files(folder.path()), [file]);
}

#[test]
fn the_first_sentence_that_fails_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let rows = marked(0..50, Markers::Punctuation);
    let error = encode_all(&encoder(3), &borrowed(&rows), folder.path()).unwrap_err();
    assert!(error.to_string().contains(&format!("{:?}", rows[0].0)), "{error}");
}

/// Processes take turns at renaming; threads do the same here.
#[test]
fn writers_at_once_leave_a_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let (encoder, rows) = (encoder(40), marked(0..80, Markers::Punctuation));
    std::thread::scope(|scope| {
        for part in 0..8 {
            let (encoder, rows, folder) = (&encoder, &rows[part * 10..], folder.path());
            scope.spawn(move || check(encoder, rows, folder));
        }
    });
    let bytes = std::fs::read(folder.path().join(file_name(&encoder))).unwrap();
    assert!(file::read(&bytes).is_some_and(|records| records.len() >= 10));
    assert_eq!(files(folder.path()).len(), 1, "a temporary file was left behind");
}

proptest! {
    #[test]
    fn records_give_back_what_they_were_made_of(
        ids in prop::collection::vec(any::<u32>(), 1..50),
        places in [0usize..1000, 0usize..1000],
        truncated in 0usize..1000,
        has_types: bool,
    ) {
        let example = EncodedExample {
            entity_starts: places.map(|place| place % ids.len()),
            entity_spans: places.map(|place| place % ids.len()..ids.len()),
            entity_types: [0, 0],
            token_types: if has_types { ids.iter().map(|id| id % 2).collect() } else { Vec::new() },
            ids,
            truncated,
        };
        let written = file::written(&[([7; 16], Record::of(&example))].into());
        let read = file::read(&written).unwrap();
        prop_assert_eq!(read[&[7; 16]].example(), Some(example));
    }

    /// Whatever stands under a right checksum is read without a panic.
    #[test]
    fn any_content_is_read_without_a_panic(content in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = [b"relextok", content.as_slice()].concat();
        bytes.extend(Sha256::digest(&bytes));
        for record in file::read(&bytes).unwrap_or_default().values() {
            let _ = record.example();
        }
    }
}
