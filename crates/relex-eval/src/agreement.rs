//! How predictions go with labels, beside what always naming the commonest label does.

use serde::Serialize;

use crate::text::printable;

/// How often predictions are the gold labels, and how often the commonest of these would be: what a model has to beat before anything
/// that it says of labels counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Number of rows.
    pub rows: usize,
    /// How many rows are predicted as their gold label.
    pub right: usize,
    /// Index of the label that every row is predicted as; `None` where more than one label is predicted.
    pub only: Option<usize>,
    /// Index of the commonest gold label; of equally common ones the first.
    pub commonest: usize,
    /// How many rows have it.
    pub commonest_rows: usize,
}

impl Agreement {
    /// Of pairs of a gold and a predicted label, one a row.
    pub(crate) fn of(pairs: impl Iterator<Item = (usize, usize)>) -> Self {
        let (mut rows, mut right) = (0, 0);
        let mut only = None;
        let mut counts: Vec<usize> = Vec::new();
        for (gold, predicted) in pairs {
            only = match rows {
                0 => Some(predicted),
                _ => only.filter(|&label| label == predicted),
            };
            rows += 1;
            right += usize::from(gold == predicted);
            counts.resize(counts.len().max(gold + 1), 0);
            counts[gold] += 1;
        }
        let commonest_rows = counts.iter().copied().max().unwrap_or(0);
        Self {
            rows,
            right,
            only,
            commonest: counts.iter().position(|&count| count == commonest_rows).unwrap_or(0),
            commonest_rows,
        }
    }

    /// Whether the predictions tell the labels apart better than naming one label for all rows does. Of rows that all have one gold
    /// label nothing can be told, and this is true.
    ///
    /// ```
    /// use relex_eval::Agreement;
    ///
    /// // Right in 70 of 100 rows, of which the commonest label has 60.
    /// let agreement = Agreement { rows: 100, right: 70, only: None, commonest: 0, commonest_rows: 60 };
    /// assert!(agreement.is_informed());
    /// assert!(!Agreement { right: 60, ..agreement }.is_informed());
    /// ```
    pub fn is_informed(&self) -> bool {
        self.commonest_rows == self.rows || self.only.is_none() && self.right > self.commonest_rows
    }

    /// What is to be said of predictions that are not [informed](Self::is_informed): sentences without the last stop.
    pub(crate) fn warning(&self, labels: &[String]) -> Option<String> {
        if self.is_informed() {
            return None;
        }
        let name = |label: usize| {
            labels
                .get(label)
                .map_or_else(|| label.to_string(), |label| printable(label))
        };
        if let Some(only) = self.only {
            return Some(format!(
                "every row is predicted as {}, so that these predictions tell no labels apart",
                name(only)
            ));
        }
        let percent = |part: usize| 100.0 * part as f64 / self.rows as f64;
        Some(format!(
            "{:.1} % of the rows are predicted as their label, and always saying {}, the commonest, would be right in {:.1} %: these \
             predictions hardly tell labels apart",
            percent(self.right),
            name(self.commonest),
            percent(self.commonest_rows)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(gold: &[usize], predicted: &[usize], expected: Option<&str>) {
        let labels = ["none", "a", "b"].map(String::from);
        let agreement = Agreement::of(gold.iter().copied().zip(predicted.iter().copied()));
        let warning = agreement.warning(&labels);
        assert_eq!(agreement.is_informed(), expected.is_none());
        match expected {
            None => assert_eq!(warning, None),
            Some(part) => assert!(warning.as_ref().is_some_and(|text| text.contains(part)), "{warning:?}"),
        }
    }

    #[test]
    fn one_label_for_all_rows_is_no_knowledge_and_neither_is_no_more_than_the_commonest() {
        check(&[0, 0, 1, 2], &[0, 0, 0, 0], Some("every row is predicted as none"));
        // Not the commonest label, but one alone.
        check(&[0, 1, 1, 2], &[2, 2, 2, 2], Some("every row is predicted as b"));
        check(
            &[0, 0, 0, 1],
            &[0, 0, 1, 1],
            Some(
                "75.0 % of the rows are predicted as their label, and always saying none, the commonest, would be right in 75.0 %",
            ),
        );
        check(&[0, 0, 1, 1], &[0, 0, 1, 2], None);
        check(&[1, 1], &[1, 1], None);
        check(&[], &[], None);
    }

    #[test]
    fn counts_by_hand() {
        let agreement = Agreement::of([(2, 2), (1, 2), (2, 0)].into_iter());
        let expected = Agreement {
            rows: 3,
            right: 1,
            only: None,
            commonest: 2,
            commonest_rows: 2,
        };
        assert_eq!(agreement, expected);
    }
}
