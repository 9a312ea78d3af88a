//! Encoders and the `cls` head against transformers: each fixture holds a tiny random checkpoint of a family, a
//! padded batch and what that family's `…ForSequenceClassification` made of it.

mod folders;
mod gradients;
mod names;
mod panics;
mod refused;
mod type_embedding;

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use safetensors::{Dtype, SafeTensors};

use crate::{
    Architecture, Classifier, ClsSettings, Encoder, EncoderConfig, HeadConfig, HeadInput, HeadKind, ModelError, Pass,
    load::{WeightFile, WeightTensor, fill, open_weights},
    ops::COMPOSED_ONLY,
};

const FAMILIES: [&str; 5] = ["bert", "roberta", "xlm-roberta", "electra", "electra-same-width"];
const LABELS: usize = 7;

/// One fixture.
struct Reference {
    folder: PathBuf,
    config: EncoderConfig,
    expected: Vec<u8>,
}

impl Reference {
    fn open(family: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures")
            .join(family);
        Self {
            config: EncoderConfig::from_file(&folder.join("config.json")).unwrap(),
            expected: std::fs::read(folder.join("expected.safetensors")).unwrap(),
            folder,
        }
    }

    fn ints<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D, Int> {
        let file = SafeTensors::deserialize(&self.expected).unwrap();
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
        let file = SafeTensors::deserialize(&self.expected).unwrap();
        let view = file.tensor(name).unwrap();
        assert_eq!(view.dtype(), Dtype::F32);
        view.data()
            .as_chunks()
            .0
            .iter()
            .map(|&b| f32::from_le_bytes(b))
            .collect()
    }

    fn classifier(&self, device: &Device) -> Classifier {
        let file = open_weights(&self.folder.join("model.safetensors")).unwrap();
        let (encoder, report) = fill(Encoder::new(&self.config, device), file.as_ref(), "", device).unwrap();
        let [dense, output] = self.head_names();
        let mut unused = [dense, output].map(|layer| [format!("{layer}.bias"), format!("{layer}.weight")]);
        unused.sort();
        assert_eq!(report.unused, unused.concat());
        let head = HeadConfig {
            kind: HeadKind::Cls(ClsSettings::default()),
            hidden_size: self.config.hidden_size,
            labels: LABELS,
            dropout: 0.1,
            cosine_scale: None,
        };
        let names = AsHead {
            file: file.as_ref(),
            layers: self.head_names(),
        };
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut classifier = Classifier::with_new_head(encoder, &head, &mut random, device);
        classifier.head = fill(classifier.head, &names, "head.", device).unwrap().0;
        classifier
    }

    /// transformers' names of the layers that the `cls` head calls `dense` and `output`.
    fn head_names(&self) -> [&'static str; 2] {
        match self.config.architecture {
            Architecture::Bert => ["pooler.dense", "classifier"],
            _ => ["classifier.dense", "classifier.out_proj"],
        }
    }

    fn hidden_states(&self, classifier: &Classifier, device: &Device) -> Tensor<3> {
        classifier.encoder.forward(
            self.ints("input_ids", device),
            Some(self.ints("token_type_ids", device)),
            self.ints::<2>("attention_mask", device).float(),
            &mut Pass::Inference,
        )
    }
}

/// The head's weights in a checkpoint of transformers.
struct AsHead<'a> {
    file: &'a dyn WeightFile,
    layers: [&'static str; 2],
}

impl WeightFile for AsHead<'_> {
    fn path(&self) -> &Path {
        self.file.path()
    }
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.file.shape(&self.name(name))
    }
    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
        self.file.read(&self.name(name))
    }
}

impl AsHead<'_> {
    fn name(&self, name: &str) -> String {
        let [dense, output] = self.layers;
        name.replace("head.dense", dense).replace("head.output", output)
    }
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

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

#[track_caller]
fn assert_close(actual: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert!((a - e).abs() <= tolerance, "{what}[{i}]: {a} is not {e}");
    }
}

fn forward_matches_on(device: &Device) {
    for family in FAMILIES {
        let reference = Reference::open(family);
        let classifier = reference.classifier(device);
        let hidden = reference.hidden_states(&classifier, device);
        let [batch, seq_len, width] = hidden.dims();
        let mask = values(reference.ints::<2>("attention_mask", device).float());
        let actual = values(hidden.clone());
        let expected = reference.floats("last_hidden_state");
        assert_eq!(mask.len(), batch * seq_len);
        for (token, &real) in mask.iter().enumerate() {
            if real > 0.0 {
                let range = token * width..(token + 1) * width;
                assert_close(&actual[range.clone()], &expected[range], 1e-5, family);
            }
        }
        let actual = values(logits(&classifier, hidden));
        assert_close(&actual, &reference.floats("logits"), 1e-5, family);
    }
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
    gradients::all_match();
    COMPOSED_ONLY.set(false);
}

#[test]
fn loss_and_every_gradient_match_transformers() {
    gradients::all_match();
}

#[test]
fn padding_does_not_change_logits() {
    let device = Device::flex();
    for family in FAMILIES {
        let reference = Reference::open(family);
        let classifier = reference.classifier(&device);
        // Row 2 has 4 real tokens: alone without padding it gives the same logits as in the batch.
        let row = |name: &str| reference.ints::<2>(name, &device).slice([2..3, 0..4]);
        let hidden = classifier.encoder.forward(
            row("input_ids"),
            Some(row("token_type_ids")),
            row("attention_mask").float(),
            &mut Pass::Inference,
        );
        let alone = values(logits(&classifier, hidden));
        let expected = &reference.floats("logits")[2 * LABELS..3 * LABELS];
        assert_close(&alone, expected, 1e-5, family);
    }
}
