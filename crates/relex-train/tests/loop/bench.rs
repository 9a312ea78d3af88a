//! A run on the command line's fixtures.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use burn::tensor::Device;
use relex_data::{ConflictPolicy, DatasetSpec, Role, SplitConfig, Strategy, Tier, split};
use relex_model::Classifier;
use relex_train::{
    CheckedTrainConfig, Checkpoints, EvaluationReport, Event, FitInput, Prepared, SplitData, StepReport, Stop,
    TrainError, fit, open_encoder, prepare, resolve,
};

/// Everything that a run is made from.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) config: CheckedTrainConfig,
    pub(crate) prepared: Prepared,
    pub(crate) classifier: Classifier,
    data: SplitData,
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
        let (classifier, prepared) = prepare(open, &config, &data, &device).unwrap();
        Self {
            folder,
            classifier,
            prepared,
            more_devices: vec![device.clone(); config.devices().len() - 1],
            data,
            device,
            config,
        }
    }

    pub(crate) fn input<'a>(&'a self, checkpoints: Option<&'a Checkpoints>) -> FitInput<'a> {
        FitInput {
            more_devices: &self.more_devices,
            checkpoints,
            ..self.prepared.input(&self.config, &self.data, &self.device)
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
