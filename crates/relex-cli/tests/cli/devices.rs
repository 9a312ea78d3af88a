//! `relex train --devices` and `relex check-device`, with the processor in place of GPUs.

use serde_json::Value;

use crate::bench::Bench;

#[test]
fn devices_share_the_rows_of_every_step() {
    let bench = Bench::with_split();
    let train = [
        "train",
        "--config",
        "tiny.toml",
        "--set",
        "training.batch_size=2",
        "--run",
    ];
    bench.succeed(&[&train[..], &["alone", "--set", "training.micro_batch_size=1"]].concat());
    bench.succeed(&[&train[..], &["together", "--devices", "cpu,cpu"]].concat());
    bench.assert_same_run("alone", "together");
    let provenance: Value = serde_json::from_str(&bench.text("together/provenance.json")).unwrap();
    assert_eq!(provenance["device"], "cpu,cpu");
    assert!(provenance["steady_examples_per_second"].as_f64().unwrap() > 0.0);
    bench.succeed(&["predict", "--run", "together"]);
}

#[test]
fn devices_that_cannot_share_are_refused() {
    let bench = Bench::with_split();
    let train = ["train", "--config", "tiny.toml", "--run", "run"];
    let refuse = |more: &[&str], parts: &[&str]| bench.refuse(&[&train[..], more].concat(), parts);
    refuse(&["--devices", "cpu,cuda:0"], &["device = cpu,cuda:0", "of one kind"]);
    refuse(&["--devices", "cuda:0,cuda:0"], &["named twice"]);
    let whole_batch = ["--devices", "cpu,cpu", "--set", "loss.kind=focal-batch-mean"];
    refuse(&whole_batch, &["device = cpu,cpu", "focal-batch-mean"]);
}

#[test]
fn a_device_is_compared_with_the_processor() {
    let bench = Bench::with_split();
    let check = [
        "check-device",
        "--config",
        "tiny.toml",
        "--steps",
        "2",
        "--json",
        "found.json",
    ];
    let said = bench.succeed(&check);
    assert!(
        said.contains("cpu in f32 against the CPU") && said.contains("the first step is within 0.02"),
        "{said}"
    );
    let found: Value = serde_json::from_str(&bench.text("found.json")).unwrap();
    assert_eq!(found["agrees"], true);
    assert_eq!(
        (&found["steps"][1]["logits"], &found["steps"][1]["gradients"]),
        (&0.0.into(), &0.0.into())
    );
}

/// It is a finding, kept and told, and fails the command.
#[test]
fn a_device_that_differs_fails() {
    let bench = Bench::with_split();
    let check = [
        "check-device",
        "--config",
        "tiny.toml",
        "--set",
        "training.precision=bf16",
        "--json",
        "found.json",
    ];
    let outcome = bench
        .command(&[&check[..], &["--limit", "0.0000001"]].concat())
        .assert()
        .code(2);
    let said = String::from_utf8(outcome.get_output().stderr.clone()).unwrap();
    assert!(
        said.contains("cpu in bf16 is further from the CPU than 0.0000001"),
        "{said}"
    );
    let found: Value = serde_json::from_str(&bench.text("found.json")).unwrap();
    assert_eq!(found["agrees"], false);
    bench.succeed(&check);
}
