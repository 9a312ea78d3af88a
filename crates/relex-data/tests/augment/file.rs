//! What the file of augmented rows lets through.

use relex_data::{AugmentConfig, Recipe, augment, read_augmented, write_augmented};

use crate::family::with_rows;

/// A file, after `change` was made to its text, read back; what is wrong with it.
fn complaint(change: impl FnOnce(String) -> String) -> String {
    with_rows(|rows| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/augmented.jsonl");
        let config = AugmentConfig {
            recipes: ["role-swap", "word-swap=1"]
                .map(|name| name.parse::<Recipe>().unwrap())
                .into(),
            ..AugmentConfig::default()
        };
        let augmentation = augment(rows, &config).unwrap();
        write_augmented(&path, &augmentation, rows, &config).unwrap();
        assert_eq!(read_augmented(&path, rows).unwrap(), augmentation.children);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, change(text)).unwrap();
        read_augmented(&path, rows).unwrap_err().to_string()
    })
}

#[test]
fn files_that_do_not_fit_are_refused() {
    fn check(from: &str, to: &str, parts: &[&str]) {
        let error = complaint(|text| {
            assert!(text.contains(from), "{from} is not in {text}");
            text.replacen(from, to, 1)
        });
        for part in parts {
            assert!(error.contains(part), "{error}");
        }
    }
    check(
        "\"split\":\"",
        "\"split\":\"0",
        &["line 1", "made for the split with the hash 0", "make them again"],
    );
    check(
        "\"fold\":",
        "\"fold\":1",
        &["line 1", "training side of fold 1", "make them again for fold "],
    );
    check("_version\":1", "_version\":9", &["format version 9", "reads version 1"]);
    check(
        "{\"augmented",
        "{\"segmented",
        &["line 1", "not the header of augmented rows"],
    );
    check(
        "\"parent\":\"2\"",
        "\"parent\":\"8\"",
        &["line 2", "`8`, is no training row of fold "],
    );
    check(
        "\"guid\":\"2+role-swap-1\"",
        "\"guid\":\"2\"",
        &["line 2", "a training row has the id `2`"],
    );
    check(
        "\"guid\":\"4+",
        "\"guid\":\"2+",
        &["line 3", "the id `2+role-swap-1` occurs twice"],
    );
}

#[test]
fn rows_that_are_broken_are_refused() {
    fn check(from: &str, to: &str, part: &str) {
        let error = complaint(|text| {
            let (header, rows) = text.split_once('\n').unwrap();
            assert!(rows.contains(from), "{from} is not in {rows}");
            format!("{header}\n{}", rows.replacen(from, to, 1))
        });
        assert!(error.contains("line 2") && error.contains(part), "{error}");
    }
    check("도예린은", "도예리은", "should read");
    check("per:spouse", "per:spuose", "did you mean `per:spouse`?");
    check("\"PER\"", "\"PERS\"", "unknown entity type `PERS`");
    check("\"start_idx\":5", "\"start_idx\":6", "should read");
    check("\"end_idx\":7", "\"end_idx\":18446744073709551615", "should read");
    check("\"end_idx\":7", "\"end_idx\":2", "covers no character");
    check(
        "\"recipe\":\"role-swap\"",
        "\"recipe\":\"swap\"",
        "there is no recipe `swap`",
    );
    check("\"label\"", "\"labels\"", "not an augmented row");
}

#[test]
fn lost_lines_are_noticed() {
    let error = complaint(|text| text.lines().take(2).collect::<Vec<_>>().join("\n"));
    assert!(
        error.contains("but 1 follow; restore the file, or set `rows` to 1"),
        "{error}"
    );
    let error = complaint(|_| String::new());
    assert!(error.contains("line 1: not the header"), "{error}");
}
