//! Checks a submission before a leaderboard does.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::EvalError;
use crate::predictions::{Columns, Table, argmax, check_label_order, parse_list, shorten};
use crate::text::thousands;

/// How far the sum of a row's probabilities may be from 1: 30 probabilities of single precision
/// stay well within it, probabilities rounded to four digits do not.
pub const SUM_TOLERANCE: f64 = 1e-6;

/// How many rows are shown for each problem.
const EXAMPLES: usize = 5;

/// What was found in a submission. Its `Display` is a summary of one or more lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintReport {
    /// The file.
    pub path: PathBuf,
    /// Its number of data rows.
    pub rows: usize,
    /// What is wrong, one entry for each check that failed, in the order of [`LintCheck`].
    pub problems: Vec<LintProblem>,
}

/// A check that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintProblem {
    /// The check.
    pub check: LintCheck,
    /// How many rows (or, for missing ids, ids) fail it.
    pub count: usize,
    /// The first of them, at most five.
    pub examples: Vec<LintExample>,
}

/// One offending row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintExample {
    /// 1-based data row; `None` where the problem is not in a row (the header, a missing id).
    pub row: Option<usize>,
    /// 1-based line on which the row starts; `None` where `row` is.
    pub line: Option<u64>,
    /// What is wrong there, with the offending value.
    pub detail: String,
}

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LintCheck {
    /// The header is exactly `id,pred_label,probs`.
    Header,
    /// There is at least one row.
    NoRows,
    /// Every row has three fields.
    FieldCount,
    /// Every id stands once.
    RepeatedId,
    /// Every id is expected.
    UnexpectedId,
    /// Every expected id is there.
    MissingId,
    /// The ids stand in the expected order.
    IdOrder,
    /// `pred_label` is in the label order.
    UnknownLabel,
    /// `probs` is a Python list of finite numbers.
    ProbabilityList,
    /// `probs` has one number a label.
    ProbabilityCount,
    /// Every probability lies in `[0, 1]`.
    ProbabilityRange,
    /// The probabilities of a row sum to 1 within [`SUM_TOLERANCE`].
    ProbabilitySum,
    /// `pred_label` has the row's largest probability (any of equal ones).
    LabelNotMostProbable,
}

impl LintReport {
    /// Whether every check passed.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Checks the submission at `path` against the label order of its probabilities and, if given, the
/// ids that it must hold in their order (see [`LintCheck`] for all checks).
///
/// # Errors
/// [`EvalError::Read`] or [`EvalError::Csv`] if the file cannot be read at all,
/// [`EvalError::RepeatedLabel`] or [`EvalError::Setting`] if the label order is not one.
/// Everything else that is wrong is in the report.
pub fn lint_submission(
    path: impl AsRef<Path>,
    label_order: &[String],
    expected_ids: Option<&[String]>,
) -> Result<LintReport, EvalError> {
    let path = path.as_ref();
    check_label_order(label_order)?;
    let mut findings = Findings::default();
    let table = match Table::open(path) {
        Ok(table) => table,
        Err(EvalError::MissingColumn { column, found, .. }) => {
            findings.add(
                LintCheck::Header,
                None,
                format!("column \"{column}\" is missing, found {found}"),
            );
            return Ok(findings.into_report(path, 0));
        }
        Err(error) => return Err(error),
    };
    if table.header().iter().ne(Columns::NAMES) {
        let found = shorten(&table.header().iter().collect::<Vec<_>>().join(","));
        findings.add(LintCheck::Header, None, format!("found {found}"));
    }
    let width = table.header().len();
    let mut ids = Vec::new();
    let rows = table.for_each(|row| {
        let place = Some((row.number, row.line));
        let [Some(id), Some(label), Some(list)] = row.fields else {
            findings.add(
                LintCheck::FieldCount,
                place,
                format!("{} fields, the header has {width}", row.width),
            );
            return Ok(());
        };
        if row.width != width {
            findings.add(
                LintCheck::FieldCount,
                place,
                format!("{} fields, the header has {width}", row.width),
            );
        }
        check_values(&mut findings, place, label_order, label, list);
        ids.push((id.to_owned(), place));
        Ok(())
    })?;
    if rows == 0 {
        findings.add(LintCheck::NoRows, None, "the file ends after its header".to_owned());
    }
    check_repeated(&mut findings, &ids);
    if let Some(expected) = expected_ids {
        check_expected(&mut findings, &ids, expected);
    }
    Ok(findings.into_report(path, rows))
}

type Place = Option<(usize, u64)>;

#[derive(Default)]
struct Findings(Vec<LintProblem>);

impl Findings {
    fn add(&mut self, check: LintCheck, place: Place, detail: String) {
        let at = self
            .0
            .iter()
            .position(|problem| problem.check == check)
            .unwrap_or_else(|| {
                self.0.push(LintProblem {
                    check,
                    count: 0,
                    examples: Vec::new(),
                });
                self.0.len() - 1
            });
        let problem = &mut self.0[at];
        problem.count += 1;
        if problem.examples.len() < EXAMPLES {
            problem.examples.push(LintExample {
                row: place.map(|(row, _)| row),
                line: place.map(|(_, line)| line),
                detail,
            });
        }
    }

    fn into_report(self, path: &Path, rows: usize) -> LintReport {
        let mut problems = self.0;
        problems.sort_by_key(|problem| problem.check);
        LintReport {
            path: path.to_owned(),
            rows,
            problems,
        }
    }
}

fn check_values(findings: &mut Findings, place: Place, labels: &[String], label: &str, list: &str) {
    let claimed = labels.iter().position(|known| known == label);
    if claimed.is_none() {
        findings.add(LintCheck::UnknownLabel, place, format!("found {}", shorten(label)));
    }
    let values = match parse_list(list) {
        Ok(values) => values,
        Err((problem, found)) => {
            findings.add(
                LintCheck::ProbabilityList,
                place,
                format!("{problem}, found {}", shorten(found)),
            );
            return;
        }
    };
    if let Some(at) = values.iter().position(|value| !(0.0..=1.0).contains(value)) {
        findings.add(
            LintCheck::ProbabilityRange,
            place,
            format!("probability {} of the list is {}", at + 1, values[at]),
        );
    }
    if values.len() != labels.len() {
        findings.add(
            LintCheck::ProbabilityCount,
            place,
            format!("{} of {}", values.len(), labels.len()),
        );
        return;
    }
    let sum: f64 = values.iter().sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        findings.add(LintCheck::ProbabilitySum, place, format!("the sum is {sum}"));
    }
    let best = argmax(&values);
    if let Some(claimed) = claimed.filter(|&claimed| values[claimed] < values[best]) {
        let (named, better) = (&labels[claimed], &labels[best]);
        let detail = format!("{named} has {}, but {better} has {}", values[claimed], values[best]);
        findings.add(LintCheck::LabelNotMostProbable, place, detail);
    }
}

fn check_repeated(findings: &mut Findings, ids: &[(String, Place)]) {
    let mut first_rows = HashMap::with_capacity(ids.len());
    for (id, place) in ids {
        if let Some((first, _)) = first_rows.get(id).copied().flatten() {
            findings.add(
                LintCheck::RepeatedId,
                *place,
                format!("id {id} is already in row {first}"),
            );
        } else {
            first_rows.insert(id, *place);
        }
    }
}

fn check_expected(findings: &mut Findings, ids: &[(String, Place)], expected: &[String]) {
    let positions: HashMap<&str, usize> = expected.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    let mut present = vec![false; expected.len()];
    let mut furthest: Option<usize> = None;
    for (id, place) in ids {
        let Some(&position) = positions.get(id.as_str()) else {
            findings.add(
                LintCheck::UnexpectedId,
                *place,
                format!("id {} is not among the expected ones", shorten(id)),
            );
            continue;
        };
        let repeated = std::mem::replace(&mut present[position], true);
        match furthest {
            Some(furthest) if position < furthest && !repeated => {
                let detail = format!(
                    "id {id} stands after id {}, but is expected before it",
                    expected[furthest]
                );
                findings.add(LintCheck::IdOrder, *place, detail);
            }
            _ => furthest = furthest.max(Some(position)),
        }
    }
    for (at, id) in expected
        .iter()
        .enumerate()
        .filter(|&(at, id)| !present[at] && positions[id.as_str()] == at)
    {
        findings.add(
            LintCheck::MissingId,
            None,
            format!("id {id}, expected in row {}", at + 1),
        );
    }
}

impl fmt::Display for LintCheck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Header => "the header is not id,pred_label,probs",
            Self::NoRows => "there are no data rows",
            Self::FieldCount => "rows with another number of fields than the header",
            Self::RepeatedId => "ids that stand more than once",
            Self::UnexpectedId => "ids that are not expected",
            Self::MissingId => "expected ids that are missing",
            Self::IdOrder => "ids out of order",
            Self::UnknownLabel => "labels outside the label order",
            Self::ProbabilityList => "probabilities that are not a list of numbers",
            Self::ProbabilityCount => "rows without one probability a label",
            Self::ProbabilityRange => "rows with a probability outside 0 to 1",
            Self::ProbabilitySum => "rows whose probabilities do not sum to 1",
            Self::LabelNotMostProbable => "labels that are not the most probable one",
        })
    }
}

impl fmt::Display for LintReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, rows) = (self.path.display(), thousands(self.rows));
        if self.is_clean() {
            return write!(formatter, "{path}: {rows} rows, nothing wrong");
        }
        write!(formatter, "{path}: {rows} rows, checks failed: {}", self.problems.len())?;
        for LintProblem { check, count, examples } in &self.problems {
            write!(formatter, "\n  {check}: {}", thousands(*count))?;
            for LintExample { row, line, detail } in examples {
                formatter.write_str("\n    ")?;
                if let (Some(row), Some(line)) = (row, line) {
                    write!(formatter, "row {row} (line {line}): ")?;
                }
                formatter.write_str(detail)?;
            }
            if *count > examples.len() {
                write!(formatter, "\n    and {} more", thousands(count - examples.len()))?;
            }
        }
        Ok(())
    }
}
