//! Runs with each loss, on the tiny data set.

use crate::bench::Bench;

fn train(bench: &Bench, run: &str, sets: &[&str]) -> String {
    let mut arguments = vec!["train", "--config", "tiny.toml", "--run", run];
    for set in sets {
        arguments.extend(["--set", set]);
    }
    let output = bench.command(&arguments).assert().success().get_output().clone();
    String::from_utf8(output.stderr).unwrap()
}

fn losses(bench: &Bench, run: &str) -> Vec<f64> {
    let text = bench.text(&format!("{run}/metrics.jsonl"));
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines
        .filter_map(|line: serde_json::Value| line["loss"].as_f64())
        .collect()
}

#[test]
fn every_loss_trains_and_predicts() {
    let bench = Bench::with_split();
    for (run, sets) in [
        ("plain", &[][..]),
        ("weighted", &["loss.weights=inverse-frequency"]),
        (
            "smoothed",
            &["loss.label_smoothing=0.1", "loss.smooth_over=other-classes"],
        ),
        ("focal", &["loss.kind=focal", "loss.weights=effective-number"]),
        (
            "ldam",
            &["loss.kind=ldam", "loss.reweight_from=0.5", "model.cosine_scale=30"],
        ),
        ("logit-adjustment", &["loss.kind=logit-adjustment"]),
        ("r-drop", &["loss.kind=r-drop"]),
        ("focal-batch-mean", &["loss.kind=focal-batch-mean"]),
        ("ldam-unnormalised", &["loss.kind=ldam-unnormalised"]),
    ] {
        train(&bench, run, sets);
        let of_run = losses(&bench, run);
        assert_eq!(of_run.len(), 6, "{run}");
        assert!(
            run == "plain" || of_run != losses(&bench, "plain"),
            "{run} has the losses of cross entropy"
        );
        assert!(bench.succeed(&["predict", "--run", run]).contains("5 rows in"), "{run}");
    }
}

/// The head of a cosine classifier has no bias, and is read back as what it is.
#[test]
fn a_cosine_classifier_is_saved_with_its_scale() {
    let bench = Bench::with_split();
    train(&bench, "run", &["model.cosine_scale=30"]);
    assert!(bench.text("run/best/relex.json").contains("\"cosine_scale\": 30.0"));
    assert!(bench.text("run/config.toml").contains("cosine_scale = 30.0"));
    let weights = String::from_utf8_lossy(&bench.bytes("run/best/model.safetensors")).into_owned();
    assert!(weights.contains("head.output.weight") && !weights.contains("head.output.bias"));
    bench.succeed(&["predict", "--run", "run"]);
}

/// Two rows leave at least one of the three labels without any.
#[test]
fn labels_without_training_rows_are_named() {
    let bench = Bench::with_split();
    let said = train(
        &bench,
        "run",
        &["loss.weights=effective-number", "data.max_train_rows=2"],
    );
    assert!(said.contains("no rows to learn these labels from"), "{said}");
    assert!(!train(&bench, "plain", &["data.max_train_rows=2"]).contains("no rows to learn"));
    bench.refuse(
        &[
            "train",
            "--config",
            "tiny.toml",
            "--run",
            "new/run",
            "--set",
            "loss.kind=logit-adjustment",
            "--set",
            "data.max_train_rows=2",
            "-q",
        ],
        &["logit-adjustment: class", "has no training rows", "choose another loss"],
    );
}

/// Its configuration lacks the keys that came later, and its hash is that of the file.
#[test]
fn a_run_from_before_the_keys_of_losses_still_predicts() {
    let bench = Bench::with_run();
    let hash = |bench: &Bench| relex_data::sha256_hex(&bench.bytes("run/config.toml"));
    let before = hash(&bench);
    bench.edit(
        "run/config.toml",
        "smooth_over = \"all-classes\"\nweights = \"none\"\n",
        "",
    );
    bench.edit("run/provenance.json", &before, &hash(&bench));
    let predictions = bench.bytes("run/predictions/valid.csv");
    bench.succeed(&["predict", "--run", "run"]);
    assert_eq!(bench.bytes("run/predictions/valid.csv"), predictions);
}

#[test]
fn losses_that_cannot_work_are_refused() {
    let bench = Bench::with_split();
    for (set, part) in [
        ("loss.kind=focl", "did you mean `focal`?"),
        ("loss.gamma=2", "unknown field `gamma`"),
        ("loss.label_smoothing=1.0", "label_smoothing = 1 is outside [0, 1)"),
        ("loss.weights=[1.0, 2.0]", "weights has 2 numbers for"),
        ("loss.kind=ldam", "model.cosine_scale = none: loss.kind = \"ldam\""),
    ] {
        bench.refuse(
            &["train", "--config", "tiny.toml", "--run", "new/run", "--set", set, "-q"],
            &[part],
        );
    }
}
