use relex_data::{Example, Marked, Markers, QueryPlace, Span, mark, mark_with_query};

use crate::{example, query, spec};

#[track_caller]
fn check(example: &Example, markers: Markers, text: &str, subject_start: usize, object_start: usize) {
    let marked = mark(example, markers, &spec()).unwrap();
    assert_eq!(
        (marked.text.as_str(), marked.subject_start, marked.object_start),
        (text, subject_start, object_start)
    );
    assert_eq!(marked.sentence(), example.sentence);
    if markers == Markers::EntityMask {
        assert_eq!(
            (marked.subject_span.start(), marked.object_span.start()),
            (subject_start, object_start)
        );
    } else {
        assert_eq!(marked.subject_span.of(text), Some(example.subject_word()));
        assert_eq!(marked.object_span.of(text), Some(example.object_word()));
    }
}

/// The sentence of Table 1 of Zhou & Chen (2022), whose texts are those here but for the names of special tokens and types.
#[test]
fn every_kind_with_the_subject_first() {
    let example = example("Bill was born in Seattle.", (0, 4, "PER"), (17, 24, "LOC"));
    for (markers, text, subject, object) in [
        (Markers::None, "Bill was born in Seattle.", 0, 17),
        (
            Markers::Entity,
            "[E1] Bill [/E1] was born in [E2] Seattle [/E2].",
            0,
            28,
        ),
        (
            Markers::OrderedEntity,
            "[E1] Bill [/E1] was born in [E2] Seattle [/E2].",
            0,
            28,
        ),
        (
            Markers::SubjectObject,
            "[SUBJ] Bill [/SUBJ] was born in [OBJ] Seattle [/OBJ].",
            0,
            32,
        ),
        (
            Markers::TypedEntity,
            "[SUBJ-PER] Bill [/SUBJ-PER] was born in [OBJ-LOC] Seattle [/OBJ-LOC].",
            0,
            40,
        ),
        (Markers::EntityMask, "[SUBJ-PER] was born in [OBJ-LOC].", 0, 23),
        (Markers::Punctuation, "@ Bill @ was born in # Seattle #.", 0, 21),
        (Markers::OrderedPunctuation, "$ Bill $ was born in # Seattle #.", 0, 21),
        (
            Markers::TypedPunctuation,
            "@ * person * Bill @ was born in # ^ place ^ Seattle #.",
            0,
            32,
        ),
        (
            Markers::TaggedPunctuation,
            "@ * PER * Bill @ was born in # ^ LOC ^ Seattle #.",
            0,
            29,
        ),
    ] {
        check(&example, markers, text, subject, object);
    }
}

#[test]
fn every_kind_with_the_object_first() {
    let example = example("Bill was born in Seattle.", (17, 24, "LOC"), (0, 4, "PER"));
    for (markers, text, subject, object) in [
        (Markers::None, "Bill was born in Seattle.", 17, 0),
        (
            Markers::Entity,
            "[E2] Bill [/E2] was born in [E1] Seattle [/E1].",
            28,
            0,
        ),
        (
            Markers::OrderedEntity,
            "[E1] Bill [/E1] was born in [E2] Seattle [/E2].",
            28,
            0,
        ),
        (
            Markers::SubjectObject,
            "[OBJ] Bill [/OBJ] was born in [SUBJ] Seattle [/SUBJ].",
            30,
            0,
        ),
        (
            Markers::TypedEntity,
            "[OBJ-PER] Bill [/OBJ-PER] was born in [SUBJ-LOC] Seattle [/SUBJ-LOC].",
            38,
            0,
        ),
        (Markers::EntityMask, "[OBJ-PER] was born in [SUBJ-LOC].", 22, 0),
        (Markers::Punctuation, "# Bill # was born in @ Seattle @.", 21, 0),
        (Markers::OrderedPunctuation, "$ Bill $ was born in # Seattle #.", 21, 0),
        (
            Markers::TypedPunctuation,
            "# ^ person ^ Bill # was born in @ * place * Seattle @.",
            32,
            0,
        ),
        (
            Markers::TaggedPunctuation,
            "# ^ PER ^ Bill # was born in @ * LOC * Seattle @.",
            29,
            0,
        ),
    ] {
        check(&example, markers, text, subject, object);
    }
}

#[test]
fn entities_may_touch() {
    let example = example("새벽사한솔", (3, 5, "PER"), (0, 3, "ORG"));
    check(&example, Markers::Entity, "[E2] 새벽사 [/E2][E1] 한솔 [/E1]", 14, 0);
    check(
        &example,
        Markers::TypedPunctuation,
        "# ^ group ^ 새벽사 #@ * person * 한솔 @",
        17,
        0,
    );
    check(&example, Markers::EntityMask, "[OBJ-ORG][SUBJ-PER]", 9, 0);
}

#[test]
fn what_cannot_be_marked_is_refused() {
    let refused = |example: &Example, part: &str| {
        for markers in [Markers::TypedPunctuation, Markers::TypedEntity, Markers::EntityMask] {
            let message = mark(example, markers, &spec()).unwrap_err().to_string();
            assert!(message.starts_with("row `7`") && message.contains(part), "{message}");
        }
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
fn special_tokens_follow_the_types_in_a_fixed_order() {
    let tokens = |markers: Markers| -> Vec<(String, String)> {
        let tokens = markers.special_tokens(&spec()).unwrap();
        tokens
            .into_iter()
            .map(|token| (token.text, token.description))
            .collect()
    };
    let texts = |markers| tokens(markers).into_iter().map(|(text, _)| text).collect::<Vec<_>>();
    assert_eq!(texts(Markers::SubjectObject), ["[SUBJ]", "[/SUBJ]", "[OBJ]", "[/OBJ]"]);
    assert_eq!(
        texts(Markers::EntityMask),
        [
            "[SUBJ-LOC]",
            "[SUBJ-ORG]",
            "[SUBJ-PER]",
            "[OBJ-LOC]",
            "[OBJ-ORG]",
            "[OBJ-PER]"
        ]
    );
    let typed = tokens(Markers::TypedEntity);
    assert_eq!(typed.len(), 2 * 2 * 3);
    let pair = |text: &str, description: &str| (text.to_owned(), description.to_owned());
    assert_eq!(typed[4], pair("[SUBJ-PER]", "subject person"));
    assert_eq!(typed[5], pair("[/SUBJ-PER]", "end of subject person"));
    assert_eq!(tokens(Markers::OrderedEntity)[2], pair("[E2]", "second entity"));
    for markers in Markers::ALL
        .into_iter()
        .filter(|markers| markers.name().contains("punctuation"))
    {
        assert!(texts(markers).is_empty());
    }
    assert!(texts(Markers::None).is_empty());
}

#[test]
fn types_that_would_break_a_token_are_refused_where_tokens_are_needed() {
    let mut spec = spec();
    spec.type_words.insert("A]".to_owned(), "a".to_owned());
    let message = Markers::TypedEntity.special_tokens(&spec).unwrap_err().to_string();
    assert!(
        message.contains("type `A]`") && message.contains("bracket"),
        "{message}"
    );
    let example = example("Bill was born in Seattle.", (0, 4, "A]"), (17, 24, "LOC"));
    assert!(mark(&example, Markers::EntityMask, &spec).is_err());
    for markers in [Markers::Entity, Markers::TypedPunctuation, Markers::TaggedPunctuation] {
        mark(&example, markers, &spec).unwrap();
    }
}

#[test]
fn a_special_token_in_the_sentence_is_escaped_and_punctuation_is_not() {
    let example = example("[E1] @ [SUBJ-PER] [[Bill]] Seattle", (18, 26, "PER"), (27, 34, "LOC"));
    check(
        &example,
        Markers::Entity,
        "[ E1] @ [SUBJ-PER] [E1] [[Bill]] [/E1] [E2] Seattle [/E2]",
        19,
        39,
    );
    check(
        &example,
        Markers::EntityMask,
        "[E1] @ [ SUBJ-PER] [SUBJ-PER] [OBJ-LOC]",
        19,
        30,
    );
    check(
        &example,
        Markers::Punctuation,
        "[E1] @ [SUBJ-PER] @ [[Bill]] @ # Seattle #",
        18,
        31,
    );
    check(&example, Markers::None, "[E1] @ [SUBJ-PER] [[Bill]] Seattle", 18, 27);
}

#[test]
fn queries_stand_before_the_sentence_or_in_a_segment_of_their_own() {
    let example = example("Bill was born in Seattle.", (0, 4, "PER"), (17, 24, "LOC"));
    let template = "{subject} ({subject_type}), {object} ({object_type})?";
    let asked = "Bill (person), Seattle (place)?";

    let marked = mark_with_query(
        &example,
        Markers::Punctuation,
        &query(template, QueryPlace::Before),
        &spec(),
    )
    .unwrap();
    assert_eq!(marked.text, format!("{asked} @ Bill @ was born in # Seattle #."));
    assert_eq!(marked.query, Some(Span::new(0, asked.len()).unwrap()));
    assert_eq!((marked.subject_start, marked.object_start), (32, 32 + 21));
    assert_eq!(marked.object_span.of(&marked.text), Some("Seattle"));
    assert_eq!(
        (marked.sentence(), marked.second_segment),
        (example.sentence.clone(), None)
    );

    let place = QueryPlace::SecondSegment;
    let second = mark_with_query(&example, Markers::Punctuation, &query(template, place), &spec()).unwrap();
    assert_eq!(second.second_segment.as_deref(), Some(asked));
    let without = mark(&example, Markers::Punctuation, &spec()).unwrap();
    assert_eq!(
        without,
        Marked {
            second_segment: None,
            ..second
        }
    );
}

#[test]
fn a_query_may_name_tokens_but_an_entity_in_it_may_not() {
    let example = example("the [E1] part of a Mazda", (4, 8, "PER"), (19, 24, "ORG"));
    let query = query("[E1]: {subject}?", QueryPlace::Before);
    let marked = mark_with_query(&example, Markers::Entity, &query, &spec()).unwrap();
    assert_eq!(
        marked.text,
        "[E1]: [ E1]? the [E1] [ E1] [/E1] part of a [E2] Mazda [/E2]"
    );
    assert_eq!(marked.subject_span.of(&marked.text), Some("[ E1]"));
    assert_eq!(marked.sentence(), example.sentence);
}
