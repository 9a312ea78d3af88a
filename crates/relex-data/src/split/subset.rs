//! Nested subsets of the training side, for learning curves.

use sha2::{Digest, Sha256};

use super::{Manifest, mismatch, refuse};
use crate::error::{DataError, clip};
use crate::example::Example;

/// `count` of the training rows in `train` (indices into `examples`), ascending.
///
/// Rows are ranked by SHA-256 of seed and content hash, so that for one seed every subset contains the smaller ones, and
/// the choice depends neither on the rows' order nor, but for rows of equal content, on their ids. Labels have their
/// shares on average only: a small subset can lack a rare one, as a small data set would.
///
/// # Errors
/// [`DataError::Split`] when there are fewer rows than `count`; [`DataError::ManifestMismatch`] for an index outside `examples` or a row that the manifest does not know.
pub fn subset(
    manifest: &Manifest,
    examples: &[Example],
    train: &[usize],
    count: usize,
    seed: u64,
) -> Result<Vec<usize>, DataError> {
    if count > train.len() {
        return refuse(format!(
            "a subset of {count} training rows was asked for, but there are {}; ask for as many at most, or leave the limit \
             out to take all",
            train.len()
        ));
    }
    let rows = manifest.rows_by_id();
    let mut ranked = Vec::with_capacity(train.len());
    for index in train {
        let row = examples.get(*index).and_then(|example| rows.get(example.id.as_str()));
        let Some(row) = row else {
            let name = examples.get(*index).map_or_else(
                || format!("number {index}"),
                |example| format!("`{}`", clip(&example.id)),
            );
            return mismatch(format!(
                "row {name} is not part of it; verify the data against the manifest first"
            ));
        };
        let mut hasher = Sha256::new();
        hasher.update(b"relex subset v1");
        hasher.update(seed.to_le_bytes());
        hasher.update(row.hash.as_bytes());
        let rank: [u8; 32] = hasher.finalize().into();
        ranked.push((rank, row.id.as_str(), *index));
    }
    ranked.sort_unstable();
    let mut chosen: Vec<usize> = ranked.into_iter().take(count).map(|(_, _, index)| index).collect();
    chosen.sort_unstable();
    Ok(chosen)
}
