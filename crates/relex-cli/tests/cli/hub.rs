//! Encoders by their names on the hub.

use std::{collections::BTreeMap, path::PathBuf};

use assert_cmd::{Command, assert::Assert};
use predicates::prelude::*;

use crate::{
    bench::Bench,
    hub_server::{Behaviour, COMMIT, HubServer, NAME, Stored, TOKEN},
};

const FETCH: [&str; 4] = ["fetch", "--encoder", NAME, "--quiet"];
/// `git hash-object` of the small files of `tests/fixtures/tiny-encoder`.
const CONFIG_HASH: &str = "1607bc01c6794e7deab98e59186fce402f473c29";
const TOKENIZER_HASH: &str = "93b240261b2db513d6a8cba3cadcc5ae0c9ac898";

fn files(bench: &Bench) -> BTreeMap<String, Stored> {
    let weights = bench.bytes("encoder/model.safetensors");
    let small = |name: &str, etag: &str| {
        let stored = Stored {
            content: bench.bytes(&format!("encoder/{name}")),
            etag: etag.into(),
            is_large: false,
        };
        (name.to_owned(), stored)
    };
    let mut files = BTreeMap::from([
        small("config.json", CONFIG_HASH),
        small("tokenizer.json", TOKENIZER_HASH),
    ]);
    files.insert(
        "model.safetensors".into(),
        Stored {
            etag: relex_data::sha256_hex(&weights),
            content: weights,
            is_large: true,
        },
    );
    files
}

fn start(behaviour: Behaviour) -> (Bench, HubServer) {
    let bench = Bench::with_split();
    let server = HubServer::start(files(&bench), behaviour);
    (bench, server)
}

fn online(bench: &Bench, server: &HubServer, arguments: &[&str]) -> Command {
    let mut command = bench.command(arguments);
    command.env("HF_HUB_OFFLINE", "0").env("HF_ENDPOINT", &server.url);
    command
}

fn says(outcome: Assert, parts: &[&str]) {
    let mut outcome = outcome.code(2).stdout("");
    for part in parts {
        outcome = outcome.stderr(predicate::str::contains(*part));
    }
    outcome.stderr(predicate::str::contains("panicked").not());
}

fn repository(bench: &Bench) -> PathBuf {
    bench.path("huggingface/hub/models--tests--tiny-encoder")
}

fn weights_hash(bench: &Bench) -> String {
    relex_data::sha256_hex(&bench.bytes("encoder/model.safetensors"))
}

#[test]
fn a_model_lands_in_the_standard_cache_and_is_found_there_offline() {
    let (bench, server) = start(Behaviour::default());
    let output = online(&bench, &server, &["fetch", "--encoder", NAME])
        .assert()
        .success();
    let stdout = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let repository = repository(&bench);
    let snapshot = repository.join("snapshots").join(COMMIT);
    assert_eq!(PathBuf::from(stdout.trim_end()), snapshot);
    output.stderr(predicate::str::contains("downloading"));

    assert_eq!(std::fs::read_to_string(repository.join("refs/main")).unwrap(), COMMIT);
    for (name, hash) in [
        ("config.json", CONFIG_HASH),
        ("tokenizer.json", TOKENIZER_HASH),
        ("model.safetensors", &weights_hash(&bench)),
    ] {
        let content = bench.bytes(&format!("encoder/{name}"));
        assert_eq!(std::fs::read(snapshot.join(name)).unwrap(), content, "{name}");
        assert_eq!(
            std::fs::read(repository.join("blobs").join(hash)).unwrap(),
            content,
            "{name}"
        );
        #[cfg(unix)]
        {
            let target = std::fs::read_link(snapshot.join(name)).unwrap();
            assert_eq!(target, PathBuf::from("../../blobs").join(hash));
        }
    }
    assert_eq!(std::fs::read_dir(repository.join("blobs")).unwrap().count(), 3);

    server.requests();
    assert_eq!(bench.succeed(&FETCH), stdout);
    assert_eq!(server.requests(), [""; 0]);
    // What is there is not asked for again, but what `main` is now has to be.
    online(&bench, &server, &FETCH).assert().success();
    assert_eq!(server.requests(), [format!("GET /api/models/{NAME}/revision/main")]);
    let pinned = [&FETCH[..], &["--revision", COMMIT]].concat();
    online(&bench, &server, &pinned).assert().success();
    assert_eq!(server.requests(), [""; 0]);
}

#[test]
fn training_pins_the_commit_and_repeats_without_a_network() {
    let (bench, server) = start(Behaviour::default());
    let encoder = format!("model.encoder={NAME}");
    let short = ["--set", "training.epochs=1", "--quiet"];
    let train = ["train", "--config", "tiny.toml", "--set", &encoder, "--run", "run"];
    online(&bench, &server, &[&train[..], &short].concat())
        .assert()
        .success();
    assert!(
        bench
            .text("run/provenance.json")
            .contains(&format!("\"encoder_commit\": \"{COMMIT}\""))
    );
    let config = bench.text("run/config.toml");
    assert!(config.contains(&format!("revision = \"{COMMIT}\"")), "{config}");

    bench.succeed(&["train", "--config", "run/config.toml", "--run", "again", "--quiet"]);
    assert_eq!(
        bench.bytes("run/best/model.safetensors"),
        bench.bytes("again/best/model.safetensors")
    );
    assert_eq!(bench.bytes("run/config.toml"), bench.bytes("again/config.toml"));

    // The configuration that it was begun with names no commit, and is the run's all the same.
    let resume = [&train[..], &short, &["--resume"]].concat();
    bench.succeed(&resume);
    bench.refuse(
        &[&resume[..], &["--set", &format!("model.revision={}", "0".repeat(40))]].concat(),
        &["begun with other settings"],
    );
}

#[test]
fn all_runs_of_a_series_have_one_commit() {
    let (bench, server) = start(Behaviour::default());
    let encoder = format!("model.encoder={NAME}");
    let short = ["--set", "training.epochs=1", "--seeds", "1,2", "--quiet"];
    let train = ["train", "--config", "tiny.toml", "--set", &encoder, "--run", "series"];
    let series = [&train[..], &short].concat();
    online(&bench, &server, &series).assert().success();
    assert!(
        bench
            .text("series/series.toml")
            .contains(&format!("revision = \"{COMMIT}\""))
    );
    let asked = |request: &&String| request.contains("/revision/");
    assert_eq!(server.requests().iter().filter(asked).count(), 1);
    bench.succeed(&[&series[..], &["--resume"]].concat());
}

#[test]
fn a_folder_wins_and_has_no_revision() {
    let (bench, server) = start(Behaviour::default());
    let arguments = [
        "train",
        "--config",
        "tiny.toml",
        "--set",
        "model.revision=main",
        "--run",
        "run",
    ];
    let outcome = online(&bench, &server, &arguments).assert();
    says(outcome, &["model.revision = \"main\"", "\"encoder\" is a folder"]);
    assert_eq!(server.requests(), [""; 0]);
}

#[test]
fn a_broken_transfer_goes_on_where_it_ended() {
    let (bench, server) = start(Behaviour {
        breaks_after: vec![1000, 500],
        ..Behaviour::default()
    });
    online(&bench, &server, &FETCH).assert().success();
    let ranges: Vec<String> = server
        .requests()
        .into_iter()
        .filter_map(|request| Some(request.split_once("/storage/")?.1.split_once(' ')?.1.to_owned()))
        .collect();
    assert_eq!(ranges, ["bytes=1000-", "bytes=1500-"]);
}

#[test]
fn what_a_broken_transfer_has_brought_is_kept_for_the_next_command() {
    let (bench, server) = start(Behaviour {
        breaks_after: vec![1000, 0, 0, 0],
        ..Behaviour::default()
    });
    let outcome = online(&bench, &server, &FETCH).assert();
    says(
        outcome,
        &[
            "model.safetensors: the download broke off after 1000 of",
            "goes on from there",
        ],
    );
    let part = repository(&bench)
        .join("blobs")
        .join(format!("{}.incomplete", weights_hash(&bench)));
    assert_eq!(std::fs::metadata(&part).unwrap().len(), 1000);
    // Half a model is none.
    bench.command(&FETCH).assert().code(2);

    server.requests();
    online(&bench, &server, &FETCH).assert().success();
    let last = server.requests().pop().unwrap();
    assert!(last.ends_with("bytes=1000-"), "{last}");
    assert!(!part.exists());
}

#[test]
fn a_server_without_ranges_begins_anew() {
    let (bench, server) = start(Behaviour {
        breaks_after: vec![1000],
        ignores_ranges: true,
        ..Behaviour::default()
    });
    online(&bench, &server, &FETCH).assert().success();
    let weights = repository(&bench).join("blobs").join(weights_hash(&bench));
    assert_eq!(
        std::fs::read(weights).unwrap(),
        bench.bytes("encoder/model.safetensors")
    );
}

#[test]
fn another_content_than_promised_is_not_kept() {
    let (bench, server) = start(Behaviour {
        is_damaged: true,
        ..Behaviour::default()
    });
    let outcome = online(&bench, &server, &FETCH).assert();
    says(
        outcome,
        &[
            "model.safetensors",
            "SHA-256",
            &weights_hash(&bench),
            "nothing of it was kept",
        ],
    );
    let blobs = std::fs::read_dir(repository(&bench).join("blobs")).unwrap();
    assert_eq!(blobs.count(), 2);
    server.behave(Behaviour::default());
    online(&bench, &server, &FETCH).assert().success();
}

#[test]
fn a_private_model_needs_a_token_that_storage_never_sees() {
    let (bench, server) = start(Behaviour {
        token: Some(TOKEN),
        ..Behaviour::default()
    });
    let before = bench.listing();
    says(online(&bench, &server, &FETCH).assert(), &["401", NAME, "set HF_TOKEN"]);
    let outcome = online(&bench, &server, &FETCH).env("HF_TOKEN", "wrong").assert();
    says(outcome, &["401", "whether the token in HF_TOKEN is valid"]);
    assert!(before == bench.listing(), "a refusal left something behind");
    online(&bench, &server, &FETCH)
        .env("HF_TOKEN", TOKEN)
        .assert()
        .success();
}

#[test]
fn what_the_hub_does_not_have_is_named() {
    let (bench, server) = start(Behaviour::default());
    let before = bench.listing();
    let fetch = |name: &str, revision: &str| {
        let arguments = ["fetch", "--encoder", name, "--revision", revision];
        online(&bench, &server, &arguments).assert()
    };
    says(
        fetch("tests/other", "main"),
        &["/api/models/tests/other/revision/main", "404"],
    );
    says(fetch(NAME, "v9"), &[NAME, "has no revision \"v9\"", "model.revision"]);
    says(fetch("not/a/name", "main"), &["not/a/name", "klue/roberta-base"]);
    says(fetch(NAME, "../main"), &["../main", "not a revision"]);
    assert!(before == bench.listing(), "a refusal left something behind");
    fetch(NAME, "v1/stable").success();
    assert_eq!(
        std::fs::read_to_string(repository(&bench).join("refs/v1/stable")).unwrap(),
        COMMIT
    );
}

#[test]
fn without_a_server_the_cache_is_what_there_is() {
    let (bench, server) = start(Behaviour::default());
    let alone = |arguments: &[&str]| {
        let mut command = online(&bench, &server, arguments);
        // A port that nothing listens on.
        command.env("HF_ENDPOINT", "http://127.0.0.1:9");
        command.assert()
    };
    says(alone(&FETCH), &["127.0.0.1:9"]);
    online(&bench, &server, &FETCH).assert().success();
    let noisy = &FETCH[..3];
    alone(noisy)
        .success()
        .stderr(predicate::str::contains("from the cache"));
}

#[test]
fn a_new_commit_of_main_is_fetched() {
    const NEXT: &str = "76543210fedcba9876543210fedcba9876543210";
    let (bench, server) = start(Behaviour::default());
    online(&bench, &server, &FETCH).assert().success();
    server.behave(Behaviour {
        commit: Some(NEXT),
        ..Behaviour::default()
    });
    server.requests();
    let output = online(&bench, &server, &FETCH).assert().success();
    output.stdout(predicate::str::contains(NEXT));
    // The same files: looked up, but not downloaded again.
    assert!(server.requests().iter().all(|request| !request.contains("/storage/")));
}
