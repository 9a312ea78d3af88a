//! One choice about bad rows, and the same rows everywhere.

use predicates::prelude::*;
use serde_json::Value;

use crate::bench::Bench;

/// One row with a wrong offset, one with a label that does not exist.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.edit(
        "tiny/train.csv",
        "'start_idx': 15, 'end_idx': 17, 'type': 'LOC'",
        "'start_idx': 16, 'end_idx': 18, 'type': 'LOC'",
    );
    bench.edit("tiny/train.csv", "per:title,invented", "per:titel,invented");
    bench
}

/// Two files are read, and the account of neither is lost.
#[test]
fn the_bad_rows_of_every_file_are_listed() {
    let bench = bench();
    for arguments in [
        &["--against-test"][..],
        &["--against", "tiny"],
        &["--against", "tiny/train.csv"],
    ] {
        let audit = [
            "audit",
            "--dataset",
            "tiny",
            "--on-bad-row",
            "skip",
            "--bad-rows",
            "bad.json",
        ];
        bench.succeed(&[&audit[..], arguments].concat());
        let reports: Vec<Value> = serde_json::from_str(&bench.text("bad.json")).unwrap();
        assert_eq!(reports.len(), 2, "{arguments:?}");
        assert_eq!(reports[0]["refused"], 2, "{arguments:?}");
    }
}

#[test]
fn failing_names_the_way_out() {
    bench().refuse(
        &["audit", "--dataset", "tiny", "--bad-rows", "bad.json"],
        &["row 2 (line 3), column `label`", "--on-bad-row skip and repair"],
    );
}

#[test]
fn skipped_and_repaired_rows_are_counted_and_listed() {
    let bench = bench();
    for (choice, repaired, refused) in [("skip", 0, 2), ("repair", 1, 1)] {
        let arguments = [
            "audit",
            "--dataset",
            "tiny",
            "--on-bad-row",
            choice,
            "--bad-rows",
            "new/bad.json",
        ];
        bench
            .command(&arguments)
            .assert()
            .success()
            .stdout(predicate::str::is_match(format!(" rows +{}\n", 16 - refused)).unwrap())
            .stderr(predicate::str::contains(format!(
                "16 rows, {repaired} repaired, {refused} left out"
            )))
            .stderr(predicate::str::contains("row 2 (line 3), column `label`"));
        let reports: Vec<Value> = serde_json::from_str(&bench.text("new/bad.json")).unwrap();
        let [report] = &reports[..] else { panic!("{reports:?}") };
        assert_eq!(
            (&report["repaired"], &report["refused"]),
            (&repaired.into(), &refused.into())
        );
        assert_eq!(report["bad_rows"].as_array().unwrap().len(), 2);
        assert_eq!(report["bad_rows"][1]["kind"], "word-mismatch");
    }
}

#[test]
fn training_reads_the_rows_that_the_split_was_made_from() {
    let bench = bench();
    let split = [
        "split",
        "create",
        "--dataset",
        "tiny",
        "--valid-fraction",
        "0.3",
        "--out",
        "split.json",
    ];
    bench.succeed(&[&split[..], &["--on-bad-row", "repair"]].concat());
    let verify = ["split", "verify", "split.json", "--dataset", "tiny", "--on-bad-row"];
    bench.succeed(&[&verify[..], &["repair"]].concat());
    bench
        .command(&[&verify[..], &["skip"]].concat())
        .assert()
        .code(2)
        .stderr(predicate::str::contains("does not match its split manifest"));

    let train = ["train", "--config", "tiny.toml", "--run", "run"];
    bench.refuse(&train, &["row 2 (line 3), column `label`", "data.on_bad_row"]);
    bench
        .command(&[&train[..], &["--set", "data.on_bad_row=repair"]].concat())
        .assert()
        .success()
        .stderr(predicate::str::contains("1 repaired, 1 left out"));
    assert!(bench.text("run/config.toml").contains("on_bad_row = \"repair\""));
    bench.succeed(&["predict", "--run", "run"]);
    bench.succeed(&["evaluate", "--run", "run"]);
    bench.succeed(&["report", "--run", "run"]);
}

/// New rows have no labels yet, or some that are not those of the data set.
#[test]
fn labels_of_rows_to_predict_are_not_looked_at() {
    let bench = Bench::with_run();
    let predict = ["predict", "--run", "run", "--input"];
    bench.write("rows.csv", bench.bytes("tiny/train.csv"));
    bench.succeed(&[&predict[..], &["rows.csv", "--out", "before.csv"]].concat());
    let text = bench.text("rows.csv");
    bench.write(
        "rows.csv",
        text.replace(",per:title,", ",,").replace(",no_relation,", ",?,"),
    );
    bench.succeed(&[&predict[..], &["rows.csv", "--out", "after.csv"]].concat());
    assert_eq!(bench.text("before.csv"), bench.text("after.csv"));
    let row = text
        .lines()
        .nth(1)
        .unwrap()
        .replace(",org:top_members/employees,invented", "");
    bench.write(
        "rows.jsonl",
        "{\"id\": 1, \"sentence\": \"가 나\", \"label\": {\"not\": 1}, \"source\": null, \
         \"subject_entity\": {\"word\": \"가\", \"start_idx\": 0, \"end_idx\": 0, \"type\": \"PER\"}, \
         \"object_entity\": {\"word\": \"나\", \"start_idx\": 2, \"end_idx\": 2, \"type\": \"PER\"}}",
    );
    bench.succeed(&[&predict[..], &["rows.jsonl", "--out", "json.csv"]].concat());
    bench.write(
        "rows.csv",
        format!("id,sentence,subject_entity,object_entity,source\n{row},invented\n"),
    );
    bench.succeed(&[&predict[..], &["rows.csv", "--out", "one.csv"]].concat());
    assert_eq!(bench.text("one.csv").lines().count(), 2);
}

#[test]
fn bad_rows_to_predict_are_left_out_and_listed() {
    let bench = Bench::with_run();
    let text = bench.text("tiny/train.csv");
    bench.write("rows.csv", text.replacen("'end_idx': 3,", "'end_idx': 2,", 1));
    bench.succeed(&["export", "run", "model"]);
    for classifier in [&["--run", "run"][..], &["--model", "model", "--dataset", "tiny"]] {
        let predict = [&["predict", "--input", "rows.csv", "--out", "out.csv"][..], classifier].concat();
        bench.refuse(&predict, &["row 1 (line 2)", "--on-bad-row skip and repair"]);
        for (choice, rows) in [("skip", 15), ("repair", 16)] {
            bench.succeed(&[&predict[..], &["--on-bad-row", choice, "--bad-rows", "bad.json"]].concat());
            assert_eq!(bench.text("out.csv").lines().count(), 1 + rows, "{choice}");
            let reports: Vec<Value> = serde_json::from_str(&bench.text("bad.json")).unwrap();
            assert_eq!(reports[0]["refused"], 16 - rows, "{choice}");
        }
        bench.remove("out.csv");
        bench.remove("out.csv.meta.json");
        bench.remove("bad.json");
    }
}
