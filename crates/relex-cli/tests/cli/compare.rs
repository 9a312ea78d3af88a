//! `relex compare`, and what `relex evaluate` says beyond the headline scores.

use relex_eval::Predictions;
use serde_json::Value;

use crate::bench::Bench;

/// Label indices of `tiny/train.csv`, in its order.
fn gold(bench: &Bench) -> Vec<usize> {
    let labels = ["no_relation", "org:top_members/employees", "per:title"];
    let text = bench.text("tiny/train.csv");
    let label = |line: &str| {
        labels
            .iter()
            .position(|label| line.contains(&format!(",{label},")))
            .unwrap()
    };
    text.lines().skip(1).map(label).collect()
}

/// Predictions for all rows of the data set, wrong on `wrong`, sure of themselves to a degree that `system` sets.
fn predictions(bench: &Bench, system: usize, wrong: &[usize]) -> String {
    let labels = ["no_relation", "org:top_members/employees", "per:title"];
    let mut text = "id,pred_label,probs\n".to_owned();
    for (row, gold) in gold(bench).into_iter().enumerate() {
        let label = if wrong.contains(&row) { (gold + 1) % 3 } else { gold };
        let rest = 0.1 + 0.01 * system as f64 + 0.001 * row as f64;
        let probability = |index: usize| if index == label { 1.0 - 2.0 * rest } else { rest };
        let [a, b, c] = [0, 1, 2].map(probability);
        text.push_str(&format!("{row},{},\"[{a}, {b}, {c}]\"\n", labels[label]));
    }
    text
}

/// Six predictions files, three poor ones and three good ones.
fn bench() -> Bench {
    let bench = Bench::new();
    for (system, wrong) in [
        &[0, 2, 4, 6, 8, 10, 12][..],
        &[0, 2, 4, 6, 8, 10],
        &[0, 2, 4, 6, 8, 10, 11],
    ]
    .into_iter()
    .enumerate()
    {
        bench.write(&format!("poor{system}.csv"), predictions(&bench, system, wrong));
    }
    for (system, wrong) in [&[][..], &[15], &[14]].into_iter().enumerate() {
        bench.write(&format!("good{system}.csv"), predictions(&bench, system + 3, wrong));
    }
    bench
}

/// What a command says, with line breaks inside sentences undone.
fn said(bench: &Bench, arguments: &[&str]) -> String {
    flat(&bench.succeed(&[arguments, &DATA].concat()))
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const DATA: [&str; 4] = ["--dataset", "tiny", "--resamples", "200"];

#[test]
fn two_models() {
    let bench = bench();
    let said = bench.succeed(
        &[
            &["compare", "poor0.csv", "good0.csv", "--json", "verdict.json"][..],
            &DATA,
        ]
        .concat(),
    );
    for part in [
        "micro-F1 without no_relation on 16 rows in",
        "good0 − poor0",
        "approximate randomisation p",
        "paired bootstrap p",
        "McNemar p",
        "(7 rows only good0 right, 0 only poor0)",
        "detectable",
    ] {
        assert!(flat(&said).contains(part), "{part:?} is not in {said}");
    }
    let verdict: Value = serde_json::from_str(&bench.text("verdict.json")).unwrap();
    assert_eq!(verdict["metric"], "micro_f1");
    assert_eq!(verdict["rows"], 16);
    assert_eq!(verdict["pairs"][0]["verdict"], "second_better", "{said}");
    for part in [
        "good0 has the higher micro-F1 than poor0, by",
        "these two trained models",
    ] {
        assert!(flat(&said).contains(part), "{part:?} is not in {said}");
    }
    // The same to the last byte, whatever the number of threads; other resamples with another seed.
    let again = |threads: &str, seed: &str| {
        let arguments = [&["compare", "poor0.csv", "good0.csv", "--seed", seed][..], &DATA].concat();
        let output = bench
            .command(&arguments)
            .env("RAYON_NUM_THREADS", threads)
            .assert()
            .success();
        String::from_utf8(output.get_output().stdout.clone()).unwrap()
    };
    assert_eq!(again("1", "0"), said);
    assert_eq!(again("3", "0"), said);
    assert_ne!(again("3", "1"), said);
}

#[test]
fn several_seeds_an_arm_and_several_arms() {
    let bench = bench();
    let arms = [
        "compare",
        "--arm",
        "poor=poor0.csv,poor1.csv,poor2.csv",
        "--arm",
        "good=good0.csv,good1.csv,good2.csv",
    ];
    let trained = said(&bench, &[&arms[..], &["--metric", "accuracy"]].concat());
    for part in [
        "accuracy on 16 rows",
        "good − poor: t with",
        "runs of poor:",
        "Training good gives a higher accuracy than training poor",
        "(3 and 3 runs)",
    ] {
        assert!(trained.contains(part), "{part:?} is not in {trained}");
    }
    // One run beside arms of several: no claim, and no test that the others would have to pay for.
    bench.write("lone.csv", predictions(&bench, 7, &[1, 3]));
    let mixed = said(&bench, &[&["compare", "lone.csv"], &arms[1..]].concat());
    for part in [
        "too few runs",
        "Nothing may be claimed about lone and poor as ways of training",
        "Training good gives a higher micro-F1 than training poor",
    ] {
        assert!(mixed.contains(part), "{part:?} is not in {mixed}");
    }
    assert!(!mixed.contains("after Holm"), "{mixed}");
    let against = said(
        &bench,
        &[&["compare", "lone.csv", "--baseline", "good"], &arms[1..]].concat(),
    );
    assert!(
        against.contains("lone − good") && against.contains("poor − good"),
        "{against}"
    );
    assert!(
        !against.contains("good − lone") && !against.contains("poor − lone"),
        "{against}"
    );
    let three = said(&bench, &["compare", "poor0.csv", "good0.csv", "good1.csv"]);
    for part in ["after Holm", "corrected for 3 comparisons"] {
        assert!(three.contains(part), "{part:?} is not in {three}");
    }
    let shared = [&["compare", "-q", "good0.csv"], &arms[1..], &DATA].concat();
    bench.refuse(&shared, &["one of the runs of an arm", "in \"good0\" and in \"good\""]);
}

#[test]
fn a_run_beside_a_file_in_another_order() {
    let bench = Bench::with_run();
    let text = bench.text("run/predictions/valid.csv");
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    bench.write("turned.csv", lines.join("\n"));
    let same = said(&bench, &["compare", "run", "turned.csv"]);
    assert!(same.contains("their micro-F1 is the same in every resample"), "{same}");
    let macro_f1 = said(&bench, &["compare", "run", "turned.csv", "--metric", "macro-f1"]);
    assert!(macro_f1.contains("macro-F1 without no_relation"), "{macro_f1}");
}

#[test]
fn unequal_rows_are_refused_by_name() {
    let bench = bench();
    let fewer: String = bench
        .text("good0.csv")
        .lines()
        .filter(|line| !line.starts_with("7,"))
        .map(|line| format!("{line}\n"))
        .collect();
    bench.write("fewer.csv", fewer);
    let refuse = |arguments: &[&str], parts: &[&str]| {
        let arguments = [&["compare", "-q"], arguments, &["--resamples", "50"]].concat();
        bench.refuse(&arguments, parts);
    };
    refuse(
        &["good0.csv", "fewer.csv", "--dataset", "tiny"],
        &[
            "good0.csv and fewer.csv predict other rows",
            "only in good0.csv: 1 (7)",
            "only in fewer.csv: none",
        ],
    );
    refuse(&["good0.csv", "poor0.csv"], &["good0.csv", "--dataset"]);
    refuse(&["good0.csv", "--dataset", "tiny"], &["nothing to compare", "--arm"]);
    refuse(
        &["good0.csv", "nowhere", "--dataset", "tiny"],
        &["nowhere: not the folder of a run"],
    );
    refuse(
        &["good0.csv", "poor0.csv", "--dataset", "tiny", "--baseline", "best"],
        &["--baseline best", "the arms are good0, poor0"],
    );
    refuse(
        &["poor0.csv", "--arm", "twice=good0.csv,good0.csv", "--dataset", "tiny"],
        &["a copy of another, in \"twice\""],
    );
    refuse(
        &["good0.csv", "poor0.csv", "--dataset", "tiny", "--metric", "semeval-f1"],
        &["relations that end in (e1,e2) or (e2,e1)", "org:top_members/employees"],
    );
}

#[test]
fn other_gold_labels_and_sentences_are_refused_by_name() {
    let bench = Bench::with_run();
    // The run's own copy of the data set is another one than that of the file.
    crate::bench::copy(&bench.path("tiny"), &bench.path("edited"));
    bench.write("file.csv", bench.bytes("run/predictions/valid.csv"));
    let id = bench
        .text("file.csv")
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .to_owned();
    let arguments = [
        "compare",
        "run",
        "file.csv",
        "--dataset",
        "edited",
        "--resamples",
        "50",
        "-q",
    ];
    let original = bench.text("edited/train.csv");
    let row = original
        .lines()
        .find(|line| line.starts_with(&format!("{id},")))
        .unwrap()
        .to_owned();
    let relabelled = ["no_relation", "per:title"]
        .iter()
        .map(|label| {
            row.replace(",per:title,", &format!(",{label},"))
                .replace(",org:top_members/employees,", &format!(",{label},"))
        })
        .chain([row.replace(",no_relation,", ",per:title,")])
        .find(|changed| *changed != row)
        .unwrap();
    bench.write("edited/train.csv", original.replace(&row, &relabelled));
    bench.refuse(&arguments, &["run and file.csv have other gold labels: 1 (", &id]);
    let resaid = row.replacen('.', "!", 1);
    assert_ne!(resaid, row);
    bench.write("edited/train.csv", original.replace(&row, &resaid));
    bench.refuse(
        &arguments,
        &["other sentences or entities under the same ids: 1 rows", &id],
    );
}

#[test]
fn slices_of_the_rows() {
    let bench = bench();
    let said = bench.succeed(
        &[
            &[
                "evaluate",
                "--predictions",
                "poor0.csv",
                "--slices",
                "--json",
                "scores.json",
            ][..],
            &DATA,
        ]
        .concat(),
    );
    for part in [
        "entity types",
        "ORG → PER",
        "sentence length in characters",
        "characters between entities",
        "training rows of the gold label",
        "source",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert!(!said.contains("learnt from"), "all rows were scored: {said}");
    let scores: Value = serde_json::from_str(&bench.text("scores.json")).unwrap();
    let slices = scores["slices"][0]["slices"].as_array().unwrap();
    assert_eq!(
        slices.iter().map(|slice| slice["rows"].as_u64().unwrap()).sum::<u64>(),
        16
    );
    for score in ["macro_f1", "brier_score", "log_loss", "calibration_error_equal_mass"] {
        assert!(
            scores["scores"]
                .as_array()
                .unwrap()
                .iter()
                .any(|found| found["metric"] == score),
            "{score}"
        );
    }
    // Rows that were not scored are those that one learns from.
    let half: String = bench
        .text("poor0.csv")
        .lines()
        .take(9)
        .map(|line| format!("{line}\n"))
        .collect();
    bench.write("half.csv", half);
    let said = bench.succeed(&[&["evaluate", "--predictions", "half.csv", "--slices"][..], &DATA].concat());
    assert!(said.contains("learnt from"), "{said}");
}

/// Another system's label order, and logits, give the same scores once they are named.
#[test]
fn files_of_other_systems() {
    let bench = bench();
    let labels = ["no_relation", "org:top_members/employees", "per:title"].map(String::from);
    let good = Predictions::read(bench.path("good1.csv"), Some(&labels)).unwrap();
    let turned = |value: fn(f64) -> f64| Predictions {
        ids: good.ids.clone(),
        labels: [2, 0, 1].map(|label: usize| labels[label].clone()).to_vec(),
        probabilities: (0..good.rows())
            .flat_map(|row| [2, 0, 1].map(|label| value(good.row(row)[label])))
            .collect(),
    };
    turned(|share| share).write(bench.path("turned.csv"), None).unwrap();
    turned(f64::ln).write(bench.path("logits.csv"), None).unwrap();
    let order = "{\"per:title\": 0, \"no_relation\": 1, \"org:top_members/employees\": 2}";
    bench.write("order.json", order);
    let evaluate = |file: &'static str, more: &[&'static str]| {
        let arguments = [&["evaluate", "--predictions", file, "-q"][..], &DATA, more].concat();
        bench.succeed(&arguments)
    };
    let own = evaluate("good1.csv", &[]);
    assert!(own.contains("log loss"), "{own}");
    assert_eq!(own, evaluate("turned.csv", &["--labels", "order.json"]));
    let logits = ["--labels", "order.json", "--logits", "logits.csv"];
    assert_eq!(own, evaluate("logits.csv", &logits));
    let arms = ["compare", "good1.csv", "turned.csv"];
    let same = said(&bench, &[&arms[..], &["--labels", "turned.csv=order.json"]].concat());
    assert!(same.contains("is the same in every resample"), "{same}");
    bench.refuse(
        &[&["evaluate", "--predictions", "turned.csv", "-q"][..], &DATA].concat(),
        &["turned.csv", "pred_label", "label order"],
    );
    bench.refuse(
        &[
            &["evaluate", "--predictions", "good1.csv", "--logits", "other.csv"][..],
            &DATA,
        ]
        .concat(),
        &["--logits other.csv: no such file is read here"],
    );
}

#[test]
fn the_official_semeval_scorer() {
    let bench = Bench::new();
    bench.write(
        "key.txt",
        "1\tCause-Effect(e1,e2)\r\n2\tOther\r\n3\tCause-Effect(e2,e1)\r\n",
    );
    bench.write("ours.txt", "3\tCause-Effect(e1,e2)\n1\tCause-Effect(e1,e2)\n");
    let said = bench.succeed(&[
        "evaluate",
        "--semeval-scorer",
        "--predictions",
        "ours.txt",
        "--key",
        "key.txt",
    ]);
    // One hit; two rows proposed and two gold.
    assert!(
        said.starts_with("<<< (2*9+1)-WAY EVALUATION (USING DIRECTIONALITY)>>>:\n\nConfusion matrix:\n"),
        "{said}"
    );
    assert!(said.ends_with("macro-averaged F1 = 50.00% >>>\n"), "{said}");
    bench.write("typo.txt", "1\tCause-Efect(e1,e2)\n");
    bench.refuse(
        &[
            "evaluate",
            "--semeval-scorer",
            "--predictions",
            "typo.txt",
            "--key",
            "key.txt",
        ],
        &["typo.txt: row 1 (line 1)", "Cause-Efect(e1,e2)", "nine relations"],
    );
    bench.write("all.csv", predictions(&bench, 0, &[]));
    bench.refuse(
        &[
            "evaluate",
            "--semeval-scorer",
            "--predictions",
            "all.csv",
            "--dataset",
            "tiny",
            "-q",
        ],
        &["not a label of SemEval-2010 Task 8"],
    );
}
