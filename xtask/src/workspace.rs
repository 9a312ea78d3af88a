//! Where things are.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};

/// The folder that holds the workspace.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let package = env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
    let root = Path::new(&package).parent();
    root.map(Path::to_path_buf)
        .ok_or_else(|| anyhow!("{}: has no parent folder", package.display()))
}

/// Cargo's target folder, which this program lies two folders deep in whatever the settings.
pub(crate) fn target() -> anyhow::Result<PathBuf> {
    let program = env::current_exe().context("cannot tell where this program is")?;
    let target = program.ancestors().nth(2);
    target
        .map(Path::to_path_buf)
        .ok_or_else(|| anyhow!("{}: not in a target folder", program.display()))
}

/// The path as it is said from the workspace root.
pub(crate) fn from_root(path: &Path, root: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_path_buf()
}
