//! What is in a data set, and what in it will mislead whoever trains on it.
//!
//! [`audit()`](fn@crate::audit) counts, [`compare`] says what two files have in common, [`Audit::advice`] says in plain words what
//! follows from the numbers and what to do. The same findings come as a table for the terminal
//! ([`Audit::render_text`]), as JSON ([`Audit::render_json`]) and as a page ([`Audit::render_html`]).

mod advice;
mod against;
mod findings;
mod measure;
mod page;
mod repeats;
mod table;

use serde::Serialize;

use crate::example::Example;
use crate::labels::LabelSet;

pub use advice::{Advice, Severity};
pub use against::{Comparison, LabelMix, LabelShares, Leak, SharedGroup, Sides, compare};
pub use findings::{Audit, Conflict, Count, GroupSample, LabelPair, LengthBin, Lengths, RoleSwap, TierCount, TypePair};

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
