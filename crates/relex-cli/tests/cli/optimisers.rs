use crate::bench::Bench;

fn train<'a>(run: &'a str, sets: &[&'a str]) -> Vec<&'a str> {
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    ["train", "--config", "tiny.toml", "--run", run]
        .into_iter()
        .chain(sets)
        .collect()
}

#[test]
fn every_kind_trains() {
    let bench = Bench::with_split();
    for (run, sets) in [
        ("lion", &["optimizer.kind=lion", "optimizer.layer_decay=0.8"][..]),
        ("adafactor", &["optimizer.kind=adafactor", "optimizer.beta_1=0.9"]),
        (
            "relative",
            &[
                "optimizer.kind=adafactor",
                "optimizer.step=relative",
                "schedule.kind=constant",
            ],
        ),
        ("bf16", &["training.precision=bf16"]),
        ("fp16", &["training.precision=fp16"]),
        ("schedule", &["schedule.kind=cosine-with-restarts", "schedule.warmup=1"]),
        (
            "sampler",
            &["training.sampler=balanced", "optimizer.head_learning_rate=1e-3"],
        ),
        (
            "thawing",
            &["training.unfreeze_layers_per_epoch=1", "model.freeze_embeddings=true"],
        ),
    ] {
        bench.succeed(&train(run, sets));
        assert!(bench.path(run).join("best/model.safetensors").is_file(), "{run}");
    }
}

#[test]
fn more_layers_than_there_are_cannot_be_frozen() {
    let bench = Bench::with_split();
    bench.refuse(
        &train("new/run", &["model.freeze_layers=99"]),
        &["model.freeze_layers = 99", "it must be at most"],
    );
}

#[test]
fn a_relative_step_wants_no_schedule() {
    let bench = Bench::with_split();
    bench.refuse(
        &train("new/run", &["optimizer.kind=adafactor", "optimizer.step=relative"]),
        &["optimizer.step = relative", "schedule.kind = \"constant\""],
    );
}

#[test]
fn precision_is_written_down_and_kept_for_prediction() {
    let bench = Bench::with_split();
    bench.succeed(&train("run", &["training.precision=fp16"]));
    let provenance = bench.text("run/provenance.json");
    assert!(provenance.contains("\"precision\": \"fp16\""), "{provenance}");
    assert!(bench.text("run/best/relex.json").contains("\"precision\": \"fp16\""));
    assert!(bench.text("run/metrics.jsonl").contains("\"loss_scale\":65536.0"));
    bench.succeed(&["predict", "--run", "run"]);
}
