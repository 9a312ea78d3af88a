//! An evaluation as a whole: in JSON, on a terminal, in HTML.

use relex_eval::{
    BootstrapConfig, EvalError, Evaluation, EvaluationInput, Metric, Report, ReportRow, evaluate, render_html,
    render_terminal,
};

fn labels() -> Vec<String> {
    ["no_relation", "per:title", "단체:별칭", "org:<b>&\"x\""]
        .map(String::from)
        .to_vec()
}

const GOLD: [usize; 6] = [0, 1, 1, 2, 0, 1];
const PROBABILITIES: [f64; 24] = [
    0.7, 0.1, 0.1, 0.1, //
    0.2, 0.6, 0.1, 0.1, //
    0.5, 0.3, 0.1, 0.1, //
    0.1, 0.1, 0.7, 0.1, //
    0.1, 0.1, 0.6, 0.2, //
    0.6, 0.2, 0.1, 0.1,
];

fn input<'a>(labels: &'a [String], groups: &'a [usize]) -> EvaluationInput<'a> {
    EvaluationInput {
        labels,
        negative: 0,
        gold: &GOLD,
        probabilities: &PROBABILITIES,
        groups,
        bootstrap: BootstrapConfig {
            resamples: 200,
            seed: 3,
            level: 0.95,
        },
    }
}

fn sample() -> Evaluation {
    evaluate(&input(&labels(), &[0, 0, 1, 2, 3, 4])).expect("the sample can be scored")
}

#[test]
fn counts_and_scores() {
    let found = sample();
    // Predicted 0 1 0 2 2 0: TP = 2, predicted non-negative 3, gold non-negative 4.
    approx::assert_abs_diff_eq!(found.micro_f1.value, 2.0 * 2.0 / (3.0 + 4.0) * 100.0, epsilon = 1e-12);
    approx::assert_abs_diff_eq!(found.accuracy.value, 3.0 / 6.0 * 100.0, epsilon = 1e-12);
    assert_eq!((found.rows, found.groups, found.auprc_labels), (6, 5, 3));
    assert_eq!(
        (found.resamples, found.seed, found.negative_label.as_str()),
        (200, 3, "no_relation")
    );
    assert_eq!(found.per_label[3].auprc, None);
    assert_eq!((found.per_label[1].support, found.per_label[1].predicted), (3, 1));
    let worst = &found.most_confused[0];
    assert_eq!(
        (worst.gold.as_str(), worst.predicted.as_str(), worst.count),
        ("per:title", "no_relation", 2)
    );
    approx::assert_abs_diff_eq!(worst.share_of_gold, 2.0 / 3.0 * 100.0, epsilon = 1e-12);
}

#[test]
fn one_row_has_an_interval_of_no_width() {
    let labels = labels();
    let one = EvaluationInput {
        gold: &[1],
        probabilities: &PROBABILITIES[4..8],
        ..input(&labels, &[9])
    };
    let found = evaluate(&one).unwrap();
    assert_eq!(
        (
            found.micro_f1.value,
            found.micro_f1.interval.low,
            found.micro_f1.interval.high
        ),
        (100.0, 100.0, 100.0)
    );
    assert!(render_terminal(&found).contains("no row was predicted wrong"));
}

#[test]
fn input_that_cannot_be_scored_is_refused() {
    let labels = labels();
    let groups = [0; 6];
    let good = input(&labels, &groups);
    let check = |input: EvaluationInput<'_>, expected: &str| {
        let message = evaluate(&input).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    check(
        EvaluationInput {
            gold: &[],
            probabilities: &[],
            groups: &[],
            ..good
        },
        "no rows",
    );
    check(EvaluationInput { negative: 4, ..good }, "negative of row index 0 is 4");
    check(
        EvaluationInput {
            gold: &[0, 1, 1, 2, 0, 7],
            ..good
        },
        "gold of row index 5 is 7",
    );
    check(EvaluationInput { groups: &[0], ..good }, "groups has 1 values, but 6");
    check(
        EvaluationInput {
            probabilities: &PROBABILITIES[1..],
            ..good
        },
        "probabilities has 23 values, but 24",
    );
    check(EvaluationInput { labels: &[], ..good }, "label order is empty");
    let repeated = ["a", "b", "a", "c"].map(String::from);
    check(
        EvaluationInput {
            labels: &repeated,
            ..good
        },
        "label \"a\" stands at 0 and at 2",
    );
    let none = BootstrapConfig {
        resamples: 0,
        ..BootstrapConfig::default()
    };
    check(
        EvaluationInput {
            bootstrap: none,
            ..good
        },
        "resamples is 0",
    );
}

#[test]
fn json_reads_back_and_other_json_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evaluation.json");
    sample().write(&path).unwrap();
    // The JSON reader may miss a number's last digit.
    assert_eq!(
        format!("{:.9?}", Evaluation::read(&path).unwrap()),
        format!("{:.9?}", sample())
    );
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"format_version\": 2", "\"format_version\": 1")).unwrap();
    assert!(matches!(
        Evaluation::read(&path),
        Err(EvalError::FormatVersion { found: 1, .. })
    ));
    std::fs::write(&path, "[]").unwrap();
    assert!(matches!(Evaluation::read(&path), Err(EvalError::Json { .. })));
}

#[test]
fn terminal_columns_line_up() {
    let text = render_terminal(&sample());
    assert!(
        text.contains("  micro-F1 without no_relation              57.14   "),
        "{text}"
    );
    for name in [
        "macro-F1 without no_relation",
        "AUPRC, mean over 3 labels",
        "Brier score",
        "95 % interval",
        "percentile",
    ] {
        assert!(text.contains(name), "{name} is not in {text}");
    }
    assert!(
        text.contains("6 rows in 5 sentences; intervals from 200 resamples of sentences; labels without a gold row: 1"),
        "{text}"
    );
    // Cells, with two for each Hangul syllable.
    let width = |line: &str| {
        line.chars()
            .map(|c| if ('가'..='힣').contains(&c) { 2 } else { 1 })
            .sum::<usize>()
    };
    let lines: Vec<&str> = text.lines().collect();
    let head = lines
        .iter()
        .position(|line| line.trim_start().starts_with("label "))
        .unwrap();
    for line in &lines[head..=head + 4] {
        assert_eq!(width(line), width(lines[head]), "{text}");
    }
    assert!(text.contains("per:title   → no_relation       2   66.7 %"), "{text}");
}

#[test]
fn logits_are_scored_without_what_needs_probabilities() {
    let labels = labels();
    let logits: Vec<f64> = PROBABILITIES.iter().map(|value| value.ln() * 3.0).collect();
    let found = evaluate(&EvaluationInput {
        probabilities: &logits,
        ..input(&labels, &[0, 0, 1, 2, 3, 4])
    })
    .unwrap();
    let metrics: Vec<Metric> = found.scores.iter().map(|score| score.metric).collect();
    assert!(metrics.contains(&Metric::Auprc) && !metrics.iter().any(|metric| metric.needs_distributions()));
    // Ranking and labels are the same as of the probabilities.
    assert_eq!(
        (found.auprc.value, found.micro_f1.value),
        (sample().auprc.value, sample().micro_f1.value)
    );
    assert!(sample().scores.iter().any(|score| score.metric == Metric::LogLoss));
}

#[test]
fn directed_relations_get_semevals_score() {
    let labels = ["Other", "A-B(e1,e2)", "A-B(e2,e1)", "C-D(e1,e2)"]
        .map(String::from)
        .to_vec();
    let found = evaluate(&input(&labels, &[0, 0, 1, 2, 3, 4])).unwrap();
    let score = found
        .scores
        .iter()
        .find(|score| score.metric == Metric::SemevalF1)
        .unwrap();
    // Gold 0 1 1 2 0 1, predicted 0 1 0 2 2 0: A-B has 2 hits, 3 predicted and 4 gold; C-D has no gold row.
    approx::assert_abs_diff_eq!(score.value, 2.0 * 2.0 / (3.0 + 4.0) * 100.0, epsilon = 1e-12);
    assert!(
        score.interval.low <= score.value && score.value <= score.interval.high,
        "{score:?}"
    );
}

fn report(rows: Vec<ReportRow>) -> String {
    let provenance = vec![("seed <1>".to_owned(), "42".to_owned())];
    render_html(&Report {
        title: "런 <script>".into(),
        evaluation: sample(),
        rows,
        provenance,
    })
}

fn row(sentence: &str, gold: &str, predicted: &str) -> ReportRow {
    ReportRow {
        id: "17".into(),
        sentence: sentence.into(),
        subject: (0, 2),
        object: (5, 999),
        subject_type: "PER".into(),
        object_type: "ORG".into(),
        gold: gold.into(),
        predicted: predicted.into(),
        confidence: 0.87654,
        gold_probability: f64::NAN,
    }
}

/// The JSON that the page carries.
fn data(html: &str) -> serde_json::Value {
    let (_, rest) = html
        .split_once("<script type=\"application/json\" id=\"data\">")
        .expect("the page has data");
    let (data, _) = rest.split_once("</script>").expect("the data end");
    serde_json::from_str(data).expect("the data are JSON")
}

#[test]
fn html_loads_nothing_and_escapes_everything() {
    let hostile = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)>";
    let html = report(vec![row(hostile, "org:<b>&\"x\"", "per:title")]);
    assert!(html.starts_with("<!DOCTYPE html>") && html.trim_end().ends_with("</html>"));
    assert!(html.contains("<title>런 &lt;script&gt;</title>"));
    assert!(html.contains("seed &lt;1&gt;"));
    assert!(html.contains("org:&lt;b&gt;&amp;&quot;x&quot;"));
    for absent in [
        "alert(1)<",
        "<img",
        "http://",
        "https://",
        "<b>&",
        "src=\"",
        "@import",
        "url(",
    ] {
        assert!(!html.contains(absent), "{absent}");
    }
    assert_eq!(html.matches("<script").count(), 2);
    assert_eq!(data(&html)["rows"][0][1], hostile);
}

#[test]
fn html_rows_carry_offsets_labels_and_probabilities() {
    let html = report(vec![
        row("한국 사람", "per:title", "no_relation"),
        row("둘", "per:age", "per:title"),
    ]);
    let data = data(&html);
    assert_eq!(
        data["rows"][0],
        serde_json::json!(["17", "한국 사람", [0, 2], [5, 999], "PER", "ORG", 1, 0, 0.8765, null])
    );
    // A label that was not scored is added after the scored ones.
    assert_eq!(data["labels"][4], "per:age");
    assert_eq!(data["rows"][1][6], 4);
}

#[test]
fn html_shows_every_count_and_links_those_whose_rows_it_has() {
    let html = report(Vec::new());
    assert!(html.contains("There are no rows to show.") && !html.contains("href=\"#gold"));
    let html = report(vec![row("a", "per:title", "no_relation")]);
    assert!(html.contains("<a href=\"#gold=per%3Atitle\">per:title</a>"));
    assert!(html.contains("title=\"no_relation → no_relation: 1 rows, 50.0 %\"><span>1</span></td>"));
    let title = "title=\"per:title → no_relation: 2 rows, 66.7 %\"><a href=\"#gold=per%3Atitle&amp;predicted=no_relation\">2</a>";
    assert!(html.contains(title));
    assert_eq!(html.matches("<td class=\"d").count(), 4);
    for value in [
        "57.14",
        "50.00",
        "6 rows in 5 sentences",
        "mean over 3 labels",
        "One label has no gold row",
    ] {
        assert!(html.contains(value), "{value}");
    }
}

#[test]
fn html_offers_right_rows_only_where_there_are_both() {
    let wrong = row("a", "per:title", "no_relation");
    let right = row("b", "per:title", "per:title");
    let control = "<select name=\"show\">";
    assert!(!report(vec![wrong.clone()]).contains(control));
    assert!(report(vec![wrong, right]).contains(control));
}

#[test]
fn html_is_written_as_it_is_rendered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let report = Report {
        title: "런".into(),
        evaluation: sample(),
        rows: Vec::new(),
        provenance: Vec::new(),
    };
    report.write(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), render_html(&report));
    assert!(matches!(
        report.write(folder.path().join("absent/r.html")),
        Err(EvalError::Write { .. })
    ));
}
