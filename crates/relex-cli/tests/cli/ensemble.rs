//! Blends, and what of other systems' files is recognised, named and refused.

use predicates::prelude::*;
use relex_eval::{Predictions, PredictionsMeta};

use crate::{
    bench::Bench,
    made::{self, LABELS, TEST, VALID},
};

const DATASET: [&str; 2] = ["--dataset", "made"];

fn ensemble<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["ensemble"], arguments, &["--out", "blend.csv"]].concat()
}

fn read(bench: &Bench, name: &str) -> Predictions {
    let labels = LABELS.map(String::from);
    let order = PredictionsMeta::read_beside(bench.path(name))
        .unwrap()
        .map_or(Some(&labels[..]), |_| None);
    Predictions::read(bench.path(name), order).unwrap()
}

#[test]
fn blends_of_test_predictions_are_submissions_without_fault() {
    let bench = made::bench();
    for seed in [31, 32, 33] {
        made::write(
            &bench,
            &format!("m{seed}"),
            "test",
            &made::predictions("test", TEST, seed, 1.0),
        );
    }
    for blend in ["soft", "hard", "log", "rank"] {
        let said = bench.succeed(&ensemble(&["m31.csv", "m32.csv", "m33.csv", "--blend", blend]));
        assert_eq!(said, "500 rows in blend.csv\n");
        let lint = bench.succeed(&["lint-submission", "blend.csv", "--dataset", "made"]);
        assert!(lint.contains("500 rows, nothing wrong"), "{lint}");
        let meta = PredictionsMeta::read_beside(bench.path("blend.csv")).unwrap().unwrap();
        assert_eq!((meta.run, meta.fold), (format!("{blend}(m31, m32, m33)"), None));
    }
}

#[test]
fn weights_are_learnt_out_of_fold_and_applied_to_the_test_rows() {
    let bench = made::bench();
    for (name, seed) in [("a", 41), ("b", 42), ("c", 43)] {
        made::write(
            &bench,
            &format!("{name}-valid"),
            "train",
            &made::predictions("train", VALID, seed, 1.0),
        );
        made::write(
            &bench,
            &format!("{name}-test"),
            "test",
            &made::predictions("test", TEST, seed + 10, 1.0),
        );
    }
    let select = [
        &ensemble(&["a-test.csv", "b-test.csv", "c-test.csv"])[..],
        &["--select", "--json", "selection.json", "--resamples", "100"],
        &DATASET,
        &["--learn-on", "a-valid.csv", "b-valid.csv", "c-valid.csv"],
    ]
    .concat();
    let said = bench.succeed(&select);
    for part in [
        "member",
        "step",
        "95 % interval",
        "cross-fitted",
        "a-valid",
        "better than the best single member",
        "500 rows",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert!(bench.text("selection.json").contains("\"cross_fitted\""));
    let lint = bench.succeed(&["lint-submission", "blend.csv", "--dataset", "made"]);
    assert!(lint.contains("nothing wrong"), "{lint}");
    // The same command gives the same bytes.
    let first = bench.bytes("blend.csv");
    bench.succeed(&select);
    assert!(first == bench.bytes("blend.csv"));
}

#[test]
fn weights_are_not_learnt_from_rows_that_may_have_been_learnt_from() {
    let bench = made::bench();
    made::write(&bench, "a", "train", &made::predictions("train", VALID, 51, 1.0));
    made::write(&bench, "t", "test", &made::predictions("test", TEST, 52, 1.0));
    let bare = made::predictions("train", VALID, 53, 1.0);
    bare.write(bench.path("bare.csv"), None).unwrap();
    let select = |valid: &'static str| {
        [
            &ensemble(&["t.csv", "--select", "--resamples", "50"])[..],
            &DATASET,
            &["--learn-on", valid],
        ]
        .concat()
    };
    bench.refuse(
        &[&select("bare.csv")[..], &["-q"]].concat(),
        &["bare.csv", "not known to be out of fold", "--out-of-fold bare.csv"],
    );
    bench.refuse(&select("t.csv"), &["t.csv", "names no split", "validation rows"]);
    bench.succeed(&select("a.csv"));
    bench.succeed(&[&select("bare.csv")[..], &["--out-of-fold", "bare.csv"]].concat());
    bench.refuse(
        &ensemble(&["t.csv", "t.csv", "--select", "--dataset", "made", "--learn-on", "a.csv"]),
        &["1 files to learn weights from, but 2 members"],
    );
}

/// A run's own split tells which rows it learnt from.
#[test]
fn a_runs_training_rows_are_refused() {
    let bench = Bench::with_run();
    bench.succeed(&[
        "ensemble",
        "run",
        "--select",
        "--resamples",
        "20",
        "--out",
        "blend.csv",
        "--max-steps",
        "2",
        "--folds",
        "2",
    ]);
    let meta = bench.text("run/predictions/valid.csv.meta.json");
    // All of the training file's rows, described as the validation fold.
    bench.succeed(&[
        "predict",
        "--run",
        "run",
        "--input",
        "tiny/train.csv",
        "--out",
        "all.csv",
    ]);
    bench.write("run/predictions/valid.csv", bench.bytes("all.csv"));
    let hash = |text: &str| {
        text.split("\"data_hash\": \"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let own = bench.text("all.csv.meta.json");
    let forged = meta
        .replace(&hash(&meta), &hash(&own))
        .replace("\"rows\": 5", "\"rows\": 16");
    bench.write("run/predictions/valid.csv.meta.json", forged);
    bench.refuse(
        &["ensemble", "run", "--select", "--out", "new.csv"],
        &["run/predictions/valid.csv", "the model learnt from 11 of its 16 rows"],
    );
    bench.refuse(
        &["noise", "run", "--out", "noise.csv"],
        &["run/predictions/valid.csv", "the model learnt from 11 of its 16 rows"],
    );
}

#[test]
fn other_systems_files_are_recognised_and_named() {
    let bench = made::bench();
    let good = made::predictions("test", TEST, 61, 1.0);
    made::write(&bench, "good", "test", &good);
    let bare = |name: &str, values: &dyn Fn(f64) -> f64| {
        let predictions = Predictions {
            probabilities: good.probabilities.iter().copied().map(values).collect(),
            ..good.clone()
        };
        predictions.write(bench.path(name), None).unwrap();
    };
    bare("rounded.csv", &|share| (share * 1e3).floor() / 1e3);
    bare("logits.csv", &|share| share.max(1e-12).ln() + 2.0);
    bare("sums.csv", &|share| 5.0 * share);
    let blend = |arguments: &[&'static str]| [&ensemble(&["good.csv"])[..], arguments, &DATASET].concat();
    let said = |arguments: &[&'static str], part: &'static str| {
        bench
            .command(&blend(arguments))
            .assert()
            .success()
            .stderr(predicate::str::contains(part));
        // Whatever the disguise, it is the same model.
        let (found, expected) = (read(&bench, "blend.csv"), read(&bench, "good.csv"));
        for (found, expected) in found.probabilities.iter().zip(&expected.probabilities) {
            assert!((found - expected).abs() < 2e-3, "{arguments:?}: {found} {expected}");
        }
    };
    said(&["rounded.csv"], "rounded.csv: rounded probabilities");
    said(
        &["logits.csv", "--logits", "logits.csv"],
        "logits.csv: logits (some are negative); each row went through a softmax",
    );
    said(
        &["sums.csv", "--scores", "sums.csv"],
        "sums.csv: scores that are no probabilities (rows sum to 5.0000 to 5.0000)",
    );

    let refuse = |arguments: &[&'static str], parts: &[&str]| {
        bench.remove("blend.csv");
        let mut command = blend(arguments);
        command.push("-q");
        bench.refuse(&command, parts);
        bench.write("blend.csv", "");
    };
    refuse(
        &["logits.csv"],
        &["logits.csv", "look like logits", "declare them as logits"],
    );
    refuse(
        &["sums.csv"],
        &["sums.csv", "rows sum to 5.0000", "declare them as scores"],
    );
    refuse(
        &["rounded.csv", "--logits", "rounded.csv"],
        &["rounded.csv", "a second softmax would only flatten them"],
    );
    refuse(
        &["rounded.csv", "--logits", "other.csv"],
        &["--logits other.csv", "no such file is read here"],
    );
}

#[test]
fn orders_of_labels_and_rows_are_matched_by_name_and_told() {
    let bench = made::bench();
    let good = made::predictions("test", TEST, 71, 1.0);
    made::write(&bench, "good", "test", &good);
    let order = [LABELS[2], LABELS[0], LABELS[1]].map(String::from);
    // The last row first, and within each row the last label first.
    let moved = Predictions {
        ids: good.ids.iter().rev().cloned().collect(),
        labels: order.to_vec(),
        probabilities: (0..good.rows())
            .rev()
            .flat_map(|row| [2, 0, 1].map(|label| good.row(row)[label]))
            .collect(),
    };
    moved.write(bench.path("moved.csv"), None).unwrap();
    bench.write(
        "order.json",
        "{\"per:title\": 0, \"no_relation\": 1, \"org:top_members/employees\": 2}",
    );
    let with_order = [
        &ensemble(&["good.csv", "moved.csv", "--labels", "moved.csv=order.json"])[..],
        &DATASET,
    ]
    .concat();
    bench
        .command(&with_order)
        .assert()
        .success()
        .stderr(predicate::str::contains("moved.csv: its labels stand in another order"))
        .stderr(predicate::str::contains(
            "moved.csv: its 500 rows stand in another order",
        ));
    assert_eq!(read(&bench, "blend.csv").probabilities.len(), good.probabilities.len());
    for (found, expected) in read(&bench, "blend.csv").probabilities.iter().zip(&good.probabilities) {
        assert!((found - expected).abs() < 1e-12);
    }
    bench.remove("blend.csv");
    // Read in the wrong order, the predicted label is not the most probable one.
    let wrong = [&ensemble(&["good.csv", "moved.csv", "-q"])[..], &DATASET].concat();
    bench.refuse(
        &wrong,
        &[
            "moved.csv: row 1",
            "pred_label",
            "check that the label order is that of the file",
        ],
    );
    bench.refuse(
        &ensemble(&["moved.csv"]),
        &["moved.csv", "the label order is not known", "--labels"],
    );
}

#[test]
fn members_of_other_rows_are_refused() {
    let bench = made::bench();
    made::write(&bench, "a", "test", &made::predictions("test", TEST, 81, 1.0));
    made::write(&bench, "b", "train", &made::predictions("train", VALID, 82, 1.0));
    made::write(&bench, "c", "train", &made::predictions("train", TEST, 83, 1.0));
    bench.refuse(
        &ensemble(&["a.csv", "b.csv"]),
        &[
            "b.csv and a.csv predict other rows",
            "only in b.csv: 100 (500, 501,",
            "only in a.csv: none",
        ],
    );
    // The same ids, but of another file.
    bench.refuse(
        &ensemble(&["a.csv", "c.csv"]),
        &["c.csv and a.csv were made for other data"],
    );
}
