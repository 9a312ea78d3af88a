//! Rows in another form, usable at once.

use crate::bench::Bench;

fn convert<'a>(rows: &'a str, to: &'a str, out: &'a str) -> [&'a str; 10] {
    [
        "convert",
        "--dataset",
        "tiny",
        "--rows",
        rows,
        "--to",
        to,
        "--out",
        out,
        "--describe",
    ]
}

#[test]
fn every_form_is_a_data_set_with_the_same_rows() {
    let bench = Bench::with_split();
    let ids = |dataset: &str| bench.succeed(&["split", "ids", "split.json", "--dataset", dataset, "--part", "train"]);
    for (form, file) in [
        ("klue-json", "train.json"),
        ("competition-csv", "train.csv"),
        ("jsonl", "train.jsonl"),
    ] {
        let folder = format!("as-{form}");
        let out = format!("{folder}/{file}");
        let said = bench.succeed(&convert("train", form, &out));
        assert!(
            said.contains(&format!("16 rows in {out}")) && said.contains("described in"),
            "{said}"
        );
        bench.succeed(&convert("test", form, &format!("{folder}/rest")));
        // The split was made from the original.
        bench.succeed(&["split", "verify", "split.json", "--dataset", &folder]);
        assert_eq!(ids(&folder), ids("tiny"));
        let audited = bench.succeed(&["audit", "--dataset", &folder, "--rows", "test"]);
        assert_eq!(
            audited,
            bench.succeed(&["audit", "--dataset", "tiny", "--rows", "test"])
        );
        // Again is not another description.
        let before = bench.listing();
        bench.succeed(&convert("train", form, &out));
        assert!(bench.listing().len() == before.len());
    }
    assert_eq!(bench.text("as-competition-csv/train.csv"), bench.text("tiny/train.csv"));
}

#[test]
fn nothing_of_value_is_written_over() {
    let bench = Bench::new();
    bench.refuse(
        &convert("train", "jsonl", "tiny/test.csv"),
        &["tiny/test.csv", "a file of the data set itself", "choose another file"],
    );
    bench.refuse(
        &convert("train", "jsonl", "tiny/dataset.toml"),
        &[
            "tiny/dataset.toml",
            "a file of the data set itself",
            "choose another file",
        ],
    );
    bench.refuse(
        &convert("train", "jsonl", "new/dataset.toml"),
        &["the description would take this name", "another --out"],
    );
    bench.refuse(
        &convert("train", "jsonl", "tiny/more.jsonl"),
        &["tiny/dataset.toml", "another description is there", "--describe"],
    );
    bench.refuse(
        &convert("valid", "jsonl", "new/valid.jsonl"),
        &["no file with role `valid`", "role = \"valid\""],
    );
}
