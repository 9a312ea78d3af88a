//! Entity markers: how a model is told which two entities are meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{DataError, list};
use crate::example::{Entity, Example, Span, byte_offset};
use crate::labels::did_you_mean;
use crate::spec::DatasetSpec;

/// Which marks are put around the entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Markers {
    /// None: the sentence as it is.
    None,
    /// `[E1] … [/E1]` around the subject, `[E2] … [/E2]` around the object (Baldini Soares et al. 2019,
    /// "Matching the Blanks", entity markers). The four need a place in the tokenizer's vocabulary.
    Entity,
    /// `@ * 사람 * … @` around the subject, `# ^ 단체 ^ … #` around the object, with the data set's word for the type
    /// (Zhou & Chen 2022, "An Improved Baseline for Sentence-level Relation Extraction", typed entity markers with punctuation).
    #[default]
    TypedPunctuation,
}

impl Markers {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 3] = [Self::None, Self::Entity, Self::TypedPunctuation];

    /// The tokens that a tokenizer must keep whole for these markers.
    #[must_use]
    pub fn special_tokens(self) -> &'static [&'static str] {
        match self {
            Self::Entity => &["[E1]", "[/E1]", "[E2]", "[/E2]"],
            Self::None | Self::TypedPunctuation => &[],
        }
    }

    /// The name in configuration files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Entity => "entity",
            Self::TypedPunctuation => "typed-punctuation",
        }
    }
}

impl fmt::Display for Markers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

impl FromStr for Markers {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|markers| markers.name() == name)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::name);
                format!(
                    "unknown markers `{name}`{}; choose one of {}",
                    did_you_mean(name, known),
                    list(known)
                )
            })
    }
}

/// A sentence with markers, and where everything in it is. Offsets count characters of `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// The marked sentence.
    pub text: String,
    /// Where the subject's opening marker begins; the subject itself for [`Markers::None`].
    pub subject_start: usize,
    /// Where the object's opening marker begins; the object itself for [`Markers::None`].
    pub object_start: usize,
    /// The subject's characters.
    pub subject_span: Span,
    /// The object's characters.
    pub object_span: Span,
    /// The pieces that marking put in, in text order; without them `text` is the sentence.
    pub inserted: Vec<Span>,
}

/// Puts markers around an example's two entities, whichever comes first.
///
/// # Errors
/// [`DataError::Unmarkable`] when the entities overlap (except for [`Markers::None`]), a span lies outside the
/// sentence, or the data set has no word for an entity's type.
pub fn mark(example: &Example, markers: Markers, spec: &DatasetSpec) -> Result<Marked, DataError> {
    let (subject, object) = (example.subject.span, example.object.span);
    let sentence = example.sentence.as_str();
    let refuse = |message: String| DataError::Unmarkable {
        id: example.id.clone(),
        message,
    };
    if subject.of(sentence).is_none() || object.of(sentence).is_none() {
        return Err(refuse(
            "an entity lies outside the sentence; correct its offsets".to_owned(),
        ));
    }
    if markers == Markers::None {
        return Ok(Marked {
            text: sentence.to_owned(),
            subject_start: subject.start(),
            object_start: object.start(),
            subject_span: subject,
            object_span: object,
            inserted: Vec::new(),
        });
    }
    if subject.overlaps(object) {
        return Err(refuse(format!(
            "its entities overlap (characters {}..{} and {}..{}); remove the row or use markers = \"none\"",
            subject.start(),
            subject.end(),
            object.start(),
            object.end()
        )));
    }
    let subject_pieces = pieces(EntityRole::Subject, &example.subject, markers, spec).map_err(refuse)?;
    let object_pieces = pieces(EntityRole::Object, &example.object, markers, spec).map_err(refuse)?;
    let mut text = Text::new(sentence);
    let (subject_at, object_at);
    if subject.start() < object.start() {
        subject_at = text.surround(subject, &subject_pieces)?;
        object_at = text.surround(object, &object_pieces)?;
    } else {
        object_at = text.surround(object, &object_pieces)?;
        subject_at = text.surround(subject, &subject_pieces)?;
    }
    text.push(text.rest);
    Ok(Marked {
        text: text.text,
        subject_start: subject_at.0,
        object_start: object_at.0,
        subject_span: subject_at.1,
        object_span: object_at.1,
        inserted: text.inserted,
    })
}

/// Character sequences that read like a marker; a sentence that holds one confuses a model trained with that marker.
pub(crate) const LOOKALIKES: [&str; 6] = ["[E1]", "[/E1]", "[E2]", "[/E2]", "@ *", "# ^"];

#[derive(Clone, Copy)]
enum EntityRole {
    Subject,
    Object,
}

/// What stands before and after an entity.
fn pieces(role: EntityRole, entity: &Entity, markers: Markers, spec: &DatasetSpec) -> Result<[String; 2], String> {
    let (number, outer, inner) = match role {
        EntityRole::Subject => (1, '@', '*'),
        EntityRole::Object => (2, '#', '^'),
    };
    Ok(match markers {
        Markers::None => [String::new(), String::new()],
        Markers::Entity => [format!("[E{number}] "), format!(" [/E{number}]")],
        Markers::TypedPunctuation => {
            let Some(word) = spec.type_word(&entity.entity_type) else {
                return Err(format!(
                    "the data set has no word for the type `{}`; add it to [type_words] in dataset.toml, which knows {}",
                    entity.entity_type,
                    spec.known_types()
                ));
            };
            [format!("{outer} {inner} {word} {inner} "), format!(" {outer}")]
        }
    })
}

/// A marked sentence in the making: `text` so far, and the `rest` of the sentence from character `at` on.
struct Text<'a> {
    text: String,
    length: usize,
    inserted: Vec<Span>,
    rest: &'a str,
    at: usize,
}

impl<'a> Text<'a> {
    fn new(sentence: &'a str) -> Self {
        let text = String::with_capacity(sentence.len() + 64);
        Self {
            text,
            length: 0,
            inserted: Vec::new(),
            rest: sentence,
            at: 0,
        }
    }

    /// Copies up to the end of an entity, with a piece on each side; where the first piece and the entity begin.
    fn surround(&mut self, entity: Span, [opening, closing]: &[String; 2]) -> Result<(usize, Span), DataError> {
        self.copy_until(entity.start());
        let start = self.length;
        self.insert(opening)?;
        let word = self.length;
        self.copy_until(entity.end());
        self.insert(closing)?;
        Ok((start, Span::new(word, word + entity.len())?))
    }

    fn copy_until(&mut self, end: usize) {
        let (piece, rest) = self
            .rest
            .split_at(byte_offset(self.rest, end - self.at).unwrap_or(self.rest.len()));
        self.push(piece);
        (self.rest, self.at) = (rest, end);
    }

    fn insert(&mut self, piece: &str) -> Result<(), DataError> {
        let start = self.length;
        self.push(piece);
        self.inserted.push(Span::new(start, self.length)?);
        Ok(())
    }

    fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.length += piece.chars().count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spec() -> DatasetSpec {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dataset.toml");
        DatasetSpec::from_file(&path).unwrap()
    }

    fn example(sentence: &str, subject: (usize, usize, &str), object: (usize, usize, &str)) -> Example {
        let entity = |(start, end, kind): (usize, usize, &str)| Entity {
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

    fn check(example: &Example, markers: Markers, text: &str, subject_start: usize, object_start: usize) {
        let marked = mark(example, markers, &spec()).unwrap();
        assert_eq!(
            (marked.text.as_str(), marked.subject_start, marked.object_start),
            (text, subject_start, object_start)
        );
        assert_eq!(marked.subject_span.of(text), Some(example.subject_word()));
        assert_eq!(marked.object_span.of(text), Some(example.object_word()));
    }

    #[test]
    fn the_subject_first() {
        let example = example("한솔은 새벽사 사원", (0, 2, "PER"), (4, 7, "ORG"));
        check(&example, Markers::None, "한솔은 새벽사 사원", 0, 4);
        check(
            &example,
            Markers::Entity,
            "[E1] 한솔 [/E1]은 [E2] 새벽사 [/E2] 사원",
            0,
            15,
        );
        check(
            &example,
            Markers::TypedPunctuation,
            "@ * 사람 * 한솔 @은 # ^ 단체 ^ 새벽사 # 사원",
            0,
            15,
        );
    }

    #[test]
    fn the_object_first_and_entities_that_touch() {
        let example = example("새벽사한솔", (3, 5, "PER"), (0, 3, "ORG"));
        check(&example, Markers::None, "새벽사한솔", 3, 0);
        check(&example, Markers::Entity, "[E2] 새벽사 [/E2][E1] 한솔 [/E1]", 14, 0);
        check(
            &example,
            Markers::TypedPunctuation,
            "# ^ 단체 ^ 새벽사 #@ * 사람 * 한솔 @",
            14,
            0,
        );
    }

    #[test]
    fn what_cannot_be_marked_is_refused() {
        let refused = |example: &Example, part: &str| {
            let message = mark(example, Markers::TypedPunctuation, &spec())
                .unwrap_err()
                .to_string();
            assert!(message.starts_with("row `7`") && message.contains(part), "{message}");
        };
        let overlapping = example("새벽사한솔", (0, 3, "PER"), (2, 5, "ORG"));
        refused(&overlapping, "overlap (characters 0..3 and 2..5)");
        check(&overlapping, Markers::None, "새벽사한솔", 0, 2);
        refused(
            &example("새벽사한솔", (0, 3, "PER"), (3, 6, "ORG")),
            "outside the sentence",
        );
        refused(
            &example("새벽사한솔", (0, 3, "PER"), (3, 5, "XYZ")),
            "no word for the type `XYZ`",
        );
    }

    #[test]
    fn names_are_read_back() {
        for markers in Markers::ALL {
            assert_eq!(markers.to_string().parse(), Ok(markers));
            assert_eq!(serde_json::to_string(&markers).unwrap(), format!("\"{markers}\""));
        }
        assert!(
            "typed-punctation"
                .parse::<Markers>()
                .unwrap_err()
                .contains("did you mean `typed-punctuation`?")
        );
    }

    /// A sentence cut into five pieces, of which the second and fourth are the entities.
    fn marked_example() -> impl Strategy<Value = Example> {
        (
            "\\PC{0,8}",
            "\\PC{1,6}",
            "\\PC{0,8}",
            "\\PC{1,6}",
            "\\PC{0,8}",
            any::<bool>(),
        )
            .prop_map(|(a, first, b, second, c, subject_first)| {
                let length = |text: &str| text.chars().count();
                let one = length(&a);
                let two = one + length(&first) + length(&b);
                let spans = [(one, one + length(&first), "PER"), (two, two + length(&second), "ORG")];
                let (subject, object) = if subject_first {
                    (spans[0], spans[1])
                } else {
                    (spans[1], spans[0])
                };
                example(&format!("{a}{first}{b}{second}{c}"), subject, object)
            })
    }

    proptest! {
        #[test]
        fn without_the_inserted_pieces_the_sentence_is_back(example in marked_example()) {
            for markers in Markers::ALL {
                let marked = mark(&example, markers, &spec()).unwrap();
                let inserted = |at: usize| marked.inserted.iter().any(|span| span.start() <= at && at < span.end());
                let kept: String = marked.text.chars().enumerate().filter(|(at, _)| !inserted(*at)).map(|(_, c)| c).collect();
                prop_assert_eq!(&kept, &example.sentence);
                prop_assert_eq!(marked.subject_span.of(&marked.text), Some(example.subject_word()));
                prop_assert_eq!(marked.object_span.of(&marked.text), Some(example.object_word()));
                prop_assert_eq!(marked.inserted.len(), if markers == Markers::None { 0 } else { 4 });
            }
        }
    }
}
