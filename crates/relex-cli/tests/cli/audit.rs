//! The data audit: a table, JSON, a page, and two files compared.

use serde_json::Value;

use crate::bench::Bench;

fn findings(bench: &Bench) -> Value {
    serde_json::from_str(&bench.text("findings.json")).unwrap()
}

#[test]
fn one_audit_as_a_table_as_json_and_as_a_page() {
    let bench = Bench::new();
    let table = bench.succeed(&[
        "audit",
        "--dataset",
        "tiny",
        "--json",
        "findings.json",
        "--html",
        "pages/audit.html",
    ]);
    for part in ["labels", "duplicates", "near-duplicate (Jaccard", "what to mind"] {
        assert!(table.contains(part), "{part:?} is not in {table}");
    }
    let findings = findings(&bench);
    assert_eq!((&findings["rows"], &findings["against"]), (&16.into(), &Value::Null));
    assert!(findings["advice"].as_array().is_some_and(|advice| !advice.is_empty()));
    let page = bench.text("pages/audit.html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("(train rows)"));
    assert!(page.contains("<svg class=\"histogram\"") && page.contains("<svg class=\"heat\""));
    assert!(!page.contains("src=\"") && !page.contains("<script"));
}

#[test]
fn the_test_file_is_compared_and_audited_too() {
    let bench = Bench::new();
    let table = bench.succeed(&[
        "audit",
        "--dataset",
        "tiny",
        "--against-test",
        "--json",
        "findings.json",
    ]);
    assert!(table.contains("one of the two files has no labels"), "{table}");
    assert_eq!(findings(&bench)["against"]["rows"]["there"], 3);
    bench.succeed(&[
        "audit",
        "--dataset",
        "tiny",
        "--rows",
        "test",
        "--json",
        "findings.json",
    ]);
    assert_eq!(
        (&findings(&bench)["rows"], &findings(&bench)["unlabelled"]),
        (&3.into(), &3.into())
    );
}

#[test]
fn another_data_set_or_a_file_is_compared_with() {
    let bench = Bench::new();
    let shared = |against: &[&str]| {
        let arguments = [&["audit", "--dataset", "tiny", "--json", "findings.json"], against].concat();
        bench.succeed(&arguments);
        let against = findings(&bench)["against"].clone();
        (
            against["leaks"][0]["rows"].clone(),
            against["label_mix"]["total_variation"].clone(),
        )
    };
    let all = (serde_json::json!({"here": 16, "there": 16}), Value::from(0.0));
    assert_eq!(shared(&["--against", "tiny", "--against-data-dir", "tiny"]), all);
    assert_eq!(shared(&["--against", "tiny/train.csv"]), all);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let bench = Bench::new();
    let refuse = |arguments: &[&str], parts: &[&str]| {
        bench.refuse(
            &[&["audit", "--dataset", "tiny", "--html", "new.html"], arguments].concat(),
            parts,
        );
    };
    refuse(
        &["--against", "tiny/dataset.toml"],
        &["tiny/dataset.toml", ".csv, .tsv, .json, .jsonl or .txt"],
    );
    refuse(&["--against", "nowhere"], &["there is no data set \"nowhere\""]);
    refuse(
        &["--against", "tiny", "--against-data-dir", "empty"],
        &["empty holds no file with role `train`"],
    );
}
