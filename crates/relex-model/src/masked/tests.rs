//! Against transformers' `…ForMaskedLM`: `tests/fixtures/make_masked.py` makes the checkpoints and what is expected of them.

use std::path::{Path, PathBuf};

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Int, Tensor, TensorData, activation::log_softmax},
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use safetensors::{Dtype, SafeTensors};

use super::*;
use crate::{LazyTensor, TextEncoder, load_encoder, open_weights, ops::COMPOSED_ONLY};

const FAMILIES: [&str; 3] = ["bert", "roberta", "electra"];

struct Reference {
    folder: PathBuf,
    expected: Vec<u8>,
}

impl Reference {
    fn open(family: &str) -> Self {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let folder = fixtures.join(format!("masked-{family}"));
        Self {
            expected: std::fs::read(folder.join("expected.safetensors")).unwrap(),
            folder,
        }
    }

    fn ints<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D, Int> {
        let file = SafeTensors::deserialize(&self.expected).unwrap();
        let view = file.tensor(name).unwrap();
        assert_eq!(view.dtype(), Dtype::I64);
        let values = view.data().as_chunks().0.iter();
        let values: Vec<i64> = values.map(|&bytes| i64::from_le_bytes(bytes)).collect();
        Tensor::from_data(TensorData::new(values, view.shape().to_vec()), device)
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.expected).unwrap();
        let view = file.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let values = view.data().as_chunks().0.iter();
        values.map(|&bytes| f32::from_le_bytes(bytes)).collect()
    }

    fn batch(&self, device: &Device) -> BatchTensors {
        let input_ids = self.ints::<2>("input_ids", device);
        let [rows, _] = input_ids.dims();
        BatchTensors {
            attention_mask: self.ints::<2>("attention_mask", device).float(),
            token_types: None,
            entity_starts: Tensor::zeros([rows, 2], device),
            entity_spans: Tensor::zeros([rows, 2, 2], device),
            entity_types: None,
            input_ids,
        }
    }

    fn logits(&self, model: &MaskedModel, device: &Device) -> Tensor<2> {
        model.forward(self.batch(device), self.ints("masked", device), &mut Pass::Inference)
    }
}

fn load(folder: &Path, device: &Device) -> LoadedMaskedModel {
    load_masked_model(folder, &mut ChaCha8Rng::seed_from_u64(1), device).unwrap()
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

#[track_caller]
fn assert_close(actual: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (at, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert!((a - e).abs() <= tolerance, "{what}[{at}]: {a} is not {e}");
    }
}

fn matches_transformers() {
    for family in FAMILIES {
        let reference = Reference::open(family);
        let device = Device::flex();
        let loaded = load(&reference.folder, &device);
        assert_eq!((loaded.head, loaded.report.unused.len()), (HeadOrigin::Checkpoint, 0));
        let actual = values(reference.logits(&loaded.model, &device));
        assert_close(&actual, &reference.floats("logits"), 1e-5, family);

        let device = device.autodiff();
        let model = load(&reference.folder, &device).model;
        let logits = reference.logits(&model, &device);
        let targets = reference.ints::<1>("targets", &device);
        let [masked] = targets.dims();
        let loss = log_softmax(logits, 1)
            .gather(1, targets.reshape([masked, 1]))
            .mean()
            .neg();
        let expected = reference.floats("loss");
        assert_close(&values(loss.clone()), &expected, 1e-5 * expected[0], family);
        let mut compare = Compare {
            gradients: GradientsParams::from_grads(loss.backward(), &model),
            reference: &reference,
            config: &loaded.config,
            at: Vec::new(),
            compared: 0,
        };
        model.visit(&mut compare);
        let projection = if family == "electra" { 2 } else { 0 };
        // 5 embedding tensors, 16 in each of 2 layers, 5 in the head; the decoder's gradient is in the word embeddings'
        assert_eq!(compare.compared, 5 + projection + 2 * 16 + 5, "{family}");
    }
}

#[test]
fn logits_loss_and_every_gradient_match_transformers() {
    matches_transformers();
}

/// What GPUs run.
#[test]
fn composed_operations_match_transformers_too() {
    COMPOSED_ONLY.set(true);
    matches_transformers();
    COMPOSED_ONLY.set(false);
}

struct Compare<'a> {
    gradients: GradientsParams,
    reference: &'a Reference,
    config: &'a EncoderConfig,
    at: Vec<(String, String)>,
    compared: usize,
}

impl ModuleVisitor for Compare<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.at.push((name.to_owned(), container_type.to_owned()));
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.at.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let path: Vec<&str> = self.at.iter().map(|(name, _)| name.as_str()).collect();
        let name = theirs(self.config.architecture, &path.join("."));
        let gradient = self.gradients.get::<D>(param.id).unwrap_or_else(|| panic!("{name}"));
        let is_linear = self
            .at
            .last()
            .is_some_and(|(_, container)| container == "Struct:Linear");
        let gradient = if is_linear && D == 2 {
            gradient.swap_dims(0, 1)
        } else {
            gradient
        };
        let expected = self.reference.floats(&format!("grad.{name}"));
        let largest = expected.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        assert_close(&values(gradient), &expected, 1e-4 * largest.max(1e-3), &name);
        self.compared += 1;
    }
}

/// A module path as `…ForMaskedLM` spells it, by rules of its own so that the loader's tables are tested too.
fn theirs(architecture: crate::Architecture, path: &str) -> String {
    let family = format!("{architecture:?}").to_lowercase();
    let path = path.replace(".gamma", ".weight").replace(".beta", ".bias");
    let Some(path) = path.strip_prefix("encoder.") else {
        let head = match family.as_str() {
            "bert" => path
                .replace("head.dense", "cls.predictions.transform.dense")
                .replace("head.layer_norm", "cls.predictions.transform.LayerNorm")
                .replace("head.bias", "cls.predictions.bias"),
            "roberta" => path.replace("head.", "lm_head."),
            _ => path
                .replace("head.layer_norm", "generator_predictions.LayerNorm")
                .replace("head.dense", "generator_predictions.dense")
                .replace("head.bias", "generator_lm_head.bias"),
        };
        return head;
    };
    let path = path
        .replace("embeddings.layer_norm", "embeddings.LayerNorm")
        .replace("attention.output", "attention.OUT.dense")
        .replace("attention.layer_norm", "attention.OUT.LayerNorm");
    let path = ["query", "key", "value"].iter().fold(path, |path, part| {
        path.replace(&format!("attention.{part}"), &format!("attention.self.{part}"))
    });
    let path = if path.starts_with("layers.") {
        path.replacen("layers.", "encoder.layer.", 1)
            .replace(".intermediate.", ".intermediate.dense.")
            .replace(".output.", ".output.dense.")
            .replace(".layer_norm.", ".output.LayerNorm.")
            .replace("OUT", "output")
    } else {
        path
    };
    format!("{family}.{path}")
}

const TOKENIZER: &str = r#"{
    "version": "1.0", "truncation": null, "padding": null, "normalizer": null, "post_processor": null,
    "added_tokens": [{"id": 1, "content": "[MASK]", "single_word": false, "lstrip": false, "rstrip": false,
                      "normalized": false, "special": true}],
    "pre_tokenizer": {"type": "Whitespace"}, "decoder": null,
    "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "[MASK]": 1, "word": 2}, "unk_token": "[UNK]"}
}"#;

#[test]
fn what_is_saved_is_loaded_back_as_it_was() {
    let device = Device::flex();
    for family in FAMILIES {
        let reference = Reference::open(family);
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("tokenizer.json"), TOKENIZER).unwrap();
        let text_encoder = TextEncoder::from_file(&path("tokenizer.json"), 16).unwrap();
        let loaded = load(&reference.folder, &device);
        let before = values(reference.logits(&loaded.model, &device));
        save_masked_model(
            &path("out"),
            &loaded.model,
            &loaded.config,
            &text_encoder,
            &reference.folder,
        )
        .unwrap();
        let again = load(&path("out"), &device);
        assert_eq!(values(reference.logits(&again.model, &device)), before, "{family}");
        assert_eq!((again.head, again.report.unused.len()), (HeadOrigin::Checkpoint, 0));
        // Under the names that transformers gave them, and no others.
        let names = |folder: &Path| {
            let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
            let file = SafeTensors::deserialize(&bytes).unwrap();
            let mut names: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
            names.sort();
            names
        };
        assert_eq!(names(&path("out")), names(&reference.folder), "{family}");
        load_encoder(&path("out"), &device).unwrap();
        let config = std::fs::read_to_string(path("out/config.json")).unwrap();
        assert!(config.contains("ForMaskedLM"), "{config}");
        let tokenizer = std::fs::read_to_string(path("out/special_tokens_map.json")).unwrap();
        assert!(tokenizer.contains("\"mask_token\": \"[MASK]\""), "{tokenizer}");
    }
}

/// The fixtures of the classifiers have no such head.
#[test]
fn a_checkpoint_without_a_head_gets_a_new_one_that_repeats() {
    let device = Device::flex();
    for family in ["bert", "xlm-roberta", "electra", "electra-same-width"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures")
            .join(family);
        let drawn = |seed: u64| {
            let loaded = load_masked_model(&folder, &mut ChaCha8Rng::seed_from_u64(seed), &device).unwrap();
            assert_eq!(loaded.head, HeadOrigin::New);
            let hidden = Tensor::ones([2, loaded.config.hidden_size], &device);
            values(
                loaded
                    .model
                    .head
                    .forward(hidden, loaded.model.encoder.word_embeddings()),
            )
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        assert!(drawn(1).iter().all(|logit| logit.is_finite()));
    }
}

#[test]
fn a_decoder_that_is_not_tied_is_not_taken() {
    let device = Device::flex();
    let reference = Reference::open("bert");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let file = open_weights(&reference.folder.join("model.safetensors")).unwrap();
    let mut names = file.names();
    names.sort();
    let mut tensors: Vec<_> = names
        .into_iter()
        .map(|name| (name.clone(), file.read(&name).unwrap().unwrap()))
        .collect();
    let words = file.read("embeddings.word_embeddings.weight").unwrap().unwrap();
    let bias = file.read("cls.predictions.bias").unwrap().unwrap();
    tensors.retain(|(name, _)| name != "cls.predictions.bias");
    tensors.push(("cls.predictions.decoder.weight".into(), words));
    tensors.push(("cls.predictions.decoder.bias".into(), bias));
    let tensors = tensors
        .into_iter()
        .map(|(name, tensor)| LazyTensor::new(name, tensor.shape, || Ok(tensor.values)));
    crate::save::write_weights(folder.path(), tensors.collect()).unwrap();
    let config = std::fs::read_to_string(reference.folder.join("config.json")).unwrap();
    let write = |text: String| std::fs::write(path("config.json"), text).unwrap();

    write(config.clone());
    let tied = load(folder.path(), &device);
    assert_eq!((tied.head, tied.report.unused.len()), (HeadOrigin::Checkpoint, 0));
    let actual = values(reference.logits(&tied.model, &device));
    assert_close(&actual, &reference.floats("logits"), 1e-5, "tied");

    write(config.replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false"));
    let untied = load(folder.path(), &device);
    assert_eq!(untied.head, HeadOrigin::NewForUntied);
    assert!(
        untied
            .report
            .unused
            .contains(&"cls.predictions.decoder.weight".to_owned())
    );
}

#[test]
fn new_tokens_have_an_embedding_and_no_bias_and_still_learn() {
    let device = Device::flex().autodiff();
    let reference = Reference::open("roberta");
    let LoadedMaskedModel { mut config, model, .. } = load(&reference.folder, &device);
    let before = values(reference.logits(&model, &device));
    let token = NewToken {
        text: "[E1]".into(),
        id: 53,
        pieces: vec![4, 5],
    };
    let model = model.add_tokens(&[token], &mut config).unwrap();
    assert_eq!(config.vocab_size, 54);
    let logits = reference.logits(&model, &device);
    let after = values(logits.clone());
    for (before, after) in before.chunks_exact(53).zip(after.chunks_exact(54)) {
        assert_close(&after[..53], before, 1e-6, "old tokens");
    }
    let gradients = GradientsParams::from_grads(logits.sum().backward(), &model);
    let mut learning = Learning { gradients, count: 0 };
    model.visit(&mut learning);
    assert_eq!(learning.count, 5 + 2 * 16 + 5);
}

struct Learning {
    gradients: GradientsParams,
    count: usize,
}

impl ModuleVisitor for Learning {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.count += usize::from(self.gradients.get::<D>(param.id).is_some());
    }
}
