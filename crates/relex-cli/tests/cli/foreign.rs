//! Predictions of other systems: for any of a data set's files, and with what is said of them.

use predicates::prelude::*;

use crate::{
    bench::Bench,
    made::{self, LABELS, TEST, VALID},
};

const DATA: [&str; 4] = ["--dataset", "made", "--resamples", "50"];

/// The data set `made` with labels in its test file, too, and bare predictions for both files.
fn bench() -> Bench {
    let bench = made::bench();
    let labels = made::labels("test");
    let text = bench.text("made/test.csv");
    let mut lines = text.lines();
    let mut labelled = vec![lines.next().unwrap().to_owned()];
    labelled.extend(
        lines
            .zip(&labels)
            .map(|(line, &label)| line.replace(",100,", &format!(",{},", LABELS[label]))),
    );
    bench.write("made/test.csv", labelled.join("\n"));
    for (file, rows) in [("train", VALID), ("test", TEST)] {
        made::predictions(file, rows, 9, 1.0)
            .write(bench.path(&format!("{file}.csv")), None)
            .unwrap();
    }
    bench
}

fn evaluate<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["evaluate", "--predictions", file][..], &DATA, more].concat()
}

#[test]
fn gold_labels_of_any_file() {
    let bench = bench();
    let right = |file: &str, rows: usize| {
        let predictions = made::predictions(file, rows, 9, 1.0);
        let labels = made::labels(file);
        let right = (0..rows)
            .filter(|&row| predictions.predicted(row) == labels[row])
            .count();
        format!("{:.2}", right as f64 / rows as f64 * 100.0)
    };
    let accuracy = |said: &str| {
        let line = said
            .lines()
            .find(|line| line.trim_start().starts_with("accuracy"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(
        accuracy(&bench.succeed(&evaluate("train.csv", &["-q"]))),
        right("train", VALID)
    );
    let of_test = bench.succeed(&evaluate("test.csv", &["-q", "--gold", "test", "--slices"]));
    assert_eq!(accuracy(&of_test), right("test", TEST));
    // Ids are those of training rows, too; what is learnt from is still all of the training file.
    assert!(of_test.contains("learnt from"), "{of_test}");
    bench.succeed(
        &[
            &[
                "noise",
                "test.csv",
                "--gold",
                "test",
                "--out-of-fold",
                "test.csv",
                "--out",
                "noise.csv",
            ],
            &DATA[..2],
        ]
        .concat(),
    );
    bench.refuse(
        &evaluate("train.csv", &["-q", "--gold", "test"]),
        &[
            "train.csv: row \"500\" is not among the test rows of data set \"made\"",
            "--gold",
        ],
    );
    bench.refuse(
        &evaluate("test.csv", &["-q", "--gold", "valid"]),
        &["no file with role `valid`"],
    );
}

#[test]
fn what_is_not_known_of_a_file_is_said() {
    let bench = bench();
    let good = made::predictions("train", VALID, 9, 1.0);
    let percents = relex_eval::Predictions {
        probabilities: good.probabilities.iter().map(|share| 100.0 * share).collect(),
        ..good
    };
    percents.write(bench.path("percents.csv"), None).unwrap();
    let told = |arguments: &[&str], parts: &[&str]| {
        let mut outcome = bench.command(arguments).assert().success();
        for part in parts {
            outcome = outcome.stderr(predicate::str::contains(*part));
        }
    };
    told(
        &evaluate("train.csv", &[]),
        &["train.csv: no .meta.json; read in the data set's label order"],
    );
    told(
        &evaluate("percents.csv", &[]),
        &[
            "percents.csv: scores that are no probabilities",
            "by their ranking alone",
            "--logits",
        ],
    );
    told(
        &[
            &["report", "--predictions", "train.csv", "--out", "page.html"][..],
            &DATA,
        ]
        .concat(),
        &[
            "train.csv: labels that it suspects are left out",
            "--out-of-fold train.csv",
        ],
    );
    let losses = ["compare", "train.csv", "percents.csv", "-q", "--metric", "log-loss"];
    bench.refuse(
        &[&losses[..], &DATA].concat(),
        &[
            "percents.csv: its values look like scores",
            "--scores percents.csv or --logits percents.csv",
        ],
    );
}

#[test]
fn label_orders_that_would_change_nothing_are_refused() {
    let bench = bench();
    made::write(&bench, "told", "train", &made::predictions("train", VALID, 9, 1.0));
    bench.write("order.txt", LABELS.join("\n"));
    let check = |file: &str, order: &str, part: &str| {
        bench.refuse(&evaluate(file, &["-q", "--labels", order]), &[part]);
    };
    check("told.csv", "order.txt", "every file that is read here has a .meta.json");
    check(
        "told.csv",
        "told.csv=order.txt",
        "the .meta.json of told.csv names its label order",
    );
    check("train.csv", "other.csv=order.txt", "no file other.csv is read here");
    bench.succeed(&evaluate("train.csv", &["--labels", "order.txt"]));
    bench.succeed(&evaluate("train.csv", &["--labels", "train.csv=order.txt"]));
}

#[test]
fn suspect_labels_stand_in_the_report() {
    let bench = bench();
    made::write(&bench, "told", "train", &made::predictions("train", VALID, 9, 1.0));
    let report = |files: &[&str]| {
        let files: Vec<&str> = files.iter().flat_map(|file| ["--predictions", file]).collect();
        let arguments = [&["report", "--out", "page.html", "-q"][..], &files, &DATA].concat();
        bench.succeed(&arguments);
        bench.text("page.html")
    };
    let page = report(&["told.csv"]);
    assert!(page.contains("id=\"noise\"") && page.contains(" suspect rows</b>"));
    // As many as in the CSV.
    bench.succeed(&["noise", "told.csv", "--dataset", "made", "--out", "noise.csv"]);
    let suspects = bench
        .text("noise.csv")
        .lines()
        .filter(|line| line.contains(",yes,"))
        .count();
    assert!(page.contains(&format!("<b>{suspects} suspect rows</b>")), "{suspects}");
    assert!(!report(&["train.csv"]).contains("id=\"noise\""));
    let arguments = [
        "report",
        "--out",
        "page.html",
        "--predictions",
        "train.csv",
        "--out-of-fold",
        "train.csv",
    ];
    bench.succeed(&[&arguments[..], &DATA].concat());
    assert!(
        bench
            .text("page.html")
            .contains(&format!("<b>{suspects} suspect rows</b>"))
    );
}
