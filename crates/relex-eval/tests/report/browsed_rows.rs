//! How a browser finds, orders and prints rows. Without a Chromium these tests say so and pass.

use relex_eval::Suspect;
use serde_json::json;

use crate::made::{HOSTILE_LABEL, ROWS, report, wrong};
use crate::opened::{choose, count, hash, ids, in_browser};

#[test]
fn filters_search_and_order() {
    in_browser(&["one"], "", |browser| {
        let made = report(&["one"]);
        let errors = wrong(&made, 0);
        let shown = |rows: usize| format!("{rows} of {ROWS} rows");
        assert_eq!(count(browser), shown(errors.len()));

        choose(browser, "show", "all");
        assert_eq!(count(browser), format!("{ROWS} rows"));
        assert_eq!(ids(browser).len(), 50);
        choose(browser, "order", "file");
        assert_eq!(ids(browser)[..2], ["0", "1"]);

        choose(browser, "gold", HOSTILE_LABEL);
        assert_eq!(count(browser), shown(ROWS / 5));
        choose(browser, "object", "LOC");
        assert_eq!(count(browser), shown(ROWS / 10));
        choose(browser, "gold", "");
        choose(browser, "object", "");
        choose(browser, "slice", "object <i>: an ORG");
        // Even rows but for the first ten rows' five.
        assert_eq!(count(browser), shown(ROWS / 2 - 5));
        choose(browser, "slice", "");

        choose(browser, "least", "50");
        choose(browser, "most", "60");
        let percents = browser.evaluate(
            "[...document.querySelectorAll('#list dl > div:nth-child(2) .share-of')].map((share) => parseFloat(share.textContent))",
        );
        let percents: Vec<f64> = serde_json::from_value(percents).unwrap();
        assert!(
            !percents.is_empty() && percents.iter().all(|percent| (50.0..=60.0).contains(percent)),
            "{percents:?}"
        );
        choose(browser, "order", "unsure");
        let first =
            browser.evaluate("parseFloat(document.querySelector('#list dl > div:nth-child(2) .share-of').textContent)");
        assert_eq!(first.as_f64(), percents.iter().copied().reduce(f64::min));

        browser.evaluate("document.querySelector('#filters [type=reset]').click()");
        browser.settle();
        assert_eq!((count(browser), hash(browser)), (shown(errors.len()), String::new()));

        // Every word, in any case, composed or not.
        choose(browser, "show", "all");
        choose(browser, "search", "loc 159번 \u{110b}\u{1175}순신은");
        assert_eq!(ids(browser), ["159"]);
        choose(browser, "search", "no such words");
        assert_eq!((count(browser), ids(browser).len()), (shown(0), 0));
    });
}

#[test]
fn entities_are_highlighted_by_characters() {
    in_browser(&["one"], "#show=all&order=file", |browser| {
        let marks = browser.evaluate(
            "[...document.querySelectorAll('#list li')[8].querySelectorAll('mark')].map((mark) => \
             [mark.className, mark.firstChild.textContent, mark.lastChild.textContent, mark.title])",
        );
        assert_eq!(
            marks,
            json!([
                ["s", "이순신", "PER", "subject, PER"],
                ["o", "조선", "ORG", "object, ORG"]
            ])
        );
        assert_eq!(browser.evaluate("document.querySelector('#list .sentence').lang"), "ko");
    });
}

#[test]
fn systems_are_told_apart() {
    in_browser(&["one", "two"], "", |browser| {
        let made = report(&["one", "two"]);
        let (first, second) = (wrong(&made, 0), wrong(&made, 1));
        let both = first.iter().filter(|row| second.contains(row)).count();
        for (show, expected) in [
            ("", first.len()),
            ("right", ROWS - first.len()),
            ("alone-wrong", first.len() - both),
            ("alone-right", second.len() - both),
            ("all-wrong", both),
        ] {
            choose(browser, "show", show);
            assert_eq!(count(browser), format!("{expected} of {ROWS} rows"), "{show}");
        }
        choose(browser, "show", "");
        choose(browser, "system", "two");
        assert_eq!(count(browser), format!("{} of {ROWS} rows", second.len()));
    });
}

#[test]
fn suspect_labels_are_ranked_and_filtered() {
    in_browser(&["one", "two"], "", |browser| {
        let made = report(&["one", "two"]);
        let suspects: Vec<&Suspect> = made.systems[1]
            .suspects
            .iter()
            .flatten()
            .filter(|suspect| suspect.confident)
            .collect();
        assert!((6..ROWS / 2).contains(&suspects.len()), "{}", suspects.len());
        // The count leads to the rows, most suspect first; labels by their index, as a card shows them.
        browser.evaluate("document.querySelectorAll('#noise .headline a')[1].click()");
        browser.settle();
        assert_eq!(count(browser), format!("{} of {ROWS} rows", suspects.len()));
        let id = |suspect: &&Suspect| made.rows[suspect.row].id.clone();
        assert_eq!(ids(browser)[..5], suspects.iter().take(5).map(id).collect::<Vec<_>>());
        assert!(hash(browser).contains("show=suspect&system=two") || hash(browser).contains("system=two&show=suspect"));
        let card = browser.evaluate("document.querySelector('#list .chip.likely').textContent");
        assert_eq!(card, made.labels[suspects[0].likely]);

        // A pair of labels leads to its rows.
        let (given, likely) = (suspects[0].given, suspects[0].likely);
        let same = suspects
            .iter()
            .filter(|suspect| (suspect.given, suspect.likely) == (given, likely));
        let expected = same.count();
        choose(browser, "gold", &made.labels[given]);
        choose(browser, "likely", &made.labels[likely]);
        assert_eq!(count(browser), format!("{expected} of {ROWS} rows"));
    });
}

#[test]
fn what_was_filtered_is_printed() {
    in_browser(
        &["one"],
        "#show=all&order=file&search=%EC%9D%B4%EC%88%9C%EC%8B%A0",
        |browser| {
            assert_eq!(ids(browser).len(), 50);
            browser.evaluate("dispatchEvent(new Event('beforeprint'))");
            // All but the hostile row have the name.
            assert_eq!(ids(browser).len(), ROWS - 1);
            let said = browser.evaluate("document.getElementById('printed').textContent");
            assert_eq!(said, "Show: all · Order: as in the file · Search: 이순신. ");
            choose(browser, "search", "");
            browser.evaluate("document.getElementById('all').click()");
            assert_eq!(ids(browser).len(), ROWS);
            assert_eq!(browser.evaluate("document.getElementById('all').hidden"), true);
        },
    );
}
