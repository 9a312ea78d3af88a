//! What stands in the page.

use std::collections::HashSet;

use relex_eval::{BrowsedRows, EvalError, Metric, render_html};
use serde_json::Value;

use crate::made::{HOSTILE_ID, HOSTILE_ROW, HOSTILE_SENTENCE, LABELS, ROWS, report, wrong};

/// What stands between two texts, after the first occurrence of the first.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("{start:?} is not there"));
    rest.split_once(end).unwrap_or_else(|| panic!("{end:?} is not there")).0
}

/// The JSON that the page carries.
fn data(html: &str) -> Value {
    serde_json::from_str(between(
        html,
        "<script type=\"application/json\" id=\"data\">",
        "</script>",
    ))
    .unwrap()
}

#[test]
fn nothing_is_loaded_and_text_stays_text() {
    let html = render_html(&report(&["<one>", "two & \"more\""])).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>") && html.trim_end().ends_with("</html>"));
    for part in [
        "<title>런 &lt;script&gt;</title>",
        "seed &lt;1&gt;",
        "&lt;one&gt;",
        "two &amp; &quot;more&quot;",
        "인물:직함",
    ] {
        assert!(html.contains(part), "{part}");
    }
    for absent in [
        "fail()<",
        "<img",
        "http://",
        "https://",
        "<b>&",
        " src=\"",
        "@import",
        "url(",
        "<svg onload",
        "onclick",
        "<one>",
    ] {
        assert!(!html.contains(absent), "{absent}");
    }
    assert_eq!(html.matches("<script").count(), 2);
    let data = data(&html);
    assert_eq!(data["rows"][HOSTILE_ROW][1], HOSTILE_SENTENCE);
    assert_eq!(data["rows"][HOSTILE_ROW][0], HOSTILE_ID);
}

#[test]
fn headings_descend_and_every_table_has_a_caption() {
    let html = render_html(&report(&["one", "two"])).unwrap();
    let levels: Vec<u32> = html
        .match_indices("<h")
        .filter_map(|(at, _)| html[at + 2..].chars().next()?.to_digit(10))
        .collect();
    assert_eq!(levels[0], 1);
    assert!(
        levels[1..].windows(2).all(|pair| (2..=pair[0] + 1).contains(&pair[1])),
        "{levels:?}"
    );
    assert_eq!(html.matches("<table").count(), html.matches("<caption>").count());
    let ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{ids:?}");
    for id in html
        .split("<a href=\"#")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
    {
        assert!(id.contains('=') || ids.contains(&id), "{id}");
    }
}

#[test]
fn the_areas_drawn_are_the_areas_shown() {
    let report = report(&["one", "two"]);
    let html = render_html(&report).unwrap();
    let curves = between(&html, "<section id=\"curves\"", "</section>");
    // Labels with a gold row, and all relations together.
    assert_eq!(curves.matches("<g data-curve").count(), LABELS.len() - 1 + 1);
    for (label, name) in [(2, "per:title"), (3, "인물:직함")] {
        let group = between(curves, &format!("<g data-curve=\"{name}\" hidden>"), "</g>");
        for (at, system) in report.systems.iter().enumerate() {
            let path = between(group, &format!("<path class=\"line s{at}\" d=\""), "\"");
            let auprc = system.evaluation.per_label[label].auprc.unwrap();
            assert!((area(path) - auprc).abs() < 0.01, "{} {auprc}", area(path));
            let shown = between(
                curves,
                &format!("<div class=\"areas\" data-curve=\"{name}\" hidden>"),
                "</div>",
            );
            assert!(shown.contains(&format!("area <b>{auprc:.2}</b>")), "{shown}");
        }
    }
}

/// The area in percent under a path in a square of 100 × 100 whose y runs down.
fn area(path: &str) -> f64 {
    let points: Vec<(f64, f64)> = path
        .split(['M', 'L'])
        .skip(1)
        .map(|point| {
            point
                .split_once(' ')
                .map(|(x, y)| (x.parse().unwrap(), 100.0 - y.parse::<f64>().unwrap()))
                .unwrap()
        })
        .collect();
    let sum: f64 = points
        .windows(2)
        .map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0)
        .sum();
    sum / 100.0
}

#[test]
fn rows_carry_offsets_labels_slices_and_probabilities() {
    let report = report(&["one", "two"]);
    let data = data(&render_html(&report).unwrap());
    assert_eq!(data["rows"].as_array().unwrap().len(), ROWS);
    let row = &data["rows"][12];
    assert_eq!(
        (&row[0], &row[2], &row[5]),
        (&"12".into(), &serde_json::json!([0, 3, 5, 7]), &0.into())
    );
    assert_eq!(
        (&data["types"], &row[3], &row[4]),
        (&serde_json::json!(["PER", "ORG", "LOC"]), &0.into(), &1.into())
    );
    assert_eq!(
        (&row[6], &data["rows"][0][6]),
        (&serde_json::json!([0]), &serde_json::json!([-1]))
    );
    assert_eq!(data["slicings"][0]["names"][0], "object <i>: an ORG");
    let probabilities = &report.systems[1].probabilities[12 * LABELS.len()..13 * LABELS.len()];
    let best = relex_eval::argmax(probabilities);
    let parts = |probability: f64| (probability * 10_000.0).round() as i64;
    let expected = [best as i64, parts(probabilities[best]), parts(probabilities[0])];
    assert_eq!(row[7].as_array().unwrap()[3..], expected.map(Value::from));
}

#[test]
fn right_rows_are_left_out_where_that_is_wished() {
    let whole = report(&["one", "two"]);
    let part = relex_eval::Report {
        browsed: BrowsedRows::Wrong,
        ..whole.clone()
    };
    let html = render_html(&part).unwrap();
    let either: HashSet<usize> = wrong(&part, 0).into_iter().chain(wrong(&part, 1)).collect();
    assert!(either.len() < ROWS);
    assert_eq!(data(&html)["rows"].as_array().unwrap().len(), either.len());
    assert!(!html.contains("<option value=\"right\">") && !html.contains("#show=right"));
    let html = render_html(&whole).unwrap();
    assert!(html.contains("<option value=\"right\">") && html.contains("#show=right"));
}

#[test]
fn one_system_stands_alone() {
    let mut report = report(&["one"]);
    let html = render_html(&report).unwrap();
    assert!(html.contains("Evaluation report") && !html.contains("id=\"differences\""));
    assert!(!html.contains("name=\"matrix\"") && !html.contains("name=\"system\""));
    for section in [
        "scores",
        "curves",
        "labels",
        "slices",
        "confusion",
        "calibration",
        "noise",
        "training",
        "rows",
        "provenance",
    ] {
        assert!(html.contains(&format!("<section id=\"{section}\"")), "{section}");
    }
    let evaluation = &report.systems[0].evaluation;
    let error = evaluation
        .scores
        .iter()
        .find(|score| score.metric == Metric::CalibrationErrorEqualWidth)
        .unwrap();
    assert!(html.contains(&format!("Expected calibration error <b>{:.2}</b>", error.value)));
    assert!(html.contains("One label has no gold row"));
    assert!(html.contains(&format!("<p class=\"value\">{:.2}</p>", evaluation.micro_f1.value)));

    let system = &mut report.systems[0];
    system.history = None;
    system.provenance.clear();
    system.evaluation.slices.clear();
    let html = render_html(&report).unwrap();
    for section in ["slices", "training"] {
        assert!(
            !html.contains(&format!("<section id=\"{section}\"")) && !html.contains(&format!("href=\"#{section}\"")),
            "{section}"
        );
    }
    assert!(html.contains("Nothing was recorded."));
}

#[test]
fn several_systems_stand_beside_each_other() {
    let report = report(&["one", "two", "three"]);
    let html = render_html(&report).unwrap();
    assert!(html.contains("Comparison report") && html.contains("id=\"differences\""));
    let differences = between(&html, "<section id=\"differences\"", "</section>");
    let comparison = &report.comparisons[0];
    assert_eq!(
        differences.matches("<tr><th scope=\"row\">").count(),
        comparison.pairs.len()
    );
    let difference = format!("{:+.2}", comparison.pairs[1].difference).replace('-', "−");
    assert!(differences.contains(&difference), "{difference}");
    assert_eq!(html.matches("<div class=\"panel\" data-matrix=").count(), 3);
    assert!(
        html.contains(
            "<tr class=\"differs\"><th scope=\"row\">seed &lt;1&gt;</th><td>11</td><td>12</td><td>13</td></tr>"
        )
    );
}

#[test]
fn suspect_labels_are_counted() {
    let mut report = report(&["one", "two"]);
    report.systems[1].suspects = None;
    let html = render_html(&report).unwrap();
    let noise = between(&html, "<section id=\"noise\"", "</section>");
    let suspects: Vec<_> = report.systems[0]
        .suspects
        .iter()
        .flatten()
        .filter(|suspect| suspect.confident)
        .collect();
    assert!(
        noise.contains(&format!("<b>{} suspect rows</b>", suspects.len())),
        "{noise}"
    );
    assert!(noise.contains("Not looked for"));
    let pair = (suspects[0].given, suspects[0].likely);
    let same = suspects
        .iter()
        .filter(|suspect| (suspect.given, suspect.likely) == pair)
        .count();
    let support = report.rows.iter().filter(|row| row.gold == pair.0).count();
    let share = format!(
        "<b>{same}</b></td><td class=\"n\">{:.1}</td>",
        same as f64 / support as f64 * 100.0
    );
    assert!(noise.contains(&share), "{share} {noise}");
    let first = &suspects[0];
    let gold = report.systems[0].probabilities[first.row * LABELS.len() + first.given];
    assert!(
        noise.contains(&format!("<tr><td class=\"n\">{:.1}</td>", (1.0 - gold) * 100.0)),
        "{noise}"
    );
    // The rows carry the likely label and its probability, where there is one.
    let data = data(&html);
    let likely = &data["rows"][first.row][8];
    assert_eq!((&likely[0][0], &likely[1]), (&first.likely.into(), &0.into()));
    let with = data["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row.as_array().unwrap().len() > 8);
    assert_eq!(with.count(), suspects.len());

    report.systems[0].suspects = None;
    let html = render_html(&report).unwrap();
    assert!(
        !html.contains("id=\"noise\"")
            && !html.contains("name=\"likely\"")
            && !html.contains("value=\"suspect\">suspect")
    );
}

#[test]
fn values_that_are_no_probabilities_have_no_diagram() {
    let mut report = report(&["one"]);
    let labels = report.labels.clone();
    let system = &mut report.systems[0];
    system.probabilities.iter_mut().for_each(|value| *value = value.ln());
    let gold: Vec<usize> = report.rows.iter().map(|row| row.gold).collect();
    system.evaluation = relex_eval::evaluate(&relex_eval::EvaluationInput {
        labels: &labels,
        negative: 0,
        gold: &gold,
        probabilities: &system.probabilities,
        groups: &gold,
        bootstrap: relex_eval::BootstrapConfig::default(),
    })
    .unwrap();
    assert!(
        render_html(&report)
            .unwrap()
            .contains("not probabilities that sum to 1")
    );
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let whole = report(&["one", "two"]);
    let check = |change: &dyn Fn(&mut relex_eval::Report), expected: &str| {
        let mut report = whole.clone();
        change(&mut report);
        let message = render_html(&report).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    check(&|report| report.systems.clear(), "number of systems is 0");
    check(&|report| report.negative = 9, "negative of row index 0 is 9");
    check(&|report| report.rows[7].gold = 5, "gold of row index 7 is 5");
    check(&|report| report.slicings[0].keys.clear(), "slice keys has 0 values");
    check(
        &|report| report.systems[1].probabilities.truncate(799),
        "probabilities has 799 values, but 800",
    );
    check(
        &|report| report.systems[1].probabilities[0] = f64::NAN,
        "row index 0, class 0 is NaN",
    );
    check(
        &|report| report.systems[1].probabilities.reverse(),
        "the scores of two are not those of its predictions",
    );
    check(
        &|report| report.systems[0].suspects.as_mut().unwrap()[0].given = 4,
        "the scores of one are not those of its predictions",
    );
    check(
        &|report| report.systems[0].suspects.as_mut().unwrap().truncate(3),
        "suspects has 3 values, but 160",
    );
    check(
        &|report| report.labels.swap(0, 1),
        "the scores of one are not those of its predictions",
    );
}

#[test]
fn the_file_is_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let report = report(&["one"]);
    report.write(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), render_html(&report).unwrap());
    let below_a_file = path.join("report.html");
    assert!(matches!(report.write(below_a_file), Err(EvalError::Write { .. })));
}
