//! What is in a data set, and what in it will mislead whoever trains on it.
//!
//! [`audit()`](fn@crate::audit) counts, [`compare`] says what two files have in common, [`Audit::advice`] says in plain words what
//! follows from the numbers and what to do. The same findings come as a table for the terminal
//! ([`Audit::render_text`]), as JSON ([`Audit::render_json`]) and as a page ([`Audit::render_html`]).

mod advice;
mod against;
mod measure;
mod page;
mod repeats;
mod table;
mod words;

use serde::Serialize;

use crate::dedup::Tier;
use crate::example::Example;
use crate::labels::LabelSet;

pub use advice::{Advice, Severity};
pub use against::{Comparison, LabelMix, LabelShares, Leak, SharedGroup, Sides, compare};

/// The findings of [`audit()`](fn@crate::audit).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Audit {
    /// What was audited, for people; empty until [`Audit::titled`] says it.
    pub title: String,
    /// Rows.
    pub rows: usize,
    /// Distinct sentences, character for character.
    pub unique_sentences: usize,
    /// Rows without a label.
    pub unlabelled: usize,
    /// Every label with its rows, the most frequent first; labels without rows at the end.
    pub labels: Vec<Count>,
    /// Pairs `subject type → object type` with their rows, the most frequent first.
    pub type_pairs: Vec<TypePair>,
    /// Lengths of sentences in characters, over rows.
    pub lengths: Lengths,
    /// The same lengths in bins of equal width, but for the last, which reaches from the 99th per cent to the longest.
    pub length_bins: Vec<LengthBin>,
    /// Sources with their rows, the most frequent first; empty where the file names none.
    pub sources: Vec<Count>,
    /// Duplicates in each of the four tiers.
    pub duplicates: Vec<TierCount>,
    /// Sentences that occur in rows of different labels.
    pub sentences_with_several_labels: usize,
    /// Groups of rows with the same sentence, subject and object, but different labels.
    pub conflicts: Vec<Conflict>,
    /// Pairs of entities that stand in the data both ways round: subject and object have traded places.
    pub role_swapped: Vec<RoleSwap>,
    /// The pairs of rows behind those by their two labels, the most frequent first. Whether the two are inverse relations
    /// is for people to judge: a data set does not say which relations are.
    pub role_swapped_labels: Vec<LabelPair>,
    /// Ids of rows with an entity outside their sentence. The readers refuse such rows; examples made by hand may be so.
    pub invalid_spans: Vec<String>,
    /// Ids of rows whose subject and object overlap.
    pub overlapping: Vec<String>,
    /// Ids of rows whose sentence already holds something like an entity marker.
    pub marker_like: Vec<String>,
    /// What the file shares with another one, if it was compared.
    pub against: Option<Comparison>,
}

/// A value and its rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Count {
    /// The label or source.
    pub name: String,
    /// Rows with it.
    pub rows: usize,
    /// Their share of the rows that have any value, from 0 to 1.
    pub share: f64,
}

/// Rows by the types of subject and object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypePair {
    /// Type of the subject.
    pub subject: String,
    /// Type of the object.
    pub object: String,
    /// Rows.
    pub rows: usize,
    /// Those with each label, in the order of [`Audit::labels`].
    pub label_rows: Vec<usize>,
}

/// Quantiles of sentence lengths: the value at index ⌊q · (n − 1)⌋ of the n sorted lengths, which one row really has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Lengths {
    /// The shortest.
    pub least: usize,
    /// q = 0.25.
    pub quarter: usize,
    /// q = 0.5.
    pub median: usize,
    /// q = 0.75.
    pub three_quarters: usize,
    /// q = 0.95.
    pub p95: usize,
    /// q = 0.99.
    pub p99: usize,
    /// The longest.
    pub greatest: usize,
    /// Arithmetic mean.
    pub mean: f64,
}

/// Rows whose sentence has from `from` up to, not including, `to` characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LengthBin {
    /// The shortest length that counts.
    pub from: usize,
    /// The shortest length that no longer counts.
    pub to: usize,
    /// Rows.
    pub rows: usize,
}

/// The duplicates of one tier.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TierCount {
    /// What counts as a duplicate.
    pub tier: Tier,
    /// Groups, those of a single row included.
    pub groups: usize,
    /// Groups of two rows or more.
    pub repeated_groups: usize,
    /// Rows in those.
    pub repeated_rows: usize,
    /// Rows of the largest group.
    pub largest: usize,
    /// The share of validation rows that would have a duplicate in training if every row went to validation with
    /// probability 1/10, whatever its group: Σ g · (1 − 0.1^(g − 1)) / n over groups of g of the n rows.
    pub exposed: f64,
    /// The largest groups of two rows or more, at most five.
    pub samples: Vec<GroupSample>,
}

/// A group of duplicates, in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupSample {
    /// Rows of the group.
    pub rows: usize,
    /// Ids of its first rows, at most eight.
    pub ids: Vec<String>,
    /// Its first distinct sentences, at most three.
    pub sentences: Vec<String>,
}

/// The same question with different answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The sentence of all the rows.
    pub sentence: String,
    /// The subject's characters.
    pub subject: String,
    /// The object's characters.
    pub object: String,
    /// Ids of the rows, in file order.
    pub ids: Vec<String>,
    /// Their labels, in the same order; empty for a row without label.
    pub labels: Vec<String>,
}

/// Two entities of one sentence that are subject and object in some rows, and object and subject in others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleSwap {
    /// The sentence of all the rows.
    pub sentence: String,
    /// The characters of the two entities: the subject of the rows on the first side, then that of the second side.
    pub subjects: [String; 2],
    /// Ids of the rows on each side, in file order; the side of the earliest row first.
    pub ids: [Vec<String>; 2],
    /// Their labels, in the same order; empty for a row without label.
    pub labels: [Vec<String>; 2],
}

/// Two labels of role-swapped rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelPair {
    /// The labels in alphabetical order; empty for a row without label.
    pub labels: [String; 2],
    /// Pairs of rows: each row of one side with each of the other.
    pub pairs: usize,
}

impl Audit {
    /// The findings under a title: what was audited.
    #[must_use]
    pub fn titled(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// What follows from the findings, and what to do about it; the gravest first.
    #[must_use]
    pub fn advice(&self) -> Vec<Advice> {
        advice::advice(self)
    }

    /// A table for the terminal, lines ending in a line feed.
    #[must_use]
    pub fn render_text(&self) -> String {
        table::render(self)
    }

    /// The findings and the advice as one JSON object, indented.
    #[must_use]
    pub fn render_json(&self) -> String {
        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(flatten)]
            audit: &'a Audit,
            advice: Vec<Advice>,
        }
        let advice = self.advice();
        // Names, numbers and lists always have a JSON form.
        serde_json::to_string_pretty(&Document { audit: self, advice }).unwrap_or_default()
    }

    /// One self-contained HTML page with plots: light and dark, printable, readable on a phone; nothing is loaded.
    #[must_use]
    pub fn render_html(&self) -> String {
        page::render(self)
    }
}

/// Looks through a data set.
///
/// ```
/// use relex_data::{Entity, Example, LabelSet, Span, audit};
///
/// let labels = LabelSet::new(["no_relation", "per:title"], "no_relation")?;
/// let entity = |start, end, kind: &str| Ok::<_, relex_data::DataError>(Entity {
///     span: Span::new(start, end)?,
///     entity_type: kind.to_owned(),
/// });
/// let example = Example {
///     id: "0".to_owned(),
///     sentence: "한가람 교수가 왔다.".to_owned(),
///     subject: entity(0, 3, "PER")?,
///     object: entity(4, 6, "POH")?,
///     label: labels.id("per:title"),
///     source: None,
/// };
/// let found = audit(&[example], &labels);
/// assert_eq!((found.rows, found.labels[0].name.as_str()), (1, "per:title"));
/// # Ok::<(), relex_data::DataError>(())
/// ```
#[must_use]
pub fn audit(examples: &[Example], labels: &LabelSet) -> Audit {
    measure::measure(examples, labels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{DatasetSpec, Role};
    use std::path::Path;

    fn fixture() -> (Vec<Example>, LabelSet) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let spec = DatasetSpec::from_file(&folder.join("dataset.toml")).unwrap();
        (spec.read(&folder, Role::Train).unwrap(), spec.labels)
    }

    #[test]
    fn counts_of_the_fixture() {
        let (mut examples, labels) = fixture();
        // A copy of row 7 with another answer, a row whose entities overlap, and one with marks in its text.
        examples.push(Example {
            id: "8".to_owned(),
            label: labels.id("per:title"),
            ..examples[7].clone()
        });
        examples.push(Example {
            id: "9".to_owned(),
            object: examples[0].subject.clone(),
            label: None,
            ..examples[0].clone()
        });
        examples[4].sentence.push_str(" # ^");
        let found = audit(&examples, &labels);
        assert_eq!((found.rows, found.unique_sentences, found.unlabelled), (10, 5, 1));
        let counts: Vec<(&str, usize)> = found
            .labels
            .iter()
            .map(|count| (count.name.as_str(), count.rows))
            .collect();
        assert_eq!(
            counts,
            [
                ("no_relation", 3),
                ("per:employee_of", 2),
                ("per:title", 2),
                ("org:founded", 2)
            ]
        );
        assert!((found.labels[0].share - 3.0 / 9.0).abs() < 1e-12);
        // Sentence 1 in rows 0, 1, 9; sentence 6 in rows 5 to 8; rows 2 and 3 differ in a space and a full stop.
        let repeated: Vec<(usize, usize)> = found
            .duplicates
            .iter()
            .map(|tier| (tier.repeated_groups, tier.repeated_rows))
            .collect();
        assert_eq!(repeated, [(2, 7), (3, 9), (3, 9), (1, 2)]);
        assert_eq!(found.sentences_with_several_labels, 2);
        assert_eq!(found.conflicts.len(), 1);
        assert_eq!(found.conflicts[0].ids, ["7", "8"]);
        assert_eq!(found.conflicts[0].labels, ["no_relation", "per:title"]);
        assert_eq!(
            (found.conflicts[0].subject.as_str(), found.role_swapped.len()),
            (examples[7].subject_word(), 1)
        );
        let swap = &found.role_swapped[0];
        assert_eq!(swap.ids, [vec!["6".to_owned()], vec!["7".to_owned(), "8".to_owned()]]);
        assert_eq!(
            swap.subjects,
            [examples[6].subject_word(), examples[7].subject_word()].map(str::to_owned)
        );
        assert_eq!(
            found
                .role_swapped_labels
                .iter()
                .map(|labels| labels.pairs)
                .sum::<usize>(),
            2
        );
        assert_eq!(
            (found.overlapping, found.marker_like),
            (vec!["9".to_owned()], vec!["4".to_owned()])
        );
    }

    #[test]
    fn lengths_are_those_of_rows() {
        let (examples, labels) = fixture();
        let mut sorted: Vec<usize> = examples
            .iter()
            .map(|example| example.sentence.chars().count())
            .collect();
        sorted.sort_unstable();
        let lengths = audit(&examples, &labels).lengths;
        // Eight rows: ⌊0.25 · 7⌋ = 1, ⌊0.5 · 7⌋ = 3, ⌊0.75 · 7⌋ = 5, ⌊0.99 · 7⌋ = 6.
        assert_eq!(
            (lengths.least, lengths.quarter, lengths.median),
            (sorted[0], sorted[1], sorted[3])
        );
        assert_eq!(
            (lengths.three_quarters, lengths.p99, lengths.greatest),
            (sorted[5], sorted[6], sorted[7])
        );
    }

    #[test]
    fn nothing_is_audited_without_complaint() {
        let (_, labels) = fixture();
        let found = audit(&[], &labels);
        assert_eq!(
            (found.rows, found.lengths.greatest, found.duplicates[2].largest),
            (0, 0, 0)
        );
        assert!(found.render_text().contains("unique sentences         0"));
    }

    #[test]
    fn the_table_is_aligned() {
        let (examples, labels) = fixture();
        let text = audit(&examples, &labels).render_text();
        let block: Vec<&str> = text
            .lines()
            .skip_while(|line| *line != "labels")
            .skip(2)
            .take(4)
            .collect();
        assert_eq!(
            block,
            [
                "  no_relation      3   37.5 %  ███████████████",
                "  per:employee_of  2   25.0 %  ██████████",
                "  org:founded      2   25.0 %  ██████████",
                "  per:title        1   12.5 %  █████",
            ]
        );
        assert!(
            text.contains("  identical sentence                                      2             5        3"),
            "{text}"
        );
        assert!(text.lines().all(|line| line.trim_end() == line));
    }
}
