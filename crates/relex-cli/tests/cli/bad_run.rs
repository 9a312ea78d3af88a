//! Run folders in the wrong state, and damaged submissions.

use crate::bench::Bench;

#[test]
fn folder_that_holds_a_run_is_not_trained_into() {
    let bench = Bench::with_run();
    bench.refuse(
        &["train", "--config", "tiny.toml", "--run", "run"],
        &["run: this folder already holds a run", "--run"],
    );
}

#[test]
fn folder_that_only_looks_finished_is_not_taken_for_a_run() {
    let bench = Bench::with_split();
    std::fs::create_dir_all(bench.path("left/checkpoints/step-1")).unwrap();
    bench.write("left/provenance.json", "{}");
    bench.refuse(
        &["train", "--config", "tiny.toml", "--run", "left"],
        &["left: this folder already holds a run"],
    );
    assert!(bench.path("left/checkpoints/step-1").exists());
}

#[test]
fn folder_that_is_no_run() {
    let bench = Bench::new();
    for command in ["predict", "evaluate", "report"] {
        bench.refuse(
            &[command, "--run", "tiny"],
            &["tiny: not the folder of a run", "config.toml", "relex train --run tiny"],
        );
        bench.refuse(
            &[command, "--run", "nowhere"],
            &["nowhere: not the folder of a run", "there is no such folder"],
        );
    }
}

#[test]
fn commands_out_of_order() {
    let bench = Bench::with_split();
    bench.succeed(&["train", "--config", "tiny.toml", "--run", "run"]);
    bench.refuse(
        &["evaluate", "--run", "run"],
        &[
            "run/predictions/valid.csv",
            "no predictions yet",
            "run `relex predict --run run` first",
        ],
    );
    bench.refuse(
        &["report", "--run", "run"],
        &[
            "valid.evaluation.json",
            "no scores yet",
            "run `relex evaluate --run run` first",
        ],
    );
}

#[test]
fn weights_missing_or_damaged() {
    let predict = ["predict", "--run", "run", "--out", "new/out.csv"];
    let bench = Bench::with_run();
    bench.truncate("run/best/model.safetensors", 50);
    bench.refuse(
        &predict,
        &["run/best/model.safetensors", "not a whole safetensors file"],
    );
    bench.remove("run/best/relex.json");
    bench.refuse(&predict, &["run/best", "no relex.json here", "train one"]);
    std::fs::remove_dir_all(bench.path("run/best")).unwrap();
    bench.refuse(&predict, &["run/best", "no trained weights", "train again"]);
}

#[test]
fn labels_in_another_order_than_the_classifier_learnt() {
    let bench = Bench::with_run();
    bench.edit(
        "tiny/dataset.toml",
        "\"org:top_members/employees\", \"per:title\"",
        "\"per:title\", \"org:top_members/employees\"",
    );
    bench.refuse(
        &["predict", "--run", "run", "--rows", "test"],
        &[
            "run/best",
            "labels, or another order of them",
            "dataset.toml",
            "restore that file or train again",
        ],
    );
}

#[test]
fn input_of_an_unknown_format() {
    let bench = Bench::with_run();
    bench.write("rows.xlsx", "");
    bench.refuse(
        &[
            "predict",
            "--run",
            "run",
            "--input",
            "rows.xlsx",
            "--out",
            "new/out.csv",
        ],
        &["rows.xlsx", "use .csv, .tsv, .json, .jsonl or .txt"],
    );
}

fn check_submission(from: &str, to: &str, parts: &[&str]) {
    let bench = Bench::new();
    bench.write("submission.csv", SUBMISSION);
    bench.succeed(&["lint-submission", "submission.csv", "--dataset", "tiny"]);
    bench.edit("submission.csv", from, to);
    let parts = [&["submission.csv", "relex predict --rows test"], parts].concat();
    bench.refuse(&["lint-submission", "submission.csv", "--dataset", "tiny"], &parts);
}

const SUBMISSION: &str = "id,pred_label,probs\n\
    0,per:title,\"[0.25, 0.25, 0.5]\"\n\
    1,no_relation,\"[0.5, 0.25, 0.25]\"\n\
    2,org:top_members/employees,\"[0.125, 0.75, 0.125]\"\n";

#[test]
fn damaged_submission() {
    check_submission("pred_label", "label", &["\"pred_label\" is missing"]);
    check_submission(
        "per:title",
        "per:titel",
        &["row 1 (line 2)", "labels outside", "per:titel"],
    );
    check_submission(
        "1,no_relation",
        "7,no_relation",
        &["row 2 (line 3)", "id \"7\"", "id 1"],
    );
    check_submission("\n2,", "\n1,", &["row 3 (line 4)", "id 1 is already in row 2"]);
    check_submission("0.75", "0.5", &["row 3 (line 4)", "0.75"]);
    check_submission("0.25, 0.5]", "0.75]", &["row 1 (line 2)"]);
    check_submission("1,no_relation", "1,per:title", &["row 2 (line 3)", "per:title"]);
    check_submission(
        "2,org:top_members/employees,\"[0.125, 0.75, 0.125]\"\n",
        "",
        &["2 rows", "id 2"],
    );
}

#[test]
fn submission_that_is_not_there() {
    Bench::new().refuse(
        &["lint-submission", "nowhere.csv", "--dataset", "tiny"],
        &["cannot read nowhere.csv", "check the path"],
    );
}
