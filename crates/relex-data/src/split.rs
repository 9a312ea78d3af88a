//! Frozen splits: which rows are for validation, decided once, written down and checked ever after.
//!
//! Rows that repeat each other form groups ([`crate::dedup`]), and no group is divided between training and validation;
//! within that rule every label is spread as evenly as it can be.

mod balance;
mod manifest;
mod subset;
mod verify;

use std::collections::HashSet;
use std::fmt;

use rand_chacha::rand_core::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::dedup::{Tier, duplicate_groups};
use crate::error::DataError;
use crate::example::{Example, data_hash};
use crate::files::hex;
use crate::labels::LabelSet;
use crate::rng::stream;

pub use manifest::{Manifest, ManifestRow};
pub use subset::subset;
pub use verify::Partition;

/// How validation rows are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Strategy {
    /// One validation set (fold 0) of whole groups; every other row is for training always.
    GroupedHoldOut {
        /// The share of rows for validation, strictly between 0 and 1.
        valid_fraction: f64,
    },
    /// Every row is in exactly one of several validation folds, which are made of whole groups.
    GroupedKFold {
        /// The number of folds, at least 2.
        folds: usize,
    },
}

impl fmt::Display for Strategy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GroupedHoldOut { valid_fraction } => write!(out, "grouped hold-out of {valid_fraction}"),
            Self::GroupedKFold { folds } => write!(out, "grouped {folds}-fold"),
        }
    }
}

/// What a split depends on, besides the data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitConfig {
    /// How validation rows are chosen.
    pub strategy: Strategy,
    /// Chooses among equally good splits.
    pub seed: u64,
    /// Which rows count as duplicates and stay together.
    pub tier: Tier,
}

/// Splits labelled rows into training and validation.
///
/// Groups go one by one, the largest and those with the rarest labels first, to the fold in which they least disturb
/// the sum of χ² = (rows − fair share)² / fair share over labels and all rows; afterwards groups move or trade places as
/// long as that lowers the sum. In a hold-out, every label that occurs in two groups or more appears on both sides, unless
/// no group can be moved without taking another label away. The result depends on rows and seed, not on the rows' order
/// or ids.
///
/// # Errors
/// [`DataError::Split`] when there are no rows, an id occurs twice, a row has no label, the fraction or the number of
/// folds is out of range, or there are too few groups to fill every fold.
pub fn split(examples: &[Example], labels: &LabelSet, config: &SplitConfig) -> Result<Manifest, DataError> {
    let shares = shares(config.strategy)?;
    refuse_unfit_rows(examples, labels)?;
    let hashes: Vec<[u8; 32]> = examples
        .par_iter()
        .map(|example| example.content_digest(labels))
        .collect();

    // Groups in the order of their least content hash: the same for every order of rows and every naming of them.
    let mut groups = duplicate_groups(examples, config.tier).members();
    groups.sort_by_cached_key(|rows| rows.iter().map(|row| hashes[*row]).min());
    if groups.len() < shares.len() {
        return refuse(format!(
            "{} folds need as many groups of duplicates, but the data has {}; ask for fewer folds or a stricter tier",
            shares.len(),
            groups.len()
        ));
    }
    let contents: Vec<balance::Group> = groups
        .iter()
        .map(|rows| balance::Group::of(rows.iter().filter_map(|row| examples[*row].label)))
        .collect();
    let mut chance = stream(config.seed, "split");
    let bins = balance::assign(&contents, labels.len(), &shares, &mut || chance.next_u64());

    let mut rows = Vec::with_capacity(examples.len());
    for (number, (members, bin)) in groups.iter().zip(&bins).enumerate() {
        // The last bin of a hold-out is its training side.
        let fold = match config.strategy {
            Strategy::GroupedHoldOut { .. } => (*bin == 0).then_some(0),
            Strategy::GroupedKFold { .. } => Some(*bin),
        };
        rows.extend(members.iter().map(|row| {
            ManifestRow {
                id: examples[*row].id.clone(),
                hash: hex(&hashes[*row]),
                label: examples[*row]
                    .label
                    .map(|id| labels.name(id).to_owned())
                    .unwrap_or_default(),
                group: number,
                fold,
            }
        }));
    }
    if let Some(empty) = (0..shares.len()).find(|bin| !bins.contains(bin)) {
        return refuse(format!(
            "fold {empty} would be empty, since the groups are too few or too large; ask for fewer folds, another fraction or a stricter tier"
        ));
    }
    Ok(Manifest::new(config, data_hash(examples, labels), labels, rows))
}

/// The share of rows that each bin should get: one bin a fold, or validation and training.
fn shares(strategy: Strategy) -> Result<Vec<f64>, DataError> {
    match strategy {
        Strategy::GroupedHoldOut { valid_fraction } if valid_fraction > 0.0 && valid_fraction < 1.0 => {
            Ok(vec![valid_fraction, 1.0 - valid_fraction])
        }
        Strategy::GroupedHoldOut { valid_fraction } => refuse(format!(
            "valid_fraction = {valid_fraction} must lie between 0 and 1, such as 0.1"
        )),
        Strategy::GroupedKFold { folds } if (2..=1000).contains(&folds) =>
        {
            #[expect(clippy::cast_precision_loss, reason = "at most 1000")]
            Ok(vec![1.0 / folds as f64; folds])
        }
        Strategy::GroupedKFold { folds } => refuse(format!("folds = {folds} must lie between 2 and 1000, such as 5")),
    }
}

fn refuse_unfit_rows(examples: &[Example], labels: &LabelSet) -> Result<(), DataError> {
    if examples.is_empty() {
        return refuse("there are no rows; check the data file".to_owned());
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

fn refuse<T>(message: String) -> Result<T, DataError> {
    Err(DataError::Split { message })
}
