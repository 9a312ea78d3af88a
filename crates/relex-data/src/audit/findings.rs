//! What an audit finds: numbers, ids, and a few sentences to look at.

use serde::Serialize;

use super::against::Comparison;
use crate::dedup::Tier;

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
    /// The ids of every group of two rows or more, in the order of their first rows.
    pub repeated_ids: Vec<Vec<String>>,
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
