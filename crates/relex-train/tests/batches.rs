//! The loop under a token budget: steps, epochs and the end of the schedule.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::{ops::ControlFlow, path::Path};

use burn::tensor::Device;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use relex_data::LabelSet;
use relex_model::{Classifier, EncodedExample, HeadConfig, HeadKind, load_encoder};
use relex_train::{
    CheckedTrainConfig, DataConfig, Event, FitInput, LabelledRows, ModelConfig, StepReport, TrainConfig, fit,
};

const LABELS: usize = 3;

/// The defaults with this table of `[training]`; the loop itself reads neither data set nor encoder folder.
fn config(training: &str) -> Result<CheckedTrainConfig, relex_train::TrainError> {
    TrainConfig {
        data: DataConfig {
            dataset: "-".into(),
            split: "-".into(),
            ..DataConfig::default()
        },
        model: ModelConfig {
            encoder: "-".into(),
            ..ModelConfig::default()
        },
        training: toml::from_str(training).unwrap(),
        ..TrainConfig::default()
    }
    .check()
}

fn rows(lengths: &[usize]) -> LabelledRows {
    let row = |length: &usize| EncodedExample {
        ids: (0..*length as u32).map(|token| 4 + token * 7 % 200).collect(),
        entity_starts: [1, length / 2],
        entity_spans: [1..2, length / 2..length / 2 + 1],
        entity_types: [0, 0],
        token_types: Vec::new(),
        truncated: 0,
    };
    LabelledRows {
        ids: (0..lengths.len()).map(|row| row.to_string()).collect(),
        encoded: lengths.iter().map(row).collect(),
        labels: (0..lengths.len()).map(|row| row % LABELS).collect(),
    }
}

fn steps(training: &str, lengths: &[usize]) -> Vec<StepReport> {
    let config = config(training).unwrap();
    let device = Device::flex().autodiff();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../relex-cli/tests/fixtures/tiny-encoder");
    let (encoder_config, encoder, _) = load_encoder(&folder, &device).unwrap();
    let head = HeadConfig {
        kind: HeadKind::default(),
        hidden_size: encoder_config.hidden_size,
        labels: LABELS,
        dropout: 0.1,
        cosine_scale: None,
    };
    let classifier = Classifier::with_new_head(encoder, &head, &mut ChaCha8Rng::seed_from_u64(0), &device);
    let (train, valid) = (rows(lengths), rows(&[8, 30, 5]));
    let loss = config.values().loss.build(&[1; LABELS], None).unwrap();
    let labels = LabelSet::new(["no_relation", "one", "two"], "no_relation").unwrap();
    let input = FitInput {
        config: &config,
        loss: &loss,
        train: &train,
        valid: &valid,
        labels: &labels,
        pad_token_id: encoder_config.pad_token_id,
        device: &device,
        more_devices: &[],
        checkpoints: None,
    };
    let mut steps = Vec::new();
    fit(classifier, &input, |event| {
        if let Event::Step(step) = event {
            steps.push(step);
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    steps
}

#[test]
fn steps_keep_the_budget_and_epochs_take_every_row_once() {
    let lengths: Vec<usize> = (0..40).map(|row| 4 + row * 11 % 60).collect();
    let said = steps(
        "epochs = 3\nbatch_size = 8\nbatch_tokens = 100\nevaluation_batch_tokens = 40",
        &lengths,
    );
    let tokens: usize = lengths.iter().sum();
    for epoch in 1..=3 {
        let of_epoch: Vec<_> = said.iter().filter(|step| step.epoch == epoch).collect();
        assert_eq!(of_epoch.iter().map(|step| step.rows).sum::<usize>(), 40);
        assert_eq!(of_epoch.iter().map(|step| step.tokens).sum::<usize>(), tokens);
        for step in of_epoch {
            assert!(
                step.rows <= 8 && (step.padded_tokens <= 100 || step.rows == 1),
                "{step:?}"
            );
        }
    }
    // Five batches of eight would do without the budget.
    assert!(said.len() > 3 * 5, "{}", said.len());
    let numbers: Vec<usize> = said.iter().map(|step| step.step).collect();
    assert!(numbers.iter().copied().eq(1..=said.len()));
    assert!(said.iter().all(|step| step.steps == said.len()));
    // The schedule falls in a line to nothing after the last step.
    let [.., before_last, last] = said.as_slice() else {
        panic!("there are steps")
    };
    assert!(
        (before_last.learning_rate - 2.0 * last.learning_rate).abs() < 1e-12,
        "{last:?}"
    );
}

/// 20 rows in batches of 8 are 3 steps an epoch.
#[test]
fn without_a_budget_only_rows_count() {
    let lengths: Vec<usize> = (0..20).map(|row| 4 + row * 11 % 60).collect();
    let said = steps("epochs = 2\nbatch_size = 8", &lengths);
    let rows: Vec<usize> = said.iter().map(|step| step.rows).collect();
    assert_eq!(rows.len(), 6);
    assert_eq!(rows.iter().filter(|rows| **rows == 8).count(), 4);
}

#[test]
fn a_budget_of_nothing_is_refused() {
    for key in ["batch_tokens", "evaluation_batch_tokens"] {
        let message = config(&format!("{key} = 0")).unwrap_err().to_string();
        assert!(
            message.contains(&format!("training.{key} = 0: it must be at least 1")),
            "{message}"
        );
    }
    // What is not set stays out of a run's config.toml.
    let toml = config("batch_size = 4").unwrap().to_toml().unwrap();
    assert!(!toml.contains("batch_tokens"), "{toml}");
    let toml = config("batch_tokens = 4096").unwrap().to_toml().unwrap();
    assert!(
        toml.contains("batch_tokens = 4096") && !toml.contains("evaluation_batch_tokens"),
        "{toml}"
    );
}
