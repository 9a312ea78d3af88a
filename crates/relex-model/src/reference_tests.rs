//! The BERT encoder and the `cls` head against transformers: the fixture holds a tiny random
//! checkpoint, a padded batch and what `BertForSequenceClassification` made of it.

use std::path::{Path, PathBuf};

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Int, Tensor, TensorData, activation::log_softmax},
};
use safetensors::{Dtype, SafeTensors};

use crate::{
    Classifier, ClsSettings, Encoder, EncoderConfig, Head, HeadConfig, HeadInput, HeadKind, ModelError, Pass,
    load::{WeightFile, WeightTensor, fill, load_encoder, open_weights},
    ops::COMPOSED_ONLY,
};

const LABELS: usize = 7;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/bert")
        .join(name)
}

/// transformers' names for the pooler and the classifier, as the `cls` head calls them.
struct AsHead<'a>(&'a dyn WeightFile);

impl WeightFile for AsHead<'_> {
    fn path(&self) -> &Path {
        self.0.path()
    }
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
        self.0.read(&hugging_face_head_name(name))
    }
}

fn hugging_face_head_name(name: &str) -> String {
    name.replace("head.dense", "pooler.dense")
        .replace("head.output", "classifier")
}

struct Expected(Vec<u8>);

impl Expected {
    fn read() -> Self {
        Self(std::fs::read(fixture("expected.safetensors")).unwrap())
    }

    fn ints<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D, Int> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let view = file.tensor(name).unwrap();
        assert_eq!(view.dtype(), Dtype::I64);
        let values: Vec<i64> = view
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|&b| i64::from_le_bytes(b))
            .collect();
        Tensor::from_data(TensorData::new(values, view.shape().to_vec()), device)
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let view = file.tensor(name).unwrap();
        assert_eq!(view.dtype(), Dtype::F32);
        view.data()
            .as_chunks()
            .0
            .iter()
            .map(|&b| f32::from_le_bytes(b))
            .collect()
    }
}

fn reference_classifier(device: &Device) -> Classifier {
    let config = EncoderConfig::from_file(&fixture("config.json")).unwrap();
    let file = open_weights(&fixture("model.safetensors")).unwrap();
    let (encoder, report) = fill(Encoder::new(&config, device), file.as_ref(), "", device).unwrap();
    assert_eq!(
        report.unused,
        [
            "classifier.bias",
            "classifier.weight",
            "pooler.dense.bias",
            "pooler.dense.weight"
        ]
    );
    let head = HeadConfig {
        kind: HeadKind::Cls(ClsSettings::default()),
        hidden_size: config.hidden_size,
        labels: LABELS,
        dropout: 0.1,
        cosine_scale: None,
    };
    let (head, _) = fill(Head::new(&head, device), &AsHead(file.as_ref()), "head.", device).unwrap();
    Classifier {
        encoder,
        head,
        type_embedding: None,
    }
}

fn hidden_states(classifier: &Classifier, expected: &Expected, device: &Device) -> Tensor<3> {
    classifier.encoder.forward(
        expected.ints("input_ids", device),
        Some(expected.ints("token_type_ids", device)),
        expected.ints::<2>("attention_mask", device).float(),
        &mut Pass::Inference,
    )
}

fn logits(classifier: &Classifier, hidden: Tensor<3>) -> Tensor<2> {
    let [batch, seq_len, _] = hidden.dims();
    let device = hidden.device();
    let input = HeadInput {
        hidden,
        attention_mask: Tensor::ones([batch, seq_len], &device),
        entity_starts: Tensor::zeros([batch, 2], &device),
        entity_spans: Tensor::zeros([batch, 2, 2], &device),
    };
    classifier.head.forward(&input, &mut Pass::Inference)
}

#[track_caller]
fn assert_close(actual: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert!((a - e).abs() <= tolerance, "{what}[{i}]: {a} is not {e}");
    }
}

fn forward_matches_on(device: &Device) {
    let expected = Expected::read();
    let classifier = reference_classifier(device);
    let hidden = hidden_states(&classifier, &expected, device);
    let [batch, seq_len, width] = hidden.dims();
    let mask: Vec<f32> = expected
        .ints::<2>("attention_mask", device)
        .float()
        .into_data()
        .try_to_vec()
        .unwrap();
    let actual: Vec<f32> = hidden.clone().into_data().try_to_vec().unwrap();
    let reference = expected.floats("last_hidden_state");
    assert_eq!(mask.len(), batch * seq_len);
    for (token, &real) in mask.iter().enumerate() {
        if real > 0.0 {
            let range = token * width..(token + 1) * width;
            assert_close(&actual[range.clone()], &reference[range], 1e-5, "hidden state");
        }
    }
    let actual: Vec<f32> = logits(&classifier, hidden).into_data().try_to_vec().unwrap();
    assert_close(&actual, &expected.floats("logits"), 1e-5, "logits");
}

#[test]
fn hidden_states_and_logits_match_transformers() {
    forward_matches_on(&Device::flex());
}

#[test]
fn the_autodiff_device_computes_the_same() {
    forward_matches_on(&Device::flex().autodiff());
}

/// What GPUs run.
#[test]
fn composed_operations_match_transformers_too() {
    COMPOSED_ONLY.set(true);
    forward_matches_on(&Device::flex());
    gradients_match();
    COMPOSED_ONLY.set(false);
}

#[test]
fn loss_and_every_gradient_match_transformers() {
    gradients_match();
}

fn gradients_match() {
    let device = Device::flex().autodiff();
    let expected = Expected::read();
    let classifier = reference_classifier(&device);
    let hidden = hidden_states(&classifier, &expected, &device);
    let labels = expected.ints::<1>("labels", &device);
    let [batch] = labels.dims();
    let log_probability = log_softmax(logits(&classifier, hidden), 1).gather(1, labels.reshape([batch, 1]));
    let loss = log_probability.mean().neg();
    let value: f32 = loss.clone().into_scalar();
    assert_close(&[value], &expected.floats("loss"), 1e-5, "loss");

    let gradients = GradientsParams::from_grads(loss.backward(), &classifier);
    let mut visitor = CompareGradients {
        gradients,
        expected: &expected,
        path: Vec::new(),
        compared: 0,
    };
    classifier.visit(&mut visitor);
    // 5 embedding tensors, 16 in each of 3 layers, 4 in the head
    assert_eq!(visitor.compared, 5 + 3 * 16 + 4);
}

struct CompareGradients<'a> {
    gradients: GradientsParams,
    expected: &'a Expected,
    path: Vec<(String, bool)>,
    compared: usize,
}

impl ModuleVisitor for CompareGradients<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        let name = if container_type.starts_with("Enum:") { "" } else { name };
        self.path.push((name.into(), container_type == "Struct:Linear"));
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = reference_name(&self.path);
        let gradient = self
            .gradients
            .get::<D>(param.id)
            .unwrap_or_else(|| panic!("{name} has no gradient"));
        let in_linear = self.path.last().is_some_and(|(_, linear)| *linear);
        let gradient = if in_linear && D == 2 {
            gradient.swap_dims(0, 1)
        } else {
            gradient
        };
        let actual: Vec<f32> = gradient.into_data().try_to_vec().unwrap();
        let reference = self.expected.floats(&format!("grad.{name}"));
        let largest = reference.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        assert_close(&actual, &reference, 1e-4 * largest.max(1e-3), &name);
        self.compared += 1;
    }
}

/// Spells a module path as `BertForSequenceClassification` does, by rules of its own so that the
/// loader's table is tested too.
fn reference_name(path: &[(String, bool)]) -> String {
    let names: Vec<&str> = path
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    let name = names.join(".");
    if name.starts_with("head.") {
        return hugging_face_head_name(&name).replace("pooler", "bert.pooler");
    }
    name.replace("encoder.layers.", "bert.encoder.layer.")
        .replace("encoder.embeddings.", "bert.embeddings.")
        .replace("attention.layer_norm", "attention.output.LayerNorm")
        .replace(
            "layer_norm",
            if name.contains("layers") {
                "output.LayerNorm"
            } else {
                "LayerNorm"
            },
        )
        .replace("output.output.LayerNorm", "output.LayerNorm")
        .replace("attention.query", "attention.self.query")
        .replace("attention.key", "attention.self.key")
        .replace("attention.value", "attention.self.value")
        .replace("attention.output.weight", "attention.output.dense.weight")
        .replace("attention.output.bias", "attention.output.dense.bias")
        .replace(".intermediate.", ".intermediate.dense.")
        .replace("gamma", "weight")
        .replace("beta", "bias")
        .pipe(|name| {
            let dense = |suffix: &str| {
                name.strip_suffix(suffix)
                    .filter(|rest| rest.ends_with(".output") && !rest.contains("attention"))
                    .map(|rest| format!("{rest}.dense{suffix}"))
            };
            dense(".weight").or_else(|| dense(".bias")).unwrap_or(name.clone())
        })
}

trait Pipe: Sized {
    fn pipe<T>(self, function: impl FnOnce(Self) -> T) -> T {
        function(self)
    }
}

impl Pipe for String {}

#[test]
fn padding_does_not_change_logits() {
    let device = Device::flex();
    let expected = Expected::read();
    let classifier = reference_classifier(&device);
    // Row 2 has 4 real tokens: alone without padding it gives the same logits as in the batch.
    let row = |name: &str| expected.ints::<2>(name, &device).slice([2..3, 0..4]);
    let hidden = classifier.encoder.forward(
        row("input_ids"),
        Some(row("token_type_ids")),
        row("attention_mask").float(),
        &mut Pass::Inference,
    );
    let alone: Vec<f32> = logits(&classifier, hidden).into_data().try_to_vec().unwrap();
    assert_close(
        &alone,
        &expected.floats("logits")[2 * LABELS..3 * LABELS],
        1e-5,
        "logits",
    );
}

#[test]
fn a_file_with_a_missing_tensor_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "model.safetensors"] {
        std::fs::copy(fixture(name), folder.path().join(name)).unwrap();
    }
    assert!(load_encoder(folder.path(), &Device::flex()).is_ok());
    let config = std::fs::read_to_string(fixture("config.json")).unwrap();
    let deeper = config.replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4");
    std::fs::write(folder.path().join("config.json"), deeper).unwrap();
    let error = load_encoder(folder.path(), &Device::flex()).unwrap_err();
    assert!(
        matches!(&error, ModelError::Holes { missing, .. } if missing.len() == 16),
        "{error}"
    );

    let wider = config.replace("\"intermediate_size\": 80", "\"intermediate_size\": 96");
    std::fs::write(folder.path().join("config.json"), wider).unwrap();
    let error = load_encoder(folder.path(), &Device::flex()).unwrap_err();
    assert!(
        matches!(&error, ModelError::Shape { found, expected, .. } if found == &[80, 48] && expected == &[96, 48]),
        "{error}"
    );
}
