//! The report of SemEval-2010 Task 8's official scorer.

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails its test")]

use std::path::PathBuf;

use relex_eval::{EvalError, SemevalAnswers, SemevalReport};

fn answers(rows: &[(&'static str, &'static str)]) -> SemevalAnswers {
    SemevalAnswers::new("answers", rows.iter().copied()).unwrap()
}

/// A hit, a wrong direction, a skipped row, and a relation that the key does not have.
const REPORT: &str = "\
!!!WARNING!!! The proposed file contains 1 label(s) of type 'Cause-Effect(e2,e1)', which is NOT present in the key file.

!!!WARNING!!! The proposed file contains 1 label(s) of type 'Entity-Origin(e1,e2)', which is NOT present in the key file.

<<< (2*9+1)-WAY EVALUATION (USING DIRECTIONALITY)>>>:

Confusion matrix:
        C-E1 M-T2  _O_ *CE2 *EO1 <-- classified as
      +-------------------------+ -SUM- skip ACTUAL
 C-E1 |   1    0    0    1    0 |    2    0    2
 M-T2 |   0    0    0    0    0 |    0    1    1
  _O_ |   0    0    0    0    1 |    1    0    1
      +-------------------------+
 -SUM-    1    0    0    1    1      3    1    4

Coverage = 3/4 = 75.00%
Accuracy (calculated for the above confusion matrix) = 1/3 = 33.33%
Accuracy (considering all skipped examples as Wrong) = 1/4 = 25.00%
Accuracy (considering all skipped examples as Other) = 1/4 = 25.00%

Results for the individual relations:
      Cause-Effect(e1,e2) :    P =    1/   1 = 100.00%     R =    1/   2 =  50.00%     F1 =  66.67%
     Message-Topic(e2,e1) :    P =    0/   0 =   0.00%     R =    0/   1 =   0.00%     F1 =   0.00%
                   _Other :    P =    0/   0 =   0.00%     R =    0/   1 =   0.00%     F1 =   0.00%

Micro-averaged result (excluding Other):
P =    1/   1 = 100.00%     R =    1/   3 =  33.33%     F1 =  50.00%

MACRO-averaged result (excluding Other):
P =  50.00%\tR =  25.00%\tF1 =  33.33%



<<< (9+1)-WAY EVALUATION IGNORING DIRECTIONALITY >>>:

Confusion matrix:
         C-E  M-T  _O_  *EO <-- classified as
      +--------------------+ -SUM- skip ACTUAL
  C-E |   2    0    0    0 |    2    0    2
  M-T |   0    0    0    0 |    0    1    1
  _O_ |   0    0    0    1 |    1    0    1
      +--------------------+
 -SUM-    2    0    0    1      3    1    4

Coverage = 3/4 = 75.00%
Accuracy (calculated for the above confusion matrix) = 2/3 = 66.67%
Accuracy (considering all skipped examples as Wrong) = 2/4 = 50.00%
Accuracy (considering all skipped examples as Other) = 2/4 = 50.00%

Results for the individual relations:
             Cause-Effect :    P =    2/   2 = 100.00%     R =    2/   2 = 100.00%     F1 = 100.00%
            Message-Topic :    P =    0/   0 =   0.00%     R =    0/   1 =   0.00%     F1 =   0.00%
                   _Other :    P =    0/   0 =   0.00%     R =    0/   1 =   0.00%     F1 =   0.00%

Micro-averaged result (excluding Other):
P =    2/   2 = 100.00%     R =    2/   3 =  66.67%     F1 =  80.00%

MACRO-averaged result (excluding Other):
P =  50.00%\tR =  50.00%\tF1 =  50.00%



<<< (9+1)-WAY EVALUATION TAKING DIRECTIONALITY INTO ACCOUNT -- OFFICIAL >>>:

Confusion matrix:
         C-E  M-T  _O_  *EO <-- classified as
      +--------------------+ -SUM- xDIRx skip  ACTUAL
  C-E |   1    0    0    0 |    1     1     0      2
  M-T |   0    0    0    0 |    0     0     1      1
  _O_ |   0    0    0    1 |    1     0     0      1
      +--------------------+
 -SUM-    1    0    0    1      2     1     1      4

Coverage = 3/4 = 75.00%
Accuracy (calculated for the above confusion matrix) = 1/3 = 33.33%
Accuracy (considering all skipped examples as Wrong) = 1/4 = 25.00%
Accuracy (considering all skipped examples as Other) = 1/4 = 25.00%

Results for the individual relations:
             Cause-Effect :    P =    1/(   1 +   1) =  50.00%     R =    1/   2 =  50.00%     F1 =  50.00%
            Message-Topic :    P =    0/(   0 +   0) =   0.00%     R =    0/   1 =   0.00%     F1 =   0.00%
                   _Other :    P =    0/(   0 +   0) =   0.00%     R =    0/   1 =   0.00%     F1 =   0.00%

Micro-averaged result (excluding Other):
P =    1/   2 =  50.00%     R =    1/   3 =  33.33%     F1 =  40.00%

MACRO-averaged result (excluding Other):
P =  25.00%\tR =  25.00%\tF1 =  25.00%



<<< The official score is (9+1)-way evaluation with directionality taken into account: macro-averaged F1 = 25.00% >>>
";

#[test]
fn every_line_by_hand() {
    let key = answers(&[
        ("1", "Cause-Effect(e1,e2)"),
        ("2", "Cause-Effect(e1,e2)"),
        ("3", "Message-Topic(e2,e1)"),
        ("4", "Other"),
    ]);
    let proposed = answers(&[
        ("4", "Entity-Origin(e1,e2)"),
        ("2", "Cause-Effect(e2,e1)"),
        ("1", "Cause-Effect(e1,e2)"),
    ]);
    let report = SemevalReport::new(&proposed, &key).unwrap();
    assert_eq!(report.to_string(), REPORT);
    assert_eq!(report.official_f1(), 25.0);
}

#[test]
fn skipped_rows_count_as_other_and_a_key_without_relations_scores_zero() {
    let key = answers(&[("1", "Other"), ("2", "Other"), ("3", "Other")]);
    let report = SemevalReport::new(&answers(&[("1", "Other")]), &key).unwrap();
    let text = report.to_string();
    assert!(
        text.contains("(considering all skipped examples as Wrong) = 1/3 = 33.33%"),
        "{text}"
    );
    assert!(
        text.contains("(considering all skipped examples as Other) = 3/3 = 100.00%"),
        "{text}"
    );
    assert_eq!(report.official_f1(), 0.0);
}

#[test]
fn answers_to_unknown_rows_are_refused() {
    let proposed = answers(&[("1", "Other"), ("9", "Other")]);
    let error = SemevalReport::new(&proposed, &answers(&[("1", "Other")]))
        .err()
        .unwrap();
    assert!(
        matches!(
            &error,
            EvalError::Field {
                row: 2,
                column: "id",
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("\"9\""), "{error}");
}

/// The scorer's own examples, where the shared folder is there.
#[test]
fn the_report_equals_the_official_scorers_line_for_line() {
    let root = std::env::var_os("RELEX_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let examples = root.join("datasets/semeval-2010-task8/scorer-examples");
    if !examples.is_dir() {
        #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
        {
            eprintln!(
                "skipped: {} is not there; set RELEX_SHARED to compare with the scorer's own examples",
                examples.display()
            );
        }
        return;
    }
    let mut compared = 0;
    for number in 1..=9 {
        let file = |name: &str| examples.join(format!("{name}{number}.txt"));
        let Ok(expected) = std::fs::read_to_string(file("result_scores")) else {
            continue;
        };
        let proposed = SemevalAnswers::read(file("proposed_answer")).unwrap();
        let key = SemevalAnswers::read(file("answer_key")).unwrap();
        let found = SemevalReport::new(&proposed, &key).unwrap().to_string();
        // The files end their lines as Windows does.
        let (found, expected): (Vec<&str>, Vec<&str>) = (found.lines().collect(), expected.lines().collect());
        for (line, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "result_scores{number}.txt, line {}", line + 1);
        }
        assert_eq!(found.len(), expected.len(), "result_scores{number}.txt");
        compared += 1;
    }
    assert_eq!(compared, 4);
    // The one that the format checker finds four errors in.
    assert!(SemevalAnswers::read(examples.join("proposed_answer4.txt")).is_err());
}
