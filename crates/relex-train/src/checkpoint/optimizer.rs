//! What an optimiser remembers, in a file of its own.

use std::path::Path;

use burn::{optim::ModuleOptimizer, tensor::Bytes};

use crate::TrainError;

/// Writes the moments and counters of every parameter.
pub(super) fn write(optimizer: &ModuleOptimizer, path: &Path) -> Result<(), TrainError> {
    let failed = |error: burn::store::RecordError| TrainError::io(path)(std::io::Error::other(error.to_string()));
    optimizer.save(path).map_err(failed)
}

/// The optimiser with what [`write`] wrote; parameters are found by their identities.
pub(super) fn read(optimizer: ModuleOptimizer, path: &Path) -> Result<ModuleOptimizer, TrainError> {
    // Not by its path, from which Burn would read later, when the file may be gone.
    let bytes = std::fs::read(path).map_err(TrainError::io(path))?;
    optimizer
        .from_bytes(Bytes::from_bytes_vec(bytes))
        .map_err(|error| TrainError::Run {
            path: path.into(),
            reason: error.to_string(),
        })
}
