//! Entity markers and queries: how a model is told which two entities are meant, and what is asked about them.
//!
//! Marking never loses anything: [`Marked::edits`] says what was put in or replaced and where, [`Marked::sentence`] takes
//! it out again, and every offset that a model needs is handed out, so that nobody has to search for a marker.
//!
//! A sentence may hold the text of a marker already. Where markers are special tokens ([`Markers::special_tokens`]) that
//! text would be read as one, so a space is put behind its bracket (`[E1]` → `[ E1]`): one more edit, gone with the
//! others. Where markers are punctuation it stays as it is: `@` is an ordinary token that encoders know from ordinary
//! text, the offsets say which one is the marker, and the audit counts such sentences.

mod kind;
mod lookalike;
mod query;
mod text;

pub use kind::{Markers, SpecialToken};
pub(crate) use lookalike::Lookalikes;
pub use query::{Query, QueryPlace, QueryTemplate};

use crate::error::DataError;
use crate::example::{Example, Span, byte_offset};
use crate::spec::DatasetSpec;
use kind::Side;
use text::Text;

/// A sentence with markers, and where everything in it is. Offsets count characters of `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// The marked sentence, after the query if that stands before it.
    pub text: String,
    /// Where the subject's opening marker begins; the subject itself for [`Markers::None`].
    pub subject_start: usize,
    /// Where the object's opening marker begins; the object itself for [`Markers::None`].
    pub object_start: usize,
    /// The subject's characters; the token in its place for [`Markers::EntityMask`].
    pub subject_span: Span,
    /// The object's characters; the token in its place for [`Markers::EntityMask`].
    pub object_span: Span,
    /// Where the query stands, if it stands before the sentence; the space behind it is not part of it.
    pub query: Option<Span>,
    /// The query, if it stands in a segment of its own.
    pub second_segment: Option<String>,
    /// What distinguishes `text` from the sentence, in text order.
    pub edits: Vec<Edit>,
}

/// Characters of a marked text that are not the sentence's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where they stand.
    pub span: Span,
    /// What they stand in place of: nothing, but for an entity that a token replaces.
    pub original: String,
}

impl Marked {
    /// The sentence as it was before it was marked.
    ///
    /// ```
    /// # use relex_data::{DatasetSpec, Markers, Role, mark};
    /// # let folder = std::path::Path::new("tests/fixtures");
    /// # let spec = DatasetSpec::from_file(&folder.join("dataset.toml"))?;
    /// let example = &spec.read(folder, Role::Train)?[0];
    /// let marked = mark(example, Markers::EntityMask, &spec)?;
    /// assert!(!marked.text.contains(example.subject_word()));
    /// assert_eq!(marked.sentence(), example.sentence);
    /// # Ok::<(), relex_data::DataError>(())
    /// ```
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut sentence = String::with_capacity(self.text.len());
        let (mut rest, mut at) = (self.text.as_str(), 0);
        for edit in &self.edits {
            let (kept, edited) = split_at(rest, edit.span.start() - at);
            sentence.push_str(kept);
            sentence.push_str(&edit.original);
            (rest, at) = (split_at(edited, edit.span.len()).1, edit.span.end());
        }
        sentence.push_str(rest);
        sentence
    }
}

/// Puts markers around an example's two entities, or in their place.
///
/// # Errors
/// [`DataError::Unmarkable`] when the entities overlap (except for [`Markers::None`]), a span lies outside the
/// sentence, or the data set does not know an entity's type; [`DataError::Markers`] as for [`Markers::special_tokens`].
pub fn mark(example: &Example, markers: Markers, spec: &DatasetSpec) -> Result<Marked, DataError> {
    write(example, markers, None, spec)
}

/// Marks an example and asks `query` about it.
///
/// ```
/// # use relex_data::{DatasetSpec, Markers, Query, QueryPlace, Role, mark_with_query};
/// # let folder = std::path::Path::new("tests/fixtures");
/// # let spec = DatasetSpec::from_file(&folder.join("dataset.toml"))?;
/// let example = &spec.read(folder, Role::Train)?[0];
/// let query = Query { template: "{subject}, {object}?".parse().unwrap(), place: QueryPlace::Before };
/// let marked = mark_with_query(example, Markers::Entity, &query, &spec)?;
/// let asked = format!("{}, {}?", example.subject_word(), example.object_word());
/// assert_eq!(marked.query.and_then(|span| span.of(&marked.text)), Some(asked.as_str()));
/// # Ok::<(), relex_data::DataError>(())
/// ```
///
/// # Errors
/// As for [`mark`]; also [`DataError::Unmarkable`] when the query shows a type that the data set has no word for.
pub fn mark_with_query(
    example: &Example,
    markers: Markers,
    query: &Query,
    spec: &DatasetSpec,
) -> Result<Marked, DataError> {
    write(example, markers, Some(query), spec)
}

fn write(example: &Example, markers: Markers, query: Option<&Query>, spec: &DatasetSpec) -> Result<Marked, DataError> {
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
    if markers != Markers::None && subject.overlaps(object) {
        return Err(refuse(format!(
            "its entities overlap (characters {}..{} and {}..{}); remove the row or use markers = \"none\"",
            subject.start(),
            subject.end(),
            object.start(),
            object.end()
        )));
    }
    // Few sentences hold a bracket, and only they can hold a token.
    let tokens = if sentence.contains('[') {
        markers.special_tokens(spec)?
    } else {
        Vec::new()
    };
    let mut text = Text::new(sentence, &tokens);
    let (mut query_span, mut second_segment) = (None, None);
    if let Some(query) = query {
        let words = query.words(example, &tokens, spec).map_err(refuse)?;
        match query.place {
            QueryPlace::Before => query_span = Some(text.put_query(&words)?),
            QueryPlace::SecondSegment => second_segment = Some(words),
        }
    }

    let sides = if markers.goes_by_order() && object.start() < subject.start() {
        [Side::Second, Side::First]
    } else {
        [Side::First, Side::Second]
    };
    let subject_mark = markers.around(sides[0], &example.subject.entity_type, spec);
    let object_mark = markers.around(sides[1], &example.object.entity_type, spec);
    let (subject_mark, object_mark) = (subject_mark.map_err(refuse)?, object_mark.map_err(refuse)?);
    let (subject_at, object_at);
    if markers == Markers::None {
        (subject_at, object_at) = (text.place(subject)?, text.place(object)?);
    } else if subject.start() < object.start() {
        subject_at = text.mark(subject, &subject_mark)?;
        object_at = text.mark(object, &object_mark)?;
    } else {
        object_at = text.mark(object, &object_mark)?;
        subject_at = text.mark(subject, &subject_mark)?;
    }
    let (text, edits) = text.finish()?;
    Ok(Marked {
        text,
        subject_start: subject_at.start,
        object_start: object_at.start,
        subject_span: subject_at.span,
        object_span: object_at.span,
        query: query_span,
        second_segment,
        edits,
    })
}

/// The text before and after character `at`, or its end.
fn split_at(text: &str, at: usize) -> (&str, &str) {
    text.split_at(byte_offset(text, at).unwrap_or(text.len()))
}
