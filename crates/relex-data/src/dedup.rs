//! Which rows are the same sentence, or nearly: groups in four tiers.
//!
//! Near-duplicates are found by MinHash signatures of character shingles (Broder 1997, "On the resemblance and
//! containment of documents") in bands (Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets", 3.4), and every
//! candidate pair is confirmed by its exact Jaccard similarity, so that chance can only lose a pair, never make one.

mod fold;
mod groups;
mod minhash;

use std::fmt;
use std::str::FromStr;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::list;
use crate::example::Example;
use crate::labels::did_you_mean;

pub use fold::fold_text;
pub use groups::Groups;

/// How alike two rows must be to count as duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// The sentences are the same characters.
    Identical,
    /// The sentences are equal after [`fold_text`]: NFC, case, white space and punctuation folded.
    Folded,
    /// The sentences are equal after folding, or a chain of sentences joins them in which each shares at least
    /// [`NEAR_DUPLICATE_JACCARD`] of its character shingles with the next.
    NearDuplicate,
    /// The sentences are the same characters, and subject and object stand at the same places.
    SamePair,
}

/// The share of character shingles (sequences of three) that makes two sentences near-duplicates.
pub const NEAR_DUPLICATE_JACCARD: f64 = 0.8;

impl Tier {
    /// Every tier, in the order of the enum.
    pub const ALL: [Self; 4] = [Self::Identical, Self::Folded, Self::NearDuplicate, Self::SamePair];

    /// The name in configuration files and manifests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Folded => "folded",
            Self::NearDuplicate => "near-duplicate",
            Self::SamePair => "same-pair",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

impl FromStr for Tier {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|tier| tier.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name);
            format!(
                "unknown tier `{name}`{}; choose one of {}",
                did_you_mean(name, known),
                list(known)
            )
        })
    }
}

/// The group of every row: rows are in one group if a chain of duplicates in `tier` joins them.
///
/// Groups are numbered by first appearance. The result does not depend on the number of threads, and the partition not on
/// the order of rows. Time and memory grow with the text, not with the number of similar pairs: of more than
/// 64 sentences that look alike, each is compared with the 64 that look most like it.
#[must_use]
pub fn duplicate_groups(examples: &[Example], tier: Tier) -> Groups {
    let rows: Vec<&Example> = examples.iter().collect();
    match tier {
        Tier::Identical => identical(&rows),
        Tier::Folded => folded(&rows, &identical(&rows)).groups,
        Tier::NearDuplicate => near_duplicate(&folded(&rows, &identical(&rows))),
        Tier::SamePair => same_pair(&rows),
    }
}

/// The groups in every tier, in the order of [`Tier::ALL`]; what the tiers have in common is done once.
pub(crate) fn groups_in_every_tier(rows: &[&Example]) -> [Groups; 4] {
    let (identical, same_pair) = rayon::join(|| identical(rows), || same_pair(rows));
    let folded = folded(rows, &identical);
    let folded_groups = folded.groups.clone();
    [identical, folded_groups, near_duplicate(&folded), same_pair]
}

fn identical(rows: &[&Example]) -> Groups {
    Groups::from_keys(rows.iter().map(|row| row.sentence.as_str()))
}

fn same_pair(rows: &[&Example]) -> Groups {
    Groups::from_keys(
        rows.iter()
            .map(|row| (row.sentence.as_str(), row.subject.span, row.object.span)),
    )
}

/// Groups of equal folded sentences, and the folded sentence of each group.
struct Folded {
    groups: Groups,
    texts: Vec<String>,
}

fn folded(rows: &[&Example], identical: &Groups) -> Folded {
    let mut folded: Vec<String> = identical
        .first_rows()
        .par_iter()
        .map(|row| fold_text(&rows[*row].sentence))
        .collect();
    let by_text = Groups::from_keys(folded.iter().map(String::as_str));
    let first = by_text.first_rows();
    Folded {
        groups: Groups::from_keys(identical.iter().map(|group| by_text.of(group))),
        texts: first
            .into_iter()
            .map(|index| std::mem::take(&mut folded[index]))
            .collect(),
    }
}

fn near_duplicate(folded: &Folded) -> Groups {
    let joined = minhash::near_duplicates(&folded.texts);
    Groups::from_keys(folded.groups.iter().map(|group| joined.of(group)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{Entity, Span};

    fn rows(sentences: &[&str]) -> Vec<Example> {
        let entity = |start, end| Entity {
            span: Span::new(start, end).unwrap(),
            entity_type: "PER".to_owned(),
        };
        let row = |(index, sentence): (usize, &&str)| Example {
            id: index.to_string(),
            sentence: (*sentence).to_owned(),
            subject: entity(0, 1),
            object: entity(1 + index % 2, 2 + index % 2),
            label: None,
            source: None,
        };
        sentences.iter().enumerate().map(row).collect()
    }

    #[test]
    fn every_tier_sees_what_it_should() {
        let long = "새벽대학교는 천구백육십일 년에 문을 연 뒤로 네 번 자리를 옮겼고 지금은 단풍시의 강가에 있다.";
        let changed = long.replace("네 번", "세 번");
        let spaced = long.replace(' ', "  ").replace('.', "!");
        let examples = rows(&[long, long, &spaced, &changed, long, "다른 문장"]);
        let groups = |tier| duplicate_groups(&examples, tier).members();
        assert_eq!(groups(Tier::Identical), [vec![0, 1, 4], vec![2], vec![3], vec![5]]);
        assert_eq!(groups(Tier::Folded), [vec![0, 1, 2, 4], vec![3], vec![5]]);
        assert_eq!(groups(Tier::NearDuplicate), [vec![0, 1, 2, 3, 4], vec![5]]);
        assert_eq!(groups(Tier::SamePair), [vec![0, 4], vec![1], vec![2], vec![3], vec![5]]);
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        // Enough for several stretches of work, with rows of one cluster in each.
        let alike = "새벽대학교는 천구백육십일 년에 문을 연 뒤로 네 번 자리를 옮겼고 지금은 단풍시의 강가에 있다";
        let sentences: Vec<String> = (0..10_000_u32)
            .map(|n| match n % 10 {
                0 => format!("{alike} {}", n % 97),
                _ => format!(
                    "{n} {} {}",
                    n.wrapping_mul(2_654_435_761),
                    n.wrapping_mul(40_503) % 65_537
                ),
            })
            .collect();
        let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
        let examples = rows(&sentences);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| duplicate_groups(&examples, Tier::NearDuplicate))
        };
        let groups = with(1);
        assert_eq!(groups, with(4));
        assert!(groups.sizes().iter().max().is_some_and(|largest| *largest >= 900));
    }

    #[test]
    fn names_are_read_back() {
        for tier in Tier::ALL {
            assert_eq!(tier.to_string().parse(), Ok(tier));
            assert_eq!(serde_json::to_string(&tier).unwrap(), format!("\"{tier}\""));
        }
        assert!("near".parse::<Tier>().unwrap_err().contains("`near-duplicate`"));
    }
}
