//! Frozen splits: which rows are for validation, decided once, written down and checked ever after.
//!
//! Rows that contradict each other are settled first ([`crate::conflict`]). Rows that repeat each other form groups
//! ([`crate::dedup`]); most strategies never divide a group between training and validation, and within that rule spread
//! every label as evenly as it can be. `docs/data.md` says which strategy answers which question.

mod balance;
mod deal;
mod diff;
mod file;
mod manifest;
mod part;
mod partition;
mod prior;
mod strategy;
mod subset;
mod summary;
mod table;
mod units;
mod verify;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::conflict::{ConflictPolicy, Outcome, resolve_conflicts};
use crate::dedup::Tier;
use crate::error::DataError;
use crate::example::{Example, data_hash};
use crate::files::hex;
use crate::labels::LabelSet;
use units::Units;

pub use diff::{Comparability, Overlap, RowChange, SplitDiff};
pub use manifest::{Manifest, ManifestRow};
pub use part::Part;
pub use partition::Partition;
pub use strategy::Strategy;
pub use subset::subset;
pub use summary::{LabelShare, PartSummary, SplitSummary};

/// What a split depends on, besides the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitConfig {
    /// How validation rows are chosen.
    pub strategy: Strategy,
    /// Chooses among equally good splits.
    pub seed: u64,
    /// Which rows count as duplicates: they stay together, or where the strategy goes row by row, they are counted.
    pub tier: Tier,
    /// What becomes of rows with the same sentence, subject and object, but different labels.
    #[serde(default)]
    pub conflicts: ConflictPolicy,
}

/// Splits labelled rows into training and validation.
///
/// The conflict policy comes first; what it leaves is split. Where groups stay whole and labels are balanced, groups go
/// one by one, the largest and those with the rarest labels first, to the part in which they least disturb the sum of
/// χ² = (rows − fair share)² / fair share over labels and all rows; afterwards groups move or trade places as long as that
/// lowers the sum. In a hold-out, every label that occurs in two groups or more appears on both sides, unless no group
/// can be moved without taking another label away.
///
/// The result depends on the rows' contents and the seed, not on the rows' order. Ids matter only among rows of equal
/// content where a strategy goes row by row, and under [`ConflictPolicy::First`].
///
/// # Errors
/// [`DataError::Split`] when there are no rows, an id occurs twice, a row has no label, a share, mix or number of folds
/// is out of range, there are too few groups or rows to fill every part, or too few rows of a label for the mix.
pub fn split(examples: &[Example], labels: &LabelSet, config: &SplitConfig) -> Result<Manifest, DataError> {
    config.strategy.check()?;
    refuse_unfit_rows(examples, labels)?;
    let resolution = resolve_conflicts(examples, labels, config.conflicts);
    let resolved = resolution.apply(examples);
    let units = Units::of(&resolved, labels, config)?;
    let parts = units.parts(labels, config)?;

    let mut kept = 0..;
    let rows = examples.iter().zip(&resolution.outcomes).map(|(example, outcome)| {
        let place = (*outcome != Outcome::Dropped).then(|| kept.next()).flatten();
        let file_label = example.label.map(|id| labels.name(id).to_owned()).unwrap_or_default();
        let (hash, label, file_label) = match (outcome, place) {
            (Outcome::Kept, Some(place)) => (hex(units.hash(place)), file_label, None),
            (Outcome::Relabelled(id), _) => (
                example.content_hash(labels),
                labels.name(*id).to_owned(),
                Some(file_label),
            ),
            _ => (example.content_hash(labels), file_label, None),
        };
        ManifestRow {
            id: example.id.clone(),
            hash,
            label,
            file_label,
            group: place.map(|place| units.group(place)),
            part: place.map_or(Part::Dropped, |place| parts[place]),
        }
    });
    let rows = rows.collect();
    let hash = data_hash(examples, labels);
    Ok(Manifest::new(config, hash, labels, resolution.counts, rows))
}

fn refuse_unfit_rows(examples: &[Example], labels: &LabelSet) -> Result<(), DataError> {
    if examples.is_empty() {
        return refuse("there are no rows; check the data file");
    }
    let mut ids = HashSet::with_capacity(examples.len());
    for example in examples {
        let Some(label) = example.label else {
            return refuse(format!(
                "row `{}` has no label; split a file with role = \"train\"",
                example.id
            ));
        };
        if labels.at(label.index()).is_none() {
            return refuse(format!(
                "row `{}` has a label from another label set; read the file again",
                example.id
            ));
        }
        if !ids.insert(example.id.as_str()) {
            return refuse(format!("the id `{}` occurs twice; give every row its own", example.id));
        }
    }
    Ok(())
}

fn refuse<T>(message: impl Into<String>) -> Result<T, DataError> {
    Err(DataError::Split {
        message: message.into(),
    })
}

fn mismatch<T>(message: impl Into<String>) -> Result<T, DataError> {
    Err(DataError::ManifestMismatch {
        message: message.into(),
    })
}
