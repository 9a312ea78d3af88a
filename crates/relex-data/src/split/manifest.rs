//! A split, frozen: what it was made from, how, and where every row went.

use serde::{Deserialize, Serialize};

use super::{Part, SplitConfig, Strategy};
use crate::conflict::ConflictCounts;
use crate::dedup::Tier;
use crate::files::sha256_hex;
use crate::id_order::compare_ids;
use crate::labels::LabelSet;

/// The version of the file format that this crate writes. Version 1 had neither conflict policies nor hold-outs beside
/// folds; what it can say, it says in the same way, so that both are read by the same code.
pub(super) const FORMAT_VERSION: u32 = 2;

/// A frozen split.
///
/// It is made by [`split`](super::split()) or read from its file, and cannot be changed. Rows are sorted by id, numbers
/// by value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub(super) format_version: u32,
    data: String,
    data_hash: String,
    strategy: Strategy,
    seed: u64,
    tier: Tier,
    /// Absent in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conflicts: Option<ConflictCounts>,
    folds: usize,
    labels: Vec<String>,
    pub(super) rows: Vec<ManifestRow>,
    /// Of everything above; empty only while it is being computed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) hash: String,
}

/// One row of the data that a split was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestRow {
    /// The row's id in the data file.
    pub id: String,
    /// Its [content hash](crate::Example::content_hash), as it is in the data file.
    pub hash: String,
    /// Its label, as the conflict policy leaves it.
    pub label: String,
    /// Its label in the data file, where the conflict policy gave it another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_label: Option<String>,
    /// Its group of duplicates; none for a row that was dropped.
    pub group: Option<usize>,
    /// Where it went.
    #[serde(rename = "fold")]
    pub part: Part,
}

impl Manifest {
    pub(super) fn new(
        config: &SplitConfig,
        data_hash: String,
        labels: &LabelSet,
        conflicts: ConflictCounts,
        mut rows: Vec<ManifestRow>,
    ) -> Self {
        rows.sort_by(|left, right| compare_ids(&left.id, &right.id));
        let mut manifest = Self {
            format_version: FORMAT_VERSION,
            data: String::new(),
            data_hash,
            strategy: config.strategy.clone(),
            seed: config.seed,
            tier: config.tier,
            conflicts: Some(conflicts),
            folds: config.strategy.folds(),
            labels: labels.names().to_vec(),
            rows,
            hash: String::new(),
        };
        manifest.hash = manifest.computed_hash();
        manifest
    }

    /// The same split with the name of its data set noted (part of its hash).
    #[must_use]
    pub fn named(mut self, data: &str) -> Self {
        data.clone_into(&mut self.data);
        self.hash = String::new();
        self.hash = self.computed_hash();
        self
    }

    /// The name of the data set; empty if none was noted.
    #[must_use]
    pub fn data_name(&self) -> &str {
        &self.data
    }

    /// The [`data_hash`](crate::data_hash) of the rows it was made from, as they are in the data file.
    #[must_use]
    pub fn data_hash(&self) -> &str {
        &self.data_hash
    }

    /// How validation rows were chosen.
    #[must_use]
    pub fn strategy(&self) -> &Strategy {
        &self.strategy
    }

    /// The seed it was made with.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Which rows counted as duplicates.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// The conflict policy, and what it found and did; none in a manifest of version 1, which kept all rows as they were.
    #[must_use]
    pub fn conflicts(&self) -> Option<ConflictCounts> {
        self.conflicts
    }

    /// The number of validation folds: 1 for a single validation set.
    #[must_use]
    pub fn folds(&self) -> usize {
        self.folds
    }

    /// The label names, in the data set's order.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// All rows of the data file, dropped ones included, sorted by id.
    #[must_use]
    pub fn rows(&self) -> &[ManifestRow] {
        &self.rows
    }

    /// The SHA-256, in hexadecimal, of everything else in the manifest: the split's identity.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The hash of the compact JSON without its `hash` key, which must be empty here.
    pub(super) fn computed_hash(&self) -> String {
        // A struct of strings, numbers and lists always serializes; were it not to, no hash would match the empty one.
        sha256_hex(&serde_json::to_vec(self).unwrap_or_default())
    }

    pub(super) fn without_rows(&self) -> Self {
        Self {
            data: self.data.clone(),
            data_hash: self.data_hash.clone(),
            strategy: self.strategy.clone(),
            labels: self.labels.clone(),
            rows: Vec::new(),
            hash: String::new(),
            ..*self
        }
    }
}
