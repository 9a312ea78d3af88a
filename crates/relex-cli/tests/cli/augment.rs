//! `relex augment`, and training on what it makes.

use serde_json::Value;

use crate::bench::Bench;

const AUGMENT: [&str; 7] = [
    "augment",
    "--dataset",
    "tiny",
    "--split",
    "split.json",
    "--out",
    "new/more.jsonl",
];

fn with_recipes<'a>(recipes: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = AUGMENT.to_vec();
    arguments.extend(recipes.iter().flat_map(|recipe| ["--recipe", *recipe]));
    arguments
}

/// The header and the rows of a file.
fn lines(text: &str) -> (Value, Vec<Value>) {
    let mut lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (lines.next().unwrap(), lines.collect())
}

fn provenance(bench: &Bench) -> Value {
    serde_json::from_str(&bench.text("run/provenance.json")).unwrap()
}

#[test]
fn rows_are_made_of_training_rows_and_learnt_from() {
    let bench = Bench::with_split();
    let arguments = with_recipes(&["entity-masking", "punctuation-insertion", "word-deletion=0.2"]);
    let said = bench.succeed(&arguments);
    for part in ["entity-masking ", "made", "per:title", "in new/more.jsonl"] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    let first = bench.bytes("new/more.jsonl");
    bench.succeed(&arguments);
    assert_eq!(first, bench.bytes("new/more.jsonl"), "the same command made other rows");

    let (header, rows) = lines(&bench.text("new/more.jsonl"));
    let split: Value = serde_json::from_str(&bench.text("split.json")).unwrap();
    assert_eq!((&header["split"], &header["fold"]), (&split["hash"], &Value::from(0)));
    assert_eq!(header["rows"], rows.len());
    let train = bench.succeed(&["split", "ids", "split.json", "--dataset", "tiny", "--part", "train"]);
    let train: Vec<&str> = train.lines().collect();
    for row in &rows {
        assert!(train.contains(&row["parent"].as_str().unwrap()), "{row}");
        assert_ne!(row["label"], "no_relation");
    }

    let set = format!("data.augmented={}", bench.path("new/more.jsonl").display());
    bench.succeed(&["train", "--config", "tiny.toml", "--run", "run", "--set", &set]);
    let found = provenance(&bench);
    assert_eq!(found["augmented_rows"], rows.len());
    assert_eq!(found["train_rows"], 11 + rows.len());
    assert_eq!(found["valid_rows"], 5);
    // Prediction needs the split, not the augmented rows.
    bench.remove("new/more.jsonl");
    assert!(bench.succeed(&["predict", "--run", "run"]).contains("5 rows in"));
}

#[test]
fn a_subset_learns_from_its_own_children_only() {
    let bench = Bench::with_split();
    bench.succeed(&[&with_recipes(&["punctuation-insertion"])[..], &["--negative"]].concat());
    let (_, rows) = lines(&bench.text("new/more.jsonl"));
    assert_eq!(rows.len(), 11);
    let subset = [
        "split",
        "ids",
        "split.json",
        "--dataset",
        "tiny",
        "--part",
        "train",
        "--max-rows",
        "4",
    ];
    assert_eq!(bench.succeed(&subset).lines().count(), 4);
    bench.succeed(&[
        "train",
        "--config",
        "tiny.toml",
        "--run",
        "run",
        "--set",
        "data.max_train_rows=4",
        "--set",
        "data.augmented=new/more.jsonl",
    ]);
    assert_eq!(provenance(&bench)["augmented_rows"], 4);
    assert_eq!(provenance(&bench)["train_rows"], 8);
}

/// Row 2 comes a second time, with another label.
#[test]
fn a_split_that_settled_conflicts_is_augmented_and_trained_on() {
    let bench = Bench::new();
    let text = bench.text("tiny/train.csv");
    let row = text.lines().nth(3).unwrap();
    let (id, rest) = row.split_once(',').unwrap();
    let other = rest.replace("per:title", "no_relation");
    assert_ne!(rest, other);
    bench.write("tiny/train.csv", format!("{}\n{id}00,{other}\n", text.trim_end()));
    for policy in ["majority", "drop", "drop-negative", "first"] {
        if bench.path("split.json").exists() {
            bench.remove("split.json");
        }
        let create = [
            "split",
            "create",
            "--dataset",
            "tiny",
            "--out",
            "split.json",
            "--valid-fraction",
            "0.3",
        ];
        let said = bench.succeed(&[&create[..], &["--conflicts", policy]].concat());
        assert!(said.contains("conflicts: 1 group"), "{said}");
        bench.succeed(&with_recipes(&["punctuation-insertion"]));
    }
    let set = format!("data.augmented={}", bench.path("new/more.jsonl").display());
    bench.succeed(&["train", "--config", "tiny.toml", "--run", "run", "--set", &set]);
}

#[test]
fn labels_are_filled_up_and_paraphrases_taken_in() {
    let bench = Bench::with_split();
    // Row 2 is a training row, 8 a validation row.
    bench.write(
        "said.csv",
        "parent,sentence\n2,도예린이라는 시인이 있다.\n2,시인이 있다.\n8,해오름도서관은 열두 해 닫혀 있었다.\n",
    );
    let said = bench.succeed(&[&AUGMENT[..], &["--paraphrases", "said.csv"]].concat());
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "paraphrase 1 2",
        "refused: the parent is no training row 1",
        "refused: the subject is not in it 1",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }

    let fill = ["--balance", "factor=1", "--per-label", "per:title=12"];
    let said = bench.succeed(&[&with_recipes(&["word-swap", "punctuation-insertion"])[..], &fill].concat());
    assert!(said.contains("per:title") && said.contains("12"), "{said}");
    let (_, rows) = lines(&bench.text("new/more.jsonl"));
    // Five training rows are per:title.
    assert!(rows.len() == 7 && rows.iter().all(|row| row["label"] == "per:title"));
    let enough = ["--balance", "factor=1"];
    bench.refuse(
        &[&with_recipes(&["word-swap"])[..], &enough].concat(),
        &["no row was made", "every label has the rows"],
    );
}

#[test]
fn children_are_shown_beneath_their_parents() {
    let bench = Bench::with_split();
    let arguments = [&with_recipes(&["entity-masking"])[..], &["-v"]].concat();
    let output = bench.command(&arguments).assert().success().get_output().clone();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("+entity-masking-1: ") && said.contains('['), "{said}");
}

#[test]
fn what_cannot_be_asked() {
    let bench = Bench::with_split();
    bench.refuse(
        &with_recipes(&["word-swop"]),
        &["word-swop", "did you mean `word-swap`?"],
    );
    bench.refuse(&with_recipes(&["paraphrase"]), &["--paraphrases"]);
    bench.refuse(
        &with_recipes(&["word-swap", "word-swap=0.2"]),
        &["word-swap is named twice"],
    );
    let with = |more: &[&'static str]| [&with_recipes(&["word-swap"])[..], more].concat();
    bench.refuse(&with(&["--fold", "3"]), &["fold 3 does not exist"]);
    bench.refuse(
        &with(&["--balance", "most=3"]),
        &["`most=3` is no balance", "at-least=N"],
    );
    bench.refuse(
        &with(&["--per-label", "per:titel=3"]),
        &["no label `per:titel`", "did you mean `per:title`?"],
    );
    bench.refuse(
        &with(&["--per-label", "per:title"]),
        &["--per-label per:title", "LABEL=N"],
    );
    bench.refuse(&with(&["--paraphrases", "none.csv"]), &["cannot read none.csv"]);
    // No label of this set has an inverse.
    bench.refuse(
        &with_recipes(&["role-swap"]),
        &["no row was made: role-swap refused 8, because the label has no inverse"],
    );
}

#[test]
fn data_that_is_not_the_splits() {
    let bench = Bench::with_split();
    bench.edit("tiny/train.csv", "어제 사표를", "오늘 사표를");
    bench.refuse(
        &with_recipes(&["word-swap"]),
        &["tiny/train.csv and split.json", "row `6` was edited"],
    );
}

#[test]
fn training_refuses_rows_of_another_split() {
    let bench = Bench::with_split();
    bench.succeed(&with_recipes(&["word-swap"]));
    let train = [
        "train",
        "--config",
        "tiny.toml",
        "--run",
        "run",
        "--set",
        "data.augmented=new/more.jsonl",
    ];
    bench.remove("split.json");
    bench.succeed(&[
        "split",
        "create",
        "--dataset",
        "tiny",
        "--out",
        "split.json",
        "--folds",
        "2",
    ]);
    bench.refuse(&train, &["new/more.jsonl, line 1", "made for the split with the hash"]);
    bench.succeed(&with_recipes(&["word-swap"]));
    bench.refuse(
        &[&train[..], &["--set", "data.fold=1"]].concat(),
        &[
            "new/more.jsonl, line 1",
            "training side of fold 0",
            "make them again for fold 1",
        ],
    );
    bench.edit("new/more.jsonl", "\"start_idx\":0", "\"start_idx\":1");
    bench.refuse(&train, &["new/more.jsonl, line ", "should read"]);
    bench.remove("new/more.jsonl");
    bench.refuse(&train, &["cannot read new/more.jsonl"]);
}
