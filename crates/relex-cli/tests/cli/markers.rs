//! Markers that are special tokens, and queries: from training to predictions.

use serde_json::Value;

use crate::bench::Bench;

const SETTINGS: [&str; 6] = [
    "--set",
    "model.markers=typed-entity",
    "--set",
    "model.query.template={subject}({subject_type})와 {object}의 관계는?",
    "--set",
    "model.query.place=second-segment",
];

#[test]
fn tokens_are_added_and_stay_with_the_run() {
    let bench = Bench::with_split();
    let train = |config: &'static str, run: &'static str| ["train", "--config", config, "--run", run];
    bench
        .command(&[&train("tiny.toml", "run")[..], &SETTINGS, &["-v"]].concat())
        .assert()
        .success()
        .stderr(predicates::str::contains("[SUBJ-DAT]"));
    let said = bench.succeed(&["predict", "--run", "run"]);
    assert!(said.contains("5 rows in"), "{said}");

    // What the loop measured in memory is what the saved classifier's predictions score.
    let metrics = bench.text("run/metrics.jsonl");
    let mut lines = metrics.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let last = lines.rfind(|line| line.get("auprc").is_some()).unwrap();
    bench.succeed(&["evaluate", "--run", "run", "--resamples", "10", "--json", "scores.json"]);
    let scores: Value = serde_json::from_str(&bench.text("scores.json")).unwrap();
    for name in ["micro_f1", "auprc"] {
        let difference = scores[name]["value"].as_f64().unwrap() - last[name].as_f64().unwrap();
        assert!(difference.abs() < 1e-6, "{name}: {} and {}", scores[name], last[name]);
    }

    let config: Value = serde_json::from_str(&bench.text("run/best/config.json")).unwrap();
    // two roles, opening and closing, six types
    assert_eq!(config["vocab_size"], 245 + 24);
    assert!(bench.text("run/best/tokenizer.json").contains("[/OBJ-POH]"));

    bench.succeed(&train("run/config.toml", "again"));
    bench.succeed(&["predict", "--run", "again"]);
    for file in [
        "config.toml",
        "best/tokenizer.json",
        "best/model.safetensors",
        "predictions/valid.csv",
    ] {
        let of = |run: &str| bench.bytes(&format!("{run}/{file}"));
        assert!(of("run") == of("again"), "{file} differs when the run is repeated");
    }
}

#[test]
fn a_placeholder_that_does_not_exist() {
    Bench::with_split().refuse(
        &[
            "train",
            "--config",
            "tiny.toml",
            "--set",
            "model.query.template={subjet}?",
            "--run",
            "new/run",
        ],
        &[
            "--set model.query.template={subjet}?",
            "unknown placeholder `{subjet}`",
            "did you mean `{subject}`?",
            "`{object_type}`",
        ],
    );
}
