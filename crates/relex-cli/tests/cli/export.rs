//! Classifiers as folders for transformers.

use crate::bench::Bench;

/// A run with this head, exported to `out`; what was said about it.
fn exported(head: &str) -> (Bench, String) {
    exported_with(&format!("model.head={head}"), "model.type_embedding=false")
}

fn exported_with(head: &str, types: &str) -> (Bench, String) {
    let bench = Bench::with_split();
    let short = ["--set", "training.epochs=1", "--run", "run", "--quiet"];
    let train = [
        &["train", "--config", "tiny.toml", "--set", head, "--set", types][..],
        &short,
    ]
    .concat();
    bench.succeed(&train);
    let output = bench.command(&["export", "run", "exports/out"]).assert().success();
    let said = String::from_utf8(output.get_output().stderr.clone()).unwrap();
    (bench, said)
}

fn predictions_stay(bench: &Bench) {
    bench.succeed(&["predict", "--run", "run", "--rows", "test", "--out", "before.csv"]);
    let alone = ["predict", "--model", "exports/out", "--dataset", "tiny", "--quiet"];
    bench.succeed(&[&alone[..], &["--out", "after.csv"]].concat());
    assert_eq!(bench.text("before.csv"), bench.text("after.csv"));
    let file = ["--input", "tiny/test.csv", "--out", "file.csv"];
    bench.succeed(&[&alone[..], &file].concat());
    assert_eq!(bench.text("before.csv"), bench.text("file.csv"));
}

fn tensors(bench: &Bench) -> String {
    let bytes = bench.bytes("exports/out/model.safetensors");
    let size = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    String::from_utf8(bytes[8..8 + size].to_vec()).unwrap()
}

#[test]
fn a_cls_head_becomes_that_of_transformers() {
    let (bench, said) = exported("cls");
    assert!(said.contains("AutoModelForSequenceClassification"), "{said}");
    let config = bench.text("exports/out/config.json");
    for part in [
        "\"BertForSequenceClassification\"",
        "\"1\": \"org:top_members/employees\"",
        "\"per:title\": 2",
    ] {
        assert!(config.contains(part), "{part} is not in {config}");
    }
    let tensors = tensors(&bench);
    for name in [
        "bert.pooler.dense.weight",
        "classifier.bias",
        "bert.encoder.layer.0.output.dense.weight",
    ] {
        assert!(tensors.contains(&format!("\"{name}\"")), "{name}");
    }
    assert!(!tensors.contains("\"head."));
    let tokenizer = bench.text("exports/out/tokenizer_config.json");
    for part in [
        "\"cls_token\": \"[CLS]\"",
        "\"pad_token\": \"[PAD]\"",
        "\"model_max_length\": 128",
    ] {
        assert!(tokenizer.contains(part), "{part} is not in {tokenizer}");
    }
    assert!(bench.path("exports/out/special_tokens_map.json").is_file());
    predictions_stay(&bench);
}

#[test]
fn another_head_stands_beside_its_encoder() {
    let (bench, said) = exported("entity-start");
    assert!(said.contains("AutoModel;") && said.contains("head."), "{said}");
    assert!(bench.text("exports/out/config.json").contains("\"BertModel\""));
    let tensors = tensors(&bench);
    for name in ["embeddings.LayerNorm.weight", "head.dense.weight", "head.output.bias"] {
        assert!(tensors.contains(&format!("\"{name}\"")), "{name}");
    }
    predictions_stay(&bench);
    let read = |folder: &str| bench.path(folder).join("sentences-read.json").exists();
    assert!(read("run/best") && !read("exports/out"));
}

#[test]
fn what_is_added_to_the_input_has_no_counterpart() {
    let (bench, said) = exported_with("model.head=cls", "model.type_embedding=true");
    assert!(said.contains("AutoModel;"), "{said}");
    assert!(tensors(&bench).contains("\"head.dense.weight\""));
    predictions_stay(&bench);
}

#[test]
fn what_is_there_is_not_written_over() {
    let (bench, _) = exported("cls");
    bench.refuse(&["export", "run", "exports/out"], &["exports/out", "there already"]);
    bench.refuse(&["export", "exports/out", "elsewhere"], &["not the folder of a run"]);
}

#[test]
fn a_folder_alone_has_no_validation_rows() {
    let (bench, _) = exported("cls");
    let arguments = [
        "predict",
        "--model",
        "exports/out",
        "--dataset",
        "tiny",
        "--out",
        "x.csv",
    ];
    bench.refuse(
        &[&arguments[..], &["--rows", "valid"]].concat(),
        &["only a run has a split"],
    );
}

/// In batches of another shape sums round differently: the folder remembers the run's.
#[test]
fn batches_are_those_of_the_run() {
    let bench = Bench::with_split();
    let sizes = [
        "training.evaluation_batch_size=3",
        "training.evaluation_batch_tokens=70",
    ];
    let sets: Vec<&str> = sizes.iter().flat_map(|set| ["--set", set]).collect();
    bench.succeed(&[&["train", "--config", "tiny.toml", "--run", "run"][..], &sets].concat());
    bench.succeed(&["export", "run", "exports/out"]);
    let written: serde_json::Value = serde_json::from_str(&bench.text("exports/out/relex.json")).unwrap();
    assert_eq!(written["evaluation_batch_size"], 3);
    assert_eq!(written["evaluation_batch_tokens"], 70);
    let predict = ["predict", "--input", "tiny/train.csv", "--out"];
    bench.succeed(&[&predict[..], &["before.csv", "--run", "run"]].concat());
    let alone = ["--model", "exports/out", "--dataset", "tiny"];
    bench.succeed(&[&predict[..], &["after.csv"], &alone].concat());
    assert_eq!(bench.text("before.csv"), bench.text("after.csv"));
    // A folder of an earlier release does not have them.
    let earlier = bench
        .text("exports/out/relex.json")
        .replace("evaluation_batch", "another_batch");
    bench.write("exports/out/relex.json", earlier);
    bench.succeed(&[&predict[..], &["later.csv"], &alone].concat());
}
