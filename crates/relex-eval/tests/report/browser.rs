//! What a browser makes of the report. Without a Chromium these tests say so and pass.

use relex_eval::render_html;
use serde_json::{Value, json};

use crate::chromium::{Chromium, find};
use crate::made::{HOSTILE_ID, HOSTILE_LABEL, HOSTILE_ROW, HOSTILE_SENTENCE, ROWS, large_report};
use crate::opened::{choose, count, hash, ids, in_browser};

#[test]
fn hostile_texts_are_shown_and_do_nothing() {
    in_browser(&["<one>", "<img src=x>"], "#show=all&order=file", |browser| {
        assert_eq!(ids(browser)[HOSTILE_ROW], HOSTILE_ID);
        let item = format!("document.querySelectorAll('#list li')[{HOSTILE_ROW}]");
        // Entities are cut out of it, with their types behind them; without those it is the sentence.
        let sentence = browser.evaluate(&format!(
            "(() => {{ const copy = {item}.querySelector('.sentence').cloneNode(true); \
             copy.querySelectorAll('small').forEach((type) => type.remove()); return copy.textContent; }})()"
        ));
        assert_eq!(sentence, HOSTILE_SENTENCE);
        let strangers = browser.evaluate(
            "document.querySelectorAll('main img, main script, main [onload], main [onerror], option b').length",
        );
        assert_eq!(strangers, 0);
        let options =
            browser.evaluate("[...document.querySelector('[name=gold]').options].map((option) => option.value)");
        assert!(options.as_array().unwrap().contains(&json!(HOSTILE_LABEL)), "{options}");
        // The content security policy stops what is not the page's own script, even where it got in.
        browser.evaluate(
            "(() => { const script = document.createElement('script'); script.textContent = 'window.ran = true'; document.body.append(script); })()",
        );
        assert_eq!(browser.evaluate("window.ran === undefined"), true);
        assert!(
            browser
                .problems
                .iter()
                .all(|problem| problem.contains("Content Security Policy")),
            "{:?}",
            browser.problems
        );
        assert!(!browser.problems.is_empty());
        browser.problems.clear();
    });
}

#[test]
fn links_keep_what_was_chosen() {
    let link = "#curve=per:title&matrix=two&cells=rates&system=two&show=all&gold=per:title&least=20&order=long&search=%EC%9D%B4%EC%88%9C%EC%8B%A0";
    in_browser(&["one", "two"], link, |browser| {
        let rows = count(browser);
        assert!(
            rows.starts_with(|first: char| first.is_ascii_digit()) && rows.ends_with("of 160 rows"),
            "{rows}"
        );
        let said = hash(browser);
        for part in [
            "curve=per:title",
            "matrix=two",
            "cells=rates",
            "system=two",
            "least=20",
            "order=long",
            "search=이순신",
        ] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
        let drawn = browser
            .evaluate("[...document.querySelectorAll('#curves g:not([hidden])')].map((group) => group.dataset.curve)");
        assert_eq!(drawn, json!(["per:title"]));
        let panels = browser.evaluate(
            "[...document.querySelectorAll('#confusion .panel:not([hidden])')].map((panel) => panel.dataset.matrix)",
        );
        assert_eq!(panels, json!(["two"]));
        // Rates, not counts.
        assert_eq!(
            browser.evaluate("getComputedStyle(document.querySelector('[data-matrix=two] .matrix td b')).display"),
            "none"
        );
        assert_eq!(browser.evaluate("document.activeElement.id"), "rows-title");

        // A cell leads to its rows, and leaves what else was chosen.
        let count_of_cell = browser.evaluate("document.querySelector('[data-matrix=two] td.x a b').textContent");
        browser.evaluate("document.querySelector('[data-matrix=two] td.x a').click()");
        browser.settle();
        assert_eq!(
            count(browser),
            format!("{} of {ROWS} rows", count_of_cell.as_str().unwrap())
        );
        let said = hash(browser);
        assert!(
            said.contains("system=two") && said.contains("cells=rates") && !said.contains("search="),
            "{said}"
        );

        // What no row has finds nothing; a view that is not there is as if it were not named.
        browser.evaluate("location.hash = '#gold=per:nothing&show=all&curve=gone'");
        browser.settle();
        assert_eq!(count(browser), format!("0 of {ROWS} rows"));
        assert_eq!(browser.evaluate("document.getElementById('curve').value"), "per:title");
    });
}

#[test]
fn everything_is_done_by_keyboard() {
    in_browser(&["one", "two"], "", |browser| {
        let active = |browser: &mut Chromium, what: &str| browser.evaluate(&format!("document.activeElement.{what}"));
        browser.press("Tab");
        assert_eq!(active(browser, "className"), "skip");
        browser.press("Tab");
        assert_eq!(active(browser, "textContent"), "Scores");
        assert_eq!(
            browser.evaluate("document.activeElement.matches(':focus-visible')"),
            true
        );

        // Enter opens a table, and sorts another.
        browser.evaluate("document.querySelector('#curves summary').focus()");
        browser.press("Enter");
        assert_eq!(browser.evaluate("document.querySelector('#curves details').open"), true);
        browser.press(" ");
        assert_eq!(
            browser.evaluate("document.querySelector('#curves details').open"),
            false
        );
        browser.evaluate("document.querySelector('.labels thead th:nth-child(3) button').focus()");
        for (key, expected) in [
            (" ", json!("descending")),
            ("Enter", json!("ascending")),
            ("Enter", Value::Null),
        ] {
            browser.press(key);
            assert_eq!(
                browser.evaluate("document.querySelector('.labels thead th:nth-child(3)').ariaSort"),
                expected
            );
            let order = browser.evaluate(
                "[...document.querySelectorAll('.labels tbody td:nth-child(3)')].map((cell) => Number(cell.dataset.v))",
            );
            let values: Vec<f64> = serde_json::from_value(order).unwrap();
            match expected.as_str() {
                Some("descending") => assert!(values.is_sorted_by(|a, b| a >= b), "{values:?}"),
                Some(_) => assert!(values.is_sorted(), "{values:?}"),
                None => {}
            }
        }

        // Arrows choose among radio buttons, and move between the matrix's cells, which are one stop of the tab key.
        browser.evaluate("document.querySelector('[name=cells]').focus()");
        browser.press("ArrowRight");
        assert_eq!(hash(browser), "#cells=rates");
        assert_eq!(
            browser.evaluate("document.querySelectorAll('[data-matrix=\"\"] .matrix a[tabindex=\"0\"]').length"),
            1
        );
        browser.evaluate("document.querySelector('.matrix a').focus()");
        let place = "[document.activeElement.closest('tr').rowIndex, document.activeElement.closest('td').cellIndex]";
        let start = browser.evaluate(place);
        browser.press("ArrowDown");
        let below = browser.evaluate(place);
        assert!(
            below[0].as_u64() > start[0].as_u64() && below[1] == start[1],
            "{start} {below}"
        );
        browser.press("ArrowRight");
        let beside = browser.evaluate(place);
        assert!(
            beside[0] == below[0] && beside[1].as_u64() > below[1].as_u64(),
            "{below} {beside}"
        );
        browser.press("Home");
        browser.press("End");
        assert_eq!(browser.evaluate("document.activeElement.tabIndex"), 0);
        let rows = browser.evaluate("document.activeElement.querySelector('b').textContent");
        browser.press("Enter");
        assert!(count(browser).starts_with(rows.as_str().unwrap()));
        assert_eq!(active(browser, "id"), "rows-title");

        // On into the filters, and to more rows.
        browser.press("Tab");
        assert_eq!(active(browser, "name"), "system");
        browser.evaluate("document.querySelector('[name=search]').focus()");
        browser.type_text("13번");
        assert!(hash(browser).contains("search=13번"));
        browser.evaluate("document.querySelector('#filters [type=reset]').focus()");
        browser.press("Enter");
        choose(browser, "show", "all");
        browser.evaluate("document.getElementById('more').focus()");
        for _ in 0..3 {
            browser.press("Enter");
        }
        assert_eq!(ids(browser).len(), ROWS);
        assert_eq!(active(browser, "tagName"), "LI");
    });
}

#[test]
fn no_page_is_wider_than_its_screen() {
    in_browser(&["a system with a name that is long", "two"], "", |browser| {
        for width in [320, 390, 768, 1280] {
            browser.size(width, 800);
            let widest = browser.evaluate("document.documentElement.scrollWidth");
            assert!(widest.as_u64() <= Some(u64::from(width)), "{widest} of {width}");
        }
        // Every control has a name.
        let nameless = browser.evaluate(
            "[...document.querySelectorAll('select, input')].filter((control) => !control.labels.length && !control.ariaLabel).length",
        );
        assert_eq!(nameless, 0);
    });
}

#[test]
fn a_large_report_is_small_and_opens_at_once() {
    let html = render_html(&large_report()).unwrap();
    assert!(html.len() < 4 << 20, "{} bytes", html.len());
    let Some(program) = find() else { return };
    let mut browser = Chromium::start(&program);
    // The best of three: what else the machine does is not the page's doing.
    let mut opened = || {
        browser.open(&html, "");
        let loaded = browser.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd");
        loaded.as_f64().unwrap()
    };
    let milliseconds = (0..3).map(|_| opened()).reduce(f64::min).unwrap();
    #[expect(
        clippy::print_stdout,
        reason = "`--nocapture` shows the figures that docs/results.md records"
    )]
    {
        println!("{} bytes, {milliseconds:.0} ms", html.len());
    }
    assert!(milliseconds < 2_000.0, "{milliseconds} ms");
    assert!(count(&mut browser).ends_with("of 7,765 rows"));
    assert_eq!(browser.problems, [""; 0]);
}
