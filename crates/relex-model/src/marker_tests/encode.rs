use relex_data::{Markers, QueryPlace, mark};

use super::{asked, example, shipped, spec, text_encoder, tiny};

#[test]
fn new_tokens_are_whole_in_the_shipped_tokenizer() {
    let mut text_encoder = text_encoder(&shipped(), 64);
    let tokens = Markers::Entity.special_tokens(&spec()).unwrap();
    let new = text_encoder.add_tokens(&tokens).unwrap();
    let found: Vec<_> = new
        .iter()
        .map(|token| (token.text.as_str(), token.id, token.pieces.as_slice()))
        .collect();
    let expected: [(&str, u32, &[u32]); 4] = [
        ("[E1]", 37_901, &[11_893]),
        ("[/E1]", 37_902, &[2_481, 102, 11_893]),
        ("[E2]", 37_903, &[13_467]),
        ("[/E2]", 37_904, &[2_481, 102, 13_467]),
    ];
    assert_eq!(found, expected);
    assert!(text_encoder.add_tokens(&tokens).unwrap().is_empty());

    let example = example("새벽사한솔은 간다.", (3, 5), (0, 3));
    let encoded = text_encoder
        .encode("7", &mark(&example, Markers::Entity, &spec()).unwrap())
        .unwrap();
    let ids = [
        0, 37_903, 30_864, 1_530, 6, 37_904, 37_901, 2_178, 20_669, 6, 37_902, 6, 556, 6, 25_878, 5, 2,
    ];
    assert_eq!(
        (encoded.ids.as_slice(), encoded.entity_starts),
        (ids.as_slice(), [6, 1])
    );
    // "▁한", "솔"; "▁새벽", "사"; 6 is the space before the closing marker
    assert_eq!(encoded.entity_spans, [7..9, 2..4]);
}

#[test]
fn a_second_segment_is_encoded_as_the_tokenizer_pairs_texts() {
    let example = example("한솔은 새벽사 사원", (0, 2), (4, 7));
    let template = "{subject}과 {object}의 관계는?";
    let second = asked(&example, Markers::TypedPunctuation, template, QueryPlace::SecondSegment);
    let encoded = text_encoder(&shipped(), 64).encode("7", &second).unwrap();
    let sentence = [
        6, 762, 533, 12_716, 533, 2_178, 20_669, 6, 762, 556, 390, 6, 5_315, 24_774, 6, 5_315, 30_864, 1_530, 390,
        3_924, 2_489,
    ];
    let query = [2_178, 20_669, 987, 30_864, 19_544, 16_717, 611, 31];
    assert_eq!(encoded.ids, [&[0], &sentence[..], &[2, 2], &query, &[2]].concat());
    // XLM-R's tokenizer has no token types.
    assert!(encoded.token_types.is_empty());
    assert_eq!(encoded.entity_starts, [1, 11]);

    let before = asked(&example, Markers::TypedPunctuation, template, QueryPlace::Before);
    let encoded = text_encoder(&shipped(), 64).encode("7", &before).unwrap();
    assert_eq!(encoded.ids, [&[0], &query[..], &sentence, &[2]].concat());
    // At the beginning of a text the first "▁" stands for "@" too, elsewhere for the space before it.
    assert_eq!(encoded.entity_starts, [10, 19]);

    let mut bert = text_encoder(&tiny(), 64);
    bert.add_tokens(&Markers::SubjectObject.special_tokens(&spec()).unwrap())
        .unwrap();
    let example = super::example("한솔은 단체", (0, 2), (4, 6));
    let second = asked(
        &example,
        Markers::SubjectObject,
        "{subject}?",
        QueryPlace::SecondSegment,
    );
    let encoded = bert.encode("7", &second).unwrap();
    let first = [
        2, 245, 57, 161, 185, 151, 169, 189, 246, 50, 179, 185, 247, 42, 161, 185, 156, 166, 248, 3,
    ];
    let query = [57, 161, 185, 151, 169, 189, 24, 3];
    assert_eq!(encoded.ids, [&first[..], &query].concat());
    assert_eq!(encoded.token_types, [vec![0; 20], vec![1; 8]].concat());
}

#[test]
fn the_window_keeps_the_query_and_both_entities() {
    let sentence = format!(
        "{}한솔은 새벽사 사원{}",
        "가나 다라. ".repeat(20),
        " 마바 사아.".repeat(20)
    );
    let example = example(&sentence, (140, 142), (144, 147));
    assert_eq!((example.subject_word(), example.object_word()), ("한솔", "새벽사"));
    for place in [QueryPlace::Before, QueryPlace::SecondSegment] {
        let marked = asked(&example, Markers::Punctuation, "{subject}과 {object}의 관계는?", place);
        let whole = text_encoder(&shipped(), 1000).encode("7", &marked).unwrap();
        let cut = text_encoder(&shipped(), 40).encode("7", &marked).unwrap();
        assert_eq!((cut.ids.len(), cut.truncated), (40, whole.ids.len() - 40));
        let query = [2_178, 20_669, 987, 30_864, 19_544, 16_717, 611, 31];
        match place {
            QueryPlace::Before => assert_eq!(cut.ids[1..9], query),
            QueryPlace::SecondSegment => assert_eq!(cut.ids[31..39], query),
        }
        // "@ 한솔 @은 # 새벽사 #" is in one piece where it was in one piece.
        let [subject, object] = cut.entity_starts;
        let [from, to] = whole.entity_starts;
        assert_eq!(object - subject, to - from);
        assert_eq!(cut.ids[subject..object + 4], whole.ids[from..to + 4]);
        for (cut_span, whole_span) in cut.entity_spans.iter().zip(&whole.entity_spans) {
            assert_eq!(cut.ids[cut_span.clone()], whole.ids[whole_span.clone()]);
            assert!(!cut_span.is_empty());
        }

        let message = text_encoder(&shipped(), 10)
            .encode("7", &marked)
            .unwrap_err()
            .to_string();
        assert!(message.contains("holds the query and both entity markers"), "{message}");
    }
}

#[test]
fn segments_that_nothing_separates_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let json = std::fs::read_to_string(tiny().join("tokenizer.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let pair = serde_json::json!([
        {"Sequence": {"id": "A", "type_id": 0}},
        {"Sequence": {"id": "B", "type_id": 1}},
    ]);
    json["post_processor"]["pair"] = pair;
    std::fs::write(folder.path().join("tokenizer.json"), json.to_string()).unwrap();
    let example = example("한솔은 새벽사 사원", (0, 2), (4, 7));
    let marked = asked(&example, Markers::Punctuation, "{subject}?", QueryPlace::SecondSegment);
    let message = text_encoder(folder.path(), 64)
        .encode("7", &marked)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("no token between two segments") && message.contains("\"before\""),
        "{message}"
    );
}

/// A tokenizer that has a marker's text as an ordinary word never finds it whole; made whole, it keeps its embedding.
#[test]
fn a_token_that_the_vocabulary_holds_keeps_its_embedding() {
    let folder = tempfile::tempdir().unwrap();
    let json = std::fs::read_to_string(tiny().join("tokenizer.json")).unwrap();
    let json = json.replacen("\"]\":28", "\"[E1]\":28", 1);
    std::fs::write(folder.path().join("tokenizer.json"), json).unwrap();
    let mut text_encoder = text_encoder(folder.path(), 64);
    let new = text_encoder
        .add_tokens(&Markers::Entity.special_tokens(&spec()).unwrap())
        .unwrap();
    let ids: Vec<_> = new.iter().map(|token| (token.text.as_str(), token.id)).collect();
    assert_eq!(ids, [("[/E1]", 245), ("[E2]", 246), ("[/E2]", 247)]);
    let marked = mark(&example("한솔은 새벽사", (0, 2), (4, 7)), Markers::Entity, &spec()).unwrap();
    assert_eq!(text_encoder.encode("7", &marked).unwrap().ids[1], 28);
}
