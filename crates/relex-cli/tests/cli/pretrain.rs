//! Further pre-training, on the tiny data set.

use std::collections::BTreeSet;

use relex_data::{DatasetSpec, Role};
use serde_json::Value;

use crate::bench::Bench;

const RECIPE: &str = r#"
[data]
dataset = "tiny"
split = "split.json"

[model]
encoder = "encoder"
max_tokens = 128

[masking]
unit = "whole-word"

[optimizer]
learning_rate = 5e-3

[training]
epochs = 8
batch_size = 4
evaluate = "at-end"
"#;

pub(crate) fn bench() -> Bench {
    let bench = Bench::with_split();
    bench.write("pretrain.toml", RECIPE);
    bench
}

pub(crate) fn pretrain<'a>(run: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["pretrain", "--config", "pretrain.toml", "--run", run, "-q"], more].concat()
}

pub(crate) fn provenance(bench: &Bench, run: &str) -> Value {
    serde_json::from_str(&bench.text(&format!("{run}/provenance.json"))).unwrap()
}

/// The sentences of the rows under a key of `sentences.json`.
fn sentences(bench: &Bench, run: &str, key: &str) -> BTreeSet<String> {
    let list: Value = serde_json::from_str(&bench.text(&format!("{run}/sentences.json"))).unwrap();
    let ids: Vec<&str> = list[key]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    let role = if key == "learnt_of_test" {
        Role::Test
    } else {
        Role::Train
    };
    let spec = DatasetSpec::from_file(&bench.path("tiny/dataset.toml")).unwrap();
    let rows = spec.read(&bench.path("tiny"), role).unwrap();
    rows.into_iter()
        .filter(|row| ids.contains(&row.id.as_str()))
        .map(|row| row.sentence)
        .collect()
}

/// Everything that does not tell the time.
fn assert_same(bench: &Bench, expected: &str, actual: &str) {
    for file in [
        "metrics.jsonl",
        "sentences.json",
        "encoder/config.json",
        "encoder/model.safetensors",
        "encoder/tokenizer.json",
        "encoder/special_tokens_map.json",
        "encoder/tokenizer_config.json",
    ] {
        let of = |run: &str| bench.bytes(&format!("{run}/{file}"));
        assert!(
            of(expected) == of(actual),
            "{file} of {actual} is not that of {expected}"
        );
    }
}

#[test]
fn the_loss_falls_the_bits_repeat_and_the_encoder_trains() {
    let bench = bench();
    assert_eq!(bench.succeed(&pretrain("p", &[])), "p/encoder\n");
    bench.succeed(&pretrain("again", &[]));
    assert_same(&bench, "p", "again");
    bench
        .command(&pretrain("one-thread", &[]))
        .env("RAYON_NUM_THREADS", "1")
        .assert()
        .success();
    assert_same(&bench, "p", "one-thread");
    bench.succeed(&pretrain(
        "again-computed",
        &["--set", "training.gradient_checkpointing=true"],
    ));
    assert_same(&bench, "p", "again-computed");
    bench.succeed(&pretrain("seed", &["--set", "seed=7"]));
    assert_ne!(bench.bytes("p/metrics.jsonl"), bench.bytes("seed/metrics.jsonl"));

    let provenance = provenance(&bench, "p");
    let loss = |when: &str| provenance[when]["masked_loss"].as_f64().unwrap();
    // 245 tokens and the mask: a model that knows nothing is at ln 246 = 5.5
    assert!(
        (5.0..6.5).contains(&loss("before")) && loss("after") < loss("before") - 0.4,
        "{provenance}"
    );
    let perplexity = provenance["after"]["perplexity"].as_f64().unwrap();
    assert!((perplexity - loss("after").exp()).abs() < 1e-9 * perplexity);
    assert_eq!(provenance["head"], "new");
    assert_eq!(provenance["validation_sentences_learnt"], false);

    let encoder = "model.encoder=p/encoder";
    bench.succeed(&["train", "--config", "tiny.toml", "--set", encoder, "--run", "run", "-q"]);
    assert!(bench.succeed(&["predict", "--run", "run"]).contains("5 rows in"));
    // Its own head and mask are there to go on from.
    bench
        .command(&[
            "pretrain",
            "--config",
            "pretrain.toml",
            "--set",
            encoder,
            "--run",
            "further",
        ])
        .assert()
        .success()
        .stderr(predicates::str::contains("begins with the checkpoint's own head"))
        .stderr(predicates::str::contains("did not know").count(0));
    let further = self::provenance(&bench, "further");
    assert_eq!(further["head"], "checkpoint");
    let gap = further["before"]["masked_loss"].as_f64().unwrap() - loss("after");
    assert!(gap.abs() < 1e-6, "{gap}");
}

#[test]
fn validation_sentences_are_not_learnt_from() {
    let bench = bench();
    bench.succeed(&pretrain("grouped", &["--set", "training.steps=1"]));
    let of = |run: &str, key: &str| sentences(&bench, run, key);
    assert_eq!(provenance(&bench, "grouped")["rows_left_out"], 0);
    assert!(of("grouped", "learnt").is_disjoint(&of("grouped", "measured")));
    assert_eq!((of("grouped", "learnt").len(), of("grouped", "measured").len()), (6, 3));

    // A split that parts rows of one sentence: the training side's rows of such sentences are left out too.
    bench.succeed(&[
        "split",
        "create",
        "--dataset",
        "tiny",
        "--out",
        "leaky.json",
        "--strategy",
        "random",
        "--valid-fraction",
        "0.3",
        "-q",
    ]);
    let leaky = ["--set", "data.split=leaky.json", "--set", "training.steps=1"];
    bench.succeed(&pretrain("leaky", &leaky));
    assert!(!of("leaky", "left_out").is_empty());
    assert!(of("leaky", "left_out").is_subset(&of("leaky", "measured")));
    assert!(of("leaky", "learnt").is_disjoint(&of("leaky", "measured")));
    let told = provenance(&bench, "leaky");
    assert_eq!(told["sentences"], of("leaky", "learnt").len());
    assert_eq!(told["held_out_sentences"], of("leaky", "measured").len());

    let all = [&leaky[..], &["--include", "validation,test"]].concat();
    bench.command(&pretrain("all", &all)[..]).assert().success();
    let told = provenance(&bench, "all");
    assert_eq!(told["included"], serde_json::json!(["validation", "test"]));
    assert_eq!(told["validation_sentences_learnt"], true);
    assert!(told.get("before").is_none() && of("all", "measured").is_empty());
    assert!(of("leaky", "measured").is_subset(&of("all", "learnt")) && !of("all", "learnt_of_test").is_empty());
    assert!(
        bench
            .text("all/config.toml")
            .contains("include = [\"validation\", \"test\"]")
    );
}

#[test]
fn the_data_is_named_by_flags() {
    let bench = bench();
    std::fs::create_dir(bench.path("files")).unwrap();
    std::fs::rename(bench.path("tiny/train.csv"), bench.path("files/train.csv")).unwrap();
    std::fs::rename(bench.path("split.json"), bench.path("frozen.json")).unwrap();
    let place = ["--dataset", "tiny", "--data-dir", "files", "--split", "frozen.json"];
    bench.succeed(&pretrain("p", &[&place[..], &["--set", "training.steps=1"]].concat()));
    let config = bench.text("p/config.toml");
    assert!(
        config.contains("folder = \"files\"") && config.contains("split = \"frozen.json\""),
        "{config}"
    );
    bench.refuse(
        &[&["pretrain", "--resume", "p"], &place[..]].concat(),
        &["goes on with its own settings", "--data-dir"],
    );
}

#[test]
fn every_unit_and_markers_of_their_own_tokens_run() {
    let bench = bench();
    for (run, sets) in [
        ("token", &["masking.unit=token"][..]),
        ("entity-span", &["masking.unit=entity-span", "masking.entity_share=1.0"]),
        ("markers", &["masking.unit=entity-span", "model.markers=entity"]),
        (
            "portions",
            &["training.micro_batch_size=3", "training.batch_tokens=200"],
        ),
        ("bf16", &["training.precision=bf16", "optimizer.kind=lion"]),
    ] {
        let mut arguments = pretrain(run, &["--set", "training.epochs=1"]);
        arguments.extend(sets.iter().flat_map(|set| ["--set", set]));
        bench.succeed(&arguments);
        assert!(
            provenance(&bench, run)["after"]["masked_tokens"].as_u64().unwrap() > 0,
            "{run}"
        );
    }
    // The markers have embeddings now.
    bench
        .command(&["train", "--config", "tiny.toml", "--run", "run", "-v"])
        .args([
            "--set",
            "model.encoder=markers/encoder",
            "--set",
            "model.markers=entity",
        ])
        .assert()
        .success()
        .stderr(predicates::str::contains("tokens added for the markers: []"));
}

#[test]
fn what_cannot_be_is_refused() {
    let bench = bench();
    let set = |set: &'static str| pretrain("new", &["--set", set]);
    bench.refuse(&set("masking.share=2"), &["masking.share = 2", "at most 1"]);
    bench.refuse(
        &set("masking.unti=token"),
        &["unknown field `unti`", "did you mean `unit`?"],
    );
    bench.refuse(&set("model.head=cls"), &["unknown field `head`"]);
    bench.refuse(&set("data.split=nowhere.json"), &["nowhere.json"]);
    bench.refuse(&set("model.encoder=nowhere"), &["nowhere", "there is no such folder"]);
    bench.refuse(&set("data.fold=1"), &["fold 1 does not exist"]);
    bench.refuse(
        &set("model.max_tokens=1000"),
        &["model.max_tokens = 1000", "128 positions"],
    );
    bench.refuse(&["pretrain", "--config", "nowhere.toml", "-q"], &["nowhere.toml"]);
    bench.refuse(&["pretrain", "--resume", "-q"], &["--resume: which run?"]);
    bench.refuse(
        &["pretrain", "--resume", "nowhere", "-q"],
        &["nowhere: no run was begun here"],
    );
    bench.write("broken.toml", "[masking]\nunit = \"whole-word\"\nshre = 0.15\n");
    bench.refuse(
        &["pretrain", "--config", "broken.toml", "-q"],
        &["broken.toml", "line 3, column 1", "^^^^", "did you mean `share`?"],
    );
    bench.edit("tiny/train.csv", "솔개리", "솔개산");
    bench.refuse(&pretrain("new", &[]), &["tiny/train.csv and split.json"]);
}

#[test]
fn runs_of_another_kind_and_finished_ones_are_left_alone() {
    let bench = bench();
    bench.succeed(&["train", "--config", "tiny.toml", "--run", "trained", "-q"]);
    bench.refuse(&pretrain("trained", &[]), &["trained: this folder already holds a run"]);
    bench.refuse(
        &["pretrain", "--resume", "trained", "-q"],
        &["this is no run of `relex pretrain`"],
    );
    bench.succeed(&pretrain("p", &["--set", "training.steps=2"]));
    let before = bench.listing();
    assert_eq!(bench.succeed(&["pretrain", "--resume", "p", "-q"]), "p/encoder\n");
    assert!(before == bench.listing());
    bench.refuse(&["predict", "--run", "p", "-q"], &["p/"]);
}

#[test]
fn show_knows_the_keys_of_further_pre_training() {
    let bench = bench();
    let shown = bench.succeed(&[
        "config",
        "show",
        "--pretrain",
        "--config",
        "pretrain.toml",
        "--set",
        "seed=7",
    ]);
    for part in ["unit = \"whole-word\"", "# pretrain.toml:", "# default", "# --set"] {
        assert!(shown.contains(part), "{part:?} is not in {shown}");
    }
    bench.refuse(
        &["config", "show", "--config", "pretrain.toml"],
        &["unknown field `masking`"],
    );
    bench.write("shown.toml", &shown);
    bench.succeed(&["config", "show", "--pretrain", "--config", "shown.toml"]);
}

#[cfg(unix)]
mod broken_off {
    use std::{
        process::{Child, Command, Stdio},
        time::{Duration, Instant},
    };

    use super::*;

    const SLOW: [&str; 4] = ["--set", "training.epochs=40", "--set", "checkpoint.every_steps=2"];

    fn spawn(bench: &Bench, run: &str) -> Child {
        Command::new(env!("CARGO_BIN_EXE_relex"))
            .args(pretrain(run, &SLOW))
            .current_dir(bench.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn wait_for(bench: &Bench, run: &str, lines: usize) {
        let start = Instant::now();
        let metrics = bench.path(run).join("metrics.jsonl");
        while std::fs::read_to_string(&metrics).map_or(0, |text| text.lines().count()) < lines {
            assert!(start.elapsed() < Duration::from_secs(120), "no step was taken");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn an_interrupted_run_is_saved_and_goes_on_to_the_same_end() {
        let bench = bench();
        bench.succeed(&pretrain("whole", &SLOW));
        let child = spawn(&bench, "stopped");
        wait_for(&bench, "stopped", 3);
        let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{said}");
        assert!(said.contains("`relex pretrain --resume stopped`"), "{said}");
        assert!(!bench.path("stopped/encoder").exists() && !bench.path("stopped/lock").exists());
        bench.refuse(
            &["pretrain", "--resume", "stopped", "--set", "seed=7", "-q"],
            &["a run goes on with its own settings"],
        );
        assert_eq!(
            bench.succeed(&["pretrain", "--resume", "stopped", "-q"]),
            "stopped/encoder\n"
        );
        assert_same(&bench, "whole", "stopped");
        assert!(!bench.path("stopped/checkpoints").exists());
    }

    #[test]
    fn a_killed_run_goes_on_to_the_same_end() {
        let bench = bench();
        bench.succeed(&pretrain("whole", &SLOW));
        for lines in [1, 6, 20] {
            let run = format!("killed-{lines}");
            let mut child = spawn(&bench, &run);
            wait_for(&bench, &run, lines);
            child.kill().unwrap();
            child.wait().unwrap();
            let mut again = pretrain(&run, &SLOW);
            again.push("--resume");
            bench.succeed(&again);
            assert_same(&bench, "whole", &run);
        }
    }
}
