//! Markers and queries through real tokenizers, and the embeddings of tokens that an encoder did not come with. Ids and
//! means are those that Python's `tokenizers` and NumPy give for the same files.

mod encode;
mod grow;

use std::path::{Path, PathBuf};

use relex_data::{DatasetSpec, Entity, Example, Marked, Markers, Query, QueryPlace, Span, mark_with_query};

use crate::TextEncoder;

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/encoders/e5-small-ko-en")
}

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../relex-cli/tests/fixtures/tiny-encoder")
}

fn text_encoder(folder: &Path, max_tokens: usize) -> TextEncoder {
    TextEncoder::from_file(&folder.join("tokenizer.json"), max_tokens).unwrap()
}

fn spec() -> DatasetSpec {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/sample/dataset.toml");
    DatasetSpec::from_file(&path).unwrap()
}

fn example(sentence: &str, subject: (usize, usize), object: (usize, usize)) -> Example {
    let entity = |(start, end), entity_type: &str| Entity {
        span: Span::new(start, end).unwrap(),
        entity_type: entity_type.into(),
    };
    Example {
        id: "7".into(),
        sentence: sentence.into(),
        subject: entity(subject, "PER"),
        object: entity(object, "ORG"),
        label: None,
        source: None,
    }
}

fn asked(example: &Example, markers: Markers, template: &str, place: QueryPlace) -> Marked {
    let template = template.parse().unwrap();
    mark_with_query(example, markers, &Query { template, place }, &spec()).unwrap()
}
