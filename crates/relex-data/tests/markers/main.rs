//! Entity markers and queries: golden texts of every kind, and the laws that all kinds keep.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

mod golden;
mod laws;

use std::path::Path;

use relex_data::{DatasetSpec, Entity, Example, Query, QueryPlace, Span};

/// The tests' data set, with English words for three types.
pub(crate) fn spec() -> DatasetSpec {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dataset.toml");
    let mut spec = DatasetSpec::from_file(&path).unwrap();
    let words = [("PER", "person"), ("LOC", "place"), ("ORG", "group")];
    spec.type_words = words.map(|(name, word)| (name.to_owned(), word.to_owned())).into();
    spec
}

pub(crate) type Place<'a> = (usize, usize, &'a str);

pub(crate) fn example(sentence: &str, subject: Place<'_>, object: Place<'_>) -> Example {
    let entity = |(start, end, kind): Place<'_>| Entity {
        span: Span::new(start, end).unwrap(),
        entity_type: kind.to_owned(),
    };
    Example {
        id: "7".to_owned(),
        sentence: sentence.to_owned(),
        subject: entity(subject),
        object: entity(object),
        label: None,
        source: None,
    }
}

pub(crate) fn query(template: &str, place: QueryPlace) -> Query {
    Query {
        template: template.parse().unwrap(),
        place,
    }
}
