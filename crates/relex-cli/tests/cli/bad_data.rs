//! Each mistake is made in an otherwise good data set; no command that reads it may go on.

use crate::bench::Bench;

/// Edits a file of the data set; every command must refuse it in the same words.
fn check(file: &str, edit: impl FnOnce(&Bench), parts: &[&str]) {
    let bench = Bench::with_split();
    edit(&bench);
    let parts = [&[file], parts].concat();
    bench.refuse(&["audit", "--dataset", "tiny", "--json", "new/findings.json"], &parts);
    bench.refuse(
        &["split", "create", "--dataset", "tiny", "--out", "new/split.json"],
        &parts,
    );
    bench.refuse(&["split", "verify", "split.json", "--dataset", "tiny"], &parts);
    bench.refuse(&["train", "--config", "tiny.toml", "--run", "new/run"], &parts);
}

fn check_train_csv(from: &'static str, to: &'static str, parts: &[&str]) {
    check("tiny/train.csv", |bench| bench.edit("tiny/train.csv", from, to), parts);
}

#[test]
fn missing_column() {
    check_train_csv(
        "id,sentence,subject_entity",
        "id,sentence,subject_entitty",
        &[
            "line 1, column `subject_entity`",
            "missing",
            "did you mean `subject_entitty`",
            "[fields] in dataset.toml",
        ],
    );
}

#[test]
fn broken_dict() {
    check_train_csv(
        "{'word': '시인', 'start_idx': 0",
        "{'word': '시인, 'start_idx': 0",
        &[
            "row 3 (line 4), column `object_entity`",
            "not a dict",
            "write it as {'word': '…'",
        ],
    );
}

#[test]
fn entity_without_its_end() {
    check_train_csv(
        "'start_idx': 15, 'end_idx': 17, 'type': 'LOC'",
        "'start_idx': 15, 'end': 17, 'type': 'LOC'",
        &[
            "row 4 (line 5), column `object_entity`",
            "no key `end_idx`",
            "complete the entity",
        ],
    );
}

#[test]
fn offset_that_does_not_point_at_the_word() {
    check_train_csv(
        "'start_idx': 15, 'end_idx': 17, 'type': 'LOC'",
        "'start_idx': 16, 'end_idx': 18, 'type': 'LOC'",
        &[
            "row 4 (line 5), column `object_entity`",
            "16..18 point at `개리에`, but the entity's word is `솔개리`",
            "the word stands at start_idx = 15, end_idx = 17: correct the offsets",
        ],
    );
}

#[test]
fn offset_beyond_the_sentence() {
    check_train_csv(
        "'start_idx': 15, 'end_idx': 17, 'type': 'LOC'",
        "'start_idx': 15, 'end_idx': 1700, 'type': 'LOC'",
        &[
            "row 4 (line 5), column `object_entity`",
            "end_idx = 1700",
            "the sentence has 25 characters",
            "correct",
        ],
    );
}

#[test]
fn label_outside_the_list() {
    check_train_csv(
        "per:title,invented",
        "per:titel,invented",
        &[
            "row 2 (line 3), column `label`",
            "`per:titel`",
            "did you mean `per:title`",
            "`labels`",
            "dataset.toml",
        ],
    );
}

#[test]
fn unknown_entity_type() {
    check_train_csv(
        "'type': 'LOC'",
        "'type': 'LOCATION'",
        &[
            "row 4 (line 5), column `object_entity`",
            "unknown entity type `LOCATION`",
            "[type_words] in dataset.toml",
        ],
    );
}

#[test]
fn row_with_too_few_fields() {
    check_train_csv(
        "0,가람전자의 새 대표로 한서윤이 뽑혔다.,",
        "0,가람전자의 새 대표로 한서윤이 뽑혔다.",
        &["row 1 (line 2)", "fields", "double quotes"],
    );
}

#[test]
fn repeated_id() {
    check_train_csv(
        "\n1,",
        "\n0,",
        &[
            "row 2",
            "column `id`",
            "`0` was already used by row 1",
            "give every row its own",
        ],
    );
}

#[test]
fn empty_file() {
    for content in ["", "\n", "id,sentence,subject_entity,object_entity,label,source\n"] {
        check(
            "tiny/train.csv",
            |bench| bench.write("tiny/train.csv", content),
            &["holds no data row", "check that it is the right file"],
        );
    }
}

#[test]
fn file_in_another_encoding() {
    // "한국" in CP949.
    check(
        "tiny/train.csv",
        |bench| bench.write("tiny/train.csv", b"id,sentence\n0,\xc7\xd1\xb1\xb9\n"),
        &["line 2", "not UTF-8", "save the file as UTF-8"],
    );
}

#[test]
fn missing_file() {
    check(
        "tiny",
        |bench| bench.remove("tiny/train.csv"),
        &["holds no file with role `train` of data set `tiny`", "put `train.csv`"],
    );
}

#[test]
fn misspelt_key_in_the_description() {
    check(
        "tiny/dataset.toml",
        |bench| bench.edit("tiny/dataset.toml", "negative_label", "negative_lable"),
        &[
            "line 9",
            "unknown field `negative_lable`",
            "did you mean `negative_label`",
        ],
    );
}

#[test]
fn data_set_that_does_not_exist() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.path("datasets/known")).unwrap();
    bench.write("datasets/known/dataset.toml", "");
    bench.refuse(
        &["audit", "--dataset", "nowhere"],
        &[
            "\"nowhere\"",
            "nowhere/dataset.toml",
            "datasets/nowhere/dataset.toml",
            "give a folder",
            "known",
        ],
    );
}

#[test]
fn bad_test_rows_are_refused_before_anything_is_predicted() {
    let bench = Bench::with_run();
    bench.edit("tiny/test.csv", "'type': 'DAT'", "'type': 'DATE'");
    let parts = [
        "tiny/test.csv, row 3 (line 4), column `object_entity`",
        "`DATE`",
        "did you mean `DAT`",
    ];
    bench.refuse(
        &["predict", "--run", "run", "--rows", "test", "--out", "new/out.csv"],
        &parts,
    );
    bench.refuse(
        &[
            "predict",
            "--run",
            "run",
            "--input",
            "tiny/test.csv",
            "--out",
            "new/out.csv",
        ],
        &parts,
    );
}
