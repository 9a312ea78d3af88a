//! `calibrate`, `estimate`, `evaluate --target-prior` and `noise`.

use serde_json::Value;

use crate::{
    bench::Bench,
    made::{self, LABELS, TEST, VALID},
};

const SMALL: [&str; 4] = ["--dataset", "made", "--resamples", "200"];

fn with_predictions(sharpness: f64) -> Bench {
    let bench = made::bench();
    made::write_both(&bench, sharpness);
    bench
}

fn json(bench: &Bench, name: &str) -> Value {
    serde_json::from_str(&bench.text(name)).unwrap()
}

fn contains(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
}

#[test]
fn an_overconfident_model_is_corrected_and_the_gain_told() {
    let bench = with_predictions(3.0);
    let said = bench.succeed(
        &[
            &[
                "calibrate",
                "valid.csv",
                "--steps",
                "temperature,type-pairs,threshold",
                "--json",
                "report.json",
            ][..],
            &["--apply", "test.csv", "--out", "corrected.csv"],
            &SMALL,
        ]
        .concat(),
    );
    contains(
        &said,
        &[
            "calibration error",
            "not calibrated",
            "temperature",
            "the model was too sure of itself",
            "type pair priors, strength",
            "no_relation from a margin of",
            "log loss",
            "95 % interval",
            "cross-fitted over 5 folds of sentences",
            "500 rows in corrected.csv",
        ],
    );
    let report = json(&bench, "report.json");
    let temperature = report["steps"][0]["fitted"]["temperature"]["value"].as_f64().unwrap();
    assert!((2.4..3.8).contains(&temperature), "{temperature}");
    assert!(
        report["steps"][0]["log_loss"]["difference"]["interval"]["high"]
            .as_f64()
            .unwrap()
            < 0.0
    );
    // The types tell the labels apart in this data set, and the model does not know them.
    assert!(
        report["steps"][1]["micro_f1"]["difference"]["interval"]["low"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    let lint = bench.succeed(&["lint-submission", "corrected.csv", "--dataset", "made"]);
    contains(&lint, &["500 rows, nothing wrong"]);
}

#[test]
fn the_target_prior_is_estimated_and_shown_beside_the_natural_score() {
    let bench = with_predictions(1.0);
    bench.write("prior.json", "{\"no_relation\": 0.6}");
    let evaluate = |prior: &'static str, more: &[&'static str]| {
        let start = ["evaluate", "--predictions", "valid.csv", "--target-prior", prior];
        bench.succeed(&[&start[..], &SMALL, more].concat())
    };
    let known = evaluate("prior.json", &[]);
    contains(
        &known,
        &[
            "micro-F1 without no_relation",
            "natural mix",
            "target mix",
            "600 rows, weighted by gold label",
        ],
    );
    let estimated = evaluate("estimated", &["--target", "test.csv"]);
    contains(&estimated, &["natural mix", "target mix"]);
    let first = |text: &str| -> f64 {
        let line = text
            .lines()
            .skip_while(|line| !line.contains("natural mix"))
            .nth(1)
            .unwrap()
            .to_owned();
        let target = line.split_whitespace().rev().nth(3).unwrap();
        target.parse().unwrap()
    };
    let (known, estimated) = (first(&known), first(&estimated));
    assert!((known - estimated).abs() < 5.0, "{known} {estimated}");
}

#[test]
fn a_score_is_predicted_without_labels() {
    let bench = with_predictions(1.0);
    let said = bench.succeed(
        &[
            &[
                "estimate",
                "valid.csv",
                "--target",
                "test.csv",
                "--json",
                "estimate.json",
            ][..],
            &SMALL,
        ]
        .concat(),
    );
    contains(
        &said,
        &[
            "600 labelled rows, 500 target rows",
            "label shift explains how",
            "EM and BBSE agree",
            "EM    usable",
            "BBSE  usable",
            "average thresholded confidence",
            "difference of confidences",
            "prior re-weighting assumes label shift",
        ],
    );
    let report = json(&bench, "estimate.json");
    let share = report["shift"]["em"]["prior"][0].as_f64().unwrap();
    assert!((share - 0.6).abs() < 0.08, "{share}");
    let gold = made::labels("test");
    let predicted = made::predictions("test", TEST, 22, 1.0);
    let predicted: Vec<usize> = (0..TEST).map(|row| predicted.predicted(row)).collect();
    let actual = relex_eval::micro_f1(&gold, &predicted, 0).unwrap();
    let interval = &report["forecasts"][2]["micro_f1"]["interval"];
    let (low, high) = (interval["low"].as_f64().unwrap(), interval["high"].as_f64().unwrap());
    // The actual score of 500 rows has an uncertainty of its own, as large as the forecast's.
    let more = (high - low) / 2.0;
    assert!(
        low - more < actual && actual < high + more,
        "{actual} is not near {low} – {high}"
    );
}

#[test]
fn a_correction_whose_assumptions_fail_is_refused_with_the_reason() {
    let bench = with_predictions(1.0);
    // A model that predicts one label only tells no shares.
    let mut blind = made::predictions("train", VALID, 21, 1.0);
    blind.probabilities = [0.8, 0.1, 0.1].repeat(VALID);
    made::write(&bench, "blind", "train", &blind);
    let mut target = made::predictions("test", TEST, 21, 1.0);
    target.probabilities = [0.8, 0.1, 0.1].repeat(TEST);
    made::write(&bench, "blind-test", "test", &target);
    let refused = [
        "the label shift cannot be corrected for",
        "the confusion matrix has no inverse",
        "not calibrated",
    ];
    let estimated = ["--target-prior", "estimated", "--target", "blind-test.csv"];
    bench.refuse(
        &[&["evaluate", "--predictions", "blind.csv"][..], &estimated, &SMALL].concat(),
        &refused,
    );
    let calibrate = [
        "calibrate",
        "blind.csv",
        "--steps",
        "prior",
        "--apply",
        "blind-test.csv",
        "--out",
        "new.csv",
    ];
    bench.refuse(&[&calibrate[..], &estimated, &SMALL].concat(), &refused);
    let said = bench.succeed(&[&["estimate", "blind.csv", "--target", "blind-test.csv"][..], &SMALL].concat());
    contains(
        &said,
        &["EM    refused", "BBSE  refused", "prior re-weighting is left out"],
    );
    bench.refuse(
        &[&["calibrate", "valid.csv", "--steps", "prior"][..], &SMALL].concat(),
        &["the step `prior` needs", "--target-prior"],
    );
    bench.write("prior.json", "{\"no_realtion\": 0.6}");
    bench.refuse(
        &[
            &["evaluate", "--predictions", "valid.csv", "--target-prior", "prior.json"][..],
            &SMALL,
        ]
        .concat(),
        &["prior.json", "\"no_realtion\" is not a label"],
    );
    bench.refuse(
        &[
            &["evaluate", "--predictions", "valid.csv", "--target-prior", "estimated"][..],
            &SMALL,
        ]
        .concat(),
        &["the target is not known", "--target"],
    );
}

#[test]
fn flipped_labels_are_ranked_first() {
    let bench = made::bench();
    made::predictions("train", VALID, 91, 1.0)
        .write(bench.path("bare.csv"), None)
        .unwrap();
    // Every tenth row is given another label in the data.
    let text = bench.text("made/train.csv");
    let flipped: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(line, text)| {
            let label = line
                .checked_sub(1)
                .filter(|row| row % 10 == 3)
                .map(|row| made::labels("train")[row]);
            label.map_or(text.to_owned(), |label| {
                text.replace(
                    &format!(",{},", LABELS[label]),
                    &format!(",{},", LABELS[(label + 1) % 3]),
                )
            })
        })
        .collect();
    bench.write("made/train.csv", flipped.join("\n"));
    let noise = ["noise", "bare.csv", "--dataset", "made", "--out", "noise.csv"];
    bench.refuse(
        &[&noise[..], &["-q"]].concat(),
        &["bare.csv", "not known to be out of fold"],
    );
    for rank in ["margin", "self-confidence"] {
        let said = bench.succeed(&[&noise[..], &["--out-of-fold", "bare.csv", "--rank", rank]].concat());
        contains(&said, &["of 600 rows", "given → likely", "600 rows in noise.csv"]);
        let csv = bench.text("noise.csv");
        let mut rows = csv.lines();
        assert_eq!(
            rows.next(),
            Some("row,id,given,likely,score,confident,subject,object,sentence")
        );
        let hits = rows
            .take(60)
            .filter(|row| row.split(',').nth(1).unwrap().ends_with('3'))
            .count();
        // By chance it would be 6.
        assert!(hits > 30, "{rank}: {hits} of 60");
    }
}

/// On the tiny data set everything is said to be uncertain, and nothing breaks.
#[test]
fn a_run_of_few_rows() {
    let bench = Bench::with_run();
    bench.succeed(&["predict", "--run", "run", "--rows", "test"]);
    bench.succeed(&[
        "calibrate",
        "run",
        "--folds",
        "2",
        "--resamples",
        "20",
        "--apply",
        "run",
        "--out",
        "out.csv",
    ]);
    let said = bench.succeed(&["estimate", "run", "--resamples", "20"]);
    contains(&said, &["5 labelled rows, 3 target rows"]);
    bench.succeed(&["noise", "run", "--out", "noise.csv"]);
    bench.refuse(
        &["calibrate", "run", "--folds", "50", "--resamples", "20"],
        &["folds is 50", "from 2 to the number of sentences"],
    );
}
