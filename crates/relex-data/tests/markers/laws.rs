use proptest::prelude::*;
use relex_data::{DatasetSpec, Example, Marked, Markers, QueryPlace, Span, mark, mark_with_query};

use crate::{example, query, spec};

/// Markers, parts of them, emoji of several scalar values and combining marks.
const ODD: [&str; 16] = [
    "[E1]",
    "[/E2]",
    "[SUBJ]",
    "[SUBJ-PER]",
    "[/OBJ-ORG]",
    "[",
    "]",
    "E1]",
    "[E1",
    "@ ",
    "# ^",
    "$",
    "👩‍👩‍👧",
    "e\u{301}",
    "\u{1112}\u{1161}\u{11ab}",
    " ",
];

/// A few characters, odd ones among them.
fn piece() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "\\PC{1,4}",
        proptest::sample::select(ODD.as_slice()).prop_map(str::to_owned),
    ];
    proptest::collection::vec(part, 1..4).prop_map(|parts| parts.concat())
}

/// A sentence cut into five pieces, of which the second and fourth are the entities; they may touch.
fn any_example() -> impl Strategy<Value = Example> {
    let maybe = || prop_oneof![Just(String::new()), piece()];
    (maybe(), piece(), maybe(), piece(), maybe(), any::<bool>()).prop_map(|(a, first, b, second, c, subject_first)| {
        let length = |text: &str| text.chars().count();
        let one = length(&a);
        let two = one + length(&first) + length(&b);
        let spans = [(one, one + length(&first), "PER"), (two, two + length(&second), "ORG")];
        let [subject, object] = if subject_first { spans } else { [spans[1], spans[0]] };
        example(&format!("{a}{first}{b}{second}{c}"), subject, object)
    })
}

/// The characters of a span that are the sentence's own.
fn own_characters(marked: &Marked, span: Span) -> String {
    let edited = |at: usize| {
        marked
            .edits
            .iter()
            .any(|edit| edit.span.start() <= at && at < edit.span.end())
    };
    let characters = marked.text.chars().enumerate().take(span.end()).skip(span.start());
    characters.filter(|(at, _)| !edited(*at)).map(|(_, c)| c).collect()
}

fn check_laws(marked: &Marked, example: &Example, markers: Markers, spec: &DatasetSpec) -> Result<(), TestCaseError> {
    prop_assert_eq!(marked.sentence(), example.sentence.as_str());
    prop_assert!(
        marked
            .edits
            .windows(2)
            .all(|pair| pair[0].span.end() <= pair[1].span.start())
    );
    let entities = [
        (marked.subject_start, marked.subject_span, example.subject_word()),
        (marked.object_start, marked.object_span, example.object_word()),
    ];
    for (start, span, word) in entities {
        match markers {
            Markers::None => prop_assert_eq!((start, span.of(&marked.text)), (span.start(), Some(word))),
            Markers::EntityMask => {
                let edit = marked.edits.iter().find(|edit| edit.span == span).unwrap();
                prop_assert_eq!((start, edit.original.as_str()), (span.start(), word));
            }
            _ => {
                prop_assert_eq!(own_characters(marked, span), word);
                let opening = marked.edits.iter().find(|edit| edit.span.start() == start).unwrap();
                prop_assert_eq!(opening.span.end(), span.start());
            }
        }
    }
    // The tokens in the text are those that were put there, whatever the sentence holds.
    let tokens = markers.special_tokens(spec).unwrap();
    let found: usize = tokens
        .iter()
        .map(|token| marked.text.matches(&token.text).count())
        .sum();
    let put = match markers {
        Markers::EntityMask => 2,
        _ if tokens.is_empty() => 0,
        _ => 4,
    };
    prop_assert_eq!(found, put, "{}", marked.text);
    Ok(())
}

proptest! {
    #[test]
    fn marking_loses_nothing_and_adds_no_token_twice(example in any_example()) {
        let spec = spec();
        for markers in Markers::ALL {
            let marked = mark(&example, markers, &spec).unwrap();
            check_laws(&marked, &example, markers, &spec)?;
            for place in [QueryPlace::Before, QueryPlace::SecondSegment] {
                let query = query("{object}? {subject_type} {subject}!", place);
                let asked = mark_with_query(&example, markers, &query, &spec).unwrap();
                check_laws(&asked, &example, markers, &spec)?;
                let words = match place {
                    QueryPlace::Before => asked.query.unwrap().of(&asked.text).unwrap(),
                    QueryPlace::SecondSegment => asked.second_segment.as_deref().unwrap(),
                };
                let type_word = spec.type_word(&example.subject.entity_type).unwrap();
                let middle = format!("? {type_word} ");
                prop_assert!(words.contains(&middle) && words.ends_with('!'));
                let without = asked.text.chars().skip(asked.query.map_or(0, |span| span.len() + 1)).collect::<String>();
                prop_assert_eq!(&without, &marked.text);
            }
        }
    }
}
