//! Portions of a batch against the whole of it.

use std::path::Path;

use burn::module::{ModuleVisitor, Param};
use relex_data::{LabelSet, rng::stream};
use relex_model::{EncodedExample, HeadConfig, HeadKind, Precision, load_encoder};

use super::*;
use crate::{CheckedTrainConfig, LabelledRows, TrainConfig};

/// A classifier and rows for it.
pub(in super::super) struct Bench {
    labels: LabelSet,
    pub(in super::super) classifier: Classifier,
    config: CheckedTrainConfig,
    loss: Loss,
    train: LabelledRows,
    pub(in super::super) device: Device,
}

/// Eleven rows of lengths that differ, on transformers' tiny checkpoint of relex-model's tests with this much dropout in every
/// place. `settings` are lines of a configuration.
pub(in super::super) fn bench(dropout: &str, settings: &str) -> Bench {
    let device = Device::flex().autodiff();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../relex-model/tests/fixtures/bert");
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(
        fixture.join("model.safetensors"),
        folder.path().join("model.safetensors"),
    )
    .unwrap();
    let text = std::fs::read_to_string(fixture.join("config.json")).unwrap();
    assert_eq!(text.matches("dropout_prob\": 0.1").count(), 2);
    let text = text.replace("dropout_prob\": 0.1", &format!("dropout_prob\": {dropout}"));
    std::fs::write(folder.path().join("config.json"), text).unwrap();
    let (encoder_config, encoder, _) = load_encoder(folder.path(), &device).unwrap();

    let settings = format!("data.dataset = \"data\"\ndata.split = \"split\"\nmodel.encoder = \"encoder\"\n{settings}");
    let config = toml::from_str::<TrainConfig>(&settings).unwrap().check().unwrap();
    let cosine_scale = config.values().model.cosine_scale;
    let head = HeadConfig {
        kind: HeadKind::default(),
        hidden_size: encoder_config.hidden_size,
        labels: 5,
        dropout: dropout.parse().unwrap(),
        cosine_scale,
    };
    let row = |length: usize| EncodedExample {
        ids: (0..length).map(|place| 5 + (place * 7 + length) as u32 % 90).collect(),
        token_types: Vec::new(),
        entity_starts: [0, 2],
        entity_spans: [0..2, 2..3],
        entity_types: [0, 0],
        truncated: 0,
    };
    Bench {
        labels: LabelSet::new(["none", "a", "b", "c", "d"], "none").unwrap(),
        classifier: Classifier::with_new_head(encoder, &head, &mut stream(1, "head"), &device),
        loss: config.values().loss.build(&[40, 20, 5, 3, 2], cosine_scale).unwrap(),
        config,
        train: LabelledRows {
            ids: Vec::new(),
            encoded: [15, 4, 9, 12, 6, 19, 3, 8, 8, 17, 5].map(row).into(),
            labels: vec![0, 4, 1, 0, 2, 0, 1, 3, 0, 1, 2],
        },
        device,
    }
}

impl Bench {
    pub(in super::super) fn input(&self) -> FitInput<'_> {
        FitInput {
            config: &self.config,
            loss: &self.loss,
            train: &self.train,
            valid: &self.train,
            labels: &self.labels,
            pad_token_id: 0,
            device: &self.device,
            more_devices: &[],
            checkpoints: None,
        }
    }

    /// All rows, so many to a portion.
    fn portions(&self, size: usize) -> Vec<Portion> {
        let mut values = self.config.values().clone();
        values.training.micro_batch_size = Some(size);
        let config = values.check().unwrap();
        let input = FitInput {
            config: &config,
            ..self.input()
        };
        portions(&input, &(0..self.train.labels.len()).collect::<Vec<_>>())
    }

    /// Loss and gradients of these portions, at the end of the run, where every weight is in force.
    fn compute(&self, portions: &[Portion], keys: &DropoutKeys) -> (f32, Vec<(String, Vec<f32>)>) {
        let position = Position { step: 1, share: 1.0 };
        let scale = LossScale::new(Precision::F32);
        let mut keys = keys.clone();
        let found = batch_gradients(&self.classifier, &self.input(), portions, position, &mut keys, &scale);
        let mut gradients = Gradients {
            gradients: &found.gradients,
            at: Vec::new(),
            found: Vec::new(),
        };
        self.classifier.visit(&mut gradients);
        (found.loss, gradients.found)
    }
}

struct Gradients<'a> {
    gradients: &'a GradientsParams,
    at: Vec<String>,
    found: Vec<(String, Vec<f32>)>,
}

impl ModuleVisitor for Gradients<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.at.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.at.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = self.gradients.get::<D>(param.id).unwrap();
        self.found
            .push((self.at.join("."), gradient.try_into_vec_as().unwrap()));
    }
}

/// 24 units of an `f32`'s precision: sums over rows and tokens that are added in another order. Most are within a millionth.
const MOST: f32 = 3e-6;

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}

/// Every element to [`MOST`] of its parameter's largest; of a thousandth of the largest there is, where all of a parameter's
/// are next to nothing; and of that largest where nothing but rounding is left, as of a key's bias, which moves no softmax.
#[track_caller]
fn assert_same_gradients(found: &[(String, Vec<f32>)], expected: &[(String, Vec<f32>)], what: &str) {
    assert_eq!(found.len(), expected.len());
    let overall = expected.iter().map(|(_, values)| largest(values)).fold(0.0, f32::max);
    let mut worst = (0.0, "");
    for ((path, found), (same, expected)) in found.iter().zip(expected) {
        assert_eq!((path, found.len()), (same, expected.len()));
        let scale = if path.ends_with("key.bias") {
            overall
        } else {
            largest(expected).max(1e-3 * overall)
        };
        let apart: Vec<f32> = found
            .iter()
            .zip(expected)
            .map(|(found, expected)| found - expected)
            .collect();
        let error = largest(&apart) / scale;
        if error > worst.0 {
            worst = (error, path.as_str());
        }
    }
    assert!(
        worst.0 <= MOST,
        "{what}: {} is off by {} of its scale",
        worst.1,
        worst.0
    );
}

/// Portions of one row, of three with two left over, and of seven with four, against eleven rows at once.
#[track_caller]
fn check(settings: &str) {
    let bench = bench("0.0", settings);
    let keys = DropoutKeys::new(1, 1);
    let (loss, gradients) = bench.compute(&bench.portions(11), &keys);
    for size in [1, 3, 7] {
        let portions = bench.portions(size);
        assert_eq!(portions.len(), 11usize.div_ceil(size));
        let (of_portions, found) = bench.compute(&portions, &keys);
        approx::assert_relative_eq!(of_portions, loss, max_relative = 1e-6);
        assert_same_gradients(&found, &gradients, &format!("{settings:?} with portions of {size}"));
    }
}

#[test]
fn portions_add_up_to_the_batch() {
    check("");
    check("loss = { kind = \"cross-entropy\", label_smoothing = 0.1 }");
    check("loss = { kind = \"focal\", weights = \"inverse-frequency\" }");
    check("loss = { kind = \"logit-adjustment\" }");
    check("loss = { kind = \"r-drop\" }");
}

/// The sums of the portions' weights are as uneven as their labels.
#[test]
fn portions_of_a_weighted_mean_add_up_to_the_batch() {
    check("loss = { kind = \"cross-entropy\", weights = \"inverse-frequency\" }");
    check("loss = { kind = \"ldam\", reweight_from = 0.5 }\nmodel.cosine_scale = 30.0");
    check("loss = { kind = \"ldam-unnormalised\", scale = 2.0 }");
}

/// With dropout a batch in portions is another draw than the batch at once, for masks go by place in a portion. What it is the
/// mean of is computed here from each portion by itself, under the masks that it has as a portion.
#[test]
fn portions_with_dropout_are_the_mean_of_batches_with_masks_of_their_own() {
    for settings in [
        "loss = { kind = \"r-drop\", alpha = 3.0 }",
        "loss = { kind = \"cross-entropy\", weights = \"inverse-frequency\" }",
    ] {
        let bench = bench("0.2", settings);
        let keys = DropoutKeys::new(1, 1);
        let portions = bench.portions(4);
        assert_eq!(
            portions.iter().map(|part| part.labels.len()).collect::<Vec<_>>(),
            [4, 4, 3]
        );
        let whole = bench.loss.weight(&bench.train.labels, 1.0);
        let mut loss = 0.0;
        let mut expected: Vec<(String, Vec<f32>)> = Vec::new();
        for (place, portion) in portions.iter().enumerate() {
            let own = if place == 0 {
                keys.clone()
            } else {
                keys.of_portion(place)
            };
            let (of_portion, gradients) = bench.compute(std::slice::from_ref(portion), &own);
            let share = (bench.loss.weight(&portion.labels, 1.0) / whole) as f32;
            loss += share * of_portion;
            if expected.is_empty() {
                expected = gradients
                    .iter()
                    .map(|(path, values)| (path.clone(), vec![0.0; values.len()]))
                    .collect();
            }
            for ((_, sum), (_, values)) in expected.iter_mut().zip(gradients) {
                sum.iter_mut()
                    .zip(values)
                    .for_each(|(sum, value)| *sum += share * value);
            }
        }
        let (found, gradients) = bench.compute(&portions, &keys);
        approx::assert_relative_eq!(found, loss, max_relative = 1e-6);
        assert_same_gradients(&gradients, &expected, settings);

        // The masks of the later portions are not those of the first: with its keys for all of them the sum is another one.
        let (of_last, _) = bench.compute(&portions[2..], &keys);
        let (own, _) = bench.compute(&portions[2..], &keys.of_portion(2));
        assert_ne!(of_last, own);
    }
}

/// `(CE(z₁) + CE(z₂)) / 2 + α (KL(p₁‖p₂) + KL(p₂‖p₁)) / 2` of two passes whose masks follow one another.
#[test]
fn r_drop_of_a_portion_is_its_formula() {
    let bench = bench("0.2", "loss = { kind = \"r-drop\", alpha = 3.0 }");
    let portions = bench.portions(11);
    let portion = &portions[0];
    let mut keys = DropoutKeys::new(1, 1);
    let mut pass = || {
        let logits = bench
            .classifier
            .forward(portion.batch.clone(), &mut Pass::Training(&mut keys));
        logits.try_into_vec_as::<f32>().unwrap()
    };
    let log_p = [pass(), pass()].map(|logits| {
        let rows = logits.chunks(5).map(|row| {
            let sum: f64 = row.iter().map(|&z| f64::from(z).exp()).sum();
            row.iter().map(|&z| f64::from(z) - sum.ln()).collect::<Vec<_>>()
        });
        rows.collect::<Vec<_>>()
    });
    let (mut entropy, mut apart) = (0.0, 0.0);
    for (row, &label) in portion.labels.iter().enumerate() {
        let [first, second] = [&log_p[0][row], &log_p[1][row]];
        entropy -= (first[label] + second[label]) / 2.0;
        let terms = first.iter().zip(second).map(|(p, q)| (p.exp() - q.exp()) * (p - q));
        apart += terms.sum::<f64>() / 2.0;
    }
    let rows = portion.labels.len() as f64;
    let (entropy, apart) = (entropy / rows, apart / rows);
    assert!(apart > 1e-3, "the passes are the same: {apart}");
    let (loss, _) = bench.compute(&portions, &DropoutKeys::new(1, 1));
    approx::assert_relative_eq!(f64::from(loss), entropy + 3.0 * apart, max_relative = 1e-6);
}
