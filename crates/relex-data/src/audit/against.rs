//! Two files: what they share, and how differently their labels are mixed.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::dedup::{Groups, Tier, groups_in_every_tier};
use crate::example::Example;
use crate::labels::{LabelId, LabelSet};

/// Groups of each tier that are shown with their sentences.
const SAMPLES: usize = 8;

/// What a file shares with another one, and how their label mixes differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// What the other file is called, for people; empty until [`Comparison::titled`] says it.
    pub title: String,
    /// Rows of each file.
    pub rows: Sides,
    /// What is in both files, in each of the four tiers.
    pub leaks: Vec<Leak>,
    /// How the labels of the two differ; nothing where one of them has no labels.
    pub label_mix: Option<LabelMix>,
}

/// A count in each of two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Sides {
    /// In the file that is audited.
    pub here: usize,
    /// In the file that it is compared with.
    pub there: usize,
}

/// What is in both files, in one tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leak {
    /// What counts as the same.
    pub tier: Tier,
    /// Groups of duplicates with rows in both files.
    pub groups: usize,
    /// Distinct sentences in those.
    pub sentences: Sides,
    /// Rows in those.
    pub rows: Sides,
    /// Ids of those rows in the file that is audited, in its order.
    pub ids_here: Vec<String>,
    /// Ids of those rows in the other file, in its order.
    pub ids_there: Vec<String>,
    /// The first groups, at most eight.
    pub samples: Vec<SharedGroup>,
}

/// A group of duplicates with rows in both files; one row of each is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SharedGroup {
    /// Rows in each file.
    pub rows: Sides,
    /// Id of the group's first row in the file that is audited.
    pub id_here: String,
    /// Id of its first row in the other file.
    pub id_there: String,
    /// The sentence of the former.
    pub sentence_here: String,
    /// The sentence of the latter.
    pub sentence_there: String,
}

/// How the labels of two files differ. Shares are of the labelled rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelMix {
    /// Every label that has rows in one of the files, the most frequent here first.
    pub labels: Vec<LabelShares>,
    /// The total variation distance, ½ Σ |share here − share there|: the share of rows that would have to change their
    /// label for the mixes to be equal, from 0 to 1.
    pub total_variation: f64,
}

/// A label's rows in two files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelShares {
    /// The label.
    pub label: String,
    /// Rows with it.
    pub rows: Sides,
    /// Its share of the labelled rows of the file that is audited, from 0 to 1.
    pub share_here: f64,
    /// Its share in the other file.
    pub share_there: f64,
}

impl Comparison {
    /// The comparison with the other file's title.
    #[must_use]
    pub fn titled(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }
}

/// Compares a file (`examples`, with labels from `labels`) with another one, tier by tier and label by label.
///
/// Labels are compared by name, so the two files may come from different data sets.
///
/// ```
/// use std::path::Path;
/// use relex_data::{DatasetSpec, Role, compare};
///
/// let folder = Path::new("tests/fixtures");
/// let spec = DatasetSpec::from_file(&folder.join("dataset.toml"))?;
/// let (train, test) = (spec.read(folder, Role::Train)?, spec.read(folder, Role::Test)?);
/// let comparison = compare(&train, &spec.labels, &test, &spec.labels);
/// assert_eq!(comparison.rows.there, test.len());
/// assert!(comparison.label_mix.is_none(), "the test has no labels");
/// # Ok::<(), relex_data::DataError>(())
/// ```
#[must_use]
pub fn compare(examples: &[Example], labels: &LabelSet, other: &[Example], other_labels: &LabelSet) -> Comparison {
    let rows: Vec<&Example> = examples.iter().chain(other).collect();
    let tiers = groups_in_every_tier(&rows);
    let sentences = &tiers[0];
    let leaks = Tier::ALL
        .into_iter()
        .zip(&tiers)
        .map(|(tier, groups)| leak(&rows, examples.len(), tier, groups, sentences))
        .collect();
    Comparison {
        title: String::new(),
        rows: Sides {
            here: examples.len(),
            there: other.len(),
        },
        leaks,
        label_mix: label_mix(examples, labels, other, other_labels),
    }
}

/// `rows` are those of both files, the first `here` of them this file's; `sentences` are the groups of equal sentences.
fn leak(rows: &[&Example], here: usize, tier: Tier, groups: &Groups, sentences: &Groups) -> Leak {
    let mut sizes = vec![Sides::default(); groups.count()];
    for (row, group) in groups.iter().enumerate() {
        *side(&mut sizes[group], row, here) += 1;
    }
    let is_shared = |group: usize| sizes[group].here > 0 && sizes[group].there > 0;
    let mut leak = Leak {
        tier,
        groups: (0..groups.count()).filter(|group| is_shared(*group)).count(),
        sentences: Sides::default(),
        rows: Sides::default(),
        ids_here: Vec::new(),
        ids_there: Vec::new(),
        samples: Vec::new(),
    };
    let mut seen = [HashSet::new(), HashSet::new()];
    let mut shown: BTreeMap<usize, usize> = BTreeMap::new();
    for (row, group) in groups.iter().enumerate().filter(|(_, group)| is_shared(*group)) {
        let example = rows[row];
        let is_there = usize::from(row >= here);
        *side(&mut leak.rows, row, here) += 1;
        *side(&mut leak.sentences, row, here) += usize::from(seen[is_there].insert(sentences.of(row)));
        if is_there == 0 {
            leak.ids_here.push(example.id.clone());
            if shown.len() < SAMPLES && !shown.contains_key(&group) {
                shown.insert(group, leak.samples.len());
                leak.samples.push(SharedGroup {
                    rows: sizes[group],
                    id_here: example.id.clone(),
                    id_there: String::new(),
                    sentence_here: example.sentence.clone(),
                    sentence_there: String::new(),
                });
            }
        } else {
            leak.ids_there.push(example.id.clone());
            // Its rows here came before, so a sample waits for its counterpart; the first one is taken.
            if let Some(at) = shown.remove(&group) {
                let sample = &mut leak.samples[at];
                sample.id_there.clone_from(&example.id);
                sample.sentence_there.clone_from(&example.sentence);
            }
        }
    }
    leak
}

fn side(sides: &mut Sides, row: usize, here: usize) -> &mut usize {
    if row < here { &mut sides.here } else { &mut sides.there }
}

/// The label's name; nothing for one of another label set.
fn name(labels: &LabelSet, label: LabelId) -> &str {
    labels.names().get(label.index()).map_or("", String::as_str)
}

fn label_mix(examples: &[Example], labels: &LabelSet, other: &[Example], other_labels: &LabelSet) -> Option<LabelMix> {
    let mut rows: BTreeMap<&str, Sides> = BTreeMap::new();
    for label in examples.iter().filter_map(|example| example.label) {
        rows.entry(name(labels, label)).or_default().here += 1;
    }
    for label in other.iter().filter_map(|example| example.label) {
        rows.entry(name(other_labels, label)).or_default().there += 1;
    }
    let here: usize = rows.values().map(|sides| sides.here).sum();
    let there: usize = rows.values().map(|sides| sides.there).sum();
    if here == 0 || there == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "row counts lie far below 2^52")]
    let share = |rows: usize, total: usize| rows as f64 / total as f64;
    let mut labels: Vec<LabelShares> = rows
        .into_iter()
        .map(|(label, rows)| LabelShares {
            label: label.to_owned(),
            rows,
            share_here: share(rows.here, here),
            share_there: share(rows.there, there),
        })
        .collect();
    labels.sort_by_key(|label| std::cmp::Reverse((label.rows.here, label.rows.there)));
    let total_variation = labels
        .iter()
        .map(|label| (label.share_here - label.share_there).abs())
        .sum::<f64>()
        / 2.0;
    Some(LabelMix {
        labels,
        total_variation,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{Entity, Span};

    fn labels() -> LabelSet {
        LabelSet::new(["none", "a", "b"], "none").unwrap()
    }

    fn row(id: usize, sentence: &str, object: usize, label: Option<&str>) -> Example {
        let entity = |start| Entity {
            span: Span::new(start, start + 1).unwrap(),
            entity_type: "PER".to_owned(),
        };
        Example {
            id: id.to_string(),
            sentence: sentence.to_owned(),
            subject: entity(0),
            object: entity(object),
            label: label.and_then(|name| labels().id(name)),
            source: None,
        }
    }

    #[test]
    fn each_tier_counts_both_sides() {
        let long = "새벽대학교는 천구백육십일 년에 문을 연 뒤로 네 번 자리를 옮겼고 지금은 단풍시의 강가에 있다.";
        let here = [
            row(0, long, 1, None),
            row(1, long, 2, None),
            row(2, "여기에만 있는 문장", 1, None),
            row(3, &long.replace("네 번", "세 번"), 1, None),
        ];
        let there = [
            row(10, "거기에만 있는 문장", 1, None),
            row(11, long, 2, None),
            row(12, &long.replace(' ', ""), 1, None),
        ];
        let comparison = compare(&here, &labels(), &there, &labels());
        let counts: Vec<_> = comparison
            .leaks
            .iter()
            .map(|leak| {
                let pair = |sides: Sides| (sides.here, sides.there);
                (leak.groups, pair(leak.sentences), pair(leak.rows))
            })
            .collect();
        // Identical: the sentence in rows 0, 1 and 11; folded: 12 as well; near: 3 as well; same pair: 1 and 11 alone.
        let expected = [
            (1, (1, 1), (2, 1)),
            (1, (1, 2), (2, 2)),
            (1, (2, 2), (3, 2)),
            (1, (1, 1), (1, 1)),
        ];
        assert_eq!(counts, expected);
        let near = &comparison.leaks[2];
        assert_eq!(
            (&near.ids_here[..], &near.ids_there[..]),
            (
                &["0", "1", "3"].map(String::from)[..],
                &["11", "12"].map(String::from)[..]
            )
        );
        let same_pair = &comparison.leaks[3].samples[0];
        assert_eq!((same_pair.id_here.as_str(), same_pair.id_there.as_str()), ("1", "11"));
        assert_eq!(same_pair.sentence_there, long);
        assert!(comparison.label_mix.is_none());
    }

    #[test]
    fn files_with_nothing_in_common() {
        let comparison = compare(&[row(0, "가나다", 1, None)], &labels(), &[], &labels());
        assert!(
            comparison
                .leaks
                .iter()
                .all(|leak| leak.groups == 0 && leak.samples.is_empty())
        );
    }

    #[test]
    fn label_mixes_are_compared_by_name() {
        let here = ["none", "none", "a", "b"].map(|label| row(0, "가나다", 1, Some(label)));
        let there = ["none", "b"].map(|label| row(0, "가나다", 1, Some(label)));
        let mix = compare(&here, &labels(), &there, &labels()).label_mix.unwrap();
        // none 2/4 and 1/2, a 1/4 and 0, b 1/4 and 1/2: (0 + 1/4 + 1/4) / 2.
        assert!((mix.total_variation - 0.25).abs() < 1e-12);
        let names: Vec<&str> = mix.labels.iter().map(|label| label.label.as_str()).collect();
        assert_eq!(names, ["none", "b", "a"]);
        assert_eq!(mix.labels[1].rows, Sides { here: 1, there: 1 });
    }
}
