//! The README's first example, step by step, with a small classifier that the test makes and saves.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use relex_data::{DatasetSpec, Example, LabelSet, Markers, Role};
use relex_model::{
    Batch, Classifier, ClassifierConfig, HeadKind, LoadedClassifier, Pass, Precision, TextEncoder, load_classifier,
    load_encoder, open_device, save_classifier,
};

const TOKENIZER: &str = r##"{
    "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null, "post_processor": null,
    "pre_tokenizer": {"type": "Whitespace"}, "decoder": null,
    "model": {"type": "WordLevel", "unk_token": "[UNK]",
        "vocab": {"[PAD]": 0, "[UNK]": 1, "@": 2, "#": 3, "*": 4, "^": 5, "사람": 6, "단체": 7, "위치": 8, ",": 9, ".": 10}}
}"##;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn ten() -> (DatasetSpec, Vec<Example>) {
    let spec = DatasetSpec::from_file(&root("datasets/sample/dataset.toml")).unwrap();
    let sentences = spec.read(&root("datasets/sample"), Role::Test).unwrap();
    let ten = sentences[..10].to_vec();
    (spec, ten)
}

/// A new head on a tiny encoder, as after no training at all.
fn untrained(folder: &Path, spec: &DatasetSpec, device: &Device) -> LoadedClassifier {
    let (encoder_config, encoder, _) = load_encoder(folder, device).unwrap();
    let config = ClassifierConfig {
        evaluation_batch_size: None,
        evaluation_batch_tokens: None,
        format_version: ClassifierConfig::format_version(),
        labels: spec.labels.names().to_vec(),
        negative_label: spec.labels.name(spec.labels.negative()).into(),
        markers: Markers::TypedPunctuation,
        query: None,
        type_words: spec.type_words.clone(),
        max_tokens: 40,
        head: HeadKind::default(),
        head_dropout: 0.1,
        cosine_scale: None,
        type_embedding: true,
        precision: Precision::F32,
    };
    let text_encoder = TextEncoder::from_folder(folder, config.max_tokens).unwrap();
    let head = config.head_config(encoder_config.hidden_size);
    let classifier = Classifier::with_new_head(encoder, &head, &mut ChaCha8Rng::seed_from_u64(7), device)
        .with_type_embedding(config.type_rows(), device);
    LoadedClassifier {
        classifier,
        encoder_config,
        config,
        text_encoder,
    }
}

/// Logits of some examples, side by side.
fn logits(model: &LoadedClassifier, examples: &[Example], spec: &DatasetSpec, device: &Device) -> Vec<f32> {
    let encoded = model.encode(examples, spec).unwrap();
    let rows: Vec<usize> = (0..encoded.len()).collect();
    let batch = Batch::checked(&encoded, &rows, &model.encoder_config).unwrap();
    let logits = model.classifier.forward(batch.to_device(device), &mut Pass::Inference);
    assert_eq!(logits.dims(), [examples.len(), 30]);
    logits.into_data().try_to_vec().unwrap()
}

#[test]
fn are_classified_by_a_saved_classifier_as_by_the_one_that_was_saved() {
    let device = open_device("cpu".parse().unwrap()).unwrap();
    let (spec, ten) = ten();
    let folder = tempfile::tempdir().unwrap();
    let (pretrained, best) = (folder.path().join("encoder"), folder.path().join("best"));
    std::fs::create_dir(&pretrained).unwrap();
    for name in ["config.json", "model.safetensors"] {
        std::fs::copy(
            root("crates/relex-model/tests/fixtures/bert").join(name),
            pretrained.join(name),
        )
        .unwrap();
    }
    std::fs::write(pretrained.join("tokenizer.json"), TOKENIZER).unwrap();
    let made = untrained(&pretrained, &spec, &device);
    save_classifier(&best, &made.classifier, &made.config, &made.text_encoder, &pretrained).unwrap();

    let model = load_classifier(&best, &device).unwrap();
    assert_eq!(model.config, made.config);
    let refuses = |other: DatasetSpec, expected: &str| {
        let refused = model.encode(&ten, &other).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    };
    let mut other = spec.clone();
    other.type_words.clear();
    refuses(other, "now has other type words than the classifier");
    let mut other = spec.clone();
    let mut names = other.labels.names().to_vec();
    names.swap(1, 2);
    other.labels = LabelSet::new(names, spec.labels.name(spec.labels.negative())).unwrap();
    refuses(other, "other labels, or another order of them, than");

    let together = logits(&model, &ten, &spec, &device);
    assert!(together.iter().all(|x| x.is_finite()));
    assert_eq!(together, logits(&made, &ten, &spec, &device));
    for (example, of_ten) in ten.iter().zip(together.chunks_exact(30)) {
        let alone = logits(&model, std::slice::from_ref(example), &spec, &device);
        for (a, b) in alone.iter().zip(of_ten) {
            assert!((a - b).abs() < 1e-5, "{}: {a} is not {b}", example.id);
        }
    }
    assert_ne!(
        together[..30],
        together[30..60],
        "different sentences have different logits"
    );
}
