//! Runs with each head, on the tiny data set.

use serde_json::Value;

use crate::bench::Bench;

fn train(bench: &Bench, run: &str, sets: &[&str]) {
    let mut arguments = vec!["train", "--config", "tiny.toml", "--run", run, "-q"];
    for set in sets {
        arguments.extend(["--set", set]);
    }
    bench.succeed(&arguments);
}

/// What the loop measured in memory is what the saved classifier's predictions score.
fn check_saved(bench: &Bench, run: &str) {
    let metrics = bench.text(&format!("{run}/metrics.jsonl"));
    let mut lines = metrics.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let last = lines.rfind(|line| line.get("auprc").is_some()).unwrap();
    assert!(bench.succeed(&["predict", "--run", run]).contains("5 rows in"), "{run}");
    bench.succeed(&["evaluate", "--run", run, "--resamples", "10", "--json", "scores.json"]);
    let scores: Value = serde_json::from_str(&bench.text("scores.json")).unwrap();
    for name in ["micro_f1", "auprc"] {
        let difference = scores[name]["value"].as_f64().unwrap() - last[name].as_f64().unwrap();
        assert!(
            difference.abs() < 1e-6,
            "{run}: {name}: {} and {}",
            scores[name],
            last[name]
        );
    }
}

#[test]
fn every_head_trains_and_predicts_the_same_from_its_folder() {
    let bench = Bench::with_split();
    for (run, sets) in [
        ("cls", &["model.head=cls"][..]),
        (
            "cls-x2",
            &["model.head.kind=cls", "model.head.width=2", "model.head.depth=2"],
        ),
        ("mean", &["model.head=mean"]),
        ("attention", &["model.head=attention"]),
        (
            "bilstm",
            &["model.head=bilstm", "model.head.layers=2", "model.head.units=9"],
        ),
        ("bilstm-v2", &["model.head=bilstm-v2"]),
        ("r-bert", &["model.head=r-bert"]),
        ("entity-start", &["model.head=entity-start"]),
        ("entity-mean", &["model.head=entity-mean"]),
        ("entity-span+cls", &["model.head=entity-span+cls"]),
        ("cosine", &["model.head=r-bert", "model.cosine_scale=30"]),
        ("types", &["model.type_embedding=true", "model.markers=punctuation"]),
    ] {
        train(&bench, run, sets);
        check_saved(&bench, run);
    }
    let config: Value = serde_json::from_str(&bench.text("cls-x2/best/relex.json")).unwrap();
    assert_eq!(
        config["head"],
        serde_json::json!({ "kind": "cls", "width": 2, "depth": 2 })
    );
    let weights =
        |run: &str| String::from_utf8_lossy(&bench.bytes(&format!("{run}/best/model.safetensors"))).into_owned();
    assert!(weights("bilstm").contains("head.lstm.layers.1.backward.recurrent.weight"));
    assert!(weights("types").contains("type_embedding.table.weight"));
    assert!(!weights("cls").contains("type_embedding.table"));
    assert!(bench.text("types/config.toml").contains("type_embedding = true"));
}

/// Heads were names alone in both of its files.
#[test]
fn a_run_from_before_the_settings_of_heads_still_predicts() {
    let bench = Bench::with_run();
    let hash = |bench: &Bench| relex_data::sha256_hex(&bench.bytes("run/config.toml"));
    let before = hash(&bench);
    bench.edit("run/config.toml", "\n[model.head]\nkind = \"entity-start\"\n", "");
    bench.edit("run/config.toml", "[model]\n", "[model]\nhead = \"entity-start\"\n");
    bench.edit("run/provenance.json", &before, &hash(&bench));
    let json = bench.text("run/best/relex.json");
    let (start, rest) = json.split_once("\"head\": {").unwrap();
    let (_, rest) = rest.split_once('}').unwrap();
    bench.write(
        "run/best/relex.json",
        format!("{start}\"head\": \"entity-start\"{rest}"),
    );
    let predictions = bench.bytes("run/predictions/valid.csv");
    bench.succeed(&["predict", "--run", "run"]);
    assert_eq!(bench.bytes("run/predictions/valid.csv"), predictions);
}

#[test]
fn heads_that_do_not_exist_are_refused() {
    let bench = Bench::with_split();
    for (set, part) in [
        ("model.head=bilstm-v3", "did you mean `bilstm-v2`?"),
        ("model.head.width=2", "unknown field `width`"),
        ("model.type_embeding=true", "did you mean `type_embedding`?"),
    ] {
        bench.refuse(
            &["train", "--config", "tiny.toml", "--run", "new/run", "--set", set, "-q"],
            &[part],
        );
    }
}
