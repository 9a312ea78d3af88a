//! Answer files: one `id<TAB>relation` a line.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::error::EvalError;
use crate::predictions::shorten;

/// The relations of the task; each has two directions.
const RELATIONS: [&str; 9] = [
    "Cause-Effect",
    "Component-Whole",
    "Content-Container",
    "Entity-Destination",
    "Entity-Origin",
    "Instrument-Agency",
    "Member-Collection",
    "Message-Topic",
    "Product-Producer",
];

/// The label for no relation, as files write it.
const OTHER: &str = "Other";

/// Which relation each sentence was given, in a key or by a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SemevalAnswers {
    pub(super) path: PathBuf,
    pub(super) answers: Vec<Answer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) label: String,
}

impl SemevalAnswers {
    /// Reads an answer file: on each line an id, a tab or spaces, and one of the nine relations with a direction, such as
    /// `Cause-Effect(e1,e2)`, or `Other`. Empty lines are left out; the order does not matter.
    ///
    /// # Errors
    /// [`EvalError::Read`], [`EvalError::NoDataRows`], [`EvalError::Field`] with row, line and remedy,
    /// [`EvalError::RepeatedId`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, EvalError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| EvalError::Read {
            path: path.to_owned(),
            source,
        })?;
        let answers = (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| {
                let (id, label) = line.trim().split_once(['\t', ' ']).unwrap_or((line.trim(), ""));
                (number, id, label.trim_start())
            });
        Self::check(path, answers)
    }

    /// Answers that come from elsewhere than an answer file: `path` is what errors name, and rows are counted as lines.
    ///
    /// # Errors
    /// As [`SemevalAnswers::read`].
    pub fn new<'a>(
        path: impl AsRef<Path>,
        answers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, EvalError> {
        let numbered = (1..).zip(answers).map(|(row, (id, label))| (row, id, label));
        Self::check(path.as_ref(), numbered)
    }

    fn check<'a>(path: &Path, answers: impl Iterator<Item = (u64, &'a str, &'a str)>) -> Result<Self, EvalError> {
        let mut first_rows: HashMap<&str, usize> = HashMap::new();
        let mut checked = Vec::new();
        for (row, (line, id, label)) in (1..).zip(answers) {
            if !is_label(label) {
                return Err(EvalError::Field {
                    path: path.to_owned(),
                    row,
                    line,
                    column: "relation",
                    problem: "not a label of SemEval-2010 Task 8".to_owned(),
                    found: shorten(label),
                    remedy: "write one of its nine relations with (e1,e2) or (e2,e1) behind it, without spaces, or Other",
                });
            }
            if let Some(first_row) = first_rows.insert(id, row) {
                return Err(EvalError::RepeatedId {
                    path: path.to_owned(),
                    row,
                    first_row,
                    id: id.to_owned(),
                });
            }
            checked.push(Answer {
                line,
                id: id.to_owned(),
                label: label.to_owned(),
            });
        }
        if checked.is_empty() {
            return Err(EvalError::NoDataRows { path: path.to_owned() });
        }
        Ok(Self {
            path: path.to_owned(),
            answers: checked,
        })
    }
}

fn is_label(label: &str) -> bool {
    label == OTHER || RELATIONS.contains(&relation(label)) && relation(label) != label
}

/// The label without its direction.
pub(super) fn relation(label: &str) -> &str {
    label
        .strip_suffix("(e1,e2)")
        .or_else(|| label.strip_suffix("(e2,e1)"))
        .unwrap_or(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SemevalAnswers, EvalError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.txt");
        std::fs::write(&path, text).unwrap();
        SemevalAnswers::read(&path)
    }

    #[test]
    fn reads_tabs_spaces_and_line_ends_of_any_kind() {
        let found = read("8\tOther\r\n\r\n12   Cause-Effect(e2,e1) \n").unwrap();
        let rows: Vec<_> = found
            .answers
            .iter()
            .map(|a| (a.line, a.id.as_str(), a.label.as_str()))
            .collect();
        assert_eq!(rows, [(1, "8", "Other"), (3, "12", "Cause-Effect(e2,e1)")]);
    }

    #[test]
    fn what_the_format_checker_refuses_is_refused() {
        let check = |text: &str, expected: &str| {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        };
        for label in [
            "Message-Topc(e1,e2)",
            "Cause-Effect(e1, e2)",
            "Instrument-Agency (e2,e1)",
            "Cause-Effect",
            "_Other",
            "",
        ] {
            check(
                &format!("1\tOther\n6\t{label}\n"),
                "row 2 (line 2), column \"relation\"",
            );
        }
        check(
            "1\tOther\n\n1\tOther\n",
            "row 2, column \"id\": id 1 is already in row 1",
        );
        check("\n", "no data rows");
    }
}
