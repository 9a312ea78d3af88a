//! Data that is no longer what its split was made from, and manifests that are no manifests.

use crate::bench::Bench;

const TRAIN: [&str; 5] = ["train", "--config", "tiny.toml", "--run", "new/run"];

fn check_changed_data(from: &str, to: &str, parts: &[&str]) {
    let bench = Bench::with_run();
    bench.edit("tiny/train.csv", from, to);
    let parts = [parts, &["restore the data file or make a new split"]].concat();
    let of_run = [&parts[..], &["tiny/train.csv and run/split.json"]].concat();
    let parts = [&parts[..], &["tiny/train.csv and split.json"]].concat();
    bench.refuse(&["split", "verify", "split.json", "--dataset", "tiny"], &parts);
    bench.refuse(
        &["split", "ids", "split.json", "--dataset", "tiny", "--part", "train"],
        &parts,
    );
    bench.refuse(&TRAIN, &parts);
    bench.refuse(&["predict", "--run", "run", "--out", "new/valid.csv"], &of_run);
}

#[test]
fn edited_sentence() {
    check_changed_data(
        "어제 사표를",
        "오늘 사표를",
        &["row `6` was edited", "1 edited, 0 missing and 0 added"],
    );
}

#[test]
fn swapped_label() {
    check_changed_data(
        "'type': 'LOC'}\",no_relation",
        "'type': 'LOC'}\",per:title",
        &["row `3` was edited: its label was `no_relation` and is now `per:title`"],
    );
}

#[test]
fn missing_row() {
    let row = "13,산하제지는 은빛나루와 종이 값을 두고 다투고 있다.,\
        \"{'word': '산하제지', 'start_idx': 0, 'end_idx': 3, 'type': 'ORG'}\",\
        \"{'word': '은빛나루', 'start_idx': 6, 'end_idx': 9, 'type': 'ORG'}\",no_relation,invented\n";
    check_changed_data(row, "", &["row `13` is missing", "0 edited, 1 missing and 0 added"]);
}

#[test]
fn renamed_row() {
    check_changed_data(
        "\n8,",
        "\n80,",
        &["row `8` is missing", "0 edited, 1 missing and 1 added"],
    );
}

/// Under another split, rows that were learnt from would count as validation rows.
#[test]
fn another_split_than_the_run_was_trained_with() {
    let bench = Bench::with_run();
    let create = [
        "split",
        "create",
        "--dataset",
        "tiny",
        "--out",
        "split.json",
        "--valid-fraction",
        "0.3",
        "--seed",
        "5",
    ];
    bench.refuse(&create, &["split.json", "never overwritten", "choose another --out"]);
    bench.remove("split.json");
    bench.succeed(&create);
    bench.succeed(&create); // the same split again changes nothing
    let predict = ["predict", "--run", "run", "--out", "new/valid.csv"];
    bench.refuse(
        &[&predict[..], &["--split", "split.json"]].concat(),
        &[
            "split.json: not the split that run was trained with",
            "give that one with --split",
        ],
    );
    // The run has a copy of its own.
    bench.succeed(&predict);
    assert_eq!(bench.bytes("new/valid.csv"), bench.bytes("run/predictions/valid.csv"));
}

/// Gold labels must be those that the run was measured on.
#[test]
fn predictions_are_not_scored_against_changed_data() {
    let bench = Bench::with_run();
    let valid = bench.succeed(&["split", "ids", "split.json", "--dataset", "tiny", "--part", "valid"]);
    assert!(
        valid.lines().any(|id| id == "8"),
        "row 8 is not a validation row: {valid}"
    );
    bench.edit(
        "tiny/train.csv",
        "'type': 'NOH'}\",no_relation",
        "'type': 'NOH'}\",per:title",
    );
    bench.refuse(
        &["evaluate", "--run", "run"],
        &[
            "run/predictions/valid.csv",
            "\"tiny\"",
            "not those that were predicted",
            "predict again",
        ],
    );
}

/// The test rows' ids occur among the training rows, too.
#[test]
fn predictions_of_other_rows_are_not_scored() {
    let bench = Bench::with_run();
    bench.succeed(&["predict", "--run", "run", "--rows", "test"]);
    bench.refuse(
        &["evaluate", "--predictions", "run/submission.csv", "--dataset", "tiny"],
        &["run/submission.csv", "not those that were predicted"],
    );
}

#[test]
fn truncated_manifest() {
    let bench = Bench::with_split();
    bench.truncate("split.json", 50);
    let parts = [
        "split.json, line ",
        "not a split manifest",
        "restore the file or make the split again",
    ];
    bench.refuse(&["split", "show", "split.json"], &parts);
    bench.refuse(&["split", "verify", "split.json", "--dataset", "tiny"], &parts);
    bench.refuse(&TRAIN, &parts);
}

#[test]
fn edited_manifest() {
    let bench = Bench::with_split();
    bench.edit("split.json", "\"fold\":0", "\"fold\":null");
    let parts = [
        "split.json",
        "edited after it was written",
        "restore the file or make the split again",
    ];
    bench.refuse(&["split", "show", "split.json"], &parts);
    bench.refuse(&TRAIN, &parts);
}

#[test]
fn missing_manifest() {
    let bench = Bench::new();
    bench.refuse(
        &["split", "show", "split.json"],
        &["cannot read split.json", "check that the file is there"],
    );
    bench.refuse(&TRAIN, &["cannot read split.json", "check that the file is there"]);
}

#[test]
fn folds_and_shares_that_cannot_be() {
    let bench = Bench::with_split();
    let create = ["split", "create", "--dataset", "tiny", "--out", "new/split.json"];
    bench.refuse(
        &[&create[..], &["--folds", "100"]].concat(),
        &["100 folds", "the data has 9", "fewer parts"],
    );
    bench.refuse(
        &[&create[..], &["--valid-fraction", "2"]].concat(),
        &["valid_fraction = 2", "between 0 and 1"],
    );
    let ids = ["split", "ids", "split.json", "--dataset", "tiny", "--part"];
    bench.refuse(
        &[&ids[..], &["train", "--fold", "3"]].concat(),
        &["fold 3 does not exist", "whose only fold is 0"],
    );
    bench.refuse(
        &[&ids[..], &["valid", "--max-rows", "3"]].concat(),
        &["--max-rows", "--part train"],
    );
}
