//! The official scorer's report, line for line.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::answers::SemevalAnswers;
use super::tally::{OTHER, Tally, Way};
use crate::error::EvalError;

/// What version 1.2 of the task's official scorer prints about a system's answers.
///
/// `to_string` gives the whole report: three evaluations (19 labels; 10 labels without direction; 10 labels with the direction
/// taken into account, the official one), each with its confusion matrix, coverage, accuracies, and precision, recall and F1 of
/// every relation, micro-averaged and macro-averaged without `Other`. Rows that the system skipped count as `Other`. Where the
/// scorer would divide by zero (a key without any relation) a share is 0.
///
/// ```
/// use relex_eval::{SemevalAnswers, SemevalReport};
///
/// let key = SemevalAnswers::new("key", [("1", "Cause-Effect(e1,e2)"), ("2", "Cause-Effect(e1,e2)"), ("3", "Other")])?;
/// let proposed = SemevalAnswers::new("ours", [("1", "Cause-Effect(e1,e2)"), ("2", "Cause-Effect(e2,e1)")])?;
/// let report = SemevalReport::new(&proposed, &key)?;
/// // One hit; two rows proposed and two gold.
/// assert_eq!(report.official_f1(), 50.0);
/// assert!(report.to_string().contains("Coverage = 2/3 = 66.67%"));
/// # Ok::<(), relex_eval::EvalError>(())
/// ```
pub struct SemevalReport {
    /// Proposed labels that the key does not have, and how often.
    strangers: BTreeMap<String, usize>,
    tallies: [Tally; 3],
    proposed: usize,
    key: usize,
}

impl SemevalReport {
    /// Compares a system's answers with the key's. The system may skip rows.
    ///
    /// # Errors
    /// [`EvalError::Field`] if the system answers a row that the key does not have.
    pub fn new(proposed: &SemevalAnswers, key: &SemevalAnswers) -> Result<Self, EvalError> {
        let gold: HashMap<&str, &str> = key
            .answers
            .iter()
            .map(|answer| (answer.id.as_str(), answer.label.as_str()))
            .collect();
        let mut pairs = Vec::with_capacity(proposed.answers.len());
        for (row, answer) in (1..).zip(&proposed.answers) {
            let Some(&gold) = gold.get(answer.id.as_str()) else {
                return Err(EvalError::Field {
                    path: proposed.path.clone(),
                    row,
                    line: answer.line,
                    column: "id",
                    problem: format!("not an id of {}", key.path.display()),
                    found: format!("{:?}", answer.id),
                    remedy: "answer only rows of the key",
                });
            };
            pairs.push((gold, answer.label.as_str()));
        }
        let tally = |way| Tally::new(way, &key.answers, &pairs);
        let tallies = [tally(Way::Directed), tally(Way::Undirected), tally(Way::Official)];
        let strangers = tallies[0]
            .columns
            .iter()
            .filter(|label| !tallies[0].key.contains_key(*label))
            .map(|label| (label.clone(), tallies[0].column_sum(label)))
            .collect();
        Ok(Self {
            strangers,
            tallies,
            proposed: proposed.answers.len(),
            key: key.answers.len(),
        })
    }

    /// The official score in percent: the last line's number, unrounded.
    pub fn official_f1(&self) -> f64 {
        macro_average(&relations(&self.tallies[2])).f1
    }
}

impl fmt::Display for SemevalReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (label, count) in &self.strangers {
            writeln!(
                out,
                "!!!WARNING!!! The proposed file contains {count} label(s) of type '{label}', which is NOT present in the key file.\n"
            )?;
        }
        for tally in &self.tallies {
            writeln!(
                out,
                "{}\n",
                match tally.way {
                    Way::Directed => "<<< (2*9+1)-WAY EVALUATION (USING DIRECTIONALITY)>>>:",
                    Way::Undirected => "<<< (9+1)-WAY EVALUATION IGNORING DIRECTIONALITY >>>:",
                    Way::Official => "<<< (9+1)-WAY EVALUATION TAKING DIRECTIONALITY INTO ACCOUNT -- OFFICIAL >>>:",
                }
            )?;
            confusion(out, tally)?;
            self.accuracies(out, tally)?;
            individual(out, tally)?;
        }
        writeln!(
            out,
            "<<< The official score is (9+1)-way evaluation with directionality taken into account: macro-averaged F1 = {:.2}% >>>",
            self.official_f1()
        )
    }
}

fn confusion(out: &mut fmt::Formatter<'_>, tally: &Tally) -> fmt::Result {
    let official = tally.way == Way::Official;
    write!(out, "Confusion matrix:\n       ")?;
    for label in &tally.columns {
        write!(out, " {:>4}", short_name(label, tally))?;
    }
    let rule = "-----".repeat(tally.columns.len());
    let sums = if official {
        "-SUM- xDIRx skip  ACTUAL"
    } else {
        "-SUM- skip ACTUAL"
    };
    writeln!(out, " <-- classified as\n      +{rule}+ {sums}")?;
    for (gold, rows) in &tally.key {
        write!(out, " {:>4} |", short_name(gold, tally))?;
        for proposed in &tally.columns {
            write!(out, "{:>4} ", tally.cell(gold, proposed))?;
        }
        let (sum, wrong, skipped) = (tally.row_sum(gold), tally.wrong_direction(gold), tally.skipped(gold));
        if official {
            writeln!(out, "| {sum:>4}  {wrong:>4}  {skipped:>4}   {rows:>4}")?;
        } else {
            writeln!(out, "| {sum:>4} {skipped:>4} {rows:>4}")?;
        }
    }
    write!(out, "      +{rule}+\n -SUM- ")?;
    for label in &tally.columns {
        write!(out, "{:>4} ", tally.column_sum(label))?;
    }
    let labels = || tally.key.keys();
    let sum: usize = labels().map(|label| tally.row_sum(label)).sum();
    let wrong: usize = labels().map(|label| tally.wrong_direction(label)).sum();
    let skipped: usize = labels().map(|label| tally.skipped(label)).sum();
    let rows: usize = tally.key.values().sum();
    if official {
        writeln!(out, "  {sum:>4}  {wrong:>4}  {skipped:>4}   {rows:>4}\n")
    } else {
        writeln!(out, "  {sum:>4} {skipped:>4} {rows:>4}\n")
    }
}

impl SemevalReport {
    fn accuracies(&self, out: &mut fmt::Formatter<'_>, tally: &Tally) -> fmt::Result {
        let correct = tally.correct();
        let line = |out: &mut fmt::Formatter<'_>, name: &str, part: usize, whole: usize| {
            writeln!(out, "{name} = {part}/{whole} = {:>5.2}%", percent(part, whole))
        };
        let as_other = correct
            + if tally.key.contains_key(OTHER) {
                tally.skipped(OTHER)
            } else {
                0
            };
        line(out, "Coverage", self.proposed, self.key)?;
        line(
            out,
            "Accuracy (calculated for the above confusion matrix)",
            correct,
            self.proposed,
        )?;
        line(
            out,
            "Accuracy (considering all skipped examples as Wrong)",
            correct,
            self.key,
        )?;
        line(
            out,
            "Accuracy (considering all skipped examples as Other)",
            as_other,
            self.key,
        )
    }
}

fn individual(out: &mut fmt::Formatter<'_>, tally: &Tally) -> fmt::Result {
    let relations = relations(tally);
    writeln!(out, "\nResults for the individual relations:")?;
    for relation in &relations {
        let Relation {
            label,
            correct,
            proposed,
            wrong,
            rows,
            score: Shares { precision, recall, f1 },
        } = relation;
        let claims = match tally.way {
            Way::Official => format!("({proposed:>4} +{wrong:>4})"),
            _ => format!("{proposed:>4}"),
        };
        writeln!(
            out,
            "{label:>25} :    P = {correct:>4}/{claims} = {precision:>6.2}%     \
             R = {correct:>4}/{rows:>4} = {recall:>6.2}%     F1 = {f1:>6.2}%"
        )?;
    }
    let counted = || relations.iter().filter(|relation| relation.label != OTHER);
    let correct: usize = counted().map(|relation| relation.correct).sum();
    let claims: usize = counted().map(|relation| relation.proposed + relation.wrong).sum();
    let rows: usize = counted().map(|relation| relation.rows).sum();
    let Shares { precision, recall, f1 } = Shares::new(percent(correct, claims), percent(correct, rows));
    writeln!(
        out,
        "\nMicro-averaged result (excluding Other):\nP = {correct:>4}/{claims:>4} = {precision:>6.2}%     \
         R = {correct:>4}/{rows:>4} = {recall:>6.2}%     F1 = {f1:>6.2}%"
    )?;
    let Shares { precision, recall, f1 } = macro_average(&relations);
    writeln!(
        out,
        "\nMACRO-averaged result (excluding Other):\nP = {precision:>6.2}%\tR = {recall:>6.2}%\tF1 = {f1:>6.2}%\n\n\n"
    )
}

/// How one of the key's labels fared.
struct Relation<'a> {
    label: &'a str,
    correct: usize,
    proposed: usize,
    wrong: usize,
    rows: usize,
    score: Shares,
}

/// In percent.
struct Shares {
    precision: f64,
    recall: f64,
    f1: f64,
}

impl Shares {
    fn new(precision: f64, recall: f64) -> Self {
        let sum = precision + recall;
        Self {
            precision,
            recall,
            f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 },
        }
    }
}

fn relations(tally: &Tally) -> Vec<Relation<'_>> {
    tally
        .key
        .iter()
        .map(|(label, &rows)| {
            let (correct, proposed) = (tally.cell(label, label), tally.column_sum(label));
            let wrong = tally.wrong_direction(label);
            Relation {
                label,
                correct,
                proposed,
                wrong,
                rows,
                score: Shares::new(percent(correct, proposed + wrong), percent(correct, rows)),
            }
        })
        .collect()
}

/// The mean over the key's relations, `Other` left out.
fn macro_average(relations: &[Relation<'_>]) -> Shares {
    let counted: Vec<&Relation<'_>> = relations.iter().filter(|relation| relation.label != OTHER).collect();
    let mean = |part: fn(&Shares) -> f64| {
        counted.iter().map(|relation| part(&relation.score)).sum::<f64>() / counted.len().max(1) as f64
    };
    Shares {
        precision: mean(|score| score.precision),
        recall: mean(|score| score.recall),
        f1: mean(|score| score.f1),
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        100.0 * part as f64 / whole as f64
    }
}

/// `Cause-Effect(e2,e1)` as `C-E2`, or as `*CE2` where the key has no such label.
fn short_name(label: &str, tally: &Tally) -> String {
    if label == OTHER {
        return "_O_".to_owned();
    }
    let mut initials = label.split('-').filter_map(|part| part.chars().next());
    let (first, second) = (initials.next().unwrap_or('?'), initials.next().unwrap_or('?'));
    let direction = match label.split_once("(e") {
        Some((_, rest)) => &rest[..1],
        None => "",
    };
    if tally.key.contains_key(label) {
        format!("{first}-{second}{direction}")
    } else {
        format!("*{first}{second}{direction}")
    }
}
