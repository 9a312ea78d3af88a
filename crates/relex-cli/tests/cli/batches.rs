//! From text to batches: what is said about sentences that were cut, other tokenizer files, a token budget.

use predicates::prelude::*;
use serde_json::{Value, json};

use crate::bench::Bench;

fn provenance(bench: &Bench) -> Value {
    serde_json::from_str(&bench.text("run/provenance.json")).unwrap()
}

const TRAIN: [&str; 5] = ["train", "--config", "tiny.toml", "--run", "run"];

#[test]
fn cut_sentences_are_told_and_written_down() {
    let bench = Bench::with_split();
    let said = " sentences were cut, ";
    bench
        .command(&[&TRAIN[..], &["--set", "model.max_tokens=40"]].concat())
        .assert()
        .success()
        .stderr(predicate::str::contains(said).and(predicate::str::contains("model.max_tokens = 40")));
    let provenance = provenance(&bench);
    assert!(provenance["truncated_sentences"].as_u64() >= Some(1), "{provenance}");
    assert!(provenance["truncated_tokens"].as_u64() > provenance["truncated_sentences"].as_u64());
    bench
        .command(&["predict", "--run", "run", "--rows", "test"])
        .assert()
        .success()
        .stderr(predicate::str::contains(said).and(predicate::str::contains("examples/s, peak memory")));
}

/// The same tokenizer as `vocab.txt` and `tokenizer_config.json`: the classifier gets a `tokenizer.json` of its own.
#[test]
fn an_encoder_with_a_vocabulary_alone_trains_and_predicts() {
    let bench = Bench::with_split();
    let tokenizer: Value = serde_json::from_str(&bench.text("encoder/tokenizer.json")).unwrap();
    let vocabulary = tokenizer["model"]["vocab"].as_object().unwrap();
    bench.write(
        "encoder/vocab.txt",
        vocabulary.keys().map(|word| format!("{word}\n")).collect::<String>(),
    );
    bench.remove("encoder/tokenizer.json");
    bench.refuse(
        &TRAIN,
        &["encoder/tokenizer_config.json: there is no such file", "do_lower_case"],
    );

    bench.write(
        "encoder/tokenizer_config.json",
        json!({ "do_lower_case": true }).to_string(),
    );
    // `BertTokenizer` wants a [MASK], which this vocabulary has not, and numbers it behind the last embedding.
    bench.refuse(
        &TRAIN,
        &[
            "encoder/vocab.txt: it has a token with id 245",
            "embeddings for 245 only",
        ],
    );
    bench.write(
        "encoder/tokenizer_config.json",
        json!({ "do_lower_case": true, "mask_token": null }).to_string(),
    );
    bench.succeed(&TRAIN);
    let provenance = provenance(&bench);
    for (file, is_there) in [
        ("vocab.txt", true),
        ("tokenizer_config.json", true),
        ("tokenizer.json", false),
    ] {
        assert_eq!(
            provenance["encoder"].get(file).is_some(),
            is_there,
            "{file}: {provenance}"
        );
    }
    assert!(bench.path("run/best/tokenizer.json").is_file());
    bench.remove("encoder/vocab.txt");
    assert!(bench.succeed(&["predict", "--run", "run"]).contains("5 rows in"));
}

/// 11 rows in batches of 4 would be 3 steps an epoch.
#[test]
fn a_token_budget_makes_more_steps() {
    let bench = Bench::with_split();
    bench.succeed(&[&TRAIN[..], &["--set", "training.batch_tokens=150"]].concat());
    let steps = provenance(&bench)["steps"].as_u64().unwrap();
    assert!(steps > 2 * 3, "{steps}");
    let lines: Vec<Value> = bench
        .text("run/metrics.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let padded = lines.iter().filter(|line| line.get("loss").is_some());
    assert!(padded.clone().count() as u64 == steps);
    for line in padded {
        assert!(
            line["padded_tokens"].as_u64() <= Some(150) || line["rows"] == 1,
            "{line}"
        );
    }
    bench.refuse(
        &[
            "train",
            "--config",
            "tiny.toml",
            "--run",
            "other",
            "--set",
            "training.batch_tokens=0",
        ],
        &["training.batch_tokens = 0", "at least 1"],
    );
}
