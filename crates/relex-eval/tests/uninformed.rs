//! What is said where predictions know nothing, or where rows are too few to tell.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use relex_eval::{
    BootstrapConfig, CheckOutcome, Member, NoiseRanking, OutOfFold, PriorScope, ProbabilityTable, ShiftInput,
    ShiftLimits, ShiftReport, Truth, diagnose_shift, find_label_errors, render_shift, render_suspects,
};

const LABELS: [&str; 3] = ["no_relation", "per:title", "org:members"];

fn labels() -> Vec<String> {
    LABELS.map(String::from).to_vec()
}

fn table(rows: impl Iterator<Item = [f64; 3]>) -> ProbabilityTable {
    ProbabilityTable::new(rows.flatten().collect(), 3).unwrap()
}

/// What a row looks like and what it is: of 20 that look like a label, 18 are of it and one of each other. Half of all look like
/// no relation.
fn row(at: usize) -> (usize, usize) {
    let looks = [0, 0, 1, 2][at / 20 % 4];
    let gold = match at % 20 {
        0 => (looks + 1) % 3,
        1 => (looks + 2) % 3,
        _ => looks,
    };
    (looks, gold)
}

fn gold(rows: usize) -> Vec<usize> {
    (0..rows).map(|at| row(at).1).collect()
}

/// Probabilities that can be taken at their word.
fn calibrated(rows: usize) -> ProbabilityTable {
    table((0..rows).map(|at| {
        let mut shares = [0.05; 3];
        shares[row(at).0] = 0.9;
        shares
    }))
}

fn diagnose(valid: &ProbabilityTable, target: &ProbabilityTable) -> ShiftReport {
    let gold = gold(valid.len());
    let groups: Vec<usize> = (0..valid.len()).collect();
    let target_groups: Vec<usize> = (0..target.len()).collect();
    diagnose_shift(&ShiftInput {
        labels: &labels(),
        valid,
        truth: Truth {
            gold: &gold,
            negative: 0,
            groups: &groups,
        },
        target,
        target_groups: &target_groups,
        scope: PriorScope::NegativeAgainstRest,
        bootstrap: BootstrapConfig {
            resamples: 200,
            ..BootstrapConfig::default()
        },
        limits: ShiftLimits::default(),
    })
    .unwrap()
}

#[test]
fn nothing_is_vouched_for_where_one_label_is_all_that_is_predicted() {
    let one_label = |rows: usize| table((0..rows).map(|_| [0.475, 0.2625, 0.2625]));
    let report = diagnose(&one_label(400), &one_label(300));
    // 2 · 18 + 1 + 1 of 80 rows are without relation.
    assert_eq!((report.agreement.only, report.agreement.right), (Some(0), 38 * 5));
    let checks = report.checks;
    for outcome in [checks.any_shift, checks.label_shift, checks.self_test, checks.agreement] {
        assert_ne!(outcome, CheckOutcome::Holds, "{checks:?}");
    }
    assert_eq!(checks.conditioned, CheckOutcome::Broken);
    let text = render_shift(&report, &labels());
    for part in [
        "warning about the labelled rows: every row is predicted as no_relation",
        "cannot be told  EM finds what is known",
        "NO              the model tells the labels apart     it predicts labels alike",
        "the confusion matrix has no inverse",
        "EM    not to be relied on: see the warning above",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    for part in ["inf", "−0.00", "usable"] {
        assert!(!text.contains(part), "{part:?} is in\n{text}");
    }
}

#[test]
fn few_rows_cannot_tell_what_many_can() {
    let many = diagnose(&calibrated(8_000), &calibrated(8_000));
    assert_eq!(many.checks.self_test, CheckOutcome::Holds, "{:?}", many.self_test);
    assert_eq!(many.checks.agreement, CheckOutcome::Holds, "{:?}", many.disagreement);
    let text = render_shift(&many, &labels());
    assert!(text.contains("\n  yes  EM finds what is known"), "{text}");
    assert!(!text.contains("cannot be told") && !text.contains("warning"), "{text}");
    assert!(text.contains("EM    usable: nothing"), "{text}");

    let few = diagnose(&calibrated(80), &calibrated(80));
    assert!(few.em.refusals.is_empty(), "{:?}", few.em.refusals);
    assert_eq!(few.checks.agreement, CheckOutcome::Unknown, "{:?}", few.disagreement);
    let text = render_shift(&few, &labels());
    assert!(text.contains("\n  cannot be told  EM and BBSE agree"), "{text}");
    assert!(text.contains("EM    usable, as far as can be told"), "{text}");
    assert!(!text.contains("warning"), "{text}");
}

#[test]
fn suspicions_of_a_model_that_says_one_label_come_with_a_warning() {
    let suspects_of = |table: ProbabilityTable| {
        let gold = gold(table.len());
        let groups: Vec<usize> = (0..table.len()).collect();
        let member = Member {
            name: "one".into(),
            path: "one.csv".into(),
            ids: (0..table.len()).map(|row| row.to_string()).collect(),
            labels: labels(),
            table,
            meta: None,
            notes: vec![],
        };
        let truth = Truth {
            gold: &gold,
            negative: 0,
            groups: &groups,
        };
        let found = find_label_errors(&OutOfFold::vouched(member), &truth, NoiseRanking::SelfConfidence);
        render_suspects(&found.unwrap().0, &labels())
    };
    let text = suspects_of(table((0..40).map(|_| [0.475, 0.2625, 0.2625])));
    assert!(
        text.starts_with("  warning: every row is predicted as no_relation"),
        "{text}"
    );
    assert!(text.contains("says little here about its label."), "{text}");
    let text = suspects_of(calibrated(80));
    assert!(!text.contains("warning"), "{text}");
}
