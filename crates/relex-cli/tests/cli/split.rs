//! Every strategy and conflict policy, from the flags to the score.

use std::collections::BTreeSet;

use crate::bench::Bench;

fn create<'a>(out: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    [&["split", "create", "--dataset", "tiny", "--out", out], flags].concat()
}

fn ids(bench: &Bench, manifest: &str, flags: &[&str]) -> BTreeSet<usize> {
    let told = bench.succeed(&[&["split", "ids", manifest, "--dataset", "tiny"], flags].concat());
    told.lines().map(|id| id.parse().unwrap()).collect()
}

#[test]
fn every_strategy_is_made_shown_verified_and_listed() {
    let bench = Bench::new();
    bench.write("mix.json", "{\"no_relation\": 3, \"per:title\": 1}");
    for (strategy, flags, folds, said) in [
        (
            "random",
            &["--valid-fraction", "0.25"][..],
            1,
            "random hold-out of 0.25",
        ),
        (
            "stratified",
            &["--valid-fraction", "0.25"],
            1,
            "stratified hold-out of 0.25",
        ),
        (
            "duplicate-aware",
            &["--valid-fraction", "0.3"],
            1,
            "duplicate-aware hold-out of 0.3",
        ),
        ("grouped", &[], 1, "grouped hold-out of 0.1"),
        (
            "prior-matched",
            &["--valid-fraction", "0.25", "--prior", "mix.json"],
            1,
            "prior-matched hold-out of 0.25",
        ),
        ("k-fold", &["--folds", "3"], 3, "3-fold"),
        ("stratified-k-fold", &["--folds", "2"], 2, "stratified 2-fold"),
        ("grouped-k-fold", &[], 5, "grouped 5-fold"),
        (
            "hold-out-and-folds",
            &["--folds", "2"],
            2,
            "grouped hold-out of 0.1, 2-fold in the rest",
        ),
    ] {
        let out = format!("{strategy}.json");
        let told = bench.succeed(&create(&out, &[&["--strategy", strategy], flags].concat()));
        let shown = bench.succeed(&["split", "show", &out]);
        assert!(
            told.starts_with(&shown[..shown.len() - 1]) && told.contains(said),
            "{told}"
        );
        bench.succeed(&["split", "verify", &out, "--dataset", "tiny"]);
        let held_out = match strategy {
            "hold-out-and-folds" => ids(&bench, &out, &["--part", "hold-out"]),
            _ => BTreeSet::new(),
        };
        for fold in 0..folds {
            let fold = fold.to_string();
            let part = |part| ids(&bench, &out, &["--part", part, "--fold", &fold]);
            let parts = [part("train"), part("valid"), held_out.clone()];
            assert_eq!(
                parts.iter().map(BTreeSet::len).sum::<usize>(),
                16,
                "{strategy}: {parts:?}"
            );
            assert_eq!(parts.into_iter().flatten().collect::<BTreeSet<_>>(), (0..16).collect());
        }
    }
}

#[test]
fn a_leak_is_counted_and_said() {
    let bench = Bench::new();
    // All but two of the 16 rows share their sentence with another one.
    let told = bench.succeed(&create(
        "random.json",
        &["--strategy", "k-fold", "--folds", "16", "--tier", "identical"],
    ));
    assert!(
        told.contains("leak: 14 of 16 validation rows share a sentence with training"),
        "{told}"
    );
    let told = bench.succeed(&create("grouped.json", &["--tier", "identical"]));
    assert!(
        told.contains("leak: none; no validation rows share a sentence with training"),
        "{told}"
    );
}

#[test]
fn a_flag_that_the_strategy_has_no_use_for() {
    let bench = Bench::new();
    let refuse = |flags: &[&str], parts: &[&str]| bench.refuse(&create("new/split.json", flags), parts);
    refuse(
        &["--strategy", "grouped", "--folds", "3"],
        &[
            "--folds is not for --strategy grouped, which takes --valid-fraction",
            "grouped-k-fold",
        ],
    );
    refuse(
        &["--folds", "3", "--valid-fraction", "0.2"],
        &["--valid-fraction is not for --strategy grouped-k-fold"],
    );
    refuse(
        &["--hold-out-fraction", "0.2"],
        &[
            "--hold-out-fraction is not for --strategy grouped",
            "hold-out-and-folds",
        ],
    );
    refuse(
        &["--strategy", "random", "--prior", "mix.json"],
        &["--prior is not for --strategy random", "prior-matched"],
    );
    refuse(&["--strategy", "prior-matched"], &["needs --prior FILE"]);
}

#[test]
fn mixes_that_cannot_be_drawn() {
    let bench = Bench::new();
    let refuse = |mix: &str, parts: &[&str]| {
        bench.write("mix.json", mix);
        let flags = [
            "--strategy",
            "prior-matched",
            "--prior",
            "mix.json",
            "--valid-fraction",
            "0.5",
        ];
        bench.refuse(&create("new/split.json", &flags), parts);
    };
    refuse("{\"per:titel\": 1}", &["`per:titel`", "did you mean `per:title`?"]);
    refuse(
        "{\"per:title\": 1}",
        &["`per:title` has", "but 8 are wanted", "a valid_fraction of at most"],
    );
    refuse(
        "[1, 2]",
        &[
            "mix.json: not a mix of labels",
            "a JSON object of label names and shares",
        ],
    );
    bench.remove("mix.json");
    let flags = ["--strategy", "prior-matched", "--prior", "mix.json"];
    bench.refuse(
        &create("new/split.json", &flags),
        &["mix.json: not a mix of labels", "No such file"],
    );
}

#[test]
fn more_rows_than_there_are() {
    let bench = Bench::with_split();
    let flags = [
        "split",
        "ids",
        "split.json",
        "--dataset",
        "tiny",
        "--part",
        "train",
        "--max-rows",
        "12",
    ];
    bench.refuse(
        &flags,
        &[
            "a subset of 12 training rows",
            "there are 11",
            "ask for as many at most",
        ],
    );
    let train = [
        "train",
        "--config",
        "tiny.toml",
        "--run",
        "new/run",
        "--set",
        "data.max_train_rows=12",
    ];
    bench.refuse(
        &train,
        &[
            "data.max_train_rows = 12",
            "fold 0 has 11 training rows",
            "leave the setting out",
        ],
    );
}

#[test]
fn differences_and_whether_scores_may_be_compared() {
    let bench = Bench::with_split();
    let same = bench.succeed(&["split", "diff", "split.json", "split.json"]);
    assert!(
        same.contains("moved            0 rows") && same.contains("scores may be compared"),
        "{same}"
    );
    bench.succeed(&create("other.json", &["--valid-fraction", "0.3", "--seed", "5"]));
    let other = bench.succeed(&["split", "diff", "split.json", "other.json"]);
    for part in [
        "(fold 0 → train)",
        "(train → fold 0)",
        "Jaccard 0.",
        "scores must not be compared",
    ] {
        assert!(other.contains(part), "{part:?} is not in {other}");
    }
    bench.succeed(&create("folds.json", &["--folds", "2"]));
    bench.succeed(&create("others.json", &["--folds", "3"]));
    let folds = bench.succeed(&["split", "diff", "folds.json", "others.json"]);
    assert!(
        folds.contains("scores may be compared over all folds together only"),
        "{folds}"
    );
}

/// Row 8 again, with another answer than its `no_relation`.
fn contradict(bench: &Bench) {
    let text = bench.text("tiny/train.csv");
    let row = text.lines().find(|line| line.starts_with("8,")).unwrap();
    let twin = row.replacen("8,", "16,", 1).replace(",no_relation,", ",per:title,");
    assert_ne!(row[1..], twin[2..]);
    bench.write("tiny/train.csv", format!("{text}{twin}\n"));
}

#[test]
fn conflicts_are_settled_before_anything_else() {
    let bench = Bench::new();
    contradict(&bench);
    for (policy, left, said) in [
        (
            "keep",
            17,
            "policy keep: 0 rows dropped, 0 relabelled, 1 group left unresolved",
        ),
        (
            "majority",
            17,
            "policy majority: 0 rows dropped, 1 relabelled, 0 groups left unresolved",
        ),
        (
            "first",
            17,
            "policy first: 0 rows dropped, 1 relabelled, 0 groups left unresolved",
        ),
        (
            "drop",
            15,
            "policy drop: 2 rows dropped, 0 relabelled, 0 groups left unresolved",
        ),
        (
            "drop-negative",
            16,
            "policy drop-negative: 1 row dropped, 0 relabelled, 0 groups left unresolved",
        ),
    ] {
        let out = format!("{policy}.json");
        let told = bench.succeed(&create(&out, &["--conflicts", policy]));
        assert!(told.contains("conflicts: 1 group") && told.contains(said), "{told}");
        bench.succeed(&["split", "verify", &out, "--dataset", "tiny"]);
        let rows = ["train", "valid"].map(|part| ids(&bench, &out, &["--part", part]).len());
        assert_eq!(rows.iter().sum::<usize>(), left, "{policy}");
    }
    let diff = bench.succeed(&["split", "diff", "majority.json", "first.json"]);
    assert!(
        diff.contains("8 (per:title → no_relation)") && diff.contains("16 (per:title → no_relation)"),
        "{diff}"
    );
}

/// The row whose label the policy changed is measured by its new label, and only by it.
#[test]
fn training_prediction_and_evaluation_see_the_settled_rows() {
    let bench = Bench::new();
    contradict(&bench);
    bench.succeed(&create("split.json", &["--conflicts", "majority", "--folds", "2"]));
    let fold = ["0", "1"]
        .into_iter()
        .find(|fold| ids(&bench, "split.json", &["--part", "valid", "--fold", fold]).contains(&8))
        .unwrap();
    let fold = format!("data.fold={fold}");
    bench.succeed(&["train", "--config", "tiny.toml", "--run", "run", "--set", &fold]);
    bench.succeed(&["predict", "--run", "run"]);
    let of_run = bench.succeed(&["evaluate", "--run", "run", "--resamples", "50"]);
    bench.succeed(&["report", "--run", "run"]);
    let predictions = "run/predictions/valid.csv";
    let evaluate = [
        "evaluate",
        "--predictions",
        predictions,
        "--dataset",
        "tiny",
        "--resamples",
        "50",
    ];
    bench.refuse(&evaluate, &["not those that were predicted", "give it with --split"]);
    let by_split = [&evaluate[..], &["--split", "split.json"]].concat();
    assert_eq!(bench.succeed(&by_split), of_run);
}

#[test]
fn a_hold_out_beside_folds_is_predicted_and_scored() {
    let bench = Bench::new();
    let flags = [
        "--strategy",
        "hold-out-and-folds",
        "--folds",
        "2",
        "--hold-out-fraction",
        "0.25",
    ];
    bench.succeed(&create("split.json", &flags));
    let held_out = ids(&bench, "split.json", &["--part", "hold-out"]);
    bench.succeed(&["train", "--config", "tiny.toml", "--run", "run"]);
    let said = bench.succeed(&["predict", "--run", "run", "--rows", "hold-out"]);
    assert!(
        said.contains(&format!("{} rows in run/predictions/hold-out.csv", held_out.len())),
        "{said}"
    );
    let predicted = bench.text("run/predictions/hold-out.csv");
    let predicted = predicted
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().parse().unwrap());
    assert_eq!(predicted.collect::<BTreeSet<usize>>(), held_out);
    bench.succeed(&[
        "evaluate",
        "--predictions",
        "run/predictions/hold-out.csv",
        "--dataset",
        "tiny",
        "--split",
        "run/split.json",
        "--resamples",
        "50",
    ]);

    let bench = Bench::with_run();
    bench.refuse(
        &["predict", "--run", "run", "--rows", "hold-out"],
        &[
            "split.json: the split holds no rows out of all folds",
            "--strategy hold-out-and-folds",
        ],
    );
    let ids = ["split", "ids", "split.json", "--dataset", "tiny", "--part", "hold-out"];
    bench.refuse(
        &ids,
        &["grouped hold-out of 0.3 holds no rows out of all folds", "--part valid"],
    );
}
