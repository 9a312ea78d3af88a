//! One question with several answers: rows of the same sentence, subject and object whose labels differ.
//!
//! At most one of the labels is right, so such rows teach contradictions and make an error of every answer they are
//! scored by. A policy settles them before a split is made ([`split`](fn@crate::split)), and the split's manifest says
//! which rows it dropped or relabelled.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::dedup::{Tier, duplicate_groups};
use crate::example::Example;
use crate::id_order::compare_ids;
use crate::labels::{LabelId, LabelSet};

/// What becomes of rows that contradict each other.
///
/// `Keep`, `Majority`, `Drop` and `DropNegative` depend on the rows' contents alone, `First` on their ids as well; none
/// depends on their order in the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictPolicy {
    /// They stay as they are.
    #[default]
    Keep,
    /// All get the most frequent of their labels; of equally frequent ones a relation goes before the negative label,
    /// and then the one that comes first in the label set.
    Majority,
    /// All get the label of the row with the least id: numbers by value, before all other ids, those by their characters.
    First,
    /// All are dropped.
    Drop,
    /// Those with the negative label are dropped; relations that still contradict each other stay.
    DropNegative,
}

impl ConflictPolicy {
    /// Every policy, in the order of the enum.
    pub const ALL: [Self; 5] = [Self::Keep, Self::Majority, Self::First, Self::Drop, Self::DropNegative];

    /// The name on the command line and in manifests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Majority => "majority",
            Self::First => "first",
            Self::Drop => "drop",
            Self::DropNegative => "drop-negative",
        }
    }
}

impl fmt::Display for ConflictPolicy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// What a policy found and did, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConflictCounts {
    /// The policy.
    pub policy: ConflictPolicy,
    /// Groups of rows with one sentence, subject and object, but several labels.
    pub groups: usize,
    /// Rows dropped.
    pub dropped: usize,
    /// Rows that got another label than their file gives them.
    pub relabelled: usize,
    /// Groups that still have several labels.
    pub unresolved: usize,
}

/// What becomes of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It stays as it is.
    Kept,
    /// It stays with this label.
    Relabelled(LabelId),
    /// It goes.
    Dropped,
}

/// What a policy does to the rows of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// What was found and done.
    pub counts: ConflictCounts,
    /// What becomes of every row, in their order.
    pub outcomes: Vec<Outcome>,
}

/// Applies a policy to the conflicts among `examples`. Rows without a label take no part in any.
///
/// ```
/// use relex_data::{ConflictPolicy, Entity, Example, LabelSet, Span, resolve_conflicts};
///
/// let labels = LabelSet::new(["no_relation", "per:title"], "no_relation")?;
/// let row = |id: &str, label: &str| Ok::<_, relex_data::DataError>(Example {
///     id: id.to_owned(),
///     sentence: "한가람 교수가 왔다.".to_owned(),
///     subject: Entity { span: Span::new(0, 3)?, entity_type: "PER".to_owned() },
///     object: Entity { span: Span::new(4, 6)?, entity_type: "POH".to_owned() },
///     label: labels.id(label),
///     source: None,
/// });
/// let rows = [row("0", "no_relation")?, row("1", "per:title")?];
/// let resolution = resolve_conflicts(&rows, &labels, ConflictPolicy::DropNegative);
/// assert_eq!((resolution.counts.groups, resolution.counts.dropped), (1, 1));
/// assert_eq!(resolution.apply(&rows)[0].id, "1");
/// # Ok::<(), relex_data::DataError>(())
/// ```
#[must_use]
pub fn resolve_conflicts(examples: &[Example], labels: &LabelSet, policy: ConflictPolicy) -> Resolution {
    let mut counts = ConflictCounts {
        policy,
        ..ConflictCounts::default()
    };
    let mut outcomes = vec![Outcome::Kept; examples.len()];
    let negative = Some(labels.negative());
    for rows in repeated(examples) {
        let mut votes: BTreeMap<LabelId, usize> = BTreeMap::new();
        for label in rows.iter().filter_map(|row| examples[*row].label) {
            *votes.entry(label).or_default() += 1;
        }
        if votes.len() < 2 {
            continue;
        }
        counts.groups += 1;
        let labelled = || rows.iter().filter(|row| examples[**row].label.is_some());
        let decided = match policy {
            ConflictPolicy::Keep => None,
            ConflictPolicy::Majority => votes
                .iter()
                .max_by_key(|(label, votes)| (**votes, Some(**label) != negative, Reverse(**label)))
                .map(|(label, _)| *label),
            ConflictPolicy::First => labelled()
                .min_by(|left, right| compare_ids(&examples[**left].id, &examples[**right].id))
                .and_then(|row| examples[*row].label),
            ConflictPolicy::Drop | ConflictPolicy::DropNegative => {
                let whole = policy == ConflictPolicy::Drop;
                for row in labelled().filter(|row| whole || examples[**row].label == negative) {
                    outcomes[*row] = Outcome::Dropped;
                    counts.dropped += 1;
                }
                None
            }
        };
        if let Some(label) = decided {
            for row in labelled().filter(|row| examples[**row].label != Some(label)) {
                outcomes[*row] = Outcome::Relabelled(label);
                counts.relabelled += 1;
            }
        }
        let relations = votes.len() - usize::from(votes.contains_key(&labels.negative()));
        counts.unresolved += usize::from(match policy {
            ConflictPolicy::Keep => true,
            ConflictPolicy::DropNegative => relations > 1,
            ConflictPolicy::Majority | ConflictPolicy::First | ConflictPolicy::Drop => false,
        });
    }
    Resolution { counts, outcomes }
}

/// Rows of one sentence, subject and object, where there are at least two.
fn repeated(examples: &[Example]) -> Vec<Vec<usize>> {
    let groups = duplicate_groups(examples, Tier::SamePair);
    let sizes = groups.sizes();
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, group) in groups.iter().enumerate().filter(|(_, group)| sizes[*group] > 1) {
        members.entry(group).or_default().push(row);
    }
    members.into_values().collect()
}

impl Resolution {
    /// The rows as the policy leaves them, in their order; `examples` are those that it was made for.
    #[must_use]
    pub fn apply<'a>(&self, examples: &'a [Example]) -> Cow<'a, [Example]> {
        if self.outcomes.iter().all(|outcome| *outcome == Outcome::Kept) {
            return Cow::Borrowed(examples);
        }
        let rows = examples.iter().zip(&self.outcomes);
        rows.filter_map(|(example, outcome)| match outcome {
            Outcome::Kept => Some(example.clone()),
            Outcome::Relabelled(label) => Some(Example {
                label: Some(*label),
                ..example.clone()
            }),
            Outcome::Dropped => None,
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{Entity, Span};

    fn labels() -> LabelSet {
        LabelSet::new(["per:title", "no_relation", "per:children"], "no_relation").unwrap()
    }

    /// One sentence a digit of `pairs`, labels by their first letters: `t`itle, `n`o_relation, `c`hildren, `-` for none.
    fn rows(pairs: &str, names: &str) -> Vec<Example> {
        let entity = |start| Entity {
            span: Span::new(start, start + 1).unwrap(),
            entity_type: "PER".to_owned(),
        };
        let label = |name| match name {
            't' => labels().id("per:title"),
            'n' => labels().id("no_relation"),
            'c' => labels().id("per:children"),
            _ => None,
        };
        let row = |(index, (pair, name)): (usize, (char, char))| Example {
            id: (20 - index).to_string(),
            sentence: format!("가나 {pair}"),
            subject: entity(0),
            object: entity(1),
            label: label(name),
            source: None,
        };
        pairs.chars().zip(names.chars()).enumerate().map(row).collect()
    }

    /// Every row that is left as its letter, every dropped one as `x`; then groups and unresolved groups.
    fn check(pairs: &str, names: &str, policy: ConflictPolicy, expected: &str, groups: [usize; 2]) {
        let examples = rows(pairs, names);
        let resolution = resolve_conflicts(&examples, &labels(), policy);
        let letter = |label: Option<LabelId>| label.map_or('-', |id| char::from(b"tnc"[id.index()]));
        let left: String = examples
            .iter()
            .zip(&resolution.outcomes)
            .map(|(example, outcome)| match outcome {
                Outcome::Kept => letter(example.label),
                Outcome::Relabelled(label) => letter(Some(*label)),
                Outcome::Dropped => 'x',
            })
            .collect();
        assert_eq!(left, expected, "{policy} on {names}");
        let counts = resolution.counts;
        assert_eq!([counts.groups, counts.unresolved], groups, "{policy} on {names}");
        assert_eq!(counts.dropped, expected.matches('x').count());
        let changed = names
            .chars()
            .zip(expected.chars())
            .filter(|(old, new)| old != new)
            .count();
        assert_eq!(counts.dropped + counts.relabelled, changed);
        let applied: String = resolution
            .apply(&examples)
            .iter()
            .map(|row| letter(row.label))
            .collect();
        assert_eq!(applied, expected.replace('x', ""));
    }

    #[test]
    fn every_policy_does_what_its_name_says() {
        use ConflictPolicy::{Drop, DropNegative, First, Keep, Majority};
        check("0000", "tntt", Majority, "tttt", [1, 0]);
        check("0000", "tntt", First, "tttt", [1, 0]);
        check("0000", "tntn", First, "nnnn", [1, 0]);
        check("0000", "tntt", Drop, "xxxx", [1, 0]);
        check("0000", "tntt", DropNegative, "txtt", [1, 0]);
        check("0000", "tntt", Keep, "tntt", [1, 1]);
        check("0000", "tntc", DropNegative, "txtc", [1, 1]);
        check("11", "nn", Drop, "nn", [0, 0]);
        // Sentence 0 is three to one, 1 and 2 are ties, 3 agrees with itself.
        check("0000112233", "tnttncctnn", Majority, "ttttccttnn", [3, 0]);
    }

    #[test]
    fn a_tie_goes_to_the_relation_and_then_to_the_earlier_label() {
        check("00", "nc", ConflictPolicy::Majority, "cc", [1, 0]);
        check("00", "ct", ConflictPolicy::Majority, "tt", [1, 0]);
        check("0000", "ctnn", ConflictPolicy::Majority, "nnnn", [1, 0]);
    }

    #[test]
    fn rows_without_a_label_stay_as_they_are() {
        for policy in ConflictPolicy::ALL {
            check("00", "t-", policy, "t-", [0, 0]);
        }
        check("000", "t-n", ConflictPolicy::Drop, "x-x", [1, 0]);
    }

    #[test]
    fn names_are_those_in_manifests() {
        for policy in ConflictPolicy::ALL {
            assert_eq!(serde_json::to_string(&policy).unwrap(), format!("\"{policy}\""));
        }
    }
}
