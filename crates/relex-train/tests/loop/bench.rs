//! A run on the command line's fixtures.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use burn::tensor::Device;
use relex_data::{ConflictPolicy, DatasetSpec, LabelSet, Role, SplitConfig, Strategy, Tier, rng::stream, split};
use relex_loss::Loss;
use relex_model::Classifier;
use relex_train::{
    CheckedTrainConfig, Checkpoints, EvaluationReport, Event, FitInput, LabelledRows, SplitData, StepReport, Stop,
    TrainError, build_loss, classifier_config, encode_rows, fit, open_encoder, resolve,
};

/// Everything that a run is made from.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) config: CheckedTrainConfig,
    pub(crate) loss: Loss,
    pub(crate) train: LabelledRows,
    pub(crate) valid: LabelledRows,
    pub(crate) classifier: Classifier,
    labels: LabelSet,
    pad_token_id: u32,
    pub(crate) device: Device,
    more_devices: Vec<Device>,
}

/// What a run reported.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Reports {
    pub(crate) steps: Vec<StepReport>,
    pub(crate) evaluations: Vec<EvaluationReport>,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../relex-cli/tests/fixtures")
        .join(name)
}

impl Bench {
    /// A run with these settings on 16 rows, of which a hold-out split leaves 11 to learn from. Without dropout, so that
    /// portions of a batch can be compared with the whole of it.
    pub(crate) fn new(sets: &[&str]) -> Self {
        Self::with_dropout("0.0", sets)
    }

    /// The same with dropout in the encoder and in the head.
    pub(crate) fn with_dropout(probability: &str, sets: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spec = DatasetSpec::from_file(&fixture("tiny/dataset.toml")).unwrap();
        let examples = spec.read(&fixture("tiny"), Role::Train).unwrap();
        let split_config = SplitConfig {
            strategy: Strategy::GroupedHoldOut { valid_fraction: 0.3 },
            seed: 1,
            tier: Tier::Identical,
            conflicts: ConflictPolicy::Keep,
        };
        let manifest = split(&examples, &spec.labels, &split_config).unwrap();
        manifest.write(&folder.path().join("split.json")).unwrap();
        let encoder = folder.path().join("encoder");
        std::fs::create_dir(&encoder).unwrap();
        for file in ["model.safetensors", "tokenizer.json"] {
            std::fs::copy(fixture("tiny-encoder").join(file), encoder.join(file)).unwrap();
        }
        let text = std::fs::read_to_string(fixture("tiny-encoder/config.json")).unwrap();
        assert_eq!(text.matches("_prob\": 0.1").count(), 2);
        std::fs::write(
            encoder.join("config.json"),
            text.replace("_prob\": 0.1", &format!("_prob\": {probability}")),
        )
        .unwrap();

        let set = |key: &str, path: PathBuf| format!("{key}={}", path.display());
        let mut all = vec![
            set("data.dataset", fixture("tiny")),
            set("data.split", folder.path().join("split.json")),
            set("model.encoder", encoder),
            format!("model.head_dropout={probability}"),
            "schedule.warmup=0.0".into(),
        ];
        all.extend(sets.iter().map(ToString::to_string));
        let config = resolve(&fixture("tiny.toml"), &all).unwrap().check().unwrap();
        let data = SplitData::load(&config).unwrap();
        let device = Device::flex().autodiff();
        let open = open_encoder(&config, &data.spec, &device).unwrap();
        let classifier_config = classifier_config(&config, &data.spec);
        let rows = |rows: &[usize]| LabelledRows {
            ids: rows.iter().map(|&row| data.examples[row].id.clone()).collect(),
            encoded: encode_rows(&open.text_encoder, &classifier_config, &data.examples, rows, &data.spec).unwrap(),
            labels: data.label_indices(rows),
        };
        let (train, valid) = (rows(&data.train), rows(&data.valid));
        let head = classifier_config.head_config(open.config.hidden_size);
        Self {
            folder,
            loss: build_loss(&config, &data).unwrap(),
            train,
            valid,
            classifier: Classifier::with_new_head(open.encoder, &head, &mut stream(1, "head"), &device)
                .with_type_embedding(classifier_config.type_rows(), &device),
            labels: data.spec.labels.clone(),
            pad_token_id: open.config.pad_token_id,
            more_devices: vec![device.clone(); config.devices().len() - 1],
            device,
            config,
        }
    }

    pub(crate) fn input<'a>(&'a self, checkpoints: Option<&'a Checkpoints>) -> FitInput<'a> {
        FitInput {
            config: &self.config,
            loss: &self.loss,
            train: &self.train,
            valid: &self.valid,
            labels: &self.labels,
            pad_token_id: self.pad_token_id,
            device: &self.device,
            more_devices: &self.more_devices,
            checkpoints,
        }
    }

    /// Trains to the end, without checkpoints.
    pub(crate) fn run(&self) -> (Classifier, Reports) {
        let mut reports = Reports::default();
        let classifier = self.run_with(None, |event| {
            reports.hear(event);
            ControlFlow::Continue(())
        });
        (classifier.unwrap(), reports)
    }

    pub(crate) fn run_with(
        &self,
        checkpoints: Option<&Checkpoints>,
        observe: impl FnMut(Event) -> ControlFlow<Stop>,
    ) -> Result<Classifier, TrainError> {
        fit(self.classifier.clone(), &self.input(checkpoints), observe).map(|fitted| fitted.classifier)
    }
}

impl Reports {
    pub(crate) fn hear(&mut self, event: Event) {
        match event {
            Event::Step(step) => self.steps.push(step),
            Event::Evaluation(evaluation) => self.evaluations.push(evaluation),
            _ => {}
        }
    }
}

/// Every weight of a classifier, in the order of its parameters.
pub(crate) fn weights(classifier: &Classifier) -> Vec<f32> {
    use burn::{
        module::{Module, ModuleVisitor, Param},
        tensor::Tensor,
    };
    struct Collect(Vec<f32>);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().try_to_vec::<f32>().unwrap());
        }
    }
    let mut collect = Collect(Vec::new());
    classifier.visit(&mut collect);
    collect.0
}

/// Bit for bit the same.
#[track_caller]
pub(crate) fn assert_same_weights(left: &Classifier, right: &Classifier) {
    let bits = |classifier| weights(classifier).into_iter().map(f32::to_bits).collect::<Vec<_>>();
    assert!(bits(left) == bits(right), "the weights differ");
}
