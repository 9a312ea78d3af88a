//! A checkpoint of transformers with a `relex.json` beside it is a classifier's folder, and so is what is exported.

use burn::tensor::Device;

use super::{FAMILIES, Reference, assert_close, logits, values};
use crate::{LoadedClassifier, TransformersTask, export_classifier, load_classifier, transformers};

const TOKENIZER: &str = r#"{
    "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null, "post_processor": null,
    "pre_tokenizer": {"type": "Whitespace"}, "decoder": null,
    "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "[PAD]": 1, "word": 2}, "unk_token": "[UNK]"}
}"#;
const RELEX: &str = r#"{
    "format_version": 1, "labels": ["a", "b", "c", "d", "e", "f", "g"], "negative_label": "a", "markers": "entity",
    "type_words": {}, "max_tokens": 16, "head": "cls", "head_dropout": 0.1
}"#;

#[test]
fn loaded_or_exported_the_logits_are_those_of_transformers() {
    let device = Device::flex();
    for family in FAMILIES {
        let reference = Reference::open(family);
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("run")).unwrap();
        for name in ["config.json", "model.safetensors"] {
            std::fs::copy(reference.folder.join(name), path("run").join(name)).unwrap();
        }
        std::fs::write(path("run/tokenizer.json"), TOKENIZER).unwrap();
        std::fs::write(path("run/relex.json"), RELEX).unwrap();
        let logits_of = |model: &LoadedClassifier| {
            let hidden = reference.hidden_states(&model.classifier, &device);
            values(logits(&model.classifier, hidden))
        };

        let loaded = load_classifier(&path("run"), &device).unwrap();
        let before = logits_of(&loaded);
        assert_close(&before, &reference.floats("logits"), 1e-5, family);

        let task = export_classifier(&path("out"), &loaded, &path("run")).unwrap();
        assert_eq!(task, TransformersTask::SequenceClassification, "{family}");
        let exported = load_classifier(&path("out"), &device).unwrap();
        assert_eq!(logits_of(&exported), before, "{family}");
        let config = std::fs::read_to_string(path("out/config.json")).unwrap();
        let class = transformers::class_name(reference.config.architecture, task);
        for part in [
            class.as_str(),
            "\"6\": \"g\"",
            "\"classifier_dropout\": 0.1",
            "\"dtype\": \"float32\"",
        ] {
            assert!(config.contains(part), "{family}: {part} is not in {config}");
        }
    }
}
