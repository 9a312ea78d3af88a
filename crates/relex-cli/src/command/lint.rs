use anyhow::bail;
use relex_data::Role;
use relex_eval::lint_submission;

use super::Dataset;
use crate::{
    args::LintArguments,
    progress::{Verbosity, show},
};

pub(crate) fn run(arguments: &LintArguments, _verbosity: Verbosity) -> anyhow::Result<()> {
    let dataset = Dataset::open(&arguments.data)?;
    let ids: Vec<String> = dataset
        .read(Role::Test)?
        .into_iter()
        .map(|example| example.id)
        .collect();
    let report = lint_submission(&arguments.submission, dataset.spec.labels.names(), Some(&ids))?;
    if report.is_clean() {
        show(&report.to_string());
        Ok(())
    } else {
        bail!("{report}\ncorrect these, or write the file again with `relex predict --rows test`")
    }
}
