//! `relex report` for several systems, and for files of other systems.

use serde_json::Value;

use crate::{
    bench::Bench,
    made::{self, TRAIN, VALID},
};

/// The data set `made` with predictions of two models for the same rows.
fn bench() -> Bench {
    let bench = made::bench();
    for (name, seed) in [("first", 21), ("second", 22)] {
        made::write(&bench, name, "train", &made::predictions("train", VALID, seed, 1.0));
    }
    bench
}

const DATA: [&str; 4] = ["--dataset", "made", "--resamples", "100"];

fn report<'a>(sources: &[&'a str]) -> Vec<&'a str> {
    [&["report", "--out", "page.html", "-q"][..], sources, &DATA].concat()
}

/// The JSON that the page carries.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn a_file_of_another_system() {
    let bench = bench();
    assert_eq!(bench.succeed(&report(&["--predictions", "first.csv"])), "page.html\n");
    let page = bench.text("page.html");
    assert!(page.contains("<title>first</title>") && page.contains("Evaluation report"));
    assert!(page.contains("600 rows in") && page.contains("<th scope=\"row\">Predictions</th><td>first.csv</td>"));
    assert_eq!(data(&page)["rows"].as_array().unwrap().len(), VALID);
    let slicings: Vec<Value> = data(&page)["slicings"].as_array().unwrap().clone();
    assert!(slicings.iter().any(|slicing| slicing["name"] == "entity types"));
    // How it was trained is not known.
    assert!(!page.contains("id=\"training\""));

    bench.succeed(&[&report(&["--predictions", "first.csv"])[..], &["--rows", "wrong"]].concat());
    assert!(data(&bench.text("page.html"))["rows"].as_array().unwrap().len() < VALID);
}

#[test]
fn systems_stand_beside_each_other() {
    let bench = bench();
    // Rows in another order are still the same rows.
    let mut turned = made::predictions("train", VALID, 23, 1.0);
    turned.ids.reverse();
    turned.probabilities = turned.probabilities.chunks(3).rev().flatten().copied().collect();
    turned.write(bench.path("turned.csv"), None).unwrap();
    bench.succeed(&report(&[
        "--predictions",
        "first.csv",
        "--predictions",
        "second.csv",
        "--predictions",
        "turned.csv",
    ]));
    let page = bench.text("page.html");
    assert!(page.contains("<title>3 systems</title>") && page.contains("id=\"differences\""));
    for part in ["second <small>less</small> first", "turned <small>less</small> first"] {
        // Micro-F1, AUPRC and accuracy.
        assert_eq!(page.matches(part).count(), 3, "{part}");
    }
    assert_eq!(data(&page)["systems"], serde_json::json!(["first", "second", "turned"]));
}

#[test]
fn runs_and_files_stand_beside_each_other() {
    let bench = Bench::with_run();
    bench.succeed(&["evaluate", "--run", "run", "--resamples", "50"]);
    let ids: Vec<String> = bench
        .text("run/predictions/valid.csv")
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().to_owned())
        .collect();
    let mut file = "id,pred_label,probs\n".to_owned();
    for id in &ids {
        file.push_str(&format!("{id},per:title,\"[0.2, 0.2, 0.6]\"\n"));
    }
    bench.write("flat.csv", file);
    let both = [
        "report",
        "--run",
        "run",
        "--predictions",
        "flat.csv",
        "--dataset",
        "tiny",
        "--split",
        "run/split.json",
        "--out",
        "new/page.html",
    ];
    assert_eq!(bench.succeed(&both), "new/page.html\n");
    let page = bench.text("new/page.html");
    assert!(page.contains("<title>run and flat</title>") && page.contains("id=\"training\""));
}

#[test]
fn what_may_not_stand_beside_each_other_is_refused() {
    let bench = bench();
    made::predictions("train", TRAIN - 1, 5, 1.0)
        .write(bench.path("more.csv"), None)
        .unwrap();
    let two = ["--predictions", "first.csv", "--predictions", "more.csv"];
    bench.refuse(
        &report(&two),
        &["first.csv and more.csv predict other rows", "only in more.csv: 299"],
    );
    bench.refuse(
        &["report", "--predictions", "first.csv", "--out", "page.html"],
        &["--dataset"],
    );
    bench.refuse(
        &["report", "--predictions", "first.csv", "--dataset", "made"],
        &["--out"],
    );
    bench.refuse(&["report"], &["--run"]);
    bench.refuse(
        &report(&["--predictions", "first.csv", "--predictions", "first.csv"]),
        &["\"first.csv\""],
    );
}

#[test]
fn scores_of_other_predictions_are_refused() {
    let bench = Bench::with_run();
    bench.succeed(&["evaluate", "--run", "run", "--resamples", "50"]);
    bench.succeed(&["report", "--run", "run"]);
    let rows = bench.text("run/predictions/valid.csv");
    let sure = |line: &str| {
        let id = line.split(',').next().unwrap();
        format!("{id},org:top_members/employees,\"[0.1, 0.8, 0.1]\"")
    };
    let changed: Vec<String> = rows.lines().skip(1).map(sure).collect();
    bench.write(
        "run/predictions/valid.csv",
        format!("id,pred_label,probs\n{}\n", changed.join("\n")),
    );
    bench.refuse(
        &["report", "--run", "run"],
        &["the scores of run are not those of its predictions", "relex evaluate"],
    );
}
