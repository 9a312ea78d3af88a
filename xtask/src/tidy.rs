//! `cargo xtask tidy`: the invariants of `docs/architecture.md` that no compiler checks.

mod crates;
mod files;
mod links;
mod source;

use anyhow::bail;

use crate::{
    process::{complain, say},
    workspace,
};

/// Says everything that does not hold.
pub(crate) fn run() -> anyhow::Result<()> {
    let root = workspace::root()?;
    let files = files::read(&root)?;
    let mut findings = crates::check(&files)?;
    findings.extend(links::check(&root, &files));
    findings.extend(source::check(&files));
    for finding in &findings {
        complain(finding);
    }
    match findings.len() {
        0 => {
            say(&format!("{} files are tidy", files.len()));
            Ok(())
        }
        1 => bail!("1 thing is not tidy"),
        count => bail!("{count} things are not tidy"),
    }
}
