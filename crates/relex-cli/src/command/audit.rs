use std::path::Path;

use anyhow::anyhow;
use relex_data::audit::Comparison;
use relex_data::{Example, Role, audit, compare, read_examples_with};

use super::{Dataset, output::Sources};
use crate::{
    args::AuditArguments,
    progress::{Verbosity, show},
};

pub(crate) fn run(arguments: &AuditArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let dataset = Dataset::open(&arguments.data)?;
    let data = &arguments.data;
    Sources::of(arguments.against.iter().filter(|path| path.is_file()))
        .and_dataset(Some(&data.dataset), data.data_dir.as_ref())
        .and_dataset(arguments.against.as_ref(), arguments.against_data_dir.as_ref())
        .check_outputs(arguments.json.iter().chain(&arguments.html).chain(&data.bad_rows), None)?;
    let role = arguments.rows.into();
    let examples = verbosity.timed("read", || dataset.read(role))?;
    let comparison = verbosity.timed("compare", || against(arguments, &dataset, role, &examples))?;
    let findings = verbosity.timed("audit", || anyhow::Ok(audit(&examples, &dataset.spec.labels)))?;
    let mut findings = findings.titled(&title(&dataset, role));
    findings.against = comparison;
    if let Some(path) = &arguments.json {
        relex_data::write_atomically(path, findings.render_json().as_bytes())?;
    }
    if let Some(path) = &arguments.html {
        relex_data::write_atomically(path, findings.render_html().as_bytes())?;
    }
    show(&findings.render_text());
    Ok(())
}

fn title(dataset: &Dataset, role: Role) -> String {
    format!("{} ({role} rows)", dataset.spec.title)
}

/// The comparison with the other file, if one is asked for.
fn against(
    arguments: &AuditArguments,
    dataset: &Dataset,
    role: Role,
    examples: &[Example],
) -> anyhow::Result<Option<Comparison>> {
    let labels = &dataset.spec.labels;
    if arguments.against_test {
        let other = match role {
            Role::Train | Role::Valid => Role::Test,
            Role::Test => Role::Train,
        };
        let rows = dataset.read(other)?;
        return Ok(Some(
            compare(examples, labels, &rows, labels).titled(&title(dataset, other)),
        ));
    }
    let Some(path) = &arguments.against else {
        return Ok(None);
    };
    if path.is_file() {
        let rows = read_file(path, dataset)?;
        let title = path.display().to_string();
        return Ok(Some(compare(examples, labels, &rows, labels).titled(&title)));
    }
    let other = Dataset::find(path, arguments.against_data_dir.as_deref())?.like(dataset);
    let rows = other.read(Role::Train)?;
    let comparison = compare(examples, labels, &rows, &other.spec.labels);
    Ok(Some(comparison.titled(&title(&other, Role::Train))))
}

/// Rows of a file outside the data set; labels may be absent.
fn read_file(path: &Path, dataset: &Dataset) -> anyhow::Result<Vec<Example>> {
    let file = dataset.spec.describe_named(path, Role::Test).ok_or_else(|| {
        anyhow!(
            "{}: --against takes a data set, or a file that ends in .csv, .tsv, .json, .jsonl or .txt",
            path.display()
        )
    })?;
    let (examples, report) = read_examples_with(path, &file, &dataset.spec, dataset.on_bad_row)?;
    dataset.account_for(report)?;
    Ok(examples)
}
