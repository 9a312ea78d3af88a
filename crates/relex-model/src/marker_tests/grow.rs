use std::path::Path;

use burn::{module::Module, tensor::Device};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use relex_data::{Markers, Query, QueryPlace};

use super::{asked, example, shipped, spec, text_encoder, tiny};
use crate::{
    Batch, Classifier, ClassifierConfig, EncodedExample, Encoder, EncoderConfig, HeadKind, Pass, load::Collect,
    load_classifier, load_encoder, open_weights, save_classifier,
};

const WORDS: &str = "embeddings.word_embeddings.weight";

/// The word embeddings, row by row.
fn embeddings(encoder: &Encoder) -> Vec<f32> {
    let mut collected = Collect::with_prefix("");
    encoder.visit(&mut collected);
    let table = collected.tensors.into_iter().find(|tensor| tensor.name() == WORDS);
    table.unwrap().fetch().unwrap()
}

#[test]
fn embeddings_of_a_quantised_file_grow() {
    let device = Device::flex();
    let (mut config, encoder, _) = load_encoder(&shipped(), &device).unwrap();
    let before = embeddings(&encoder);
    let mut text_encoder = text_encoder(&shipped(), 64);
    let new = text_encoder
        .add_tokens(&Markers::Entity.special_tokens(&spec()).unwrap())
        .unwrap();
    let encoder = encoder.add_tokens(&new, &mut config).unwrap();
    text_encoder.check_fits(&config).unwrap();
    let after = embeddings(&encoder);
    assert_eq!((config.vocab_size, after.len()), (37_905, 37_905 * 384));
    assert!(before == after[..before.len()], "a row that was there has changed");
    let row = |id: usize| &after[id * 384..(id + 1) * 384];
    assert!(row(37_901) == row(11_893) && row(37_903) == row(13_467));
    // "end of subject", from the unquantised twin in f16
    for (actual, expected) in row(37_902).iter().zip([0.068_385, 0.022_207, 0.064_260, -0.065_623]) {
        assert!((actual - expected).abs() < 1e-3, "{actual} is not {expected}");
    }
}

fn classifier_config(markers: Markers, query: Option<Query>) -> ClassifierConfig {
    ClassifierConfig {
        format_version: ClassifierConfig::format_version(),
        labels: vec!["no_relation".into(), "per:title".into()],
        negative_label: "no_relation".into(),
        markers,
        query,
        type_words: spec().type_words,
        max_tokens: 128,
        head: HeadKind::default(),
        head_dropout: 0.1,
        cosine_scale: None,
        precision: crate::Precision::F32,
        type_embedding: false,
        evaluation_batch_size: Some(64),
        evaluation_batch_tokens: None,
    }
}

fn logits(classifier: &Classifier, encoded: &EncodedExample, config: &EncoderConfig, device: &Device) -> Vec<f32> {
    let batch = Batch::new(std::slice::from_ref(encoded), &[0], config.pad_token_id);
    let logits = classifier.forward(batch.to_device(device), &mut Pass::Inference);
    logits.into_data().try_to_vec().unwrap()
}

#[test]
fn a_grown_classifier_is_saved_and_read_back_the_same() {
    let device = Device::flex();
    let query = Query {
        template: "{subject_type} {subject}?".parse().unwrap(),
        place: QueryPlace::SecondSegment,
    };
    let config = classifier_config(Markers::TypedEntity, Some(query));
    let (mut encoder_config, encoder, _) = load_encoder(&tiny(), &device).unwrap();
    let mut text_encoder = text_encoder(&tiny(), config.max_tokens);
    let tokens = config.markers.special_tokens(&spec()).unwrap();
    let new = text_encoder.add_tokens(&tokens).unwrap();
    let encoder = encoder.add_tokens(&new, &mut encoder_config).unwrap();
    // two roles, opening and closing, six types
    assert_eq!((new.len(), encoder_config.vocab_size), (24, 245 + 24));
    let head = config.head_config(encoder_config.hidden_size);
    let classifier = Classifier::with_new_head(encoder, &head, &mut ChaCha8Rng::seed_from_u64(1), &device);
    let example = example("한솔은 새벽사 사원", (0, 2), (4, 7));
    let encoded = text_encoder
        .encode("7", &config.mark(&example, &spec()).unwrap())
        .unwrap();
    let expected = logits(&classifier, &encoded, &encoder_config, &device);

    let folder = tempfile::tempdir().unwrap();
    let best = folder.path().join("best");
    save_classifier(&best, &classifier, &config, &text_encoder, &tiny()).unwrap();
    let read = load_classifier(&best, &device).unwrap();
    assert_eq!((&read.config, &read.encoder_config), (&config, &encoder_config));
    let again = read
        .text_encoder
        .encode("7", &read.config.mark(&example, &spec()).unwrap())
        .unwrap();
    assert_eq!(again, encoded);
    assert_eq!(
        logits(&read.classifier, &again, &read.encoder_config, &device),
        expected
    );

    let table = |folder: &Path| {
        open_weights(&folder.join("model.safetensors"))
            .unwrap()
            .read(WORDS)
            .unwrap()
            .unwrap()
    };
    let (old, new) = (table(&tiny()), table(&best));
    assert_eq!((old.shape, new.shape), (vec![245, 16], vec![269, 16]));
    assert!(old.values == new.values[..old.values.len()]);
    let json = |folder: &Path| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap()
    };
    let mut expected = json(&tiny());
    expected["vocab_size"] = 269.into();
    assert_eq!(json(&best), expected);

    // Saved once more from what was read: the same files.
    let twice = folder.path().join("twice");
    save_classifier(&twice, &read.classifier, &read.config, &read.text_encoder, &best).unwrap();
    for name in ["config.json", "tokenizer.json", "relex.json", "model.safetensors"] {
        let bytes = |folder: &Path| std::fs::read(folder.join(name)).unwrap();
        assert!(bytes(&best) == bytes(&twice), "{name} differs");
    }
}

#[test]
fn without_new_tokens_the_encoders_files_are_copied() {
    let device = Device::flex();
    let config = classifier_config(Markers::Punctuation, None);
    let (encoder_config, encoder, _) = load_encoder(&tiny(), &device).unwrap();
    let head = config.head_config(encoder_config.hidden_size);
    let classifier = Classifier::with_new_head(encoder, &head, &mut ChaCha8Rng::seed_from_u64(1), &device);
    let folder = tempfile::tempdir().unwrap();
    let best = folder.path().join("best");
    save_classifier(&best, &classifier, &config, &text_encoder(&tiny(), 128), &tiny()).unwrap();
    for name in ["config.json", "tokenizer.json"] {
        assert!(std::fs::read(best.join(name)).unwrap() == std::fs::read(tiny().join(name)).unwrap());
    }
    assert!(
        !std::fs::read_to_string(best.join("relex.json"))
            .unwrap()
            .contains("query")
    );
}

/// BERT's second token type is read; an encoder with a single type takes a second segment too.
#[test]
fn token_types_are_used_where_the_encoder_has_them() {
    let device = Device::flex();
    let config = classifier_config(Markers::Punctuation, None);
    let (encoder_config, encoder, _) = load_encoder(&tiny(), &device).unwrap();
    let head = config.head_config(encoder_config.hidden_size);
    let classifier = Classifier::with_new_head(encoder, &head, &mut ChaCha8Rng::seed_from_u64(1), &device);
    let marked = asked(
        &example("한솔은 새벽사 사원", (0, 2), (4, 7)),
        config.markers,
        "{subject}?",
        QueryPlace::SecondSegment,
    );
    let typed = text_encoder(&tiny(), 128).encode("7", &marked).unwrap();
    let untyped = EncodedExample {
        token_types: Vec::new(),
        ..typed.clone()
    };
    let logits_of = |encoded| logits(&classifier, encoded, &encoder_config, &device);
    assert_ne!(logits_of(&typed), logits_of(&untyped));

    let single = EncoderConfig {
        type_vocab_size: 1,
        ..encoder_config.clone()
    };
    let encoder = Encoder::new(&single, &device);
    let classifier = Classifier::with_new_head(encoder, &head, &mut ChaCha8Rng::seed_from_u64(1), &device);
    let logits_of = |encoded| logits(&classifier, encoded, &single, &device);
    assert_eq!(logits_of(&typed), logits_of(&untyped));
}
