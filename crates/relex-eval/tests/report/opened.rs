//! A report that is open in a browser, and what its rows show.

use relex_eval::render_html;
use serde_json::json;

use crate::chromium::{Chromium, find};
use crate::made::report;

/// Opens a report of systems and hands it to `check`; afterwards nothing may have been complained about.
pub(crate) fn in_browser(names: &[&str], hash: &str, check: impl FnOnce(&mut Chromium)) {
    let Some(program) = find() else { return };
    let mut browser = Chromium::start(&program);
    browser.open(&render_html(&report(names)).unwrap(), hash);
    check(&mut browser);
    browser.settle();
    assert_eq!(browser.problems, [""; 0]);
}

/// Ids of the rows that are shown.
pub(crate) fn ids(browser: &mut Chromium) -> Vec<String> {
    let ids = browser.evaluate("[...document.querySelectorAll('#list .id dd')].map((id) => id.textContent)");
    serde_json::from_value(ids).unwrap()
}

pub(crate) fn count(browser: &mut Chromium) -> String {
    browser
        .evaluate("document.getElementById('count').textContent")
        .as_str()
        .unwrap()
        .to_owned()
}

pub(crate) fn hash(browser: &mut Chromium) -> String {
    browser
        .evaluate("decodeURIComponent(location.hash.replaceAll('+', ' '))")
        .as_str()
        .unwrap()
        .to_owned()
}

/// Sets a control of the filters, as if chosen.
pub(crate) fn choose(browser: &mut Chromium, name: &str, value: &str) {
    browser.evaluate(&format!(
        "(() => {{ const control = document.getElementById('filters').elements[{}]; control.value = {}; \
         control.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()",
        json!(name),
        json!(value)
    ));
    browser.settle();
}
