//! Findings → what follows from them and what to do, in plain words.

use std::collections::HashMap;

use serde::Serialize;

use super::{Audit, Comparison, Conflict, TierCount};
use crate::dedup::Tier;
use crate::terminal::{count, number, percent, some_ids};

/// A label with fewer rows is scored by chance: a tenth of them is at most four rows.
const FEW_ROWS: usize = 50;
/// The share of validation rows with a copy in training from which a random split's score is wrong.
const EXPOSED: f64 = 0.01;
/// The total variation distance from which two label mixes count as different.
const DIFFERENT_MIX: f64 = 0.1;
/// Labels that a sentence names before it only counts them.
const LABELS_SHOWN: usize = 4;

/// Something to know before training, why it matters, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// How grave it is.
    pub severity: Severity,
    /// What was found, with its numbers.
    pub finding: String,
    /// What happens to whoever does not mind it.
    pub consequence: String,
    /// What to do.
    pub remedy: String,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Scores or models will be wrong.
    Problem,
    /// Worth a decision.
    Caution,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Caution => "caution",
            Self::Note => "note",
        }
    }
}

pub(super) fn advice(audit: &Audit) -> Vec<Advice> {
    let found = [
        invalid_spans(audit),
        repeated_sentences(audit),
        audit.against.as_ref().and_then(leaks),
        overlapping(audit),
        conflicts(audit),
        audit.against.as_ref().and_then(label_mix),
        marker_like(audit),
        labels_without_rows(audit),
        rare_labels(audit),
        role_swapped(audit),
        unlabelled(audit),
    ];
    let mut advice: Vec<Advice> = found.into_iter().flatten().collect();
    advice.sort_by_key(|advice| advice.severity);
    advice
}

fn say(severity: Severity, finding: String, consequence: &str, remedy: &str) -> Option<Advice> {
    Some(Advice {
        severity,
        finding,
        consequence: consequence.to_owned(),
        remedy: remedy.to_owned(),
    })
}

fn invalid_spans(audit: &Audit) -> Option<Advice> {
    let ids = &audit.invalid_spans;
    (!ids.is_empty()).then_some(())?;
    say(
        Severity::Problem,
        format!(
            "{} with an entity outside the sentence: {}",
            count(ids.len(), "row"),
            some_ids(ids)
        ),
        "nobody can tell which words are meant, and the rows cannot be marked for a model",
        "correct their offsets, or remove the rows",
    )
}

fn tier(audit: &Audit, wanted: Tier) -> Option<&TierCount> {
    audit.duplicates.iter().find(|count| count.tier == wanted)
}

fn repeated_sentences(audit: &Audit) -> Option<Advice> {
    let (identical, near) = (tier(audit, Tier::Identical)?, tier(audit, Tier::NearDuplicate)?);
    (near.repeated_rows > 0).then_some(())?;
    let finding = if identical.repeated_rows == 0 {
        format!("{} with a near-duplicate", count(near.repeated_rows, "row"))
    } else {
        format!(
            "{} share a sentence with another row ({} in more than one row), {} if near-duplicates count",
            count(identical.repeated_rows, "row"),
            count(identical.repeated_groups, "sentence"),
            number(near.repeated_rows),
        )
    };
    if audit.rows == audit.unlabelled {
        return say(
            Severity::Note,
            finding,
            "predictions for one sentence stand and fall together, so these rows say less than as many single ones",
            "score with intervals that resample sentences, as `relex evaluate` does",
        );
    }
    let severity = if near.exposed >= EXPOSED {
        Severity::Problem
    } else {
        Severity::Caution
    };
    say(
        severity,
        finding,
        &format!(
            "in a random split {} of the validation rows would have a copy of their sentence in training, and the score \
             would reward remembering it",
            percent(near.exposed)
        ),
        "split on groups: `relex split create --tier near-duplicate`",
    )
}

fn leaks(comparison: &Comparison) -> Option<Advice> {
    let of = |wanted: Tier| comparison.leaks.iter().find(|leak| leak.tier == wanted);
    let (identical, near) = (of(Tier::Identical)?, of(Tier::NearDuplicate)?);
    (near.groups > 0).then_some(())?;
    say(
        Severity::Problem,
        format!(
            "{} in both files: {} here and {} there; with near-duplicates {} here and {} there",
            count(identical.groups, "sentence"),
            count(identical.rows.here, "row"),
            number(identical.rows.there),
            number(near.rows.here),
            number(near.rows.there),
        ),
        "whoever trains on one file has seen that part of the other, and its score there is flattered",
        "leave those rows out of training, or score the other file without its own; `--json` lists all of their ids",
    )
}

fn overlapping(audit: &Audit) -> Option<Advice> {
    let ids = &audit.overlapping;
    (!ids.is_empty()).then_some(())?;
    say(
        Severity::Caution,
        format!(
            "{} whose subject and object overlap: {}",
            count(ids.len(), "row"),
            some_ids(ids)
        ),
        "markers cannot be put around both, so such rows are refused when they are encoded with any",
        "correct or remove the rows, or train with model.markers = \"none\"",
    )
}

fn conflicts(audit: &Audit) -> Option<Advice> {
    let conflicts = &audit.conflicts;
    (!conflicts.is_empty()).then_some(())?;
    let rows: usize = conflicts.iter().map(|conflict| conflict.ids.len()).sum();
    let lost: usize = conflicts.iter().map(unavoidable_errors).sum();
    say(
        Severity::Caution,
        format!(
            "{} in {} with the same sentence, subject and object carry different labels",
            count(rows, "row"),
            count(conflicts.len(), "group"),
        ),
        &format!(
            "whatever a model answers, {} will count as wrong, and training pulls both ways",
            count(lost, "row")
        ),
        "correct the labels, or settle them before splitting: `relex split create --conflicts majority`, say",
    )
}

/// Rows of a group that do not have its most frequent label.
fn unavoidable_errors(conflict: &Conflict) -> usize {
    let mut rows: HashMap<&str, usize> = HashMap::new();
    for label in &conflict.labels {
        *rows.entry(label).or_default() += 1;
    }
    conflict.labels.len() - rows.values().max().unwrap_or(&0)
}

fn label_mix(comparison: &Comparison) -> Option<Advice> {
    let mix = comparison.label_mix.as_ref()?;
    (mix.total_variation >= DIFFERENT_MIX).then_some(())?;
    let gap = |here: f64, there: f64| (here - there).abs();
    let widest = mix.labels.iter().max_by(|left, right| {
        gap(left.share_here, left.share_there).total_cmp(&gap(right.share_here, right.share_there))
    })?;
    say(
        Severity::Caution,
        format!(
            "the labels are mixed differently: {} of the rows would have to change theirs (total variation distance); \
             {} is {} here and {} there",
            percent(mix.total_variation),
            widest.label,
            percent(widest.share_here),
            percent(widest.share_there),
        ),
        "validation rows drawn from one file foretell the score on the other badly, above all that of frequent labels",
        "validate on rows drawn to the other file's mix (`relex split create --strategy prior-matched --prior FILE`), and compare scores \
         label by label",
    )
}

fn marker_like(audit: &Audit) -> Option<Advice> {
    let ids = &audit.marker_like;
    (!ids.is_empty()).then_some(())?;
    say(
        Severity::Caution,
        format!(
            "{} whose text holds something like an entity marker: {}",
            count(ids.len(), "row"),
            some_ids(ids)
        ),
        "a model cannot tell that text from the markers that show it the entities",
        "choose markers that do not occur in the text (model.markers), or clean those sentences",
    )
}

fn labels_without_rows(audit: &Audit) -> Option<Advice> {
    let absent: Vec<&str> = labels_where(audit, |rows| rows == 0);
    (!absent.is_empty() && audit.rows > audit.unlabelled).then_some(())?;
    say(
        Severity::Caution,
        format!(
            "{} without rows: {}",
            count(absent.len(), "label"),
            some_labels(&absent)
        ),
        "they cannot be learnt, and a mean over all labels counts them as failures or leaves them out",
        "add rows, or take the labels out of dataset.toml",
    )
}

fn rare_labels(audit: &Audit) -> Option<Advice> {
    let rare: Vec<&str> = labels_where(audit, |rows| (1..FEW_ROWS).contains(&rows));
    (!rare.is_empty()).then_some(())?;
    say(
        Severity::Note,
        format!(
            "{} with fewer than {FEW_ROWS} rows: {}",
            count(rare.len(), "label"),
            some_labels(&rare)
        ),
        "a tenth of the rows for validation holds a handful of each, so their scores are mostly chance",
        "read their scores with their intervals, or validate on every row in turn: `relex split create --folds 5`",
    )
}

fn labels_where(audit: &Audit, holds: impl Fn(usize) -> bool) -> Vec<&str> {
    let labels = audit.labels.iter().filter(|label| holds(label.rows));
    labels.map(|label| label.name.as_str()).collect()
}

fn some_labels(labels: &[&str]) -> String {
    let mut text = labels[..labels.len().min(LABELS_SHOWN)].join(", ");
    if labels.len() > LABELS_SHOWN {
        text.push_str(&format!(" and {} more", number(labels.len() - LABELS_SHOWN)));
    }
    text
}

fn role_swapped(audit: &Audit) -> Option<Advice> {
    let pairs: usize = audit.role_swapped_labels.iter().map(|labels| labels.pairs).sum();
    let most = audit.role_swapped_labels.first()?;
    say(
        Severity::Note,
        format!(
            "{} of rows in which subject and object have traded places, most often with the labels {} and {}",
            count(pairs, "pair"),
            named(&most.labels[0]),
            named(&most.labels[1]),
        ),
        "a model that does not see which entity is the subject must get one of the two wrong where their labels differ",
        "use markers that differ for subject and object, and look for pairs whose labels are not each other's inverse",
    )
}

fn named(label: &str) -> &str {
    if label.is_empty() { "no label" } else { label }
}

fn unlabelled(audit: &Audit) -> Option<Advice> {
    (audit.unlabelled > 0).then_some(())?;
    say(
        Severity::Note,
        format!("{} without a label", count(audit.unlabelled, "row")),
        "such rows can be predicted, but neither trained on nor scored",
        "if labels were meant to be there, look at the label column and at `unlabelled` in dataset.toml",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{audit, compare};
    use crate::example::{Entity, Example, Span};
    use crate::labels::LabelSet;

    fn labels() -> LabelSet {
        LabelSet::new(["none", "a", "b"], "none").unwrap()
    }

    /// Rows of one sentence each, unlike all others, with the labels given.
    fn rows(names: &[&str]) -> Vec<Example> {
        let entity = |start| Entity {
            span: Span::new(start, start + 1).unwrap(),
            entity_type: "PER".to_owned(),
        };
        let row = |(at, name): (usize, &&str)| Example {
            id: at.to_string(),
            sentence: ('가'..).skip(at * 20).take(20).collect(),
            subject: entity(0),
            object: entity(1),
            label: labels().id(name),
            source: None,
        };
        names.iter().enumerate().map(row).collect()
    }

    fn findings_of(advice: &[Advice]) -> Vec<&str> {
        advice.iter().map(|advice| advice.finding.as_str()).collect()
    }

    #[test]
    fn clean_data_needs_no_advice() {
        let names: Vec<&str> = ["none", "a", "b"].into_iter().cycle().take(150).collect();
        assert_eq!(audit(&rows(&names), &labels()).advice(), []);
    }

    #[test]
    fn rare_and_absent_labels_are_named() {
        let found = audit(&rows(&["none"; 60]), &labels()).advice();
        assert_eq!(findings_of(&found), ["2 labels without rows: a, b"]);
        let found = audit(&rows(&["a", "b"]), &labels()).advice();
        assert_eq!(
            findings_of(&found),
            ["1 label without rows: none", "2 labels with fewer than 50 rows: a, b"]
        );
    }

    #[test]
    fn what_no_model_can_get_right_is_counted() {
        // One question, answers a, a, b, none: whatever a model says, two of four count as wrong.
        let mut examples = rows(&["a", "a", "b", "none"]);
        for row in &mut examples {
            row.sentence = "한 문장".to_owned();
        }
        let found = audit(&examples, &labels()).advice();
        assert_eq!(found[0].severity, Severity::Problem);
        // Four copies: 1 − 0.1³ of the rows.
        assert!(
            found[0].consequence.contains("99.9 % of the validation rows"),
            "{}",
            found[0].consequence
        );
        assert_eq!(
            found[1].finding,
            "4 rows in 1 group with the same sentence, subject and object carry different labels"
        );
        assert!(
            found[1].consequence.contains("2 rows will count as wrong"),
            "{}",
            found[1].consequence
        );
        assert!(found.is_sorted_by_key(|advice| advice.severity));
    }

    #[test]
    fn unlabelled_rows_are_not_told_to_be_split() {
        let mut examples = rows(&["", ""]);
        examples[1].sentence = examples[0].sentence.clone();
        let found = audit(&examples, &labels()).advice();
        assert!(found.iter().all(|advice| advice.severity == Severity::Note));
        assert_eq!(found[1].finding, "2 rows without a label");
    }

    #[test]
    fn leaks_and_label_mixes_are_weighed() {
        let here = rows(&["none", "none", "none", "a"]);
        let there = rows(&["none", "a", "a", "a"]);
        let mut found = audit(&here, &labels());
        found.against = Some(compare(&here, &labels(), &there, &labels()));
        let advice = found.advice();
        assert_eq!(
            advice[0].finding,
            "4 sentences in both files: 4 rows here and 4 there; with near-duplicates 4 here and 4 there"
        );
        // (0.5 + 0.5) / 2, and both labels differ by as much.
        assert!(
            advice[1]
                .finding
                .starts_with("the labels are mixed differently: 50.0 %"),
            "{}",
            advice[1].finding
        );
    }
}
