//! An evaluation as a whole: in JSON, and on a terminal.

use relex_eval::{BootstrapConfig, EvalError, Evaluation, EvaluationInput, Metric, evaluate, render_terminal};

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
    assert!(
        text.contains("\n  warning: 200 resamples are too few for 95 % intervals"),
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
