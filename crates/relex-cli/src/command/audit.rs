use relex_data::audit;

use super::Dataset;
use crate::{
    args::AuditArguments,
    progress::{Verbosity, show},
};

pub(crate) fn run(arguments: &AuditArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let dataset = Dataset::open(&arguments.data)?;
    let examples = verbosity.timed("read", || dataset.read(arguments.rows.into()))?;
    let findings = verbosity.timed("audit", || anyhow::Ok(audit(&examples, &dataset.spec.labels)))?;
    if let Some(path) = &arguments.json {
        relex_data::write_atomically(path, &serde_json::to_vec_pretty(&findings)?)?;
    }
    show(&format!("{}\n\n{}", dataset.spec.title, findings.render_text()));
    Ok(())
}
