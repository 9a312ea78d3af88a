//! A made-up data set of any size, and predictions for it that are about as good as they claim.

use std::fmt::Write;
use std::path::PathBuf;

use relex_data::{DatasetSpec, Role, data_hash};
use relex_eval::{PREDICTIONS_FORMAT_VERSION, Predictions, PredictionsMeta};

use crate::bench::Bench;

pub(crate) const LABELS: [&str; 3] = ["no_relation", "org:top_members/employees", "per:title"];

/// Labelled rows in `made/train.csv`, of which predictions are for the first `VALID`.
pub(crate) const TRAIN: usize = 900;
pub(crate) const VALID: usize = 600;
/// Rows in `made/test.csv`, without labels there.
pub(crate) const TEST: usize = 500;

/// xorshift64*.
struct Chance(u64);

impl Chance {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    fn label(&mut self, negative: f64) -> usize {
        match self.uniform() {
            share if share < negative => 0,
            share if share < negative + (1.0 - negative) / 2.0 => 1,
            _ => 2,
        }
    }
}

/// The bench with the data set `made`: 30 % of the labelled rows are of the negative label, 60 % of the test rows.
pub(crate) fn bench() -> Bench {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("made")).unwrap();
    bench.write(
        "made/dataset.toml",
        bench.text("tiny/dataset.toml").replace("\"tiny\"", "\"made\""),
    );
    for (file, rows, shown) in [("train", TRAIN, true), ("test", TEST, false)] {
        let mut text = String::from("id,sentence,subject_entity,object_entity,label,source\n");
        for (row, label) in labels(file).into_iter().enumerate() {
            assert!(row < rows);
            let kind = ["LOC", "PER", "POH"][label];
            let label = if shown { LABELS[label] } else { "100" };
            writeln!(
                text,
                "{row},{file} 문장 {row}번,\"{{'word': '{file}', 'start_idx': 0, 'end_idx': {}, 'type': 'ORG'}}\",\"{{'word': '문장', 'start_idx': {}, 'end_idx': {}, 'type': '{kind}'}}\",{label},made",
                file.len() - 1,
                file.len() + 1,
                file.len() + 2
            )
            .unwrap();
        }
        bench.write(&format!("made/{file}.csv"), text);
    }
    bench
}

/// The true labels of a file's rows.
pub(crate) fn labels(file: &str) -> Vec<usize> {
    let (rows, negative, seed) = if file == "train" {
        (TRAIN, 0.3, 7)
    } else {
        (TEST, 0.6, 8)
    };
    let mut chance = Chance(seed);
    (0..rows).map(|_| chance.label(negative)).collect()
}

/// Predictions for the first `rows` of `train` or for all of `test`: logits are normal around the truth, so that their
/// softmax is calibrated for the labelled rows' mix; `sharpness` multiplies them.
pub(crate) fn predictions(file: &str, rows: usize, seed: u64, sharpness: f64) -> Predictions {
    let gold = labels(file);
    let mut chance = Chance(seed);
    let mut probabilities = Vec::new();
    for &label in &gold[..rows] {
        // Unit clouds at a distance of 2 from the origin along the label's axis: the log odds are 2 x plus the
        // logarithm of the share.
        let logits: Vec<f64> = (0..3)
            .map(|class| {
                let x = chance.normal() + if class == label { 2.0 } else { 0.0 };
                sharpness * (2.0 * x + [0.3_f64, 0.35, 0.35][class].ln())
            })
            .collect();
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shares: Vec<f64> = logits.iter().map(|logit| (logit - largest).exp()).collect();
        let sum: f64 = shares.iter().sum();
        probabilities.extend(shares.iter().map(|share| share / sum));
    }
    Predictions {
        ids: (0..rows).map(|row| row.to_string()).collect(),
        labels: LABELS.map(String::from).to_vec(),
        probabilities,
    }
}

/// Writes predictions with a description: of a held-out fold for `train`.
pub(crate) fn write(bench: &Bench, name: &str, file: &str, predictions: &Predictions) -> PathBuf {
    let folder = bench.path("made");
    let spec = DatasetSpec::from_file(&folder.join("dataset.toml")).unwrap();
    let (role, split) = if file == "train" {
        (Role::Train, Some("split"))
    } else {
        (Role::Test, None)
    };
    let examples = spec.read(&folder, role).unwrap();
    let meta = PredictionsMeta {
        format_version: PREDICTIONS_FORMAT_VERSION,
        labels: predictions.labels.clone(),
        negative_label: LABELS[0].to_owned(),
        run: name.to_owned(),
        data_hash: data_hash(&examples[..predictions.rows()], &spec.labels),
        split_hash: split.map(String::from),
        fold: split.map(|_| 0),
        rows: predictions.rows(),
    };
    let path = bench.path(&format!("{name}.csv"));
    predictions.write(&path, Some(&meta)).unwrap();
    path
}

/// `valid.csv` and `test.csv` of one model.
pub(crate) fn write_both(bench: &Bench, sharpness: f64) {
    write(bench, "valid", "train", &predictions("train", VALID, 21, sharpness));
    write(bench, "test", "test", &predictions("test", TEST, 22, sharpness));
}
